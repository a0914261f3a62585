"""What waits for me, by role; each line leads to the thing."""

from datetime import timedelta
from typing import Any

from flask import g, render_template, url_for

from admin.pages import panel
from admin.panel import blueprint
from admin.words import actor, feed_trouble, label, localized, push_version, say
from mvoting.accounts import staff_management
from mvoting.core.clock import now
from mvoting.voting.polls import citizens
from mvoting.voting.polls import services as polls
from notifications.alerts import services as alerts
from notifications.campaigns import services as campaigns
from notifications.duty import services as duty
from notifications.feeds import services as feeds
from notifications.listings import services as listings
from notifications.templates import services as push_templates
from proposals.ideas.services import departments, reading
from proposals.moderation import services as moderation

SHOWN = 8
SOON = timedelta(hours=24)
REPLY_SOON = timedelta(days=7)
LATEST = 50
# Phones come and go; what stands out is many at once.
LOST_MIN, LOST_SHARE = 20, 0.2


@blueprint.page("", guard=panel())
def today() -> str:
    """Show what waits for whoever asks, by role."""
    roles, groups = g.staff.roles, []
    for wanted, make in GROUPS:
        if roles & set(wanted):
            groups += [group for group in make() if group["items"]]
    return render_template("admin/today.html", groups=groups)


def _alert_drafts() -> list[dict[str, Any]]:
    drafts, _ = alerts.list_alerts("draft", after=None, limit=SHOWN)
    return [_group("alerts", say("작성 중인 재난 알림", "Alerts being written"), "accent", map(_alert, drafts))]


def _duty() -> list[dict[str, Any]]:
    """Tell whoever would be woken that no phone of theirs would ring."""
    if duty.list_phones(g.staff.id):
        return []
    text = say("초안이 기다려도 울릴 전화가 없습니다", "No phone of yours would ring when a draft waits")
    items = [_item(text, None, "alert_duty", say("당직 전화를 등록하세요", "register one"))]
    return [_group("alert_duty", say("내 당직 전화", "My duty phones"), "warn", items)]


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
    drafts, _ = campaigns.list_campaigns(None, state="draft", after=None, limit=SHOWN)
    stopped, _ = campaigns.list_campaigns(None, state="stopped", after=None, limit=SHOWN)
    latest, _ = campaigns.list_campaigns(None, after=None, limit=LATEST)
    return [
        _group("campaigns", say("내보내기를 기다리는 소식", "Messages to release"), "warn", map(_campaign, drafts)),
        _group("campaigns", say("멈춘 발송", "Campaigns stopped"), "bad", map(_campaign, stopped)),
        _group("campaigns", say("닿지 못한 휴대폰이 많은 발송", "Campaigns with failed deliveries"), "bad", _failing(latest)),
    ]


