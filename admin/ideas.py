"""Proposals and debates: the board by stage, one idea with its clocks, its answer as draft and published, debate summaries."""

from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.tables import idea_filters
from admin.words import choices, districts, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from proposals.debates import services as debates_services
from proposals.debates.schemas import DebateIn, SummaryIn
from proposals.ideas.api import COORDINATORS, OFFICERS
from proposals.ideas.pipeline import Event, State, allowed_events
from proposals.ideas.rules import VERDICTS, roles_of_staff
from proposals.ideas.schemas import AnswerDraftIn, AnswerIn, DepartmentIn, IdeaPollIn, MergeIn, MilestoneIn, MoveIn
from proposals.ideas.services import joining, progress, reading
from proposals.ideas.services.progress import STAFF_EVENTS
from proposals.visibility import Viewer

OFFICER, COORDINATOR = panel(*OFFICERS), panel(*COORDINATORS)
POLL_MAKERS = panel("proposal_officer", "poll_officer")
STAGES = [s.value for s in (State.COLLECTING, State.DEBATING, State.REVIEWING, State.WORKING, State.DECIDING, State.ANSWERING)]
STAGES += [State.EXECUTING.value, State.DONE.value]
CARDS = 8
SEES = Viewer(is_moderator=True)


@blueprint.page("/ideas", guard=OFFICER)
def ideas() -> str:
    """Show the pipeline as a board, one column a stage."""
    at = now()
    columns = [(stage, reading.list_ideas({"state": stage, "sort": "newest", "limit": CARDS}, now=at)[0]) for stage in STAGES]
    overdue, _ = reading.list_ideas({"sort": "overdue", "limit": CARDS}, now=at)
    return render_template("admin/ideas/board.html", columns=columns, overdue=overdue, now=at)


@blueprint.page("/ideas/list", guard=OFFICER)
def ideas_list() -> Any:
    """List and search ideas."""
    query = {**idea_filters(request.args), "limit": 50}
    found, following = reading.list_ideas({**query, "after": request.args.get("after")}, now=now())
    return render_template(
        "admin/ideas/list.html",
        ideas=found,
        following=following,
        query=query,
        states=choices("idea_state", [*STAGES, "declined", "expired"]),
        districts=districts(),
        now=now(),
    )


@blueprint.page("/ideas/<id:idea_id>", guard=OFFICER)
def idea(idea_id: str) -> str:
    """Show an idea with its clocks, answers, milestones and what I may do with it."""
    found = reading.get_idea(idea_id, SEES)
    roles = roles_of_staff(current_staff().roles)
    events = {e for role in roles for e in allowed_events(found["pipeline"], State(found["state"]), role)}
    return render_template(
        "admin/ideas/idea.html",
        idea=found,
        form=Form(progress.get_answer_draft(idea_id) or {"version": 0}),
        moves=[(e.value, e.value) for e in STAFF_EVENTS if e in events],
        verdicts=choices("verdict", VERDICTS),
        similar=reading.similar_ideas(found.get("title") or "", but=idea_id)[:5],
        now=now(),
    )


@blueprint.page("/ideas/<id:idea_id>/act", guard=OFFICER, methods=("POST",))
def idea_act(idea_id: str) -> Any:
    """Move an idea, keep or publish its answer, or report a milestone."""
    form, who = Form(), current_staff()
    act = form.text("act")
    try:
        if act == "move":
            body = form.load(MoveIn(), {"event": form.text("event"), "reason": form.text("reason")})
            progress.move_by_staff(idea_id, Event(body["event"]), roles_of_staff(who.roles), body["reason"], who.id, now=now())
        elif act == "keep":
            version = int(form.text("version") or 0) if form.text("version").isdecimal() else 0
            body = form.load(AnswerDraftIn(), {**_answer(form), "version": version})
            content = {key: body[key] for key in ("text", "verdict", "reason")}
            progress.save_answer_draft(idea_id, content, body["version"], who.id, now=now())
        elif act == "publish":
            body = form.load(AnswerIn(), _answer(form))
            by = {"staff_id": who.id, "name": who.name}
            progress.publish_answer(idea_id, body, roles_of_staff(who.roles), by, now=now())
        else:
            body = form.load(MilestoneIn(), {"text": form.text("milestone"), "percent": form.text("percent")})
            progress.add_milestone(idea_id, {"photos": [], **body}, who.id, now=now())
    except Problem as problem:
        return refused(problem, "idea", idea_id=idea_id)
    return done(say("처리했습니다.", "Done."), "idea", idea_id=idea_id)


