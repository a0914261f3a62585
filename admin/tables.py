"""Every list of the panel as a table for a file: who may have it, its columns, its rows page by page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from admin.words import district, label, localized, say
from mvoting.accounts import registers, staff_management
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.pagination import LIMIT_MAX
from mvoting.voting.polls import services as polls
from mvoting.voting.polls import templates
from notifications.alerts import services as alerts
from notifications.campaigns import services as campaigns
from notifications.feeds import services as feeds
from notifications.listings import services as listings
from notifications.sensors import services as sensors
from proposals.debates import services as debates
from proposals.ideas.api import OFFICERS
from proposals.ideas.pipeline import State
from proposals.ideas.services import reading
from proposals.moderation import services as moderation
from proposals.moderation.api import MODERATORS
from proposals.moderation.rules import MARKS
from proposals.moderation.schemas import KINDS
from proposals.people import alias

Query = Mapping[str, str]
Row = list[Any]
Page = tuple[list[dict[str, Any]], str | None]


@dataclass(frozen=True)
class Table:
    """A list as a file.

    Args: filters: names of the address's arguments that choose rows; columns: (Korean, English) heads.
    """

    name: tuple[str, str]
    roles: tuple[str, ...]
    filters: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    rows: Callable[[Query], Iterator[Row]]

    def heads(self) -> list[str]:
        """Give the columns' heads in the reader's language."""
        return [say(*column) for column in self.columns]


def _every(read: Callable[[str | None], Page]) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        found, after = read(after)
        yield from found
        if after is None:
            return


def _audit(query: Query) -> Iterator[Row]:
    for entry in _every(lambda after: audit.entries(query, after=after, limit=LIMIT_MAX)):
        yield [entry["id"], entry["at"], entry["staff_id"], entry["action"], entry["target"], entry["reason"]]


def _cases(query: Query) -> Iterator[Row]:
    if query.get("view") == "appeals":
        found = _every(lambda after: moderation.open_appeals(after=after, limit=LIMIT_MAX))
    else:
        wanted = case_filters(query)
        state = "decided" if query.get("view") == "decided" else "open"
        found = _every(lambda after: moderation.open_reports(after=after, limit=LIMIT_MAX, state=state, **wanted))
    for case in found:
        text, decision, appeal = case["snapshot"], case.get("decision") or {}, case.get("appeal") or {}
        yield [
            case["_id"],
            label("target", case["kind"]),
            case["opened_at"],
            alias(case.get("author_id")),
            text.get("title"),
            text.get("body"),
            ", ".join(label("because", why) for why in case.get("because", [])),
            case.get("report_count", 0),
            label("visibility", case.get("visibility") or "erased"),
            label("action", decision["action"]) if decision else None,
            decision.get("reason"),
            decision.get("by"),
            decision.get("at"),
            appeal.get("text"),
            appeal.get("outcome") or appeal.get("state"),
        ]


def case_filters(query: Query) -> dict[str, str]:
    """Give those filters of the moderation queue that hold a known value."""
    known = {"kind": KINDS, "mark": MARKS}
    words = (query.get("q") or "").strip()[:100]
    given = {name: query[name] for name, values in known.items() if query.get(name) in values}
    return given | ({"q": words} if words else {})


def _ideas(query: Query) -> Iterator[Row]:
    wanted = idea_filters(query)
    for idea in _every(lambda after: reading.list_ideas({**wanted, "limit": LIMIT_MAX, "after": after}, now=now())):
        yield [
            idea["_id"],
            idea.get("title"),
            label("idea_state", idea["state"]),
            district(idea.get("district")) if idea.get("district") else None,
            idea.get("department"),
            idea.get("endorsement_count"),
            idea.get("next_due_at"),
            idea.get("published_at"),
        ]


SORTS = ("newest", "most_endorsed", "near_threshold", "overdue")


def idea_filters(query: Query) -> dict[str, Any]:
    """Give the filters of the list of ideas as the service takes them."""
    wanted: dict[str, Any] = {"sort": query.get("sort") if query.get("sort") in SORTS else "newest"}
    if query.get("state") in set(State):
        wanted["state"] = query["state"]
    if query.get("district"):
        wanted["district"] = query["district"][:5]
    if query.get("q"):
        wanted["q"] = query["q"][:100]
    return wanted


def _debates(query: Query) -> Iterator[Row]:
    newest = {"sort": "newest", "limit": LIMIT_MAX, "phase": query.get("phase", "")}
    for debate in _every(lambda after: debates.list_debates({**newest, "after": after}, now=now())):
        facts = (debate.get("comment_count", 0), debate.get("opens_at"), debate["closes_at"], bool(debate.get("summary")))
        yield [debate["_id"], debate.get("title"), *facts]


def _polls(query: Query) -> Iterator[Row]:
    wanted = (query.get("state") or None, (query.get("q") or "")[:100])
    for poll in _every(lambda after: polls.list_for_staff(wanted[0], words=wanted[1], after=after, limit=LIMIT_MAX)):
        definition = poll["definition"]
        kinds = (label("audience", definition["audience"]["kind"]), label("method", definition["questions"][0]["method"]))
        shown = (localized(definition["title"]), label("poll_state", poll["state"]), *kinds)
        yield [poll["_id"], *shown, poll["opens_at"], poll["closes_at"]]


def _alerts(query: Query) -> Iterator[Row]:
    state = query.get("state") or None
    for alert in _every(lambda after: alerts.list_alerts(state, after=after, limit=LIMIT_MAX)):
        kinds = (label("alert_class", alert["alert_class"]), label("hazard", alert["hazard"]))
        shown = (localized(alert["texts"]), label("alert_state", alert["state"]), *kinds)
        yield [alert["_id"], *shown, alert["created_at"], alert.get("approved_at"), alert["expires_at"]]


def _campaigns(query: Query) -> Iterator[Row]:
    state = query.get("state") or None
    for campaign in _every(lambda after: campaigns.list_campaigns(None, state=state, after=after, limit=LIMIT_MAX)):
        totals = campaign.get("totals") or {}
        title = (campaign["message"].get("ko") or {}).get("title")
        names = (label("campaign_kind", campaign["kind"]), label("campaign_state", campaign["state"]))
        yield [campaign["_id"], title, *names, campaign["created_at"], campaign.get("planned_count"), totals.get("sent")]


def _staff(_query: Query) -> Iterator[Row]:
    for member in _every(lambda after: staff_management.members(after=after, limit=LIMIT_MAX)):
        roles = ", ".join(label("role", role) for role in member["roles"])
        yield [member["id"], member["name"], member["email"], roles, label("staff_state", member["state"])]


def _fields(read: Callable[..., Page], *names: str) -> Callable[[Query], Iterator[Row]]:
    """Give rows of these fields of a list that has no filters."""

    def rows(_query: Query) -> Iterator[Row]:
        for found in _every(lambda after: read(after=after, limit=LIMIT_MAX)):
            yield [", ".join(value) if isinstance(value := found.get(name), list) else value for name in names]

    return rows


def _templates(_query: Query) -> Iterator[Row]:
    for template in _every(lambda after: templates.list_templates(after=after, limit=LIMIT_MAX)):
        content = template["content"]
        yield [template["_id"], template["name"], localized(content["title"]), len(content["questions"])]


ALERT_READERS = ("alert_author", "alert_approver", "auditor", "administrator")
NAME, ACTIVE = ("이름", "name"), ("켜짐", "active")
ID, TITLE, STATE, MADE = ("번호", "id"), ("제목", "title"), ("상태", "state"), ("만든 때", "made at")

TABLES: dict[str, Table] = {
    "audit": Table(
        ("감사 기록", "Audit trail"),
        ("auditor", "administrator"),
        ("staff_id", "action", "target"),
        (ID, ("시각", "at"), ("직원", "staff"), ("행위", "action"), ("대상", "target"), ("사유", "reason")),
        _audit,
    ),
    "cases": Table(
        ("신고 처리", "Moderation"),
        MODERATORS,
        ("view", "kind", "mark", "q"),
        (
            ID,
            ("종류", "kind"),
            ("접수", "since"),
            ("글쓴이", "author"),
            TITLE,
            ("신고될 때의 글", "text as reported"),
            ("까닭", "because"),
            ("신고 수", "reports"),
            ("지금", "now"),
            ("결정", "decision"),
            ("사유", "reason"),
            ("결정한 직원", "decided by"),
            ("결정한 때", "decided at"),
            ("이의 신청", "appeal"),
            ("이의 결과", "outcome of the appeal"),
        ),
        _cases,
    ),
    "ideas": Table(
        ("제안", "Proposals"),
        OFFICERS,
        ("q", "state", "district", "sort"),
        (
            ID,
            TITLE,
            STATE,
            ("자치구", "district"),
            ("부서", "department"),
            ("공감", "endorsements"),
            ("답변 기한", "reply due"),
            ("올린 때", "raised at"),
        ),
        _ideas,
    ),
    "debates": Table(
        ("토론", "Debates"),
        (*OFFICERS, "moderator"),
        ("phase",),
        (ID, TITLE, ("의견", "opinions"), ("시작", "opens at"), ("마감", "closes at"), ("정리함", "summarised")),
        _debates,
    ),
    "polls": Table(
        ("투표", "Polls"),
        ("poll_officer", "moderator"),
        ("q", "state"),
        (ID, TITLE, STATE, ("대상", "audience"), ("방식", "method"), ("시작", "opens at"), ("마감", "closes at")),
        _polls,
    ),
    "alerts": Table(
        ("재난 알림", "Alerts"),
        ALERT_READERS,
        ("state",),
        (
            ID,
            ("문구", "text"),
            STATE,
            ("등급", "class"),
            ("재난", "hazard"),
            MADE,
            ("승인", "approved at"),
            ("만료", "expires at"),
        ),
        _alerts,
    ),
    "campaigns": Table(
        ("소식 발송", "Campaigns"),
        ("poll_officer", "administrator", "auditor"),
        ("state",),
        (ID, TITLE, ("종류", "kind"), STATE, MADE, ("대상 휴대폰", "phones"), ("보냄", "sent")),
        _campaigns,
    ),
    "staff": Table(
        ("직원과 권한", "Staff and roles"),
        ("administrator", "auditor"),
        (),
        (ID, ("이름", "name"), ("이메일", "e-mail"), ("권한", "roles"), STATE),
        _staff,
    ),
    "poll_templates": Table(
        ("투표 양식", "Poll templates"), ("poll_officer",), (), (ID, NAME, TITLE, ("질문", "questions")), _templates
    ),
    "cap_sources": Table(
        ("CAP 기관", "CAP sources"),
        ALERT_READERS,
        (),
        (ID, NAME, ("CAP 발신자", "CAP sender"), ("가져오는 주소", "fetched from"), ACTIVE, MADE),
        _fields(feeds.list_sources, "_id", "name", "sender", "url", "is_active", "created_at"),
    ),
    "sensor_rules": Table(
        ("센서 규칙", "Sensor rules"),
        ALERT_READERS,
        (),
        (ID, NAME, ("관측소", "station"), ("값", "kind"), ("기준", "limit"), ("단위", "unit"), ACTIVE, MADE),
        _fields(sensors.list_rules, "_id", "name", "station", "kind", "threshold", "unit", "is_active", "created_at"),
    ),
    "sensor_gateways": Table(
        ("센서 장치", "Sensor gateways"),
        ALERT_READERS,
        (),
        (ID, NAME, ("관측소", "stations"), ACTIVE, MADE),
        _fields(sensors.list_gateways, "_id", "name", "stations", "is_active", "created_at"),
    ),
    "alert_listings": Table(
        ("자동 발송", "Automatic sending"),
        ALERT_READERS,
        (),
        (ID, ("종류", "kind"), ("대상", "subject"), ("등급", "classes"), STATE, ("제안", "proposed by"), ("동의", "agreed by")),
        _fields(listings.list_listings, "_id", "kind", "subject_id", "classes", "state", "proposed_by", "agreed_by"),
    ),
    "registers": Table(
        ("주민 명부", "Registers of residents"),
        ("administrator",),
        (),
        (ID, STATE, ("읽은 줄", "rows read"), ("거절된 줄", "refused rows"), MADE),
        _fields(registers.imports, "_id", "state", "done_count", "rejected_count", "at"),
    ),
}
