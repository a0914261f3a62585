"""Proposals: the board by stage, one idea with its clocks, its answer as draft and published, milestones, mergers."""

from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.tables.citizens import idea_filters
from admin.text_differences import side_by_side
from admin.words import choices, districts, label, say
from mvoting.accounts.guards import current_staff
from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.core.ids import is_id
from mvoting.core.problems import NotFound, PreconditionFailed, Problem
from proposals.ideas.errors import OtherDepartment
from proposals.ideas.pipeline import Event, State, allowed_events
from proposals.ideas.rules import MOST_PHOTOS, VERDICTS, answer_event
from proposals.ideas.schemas import MergeIn
from proposals.ideas.services import answering, departments, joining, progress, reading
from proposals.ideas.services.progress import STAFF_EVENTS
from proposals.ideas.staff_api import COORDINATORS, OFFICERS
from proposals.ideas.staff_schemas import (
    AnswerDraftIn,
    AnswerIn,
    DepartmentIn,
    IdeaPollIn,
    MilestoneChangeIn,
    MilestoneIn,
    MoveIn,
)
from proposals.moderation.api import MODERATORS
from proposals.people import alias
from proposals.visibility import Viewer

OFFICER, COORDINATOR = panel(*OFFICERS), panel(*COORDINATORS)
POLL_MAKERS = panel("proposal_officer", "poll_officer")
STAGES = [s.value for s in (State.COLLECTING, State.DEBATING, State.REVIEWING, State.WORKING, State.DECIDING, State.ANSWERING)]
STAGES += [State.EXECUTING.value, State.DONE.value]
CARDS, ADDITIONS, DEPARTMENTS = 8, 50, 100
PICTURES_LIMIT_BYTES = 32 * 1024 * 1024
NO_ANSWER = {"version": 0, "verdict": VERDICTS[0]}


def sees() -> Viewer:
    """Give what whoever asks may see: a hidden text is a moderator's matter, not every officer's."""
    return Viewer(is_moderator=bool(current_staff().roles & set(MODERATORS)))


@blueprint.page("/ideas", guard=OFFICER)
def ideas() -> str:
    """Show the pipeline as a board, one column a stage, of all departments or of one."""
    at, department = now(), (request.args.get("department") or "").strip()[:60]
    columns = [
        (stage, reading.ideas_awaiting([stage], department=department or None, after=None, limit=CARDS)[0]) for stage in STAGES
    ]
    overdue, _ = reading.list_ideas({"sort": "overdue", "limit": CARDS}, now=at)
    overdue = [idea for idea in overdue if not department or idea.get("department") == department]
    return render_template(
        "admin/ideas/board.html", columns=columns, overdue=overdue, now=at, department=department, known=_departments(columns)
    )


@blueprint.page("/ideas/list", guard=OFFICER)
def ideas_list() -> Any:
    """List and search ideas."""
    query = {**idea_filters(request.args), "limit": ROWS}
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
def idea(idea_id: str) -> Any:
    """Show an idea with its clocks, answers, milestones and what I may do with it."""
    return _page(idea_id, None)


@blueprint.page("/ideas/<id:idea_id>/act", guard=OFFICER, methods=("POST",), body_limit_bytes=PICTURES_LIMIT_BYTES)
def idea_act(idea_id: str) -> Any:
    """Move an idea, keep or publish its answer, or report a milestone; what was typed stays when it is refused."""
    form = Form()
    with form.refusals():
        ACTS[form.text("act") if form.text("act") in ACTS else "milestone"](idea_id, form)
        return done(say("처리했습니다.", "Done."), "idea", idea_id=idea_id)
    return _page(idea_id, form)


def _move(idea_id: str, form: Form) -> None:
    who = current_staff()
    body = form.load(MoveIn(), {"event": form.text("event"), "reason": form.text("why"), "seen": form.text("seen")})
    moved = (idea_id, Event(body["event"]), who.roles, body["reason"], who.id)
    progress.move_by_staff(*moved, seen=body["seen"], now=now())


def _keep_answer(idea_id: str, form: Form) -> None:
    who, body = current_staff(), form.load(AnswerDraftIn(), {**_answer(form), "version": _version(form)})
    content = {key: body[key] for key in ("text", "verdict", "reason")}
    answering.save_answer_draft(idea_id, content, body["version"], who.roles, who.id, now=now())


def _publish_answer(idea_id: str, form: Form) -> None:
    who, body = current_staff(), form.load(AnswerIn(), _answer(form))
    by = {"staff_id": who.id, "name": who.name}
    answering.publish_answer(idea_id, body, who.roles, by, seen=_version(form), now=now())


def _add_milestone(idea_id: str, form: Form) -> None:
    who = current_staff()
    entered = form.load(MilestoneIn(), {**_milestone(form), "photos": _new_photos()})
    answering.add_milestone(idea_id, entered, who.roles, who.id, now=now())


def _change_milestone(idea_id: str, form: Form) -> None:
    who = current_staff()
    photos = [*form.values("kept"), *_new_photos()]
    entered = form.load(MilestoneChangeIn(), {**_milestone(form), "photos": photos, "version": _version(form)})
    version = entered.pop("version")
    answering.change_milestone(idea_id, form.text("milestone_id")[:26], entered, version, who.roles, who.id, now=now())


def _milestone(form: Form) -> dict[str, str]:
    return {"text": form.text("milestone"), "percent": form.text("percent")}


