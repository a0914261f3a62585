"""The moderation queue: what was reported, beside what stands there now; decide, undo, appeal."""

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for

from admin.forms import Form
from admin.jobs import services as jobs
from admin.long_work import begun
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.tables.citizens import case_filters
from admin.text_differences import differences
from admin.words import choices, label, say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import NotFound, Problem
from proposals.moderation import services
from proposals.moderation.api import MODERATORS
from proposals.moderation.rules import MARKS
from proposals.moderation.schemas import KINDS
from proposals.people import alias

BULK_MAX = 1000
AT_ONCE_MAX = 10  # decided while the browser waits: some tens of milliseconds each
MARK_LABELS = {mark: ("because" if mark.startswith("because:") else "report_reason", mark.partition(":")[2]) for mark in MARKS}

# Prepared reasons, by what was reported; the author reads them.
PREPARED: dict[str, tuple[str, str]] = {
    "spam": ("광고나 도배로 보여 숨겼습니다.", "Hidden because it is advertising or flooding."),
    "offensive": ("다른 사람을 모욕하는 표현이 있어 숨겼습니다.", "Hidden because it insults others."),
    "off_topic": ("이 주제와 관계없는 글이라 숨겼습니다.", "Hidden because it is off topic."),
    "personal_data": ("다른 사람의 개인정보가 들어 있어 숨겼습니다.", "Hidden because it shows somebody’s personal data."),
    "false": ("사실과 다른 내용이 확인되어 숨겼습니다.", "Hidden because it was found to be false."),
    "fine": ("이용 규칙에 어긋나지 않습니다.", "This does not break the rules."),
}


@blueprint.page("/moderation", guard=panel(*MODERATORS))
def moderation_queue() -> str:
    """List open or decided cases."""
    view = request.args.get("view", "open")
    after, wanted = request.args.get("after"), case_filters(request.args)
    if view == "appeals":
        cases, following = services.open_appeals(after=after, limit=ROWS)
    else:
        view = view if view in ("open", "decided") else "open"
        cases, following = services.open_reports(after=after, limit=ROWS, state=view, **wanted)
    return render_template(
        "admin/moderation/queue.html",
        cases=cases,
        following=following,
        view=view,
        wanted=wanted,
        found=services.count_open(wanted) if wanted and view == "open" else 0,
        kinds=choices("target", KINDS),
        marks=[(mark, label(*MARK_LABELS[mark])) for mark in MARKS],
        prepared=prepared(),
        alias=alias,
    )


@blueprint.page("/moderation/bulk", guard=panel(*MODERATORS), methods=("POST",))
def moderation_bulk() -> Any:
    """Decide the chosen cases alike."""
    chosen, action, reason = request.form.getlist("case"), _action(), _reason()
    if request.form.get("found", "").isdecimal():
        try:
            chosen = services.find_open(case_filters(request.form), int(request.form["found"][:6]))
        except Problem as problem:
            return refused(problem, "moderation_queue", **case_filters(request.form))
    if not chosen or len(chosen) > BULK_MAX:
        return refused_text(say(f"1건에서 {BULK_MAX}건까지 골라 주세요.", f"Choose 1 to {BULK_MAX} cases."))
    return _decide_many(chosen, action, reason)


@blueprint.page("/moderation/floods/<id:flood_id>", guard=panel(*MODERATORS), methods=("GET", "POST"))
def moderation_flood(flood_id: str) -> Any:
    """Show a flood, and decide it as one."""
    if request.method == "POST":
        return _decide_many([case["_id"] for case in services.find_flood(flood_id)], _action(), _reason())
    cases = services.find_flood(flood_id)
    return render_template("admin/moderation/flood.html", cases=cases, flood_id=flood_id, prepared=prepared(), alias=alias)


@blueprint.page("/moderation/jobs/<id:job_id>/undo", guard=panel(*MODERATORS), methods=("POST",))
def moderation_undo(job_id: str) -> Any:
    """Take back what a job of mine has hidden."""
    earlier = jobs.get(job_id, current_staff().id)
    if earlier["kind"] != "decide_cases" or earlier["state"] != "done":
        raise NotFound
    skipped = set(earlier["outcome"]["skipped"])
    ids = [case_id for case_id in earlier["arguments"]["case_ids"] if case_id not in skipped]
    arguments = {
        "case_ids": ids,
        "action": "keep",
        "reason": say("잘못 숨겨서 되돌렸습니다.", "Hidden by mistake, so taken back."),
    }
    return begun(lambda: jobs.start("revise_cases", arguments, owner=current_staff().id, roles=MODERATORS, total=len(ids)))


@blueprint.page("/moderation/next", guard=panel(*MODERATORS))
def moderation_next() -> Any:
    """Go to the case that has waited longest, or to the one that waits behind `past`."""
    cases = services.open_behind(request.args.get("past", "")[:40], limit=1)
    if not cases:
        return done(say("처리할 신고가 더 없습니다.", "There are no more reports to decide."), "moderation_queue")
    return redirect(_address(cases[0]), 303)


