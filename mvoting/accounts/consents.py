"""What people agree to, by version. A raised version asks everybody anew; until then only their own account answers them.

Source: PIPA art. 15 and 22 (consent before use, also when its contents change), art. 22-2 (a guardian's, under 14).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import residents, rules
from mvoting.accounts.errors import ConsentRequired
from mvoting.accounts.models import Person
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.settings import settings


@dataclass(frozen=True)
class Consents:
    """What a person agreed to: the versions shown, and whether 14 or older."""

    terms: int
    privacy: int
    is_fourteen: bool


def current() -> dict[str, Any]:
    """Give the versions in force, by document."""
    return {"terms": settings().terms_version, "privacy": settings().privacy_version}


def require_current(consents: Consents | None) -> Consents:
    """Refuse what is not an agreement to the versions in force.

    Raises: ConsentRequired (accounts.consent-required, 403).
    """
    if consents is None or {"terms": consents.terms, "privacy": consents.privacy} != current():
        raise ConsentRequired(**current())
    return consents


def given(consents: Consents, *, at: datetime) -> list[dict[str, Any]]:
    """Give consents as they are stored with a person."""
    return [{"document": name, "version": getattr(consents, name), "at": at} for name in current()]


def due(person: Mapping[str, Any]) -> list[str]:
    """Name the documents whose version in force a person has not agreed to."""
    agreed: dict[str, int] = {}
    for consent in person.get("consents") or ():
        agreed[consent["document"]] = max(consent["version"], agreed.get(consent["document"], 0))
    return [name for name, version in current().items() if agreed.get(name, 0) < version]


def agree(person_id: str, consents: Consents | None, *, session: ClientSession | None = None) -> None:
    """Note that a person agreed to the versions in force; a child waits until the guardian has agreed to them as well.

    Raises: ConsentRequired (accounts.consent-required, 403).
    """
    agreed, at, persons = require_current(consents), now(), Person._get_collection()
    stored = persons.find_one({"_id": person_id, "state": {"$in": ["active", "awaiting_guardian"]}}, session=session)
    missing = due(stored) if stored else []
    if stored is None or not missing:
        return
    change: dict[str, Any] = {"$push": {"consents": {"$each": [c for c in given(agreed, at=at) if c["document"] in missing]}}}
    if "privacy" in missing and _is_child(stored, agreed, at):
        change["$set"] = {"state": "awaiting_guardian", "awaiting_since": at}
    # Twice at once is noted once.
    unchanged = {"_id": person_id, "consents": stored.get("consents", {"$exists": False})}
    if persons.update_one(unchanged, change, session=session).modified_count:
        log.event("accounts.consents_renewed", person_id=person_id, documents=missing)


def _is_child(person: Mapping[str, Any], consents: Consents, at: datetime) -> bool:
    year = (residents.facts_of(person) or {}).get("birth_year")
    return not consents.is_fourteen or (year is not None and rules.needs_guardian(year, now=at))
