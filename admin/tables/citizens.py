"""Citizens' texts as files: moderation, proposals, debates, departments."""

from collections.abc import Iterable, Iterator
from typing import Any

from admin.tables.table import ID, STATE, TITLE, Query, Row, Table, every, staff_namer
from admin.words import district, label
from mvoting.core.clock import now
from mvoting.core.pagination import LIMIT_MAX
from proposals.debates import services as debates
from proposals.ideas.pipeline import State
from proposals.ideas.services import departments, reading
from proposals.ideas.staff_api import COORDINATORS, OFFICERS
from proposals.moderation import services as moderation
from proposals.moderation.api import MODERATORS
from proposals.moderation.rules import MARKS
from proposals.moderation.schemas import KINDS
from proposals.people import alias


def _cases(query: Query) -> Iterator[Row]:
    found: Iterable[dict[str, Any]]
    if query.get("flood"):
        found = moderation.find_flood(query["flood"])
    elif query.get("view") == "appeals":
        found = every(lambda after: moderation.open_appeals(after=after, limit=LIMIT_MAX))
    else:
        wanted = case_filters(query)
        state = "decided" if query.get("view") == "decided" else "open"
        found = every(lambda after: moderation.open_reports(after=after, limit=LIMIT_MAX, state=state, **wanted))
    name = staff_namer()
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
            name(decision.get("by")),
            decision.get("at"),
            appeal.get("text"),
            label("appeal", appeal.get("outcome") or appeal["state"]) if appeal else None,
        ]


def case_filters(query: Query) -> dict[str, str]:
    """Give those filters of the moderation queue that hold a known value."""
    known = {"kind": KINDS, "mark": MARKS}
    words = (query.get("q") or "").strip()[:100]
    given = {name: query[name] for name, values in known.items() if query.get(name) in values}
    return given | ({"q": words} if words else {})


def _ideas(query: Query) -> Iterator[Row]:
    wanted = idea_filters(query)
    for idea in every(lambda after: reading.list_ideas({**wanted, "limit": LIMIT_MAX, "after": after}, now=now())):
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
    for debate in every(lambda after: debates.list_debates({**newest, "after": after}, now=now())):
        facts = (debate.get("comment_count", 0), debate.get("opens_at"), debate["closes_at"], bool(debate.get("summary")))
        yield [debate["_id"], debate.get("title"), *facts]


def _departments(_query: Query) -> Iterator[Row]:
    for department in every(lambda after: departments.list_departments(after=after, limit=LIMIT_MAX)):
        yield [department["_id"], ", ".join(officer["name"] for officer in department["officers"])]


TABLES = {
    "cases": Table(
        ("신고 처리", "Moderation"),
        MODERATORS,
        ("view", "kind", "mark", "q", "flood"),
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
    "departments": Table(
        ("부서", "Departments"), COORDINATORS, (), (("부서", "department"), ("담당자", "officers")), _departments
    ),
    "debates": Table(
        ("토론", "Debates"),
        (*OFFICERS, "moderator"),
        ("phase",),
        (ID, TITLE, ("의견", "opinions"), ("시작", "opens at"), ("마감", "closes at"), ("정리함", "summarised")),
        _debates,
    ),
}
