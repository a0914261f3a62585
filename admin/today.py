"""What waits for me, by role; each line leads to the thing."""

from datetime import timedelta
from typing import Any

from flask import g, render_template, url_for

from admin.pages import panel
from admin.panel import blueprint
from admin.words import label, localized, say
from mvoting.accounts import staff_management
from mvoting.core.clock import now
from mvoting.voting.polls import citizens
from mvoting.voting.polls import services as polls
from notifications.alerts import services as alerts
from notifications.campaigns import services as campaigns
from proposals.ideas.services import departments, reading
from proposals.moderation import services as moderation

SHOWN = 8
SOON = timedelta(hours=24)
REPLY_SOON = timedelta(days=7)


@blueprint.page("", guard=panel())
def today() -> str:
    """Show what waits for whoever asks, by role."""
    roles, groups = g.staff.roles, []
    for wanted, make in GROUPS:
        if roles & set(wanted):
            groups += [group for group in make() if group["items"]]
    return render_template("admin/today.html", groups=groups)


def _alerts() -> list[dict[str, Any]]:
    waiting, _ = alerts.list_alerts("submitted", after=None, limit=SHOWN)
    sending, _ = alerts.list_alerts("sending", after=None, limit=SHOWN)
    return [
        _group("alerts", say("승인을 기다리는 재난 알림", "Alerts to approve"), "bad", map(_alert, waiting)),
        _group("alerts", say("나가는 중인 재난 알림", "Alerts going out"), "warn", map(_alert, sending)),
    ]


def _moderation() -> list[dict[str, Any]]:
    cases, _ = moderation.open_reports(limit=SHOWN)
    appeals, _ = moderation.open_appeals(limit=SHOWN)
    return [
        _group("moderation_queue", say("신고", "Reports"), "warn", (_case(case, case["opened_at"]) for case in cases)),
        _group("moderation_queue", say("이의 신청", "Appeals"), "warn", (_case(case, case["appeal"]["at"]) for case in appeals)),
    ]


def _polls() -> list[dict[str, Any]]:
    at = now()
    scheduled, _ = polls.list_for_staff("scheduled", after=None, limit=50)
    running, _ = polls.list_for_staff("open", after=None, limit=50)
    opening = [_poll(poll, poll["opens_at"]) for poll in scheduled if poll["opens_at"] < at + SOON]
    closing = [_poll(poll, poll["closes_at"]) for poll in running if poll["closes_at"] < at + SOON]
    return [
        _group("polls", say("하루 안에 열리는 투표", "Polls opening within a day"), "accent", opening),
        _group("polls", say("하루 안에 마감되는 투표", "Polls closing within a day"), "accent", closing),
    ]


def _reviews() -> list[dict[str, Any]]:
    waiting, _ = citizens.waiting_for_review(after=None, limit=SHOWN)
    return [
        _group(
            "polls", say("검토할 시민 투표", "Citizens’ polls to review"), "warn", (_poll(p, p["created_at"]) for p in waiting)
        )
    ]


def _ideas() -> list[dict[str, Any]]:
    at = now()
    mine = departments.owing_for(g.staff.roles, g.staff.id)
    owed, _ = reading.owed_replies(mine, until=at + REPLY_SOON, after=None, limit=2 * SHOWN)
    items: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for idea in owed:
        told = (idea.get("title") or "–", idea["next_due_at"], "idea", idea.get("department") or "")
        items[idea["next_due_at"] < at].append(_item(*told, idea_id=idea["_id"]))
    return [
        _group("ideas", say("기한이 지난 답변", "Replies overdue"), "bad", items[True]),
        _group("ideas", say("이레 안에 답변할 제안", "Replies due within a week"), "warn", items[False]),
    ]


def _campaigns() -> list[dict[str, Any]]:
    found, _ = campaigns.list_campaigns(None, after=None, limit=50)
    stuck = [c for c in found if c["state"] in ("stopped", "draft")][:SHOWN]
    items = [
        _item(str(c["kind"]), c["created_at"], "campaign", label("campaign_state", c["state"]), campaign_id=c["_id"])
        for c in stuck
    ]
    return [
        _group(
            "campaigns", say("멈추었거나 내보내기를 기다리는 발송", "Campaigns stopped, or waiting for release"), "warn", items
        )
    ]


def _rights() -> list[dict[str, Any]]:
    requests = staff_management.open_requests()
    names = staff_management.names([request["staff_id"] for request in requests])
    items = [
        _item(names.get(r["staff_id"], r["staff_id"]), None, "staff", ", ".join(label("role", role) for role in r["roles"]))
        for r in requests
    ]
    return [_group("staff", say("동의를 기다리는 권한 변경", "Rights that wait for a second administrator"), "warn", items)]


GROUPS = (
    (("alert_author", "alert_approver"), _alerts),
    (("moderator", "administrator"), _moderation),
    (("poll_officer", "moderator"), _reviews),
    (("poll_officer",), _polls),
    (("proposal_officer", "department_officer", "administrator"), _ideas),
    (("poll_officer", "administrator"), _campaigns),
    (("administrator",), _rights),
)


def _group(endpoint: str, title: str, tone: str, items: Any) -> dict[str, Any]:
    return {"title": title, "tone": tone, "items": list(items), "address": url_for(f"panel.{endpoint}")}


def _item(text: str, at: Any, endpoint: str, note: str = "", **values: Any) -> dict[str, Any]:
    return {"text": text, "at": at, "note": note, "address": url_for(f"panel.{endpoint}", **values)}


def _alert(alert: dict[str, Any]) -> dict[str, Any]:
    note = label("alert_class", alert["alert_class"])
    return _item(localized(alert["texts"]), alert["created_at"], "alert", note, alert_id=alert["_id"])


def _case(case: dict[str, Any], at: Any) -> dict[str, Any]:
    text = case["snapshot"].get("title") or case["snapshot"].get("body") or "–"
    note = label("target", case["kind"])
    return _item(text, at, "moderation_case", note, kind=case["kind"], target_id=case["target_id"])


def _poll(poll: dict[str, Any], at: Any) -> dict[str, Any]:
    return _item(localized(poll["definition"]["title"]), at, "poll", poll_id=poll["_id"])
