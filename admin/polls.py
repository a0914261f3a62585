"""Polls: the list, one poll with its state, turnout, board and result, and what staff can do with it."""

from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.history import acts_on
from admin.pages import ROWS, done, may, panel, refused
from admin.panel import blueprint
from admin.poll_composer import method_hint
from admin.poll_form import number
from admin.words import choices, local, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from mvoting.voting.board import services as board
from mvoting.voting.board import turnout
from mvoting.voting.polls import citizens, rolls, services
from mvoting.voting.polls.api import shown_to_author
from mvoting.voting.polls.models import STATES
from mvoting.voting.polls.schemas import CancelIn, MoveClosingIn, PollReasonIn, TimesIn
from proposals.moderation import services as moderation

OFFICER = panel("poll_officer")
REVIEWERS = panel("moderator", "poll_officer")
MODERATOR = panel("moderator")
POINTS_MAX = 96
"""A chart by the hour up to four days, by the day beyond."""


@blueprint.page("/polls", guard=REVIEWERS)
def polls() -> Any:
    """List polls of every state."""
    state = request.args.get("state") if request.args.get("state") in STATES else None
    wanted = request.args.get("q", "").strip()[:100]
    found, following = services.list_for_staff(state, words=wanted, after=request.args.get("after"), limit=ROWS)
    waiting, _ = citizens.waiting_for_review(after=None, limit=50)
    return render_template(
        "admin/polls/list.html",
        polls=[shown_to_author(poll) for poll in found],
        waiting=waiting,
        following=following,
        state=state,
        q=wanted,
        states=choices("poll_state", STATES),
    )


@blueprint.page("/polls/<id:poll_id>", guard=REVIEWERS)
def poll(poll_id: str) -> str:
    """Show a poll with what can be done now."""
    return _page(poll_id)


def _page(poll_id: str, *, closing: Form | None = None) -> str:
    """Show a poll; `closing` is a new end that was refused, which stays in its form."""
    found = shown_to_author(services.poll_document(poll_id))
    definition = found["definition"]
    return render_template(
        "admin/polls/poll.html",
        poll=found,
        definition=definition,
        form=closing or Form(),
        board=_board(poll_id),
        turnout=_turnout(found),
        roll_size=rolls.size(poll_id) if definition["audience"]["kind"] == "list" else None,
        uploads=rolls.uploads(poll_id) if definition["audience"]["kind"] == "list" else [],
        acts=acts_on(f"poll:{poll_id}") if may("poll_officer") else [],
        method_hint=method_hint,
    )


@blueprint.page("/polls/<id:poll_id>/schedule", guard=OFFICER, methods=("POST",))
def poll_schedule(poll_id: str) -> Any:
    """Freeze a draft and let it open at its time."""
    try:
        services.schedule_poll(poll_id, now=now(), staff_id=current_staff().id, version=number(Form().text("version")))
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("예약했습니다. 정해진 시각에 열립니다.", "Scheduled. It opens at its time."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/cancel", guard=OFFICER, methods=("POST",))
def poll_cancel(poll_id: str) -> Any:
    """Call a poll off with a public reason."""
    form = Form()
    try:
        body = form.load(CancelIn(), {"reason": form.text("reason")})
        services.cancel_poll(poll_id, body["reason"], staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("투표를 취소했습니다.", "The poll was cancelled."), "poll", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/closing", guard=OFFICER, methods=("POST",))
def poll_closing(poll_id: str) -> Any:
    """Extend a poll or close it early, with a public reason."""
    form = Form()
    with form.refusals():
        entered = {"closes_at": form.moment("closes_at"), "reason": form.text("reason")}
        body = form.load(MoveClosingIn(), entered | {"seen_closes_at": form.text("seen_closes_at") or None})
        told = {"seen": body.get("seen_closes_at"), "now": now(), "staff_id": current_staff().id}
        services.move_closing(poll_id, body["closes_at"], body["reason"], **told)
        return done(say("마감 시각을 바꾸었습니다.", "The closing time was moved."), "poll", poll_id=poll_id)
    return _page(poll_id, closing=form), form.status


@blueprint.page("/polls/<id:poll_id>/copy", guard=OFFICER, methods=("POST",))
def poll_copy(poll_id: str) -> Any:
    """Draft a new poll with the content of this one."""
    form = Form()
    try:
        times = {"opens_at": form.moment("opens_at"), "closes_at": form.moment("closes_at")}
        body = form.load(TimesIn(), {**times, "room_password": form.text("room_password")})
        by = {"kind": "staff", "id": current_staff().id}
        copy = services.duplicate_poll(
            poll_id, body["opens_at"], body["closes_at"], by, now=now(), room_password=body["room_password"]
        )
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("같은 내용으로 초안을 만들었습니다.", "A draft with the same content was made."), "poll", poll_id=copy["_id"])


@blueprint.page("/polls/<id:poll_id>/review", guard=REVIEWERS, methods=("POST",))
def poll_review(poll_id: str) -> Any:
    """Let a citizen's poll run, or refuse it with a reason."""
    form, by = Form(), current_staff().id
    try:
        if form.text("action") == "approve":
            citizens.approve(poll_id, now=now(), staff_id=by, version=number(form.text("version")))
        else:
            body = form.load(PollReasonIn(), {"reason": form.text("reason")})
            citizens.refuse(poll_id, body["reason"], staff_id=by)
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("처리했습니다.", "Done."), "polls")


@blueprint.page("/polls/<id:poll_id>/visibility", guard=MODERATOR, methods=("POST",))
def poll_visibility(poll_id: str) -> Any:
    """Take a citizen's poll out of sight with a reason, or bring it back: a decision that its author reads and may appeal."""
    form = Form()
    try:
        reason = form.load(PollReasonIn(), {"reason": form.text("reason")})["reason"]
        who = current_staff().id
        if form.text("is_hidden") == "1":
            moderation.hide("poll", poll_id, reason, who, now=now())
        else:
            moderation.revise(f"poll:{poll_id}", "keep", reason, who, now=now())
    except Problem as problem:
        return refused(problem, "poll", poll_id=poll_id)
    return done(say("처리했습니다.", "Done."), "poll", poll_id=poll_id)


def _board(poll_id: str) -> dict[str, Any] | None:
    try:
        return board.board(poll_id, now=now())
    except Problem:
        return None


def _turnout(poll: dict[str, Any]) -> list[tuple[str, int]]:
    """Give the ballots on the board by the hour, or by the day for long polls: (name of the moment, ballots so far)."""
    noted = {point["hour"]: point["ballots"] for point in turnout.by_hour(poll["_id"])}
    if not noted:
        return []
    at, last = min(*noted, poll["opens_at"].replace(minute=0, second=0, microsecond=0)), max(noted)
    hours: list[tuple[datetime, int]] = []
    while at <= last:
        hours.append((at, noted.get(at, hours[-1][1] if hours else 0)))
        at += timedelta(hours=1)
    if len(hours) <= POINTS_MAX:
        return [(f"{local(at):%m-%d %H:00}", count) for at, count in hours]
    days = {f"{local(at):%m-%d}": count for at, count in hours}
    return list(days.items())
