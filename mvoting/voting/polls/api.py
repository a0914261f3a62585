"""`/v1/polls`: reading polls, and what poll officers do with them."""

from typing import Any

from mvoting.accounts.guards import current_staff, person_or_none, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version, version_sent, with_version
from mvoting.core.idempotency import idempotent
from mvoting.core.openapi import MAY_MATCH
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from mvoting.core.storage import PictureNotFound
from mvoting.voting.polls import errors, rules, schemas, services, templates
from mvoting.voting.polls.drafting import definition_content
from mvoting.voting.polls.schemas import OwnPollOut, PollIn, PollOut

BODY_LIMIT_BYTES = 512 * 1024

blueprint = ApiBlueprint("polls", __name__, url_prefix="/v1/polls", description="Polls.")
template_routes = ApiBlueprint("poll-templates", __name__, url_prefix="/v1/poll-templates", description="Templates of polls.")


def shown(poll: dict[str, Any]) -> dict[str, Any]:
    """Give a poll as the public sees it now."""
    facts = services.facts_of(poll)
    result = poll.get("result") if rules.result_visible(facts) else None
    title = poll["definition"]["title"]
    return {"changes": [], **poll, "state": rules.phase(facts, now=now()), "title": title, "result": result}


def shown_to_author(poll: dict[str, Any]) -> dict[str, Any]:
    """Give a poll as its author and staff see it now: no figure more than the public."""
    number = {"room_number": poll["room"]["number"]} if "room" in poll else {}
    return {**shown(poll), **number}


def _by_staff() -> dict[str, str]:
    return {"kind": "staff", "id": current_staff().id}


@blueprint.route("", methods=["GET"], guard=public)
@blueprint.arguments(schemas.PollQuery(), location="query")
@blueprint.response(200, page_schema(PollOut, "PollPage"))
def list_polls(query):
    """List polls, the latest opening first; private rooms are not among them."""
    items, following = services.list_polls(query.get("state"), after=query.get("after"), limit=query["limit"])
    return {"items": [shown(poll) for poll in items], "next": following}


@blueprint.route("/staff", methods=["GET"], guard=staff("poll_officer", "moderator"))
@blueprint.arguments(schemas.StaffPollQuery(), location="query")
@blueprint.response(200, page_schema(OwnPollOut, "StaffPollPage"))
def list_polls_for_staff(query):
    """List polls of every kind and state, drafts and rooms too, the newest first; or search their titles."""
    page = {"after": query.get("after"), "limit": query["limit"]}
    items, following = services.list_for_staff(query.get("state"), words=query["q"], **page)
    return {"items": [shown_to_author(poll) for poll in items], "next": following}


@blueprint.route("/<id:poll_id>", methods=["GET"], guard=public)
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound)
def get_poll(poll_id):
    """Read a poll; a private room's only from inside."""
    person = person_or_none()
    return shown(services.get_poll(poll_id, person.id if person else None))


@blueprint.route("/<id:poll_id>/draft", methods=["GET"], guard=staff("poll_officer"))
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound)
def get_draft(poll_id):
    """Read a poll in any state as staff; its ETag is what a change hands back."""
    return with_version(shown_to_author(services.poll_document(poll_id)))


@blueprint.route("", methods=["POST"], guard=staff("poll_officer"), body_limit_bytes=BODY_LIMIT_BYTES)
@idempotent
@blueprint.arguments(PollIn())
@blueprint.response(201, OwnPollOut())
@blueprint.problems(errors.PollTimesInvalid, errors.PollContentInvalid, PictureNotFound)
def create_poll(body):
    """Draft a poll."""
    content = definition_content(body, by="city")
    poll = services.create_poll(
        content, body["opens_at"], body["closes_at"], _by_staff(), now=now(), room_password=body["room_password"]
    )
    return shown_to_author(poll)


@blueprint.route("/<id:poll_id>/draft", methods=["PUT"], guard=staff("poll_officer"), body_limit_bytes=BODY_LIMIT_BYTES)
@blueprint.arguments(PollIn())
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollTimesInvalid, errors.PollContentInvalid, errors.PollStateChanged)
@blueprint.problems(PictureNotFound, PreconditionFailed, PreconditionRequired)
def put_draft(body, poll_id):
    """Replace a draft; `If-Match` carries the ETag of the version you saw."""
    content = definition_content(body, by="city")
    version = required_version()
    poll = services.update_draft(
        poll_id, version, content, body["opens_at"], body["closes_at"], editor_id=current_staff().id, now=now()
    )
    return with_version(shown_to_author(poll))


