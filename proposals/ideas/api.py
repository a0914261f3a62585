"""`/v1/ideas`: raising, endorsing, following, and the way of an idea through the city."""

from typing import Any

from mvoting.accounts import limits
from mvoting.accounts.guards import current_person, member, public
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from mvoting.core.storage import PictureNotFound
from proposals.answers import current_viewer, json_answer, page_answer, versioned_answer
from proposals.ideas import errors, presentation, schemas
from proposals.ideas.services import endorsing, joining, programmes, reading, writing
from proposals.moderation.errors import TooManyPosts

blueprint = ApiBlueprint("ideas", __name__, url_prefix="/v1/ideas", description="Ideas of citizens.")


def _content(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("point"):
        body = body | {"point": {"type": "Point", "coordinates": [body["point"]["lng"], body["point"]["lat"]]}}
    return body


def idea_page(idea: dict[str, Any], status: int = 200) -> Any:
    """Answer an idea's page as the person who asks sees it."""
    return versioned_answer(presentation.page(idea, now=now(), viewer=current_viewer()), status)


def _lines(items: list[dict[str, Any]], following: str | None) -> Any:
    return page_answer(presentation.lines(items, now=now()), following)


# --- reading ---------------------------------------------------------------------------------------------------------


@blueprint.route("", methods=["GET"], guard=public)
@blueprint.arguments(schemas.IdeaQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "IdeaPage"))
@blueprint.problems(BadCursor)
def list_ideas(query):
    """List ideas: newest, hot, most endorsed, near a threshold, overdue, hall of fame; or search them."""
    return _lines(*reading.list_ideas(query, now=now()))


@blueprint.route("/near", methods=["GET"], guard=public, reads_per_minute=limits.SEARCHES)
@blueprint.arguments(schemas.NearQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "NearIdeaPage"))
@blueprint.problems(BadCursor)
def list_ideas_near(query):
    """List ideas around a point, the nearest first."""
    found = reading.ideas_near(
        query["lng"], query["lat"], within_m=query["within_m"], after=query.get("after"), limit=query["limit"]
    )
    return _lines(*found)


@blueprint.route("/similar", methods=["GET"], guard=public, reads_per_minute=limits.SEARCHES)
@blueprint.arguments(schemas.SimilarQuery(), location="query")
@blueprint.response(200, schemas.SimilarOut())
def list_similar(query):
    """Show ideas that say nearly what is being typed, at most ten."""
    return json_answer({"items": presentation.lines(reading.similar_ideas(query["text"]), now=now())})


@blueprint.route("/programmes", methods=["GET"], guard=public)
@blueprint.response(200, schemas.ProgrammesOut())
def list_programmes():
    """List the programmes with their thresholds."""
    return {"items": list(programmes.programmes().values())}


@blueprint.route("/reply-statistics", methods=["GET"], guard=public)
@blueprint.response(200, schemas.StatisticsOut())
def get_reply_statistics():
    """Show how each department keeps its promised replies."""
    return {"items": reading.reply_statistics(now=now())}


@blueprint.route("/mine", methods=["GET"], guard=member)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "MyIdeaPage"))
@blueprint.problems(BadCursor)
def list_my_ideas(query):
    """List my ideas, drafts included."""
    return _lines(*writing.ideas_of(current_person().id, after=query.get("after"), limit=query["limit"]))


@blueprint.route("/<id:idea_id>", methods=["GET"], guard=public)
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden)
def get_idea(idea_id):
    """Read an idea; its author sees it also while it is a draft, held or hidden."""
    who = current_viewer()
    idea = reading.get_idea(idea_id, who)
    mine = reading.my_part(idea_id, who.person_id) if who.person_id else None
    return json_answer(presentation.page(idea, now=now(), viewer=who, my_part=mine))


