"""`/v1/polls`: reading polls, and what poll officers do with them."""

from typing import Any

from mvoting.accounts.guards import current_staff, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import page_schema
from mvoting.voting.polls import errors, rules, services
from mvoting.voting.polls.schemas import CancelIn, PollIn, PollOut, PollQuery

blueprint = ApiBlueprint("polls", __name__, url_prefix="/v1/polls", description="Polls.")


def shown(poll: dict[str, Any]) -> dict[str, Any]:
    """Give a poll as the public sees it now."""
    facts = services.facts_of(poll)
    result = poll.get("result") if rules.result_visible(facts) else None
    return {**poll, "state": rules.phase(facts, now=now()), "title": poll["definition"]["title"], "result": result}


def _content(body: dict[str, Any]) -> dict[str, Any]:
    questions = [
        {
            "id": f"q{number}",
            **{key: question[key] for key in ("title", "method", "seats")},
            "options": [{"id": f"o{place}", **option} for place, option in enumerate(question["options"], 1)],
        }
        for number, question in enumerate(body["questions"], 1)
    ]
    return {
        "title": body["title"],
        "description": body.get("description"),
        "secrecy": "open",
        "figures": body["figures"],
        "changeable": body["is_changeable"],
        "k": 20,
        "audience": {"kind": "everyone"},
        "questions": questions,
    }


@blueprint.route("", methods=["GET"], guard=public)
@blueprint.arguments(PollQuery(), location="query")
@blueprint.response(200, page_schema(PollOut, "PollPage"))
def list_polls(query):
    """List polls, the latest opening first."""
    items, following = services.list_polls(query.get("state"), after=query.get("after"), limit=query["limit"])
    return {"items": [shown(poll) for poll in items], "next": following}


@blueprint.route("/<id:poll_id>", methods=["GET"], guard=public)
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound)
def get_poll(poll_id):
    """Read a poll."""
    return shown(services.get_poll(poll_id))


@blueprint.route("", methods=["POST"], guard=staff("poll_officer"))
@idempotent
@blueprint.arguments(PollIn())
@blueprint.response(201, PollOut())
@blueprint.problems(errors.PollTimesInvalid)
def create_poll(body):
    """Draft a poll."""
    by = {"kind": "staff", "id": current_staff().id}
    return shown(services.create_poll(_content(body), body["opens_at"], body["closes_at"], by, now=now()))


@blueprint.route("/<id:poll_id>/schedule", methods=["POST"], guard=staff("poll_officer"))
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.PollTimesInvalid)
def schedule_poll(poll_id):
    """Freeze a draft and let it open at its time."""
    return shown(services.schedule_poll(poll_id, now=now()))


@blueprint.route("/<id:poll_id>/cancel", methods=["POST"], guard=staff("poll_officer"))
@blueprint.arguments(CancelIn())
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged)
def cancel_poll(body, poll_id):
    """Call a poll off."""
    return shown(services.cancel_poll(poll_id, body["reason"], now=now()))
