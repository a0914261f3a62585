"""`/v1/ideas/…`: people and ideas brought together: co-authors, additions, merges."""

from typing import Any

from mvoting.accounts.guards import current_person, current_staff, member, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed
from proposals import markdown
from proposals.answers import current_viewer, json_answer, page_answer
from proposals.ideas import errors, schemas
from proposals.ideas.api import idea_page
from proposals.ideas.services import joining, reading, writing
from proposals.ideas.staff_api import COORDINATORS
from proposals.moderation.errors import TooManyPosts
from proposals.people import alias

blueprint = ApiBlueprint(
    "ideas-together", __name__, url_prefix="/v1/ideas", description="Co-authors, additions and merges of ideas."
)


def _addition(addition: dict[str, Any]) -> dict[str, Any]:
    shown = {key: addition[key] for key in ("idea_id", "body", "state", "at")}
    mine = current_viewer().person_id
    return shown | {
        "id": addition["_id"],
        "author": alias(addition.get("author_id")),
        "body_html": markdown.render(addition["body"]),
        "is_mine": mine is not None and mine == addition.get("author_id"),
    }


@blueprint.route("/<id:idea_id>/invitation", methods=["POST"], guard=member)
@blueprint.response(201, schemas.CoauthorInvitationOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours)
def invite_coauthor(idea_id):
    """Make a code with which one person can accept to be a co-author."""
    return joining.invite_coauthor(idea_id, current_person().id, now=now())


@blueprint.route("/<id:idea_id>/coauthorship", methods=["PUT"], guard=member)
@blueprint.arguments(schemas.CoauthorInvitationIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.InvitationInvalid)
def accept_coauthorship(body, idea_id):
    """Accept to be a co-author."""
    return idea_page(joining.join_as_coauthor(idea_id, body["code"], current_person().id, now=now()))


@blueprint.route("/<id:idea_id>/coauthorship", methods=["DELETE"], guard=member)
@blueprint.response(204)
def leave_coauthorship(idea_id):
    """Stop being a co-author."""
    joining.leave_as_coauthor(idea_id, current_person().id)


@blueprint.route("/<id:idea_id>/additions", methods=["GET"], guard=public)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.AdditionOut, "AdditionPage"))
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, BadCursor)
def list_additions(query, idea_id):
    """List what others added to an idea."""
    items, following = joining.list_additions(idea_id, current_viewer(), after=query.get("after"), limit=query["limit"])
    return page_answer([_addition(addition) for addition in items], following)


@blueprint.route("/<id:idea_id>/additions", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.AdditionIn())
@blueprint.response(201, schemas.AdditionOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.NotCollecting, TooManyPosts)
def offer_addition(body, idea_id):
    """Add to an idea (제안 더하기); its author decides."""
    return json_answer(_addition(joining.offer_addition(idea_id, current_person().id, body["body"], now=now())), 201)


@blueprint.route("/<id:idea_id>/additions/<id:addition_id>/answer", methods=["PUT"], guard=member)
@blueprint.arguments(schemas.IdeaAcceptIn())
@blueprint.response(200, schemas.AdditionOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours, errors.AdditionNotFound)
def answer_addition(body, idea_id, addition_id):
    """Accept or decline an addition to one's idea."""
    answered = joining.answer_addition(idea_id, addition_id, current_person().id, accepted=body["is_accepted"], now=now())
    return json_answer(_addition(answered))


@blueprint.route("/<id:idea_id>/merges", methods=["GET"], guard=member)
@blueprint.response(200, schemas.MergesOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours)
def list_merges(idea_id):
    """List requests to merge others into my idea."""
    writing.own_idea(idea_id, current_person().id)
    return {"items": reading.merges_into(idea_id)}


@blueprint.route("/<id:idea_id>/merges", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.MergeIn())
@blueprint.response(201, schemas.MergeOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.NotYours, errors.MergeNotPossible)
def ask_merge(body, idea_id):
    """Ask that one's idea be merged into another."""
    asked_by = {"kind": "person", "id": current_person().id}
    return joining.ask_merge(idea_id, body["into_id"], asked_by, now=now())


@blueprint.route("/<id:idea_id>/merges/by-staff", methods=["POST"], guard=staff(*COORDINATORS))
@idempotent
@blueprint.arguments(schemas.MergeIn())
@blueprint.response(201, schemas.MergeOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.MergeNotPossible)
def ask_merge_by_staff(body, idea_id):
    """Propose to merge two ideas; the author of the one that stays decides."""
    asked_by = {"kind": "staff", "id": current_staff().id}
    return joining.ask_merge(idea_id, body["into_id"], asked_by, now=now())


@blueprint.route("/<id:idea_id>/merges/<id:merge_id>/answer", methods=["PUT"], guard=member)
@blueprint.arguments(schemas.IdeaAcceptIn())
@blueprint.response(200, schemas.MergeOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours, errors.MergeNotFound, errors.MergeNotPossible, PreconditionFailed)
def answer_merge(body, idea_id, merge_id):
    """Let another idea into one's own, or not."""
    return joining.answer_merge(idea_id, merge_id, current_person().id, accepted=body["is_accepted"], now=now())


@blueprint.route("/<id:idea_id>/merge-consent", methods=["PUT"], guard=member)
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.NothingToMove, errors.NotCollecting)
def consent_to_merge(idea_id):
    """Let one's endorsement of a merged idea go along with it."""
    return idea_page(joining.consent_to_merge(idea_id, current_person().id, now=now()))