@blueprint.route("/<id:idea_id>/similar", methods=["GET"], guard=public, reads_per_minute=limits.SEARCHES)
@blueprint.response(200, schemas.SimilarOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden)
def list_similar_to(idea_id):
    """Show ideas like this one."""
    idea = reading.get_idea(idea_id, current_viewer())
    return json_answer({"items": presentation.lines(reading.similar_ideas(idea["title"], but=idea_id), now=now())})


# --- writing ---------------------------------------------------------------------------------------------------------


@blueprint.route("", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.IdeaIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.ProgrammeNotFound, errors.IdeaIncomplete, TooManyPosts, PictureNotFound)
def raise_idea(body):
    """Raise an idea; it collects endorsements at once."""
    return idea_page(writing.raise_idea(_content(body), current_person().id, now=now()), 201)


@blueprint.route("/drafts", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.IdeaContentIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.ProgrammeNotFound, PictureNotFound)
def save_draft(body):
    """Keep a draft on the server, so that it survives the phone."""
    return idea_page(writing.save_draft(_content(body), current_person().id, now=now()), 201)


@blueprint.route("/<id:idea_id>", methods=["PATCH"], guard=member)
@blueprint.arguments(schemas.IdeaContentIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(
    errors.IdeaNotFound,
    errors.NotYours,
    errors.TextFixed,
    errors.IdeaIncomplete,
    PreconditionFailed,
    PreconditionRequired,
    PictureNotFound,
)
def edit_idea(body, idea_id):
    """Change a draft, or an idea that nobody endorsed yet; needs If-Match."""
    return idea_page(writing.edit(idea_id, current_person().id, _content(body), required_version(), now=now()))


@blueprint.route("/<id:idea_id>", methods=["DELETE"], guard=member)
@blueprint.response(204)
@blueprint.problems(errors.IdeaNotFound, errors.NotYours, errors.MoveNotAllowed)
def delete_draft(idea_id):
    """Delete a draft; a published idea is retired instead."""
    writing.drop_draft(idea_id, current_person().id)


@blueprint.route("/<id:idea_id>/submission", methods=["POST"], guard=member)
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(
    errors.IdeaNotFound, errors.NotYours, errors.IdeaIncomplete, errors.MoveNotAllowed, TooManyPosts, PreconditionFailed
)
def submit_draft(idea_id):
    """Publish a draft."""
    return idea_page(writing.submit(idea_id, current_person().id, now=now()))


@blueprint.route("/<id:idea_id>/retirement", methods=["POST"], guard=member)
@blueprint.arguments(schemas.PublicReasonIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours, errors.MoveNotAllowed, PreconditionFailed)
def retire_idea(body, idea_id):
    """Take one's idea back; its page stays, with the reason."""
    return idea_page(joining.retire(idea_id, current_person().id, body["reason"], now=now()))


# --- endorsing and following -----------------------------------------------------------------------------------------


@blueprint.route("/<id:idea_id>/endorsement", methods=["PUT"], guard=member)
@blueprint.response(200, schemas.EndorsementOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.NotCollecting)
def put_endorsement(idea_id):
    """Endorse an idea, once; repeating it changes nothing."""
    return json_answer({"has_endorsed": True, **endorsing.endorse(idea_id, current_person().id, now=now())})


@blueprint.route("/<id:idea_id>/endorsement", methods=["DELETE"], guard=member)
@blueprint.response(200, schemas.EndorsementOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.EndorsementSettled)
def delete_endorsement(idea_id):
    """Take one's endorsement back, until a threshold was reached."""
    return json_answer({"has_endorsed": False, **endorsing.withdraw(idea_id, current_person().id, now=now())})


@blueprint.route("/<id:idea_id>/follow", methods=["PUT"], guard=member)
@blueprint.response(204)
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden)
def put_follow(idea_id):
    """Be told of what happens to an idea."""
    reading.get_idea(idea_id, current_viewer())
    writing.follow(idea_id, current_person().id, now=now())


@blueprint.route("/<id:idea_id>/follow", methods=["DELETE"], guard=member)
@blueprint.response(204)
def delete_follow(idea_id):
    """Be told no longer."""
    writing.unfollow(idea_id, current_person().id)
