"""Real elections come out as published (the reference data's README says where each outcome comes from)."""

import re
from decimal import Decimal

import pytest

from mvoting.voting.formats import csv_text
from mvoting.voting.formats.lines import open_lines
from mvoting.voting.formats.registry import read_file
from mvoting.voting.tally.files import count_file, display_names, named
from tests.reference import reference_data

pytestmark = pytest.mark.usefixtures("reference_data")

STV = [
    "42",
    "Anderston-City-2007",
    "Baillieston-2007",
    "Calton-2007",
    "Canal-2007",
    "Craigton-2007",
    "Drumchapel-Anniesland-2007",
    "East-Centre-2007",
    "Garscadden-Scotsounhill-2007",
    "Govan-2007",
    "Hillhead-2007",
    "weak-defeat",
    "weak-surplus",
]


def counted(path, method, **options):
    election = read_file(reference_data(path))
    return named(count_file(election, method, **options), display_names(election))


@pytest.mark.parametrize("name", STV)
def test_every_round_of_the_scottish_reports(name):
    result = counted(f"stv/{name}.blt", "stv")
    report = "42.scotland-fixed-p5-d5.report.txt" if name == "42" else f"{name}.report.txt"
    published = _published_rounds(reference_data(f"stv/{report}").read_text())
    ours = [(dict(r.totals), r.exhausted, r.rounding, set(r.elected), set(r.eliminated)) for r in result.rounds]
    assert ours == published


def _published_rounds(report):
    rounds = []
    for part in re.split(r"^Round \d+:\n|^Action: Begin Count\n", report, flags=re.M)[1:]:
        pieces = re.split(r"^Action: (.*)\n", part, flags=re.M)
        steps = [("Begin", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
        counted_step = next(
            text
            for action, text in reversed(steps)
            if action.startswith(("Surplus transferred", "Transfer defeated")) or (action == "Begin" and "Hopeful" in text)
        )
        totals = re.findall(r"(?:Elected|Pending|Hopeful):\s+(.*) \((\d+\.\d+)\)", counted_step)
        rounds.append(
            (
                {_tidy(name): Decimal(votes) for name, votes in totals},
                Decimal(re.search(r"Nontransferable votes: (.*)", counted_step)[1]),
                Decimal(re.search(r"Residual: (.*)", counted_step)[1]),
                {_tidy(action.partition(": ")[2]) for action, _ in steps if action.startswith("Elect")},
                {_tidy(action.partition(": ")[2]) for action, _ in steps if action.startswith("Transfer defeated")},
            )
        )
    return rounds


def _tidy(name):
    return " ".join(name.split())


def test_minneapolis_2013():
    result = counted("irv/minneapolis_2013_mayor_cvr.csv.gz", "irv")
    assert result.ballots == 80_101
    assert result.winners == ("BETSY HODGES",)
    assert result.rounds[-1].totals == {"BETSY HODGES": 38_870, "MARK ANDREW": 24_972}
    assert result.exhausted == 16_259
    assert len(result.rounds[0].totals) == 36


def test_burlington_2009_with_equal_ranks():
    result = counted("irv/burl2009.abif", "irv")
    assert result.rounds[-1].totals == {"Bob Kiss (Progressive)": 4_313, "Kurt Wright (Republican)": 4_061}
    assert counted("irv/burl2009.abif", "schulze").winners == ("Andy Montroll (Democrat)",)
    assert result.ballots == 8_980


def test_schulze_examples():
    textbook = counted("condorcet/schulze45.soc", "schulze")
    assert [option for tier in textbook.ranking for option in tier] == ["E", "A", "C", "B", "D"]
    assert counted("condorcet/00002-00000001.soi", "schulze").winners == ("Bdale Garbee",)


@pytest.mark.parametrize(
    ("method", "winner"),
    [("plurality", "Memphis, TN"), ("irv", "Knoxville, TN"), ("schulze", "Nashville, TN"), ("borda", "Nashville, TN")],
)
def test_tennessee(method, winner):
    assert counted("ranked/tennessee-example-scores.abif", method).winners == (winner,)


def test_tennessee_by_approval_and_scores():
    assert counted("ranked/tennessee-example-approval.abif", "approval").winners == ("Nashville, TN",)
    assert counted("ranked/tennessee-example-scores.abif", "score").winners == ("Nashville, TN",)
    assert counted("ranked/tennessee-example-scores.abif", "star").winners == ("Nashville, TN",)


@pytest.mark.parametrize(
    "name",
    ["poland_wroclaw_2016_rejon-nr-2-750", "poland_krakow_2020_debniki", "poland_katowice_2021_giszowiec"],
)
def test_greedy_budgets_fund_what_the_city_funded(name):
    election = read_file(reference_data(f"budget/{name}.pb"))
    assert set(count_file(election, "budget_greedy").winners) == _selected(f"budget/{name}.pb")


def test_equal_shares_in_wieliczka():
    election = read_file(reference_data("budget/poland_wieliczka_2023.pb"))
    result = count_file(election, "budget_equal_shares")
    assert set(result.winners) == _selected("budget/poland_wieliczka_2023.pb")
    assert (len(result.winners), sum(election.costs[option] for option in result.winners)) == (30, 995_079)


def _selected(path):
    rows = [row for _, row in csv_text.rows(open_lines(reference_data(path)), delimiter=";")]
    start = rows.index(["PROJECTS"]) + 1
    header = rows[start]
    projects = [dict(zip(header, row, strict=False)) for row in rows[start + 1 : rows.index(["VOTES"])]]
    return {project["project_id"] for project in projects if project["selected"] == "1"}