@blueprint.page("/moderation/<kind>/<id:target_id>", guard=panel(*MODERATORS))
def moderation_case(kind: str, target_id: str) -> str:
    """Show one case with the text as reported beside the present one, and its author's history."""
    return _case_page(f"{kind}:{target_id}", Form())


@blueprint.page("/moderation/<kind>/<id:target_id>/decision", guard=panel(*MODERATORS), methods=("POST",))
def moderation_decide(kind: str, target_id: str) -> Any:
    """Hide or keep a reported text."""
    case_id, form = f"{kind}:{target_id}", Form()
    try:
        services.decide(case_id, _action(), _reason(), current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "moderation_case", kind=kind, target_id=target_id)
    hidden = form.text("action") == "hide"
    if hidden:
        session["undo"] = case_id
    else:
        session.pop("undo", None)
    text = say("숨겼습니다. 글쓴이에게 사유를 알립니다.", "Hidden. The author is told the reason.")
    kept = say("그대로 두었습니다.", "Kept.")
    return done(text if hidden else kept, "moderation_next")


@blueprint.page("/moderation/<kind>/<id:target_id>/revision", guard=panel(*MODERATORS), methods=("POST",))
def moderation_revise(kind: str, target_id: str) -> Any:
    """Take a decision back, or change it."""
    session.pop("undo", None)
    try:
        services.revise(f"{kind}:{target_id}", _action(), _reason(), current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "moderation_case", kind=kind, target_id=target_id)
    return done(say("결정을 바꾸었습니다.", "The decision was changed."), "moderation_case", kind=kind, target_id=target_id)


@blueprint.page("/moderation/<kind>/<id:target_id>/appeal", guard=panel(*MODERATORS), methods=("POST",))
def moderation_appeal(kind: str, target_id: str) -> Any:
    """Uphold or reverse a colleague's decision."""
    outcome = request.form.get("outcome", "")
    try:
        if outcome not in ("upheld", "reversed"):
            raise NotFound
        services.decide_appeal(f"{kind}:{target_id}", outcome, _reason(), current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "moderation_case", kind=kind, target_id=target_id)
    return done(say("이의 신청을 처리했습니다.", "The appeal was decided."), "moderation_queue", view="appeals")


def _case_page(case_id: str, form: Form) -> str:
    case = services.get_case(case_id)
    author = case.get("author_id")
    history, _ = services.cases_of_author(author, after=None, limit=10) if author else ([], None)
    return render_template(
        "admin/moderation/case.html",
        case=case,
        form=form,
        alias=alias,
        standing=services.standing_of(author, now=now()) if author else None,
        history=[earlier for earlier in history if earlier["_id"] != case_id],
        decided_by=staff_management.names([case["decision"]["by"]]) if case.get("decision") else {},
        differences=differences,
        prepared=prepared(),
        suggested=suggested(case),
    )


def _decide_many(case_ids: list[str], action: str, reason: str) -> Any:
    """Decide a few at once, many in a job."""
    if len(case_ids) <= AT_ONCE_MAX:
        outcome = services.decide_many(case_ids, action, reason, current_staff().id, now=now())
        return done(_outcome_text(outcome), "moderation_queue")
    arguments = {"case_ids": case_ids, "action": action, "reason": reason}
    return begun(lambda: jobs.start("decide_cases", arguments, owner=current_staff().id, roles=MODERATORS, total=len(case_ids)))


def prepared() -> list[tuple[str, str]]:
    """Give the prepared reasons as (code, text)."""
    return [(code, say(*pair)) for code, pair in PREPARED.items()]


def suggested(case: dict[str, Any]) -> str:
    """Give the prepared reason that fits what most reporters said."""
    reasons = case.get("reasons") or {}
    return max(reasons, key=reasons.__getitem__, default="spam")


def refused_text(text: str) -> Any:
    """Say what is missing in the bulk form, and go back to the queue."""
    flash(text, "refused")
    return redirect(url_for("panel.moderation_queue"), 303)


def _action() -> str:
    action = request.form.get("action", "")
    if action not in ("hide", "keep"):
        raise NotFound
    return action


def _reason() -> str:
    own = request.form.get("reason", "").strip()[:1000]
    if own:
        return own
    code = request.form.get("prepared", "")
    if request.form.get("action") == "keep" or request.form.get("outcome") == "reversed":
        code = "fine"
    return say(*PREPARED.get(code, PREPARED["fine"]))


def _address(case: dict[str, Any]) -> str:
    return url_for("panel.moderation_case", kind=case["kind"], target_id=case["target_id"])


def _outcome_text(outcome: dict[str, list[str]]) -> str:
    decided, skipped = len(outcome["decided"]), len(outcome["skipped"])
    text = say(f"{decided}건을 처리했습니다.", f"{decided} decided.")
    if skipped:
        text += " " + say(f"{skipped}건은 다른 담당자가 먼저 처리했습니다.", f"{skipped} had been decided by somebody else.")
    return text
