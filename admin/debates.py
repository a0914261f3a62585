"""Debates: the list, one debate with its opinions, what is pinned, the city's own words, and the summary after closing."""

from typing import Any

from flask import render_template, request

from admin.export import table_answer
from admin.forms import Form
from admin.history import typed_differences
from admin.ideas import sees
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import choices, label, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from proposals.debates import presentation, rules, services
from proposals.debates.api import EXPORT_COLUMNS, MODERATORS, ORGANISERS, SPEAKERS, list_rows
from proposals.debates.models import SIDES
from proposals.debates.schemas import DebateIn, OfficialCommentIn, SummaryIn
from proposals.ideas.services import departments
from proposals.visibility import ANYBODY

READER, SPEAKER = panel(*sorted({*SPEAKERS, *MODERATORS})), panel(*SPEAKERS)
ORGANISER, MODERATOR = panel(*ORGANISERS), panel(*MODERATORS)
SORTS = ("newest", "best", "controversial", "most_replied")
PHASES = ("scheduled", "open", "closed")
OPINIONS = 30
SUMMARY_PARTS = ("for", "against", "other", "answer")


@blueprint.page("/debates", guard=READER, methods=("GET", "POST"))
def debates() -> Any:
    """List debates, and open one as the city."""
    form = Form()
    if form.is_sent:
        ORGANISER.check()
        with form.refusals():
            entered = {name: form.text(name) for name in ("title", "body", "sides", "needs")}
            times = {name: form.moment(name) for name in ("opens_at", "closes_at")}
            debate = services.open_debate(form.load(DebateIn(), {**entered, **times}), now=now(), staff_id=current_staff().id)
            return done(say("토론을 열었습니다.", "The debate is open."), "debate", debate_id=debate["_id"])
    query: dict[str, Any] = {"sort": "newest", "limit": 50, "after": request.args.get("after")}
    if request.args.get("phase") in PHASES:
        query["phase"] = request.args["phase"]
    found, following = services.list_debates(query, now=now())
    page = render_template(
        "admin/ideas/debates.html",
        debates=found,
        following=following,
        form=form,
        phase=query.get("phase"),
        phases=choices("debate_phase", PHASES),
        now=now(),
    )
    return (page, 422) if form.problem else page


@blueprint.page("/debates/<id:debate_id>", guard=READER)
def debate(debate_id: str) -> Any:
    """Show a debate with its opinions."""
    if request.args.get("as"):
        return table_answer(f"debate-{debate_id}", EXPORT_COLUMNS, list_rows(debate_id), request.args["as"])
    return _page(debate_id, None)


@blueprint.page("/debates/<id:debate_id>/speak", guard=SPEAKER, methods=("POST",))
def debate_speak(debate_id: str) -> Any:
    """Speak for the city, or reply to an opinion, with the official badge."""
    form = Form()
    with form.refusals():
        entered = {"body": form.text("body"), "department": form.text("department"), "parent_id": form.text("parent_id") or None}
        body = form.load(OfficialCommentIn(), entered)
        who = current_staff()
        departments.require_speaker(who.roles, who.id, body["department"])
        official = {"staff_id": who.id, "name": body["department"]}
        content = {"body": body["body"], "parent_id": body.get("parent_id")}
        services.add_comment(debate_id, content, now=now(), official=official)
        return done(say("시의 이름으로 올렸습니다.", "Posted for the city."), "debate", debate_id=debate_id)
    return _page(debate_id, form)


@blueprint.page("/debates/<id:debate_id>/pin", guard=MODERATOR, methods=("POST",))
def debate_pin(debate_id: str) -> Any:
    """Pin an opinion to the top, or take it down; at most five."""
    form = Form()
    try:
        services.pin(debate_id, form.text("comment_id")[:26], current_staff().id, is_pinned=form.text("is_pinned") == "1")
    except Problem as problem:
        return refused(problem, "debate", debate_id=debate_id)
    return done(say("처리했습니다.", "Done."), "debate", debate_id=debate_id)


@blueprint.page("/debates/<id:debate_id>/summary", guard=ORGANISER, methods=("POST",))
def debate_summary(debate_id: str) -> Any:
    """Publish what each side said and the city's answer."""
    form = Form()
    with form.refusals():
        entered = {name: form.text(name) for name in SUMMARY_PARTS} | {"version": form.text("version") or "0"}
        body = form.load(SummaryIn(), entered)
        services.summarise(debate_id, body, body.pop("version"), current_staff().id, now=now())
        return done(say("정리를 공개했습니다.", "The summary is public."), "debate", debate_id=debate_id)
    return _page(debate_id, form)


def _page(debate_id: str, sent: Form | None) -> Any:
    """Show a debate; `sent` is the form that was refused, whose text stays on the page."""
    found = services.get_debate(debate_id, sees())
    sort = sent_sort if (sent_sort := request.args.get("sort", "")) in SORTS else "newest"
    side = request.args.get("side") if request.args.get("side") in SIDES else None
    opinions, following = _opinions(found, sort, side)
    is_summary = sent is not None and "answer" in request.form
    stored = found.get("summary") or {}
    is_late = is_summary and sent is not None and sent.is_late
    summary = sent if is_summary and sent else Form().restarted(stored)
    page = render_template(
        "admin/ideas/debate.html",
        debate=found,
        phase=rules.phase(found, now=now()),
        form=summary,
        version=stored.get("version", 0) if is_late else summary.value("version") or 0,
        conflict=typed_differences(summary, {n: stored.get(n) for n in SUMMARY_PARTS}, _summary_part) if is_late else [],
        speech=sent if sent and not is_summary else Form().restarted({}),
        sent=sent,
        opinions=opinions,
        following=following,
        pinned=[presentation.comment(comment) for comment in services.pinned(found)],
        sort=sort,
        side=side,
        sides=choices("side", SIDES),
        sorts=choices("opinion_sort", SORTS),
        now=now(),
    )
    return (page, 422) if sent else page


def _summary_part(name: str) -> str:
    return say("시의 답", "The city’s answer") if name == "answer" else label("side", name)


def _opinions(debate: dict[str, Any], sort: str, side: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """Give a page of opinions, or the thread below one."""
    if debate["visibility"] != "public":
        return [], None
    after, thread = request.args.get("after"), request.args.get("thread", "")[:26]
    if thread:
        below, following = services.list_replies(debate["_id"], thread, after=after, limit=OPINIONS)
        return presentation.comments([services.get_comment(debate["_id"], thread), *below], ANYBODY), following
    found, following = services.list_comments(debate["_id"], sort, side=side, after=after, limit=OPINIONS)
    return presentation.comments(found, ANYBODY), following
