"""`/v1/ideas`: raising, endorsing, following, and the way of an idea through the city."""

from datetime import timedelta
from typing import Any

from mvoting.accounts.errors import StaffNotFound
from mvoting.accounts.guards import current_person, current_staff, member, person_or_none, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from mvoting.core.storage import PictureNotFound
from mvoting.voting.polls.errors import PollTimesInvalid
from proposals import markdown
from proposals.answers import json_answer, page_answer, versioned_answer
from proposals.ideas import errors, presentation, schemas
from proposals.ideas.services import answering, departments, endorsing, joining, programmes, progress, reading, writing
from proposals.moderation.errors import TooManyPosts
from proposals.people import alias
from proposals.visibility import Viewer

blueprint = ApiBlueprint("ideas", __name__, url_prefix="/v1/ideas", description="Ideas of citizens.")

OFFICERS = ("proposal_officer", "department_officer", "administrator")
COORDINATORS = ("proposal_officer", "administrator")


def _viewer() -> Viewer:
    person = person_or_none()
    return Viewer(person.id) if person else Viewer()


def _content(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("point"):
        body = body | {"point": {"type": "Point", "coordinates": [body["point"]["lng"], body["point"]["lat"]]}}
    return body


def _page(idea: dict[str, Any], status: int = 200) -> Any:
    return versioned_answer(presentation.page(idea, now=now(), viewer=_viewer()), status)


def _staff_page(idea: dict[str, Any]) -> Any:
    return versioned_answer(presentation.page(idea, now=now(), viewer=Viewer(is_moderator=True)))


def _lines(items: list[dict[str, Any]], following: str | None) -> Any:
    return page_answer(presentation.lines(items, now=now()), following)


def _addition(addition: dict[str, Any]) -> dict[str, Any]:
    shown = {key: addition[key] for key in ("idea_id", "body", "state", "at")}
    mine = _viewer().person_id
    return shown | {
        "id": addition["_id"],
        "author": alias(addition.get("author_id")),
        "body_html": markdown.render(addition["body"]),
        "is_mine": mine is not None and mine == addition.get("author_id"),
    }


# --- reading ---------------------------------------------------------------------------------------------------------


@blueprint.route("", methods=["GET"], guard=public)
@blueprint.arguments(schemas.IdeaQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "IdeaPage"))
@blueprint.problems(BadCursor)
def list_ideas(query):
    """List ideas: newest, hot, most endorsed, near a threshold, overdue, hall of fame; or search them."""
    return _lines(*reading.list_ideas(query, now=now()))


@blueprint.route("/near", methods=["GET"], guard=public)
@blueprint.arguments(schemas.NearQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "NearIdeaPage"))
@blueprint.problems(BadCursor)
def list_ideas_near(query):
    """List ideas around a point, the nearest first."""
    found = reading.ideas_near(
        query["lng"], query["lat"], within_m=query["within_m"], after=query.get("after"), limit=query["limit"]
    )
    return _lines(*found)


@blueprint.route("/similar", methods=["GET"], guard=public)
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


@blueprint.route("/programmes/<string(maxlength=40):programme_id>", methods=["PUT"], guard=staff("administrator"))
@blueprint.arguments(schemas.ProgrammeIn())
@blueprint.response(200, schemas.ProgrammeOut())
@blueprint.problems(errors.ProgrammeInvalid, PreconditionFailed)
def put_programme(body, programme_id):
    """Set a programme; ideas already submitted keep their thresholds."""
    content = {key: value for key, value in body.items() if key != "version"}
    return programmes.change_programme(programme_id, content, body["version"], current_staff().id, now=now())


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
    viewer = _viewer()
    idea = reading.get_idea(idea_id, viewer)
    mine = reading.my_part(idea_id, viewer.person_id) if viewer.person_id else None
    return json_answer(presentation.page(idea, now=now(), viewer=viewer, my_part=mine))


