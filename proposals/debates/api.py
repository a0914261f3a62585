"""`/v1/debates`: topics open for a period, opinions with sides, replies three deep."""

from collections.abc import Iterator
from typing import Any

from flask import Response

from mvoting.accounts import limits
from mvoting.accounts.guards import current_person, current_staff, member, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import Forbidden, PreconditionFailed, PreconditionRequired
from mvoting.core.tables import csv_pieces
from proposals.answers import current_viewer, page_answer, versioned_answer
from proposals.debates import errors, presentation, schemas, services
from proposals.ideas.errors import OtherDepartment
from proposals.ideas.services import departments
from proposals.moderation.errors import TooManyPosts
from proposals.people import alias
from proposals.visibility import Viewer

blueprint = ApiBlueprint("debates", __name__, url_prefix="/v1/debates", description="Debates and the opinions in them.")

SPEAKERS = ("proposal_officer", "department_officer", "administrator")
ORGANISERS = ("proposal_officer", "administrator")
MODERATORS = ("moderator", "proposal_officer", "administrator")
EXPORT_COLUMNS = (
    "id",
    "parent_id",
    "depth",
    "side",
    "author",
    "official",
    "body",
    "up",
    "down",
    "reply_count",
    "created_at",
    "edited_at",
)
EXPORT_EXAMPLE = (
    ",".join(EXPORT_COLUMNS)
    + "\r\n01kbn6v3tq8w2y4z6a7c9e0g1h,,1,for,시민 3f9c2a,,찬성합니다.,12,1,0,2026-11-22T09:00:00+00:00,\r\n"
)


def _shown(debate: dict[str, Any], status: int = 200) -> Any:
    viewer = current_viewer()
    pinned = [presentation.comment(comment, viewer) for comment in services.pinned(debate)]
    return versioned_answer(presentation.debate(debate, now=now(), viewer=viewer) | {"pinned": pinned}, status)


def _comments(items: list[dict[str, Any]], following: str | None) -> Any:
    return page_answer(presentation.comments(items, current_viewer()), following)


@blueprint.route("", methods=["GET"], guard=public)
@blueprint.arguments(schemas.DebateQuery(), location="query")
@blueprint.response(200, page_schema(schemas.DebateLineOut, "DebatePage"))
@blueprint.problems(BadCursor)
def list_debates(query):
    """List debates."""
    at, viewer = now(), current_viewer()
    items, following = services.list_debates(query, now=at)
    return page_answer([presentation.line(debate, now=at, viewer=viewer) for debate in items], following)


@blueprint.route("", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.DebateIn())
@blueprint.response(201, schemas.DebateOut())
@blueprint.problems(errors.DebatePeriodInvalid, TooManyPosts)
def open_debate(body):
    """Open a debate as a citizen."""
    return _shown(services.open_debate(body, now=now(), author_id=current_person().id), 201)


@blueprint.route("/by-city", methods=["POST"], guard=staff(*ORGANISERS))
@idempotent
@blueprint.arguments(schemas.DebateIn())
@blueprint.response(201, schemas.DebateOut())
@blueprint.problems(errors.DebatePeriodInvalid)
def open_debate_by_city(body):
    """Open a debate as the city."""
    return _shown(services.open_debate(body, now=now(), staff_id=current_staff().id), 201)


@blueprint.route("/<id:debate_id>", methods=["GET"], guard=public)
@blueprint.response(200, schemas.DebateOut())
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden)
def get_debate(debate_id):
    """Read a debate."""
    return _shown(services.get_debate(debate_id, current_viewer()))


@blueprint.route("/<id:debate_id>/summary", methods=["PUT"], guard=staff(*ORGANISERS))
@blueprint.arguments(schemas.SummaryIn())
@blueprint.response(200, schemas.DebateOut())
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden, errors.DebateNotClosed, PreconditionFailed)
def put_summary(body, debate_id):
    """Publish what was said on each side and the city's answer."""
    version = body.pop("version")
    return _shown(services.summarise(debate_id, body, version, current_staff().id, now=now()))


@blueprint.route("/<id:debate_id>/comments", methods=["GET"], guard=public)
@blueprint.arguments(schemas.CommentQuery(), location="query")
@blueprint.response(200, page_schema(schemas.CommentOut, "CommentPage"))
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden, BadCursor)
def list_comments(query, debate_id):
    """List opinions: newest, best, controversial or most replied."""
    found = services.list_comments(
        debate_id, query["sort"], side=query.get("side"), after=query.get("after"), limit=query["limit"]
    )
    return _comments(*found)


@blueprint.route("/<id:debate_id>/comments", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.CommentIn())
@blueprint.response(201, schemas.CommentOut())
@blueprint.problems(
    errors.DebateNotFound,
    errors.DebateHidden,
    errors.DebateNotOpen,
    errors.CommentNotFound,
    errors.TooDeep,
    errors.SideNeeded,
    errors.NoSides,
    TooManyPosts,
    Forbidden,
)
def add_comment(body, debate_id):
    """Give an opinion, or reply to one; replies nest three deep."""
    person = current_person()
    comment = services.add_comment(debate_id, body, now=now(), author_id=person.id, trust=person.trust)
    return versioned_answer(presentation.comment(comment, Viewer(person.id)), 201)


