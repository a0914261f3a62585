"""How long a million ballots take from the database to the published result, and the pure counts beside another library."""

import itertools
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from mvoting.core.clock import now
from mvoting.stack.temporary import temporary_app
from mvoting.voting.methods import registry
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.methods.types import Contest, TieBreak
from tests.load.runner import Bench

BALLOTS = 1_000_000
ORACLE_BALLOTS = 20_000
OPTIONS = tuple(f"o{n}" for n in range(1, 9))
SEED = 20261122
ENTRIES_A_BATCH = 1_000
SETTINGS: dict[str, dict[str, Any]] = {
    "plurality": {},
    "multiple": {"max_choices": 3, "seats": 3},
    "approval": {},
    "score": {},
    "star": {},
    "borda": {},
    "irv": {},
    "stv": {"seats": 3},
    "schulze": {},
    "budget_greedy": {"budget": 1_000_000},
    "budget_equal_shares": {"budget": 1_000_000},
}


def run(bench: Bench) -> None:
    """Measure the tally of each method, its memory, and the pure counts."""
    with temporary_app():
        for method in METHODS:
            seconds, megabytes = tally(bench, method)
            bench.record(f"tally.{method}_1m_s", seconds, "s")
            bench.record(f"tally.{method}_1m_growth", megabytes, "MB")
    pure_counts(bench)


def tally(bench: Bench, method: str) -> tuple[float, float]:
    """Put a million ballots of a closed poll on its board, then time count and publication."""
    from mvoting.core.database import database
    from mvoting.voting.polls import services as polls
    from mvoting.voting.tally import services

    bench.say(f"{method}: {BALLOTS:,} ballots into the database")
    question = {
        "id": "q1",
        "title": {"ko": "질문"},
        "method": method,
        "seats": 1,
        "options": [{"id": o, "title": {"ko": o}, **costs(method, n)} for n, o in enumerate(OPTIONS, 1)],
        **SETTINGS[method],
    }
    content = {"title": {"ko": "백만 표"}, "secrecy": "open", "figures": "after_closing", "changeable": True, "k": 20}
    content |= {"audience": {"kind": "everyone"}, "questions": [question]}
    poll = polls.create_poll(content, now(), now() + timedelta(days=1), {"kind": "staff", "id": "bench"}, now=now())
    insert_board(poll, drawn_answers(method))
    closed = {"state": "closed", "closes_at": now() - timedelta(minutes=1), "final_head_at": now()}
    database().polls.update_one({"_id": poll["_id"]}, {"$set": closed})
    polls._facts.clear()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    assert services.tally_poll(poll["_id"], now=now())
    seconds = time.perf_counter() - began
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    result = database().polls.find_one({"_id": poll["_id"]})["result"]
    assert (result["ballots"], result["invalid"]) == (BALLOTS, 0)
    database().board_batches.delete_many({"poll": poll["_id"]})
    return seconds, growth


def costs(method: str, place: int) -> dict[str, int]:
    """Give an option its cost, where the method asks for one."""
    return {"cost": 100_000 + 37_000 * place} if METHODS[method].needs_costs else {}


def drawn_answers(method: str) -> Iterator[Any]:
    """Draw answers with a fixed seed; rankings from all 109,600 partial orders of eight options."""
    draw = random.Random(SEED)
    kind = METHODS[method].answers[0]
    if kind == "ranking":
        orders = [[[o] for o in order] for size in range(1, 9) for order in itertools.permutations(OPTIONS, size)]
        assert len(orders) == 109_600
        return (draw.choice(orders) for _ in range(BALLOTS))
    if kind == "scores":
        return ({o: draw.randrange(6) for o in OPTIONS} for _ in range(BALLOTS))
    most = {"plurality": 1, "multiple": 3}.get(method, len(OPTIONS))
    return (draw.sample(OPTIONS, draw.randint(1, most)) for _ in range(BALLOTS))