def _new_photos() -> list[str]:
    files = [file for file in request.files.getlist("photos") if file.filename][: MOST_PHOTOS + 1]
    return [storage.store_picture(file.read(), current_staff().id, now=now())["id"] for file in files]


ACTS = {"move": _move, "keep": _keep_answer, "publish": _publish_answer, "milestone": _add_milestone}
ACTS["correct"] = _change_milestone


def _page(idea_id: str, sent: Form | None, *, assigned: str = "") -> Any:
    """Show an idea.

    Args: sent: the form that was refused, whose text stays on the page. assigned: the department that was chosen after a
        colleague had chosen another.
    """
    found, who = reading.get_idea(idea_id, sees()), current_staff()
    try:
        roles, stored = departments.roles_about(found, who.roles, who.id), answering.get_answer_draft(idea_id, who.roles, who.id)
    except OtherDepartment:
        roles, stored = [], None
    events = {e for role in roles for e in allowed_events(found["pipeline"], State(found["state"]), role)}
    verdicts = [v for v in VERDICTS if roles and answer_event(found["pipeline"], State(found["state"]), v, roles)]
    is_answer = sent is not None and sent.text("act") in ("keep", "publish")
    form = sent if is_answer and sent else Form().restarted(stored or NO_ANSWER)
    page = render_template(
        "admin/ideas/idea.html",
        idea=found,
        form=form,
        sent=sent,
        assigned=assigned,
        milestone=sent if sent and sent.text("act") == "milestone" else Form().restarted({}),
        correction=sent if sent and sent.text("act") == "correct" else None,
        moving=sent if sent and sent.text("act") == "move" else None,
        stored=stored,
        is_conflict=is_answer and sent is not None and sent.is_late and stored is not None,
        moves=[e.value for e in STAFF_EVENTS if e in events],
        verdicts=choices("verdict", verdicts or VERDICTS),
        is_answerable=bool(verdicts or stored or is_answer),
        similar=reading.similar_ideas(found.get("title") or "", but=idea_id)[:5],
        merges=reading.merges_about(idea_id),
        additions=_additions(idea_id, found),
        known_departments=[row["_id"] for row in departments.list_departments(after=None, limit=DEPARTMENTS)[0]],
        alias=alias,
        step=step,
        now=now(),
    )
    return (page, 422) if sent else page


def _additions(idea_id: str, idea: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what citizens added, the latest first, where the idea itself is to be seen."""
    return joining.list_additions(idea_id, sees(), after=None, limit=ADDITIONS)[0] if idea["visibility"] == "public" else []


def step(entry: dict[str, Any]) -> str:
    """Say what a line of an idea's timeline tells."""
    event, name = entry["event"], label("idea_step", entry["event"])
    if event == "assign":
        return f"{name}: {entry['department']}"
    if event == "hall_of_fame" and not entry["is_in"]:
        return say("명예의 전당에서 내림", "Taken out of the hall of fame")
    if entry.get("to") and entry["to"] != entry.get("from"):
        return f"{name} → {label('idea_state', entry['to'])}"
    return name


@blueprint.page("/ideas/<id:idea_id>/coordinate", guard=COORDINATOR, methods=("POST",))
def idea_coordinate(idea_id: str) -> Any:
    """Assign a department, propose a merger, or put into the hall of fame."""
    form, who = Form(), current_staff()
    act = form.text("act")
    try:
        if act == "assign":
            body = form.load(DepartmentIn(), {"department": form.text("department")})
            progress.assign_department(idea_id, body["department"], who.id, seen=form.text("seen")[:60], now=now())
        elif act == "merge":
            body = form.load(MergeIn(), {"into_id": form.text("other_id")})
            joining.ask_merge(idea_id, body["into_id"], {"kind": "staff", "id": who.id}, now=now())
        else:
            progress.set_hall_of_fame(idea_id, who.id, is_in=form.text("is_in") == "1", now=now())
    except PreconditionFailed:
        return _page(idea_id, None, assigned=form.text("department")), 409
    except Problem as problem:
        return refused(problem, "idea", idea_id=idea_id)
    return done(say("처리했습니다.", "Done."), "idea", idea_id=idea_id)


@blueprint.page("/ideas/<id:idea_id>/merge", guard=COORDINATOR)
def idea_merge(idea_id: str) -> str:
    """Show two proposals side by side with what differs marked, and let the merger be proposed."""
    other_id = request.args.get("with", "").strip()
    if not is_id(other_id) or other_id == idea_id:
        raise NotFound
    ideas = [reading.get_idea(one, sees()) for one in (idea_id, other_id)]
    titles, bodies = (side_by_side(*(one.get(part) or "" for one in ideas)) for part in ("title", "body"))
    asked = [merge for merge in reading.merges_about(idea_id) if merge["other_id"] == other_id and merge["state"] == "offered"]
    return render_template(
        "admin/ideas/merge.html",
        idea=ideas[0],
        other=ideas[1],
        titles=titles,
        bodies=bodies,
        is_asked=bool(asked),
        is_possible=joining.can_merge(*ideas) and all(one["visibility"] == "public" for one in ideas),
    )


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


def _answer(form: Form) -> dict[str, str]:
    return {"text": form.text("text"), "verdict": form.text("verdict"), "reason": form.text("reason")}


def _version(form: Form) -> int:
    text = form.text("overwrite") or form.text("version")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _departments(columns: list[tuple[str, list[dict[str, Any]]]]) -> list[str]:
    """Name the departments on the board, to choose from."""
    return sorted({idea["department"] for _, ideas in columns for idea in ideas if idea.get("department")})
