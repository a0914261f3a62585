"""pabulib's .pb files of participatory budgets. Source: pabulib.org, file format."""

from collections.abc import Iterable, Iterator

from mvoting.voting.formats.abif import by_score
from mvoting.voting.formats.csv_text import join, rows
from mvoting.voting.formats.election import (
    BallotBox,
    CannotCarry,
    Election,
    FormatError,
    check_options,
    read_count,
    read_int,
    unknown_option,
)
from mvoting.voting.formats.lines import Line

_SECTIONS = ("META", "PROJECTS", "VOTES")


def read(lines: Iterable[Line]) -> Election:
    """Read a budget: approval and choose-1 votes, cumulative and scoring points, ordinal votes as points n … 1."""
    meta: dict[str, str] = {}
    names: dict[str, str] = {}
    costs: dict[str, int] = {}
    box, section, header, number = BallotBox(), "", None, 0
    for number, row in rows(lines, delimiter=";"):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) == 1 and row[0].strip().upper() in _SECTIONS:
            section, header = row[0].strip().upper(), None
        elif not section:
            raise FormatError(number, "META 줄로 시작해야 합니다.", "The file must begin with META.")
        elif header is None:
            header = [cell.strip().lower() for cell in row]
        elif section == "META":
            meta[row[0].strip()] = row[1].strip() if len(row) > 1 else ""
        elif section == "PROJECTS":
            _read_project(number, _record(header, row), names, costs)
        else:
            _read_vote(number, _record(header, row), meta, names, box)
    check_options(number, len(names))
    return Election(
        names, box.ballots, meta.get("description", ""), costs=costs, budget=read_count(number, meta.get("budget", ""))
    )


def write(election: Election) -> Iterator[str]:
    """Write a budget, one line a vote.

    Raises: CannotCarry when there are no costs.
    """
    if not election.budget or set(election.costs) != set(election.names):
        raise CannotCarry(".pb에는 예산과 비용이 있어야 합니다.", ".pb needs a budget and the costs.")
    has_scores = any(ballot.scores is not None for ballot in election.ballots)
    place = {option: str(index) for index, option in enumerate(election.names, start=1)}
    yield from ("META", "key;value", join(["description", election.title], ";"))
    yield from (f"num_projects;{len(place)}", f"num_votes;{sum(election.ballots.values())}")
    yield from (f"budget;{election.budget}", f"vote_type;{'cumulative' if has_scores else 'approval'}")
    yield from ("PROJECTS", "project_id;cost;name")
    for option, name in election.names.items():
        yield join([place[option], str(election.costs[option]), name], ";")
    yield from ("VOTES", "voter_id;vote;points" if has_scores else "voter_id;vote")
    voter = 0
    for ballot, times in election.ballots.items():
        if ballot.scores is not None:
            marked, points = [place[o] for o, _ in ballot.scores], ";" + ",".join(str(n) for _, n in ballot.scores)
        else:
            marked, points = [place[o] for tier in ballot.ranking for o in tier], ";" if has_scores else ""
        for _ in range(times):
            voter += 1
            yield f"{voter};{','.join(marked)}{points}"


def _record(header: list[str], row: list[str]) -> dict[str, str]:
    return dict(zip(header, row, strict=False))


def _read_project(number: int, record: dict[str, str], names: dict[str, str], costs: dict[str, int]) -> None:
    project = record.get("project_id", "").strip()
    if not project or project in names:
        raise FormatError(number, "사업 번호가 없거나 되풀이됩니다.", "The project id is missing or repeated.")
    names[project] = record.get("name", "").strip() or project
    costs[project] = read_count(number, record.get("cost", ""))
    check_options(number, len(names))


def _read_vote(number: int, record: dict[str, str], meta: dict[str, str], names: dict[str, str], box: BallotBox) -> None:
    marked = [token.strip() for token in record.get("vote", "").split(",") if token.strip()]
    for project in marked:
        if project not in names:
            raise unknown_option(number, project)
    kind = meta.get("vote_type", "approval")
    if kind in ("approval", "choose-1"):
        box.add(number, [marked], None, 1)
    elif kind == "ordinal":
        most = read_int(number, meta.get("max_length") or str(len(names)))
        points = {project: most - place for place, project in enumerate(marked)}
        box.add(number, [[project] for project in marked], points, 1)
    elif kind in ("cumulative", "scoring"):
        given = [read_int(number, token) for token in record.get("points", "").split(",") if token.strip()]
        if len(given) != len(marked):
            raise FormatError(number, "사업 수와 점수 수가 다릅니다.", "There are not as many points as projects.")
        points = dict(zip(marked, given, strict=True))
        box.add(number, by_score(points), points, 1)
    else:
        raise FormatError(number, f"투표 종류 '{kind[:40]}'을(를) 모릅니다.", f"The vote type '{kind[:40]}' is unknown.")