def _failing(latest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give campaigns whose batches were given up, or of whose phones too many had dropped the app or a bad address."""
    found = []
    for campaign in latest:
        totals = campaign.get("totals") or {}
        if campaign["state"] == "done" and (failures := delivery_failures(totals)):
            found.append(_campaign(campaign, failures))
    return found[:SHOWN]


def delivery_failures(totals: dict[str, int]) -> str:
    """Say what went wrong with a campaign's deliveries, nothing where all is as usual. Pure."""
    total, lost = sum(totals.values()), totals.get("dead", 0) + totals.get("set_aside", 0)
    said = []
    if totals.get("failed"):
        said.append(say(f"{totals['failed']:,}대 포기함", f"{totals['failed']:,} phones given up"))
    if lost >= LOST_MIN and lost >= LOST_SHARE * total:
        said.append(say(f"{lost:,}대({100 * lost // total}%) 주소 없음", f"{lost:,} phones ({100 * lost // total} %) gone"))
    return ", ".join(said)


def _push_texts() -> list[dict[str, Any]]:
    waiting, _ = push_templates.list_waiting(after=None, limit=SHOWN)
    items = [
        _item(each["texts"]["ko"]["title"], each["written_at"], "push_template", push_version(each["_id"]), key=each["key"])
        for each in waiting
    ]
    return [_group("push_templates", say("동의를 기다리는 알림 문구", "Push texts that wait for a second person"), "warn", items)]


def _automatic() -> list[dict[str, Any]]:
    proposed, _ = listings.list_listings(state="proposed", after=None, limit=SHOWN)
    sources, _ = feeds.list_sources(after=None, limit=LATEST)
    silent = [source for source in sources if source["is_active"] and source.get("poll_error")][:SHOWN]
    waiting = [_item(each["reason"], each["proposed_at"], "alert_listings", _classes(each)) for each in proposed]
    broken = [
        _item(s["name"], s.get("polled_at"), "alert_source", feed_trouble(s["poll_error"]), source_id=s["_id"]) for s in silent
    ]
    return [
        _group(
            "alert_listings",
            say("동의를 기다리는 자동 발송", "Automatic sending that waits for a second person"),
            "warn",
            waiting,
        ),
        _group("alert_sources", say("읽지 못하는 CAP 기관", "CAP sources that cannot be read"), "bad", broken),
    ]


def _classes(listing: dict[str, Any]) -> str:
    return ", ".join(label("alert_class", code) for code in listing["classes"])


def _rights() -> list[dict[str, Any]]:
    requests = staff_management.open_requests()
    names = staff_management.names([request["staff_id"] for request in requests])
    items = [
        _item(
            names.get(r["staff_id"]) or actor(r["staff_id"]), None, "staff", ", ".join(label("role", role) for role in r["roles"])
        )
        for r in requests
    ]
    return [_group("staff", say("동의를 기다리는 권한 변경", "Rights that wait for a second administrator"), "warn", items)]


GROUPS = (
    (("alert_author", "alert_approver"), _alerts),
    (("alert_author",), _alert_drafts),
    (("alert_author", "alert_approver"), _duty),
    (("administrator",), _automatic),
    (("moderator", "administrator"), _moderation),
    (("poll_officer", "moderator"), _reviews),
    (("poll_officer",), _polls),
    (("proposal_officer", "department_officer", "administrator"), _ideas),
    (("poll_officer", "administrator"), _campaigns),
    (("poll_officer", "administrator"), _push_texts),
    (("administrator",), _rights),
)


def _group(endpoint: str, title: str, tone: str, items: Any) -> dict[str, Any]:
    return {"title": title, "tone": tone, "items": list(items), "address": url_for(f"panel.{endpoint}")}


def _item(text: str, at: Any, endpoint: str, note: str = "", **values: Any) -> dict[str, Any]:
    return {"text": text, "at": at, "note": note, "address": url_for(f"panel.{endpoint}", **values)}


def _alert(alert: dict[str, Any]) -> dict[str, Any]:
    note = label("alert_class", alert["alert_class"])
    return _item(localized(alert["texts"]), alert["created_at"], "alert", note, alert_id=alert["_id"])


def _campaign(campaign: dict[str, Any], note: str = "") -> dict[str, Any]:
    title = localized({code: text["title"] for code, text in campaign["message"].items()})
    told = f"{label('campaign_kind', campaign['kind'])}{' · ' if note else ''}{note}"
    return _item(title, campaign["created_at"], "campaign", told, campaign_id=campaign["_id"])


def _case(case: dict[str, Any], at: Any) -> dict[str, Any]:
    text = case["snapshot"].get("title") or case["snapshot"].get("body") or "–"
    note = label("target", case["kind"])
    return _item(text, at, "moderation_case", note, kind=case["kind"], target_id=case["target_id"])


def _poll(poll: dict[str, Any], at: Any) -> dict[str, Any]:
    return _item(localized(poll["definition"]["title"]), at, "poll", poll_id=poll["_id"])
