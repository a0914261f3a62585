"""Departments and the staff who speak for them: who may answer for which idea."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import staff_management
from mvoting.accounts.errors import StaffNotFound
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from proposals import acts
from proposals.ideas import errors, rules
from proposals.ideas.pipeline import Role
from proposals.ideas.services.collections import department_rows


def list_departments(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List departments by name, each with the names of its officers."""
    found, following = keyset_page(department_rows(), {}, sort=[("_id", 1)], after=after, limit=limit)
    return _with_names(found), following


def set_officers(name: str, officer_ids: list[str], version: int, staff_id: str, *, now: datetime) -> dict[str, Any]:
    """Say who speaks for a department; nobody in the list closes it.

    Args: version: the one seen, 0 for a department that is new here.
    Raises: StaffNotFound (404), PreconditionFailed (412) when somebody else changed it.
    """
    officers = sorted(set(officer_ids))
    if set(staff_management.names(officers)) != set(officers):
        raise StaffNotFound
    stored = {"officer_ids": officers, "changed_by": staff_id, "changed_at": now, "version": version + 1}
    expected = {"_id": name, "version": version or {"$exists": False}}

    def write(session: ClientSession) -> dict[str, Any] | None:
        return department_rows().find_one_and_update(
            expected, {"$set": stored}, upsert=version == 0, return_document=ReturnDocument.AFTER, session=session
        )

    try:
        changed = acts.recorded("proposals.officers", f"department:{name}", staff_id, write, after={"officer_ids": officers})
    except DuplicateKeyError:
        changed = None
    if changed is None:
        raise PreconditionFailed
    return _with_names([changed])[0]


def departments_of(staff_id: str) -> list[str]:
    """Name the departments that a staff member speaks for."""
    return [found["_id"] for found in department_rows().find({"officer_ids": staff_id}, {"_id": 1}).limit(100)]


def owing_for(held: Collection[str], staff_id: str) -> list[str] | None:
    """Name the departments whose promised replies a staff member looks after; None for every department's."""
    return None if rules.coordinates(held) else departments_of(staff_id)


def speaks_for(staff_id: str, department: str | None) -> bool:
    """Tell whether a staff member speaks for a department."""
    wanted = {"_id": department, "officer_ids": staff_id}
    return department is not None and department_rows().find_one(wanted, {"_id": 1}) is not None


def require_speaker(held: Collection[str], staff_id: str, department: str) -> None:
    """Let a staff member speak in a department's name; coordinators speak in any.

    Raises: OtherDepartment (proposals.other-department, 403).
    """
    if not rules.coordinates(held) and not speaks_for(staff_id, department):
        raise errors.OtherDepartment


def roles_about(idea: Mapping[str, Any], held: Collection[str], staff_id: str) -> list[Role]:
    """Say which roles of the pipeline a staff member plays for an idea: an officer only for the own department's.

    Raises: OtherDepartment (proposals.other-department, 403) when it is none.
    """
    is_responsible = not rules.coordinates(held) and speaks_for(staff_id, idea.get("department"))
    roles = rules.roles_of_staff(held, is_responsible=is_responsible)
    if not roles:
        raise errors.OtherDepartment
    return roles


def _with_names(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = staff_management.names([officer for row in found for officer in row["officer_ids"]])
    return [
        {**row, "officers": [{"id": officer, "name": names.get(officer, "–")} for officer in row["officer_ids"]]} for row in found
    ]
