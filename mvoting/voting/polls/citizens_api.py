"""`/v1/citizen-polls`: polls that citizens ask citizens, and the city's look at them."""

from mvoting.accounts.guards import current_person, current_staff, member, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, version_sent
from mvoting.core.idempotency import idempotent
from mvoting.core.openapi import MAY_MATCH
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed
from mvoting.core.storage import PictureNotFound
from mvoting.voting.polls import citizens, errors, schemas, services
from mvoting.voting.polls.api import BODY_LIMIT_BYTES, shown_to_author
from mvoting.voting.polls.drafting import definition_content
from mvoting.voting.polls.schemas import OwnPollOut, PollIn

AUDIENCES = ("everyone", "room")

blueprint = ApiBlueprint("citizen-polls", __name__, url_prefix="/v1/citizen-polls", description="Polls by citizens.")


@blueprint.route("", methods=["POST"], guard=member, body_limit_bytes=BODY_LIMIT_BYTES)
@idempotent
@blueprint.arguments(PollIn())
@blueprint.response(201, OwnPollOut())
@blueprint.problems(errors.DailyPollLimit, errors.PollTimesInvalid, errors.PollContentInvalid, PictureNotFound)
def start_poll(body):
    """Start a poll for everyone or in a private room; it runs at once or after the city's look, as the policy says."""
    if body["audience"]["kind"] not in AUDIENCES:
        raise errors.PollContentInvalid(errors={"audience": ["citizens ask everyone, or a private room"]})
    content = definition_content(body, by="citizen")
    times = body["opens_at"], body["closes_at"]
    poll = citizens.start_poll(content, *times, current_person().id, now=now(), room_password=body["room_password"])
    return shown_to_author(poll)


@blueprint.route("/mine", methods=["GET"], guard=member)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(OwnPollOut, "OwnPollPage"))
def list_own_polls(query):
    """List the polls I started, the newest first."""
    items, following = services.polls_of(current_person().id, after=query.get("after"), limit=query["limit"])
    return {"items": [shown_to_author(poll) for poll in items], "next": following}


@blueprint.route("/policy", methods=["GET"], guard=public)
@blueprint.response(200, schemas.PolicyOut())
def get_policy():
    """Read how many polls a day a citizen can start, and whether the city looks first."""
    return citizens.policy()


@blueprint.route("/policy", methods=["PUT"], guard=staff("administrator"))
@blueprint.arguments(schemas.PolicyIn())
@blueprint.response(200, schemas.PolicyOut())
def put_policy(body):
    """Decide about citizens' polls."""
    return citizens.set_policy(body["is_reviewed"], body["daily_limit"], staff_id=current_staff().id)


@blueprint.route("/waiting", methods=["GET"], guard=staff("moderator", "poll_officer"))
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(OwnPollOut, "WaitingPollPage"))
def list_waiting(query):
    """List citizens' polls that wait for the city's look, the oldest first."""
    items, following = citizens.waiting_for_review(after=query.get("after"), limit=query["limit"])
    return {"items": [shown_to_author(poll) for poll in items], "next": following}


@blueprint.route("/<id:poll_id>/approval", methods=["PUT"], guard=staff("moderator", "poll_officer"))
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.PollTimesInvalid, PreconditionFailed)
@blueprint.doc(parameters=[MAY_MATCH])
def approve(poll_id):
    """Let a waiting poll run; `If-Match` with its ETag lets run what you saw and nothing else."""
    return shown_to_author(citizens.approve(poll_id, now=now(), staff_id=current_staff().id, version=version_sent()))


@blueprint.route("/<id:poll_id>/refusal", methods=["PUT"], guard=staff("moderator", "poll_officer"))
@blueprint.arguments(schemas.PollReasonIn())
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged)
def refuse(body, poll_id):
    """Tell the author why a waiting poll does not run."""
    return shown_to_author(citizens.refuse(poll_id, body["reason"], staff_id=current_staff().id))
