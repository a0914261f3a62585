"""Campaigns as files, with their texts and people lists."""

from collections.abc import Iterator

from admin.tables.table import ID, MADE, NAME, STATE, TITLE, Query, Row, Table, every, staff_namer
from admin.words import LABELS, label, push_text
from mvoting.core.pagination import LIMIT_MAX
from notifications.campaigns import services as campaigns
from notifications.campaigns.rules import Result
from notifications.people_lists import services as people_lists
from notifications.templates import services as push_templates

CAMPAIGN_READERS = ("poll_officer", "administrator", "auditor")
TEXTS = (
    ("제목 (한국어)", "title (Korean)"),
    ("내용 (한국어)", "text (Korean)"),
    ("제목 (영어)", "title (English)"),
    ("내용 (영어)", "text (English)"),
)
WRITTEN_BY, AGREED_BY = ("쓴 직원", "written by"), ("동의한 직원", "agreed by")


# What became of phones, as the ledger counts it; of reminders it says no more than "handled".
RESULTS = [result.name.lower() for result in Result]


def _campaigns(query: Query) -> Iterator[Row]:
    state, name = query.get("state") or None, staff_namer()
    for campaign in every(lambda after: campaigns.list_campaigns(None, state=state, after=after, limit=LIMIT_MAX)):
        totals = campaign.get("totals") or {}
        title = (campaign["message"].get("ko") or {}).get("title")
        names = (label("campaign_kind", campaign["kind"]), label("campaign_state", campaign["state"]))
        times = [campaign.get(name) for name in ("created_at", "starts_at", "first_sent_at", "finished_at")]
        people = [name(campaign["created_by"].get("id")), name(campaign.get("released_by"))]
        counted = [totals.get(result) for result in RESULTS]
        yield [campaign["_id"], title, *names, *times, *people, campaign.get("planned_count"), *counted, campaign.get("reason")]


def _push_templates(_query: Query) -> Iterator[Row]:
    used = ({**each, "_id": f"{each['key']}:{each['version']}", "state": "active"} for each in push_templates.overview())
    name = staff_namer()
    drafts = every(lambda after: push_templates.list_waiting(after=after, limit=LIMIT_MAX))
    for each in (*used, *drafts):
        texts = [each["texts"][code][part] for code in ("ko", "en") for part in ("title", "body")]
        state = label("template_state", each["state"])
        yield [each["_id"], push_text(each["key"]), state, *texts, name(each["written_by"]), name(each.get("agreed_by"))]


def _push_versions(query: Query) -> Iterator[Row]:
    key, name = query.get("key", ""), staff_namer()
    for each in every(lambda after: push_templates.list_versions(key, after=after, limit=LIMIT_MAX)):
        texts = [each["texts"][code][part] for code in ("ko", "en") for part in ("title", "body")]
        people = [name(each["written_by"]), each["written_at"], name(each.get("agreed_by")), each.get("agreed_at")]
        yield [each["version"], label("template_state", each["state"]), *texts, *people, each.get("note")]


def _people_lists(_query: Query) -> Iterator[Row]:
    name = staff_namer()
    for each in every(lambda after: people_lists.list_lists(after=after, limit=LIMIT_MAX)):
        counts = [each[count] for count in ("rows", "members", "strangers", "rejected")]
        yield [each["_id"], each["name"], *counts, name(each["created_by"]), each["created_at"]]


TABLES = {
    "campaigns": Table(
        ("소식 발송", "Campaigns"),
        CAMPAIGN_READERS,
        ("state",),
        (
            ID,
            TITLE,
            ("종류", "kind"),
            STATE,
            MADE,
            ("시작", "starts at"),
            ("처음 보낸 때", "first sent at"),
            ("끝난 때", "finished at"),
            WRITTEN_BY,
            ("내보낸 직원", "released by"),
            ("대상 휴대폰", "phones"),
            *(LABELS["delivery"][result] for result in RESULTS),
            ("멈춘 사유", "stopped because"),
        ),
        _campaigns,
    ),
    "push_templates": Table(
        ("알림 문구", "Push texts"),
        CAMPAIGN_READERS,
        (),
        (ID, ("쓰이는 때", "used when"), STATE, *TEXTS, WRITTEN_BY, AGREED_BY),
        _push_templates,
    ),
    "push_template_versions": Table(
        ("알림 문구의 판", "Versions of a push text"),
        CAMPAIGN_READERS,
        ("key",),
        (
            ("판", "version"),
            STATE,
            *TEXTS,
            WRITTEN_BY,
            ("쓴 때", "written at"),
            AGREED_BY,
            ("동의한 때", "agreed at"),
            ("까닭", "why"),
        ),
        _push_versions,
    ),
    "people_lists": Table(
        ("발송 명단", "People lists"),
        ("poll_officer", "administrator"),
        (),
        (
            ID,
            NAME,
            ("읽은 줄", "rows"),
            ("회원", "members"),
            ("회원이 아닌 번호", "not members"),
            ("번호가 아닌 줄", "no number"),
            ("올린 직원", "uploaded by"),
            MADE,
        ),
        _people_lists,
    ),
}
