"""Polls as files."""

from collections.abc import Iterator

from admin.tables.table import ID, NAME, STATE, TITLE, Query, Row, Table, every
from admin.words import label, localized
from mvoting.core.pagination import LIMIT_MAX
from mvoting.voting.board import turnout
from mvoting.voting.polls import services as polls
from mvoting.voting.polls import templates


def _polls(query: Query) -> Iterator[Row]:
    wanted = (query.get("state") or None, (query.get("q") or "")[:100])
    for poll in every(lambda after: polls.list_for_staff(wanted[0], words=wanted[1], after=after, limit=LIMIT_MAX)):
        definition = poll["definition"]
        kinds = (label("audience", definition["audience"]["kind"]), label("method", definition["questions"][0]["method"]))
        shown = (localized(definition["title"]), label("poll_state", poll["state"]), *kinds)
        yield [poll["_id"], *shown, poll["opens_at"], poll["closes_at"]]


def _turnout(query: Query) -> Iterator[Row]:
    return ([point["hour"], point["ballots"]] for point in turnout.by_hour(query.get("poll", "")))


def _templates(_query: Query) -> Iterator[Row]:
    for template in every(lambda after: templates.list_templates(after=after, limit=LIMIT_MAX)):
        content = template["content"]
        yield [template["_id"], template["name"], localized(content["title"]), len(content["questions"])]


TABLES = {
    "polls": Table(
        ("투표", "Polls"),
        ("poll_officer", "moderator"),
        ("q", "state"),
        (ID, TITLE, STATE, ("대상", "audience"), ("방식", "method"), ("시작", "opens at"), ("마감", "closes at")),
        _polls,
    ),
    "turnout": Table(
        ("시간에 따른 표의 수", "Ballots over time"),
        ("poll_officer", "moderator"),
        ("poll",),
        (("때", "hour"), ("모인 표", "ballots")),
        _turnout,
    ),
    "poll_templates": Table(
        ("투표 양식", "Poll templates"), ("poll_officer",), (), (ID, NAME, TITLE, ("질문", "questions")), _templates
    ),
}