@blueprint.route("/<id:idea_id>/similar", methods=["GET"], guard=public)
@blueprint.response(200, schemas.SimilarOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden)
def list_similar_to(idea_id):
    """Show ideas like this one."""
    idea = reading.get_idea(idea_id, _viewer())
    return json_answer({"items": presentation.lines(reading.similar_ideas(idea["title"], but=idea_id), now=now())})


# --- writing ---------------------------------------------------------------------------------------------------------


@blueprint.route("", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.IdeaIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.ProgrammeNotFound, errors.IdeaIncomplete, TooManyPosts, PictureNotFound)
def raise_idea(body):
    """Raise an idea; it collects endorsements at once."""
    return _page(writing.raise_idea(_content(body), current_person().id, now=now()), 201)


@blueprint.route("/drafts", methods=["POST"], guard=member)
@idempotent
@blueprint.arguments(schemas.IdeaContentIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.ProgrammeNotFound, PictureNotFound)
def save_draft(body):
    """Keep a draft on the server, so that it survives the phone."""
    return _page(writing.save_draft(_content(body), current_person().id, now=now()), 201)


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
    return _page(writing.edit(idea_id, current_person().id, _content(body), required_version(), now=now()))


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
    return _page(writing.submit(idea_id, current_person().id, now=now()))


@blueprint.route("/<id:idea_id>/retirement", methods=["POST"], guard=member)
@blueprint.arguments(schemas.PublicReasonIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.NotYours, errors.MoveNotAllowed, PreconditionFailed)
def retire_idea(body, idea_id):
    """Take one's idea back; its page stays, with the reason."""
    return _page(joining.retire(idea_id, current_person().id, body["reason"], now=now()))


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
    reading.get_idea(idea_id, _viewer())
    writing.follow(idea_id, current_person().id, now=now())


@blueprint.route("/<id:idea_id>/follow", methods=["DELETE"], guard=member)
@blueprint.response(204)
def delete_follow(idea_id):
    """Be told no longer."""
    writing.unfollow(idea_id, current_person().id)


# --- together --------------------------------------------------------------------------------------------------------


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
    return _page(joining.join_as_coauthor(idea_id, body["code"], current_person().id, now=now()))


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
    items, following = joining.list_additions(idea_id, _viewer(), after=query.get("after"), limit=query["limit"])
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
    return _page(joining.consent_to_merge(idea_id, current_person().id, now=now()))


# --- staff -----------------------------------------------------------------------------------------------------------


@blueprint.route("/<id:idea_id>/moves", methods=["POST"], guard=staff(*OFFICERS))
@blueprint.arguments(schemas.MoveIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PreconditionFailed)
def move_idea(body, idea_id):
    """Move an idea along its pipeline with a public reason."""
    who = current_staff()
    return _staff_page(progress.move_by_staff(idea_id, body["event"], who.roles, body["reason"], who.id, now=now()))


