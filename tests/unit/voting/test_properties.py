"""What each method promises, on drawn elections, and other people's libraries on the same ballots."""

import itertools
from collections import Counter
from fractions import Fraction

import pyrankvote
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mvoting.voting.methods import registry
from mvoting.voting.methods.answers import freeze, invalid_reason, thaw
from mvoting.voting.methods.questions import answer_rules
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.methods.shares import _Market
from mvoting.voting.methods.types import CannotCount, Contest, TieBreak
from mvoting.voting.methods.words import say

drawn = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

OPTIONS = ("a", "b", "c", "d", "e")
LOT = TieBreak(OPTIONS)
strict = st.permutations(OPTIONS).flatmap(
    lambda order: st.integers(0, len(OPTIONS)).map(lambda n: tuple((o,) for o in order[:n]))
)
times = st.integers(1, 30)
strict_elections = st.dictionaries(strict, times, min_size=1, max_size=12)


@st.composite
def weak_orders(draw):
    order = draw(st.permutations(OPTIONS))[: draw(st.integers(0, len(OPTIONS)))]
    tiers, left = [], list(order)
    while left:
        size = draw(st.integers(1, len(left)))
        tiers.append(tuple(sorted(left[:size])))
        left = left[size:]
    return tuple(tiers)


weak_elections = st.dictionaries(weak_orders(), times, min_size=1, max_size=12)
score_ballots = st.dictionaries(st.sampled_from(OPTIONS), st.integers(0, 5)).map(lambda scores: tuple(sorted(scores.items())))
score_elections = st.dictionaries(score_ballots, times, min_size=1, max_size=12)

approvals = st.dictionaries(
    st.lists(st.sampled_from(OPTIONS), unique=True).map(lambda chosen: tuple(sorted(chosen))), times, min_size=1, max_size=10
)


def count(method, ballots, *, seats=1, options=OPTIONS, **more):
    return registry.count(method, ballots, Contest(options, seats, **more), TieBreak(options))


def prefers(ballots, one, other):
    def rank(ranking, option):
        return next((place for place, tier in enumerate(ranking) if option in tier), len(ranking))

    return sum(n for ranking, n in ballots.items() if rank(ranking, one) < rank(ranking, other))


def first_choice_majority(ballots):
    firsts = Counter()
    for ranking, n in ballots.items():
        if ranking and len(ranking[0]) == 1:
            firsts[ranking[0][0]] += n
    counted = sum(n for ranking, n in ballots.items() if ranking)
    return next((option for option, n in firsts.items() if 2 * n > counted), None)


def condorcet_winner(ballots):
    for one in OPTIONS:
        if all(prefers(ballots, one, other) > prefers(ballots, other, one) for other in OPTIONS if other != one):
            return one
    return None


@pytest.mark.parametrize("method", ["irv", "schulze"])
@drawn
@given(ballots=weak_elections)
def test_a_majority_of_first_choices_wins(method, ballots):
    favourite = first_choice_majority(ballots)
    assume(favourite)
    assert count(method, ballots).winners == (favourite,)


@drawn
@given(ballots=weak_elections)
def test_schulze_elects_the_condorcet_winner_and_never_the_loser(ballots):
    winner = condorcet_winner(ballots)
    elected = count("schulze", ballots).winners
    if winner:
        assert elected == (winner,)
    for loser in elected:
        assert any(prefers(ballots, loser, other) >= prefers(ballots, other, loser) for other in OPTIONS if other != loser)


@drawn
@given(ballots=weak_elections)
def test_schulze_by_its_definition(ballots):
    """The order agrees with strongest paths found by trying every path."""
    wins = {(a, b): prefers(ballots, a, b) for a in OPTIONS for b in OPTIONS if a != b}
    links = {pair: votes if votes > wins[pair[::-1]] else 0 for pair, votes in wins.items()}

    def strength(a, b):
        middles = [o for o in OPTIONS if o not in (a, b)]
        paths = itertools.chain.from_iterable(itertools.permutations(middles, n) for n in range(len(middles) + 1))
        return max(min(links[step] for step in itertools.pairwise((a, *path, b))) for path in paths)

    result = count("schulze", ballots, seats=len(OPTIONS))
    for higher, lower in itertools.combinations(result.winners, 2):
        assert strength(higher, lower) >= strength(lower, higher)


