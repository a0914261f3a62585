"""The audit log for auditors, and its head for everybody."""

from typing import Any

from marshmallow import fields

from mvoting.accounts.guards import public, staff
from mvoting.core import audit
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.schemas import Output, Text, UtcDateTime

blueprint = ApiBlueprint("audit", __name__, url_prefix="/v1/audit", description="What staff did, append-only and signed.")


class AuditQuery(PageQuery):
    """Which entries."""

    staff_id = Text(max=40, metadata={"description": "who did it"})
    action = Text(max=80, metadata={"description": "what was done", "example": "moderation.hide"})
    target = Text(max=120, metadata={"description": "to what: kind and id", "example": "poll:01jd0000000000000000000000"})


class AuditEntryOut(Output):
    """One entry of the log."""

    id = fields.Integer(required=True, metadata={"description": "leaf index in the tree"})
    at = UtcDateTime(required=True)
    staff_id = fields.String(required=True)
    action = fields.String(required=True, metadata={"example": "voting.cancel"})
    target = fields.String(required=True, metadata={"example": "poll:01kbn6v3tq8w2y4z6a7c9e0g1h"})
    person_id = fields.String(allow_none=True, required=True)
    reason = fields.String(required=True)
    before = fields.Raw(allow_none=True, required=True, metadata={"example": {"state": "scheduled"}})
    after = fields.Raw(allow_none=True, required=True, metadata={"example": {"state": "cancelled"}})
    is_erased = fields.Boolean(required=True, metadata={"description": "the person was erased, so the values are unreadable"})


class AuditHeadOut(Output):
    """A signed tree head; keep it, and a later rewriting is found."""

    size = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "hex"})
    kid = fields.String(required=True)
    signature = fields.String(required=True, metadata={"description": "Ed25519, hex"})


@blueprint.route("/entries", methods=["GET"], guard=staff("auditor", "administrator"))
@blueprint.arguments(AuditQuery(), location="query")
@blueprint.response(200, page_schema(AuditEntryOut, "AuditEntryPage"))
def get_entries(query: dict[str, Any]) -> dict[str, Any]:
    """List what staff did, newest first."""
    found, following = audit.entries(query, after=query.get("after"), limit=query["limit"])
    return {"items": found, "next": following}


@blueprint.route("/head", methods=["GET"], guard=public)
@blueprint.response(200, AuditHeadOut())
def get_head() -> dict[str, Any]:
    """Give the latest signed head of the log."""
    return audit.head()