def insert_board(poll: dict[str, Any], answers: Iterator[Any]) -> None:
    """Put ballots on the board as the sequencer does, without casting each."""
    from mvoting.voting.ballots.leaf import open_leaf
    from mvoting.voting.board import sequencer
    from mvoting.voting.polls.services import facts_of

    definition_hash, encode = bytes.fromhex(poll["definition_hash"]), msgspec.json.Encoder(order="deterministic").encode
    counter = itertools.count()
    number, first = 0, 0
    while chunk := list(itertools.islice(answers, ENTRIES_A_BATCH)):
        entries = []
        for answer in chunk:
            content, nonce = encode({"q1": answer}), sha256(next(counter).to_bytes(8, "big")).digest()[:16]
            entries.append({"leaf": open_leaf(definition_hash, content, nonce), "content": content, "nonce": nonce})
        first += len(entries)
        is_final = int(first == BALLOTS)
        batch = {"poll": poll["_id"], "number": number, "first": first - len(entries), "size": first, "entries": entries}
        batch |= {"_id": f"{poll['_id']}:{number:08d}", "ballots": first, "is_final": is_final, "taken": []}
        sequencer.batches().insert_one(batch)
        sequencer._finish(facts_of(poll), batch)
        number += 1


def pure_counts(bench: Bench) -> None:
    """Time the counts alone on patterns, and IRV beside pyrankvote on the same ballots."""
    draw = random.Random(SEED)
    orders = [tuple((o,) for o in order) for size in range(1, 9) for order in itertools.permutations(OPTIONS, size)]
    patterns = Counter(draw.choice(orders) for _ in range(BALLOTS))
    lot = TieBreak(OPTIONS)
    for method, seats in (("irv", 1), ("stv", 3), ("schulze", 1), ("borda", 1)):
        rounds = []
        for _ in range(3):
            began = time.process_time()
            registry.count(method, patterns, Contest(OPTIONS, seats), lot)
            rounds.append(time.process_time() - began)
        bench.record_rounds(f"tally.{method}_patterns_s", rounds, "s")
    beside_pyrankvote(bench, orders, draw)
    equal_shares(bench, draw)


def beside_pyrankvote(bench: Bench, orders: list[Any], draw: random.Random) -> None:
    """Time IRV here and in pyrankvote on the same ballots, by turns."""
    import pyrankvote

    chosen = [draw.choice(orders) for _ in range(ORACLE_BALLOTS)]
    candidates = {o: pyrankvote.Candidate(o) for o in OPTIONS}
    theirs = [pyrankvote.Ballot([candidates[tier[0]] for tier in order]) for order in chosen]
    ratios = []
    for _ in range(3):
        began = time.process_time()
        ours = registry.count("irv", Counter(chosen), Contest(OPTIONS), TieBreak(OPTIONS))
        middle = time.process_time()
        other = pyrankvote.instant_runoff_voting(list(candidates.values()), theirs)
        ratios.append((time.process_time() - middle) / (middle - began))
        assert other.get_winners()[0].name == ours.winners[0]
    bench.record_rounds("tally.irv_times_faster_than_pyrankvote", ratios, "ratio")


def equal_shares(bench: Bench, draw: random.Random) -> None:
    """Time equal shares with budget increase on 50 projects and 100,000 voters."""
    projects = tuple(f"p{n}" for n in range(50))
    contest = Contest(projects, costs={p: draw.randint(5_000, 120_000) for p in projects}, budget=1_000_000)
    patterns = Counter(tuple(sorted(draw.sample(projects, draw.randint(1, 8)))) for _ in range(100_000))
    rounds = []
    for _ in range(3):
        began = time.process_time()
        registry.count("budget_equal_shares", patterns, contest, TieBreak(projects))
        rounds.append(time.process_time() - began)
    bench.record_rounds("tally.equal_shares_50x100k_s", rounds, "s")