@pytest.mark.parametrize("method", ["schulze", "borda"])
@drawn
@given(ballots=strict_elections, data=st.data())
def test_raising_the_winner_keeps_it_the_winner(method, ballots, data):
    [winner] = count(method, ballots).winners or ("a",)
    assume(count(method, ballots).winners)
    ranking = data.draw(st.sampled_from([r for r in ballots if r]))
    raised = ((winner,), *(tier for tier in ranking if tier != (winner,)))
    changed = Counter(ballots)
    changed[raised] += changed.pop(ranking)
    assert count(method, changed).winners == (winner,)


def cloned(ballots, option, data):
    """Put "z" beside an option on every ballot that ranks it, now before and now behind it."""
    more = Counter()
    for ranking, n in ballots.items():
        pair = data.draw(st.permutations((option, "z")))
        more[tuple((o,) for tier in ranking for o in (pair if tier == (option,) else tier))] += n
    return more


@pytest.mark.parametrize("method", ["irv", "stv", "schulze"])
@drawn
@given(ballots=strict_elections, option=st.sampled_from(OPTIONS), data=st.data())
def test_a_clone_neither_helps_nor_harms(method, ballots, option, data):
    """Independence of clones (Tideman 1987 for the runoff, of which STV with one seat is one; Schulze 2011)."""
    before, after = count(method, ballots), count(method, cloned(ballots, option, data), options=(*OPTIONS, "z"))
    assume(before.winners and not any(closed.ties for closed in (*before.rounds, *after.rounds)))
    assert before.winners == after.winners or {*before.winners, *after.winners} == {option, "z"}


@drawn
@given(ballots=strict_elections)
def test_a_clone_of_a_loser_ranked_alike_does_not_change_schulzes_winner(ballots):
    elected = count("schulze", ballots)
    assume(elected.winners and not elected.rounds[0].ties)
    loser = next(option for option in OPTIONS if option not in elected.winners)
    alike = {tuple((loser, "z") if tier == (loser,) else tier for tier in ranking): n for ranking, n in ballots.items()}
    assert count("schulze", alike, options=(*OPTIONS, "z")).winners == elected.winners


@drawn
@given(chosen=approvals, scored=score_elections, option=st.sampled_from(OPTIONS))
def test_a_clone_marked_alike_changes_nothing_where_marks_are_added(chosen, scored, option):
    ballots = {
        "approval": {(*answer, "z") if option in answer else answer: n for answer, n in chosen.items()},
        "score": {(*marks, ("z", dict(marks)[option])) if option in dict(marks) else marks: n for marks, n in scored.items()},
    }
    for method, before in (("approval", chosen), ("score", scored)):
        first = count(method, before)
        assume(first.winners and not any(closed.ties for closed in first.rounds))
        again = count(method, ballots[method], options=(*OPTIONS, "z"))
        assert again.winners == first.winners or {*again.winners, *first.winners} == {option, "z"}


@pytest.mark.parametrize(
    ("method", "before", "after"),
    [
        # A clone splits the votes of its like, or teams up with it: what the methods above promise is no matter of course.
        ("plurality", {("a",): 55, ("b",): 45}, {("a",): 28, ("z",): 27, ("b",): 45}),
        ("borda", {(("b",), ("a",)): 60, (("a",), ("b",)): 40}, {(("b",), ("a",), ("z",)): 60, (("a",), ("z",), ("b",)): 40}),
    ],
)
def test_other_methods_can_be_swayed_by_a_clone(method, before, after):
    first, again = count(method, before, options=("a", "b")), count(method, after, options=("a", "b", "z"))
    assert [*first.winners, *again.winners] in (["a", "b"], ["b", "a"])


@drawn
@given(ballots=strict_elections, seats=st.integers(1, 4))
def test_stv_fills_its_seats_and_loses_no_vote(ballots, seats):
    result = count("stv", ballots, seats=seats)
    everyone = sum(ballots.values())
    if all(not ranking for ranking in ballots):
        assert result.winners == ()
        return
    assert len(result.winners) == len(set(result.winners)) == seats
    for closed in result.rounds:
        assert sum(closed.totals.values()) + closed.exhausted + closed.rounding == everyone
        assert closed.rounding >= 0
    assert sum(len(closed.elected) for closed in result.rounds) == seats


