"""Campaigns about ideas and debates, from the events that `proposals` stores. No text of a person goes into a push but an
idea's title, and that is withdrawn with the idea."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from notifications.announcements.models import Bookmark
from notifications.campaigns.audience import PEOPLE_MAX, Audience
from notifications.campaigns.services import existing, restore, start_campaign, withdraw
from notifications.templates import services as templates
from proposals import recipients
from proposals.events import events_since
from proposals.ideas.services import reading as ideas

STREAM = "proposals"
LIFETIME = timedelta(days=7)
# What happened longer ago than this is shown by the idea's page; a push would only confuse.
TOO_OLD = timedelta(days=2)
NEAR, NEAR_AT_ONCE = 3, 50

OF_MODERATION = ("text_held", "text_hidden", "text_kept", "appeal_upheld")  # told to the author alone, with the way to appeal
STAGES = {
    "collecting": {"ko": "공감을 모으고 있습니다.", "en": "It collects endorsements."},
    "debating": {"ko": "토론이 열렸습니다.", "en": "A debate has opened."},
    "reviewing": {"ko": "담당 부서가 검토하고 있습니다.", "en": "The department reviews it."},
    "working": {"ko": "실무 회의에서 다루고 있습니다.", "en": "A working meeting discusses it."},
    "deciding": {"ko": "실현회의에서 결정합니다.", "en": "The realisation meeting decides."},
    "answering": {"ko": "답변을 준비하고 있습니다.", "en": "An answer is being prepared."},
    "executing": {"ko": "채택되어 추진하고 있습니다.", "en": "Adopted, and work has begun."},
    "done": {"ko": "실현됐습니다.", "en": "It has come true."},
    "declined": {"ko": "채택되지 않았습니다. 사유를 확인해 보세요.", "en": "Not adopted. Read why."},
    "expired": {"ko": "기간 안에 공감 기준에 닿지 못했습니다.", "en": "It did not reach its threshold in time."},
    "merged": {"ko": "비슷한 제안과 합쳐졌습니다.", "en": "It was merged with a similar idea."},
}
HAPPENINGS = {
    "threshold_reached": {
        "ko": "공감이 기준을 넘었습니다. 담당 부서가 답변합니다.",
        "en": "Its threshold is reached; the department owes a reply.",
    },
    "milestone_added": {"ko": "추진 상황이 새로 올라왔습니다.", "en": "There is news of its progress."},
    "reply_overdue": {"ko": "답변 기한이 지났습니다.", "en": "The reply is overdue."},
    "idea_became_poll": {"ko": "투표에 부쳐졌습니다.", "en": "It became a poll."},
    "addition_offered": {"ko": "더하기 제안이 들어왔습니다.", "en": "Somebody offered an addition."},
    "merge_offered": {"ko": "비슷한 제안과 합치자는 요청이 왔습니다.", "en": "A merge was offered."},
    "merge_consent_asked": {"ko": "합치는 데 동의하는지 알려 주세요.", "en": "Please say whether you agree to a merge."},
    "addition_accepted": {"ko": "더하기가 받아들여졌습니다.", "en": "Your addition was accepted."},
    "addition_declined": {"ko": "더하기가 받아들여지지 않았습니다.", "en": "Your addition was declined."},
}


def announce(*, now: datetime) -> None:
    """Start the campaigns for the events that were not read yet; a crash in between repeats, and repeats change nothing."""
    bookmarks = Bookmark._get_collection()
    position = (bookmarks.find_one({"_id": STREAM}) or {"position": 0})["position"]
    while events := events_since(position):
        for event in events:
            _announce_event(event, now=now)
        position = events[-1]["position"]
        bookmarks.update_one({"_id": STREAM}, {"$max": {"position": position}}, upsert=True)


def _announce_event(event: Mapping[str, Any], *, now: datetime) -> None:
    if event["kind"] in ("text_held", "text_hidden", "text_erased"):
        withdraw(event["subject"]["id"])
    elif event["kind"] == "text_kept":
        restore(event["subject"]["id"])
    if event["at"] < now - TOO_OLD:
        return
    if told := _told(event):
        kind, text, link = told
        _tell(kind, event["to"], text, f"event:{event['_id']}", link=link, subject_id=event["subject"]["id"], now=now)


def _tell(
    kind: str,
    to: Mapping[str, Any],
    text: tuple[dict[str, dict[str, str]], str],
    campaign_id: str,
    *,
    link: str,
    subject_id: str,
    now: datetime,
) -> None:
    """Start a campaign to these people, in parts where they are more than one campaign may name."""
    message, template = text
    groups = list(recipients.groups_told(to, size=PEOPLE_MAX))
    # The plain id is stored last: it tells that all are there.
    for number, people in reversed(list(enumerate(groups))):
        start_campaign(
            kind,
            Audience(people=tuple(people)),
            message,
            campaign_id=f"{campaign_id}:{number}" if number else campaign_id,
            expires_at=now + LIFETIME,
            now=now,
            link=link,
            data={"subject_id": subject_id},
            template=template,
        )


def _told(event: Mapping[str, Any]) -> tuple[str, tuple[dict[str, dict[str, str]], str], str] | None:
    """Give kind, text with its template's name, and link for an event, None where nobody is told."""
    subject, what = event["subject"], event["kind"]
    link = f"/{subject['kind']}s/{subject['id']}"
    if what == "replied_to_you":
        debate_id = event["facts"].get("debate_id")  # events of earlier releases have none
        return "reply", templates.render("reply", {}), f"/debates/{debate_id}/comments/{subject['id']}" if debate_id else "/inbox"
    if what in OF_MODERATION:
        return "account", templates.render(what, {}), f"/moderation/{subject['kind']}:{subject['id']}"
    stage = STAGES.get(event["facts"].get("state", "")) if what == "idea_moved" else HAPPENINGS.get(what)
    if stage is None or subject["kind"] != "idea":
        return None
    title = ideas.titles([subject["id"]]).get(subject["id"])
    return ("proposal_stage", templates.render("proposal_stage", {"title": title, "stage": stage}), link) if title else None


def announce_near(*, now: datetime) -> None:
    """Tell followers of ideas that need only a few more endorsements, once for each threshold."""
    after: str | None = ""
    while after is not None:
        page, after = ideas.list_ideas({"sort": "near_threshold", "limit": NEAR_AT_ONCE, "after": after}, now=now)
        _tell_near(page, now=now)
        if page and page[-1]["ranked_missing"] > NEAR:
            return  # the list goes by it: none of the following is near


def _tell_near(page: list[dict[str, Any]], *, now: datetime) -> None:
    near = {f"near:{i['_id']}:{i['endorsement_count'] + i['to_threshold']}": i for i in page if 0 < i["to_threshold"] <= NEAR}
    for campaign_id in near.keys() - existing(list(near)):
        idea = near[campaign_id]
        text = templates.render("proposal_threshold", {"title": idea["title"], "missing": str(idea["to_threshold"])})
        to = {"kind": "followers", "id": idea["_id"]}
        _tell("proposal_threshold", to, text, campaign_id, link=f"/ideas/{idea['_id']}", subject_id=idea["_id"], now=now)
