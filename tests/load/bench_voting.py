"""How long a million ballots take from the database to the published result, and the pure counts beside other libraries.

BENCH_SCALE makes all of it smaller, for trying out; the names of the figures stay those of the full size.
"""

import ctypes
import gc
import io
import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mvoting.core.clock import now
from mvoting.stack.temporary import temporary_app
from mvoting.voting.methods import registry
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.methods.shares import one_share
from mvoting.voting.methods.types import Contest, TieBreak
from tests.load.runner import Bench

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
BALLOTS = int(1_000_000 * SCALE)
ORACLE_BALLOTS = int(20_000 * SCALE)
ROLL_ROWS = int(200_000 * SCALE)
BUDGET_VOTERS, ORACLE_VOTERS = int(100_000 * SCALE), int(5_000 * SCALE)
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
    """Measure the tally of each method, its memory, the pure counts, and the reading of a roll."""
    with temporary_app():
        for method in METHODS:
            wall, cpu, megabytes = tally(bench, method, BALLOTS)
            bench.record(f"tally.{method}_1m_s", wall, "s")
            bench.record(f"tally.{method}_1m_cpu_s", cpu, "s")
            bench.record(f"tally.{method}_1m_growth", megabytes, "MB")
        # The same method with a quarter of the ballots: memory is flat where this is no less.
        for method in ("plurality", "score", "stv"):
            bench.record(f"tally.{method}_250k_growth", tally(bench, method, BALLOTS // 4)[2], "MB")
        roll(bench)
    pure_counts(bench)


def tally(bench: Bench, method: str, ballots: int) -> tuple[float, float, float]:
    """Put the ballots of a closed poll on its board, then measure count and publication.

    Returns: seconds, of this process's CPU too (the database works beside it), and by how many MB this process grew.
    """
    from mvoting.core.database import database
    from mvoting.voting.polls import services as polls
    from mvoting.voting.tally import services

    bench.say(f"{method}: {ballots:,} ballots into the database")
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
    insert_board(poll, itertools.islice(drawn_answers(method), ballots), ballots)
    closed = {"state": "closed", "closes_at": now() - timedelta(minutes=1), "final_head_at": now()}
    database().polls.update_one({"_id": poll["_id"]}, {"$set": closed})
    polls.forget_facts()
    resident = forget_peak()
    began, cpu = time.perf_counter(), time.process_time()
    assert services.tally_poll(poll["_id"], now=now())
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    grown = memory("VmHWM") - resident
    result = database().polls.find_one({"_id": poll["_id"]})["result"]
    assert (result["ballots"], result["invalid"]) == (ballots, 0)
    database().board_batches.delete_many({"poll": poll["_id"]})
    return wall, cpu, grown


def forget_peak() -> float:
    """Give back what this process no longer uses and begin its peak anew. Returns: MB in use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(kind: str) -> float:
    """Give this process's memory in MB: VmRSS now, VmHWM at its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def roll(bench: Bench) -> None:
    """Read a roll of 200,000 rows, among them repeated and broken ones, as the worker does: .csv in CP949, and .xlsx."""
    import openpyxl

    from mvoting.core.database import database
    from mvoting.voting.polls import rolls
    from mvoting.voting.polls import services as polls

    numbers = [f"010-{n // 10_000:04d}-{n % 10_000:04d}" if n % 100 else "없음" for n in range(ROLL_ROWS - ROLL_ROWS // 50)]
    numbers += numbers[1 : ROLL_ROWS // 50 + 1]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (["이름", "전화번호"], *(["시민", number] for number in numbers)):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    text = "이름,전화번호\n" + "".join(f"시민,{number}\n" for number in numbers)
    content = {"title": {"ko": "명부"}, "secrecy": "open", "figures": "after_closing", "changeable": True, "k": 20}
    options = [{"id": o, "title": {"ko": o}} for o in OPTIONS]
    question = {"id": "q1", "title": {"ko": "질문"}, "method": "plurality", "seats": 1, "options": options}
    content |= {"audience": {"kind": "list"}, "questions": [question]}
    for name, data in (("csv", text.encode("cp949")), ("xlsx", packed.getvalue())):
        times = (now() + timedelta(days=1), now() + timedelta(days=2))
        poll = polls.create_poll(content, *times, {"kind": "staff", "id": "bench"}, now=now())
        upload = rolls.upload_roll(poll["_id"], data, now=now(), staff_id="bench")
        resident = forget_peak()
        began = time.perf_counter()
        rolls.read_upload(upload["_id"])
        bench.record(f"roll.{name}_200k_s", time.perf_counter() - began, "s")
        bench.record(f"roll.{name}_200k_growth", memory("VmHWM") - resident, "MB")
        read = database().poll_roll_uploads.find_one({"_id": upload["_id"]})
        assert (read["state"], read["rows"]) == ("done", ROLL_ROWS), read.get("problem")


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


def insert_board(poll: dict[str, Any], answers: Iterator[Any], ballots: int) -> None:
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
        is_final = int(first == ballots)
        batch = {"poll": poll["_id"], "number": number, "first": first - len(entries), "size": first, "entries": entries}
        batch |= {"_id": f"{poll['_id']}:{number:08d}", "ballots": first, "changes": 0, "is_final": is_final, "taken": []}
        sequencer.batches().insert_one(batch)
        sequencer._finish(facts_of(poll), batch)
        number += 1


def pure_counts(bench: Bench) -> None:
    """Time the counts alone on patterns, and IRV beside pyrankvote on the same ballots."""
    draw = random.Random(SEED)
    orders = [tuple((o,) for o in order) for size in range(1, 9) for order in itertools.permutations(OPTIONS, size)]
    patterns = Counter(draw.choice(orders) for _ in range(BALLOTS))
    lot = TieBreak(OPTIONS)
    bench.record("tally.patterns_of_1m", len(patterns), "count")
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
    """Time equal shares with budget increase on 50 projects and 100,000 voters, and one share of it beside pabutools."""
    projects = tuple(f"p{n}" for n in range(50))
    contest = Contest(projects, costs={p: draw.randint(5_000, 120_000) for p in projects}, budget=1_000_000)
    chosen = [tuple(sorted(draw.sample(projects, draw.randint(1, 8)))) for _ in range(BUDGET_VOTERS)]
    patterns = Counter(chosen)
    rounds = []
    for _ in range(3):
        began = time.process_time()
        registry.count("budget_equal_shares", patterns, contest, TieBreak(projects))
        rounds.append(time.process_time() - began)
    bench.record_rounds("tally.equal_shares_50x100k_s", rounds, "s")
    beside_pabutools(bench, contest, chosen[:ORACLE_VOTERS])


def beside_pabutools(bench: Bench, contest: Contest, chosen: list[tuple[str, ...]]) -> None:
    """Time what one equal share buys, here and in pabutools, on the same voters, by turns."""
    from pabutools.election import ApprovalBallot, ApprovalProfile, Cost_Sat, Instance, Project
    from pabutools.rules import method_of_equal_shares

    projects = {option: Project(option, cost) for option, cost in contest.costs.items()}
    profile = ApprovalProfile([ApprovalBallot([projects[option] for option in answer]) for answer in chosen])
    instance = Instance(projects.values(), budget_limit=contest.budget)
    ratios = []
    for _ in range(3):
        began = time.process_time()
        ours = one_share(Counter(chosen), contest, contest.budget // len(chosen))
        middle = time.process_time()
        theirs = method_of_equal_shares(instance, profile, sat_class=Cost_Sat)
        ratios.append((time.process_time() - middle) / (middle - began))
        assert {project.name for project in theirs} == set(ours)
    bench.record_rounds("tally.equal_shares_times_faster_than_pabutools", ratios, "ratio")
