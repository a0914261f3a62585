"""Reports: who takes part, how departments answer, what moderation comes to; each chart beside its table, each table as a file."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request

from admin import figures
from admin.export import table_answer
from admin.maps import city_map
from admin.pages import panel
from admin.panel import blueprint
from admin.words import band, district, say
from mvoting.accounts.residents import BANDS
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.problems import NotFound

READER = panel("administrator", "auditor")
MONTH = ("달", "month")
# A column of each table: the figure's name and its head.
ACTS = {"ideas": ("제안", "proposals"), "endorsements": ("공감", "endorsements"), "debaters": ("토론 참여", "debaters")}
VOTED = {"polls": ("끝난 투표", "polls"), "ballots": ("표", "ballots")}
MODERATION = {
    "cases": ("접수", "cases"),
    "waiting": ("대기", "waiting"),
    "hidden": ("숨김", "hidden"),
    "kept": ("그대로 둠", "kept"),
    "median_hours": ("결정까지 걸린 시간의 중앙값", "median hours"),
    "appeals": ("이의 신청", "appeals"),
    "reversed": ("받아들임", "accepted"),
    "upheld": ("결정 유지", "upheld"),
    "appeals_waiting": ("이의 대기", "appeals waiting"),
}
REPLIES = {
    "promised": ("약속한 답변", "promised"),
    "kept_in_time": ("기한 안에 답함", "kept in time"),
    "kept_late": ("늦게 답함", "kept late"),
    "overdue": ("기한 지남", "overdue"),
    "median_days": ("답변까지 걸린 날의 중앙값", "median days"),
}


@blueprint.page("/reports", guard=READER)
def reports() -> Any:
    """Show participation by district, age band and time, response times, and moderation with its appeals."""
    found = figures.read(now=now())
    period = request.args.get("period", "")
    if request.args.get("as"):
        return _file(found, period)
    residents, months = found["residents"]["value"], found["participation"]["value"]
    counts = {code: figures.shown_total(residents.get(code, {})) or 0 for code in DISTRICTS}
    most = max(counts.values(), default=0) or 1
    return render_template(
        "admin/office/reports.html",
        as_of=min(figure["at"] for figure in found.values()),
        map=city_map(),
        shades={code: -(-5 * count // most) for code, count in counts.items()},
        counts=counts,
        residents=figures.people_by_group(residents),
        people=figures.people_by_group(figures.months(months, period)),
        months=months,
        period=period if period in months else "",
        turnout=found["turnout"]["value"],
        bands=BANDS,
        moderation=found["moderation"]["value"],
        replies=found["replies"]["value"],
    )


def _file(found: dict[str, dict[str, Any]], period: str) -> Any:
    table = TABLES.get(request.args.get("table", "residents"))
    if table is None:
        raise NotFound
    columns, rows = table(found, period)
    return table_answer(f"report-{request.args.get('table', 'residents')}", columns, rows, request.args["as"])


Rows = tuple[list[str], list[list[Any]]]


def _groups(groups: dict[str, dict[str, int]]) -> Rows:
    columns = [say("자치구 번호", "code"), say("자치구", "district"), *(band(first) for first in BANDS)]
    return columns, [[code, district(code), *counts] for code, counts in figures.people_by_group(groups)]


def _months(found: dict[str, dict[str, Any]], _period: str) -> Rows:
    turnout = found["turnout"]["value"]
    columns = [say(*head) for head in (MONTH, ("사람", "people"), *ACTS.values(), *VOTED.values())]
    rows = []
    for month, figure in found["participation"]["value"].items():
        voted = turnout.get(month, {})
        rows.append([month, figure["people"], *(figure["acts"][n] for n in ACTS), *(voted.get(n, 0) for n in VOTED)])
    return columns, rows


def _moderation(found: dict[str, dict[str, Any]], _period: str) -> Rows:
    months = found["moderation"]["value"].items()
    columns = [say(*head) for head in (MONTH, *MODERATION.values())]
    return columns, [[month, *(figure[name] for name in MODERATION)] for month, figure in months]


def _departments(found: dict[str, dict[str, Any]], _period: str) -> Rows:
    rows = [[row["department"], *(row[name] for name in REPLIES)] for row in found["replies"]["value"]]
    return [say("부서", "department"), *(say(*head) for head in REPLIES.values())], rows


TABLES: dict[str, Callable[[dict[str, dict[str, Any]], str], Rows]] = {
    "residents": lambda found, _period: _groups(found["residents"]["value"]),
    "participation": lambda found, period: _groups(figures.months(found["participation"]["value"], period)),
    "months": _months,
    "moderation": _moderation,
    "departments": _departments,
}
