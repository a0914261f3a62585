"""`/v1/cap`: sources hand in messages; administrators register sources."""

from flask import request

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, key_guard
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed, UnsupportedMediaType
from notifications.cap.message import MIME_TYPE
from notifications.cap.reader import SIZE_MAX_BYTES
from notifications.feeds import errors, intake, receipts, services
from notifications.feeds.schemas import CapReceiptOut, SourceChangeIn, SourceIn, SourceKeyOut, SourceOut, TakenOut

blueprint = ApiBlueprint("cap", __name__, url_prefix="/v1/cap", description="CAP 1.2 messages from other institutions.")

cap_source, current_source = key_guard(
    "cap_source", services.source_of_key, errors.SourceUnknown, who="CAP sources, by their key"
)
administrator = staff("administrator")
reader = staff("administrator", "alert_author", "alert_approver", "auditor")
XML_TYPES = (MIME_TYPE, "application/xml", "text/xml")
EXAMPLE = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>KMA-2026-11-22-0001</identifier><sender>feeds@weather.example</sender><sent>2026-11-22T09:00:00+09:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info>
    <language>ko-KR</language><category>Met</category><event>호우 경보</event>
    <urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>
    <expires>2026-11-22T15:00:00+09:00</expires>
    <headline>마포구 호우 경보</headline><description>시간당 50mm의 비가 내리고 있습니다.</description>
    <instruction>하천변에서 나와 높은 곳으로 가세요.</instruction>
    <area><areaDesc>마포구</areaDesc><geocode><valueName>SGG</valueName><value>11440</value></geocode></area>
  </info>
</alert>
"""
XML_BODY = {"required": True, "content": {MIME_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}}}


@blueprint.route("/messages", methods=["POST"], guard=cap_source, body_limit_bytes=SIZE_MAX_BYTES)
@blueprint.doc(requestBody=XML_BODY)
@blueprint.response(200, TakenOut())
@blueprint.problems(errors.CapMessageRefused, errors.SenderNotOfSource, errors.SourceUnknown, UnsupportedMediaType)
def hand_in():
    """Hand in one CAP 1.2 message; handing it in again changes nothing."""
    if request.mimetype not in XML_TYPES:
        raise UnsupportedMediaType(expected=MIME_TYPE)
    return intake.receive(current_source(), request.get_data(), now=now())


@blueprint.route("/messages", methods=["GET"], guard=reader)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(CapReceiptOut, "CapReceiptPage"))
def list_messages(query):
    """List what was received and what became of it, the newest first."""
    items, following = receipts.list_receipts(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/sources", methods=["GET"], guard=reader)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(SourceOut, "CapSourcePage"))
def list_sources(query):
    """List sources, the newest first."""
    items, following = services.list_sources(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/sources", methods=["POST"], guard=administrator)
@idempotent
@blueprint.arguments(SourceIn())
@blueprint.response(201, SourceKeyOut())
@blueprint.problems(errors.AddressRefused, errors.CertificateRefused)
def create_source(body):
    """Register a source; its key is shown this once."""
    source, key = services.create_source(body, by=current_staff().id, now=now())
    return {**source, "key": key}


@blueprint.route("/sources/<id:source_id>", methods=["PATCH"], guard=administrator)
@blueprint.arguments(SourceChangeIn())
@blueprint.response(200, SourceOut())
@blueprint.problems(errors.SourceNotFound, errors.AddressRefused, errors.CertificateRefused, PreconditionFailed)
def change_source(body, source_id):
    """Change a source or switch it off; its listings end."""
    seen = body.pop("revision", None)
    return services.change_source(source_id, body, seen=seen, by=current_staff().id, now=now())


@blueprint.route("/key", methods=["POST"], guard=cap_source)
@blueprint.response(200, SourceKeyOut())
def take_key():
    """Renew my own key, so that nobody else knows it; the old one is void at once, and listings end."""
    source, key = services.take_key(current_source(), now=now())
    return {**source, "key": key}


@blueprint.route("/sources/<id:source_id>/key", methods=["DELETE"], guard=administrator)
@blueprint.response(200, SourceOut())
@blueprint.problems(errors.SourceNotFound)
def drop_key(source_id):
    """Leave a source without a key, because its messages are only fetched."""
    return services.drop_key(source_id, by=current_staff().id)


@blueprint.route("/sources/<id:source_id>/key", methods=["POST"], guard=administrator)
@blueprint.response(200, SourceKeyOut())
@blueprint.problems(errors.SourceNotFound)
def renew_key(source_id):
    """Give a source a new key; the old one is void at once."""
    source, key = services.renew_key(source_id, by=current_staff().id)
    return {**source, "key": key}