@blueprint.page("/ideas/<id:idea_id>/coordinate", guard=COORDINATOR, methods=("POST",))
def idea_coordinate(idea_id: str) -> Any:
    """Assign a department, propose a merger, or put into the hall of fame."""
    form, who = Form(), current_staff()
    act = form.text("act")
    try:
        if act == "assign":
            body = form.load(DepartmentIn(), {"department": form.text("department")})
            progress.assign_department(idea_id, body["department"], who.id, now=now())
        elif act == "merge":
            body = form.load(MergeIn(), {"into_id": form.text("into_id")})
            joining.ask_merge(idea_id, body["into_id"], {"kind": "staff", "id": who.id}, now=now())
        else:
            progress.set_hall_of_fame(idea_id, who.id, is_in=form.text("is_in") == "1", now=now())
    except Problem as problem:
        return refused(problem, "idea", idea_id=idea_id)
    return done(say("처리했습니다.", "Done."), "idea", idea_id=idea_id)


@blueprint.page("/ideas/<id:idea_id>/poll", guard=POLL_MAKERS, methods=("POST",))
def idea_poll(idea_id: str) -> Any:
    """Make a draft poll of an idea."""
    form = Form()
    try:
        body = form.load(IdeaPollIn(), {"opens_at": form.moment("opens_at"), "closes_at": form.moment("closes_at")})
        times = (body["opens_at"], body["closes_at"])
        joining.make_poll(idea_id, None, *times, current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "idea", idea_id=idea_id)
    return done(say("투표 초안을 만들었습니다.", "A draft poll was made."), "idea", idea_id=idea_id)


@blueprint.page("/debates", guard=OFFICER, methods=("GET", "POST"))
def debates() -> Any:
    """List debates, and open one as the city."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            entered = {name: form.text(name) for name in ("title", "body", "sides", "needs")}
            body = form.load(DebateIn(), {**entered, "closes_at": form.moment("closes_at")})
            debate = debates_services.open_debate(body, now=now(), staff_id=current_staff().id)
            return done(say("토론을 열었습니다.", "The debate is open."), "debate", debate_id=debate["_id"])
    found, following = debates_services.list_debates(
        {"sort": "newest", "limit": 50, "after": request.args.get("after")}, now=now()
    )
    page = render_template("admin/ideas/debates.html", debates=found, following=following, form=form, now=now())
    return (page, 422) if form.problem else page


@blueprint.page("/debates/<id:debate_id>", guard=OFFICER)
def debate(debate_id: str) -> str:
    """Show a debate and its summary."""
    found = debates_services.get_debate(debate_id, SEES)
    return render_template("admin/ideas/debate.html", debate=found, form=Form(found.get("summary") or {}), now=now())


@blueprint.page("/debates/<id:debate_id>/summary", guard=COORDINATOR, methods=("POST",))
def debate_summary(debate_id: str) -> Any:
    """Publish what each side said and the city's answer."""
    form = Form()
    try:
        body = form.load(SummaryIn(), {name: form.text(name) for name in ("for", "against", "other", "answer")})
        debates_services.summarise(debate_id, body, current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "debate", debate_id=debate_id)
    return done(say("정리를 공개했습니다.", "The summary is public."), "debate", debate_id=debate_id)


def _answer(form: Form) -> dict[str, str]:
    return {"text": form.text("text"), "verdict": form.text("verdict"), "reason": form.text("reason")}
