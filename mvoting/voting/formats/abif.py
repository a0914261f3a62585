"""ABIF, the Aggregated Ballot Information Format. Source: electorama/abif, version 0.1."""

import re
from collections.abc import Iterable, Iterator

from mvoting.voting.formats.election import BallotBox, Election, FormatError, check_options, read_count, read_int
from mvoting.voting.formats.lines import Line

_CANDIDATE = re.compile(r"=\s*(?:\[([^\]]*)\]|\"([^\"]*)\"|([^\s:\[\]]+))\s*:\s*(.*)")
_TITLE = re.compile(r"\{\s*\"?title\"?\s*:\s*\"(.*)\"\s*\}")
_COUNT = re.compile(r"\s*([0-9.]+)\s*[:*]\s*(.*)")
_MARK = re.compile(r"\s*(?:\[([^\]]*)\]|\"([^\"]*)\"|([^\s,>=/\[\]\"#]+))\s*(?:/\s*(-?[0-9]+))?\s*")


def read(lines: Iterable[Line]) -> Election:
    """Read an ABIF file: `>` ranks below, `=` ranks equally, `/n` scores, `,` separates scored options."""
    names: dict[str, str] = {}
    box, title, number = BallotBox(), "", 0
    for number, raw in lines:
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("{"):
            found = _TITLE.fullmatch(text)
            title = found[1].replace('\\"', '"') if found else title
        elif text.startswith("="):
            _read_candidate(number, text, names)
        else:
            _read_ballot(number, text, names, box)
    check_options(number, len(names))
    return Election(names, box.ballots, title)


def write(election: Election) -> Iterator[str]:
    """Write an ABIF file, line by line."""
    tokens = {option: f"o{index}" for index, option in enumerate(election.names, start=1)}
    if election.title:
        title = election.title.replace('"', '\\"').replace("\n", " ")
        yield f'{{"title": "{title}"}}'
    for option, name in election.names.items():
        yield f"={tokens[option]}:[{name.replace(']', ')').replace('[', '(')}]"
    for ballot, times in election.ballots.items():
        scores = dict(ballot.scores or ())

        def mark(option: str, scores: dict[str, int] = scores) -> str:
            return tokens[option] + (f"/{scores[option]}" if option in scores else "")

        ranked = {option for tier in ballot.ranking for option in tier}
        unranked = ",".join(mark(option) for option in scores if option not in ranked)
        body = ">".join("=".join(map(mark, tier)) for tier in ballot.ranking)
        yield f"{times}:{body}{',' if body and unranked else ''}{unranked}"


def _read_candidate(number: int, text: str, names: dict[str, str]) -> None:
    found = _CANDIDATE.fullmatch(text)
    if not found:
        raise FormatError(number, "후보 줄의 형식이 올바르지 않습니다.", "This candidate line is not well formed.")
    token = next(group for group in found.groups()[:3] if group is not None).strip()
    name = found[4].strip()
    names[token] = name[1:-1] if name.startswith("[") and name.endswith("]") else name or token
    check_options(number, len(names))


def _read_ballot(number: int, text: str, names: dict[str, str], box: BallotBox) -> None:
    counted = _COUNT.fullmatch(text)
    times, body = (read_count(number, counted[1]), counted[2]) if counted else (1, text)
    tiers: list[list[str]] = [[]]
    scores: dict[str, int] = {}
    has_commas, at = False, 0
    while at < len(body) and body[at] != "#":
        found = _MARK.match(body, at)
        if not found or found.end() == at:
            raise FormatError(number, f"'{body[at : at + 20]}'을(를) 읽을 수 없습니다.", f"Cannot read '{body[at : at + 20]}'.")
        token = next(group for group in found.groups()[:3] if group is not None).strip()
        names.setdefault(token, token)
        tiers[-1].append(token)
        if found[4] is not None:
            scores.setdefault(token, read_int(number, found[4]))
        at = found.end()
        if at < len(body) and body[at] in ">=,":
            has_commas |= body[at] == ","
            if body[at] == ">":
                tiers.append([])
            at += 1
        elif at < len(body) and body[at] != "#":
            raise FormatError(number, f"'{body[at : at + 20]}'을(를) 읽을 수 없습니다.", f"Cannot read '{body[at : at + 20]}'.")
    check_options(number, len(names) or 1)
    if has_commas:
        tiers = by_score(scores) if scores else [[token for tier in tiers for token in tier]]
    box.add(number, tiers, scores or None, times)


def by_score(scores: dict[str, int]) -> list[list[str]]:
    """Rank scored options from the highest score down; equal scores are ranked equally."""
    return [[option for option in scores if scores[option] == score] for score in sorted(set(scores.values()), reverse=True)]