@blueprint.route("/<id:poll_id>/sealing", methods=["PUT"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.SealingIn())
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.SealingRefused)
def put_sealing(body, poll_id):
    """Make a draft a sealed poll: nobody, the operator included, can count it before the trustees open it."""
    return shown_to_author(services.seal_draft(poll_id, body, staff_id=current_staff().id))


@blueprint.route("/<id:poll_id>/tie-commitment", methods=["PUT"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.TieCommitmentIn())
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged)
def put_tie_commitment(body, poll_id):
    """Note what somebody outside committed to for the lot; they reveal it on the board after closing."""
    return shown_to_author(services.commit_tie_seed(poll_id, body["commitment"], staff_id=current_staff().id))


@blueprint.route("/<id:poll_id>/schedule", methods=["POST"], guard=staff("poll_officer"))
@blueprint.response(200, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.PollTimesInvalid, errors.RollMissing, PreconditionFailed)
@blueprint.doc(parameters=[MAY_MATCH])
def schedule_poll(poll_id):
    """Freeze a draft and let it open at its time; `If-Match` with the draft's ETag freezes what you saw and nothing else."""
    return shown_to_author(services.schedule_poll(poll_id, now=now(), staff_id=current_staff().id, version=version_sent()))


@blueprint.route("/<id:poll_id>/cancel", methods=["POST"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.CancelIn())
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged)
def cancel_poll(body, poll_id):
    """Call a poll off."""
    return shown(services.cancel_poll(poll_id, body["reason"], staff_id=current_staff().id))


@blueprint.route("/<id:poll_id>/closing", methods=["PUT"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.MoveClosingIn())
@blueprint.response(200, PollOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.PollTimesInvalid)
@blueprint.problems(errors.ExtensionTooLate, errors.SealedNotExtended, PreconditionFailed)
def put_closing(body, poll_id):
    """Extend a poll or close it early; the reason is public, and four seconds pass before it takes effect."""
    by, seen = current_staff().id, body.get("seen_closes_at")
    return shown(services.move_closing(poll_id, body["closes_at"], body["reason"], seen=seen, now=now(), staff_id=by))


@blueprint.route("/<id:poll_id>/copies", methods=["POST"], guard=staff("poll_officer"))
@idempotent
@blueprint.arguments(schemas.TimesIn())
@blueprint.response(201, OwnPollOut())
@blueprint.problems(errors.PollNotFound, errors.PollTimesInvalid, errors.PollContentInvalid)
def duplicate_poll(body, poll_id):
    """Draft a new poll with the content of this one."""
    copy = services.duplicate_poll(
        poll_id, body["opens_at"], body["closes_at"], _by_staff(), now=now(), room_password=body["room_password"]
    )
    return shown_to_author(copy)


@blueprint.route("/<id:poll_id>/template", methods=["POST"], guard=staff("poll_officer"))
@idempotent
@blueprint.arguments(schemas.TemplateIn())
@blueprint.response(201, schemas.TemplateOut())
@blueprint.problems(errors.PollNotFound)
def keep_template(body, poll_id):
    """Keep a poll's content as a template."""
    return templates.keep_template(poll_id, body["name"], now=now(), staff_id=current_staff().id)


@template_routes.route("", methods=["GET"], guard=staff("poll_officer"))
@template_routes.arguments(PageQuery(), location="query")
@template_routes.response(200, page_schema(schemas.TemplateOut, "TemplatePage"))
def list_templates(query):
    """List templates, the newest first."""
    items, following = templates.list_templates(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@template_routes.route("/<id:template_id>", methods=["DELETE"], guard=staff("poll_officer"))
@template_routes.response(204)
@template_routes.problems(errors.TemplateNotFound)
def delete_template(template_id):
    """Delete a template; polls made from it stay."""
    templates.delete_template(template_id, staff_id=current_staff().id)


@template_routes.route("/<id:template_id>/polls", methods=["POST"], guard=staff("poll_officer"))
@idempotent
@template_routes.arguments(schemas.TimesIn())
@template_routes.response(201, OwnPollOut())
@template_routes.problems(errors.TemplateNotFound, errors.PollTimesInvalid, errors.PollContentInvalid, PictureNotFound)
def draft_from_template(body, template_id):
    """Draft a poll from a template."""
    poll = templates.draft_from(
        template_id, body["opens_at"], body["closes_at"], _by_staff(), now=now(), room_password=body["room_password"]
    )
    return shown_to_author(poll)
