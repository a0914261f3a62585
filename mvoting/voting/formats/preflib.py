"""PrefLib orders: soc, soi (strict), toc, toi (with ties). Source: preflib.org, data format."""

import re
from collections.abc import Iterable, Iterator

from mvoting.voting.formats.election import (
    Ballot,
    BallotBox,
    CannotCarry,
    Election,
    FormatError,
    check_options,
    ended,
    read_count,
    unknown_option,
)
from mvoting.voting.formats.lines import Line

_HEADER = re.compile(r"([A-Z]+(?: [A-Z]+){0,9})(?: ([0-9]{1,6}))?")
_TIER = re.compile(r"\s*(?:\{([^{}]*)\}|([^,{}\s]+))\s*(?:,|$)")


def read(lines: Iterable[Line]) -> Election:
    """Read an order file; tiers in braces are ranked equally."""
    names: dict[str, str] = {}
    box, title, expected, number = BallotBox(), "", 0, 0
    for number, raw in lines:
        text = raw.strip()
        if not text:
            continue
        if not text.startswith("#"):
            _read_ballot(number, text, names, box)
            continue
        key, colon, value = text.removeprefix("#").partition(":")
        found = _HEADER.fullmatch(key.strip()) if colon else None
        if not found:
            continue
        if found[1] == "ALTERNATIVE NAME" and found[2]:
            names[str(int(found[2]))] = value.strip()
            check_options(number, len(names))
        elif found[1] == "TITLE":
            title = value.strip()
        elif found[1] == "NUMBER ALTERNATIVES":
            expected = read_count(number, value)
    if not names or (expected and expected != len(names)):
        raise (
            ended(number)
            if not names
            else FormatError(
                number,
                f"선택지 {expected}개 중 {len(names)}개의 이름만 있습니다.",
                f"{len(names)} of {expected} alternatives have a name.",
            )
        )
    return Election(names, box.ballots, title)


def write(election: Election, kind: str) -> Iterator[str]:
    """Write an order file, line by line. `kind` is soc, soi, toc or toi.

    Raises: CannotCarry for equal ranks in soc and soi, and for incomplete orders in soc and toc.
    """
    for ballot in election.ballots:
        if not ballot.ranking or (kind.endswith("c") and not _is_complete(ballot, election)):
            raise CannotCarry(f"{kind}에는 일부만 고른 순위를 쓸 수 없습니다.", f"{kind} cannot hold incomplete orders.")
        if kind.startswith("s") and any(len(tier) > 1 for tier in ballot.ranking):
            raise CannotCarry(
                f"{kind}에는 같은 순위를 쓸 수 없습니다. t{kind[1:]}를 쓰세요.",
                f"{kind} cannot hold equal ranks; use t{kind[1:]}.",
            )
    place = {option: str(index) for index, option in enumerate(election.names, start=1)}
    yield f"# TITLE: {election.title.replace(chr(10), ' ')}"
    yield f"# DATA TYPE: {kind}"
    yield f"# NUMBER ALTERNATIVES: {len(place)}"
    yield f"# NUMBER VOTERS: {sum(election.ballots.values())}"
    yield f"# NUMBER UNIQUE ORDERS: {len(election.ballots)}"
    for option, name in election.names.items():
        yield f"# ALTERNATIVE NAME {place[option]}: {name.replace(chr(10), ' ')}"
    for ballot, times in election.ballots.items():
        yield f"{times}: " + ",".join(_write_tier([place[option] for option in tier]) for tier in ballot.ranking)


def _write_tier(tier: list[str]) -> str:
    return tier[0] if len(tier) == 1 else "{" + ",".join(tier) + "}"


def _is_complete(ballot: Ballot, election: Election) -> bool:
    return sum(map(len, ballot.ranking)) == len(election.names)


def _read_ballot(number: int, text: str, names: dict[str, str], box: BallotBox) -> None:
    count, colon, order = text.partition(":")
    if not colon:
        raise FormatError(number, "'표 수: 순위' 형식이어야 합니다.", "The line must read 'count: order'.")
    tiers, at, order = [], 0, order.strip()
    while at < len(order):
        found = _TIER.match(order, at)
        if not found:
            raise FormatError(number, f"'{order[at : at + 20]}'을(를) 읽을 수 없습니다.", f"Cannot read '{order[at : at + 20]}'.")
        tokens = found[1].split(",") if found[1] is not None else [found[2]]
        tiers.append([_option(number, token.strip(), names) for token in tokens])
        at = found.end()
    box.add(number, tiers, None, read_count(number, count))


def _option(number: int, token: str, names: dict[str, str]) -> str:
    if token not in names:
        raise unknown_option(number, token)
    return token
