"""BLT, the format of OpenSTV and OpaVote. Source: OpaVote help, BLT file format."""

import re
from collections.abc import Iterable, Iterator

from mvoting.voting.formats.election import BallotBox, Election, FormatError, check_options, ended, read_count
from mvoting.voting.formats.lines import Line

# Possessive, and matched piece after piece: a line of nothing but quotes must not be searched from each of them to its end.
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*+)"\s*')


def read(lines: Iterable[Line]) -> Election:
    """Read a BLT file; equal ranks are joined by `=`, withdrawn candidates leave every ballot."""
    content = ((number, text) for number, raw in lines if (text := _strip_comment(raw)))
    number, header = next(content, (0, ""))
    candidates, seats = _read_header(number, header)
    box, withdrawn = BallotBox(), set()
    for number, text in content:
        if text == "0":
            break
        if text.startswith("-"):
            withdrawn |= {_candidate(number, token.removeprefix("-"), candidates) for token in text.split()}
            continue
        _read_ballot(number, text, candidates, withdrawn, box)
    else:
        raise ended(number)
    names, number = _read_strings(content, number)
    if len(names) < candidates:
        raise FormatError(
            number, f"후보 이름 {candidates}개 중 {len(names)}개만 있습니다.", f"{len(names)} of {candidates} names given."
        )
    options = {str(n): names[n - 1] for n in range(1, candidates + 1) if str(n) not in withdrawn}
    check_options(number, len(options))
    return Election(options, box.ballots, names[candidates] if len(names) > candidates else "", seats)


def write(election: Election) -> Iterator[str]:
    """Write a BLT file, line by line."""
    place = {option: str(index) for index, option in enumerate(election.names, start=1)}
    yield f"{len(place)} {election.seats or 1}"
    for ballot, times in election.ballots.items():
        tiers = ["=".join(place[option] for option in tier) for tier in ballot.ranking]
        yield " ".join([str(times), *tiers, "0"])
    yield "0"
    for text in (*election.names.values(), election.title):
        yield '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _strip_comment(raw: str) -> str:
    text = raw.strip()
    return text if '"' in text else text.partition("#")[0].strip()


def _read_header(number: int, header: str) -> tuple[int, int]:
    tokens = header.split()
    if len(tokens) != 2 or not all(token.isascii() and token.isdigit() and len(token) < 6 for token in tokens):
        raise FormatError(
            number, "첫 줄에는 후보 수와 뽑을 수가 있어야 합니다.", "The first line must give candidates and seats."
        )
    candidates, seats = map(int, tokens)
    check_options(number, candidates)
    if not seats >= 1:
        raise FormatError(number, "뽑을 수는 1 이상이어야 합니다.", "There must be at least one seat.")
    return candidates, seats


def _read_ballot(number: int, text: str, candidates: int, withdrawn: set[str], box: BallotBox) -> None:
    tokens = re.sub(r"^\([^)]*\)", "", text).split()
    if not tokens or tokens[-1] != "0":
        raise FormatError(number, "투표지 줄은 0으로 끝나야 합니다.", "A ballot line must end with 0.")
    if len(tokens) == 1:
        raise FormatError(number, "투표지 수가 없습니다.", "The line does not say how many ballots.")
    marks = [token for token in tokens[1:-1] if token != "-"]  # a mark of the format, no secret  # nosec B105
    tiers = [[_candidate(number, name, candidates) for name in mark.split("=")] for mark in marks]
    kept = [[option for option in tier if option not in withdrawn] for tier in tiers]
    box.add(number, kept, None, read_count(number, tokens[0]))


def _candidate(number: int, token: str, candidates: int) -> str:
    if not (token.isascii() and token.isdigit()) or len(token) > 6 or not 1 <= int(token) <= candidates:
        raise FormatError(number, f"후보 번호 '{token[:40]}'이(가) 없습니다.", f"There is no candidate '{token[:40]}'.")
    return str(int(token))


def _read_strings(content: Iterator[Line], number: int) -> tuple[list[str], int]:
    names: list[str] = []
    for number, text in content:
        at = 0
        while at < len(text):
            found = _QUOTED.match(text, at)
            if not found:
                raise FormatError(number, "이름은 큰따옴표 안에 있어야 합니다.", "A name must stand in double quotes.")
            names.append(" ".join(re.sub(r"\\(.)", r"\1", found[1]).split()))
            at = found.end()
            if len(names) > 2_000:
                raise FormatError(number, "이름이 너무 많습니다.", "There are too many names.")
    return names, number
