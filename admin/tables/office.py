"""The office as files: audit trail, staff, registers."""

from collections.abc import Iterator

from admin.tables.table import ID, MADE, NAME, STATE, Query, Row, Table, every, fields
from admin.words import label
from mvoting.accounts import leaving, registers, staff_management
from mvoting.core import audit
from mvoting.core.pagination import LIMIT_MAX


def _audit(query: Query) -> Iterator[Row]:
    for entry in every(lambda after: audit.entries(query, after=after, limit=LIMIT_MAX)):
        yield [entry["id"], entry["at"], entry["staff_id"], entry["action"], entry["target"], entry["reason"]]


def _staff(_query: Query) -> Iterator[Row]:
    for member in every(lambda after: staff_management.members(after=after, limit=LIMIT_MAX)):
        roles = ", ".join(label("role", role) for role in member["roles"])
        yield [member["id"], member["name"], member["email"], roles, label("staff_state", member["state"])]


def _invitations(_query: Query) -> Iterator[Row]:
    for each in staff_management.open_invitations():
        roles = ", ".join(label("role", role) for role in each["roles"])
        yield [each["name"], each["email"], roles, each["invited_by"], each["expires_at"]]


def _erasures(_query: Query) -> Iterator[Row]:
    return ([erasure["_id"]] for erasure in leaving.open_erasures())


TABLES = {
    "audit": Table(
        ("감사 기록", "Audit trail"),
        ("auditor", "administrator"),
        ("staff_id", "action", "target"),
        (ID, ("시각", "at"), ("직원", "staff"), ("행위", "action"), ("대상", "target"), ("사유", "reason")),
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
        fields(registers.imports, "_id", "state", "done_count", "rejected_count", "at"),
    ),
}