@blueprint.route("/<id:debate_id>/comments/by-city", methods=["POST"], guard=staff(*SPEAKERS))
@idempotent
@blueprint.arguments(schemas.OfficialCommentIn())
@blueprint.response(201, schemas.CommentOut())
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden, errors.DebateNotOpen, errors.CommentNotFound, errors.TooDeep)
@blueprint.problems(OtherDepartment)
def add_official_comment(body, debate_id):
    """Speak for the city, with the badge of one's own department."""
    who = current_staff()
    departments.require_speaker(who.roles, who.id, body["department"])
    official = {"staff_id": who.id, "name": body["department"]}
    content = {"body": body["body"], "parent_id": body.get("parent_id")}
    return versioned_answer(presentation.comment(services.add_comment(debate_id, content, now=now(), official=official)), 201)


@blueprint.route("/<id:debate_id>/comments/<id:comment_id>", methods=["GET"], guard=public)
@blueprint.response(200, schemas.CommentWithVersionsOut())
@blueprint.problems(errors.CommentNotFound, errors.DebateNotFound, errors.DebateHidden)
def get_comment(debate_id, comment_id):
    """Read an opinion with the texts it had before."""
    viewer = current_viewer()
    return versioned_answer(presentation.comment_with_versions(services.get_comment(debate_id, comment_id, viewer), viewer))


@blueprint.route("/<id:debate_id>/comments/<id:comment_id>", methods=["PATCH"], guard=member)
@blueprint.arguments(schemas.CommentEditIn())
@blueprint.response(200, schemas.CommentOut())
@blueprint.problems(
    errors.DebateNotFound,
    errors.DebateHidden,
    errors.CommentNotFound,
    errors.NotYours,
    errors.DebateNotOpen,
    PreconditionFailed,
    PreconditionRequired,
)
def edit_comment(body, debate_id, comment_id):
    """Rewrite one's opinion; after five minutes the earlier text stays to be read. Needs If-Match."""
    person = current_person()
    edited = services.edit_comment(debate_id, comment_id, person.id, body["body"], required_version(), now=now())
    return versioned_answer(presentation.comment(edited, Viewer(person.id)))


@blueprint.route("/<id:debate_id>/comments/<id:comment_id>/replies", methods=["GET"], guard=public)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.CommentOut, "ReplyPage"))
@blueprint.problems(errors.CommentNotFound, errors.DebateNotFound, errors.DebateHidden, BadCursor)
def list_replies(query, debate_id, comment_id):
    """List everything below an opinion, in the order of the thread."""
    return _comments(*services.list_replies(debate_id, comment_id, after=query.get("after"), limit=query["limit"]))


@blueprint.route("/<id:debate_id>/comments/<id:comment_id>/vote", methods=["PUT"], guard=member)
@blueprint.arguments(schemas.VoteIn())
@blueprint.response(200, schemas.CommentOut())
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden, errors.CommentNotFound, errors.OwnVote, errors.DebateNotOpen)
def vote_comment(body, debate_id, comment_id):
    """Vote an opinion up or down, or take the vote back."""
    person = current_person()
    voted = services.vote_comment(debate_id, comment_id, person.id, body["value"], now=now())
    return versioned_answer(presentation.comment(voted, Viewer(person.id)))


@blueprint.route("/<id:debate_id>/comments/<id:comment_id>/pin", methods=["PUT"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.PinIn())
@blueprint.response(200, schemas.DebateOut())
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden, errors.CommentNotFound, errors.TooManyPinned)
def pin_comment(body, debate_id, comment_id):
    """Pin an opinion to the top, or take it down; at most five."""
    return _shown(services.pin(debate_id, comment_id, current_staff().id, is_pinned=body["is_pinned"]))


@blueprint.route("/<id:debate_id>/export.csv", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@blueprint.response(200, {"type": "string"}, content_type="text/csv", example=EXPORT_EXAMPLE)
@blueprint.problems(errors.DebateNotFound, errors.DebateHidden)
def export_debate(debate_id):
    """Download everything said in a debate; authors by their alias, hidden texts left out."""
    services.get_debate(debate_id)
    headers = {"Content-Disposition": f'attachment; filename="debate-{debate_id}.csv"'}
    return Response(csv_pieces(EXPORT_COLUMNS, list_rows(debate_id)), content_type="text/csv; charset=utf-8", headers=headers)


def list_rows(debate_id: str) -> Iterator[list[Any]]:
    """Go through a debate's public opinions as rows."""
    for comment in services.export_comments(debate_id):
        shown = presentation.comment(comment)
        author = "" if shown["official"] else alias(comment.get("author_id"))
        shown |= {
            "author": author,
            "created_at": shown["created_at"].isoformat(),
            "edited_at": (shown["edited_at"] or "") and shown["edited_at"].isoformat(),
        }
        yield [shown[column] for column in EXPORT_COLUMNS]
