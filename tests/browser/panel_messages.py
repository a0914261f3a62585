"""Campaigns, their texts and people lists for the panel's browser tests."""

from datetime import timedelta

from mvoting.accounts import services as accounts
from mvoting.core.clock import now
from notifications.campaigns import staff as campaigns
from notifications.campaigns.schemas import CampaignIn
from notifications.people_lists import services as people_lists
from notifications.templates import services as templates

FESTIVAL = {
    "ko": {"title": "{name} 안내", "body": "{day} {place}에서 열립니다. 함께해 주세요."},
    "en": {"title": "{name}", "body": "On {day} at {place}. Join us."},
}
CLOSING = {
    "ko": {"title": "오늘 투표가 끝납니다", "body": "{title} · {closes}에 마감합니다."},
    "en": {"title": "Voting ends today", "body": "{title} · Closes {closes}."},
}
PHONES = ("010-7100-0001", "010-7100-0002", "010-7100-0003")


def drafted(by, **changes):
    """Store a message that waits for its release. Returns: its id."""
    message = {
        "ko": {"title": "심야버스 설문이 열렸습니다", "body": "한 번만 눌러 참여해 주세요. 다음 주 금요일까지입니다."},
        "en": {"title": "The night bus survey is open", "body": "One tap to take part, until next Friday."},
    }
    audience = {"districts": ["11440", "11410"], "topics": ["transport"]}
    until = (now() + timedelta(days=1)).isoformat()
    entered = {"message": message, "audience": audience, "link": "/polls", "expires_at": until, "spread_minutes": 20}
    return campaigns.draft(CampaignIn().load(entered | changes), by=by, now=now())["_id"]


def finished(db, by, releaser="colleague"):
    """Store a message that has gone out."""
    campaign = drafted(by)
    totals = {"sent": 48211, "dead": 14210, "muted": 1204, "gone": 77, "blocked": 902, "failed": 1000}
    at = now()
    times = {"released_at": at, "planned_at": at, "first_sent_at": at, "finished_at": at}
    changes = {"state": "done", "planned_count": sum(totals.values()), "totals": totals, "released_by": releaser, **times}
    db.campaigns.update_one({"_id": campaign}, {"$set": changes})
    return campaign


def list_of_people(by):
    """Upload a list with members, a stranger and a row without a number. Returns: its id."""
    for phone in PHONES:
        accounts.sign_in_with_phone(phone)
    rows = "\n".join(["phone", *PHONES, "010-9999-0000", "없음"])
    return people_lists.upload("한강공원 축제 자원봉사자", rows.encode(), by=by, now=now())["_id"]


def messages(db, colleague, another):
    """Fill the screens of campaigns. Returns: {name: address}."""
    waiting, done = drafted(colleague), finished(db, colleague, another)
    listed = list_of_people(colleague)
    templates.propose("festival", FESTIVAL, "해마다 쓰는 글", by=another, now=now())
    templates.agree("festival:1", by=colleague, now=now())
    templates.propose("poll_closing", CLOSING, "더 짧게", by=colleague, now=now())
    return {
        "campaigns": "/admin/campaigns",
        "campaign": f"/admin/campaigns/{waiting}",
        "campaign-done": f"/admin/campaigns/{done}",
        "campaign_new": "/admin/campaigns/new",
        "campaign_new-text": "/admin/campaigns/new?template=festival",
        "campaign_edit": f"/admin/campaigns/{waiting}/edit",
        "push_templates": "/admin/campaigns/templates",
        "push_template": "/admin/campaigns/templates/of/poll_closing",
        "push_template_new": "/admin/campaigns/templates/new",
        "campaign_lists": "/admin/campaigns/lists",
        "campaign_list": f"/admin/campaigns/lists/{listed}",
    }
