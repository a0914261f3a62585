"""`/v1/ideas/…`: what staff do with ideas: moves, departments, answers, milestones, programmes."""

from datetime import timedelta
from typing import Any

from mvoting.accounts.errors import StaffNotFound
from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed
from mvoting.core.storage import PictureNotFound
from mvoting.voting.polls.errors import PollTimesInvalid
from proposals.answers import page_answer, versioned_answer
from proposals.ideas import errors, presentation, schemas, staff_schemas
from proposals.ideas.services import answering, departments, joining, programmes, progress, reading
from proposals.visibility import Viewer

blueprint = ApiBlueprint("ideas-staff", __name__, url_prefix="/v1/ideas", description="What staff do with ideas.")

OFFICERS = ("proposal_officer", "department_officer", "administrator")
COORDINATORS = ("proposal_officer", "administrator")


def _page(idea: dict[str, Any], status: int = 200) -> Any:
    return versioned_answer(presentation.page(idea, now=now(), viewer=Viewer(is_moderator=True)), status)


@blueprint.route("/programmes/<string(maxlength=40):programme_id>", methods=["PUT"], guard=staff("administrator"))
@blueprint.arguments(staff_schemas.ProgrammeIn())
@blueprint.response(200, schemas.ProgrammeOut())
@blueprint.problems(errors.ProgrammeInvalid, PreconditionFailed)
def put_programme(body, programme_id):
    """Set a programme; ideas already submitted keep their thresholds."""
    content = {key: value for key, value in body.items() if key != "version"}
    return programmes.change_programme(programme_id, content, body["version"], current_staff().id, now=now())


@blueprint.route("/<id:idea_id>/moves", methods=["POST"], guard=staff(*OFFICERS))
@blueprint.arguments(staff_schemas.MoveIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PreconditionFailed)
def move_idea(body, idea_id):
    """Move an idea along its pipeline with a public reason."""
    who = current_staff()
    moved = (idea_id, body["event"], who.roles, body["reason"], who.id)
    return _page(progress.move_by_staff(*moved, seen=body.get("seen"), now=now()))


@blueprint.route("/<id:idea_id>/department", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(staff_schemas.DepartmentIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, PreconditionFailed)
def assign_department(body, idea_id):
    """Say which department answers for an idea."""
    by, seen = current_staff().id, body.get("seen")
    return _page(progress.assign_department(idea_id, body["department"], by, seen=seen, now=now()))


@blueprint.route("/owed", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.arguments(staff_schemas.OwedQuery(), location="query")
@blueprint.response(200, page_schema(schemas.LineOut, "OwedPage"))
@blueprint.problems(BadCursor)
def list_owed(query):
    """List ideas to which my departments owe a reply soon, the most urgent first; coordinators see every department's."""
    who, at = current_staff(), now()
    until = at + timedelta(days=query["within_days"])
    mine = departments.owing_for(who.roles, who.id)
    items, following = reading.owed_replies(mine, until=until, after=query.get("after"), limit=query["limit"])
    return page_answer(presentation.lines(items, now=at), following)


@blueprint.route("/departments", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(staff_schemas.DepartmentOut, "DepartmentPage"))
@blueprint.problems(BadCursor)
def list_departments(query):
    """List departments and who speaks for them."""
    items, following = departments.list_departments(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/departments/<string(maxlength=60):name>/officers", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(staff_schemas.OfficersIn())
@blueprint.response(200, staff_schemas.DepartmentOut())
@blueprint.problems(StaffNotFound, PreconditionFailed)
def set_officers(body, name):
    """Say who speaks for a department: only they, and coordinators, answer for its ideas."""
    return departments.set_officers(name, body["officer_ids"], body["version"], current_staff().id, now=now())


@blueprint.route("/<id:idea_id>/answer-draft", methods=["GET"], guard=staff(*OFFICERS))
@blueprint.response(200, staff_schemas.AnswerDraftOut())
@blueprint.problems(errors.IdeaNotFound, errors.OtherDepartment, errors.AnswerMissing)
def get_answer_draft(idea_id):
    """Read the answer being written."""
    draft = answering.get_answer_draft(idea_id, current_staff().roles, current_staff().id)
    if draft is None:
        raise errors.AnswerMissing
    return draft


@blueprint.route("/<id:idea_id>/answer-draft", methods=["PUT"], guard=staff(*OFFICERS))
@blueprint.arguments(staff_schemas.AnswerDraftIn())
@blueprint.response(200, staff_schemas.AnswerDraftOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, PreconditionFailed)
def put_answer_draft(body, idea_id):
    """Keep an answer that only staff see."""
    content = {key: body[key] for key in ("text", "verdict", "reason")}
    who = current_staff()
    return answering.save_answer_draft(idea_id, content, body["version"], who.roles, who.id, now=now())


@blueprint.route("/<id:idea_id>/answers", methods=["POST"], guard=staff(*OFFICERS))
@blueprint.arguments(staff_schemas.AnswerIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PreconditionFailed)
def publish_answer(body, idea_id):
    """Publish an official answer."""
    who = current_staff()
    by, seen = {"staff_id": who.id, "name": who.name}, body.pop("draft_version", None)
    answered = answering.publish_answer(idea_id, body, who.roles, by, seen=seen, now=now())
    return _page(answered, 201)


@blueprint.route("/<id:idea_id>/milestones", methods=["POST"], guard=staff(*OFFICERS))
@idempotent
@blueprint.arguments(staff_schemas.MilestoneIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MoveNotAllowed, PictureNotFound)
def add_milestone(body, idea_id):
    """Report progress of an idea that is being carried out."""
    who = current_staff()
    added = answering.add_milestone(idea_id, {"photos": [], **body}, who.roles, who.id, now=now())
    return _page(added, 201)


@blueprint.route("/<id:idea_id>/milestones/<id:milestone_id>", methods=["PUT"], guard=staff(*OFFICERS))
@blueprint.arguments(staff_schemas.MilestoneChangeIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(
    errors.IdeaNotFound, errors.IdeaHidden, errors.OtherDepartment, errors.MilestoneNotFound, PictureNotFound, PreconditionFailed
)
def change_milestone(body, idea_id, milestone_id):
    """Correct a milestone, its pictures too."""
    who, version = current_staff(), body.pop("version")
    content = {"photos": [], **body}
    return _page(answering.change_milestone(idea_id, milestone_id, content, version, who.roles, who.id, now=now()))


@blueprint.route("/<id:idea_id>/hall-of-fame", methods=["PUT"], guard=staff(*COORDINATORS))
@blueprint.arguments(staff_schemas.HallOfFameIn())
@blueprint.response(200, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.MoveNotAllowed)
def put_hall_of_fame(body, idea_id):
    """Put an idea that was carried out into the hall of fame, or take it out."""
    return _page(progress.set_hall_of_fame(idea_id, current_staff().id, is_in=body["is_in"], now=now()))


@blueprint.route("/<id:idea_id>/poll", methods=["POST"], guard=staff("proposal_officer", "poll_officer"))
@blueprint.arguments(staff_schemas.IdeaPollIn())
@blueprint.response(201, schemas.IdeaOut())
@blueprint.problems(errors.IdeaNotFound, errors.IdeaHidden, errors.PollExists, PollTimesInvalid)
def make_poll(body, idea_id):
    """Make a draft poll of an idea, linked both ways."""
    made = joining.make_poll(idea_id, body.get("title"), body["opens_at"], body["closes_at"], current_staff().id, now=now())
    return _page(made, 201)