@blueprint.route("/<id:idea_id>/department", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(schemas.DepartmentIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, PreconditionFailed)
def assign_department(body, idea_id):
    """Say which department answers for an idea."""
    by, seen = current_staff().id, body.get("seen")
    return _staff_page(progress.assign_department(idea_id, body["department"], by, seen=seen, now=now()))


@blueprint.route("/owed", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.arguments(schemas.OwedQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "OwedPage"))
@blueprint.problems(BadCursor)
def list_owed(query):
    """List ideas to which my departments owe a reply soon, the most urgent first; coordinators see every department's."""
    who, at = current_staff(), now()
    until = at + timedelta(days=query["within_days"])
    mine = departments.owing_for(who.roles, who.id)
    return _lines(*reading.owed_replies(mine, until=until, after=query.get("after"), limit=query["limit"]))


@blueprint.route("/departments", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.DepartmentOut, "DepartmentPage"))
@blueprint.problems(BadCursor)
def list_departments(query):
    """List departments and who speaks for them."""
    items, following = departments.list_departments(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/departments/<string(maxlength=60):name>/officers", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(schemas.OfficersIn())
@blueprint.response(200, schemas.DepartmentOut())
@blueprint.problems(StaffNotFound, PreconditionFailed)
def set_officers(body, name):
    """Say who speaks for a department: only they, and coordinators, answer for its ideas."""
    return departments.set_officers(name, body["officer_ids"], body["version"], current_staff().id, now=now())


@blueprint.route("/<id:idea_id>/answer-draft", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.response(200, schemas.AnswerDraftOut())
@blueprint.problems(errors.IdeaNotFound, errors.OtherDepartment, errors.AnswerMissing)
def get_answer_draft(idea_id):
    """Read the answer being written."""
    draft = answering.get_answer_draft(idea_id, current_staff().roles, current_staff().id)
    if draft is None:
        raise errors.AnswerMissing
    return draft


@blueprint.route("/<id:idea_id>/answer-draft", methods=["PUT"], guard=staff(*OFFICERS))
@blueprint.arguments(schemas.AnswerDraftIn())
@blueprint.response(200, schemas.AnswerDraftOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, PreconditionFailed)
def put_answer_draft(body, idea_id):
    """Keep an answer that only staff see."""
    content = {key: body[key] for key in ("text", "verdict", "reason")}
    who = current_staff()
    return answering.save_answer_draft(idea_id, content, body["version"], who.roles, who.id, now=now())


@blueprint.route("/<id:idea_id>/answers", methods=["POST"], guard=staff(*OFFICERS))
@blueprint.arguments(schemas.AnswerIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PreconditionFailed)
def publish_answer(body, idea_id):
    """Publish an official answer."""
    who = current_staff()
    by, seen = {"staff_id": who.id, "name": who.name}, body.pop("draft_version", None)
    answered = answering.publish_answer(idea_id, body, who.roles, by, seen=seen, now=now())
    return versioned_answer(presentation.page(answered, now=now(), viewer=Viewer(is_moderator=True)), 201)


@blueprint.route("/<id:idea_id>/milestones", methods=["POST"], guard=staff(*OFFICERS))
@idempotent
@blueprint.arguments(schemas.MilestoneIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PictureNotFound)
def add_milestone(body, idea_id):
    """Report progress of an idea that is being carried out."""
    who = current_staff()
    added = answering.add_milestone(idea_id, {"photos": [], **body}, who.roles, who.id, now=now())
    return versioned_answer(presentation.page(added, now=now(), viewer=Viewer(is_moderator=True)), 201)


@blueprint.route("/<id:idea_id>/milestones/<id:milestone_id>", methods=["PUT"], guard=staff(*OFFICERS))
@blueprint.arguments(schemas.MilestoneChangeIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(
    errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MilestoneNotFound, PictureNotFound, PreconditionFailed
)
def change_milestone(body, idea_id, milestone_id):
    """Correct a milestone, its pictures too."""
    who, version = current_staff(), body.pop("version")
    content = {"photos": [], **body}
    return _staff_page(answering.change_milestone(idea_id, milestone_id, content, version, who.roles, who.id, now=now()))


@blueprint.route("/<id:idea_id>/hall-of-fame", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(schemas.HallOfFameIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.MoveNotAllowed)
def put_hall_of_fame(body, idea_id):
    """Put an idea that was carried out into the hall of fame, or take it out."""
    return _staff_page(progress.set_hall_of_fame(idea_id, current_staff().id, is_in=body["is_in"], now=now()))


@blueprint.route("/<id:idea_id>/poll", methods=["POST"], guard=staff("proposal_officer", "poll_officer"))
@blueprint.arguments(schemas.IdeaPollIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.PollExists, PollTimesInvalid)
def make_poll(body, idea_id):
    """Make a draft poll of an idea, linked both ways."""
    made = joining.make_poll(idea_id, body.get("title"), body["opens_at"], body["closes_at"], current_staff().id, now=now())
    return versioned_answer(presentation.page(made, now=now(), viewer=Viewer(is_moderator=True)), 201)
