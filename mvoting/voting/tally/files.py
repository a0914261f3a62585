"""Counting an election file directly."""

from collections import Counter
from dataclasses import replace

from mvoting.voting.formats.election import Election, FormatError
from mvoting.voting.methods import registry
from mvoting.voting.methods.registry import METHODS, AnswerKind
from mvoting.voting.methods.types import Answer, Contest, CountResult, Round, Sentence, TieBreak


def count_file(election: Election, method: str, *, seats: int | None = None, seed: bytes | None = None) -> CountResult:
    """Count an election file by a method; the result names options by their names in the file.

    seats: instead of the file's own number. seed: draws the lot; without one it falls in ballot order.

    Raises: FormatError when the file lacks what the method needs, CannotCount when the contest does not fit.
    """
    names = election.names
    ballots = patterns(election, method)
    scores = [score for answer in ballots for entry in answer if isinstance(entry[-1], int) for score in (entry[-1],)]
    contest = Contest(
        options=tuple(names),
        seats=seats or election.seats or 1,
        max_score=max(scores, default=0),
        costs=election.costs,
        budget=election.budget,
    )
    tie_break = TieBreak(contest.options) if seed is None else TieBreak.from_seed(seed, contest.options)
    return registry.count(method, ballots, contest, tie_break)


def display_names(election: Election) -> dict[str, str]:
    """Give each option a name that no other option has: where names repeat, the id follows in brackets."""
    times = Counter(election.names.values())
    return {option: name if times[name] == 1 else f"{name} [{option}]" for option, name in election.names.items()}


def named(result: CountResult, names: dict[str, str]) -> CountResult:
    """Replace option ids by names throughout a result."""

    def all_of(options: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names[option] for option in options)

    def sentence(said: Sentence) -> Sentence:
        return replace(said, options=all_of(said.options), others=all_of(said.others))

    def closed(one: Round) -> Round:
        return replace(
            one,
            totals={names[option]: votes for option, votes in one.totals.items()},
            elected=all_of(one.elected),
            eliminated=all_of(one.eliminated),
            ties=tuple(replace(tie, between=all_of(tie.between), drawn=names[tie.drawn]) for tie in one.ties),
            sentences=tuple(map(sentence, one.sentences)),
        )

    return replace(
        result,
        winners=all_of(result.winners),
        rounds=tuple(map(closed, result.rounds)),
        fundings=tuple(replace(funding, option=names[funding.option]) for funding in result.fundings),
        ranking=tuple(map(all_of, result.ranking)),
    )


def patterns(election: Election, method: str) -> Counter[Answer]:
    """Give a file's ballots in the form that a method counts.

    Raises: FormatError when the file lacks it.
    """
    answers = METHODS[method].answers
    if method == "plurality":
        return election.first_choices()
    if AnswerKind.RANKING in answers:
        return election.rankings()
    if AnswerKind.CHOICE not in answers:
        return election.scores()
    if AnswerKind.SCORES in answers and any(ballot.scores is not None for ballot in election.ballots):
        return election.scores()
    if any(ballot.scores is not None and any(score < 0 for _, score in ballot.scores) for ballot in election.ballots):
        raise FormatError(0, "0보다 작은 점수가 있습니다.", "There are scores below 0.")
    return election.choices()
