"""The office as files: audit trail, staff, registers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from admin import audit_changes
from admin.tables.table import ID, MADE, NAME, STATE, Query, Row, Table, every, staff_namer
from admin.words import label, local, target_name
from mvoting.accounts import leaving, registers, staff_management
from mvoting.core import audit
from mvoting.core.pagination import LIMIT_MAX

# A cell of a spreadsheet holds 32,767 letters.
CHANGES_MAX = 30_000


def _audit(query: Query) -> Iterator[Row]:
    name = staff_namer()
    for entry in every(lambda after: audit.entries(query, after=after, limit=LIMIT_MAX)):
        who, act, target = entry["staff_id"], entry["action"], entry["target"]
        yield [
            *(entry["id"], entry["at"], name(who), who, label("audit_action", act), act),
            *(target_name(target), target, entry["reason"], _changed(entry, name)),
        ]


def _changed(entry: dict[str, Any], name: Callable[[str | None], str | None]) -> str:
    """Write what an entry changed; not about a person, whose erasure no file that was handed out would follow."""
    if entry["person_id"]:
        return ""
    names = {one: name(one) or one for one in audit_changes.people_in([entry])}
    lines = []
    for field, *sides in audit_changes.changes(entry, names):
        told = [local(side).isoformat(timespec="seconds") if isinstance(side, datetime) else str(side) for side in sides if side]
        lines.append(f"{field}: {' → '.join(told)}")
    return "\n".join(lines)[:CHANGES_MAX]


def _staff(_query: Query) -> Iterator[Row]:
    for member in every(lambda after: staff_management.members(after=after, limit=LIMIT_MAX)):
        roles = ", ".join(label("role", role) for role in member["roles"])
        yield [member["id"], member["name"], member["email"], roles, label("staff_state", member["state"])]


def _invitations(_query: Query) -> Iterator[Row]:
    name = staff_namer()
    for each in staff_management.open_invitations():
        roles = ", ".join(label("role", role) for role in each["roles"])
        yield [each["name"], each["email"], roles, name(each["invited_by"]), each["expires_at"]]


def _erasures(_query: Query) -> Iterator[Row]:
    return ([erasure["_id"]] for erasure in leaving.open_erasures())


def _registers(_query: Query) -> Iterator[Row]:
    for each in every(lambda after: registers.imports(after=after, limit=LIMIT_MAX)):
        state = label("job_state", "done" if each["state"] == "done" else "running")
        yield [each["_id"], state, each.get("done_count"), each.get("rejected_count"), each["at"]]


TABLES = {
    "audit": Table(
        ("감사 기록", "Audit trail"),
        ("auditor", "administrator"),
        ("staff_id", "action", "target"),
        (
            ID,
            ("시각", "at"),
            ("직원", "staff member"),
            ("직원 번호", "staff id"),
            ("행위", "act"),
            ("행위 코드", "act code"),
            ("대상", "target"),
            ("대상 코드", "target code"),
            ("사유", "reason"),
            ("바뀐 것", "what changed"),
        ),
        _audit,
    ),
    "staff": Table(
        ("직원과 권한", "Staff and roles"),
        ("administrator", "auditor"),
        (),
        (ID, ("이름", "name"), ("이메일", "e-mail"), ("권한", "roles"), STATE),
        _staff,
    ),
    "staff_invitations": Table(
        ("아직 받아들이지 않은 초대", "Invitations not yet accepted"),
        ("administrator", "auditor"),
        (),
        (NAME, ("이메일", "e-mail"), ("권한", "roles"), ("초대한 직원", "invited by"), ("만료", "expires at")),
        _invitations,
    ),
    "erasures": Table(
        ("지우는 중인 계정", "Erasures under way"), ("administrator",), (), (("회원 번호", "member id"),), _erasures
    ),
    "registers": Table(
        ("주민 명부", "Registers of residents"),
        ("administrator",),
        (),
        (ID, STATE, ("읽은 줄", "rows read"), ("거절된 줄", "refused rows"), MADE),
        _registers,
    ),
}
