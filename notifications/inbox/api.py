"""`/v1/inbox`: a person's messages, the unread count, and what the phones acknowledge."""

from typing import Any

from mvoting.accounts.guards import current_person, member
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.language import language
from mvoting.core.pagination import BadCursor, page_schema
from notifications.inbox import readers, services
from notifications.inbox.schemas import AcksIn, AcksOut, InboxQuery, MessageOut, UnreadOut

blueprint = ApiBlueprint("inbox", __name__, url_prefix="/v1/inbox", description="Messages, whether or not a push arrived.")


def _reader() -> readers.Reader:
    person = current_person()
    return readers.load(person.id, person.trust)


def shown(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message in the person's language, Korean where the other is not written."""
    texts = message["message"]
    return {**message, **texts.get(language(), texts["ko"])}


@blueprint.route("", methods=["GET"], guard=member)
@blueprint.arguments(InboxQuery(), location="query")
@blueprint.response(200, page_schema(MessageOut, "MessagePage"))
@blueprint.problems(BadCursor)
def list_messages(query):
    """List my messages, the newest first."""
    items, following = services.read(
        _reader(), since=query.get("since"), after=query.get("after"), limit=query["limit"], now=now()
    )
    return {"items": [shown(item) for item in items], "next": following}


@blueprint.route("/unread", methods=["GET"], guard=member)
@blueprint.response(200, UnreadOut())
def get_unread():
    """Count the messages that I have not seen."""
    return {"unread": services.unread_count(_reader(), now=now())}


@blueprint.route("/acks", methods=["POST"], guard=member)
@blueprint.arguments(AcksIn())
@blueprint.response(200, AcksOut())
def post_acks(body):
    """Say which messages this phone received, showed or opened; may be collected and repeated."""
    return {"noted": services.acknowledge(current_person().id, body["acks"], now=now(), device_id=body.get("device_id"))}