@drawn
@given(ballots=strict_elections, seats=st.integers(1, 3), data=st.data())
def test_stv_is_proportional_for_solid_coalitions(ballots, seats, data):
    """Voters who fill k quotas and rank one set of options first get min(k, size of the set) of them (Droop, 1869)."""
    ballots = {ranking: n for ranking, n in ballots.items() if ranking}
    assume(ballots)
    result = count("stv", ballots, seats=seats)
    group = set(data.draw(st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=4, unique=True)))
    solid = sum(
        n for ranking, n in ballots.items() if {tier[0] for tier in ranking[: len(group)]} == group and len(ranking) >= len(group)
    )
    # Each transfer cuts less than 0.00001 of every ballot.
    deserved = int(Fraction(solid) // Fraction(result.quota))
    assert len(group & set(result.winners)) >= min(deserved, len(group), seats)


@drawn
@given(ballots=strict_elections)
def test_irv_beside_pyrankvote(ballots):
    ours = count("irv", ballots)
    assume(ours.winners and not any(closed.ties for closed in ours.rounds))
    candidates = {option: pyrankvote.Candidate(option) for option in OPTIONS}
    theirs = pyrankvote.instant_runoff_voting(
        list(candidates.values()),
        [
            pyrankvote.Ballot([candidates[tier[0]] for tier in ranking])
            for ranking, n in ballots.items()
            for _ in range(n)
            if ranking
        ],
    )
    # Without a majority of all ballots pyrankvote goes on to the last two; the winner is the same.
    assert [winner.name for winner in theirs.get_winners()] == list(ours.winners)


@drawn
@given(ballots=strict_elections)
def test_irv_and_stv_agree_on_one_seat(ballots):
    irv, stv = count("irv", ballots), count("stv", ballots)
    assume(not any(closed.ties for closed in (*irv.rounds, *stv.rounds)))
    assert irv.winners == stv.winners


@drawn
@given(ballots=score_elections)
def test_star_takes_the_preferred_of_the_two_highest(ballots):
    result = count("star", ballots)
    assume(result.winners and not any(closed.ties for closed in result.rounds))
    sums = {o: sum(dict(scores).get(o, 0) * n for scores, n in ballots.items()) for o in OPTIONS}
    assert dict(result.rounds[0].totals) == sums
    best = sorted(OPTIONS, key=lambda option: -sums[option])[:2]
    preferred = [
        sum(n for scores, n in ballots.items() if dict(scores).get(a, 0) > dict(scores).get(b, 0)) for a, b in (best, best[::-1])
    ]
    assert result.winners[0] == best[preferred.index(max(preferred))]
    assert count("score", ballots).winners[0] == best[0]


@drawn
@given(ballots=weak_elections)
def test_borda_gives_out_the_same_points_on_every_ballot(ballots):
    points = sum(count("borda", ballots).rounds[0].totals.values())
    marked = sum(n for ranking, n in ballots.items() if ranking)
    assert points == marked * len(OPTIONS) * (len(OPTIONS) - 1) // 2


budgets = st.fixed_dictionaries({option: st.integers(1, 60) for option in OPTIONS})


@pytest.mark.parametrize("method", ["budget_greedy", "budget_equal_shares"])
@drawn
@given(ballots=approvals, costs=budgets, budget=st.integers(1, 200))
def test_budgets_are_kept_and_every_project_has_its_reason(method, ballots, costs, budget):
    result = count(method, ballots, costs=costs, budget=budget)
    assert sum(costs[option] for option in result.winners) <= budget
    assert sorted(funding.option for funding in result.fundings) == sorted(OPTIONS)
    for funding in result.fundings:
        assert funding.is_funded == (funding.reason == "funded") == (funding.option in result.winners)
        if funding.reason == "too_costly":
            assert funding.cost > funding.left
    if method == "budget_greedy":
        assert not any(f.reason == "share" for f in result.fundings)


@drawn
@given(ballots=approvals, costs=budgets, share=st.integers(1, 120))
def test_equal_shares_by_floats_and_by_fractions_buy_the_same(ballots, costs, share):
    market = _Market(ballots, Contest(OPTIONS, costs=costs, budget=100), LOT, 1)
    assert market.buy(share) == market.buy_exactly(share)


@drawn
@given(ballots=approvals, costs=budgets, budget=st.integers(10, 200))
def test_equal_shares_is_just_to_cohesive_groups(ballots, costs, budget):
    """A group that approves a project in common and holds its cost together gets something (EJR for one project)."""
    result = count("budget_equal_shares", ballots, costs=costs, budget=budget)
    voters = sum(n for answer, n in ballots.items() if answer)
    for option in OPTIONS:
        group = {answer: n for answer, n in ballots.items() if option in answer}
        if group and Fraction(budget // voters * sum(group.values())) >= costs[option]:
            assert any(set(answer) & set(result.winners) for answer in group)


@drawn
@given(
    ballots=st.dictionaries(st.lists(st.sampled_from(OPTIONS), unique=True).map(tuple), times, min_size=1),
    seats=st.integers(1, 5),
)
def test_choices_are_added_up(ballots, seats):
    ballots = {tuple(sorted(answer)): n for answer, n in ballots.items()}
    result = count("approval", ballots, seats=seats)
    totals = Counter(option for answer, n in ballots.items() for option in answer for _ in range(n))
    assert all(result.rounds[0].totals[option] == totals[option] for option in OPTIONS)
    losers = [totals[o] for o in OPTIONS if o not in result.winners]
    assert not result.winners or not losers or min(totals[o] for o in result.winners) >= max(losers)


@pytest.mark.parametrize("method", list(METHODS))
@drawn
@given(data=st.data())
def test_every_result_is_explained_in_both_languages(method, data):
    kind = METHODS[method].answers[0]
    ballots = data.draw({"ranking": strict_elections, "scores": score_elections, "choice": approvals}[kind])
    if method == "plurality":
        ballots = {answer[:1]: n for answer, n in ballots.items()}
    costs = dict.fromkeys(OPTIONS, 7)
    result = count(method, ballots, costs=costs, budget=20, seats=1 if METHODS[method].one_seat else 2)
    names = dict(zip(OPTIONS, ("나무", "숲", "서울", "Café", "제3안"), strict=True))
    for closed in result.rounds:
        assert closed.sentences
        for sentence in closed.sentences:
            for language in ("ko", "en"):
                text = say(sentence, names, language)
                assert "{" not in text
                assert text[-1] == "."


def test_korean_particles():
    from mvoting.voting.methods.types import Sentence

    said = {
        name: say(Sentence("tie-lot", ("a",), (), ("a",)), {"a": name}, "ko")
        for name in ("나무", "숲", "서울", "1안", "제2", "B")
    }
    assert [text.split("결과 ")[1].split(" ")[0] for text in said.values()] == [
        "나무로",
        "숲으로",
        "서울로",
        "1안으로",
        "제2로",
        "B으로(로)",
    ]


@drawn
@given(ballots=strict_elections, order=st.permutations(OPTIONS))
def test_the_order_of_ballots_changes_nothing(ballots, order):
    turned = dict(reversed(ballots.items()))
    for method in ("irv", "stv", "schulze", "borda"):
        assert count(method, ballots) == count(method, turned)


@pytest.mark.parametrize("method", list(METHODS))
@drawn
@given(
    answer=st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(OPTIONS),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
        max_leaves=8,
    )
)
def test_answers_that_pass_the_door_can_be_counted(method, answer):
    options = [{"id": option, "title": {"ko": option}, "cost": 5} for option in OPTIONS]
    rules = answer_rules({"method": method, "options": options})
    if invalid_reason(answer, rules) is None:
        frozen = freeze(answer)
        assert freeze(thaw(frozen)) == frozen
        assert count(method, {frozen: 1}, costs=dict.fromkeys(OPTIONS, 5), budget=5).ballots == 1


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        ("plurality", ["a", "b"], "too-many"),
        ("plurality", [["a"]], "shape"),
        ("multiple", ["a", "a"], "twice"),
        ("approval", ["z"], "unknown-option"),
        ("irv", [["a", "b"]], "equal-ranks"),
        ("schulze", [["a", "b"], []], "shape"),
        ("score", {"a": 6}, "score"),
        ("score", {"a": True}, "shape"),
        ("score", {}, "shape"),
        ("stv", {"a": 1}, "shape"),
        ("budget_greedy", {"a": 1}, "shape"),
    ],
)
def test_answers_that_do_not_pass(method, answer, reason):
    options = [{"id": option, "title": {"ko": option}, "cost": 5} for option in OPTIONS]
    assert invalid_reason(answer, answer_rules({"method": method, "options": options})) == reason


@pytest.mark.parametrize(
    ("method", "ballots", "more"),
    [
        ("irv", {("a",): 1}, {}),
        ("borda", {(("z",),): 1}, {}),
        ("approval", {("z",): 1}, {}),
        ("stv", {(("a",), ("b",), ("c",), ("d",), ("e",), ("a",)): 1}, {}),
        ("budget_greedy", {("a",): 1}, {}),
        ("budget_equal_shares", {(("a", 3),): 1}, {"costs": dict.fromkeys(OPTIONS, 1), "budget": 3}),
        ("nonsense", {}, {}),
        ("stv", {}, {"seats": 0}),
    ],
)
def test_contests_that_do_not_fit_are_refused(method, ballots, more):
    with pytest.raises(CannotCount) as refused:
        count(method, ballots, **more)
    assert refused.value.ko
    assert refused.value.en
