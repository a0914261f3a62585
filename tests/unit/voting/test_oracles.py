"""Other people's libraries on the same ballots: starvote (STAR), pabutools (equal shares); pyrankvote is in test_properties.

STV has no such oracle: pyrankvote transfers by another rule than the Scottish one, whose published reports are the proof
(test_reference_elections). votekit is not among them: its numba asks for another numpy than the product runs on.
"""

from fractions import Fraction

import starvote
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pabutools.election import ApprovalBallot, ApprovalProfile, Cost_Sat, Instance, Project
from pabutools.rules import method_of_equal_shares
from pabutools.tiebreaking import TieBreakingRule

from mvoting.voting.methods import registry
from mvoting.voting.methods.shares import _Market
from mvoting.voting.methods.types import Contest, TieBreak

drawn = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
OPTIONS = ("a", "b", "c", "d", "e", "f")
LOT = TieBreak(OPTIONS)
times = st.integers(1, 30)
scores = st.dictionaries(st.sampled_from(OPTIONS), st.integers(0, 5), min_size=1).map(lambda given: tuple(sorted(given.items())))
approvals = st.sets(st.sampled_from(OPTIONS), min_size=1).map(lambda chosen: tuple(sorted(chosen)))


@drawn
@given(ballots=st.dictionaries(scores, times, min_size=1, max_size=12))
def test_star_beside_starvote(ballots):
    ours = registry.count("star", ballots, Contest(OPTIONS), LOT)
    assume(ours.winners and not any(closed.ties for closed in ours.rounds))
    theirs = [{option: dict(given).get(option, 0) for option in OPTIONS} for given, n in ballots.items() for _ in range(n)]
    assert starvote.star_voting(theirs) == list(ours.winners)


@drawn
@given(
    ballots=st.dictionaries(approvals, times, min_size=1, max_size=12),
    costs=st.fixed_dictionaries({option: st.integers(1, 60) for option in OPTIONS}),
    budget=st.integers(1, 150),
)
def test_equal_shares_beside_pabutools(ballots, costs, budget):
    """What one share buys: the rule of a single budget, which the increase repeats."""
    voters = sum(ballots.values())
    market = _Market(ballots, Contest(OPTIONS, costs=costs, budget=budget), LOT, 1)
    share = Fraction(budget, voters)
    bought = {OPTIONS[project] for project in market.buy_exactly(share)}
    projects = {option: Project(option, cost) for option, cost in costs.items()}
    votes = {option: sum(n for chosen, n in ballots.items() if option in chosen) for option in OPTIONS}
    place = {o: at for at, o in enumerate(sorted(OPTIONS, key=lambda option: (-votes[option], costs[option], option)))}
    profile = ApprovalProfile([ApprovalBallot([projects[o] for o in chosen]) for chosen, n in ballots.items() for _ in range(n)])
    theirs = method_of_equal_shares(
        Instance(projects.values(), budget_limit=budget),
        profile,
        sat_class=Cost_Sat,
        tie_breaking=TieBreakingRule(lambda instance, profile, project: place[project.name]),
    )
    assert {project.name for project in theirs} == bought
