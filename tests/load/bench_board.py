"""The board: how fast leaves are sequenced, what a proof costs, how long strangers take to verify and trustees to open.

Proofs are measured three times: the bare computation in memory, from stored tiles, and through the service with its reads.
"""

import gzip
import itertools
import multiprocessing
import os
import random
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.stack.temporary import temporary_app
from mvoting.voting import statements
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import archive, entries, ties
from mvoting.voting.board.command import blocks
from mvoting.voting.board.verify import verify
from mvoting.voting.board.verify.pool import in_order
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.tally.counting import count_contents
from tests.load.runner import Bench

LARGE = int(os.environ.get("BENCH_LEAVES", "1000000"))
SEQUENCED = int(os.environ.get("BENCH_SEQUENCED", "20000"))
BATCH = 500
SIZE = f"{LARGE:.0e}".replace("+0", "")
SIZES = [10**power for power in range(3, 12) if 10**power <= LARGE]
ROUNDS = 3
ASKED = 200
PROCESSES = 2
CONTENT = b'{"q1":["o1"]}'


def run(bench: Bench) -> None:
    """Measure all of it."""
    _tree(bench)
    with temporary_app():
        _sequencing(bench)
        _on_a_large_board(bench)
    for kind in ("open", "sealed"):
        _verifying(bench, kind)


def _tree(bench: Bench) -> None:
    leaves = [merkle.leaf_hash(n.to_bytes(8, "big")) for n in range(LARGE)]
    bench.record_rounds(f"board.tree_{SIZE}", [_seconds(lambda: merkle.root_of(leaves)) for _ in range(ROUNDS)], "s")
    tree = merkle.MemoryTree(leaves)
    tiles = merkle.extend_tiles({}, 0, leaves)
    for size in SIZES:
        asked = random.Random(size).sample(range(size), ASKED)
        in_memory = partial(_prove, asked, size, lambda *_: tree.node)
        in_tiles = partial(_prove, asked, size, partial(_cold, tiles))
        for name, prove in (("proof", in_memory), ("tile_proof", in_tiles)):
            took = [_seconds(prove) / ASKED * 1e6 for _ in range(ROUNDS)]
            bench.record_rounds(f"board.{name}_us_{_power(size)}", took, "µs")


def _prove(asked: list[int], size: int, node_for: Callable[[int, int], Callable[[int, int], bytes]]) -> None:
    for index in asked:
        merkle.inclusion_proof(index, size, node_for(index, size))


def _cold(tiles: dict[merkle.Tile, bytes], index: int, size: int) -> Callable[[int, int], bytes]:
    """Give nodes as a process would that has seen none of these tiles."""
    merkle._rows.cache_clear()
    wanted = merkle.tiles_for(partial(merkle.inclusion_proof, index, size))
    return merkle.node_in({tile: tiles[tile] for tile in wanted})


def _sequencing(bench: Bench) -> None:
    from mvoting.core.database import database
    from mvoting.voting.board import sequencer

    mongod = next(p for p in psutil.Process().children(recursive=True) if "mongod" in p.name())
    rates, costs = [], []
    for _ in range(ROUNDS):
        poll = _make_poll("open")
        _waiting(database(), poll)
        before = _cpu(mongod)
        took = _seconds(partial(sequencer.sequence, poll["_id"]))
        rates.append((SEQUENCED - 20) / took)
        costs.append((_cpu(mongod) - before) / (SEQUENCED - 20) * 1e6)
    bench.record_rounds("board.leaves_per_s", rates, "/s")
    bench.record_rounds("board.leaf_cpu", costs, "µs")


def _cpu(mongod: psutil.Process) -> float:
    return sum(mongod.cpu_times()[:2]) + time.process_time()


def _on_a_large_board(bench: Bench) -> None:
    """Grow a sealed board, prove leaves at each size, open it in the end."""
    poll, shares = _make_sealed_poll()
    bench.say(f"putting {LARGE} sealed ballots on a board")
    info = hpke.sealing_info(poll["_id"], bytes.fromhex(poll["definition_hash"]))
    growing = _growing_board(poll, _sealed_entries(bytes.fromhex(poll["definition"]["sealing"]["public_key"]), info))
    _proofs_through_the_service(bench, poll, growing)
    for _ in growing:
        pass
    _opening_by_the_server(bench, poll, shares)


def _proofs_through_the_service(bench: Bench, poll: dict[str, Any], growing: Iterator[list[bytes]]) -> None:
    from mvoting.voting.board import services

    leaves: list[bytes] = []
    for size in SIZES:
        while len(leaves) < size:
            leaves += next(growing)
        asked = random.Random(size).sample(leaves[:size], ASKED)
        took = []
        for _ in range(ROUNDS):
            merkle._rows.cache_clear()
            took.append(_seconds(lambda: [services.check_leaf(poll["_id"], leaf) for leaf in asked]) / ASKED * 1e6)  # noqa: B023
        bench.record_rounds(f"board.service_proof_us_{_power(size)}", took, "µs")


def _make_sealed_poll() -> tuple[dict[str, Any], list[trustees.Share]]:
    from mvoting.core.database import database
    from mvoting.voting.polls import services as polls

    poll = _make_poll("sealed")
    ceremony, shares = trustees.deal(poll["_id"], 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": 64, "recount": "public"}
    definition = {**poll["definition"], "sealing": sealing}
    poll |= {"definition": definition, "definition_hash": definition_hash(definition)}
    database().polls.update_one({"_id": poll["_id"]}, {"$set": poll})
    polls.forget_facts()
    return poll, shares


def _opening_by_the_server(bench: Bench, poll: dict[str, Any], shares: list[trustees.Share]) -> None:
    """Two workers open a board from both ends, as after the trustees' last share."""
    from mvoting.core import database
    from mvoting.voting.board import opening, sequencer, services

    sequencer.batches().update_one({"poll": poll["_id"]}, {"$set": {"is_final": 1}})
    for share in shares[:2]:
        opening.submit_share(poll["_id"], trustees.share_text(share))
    began = time.perf_counter()
    database.disconnect()
    workers = [multiprocessing.get_context("fork").Process(target=_open, args=(poll["_id"], end)) for end in (False, True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    database.connect()
    record = services.opened_record(poll["_id"])
    if record is None or record["spoiled"]:
        raise RuntimeError(f"the server opened the board wrongly: {record and len(record['spoiled'])} spoiled")
    bench.record(f"board.server_open_sealed_{SIZE}", took, "s")


def _open(poll_id: str, from_the_end: bool) -> None:
    from mvoting.core import database
    from mvoting.voting.board import opening

    database.connect()
    opening.open_ballots(poll_id, from_the_end=from_the_end)
    os._exit(0)


def _growing_board(poll: dict[str, Any], ballots: Iterator[dict[str, Any]]) -> Iterator[list[bytes]]:
    """Put LARGE ballots on a board batch by batch, without casting each; gives the leaves of each batch."""
    from mvoting.voting.board import sequencer
    from mvoting.voting.polls.services import facts_of

    facts = facts_of(poll)
    last = sequencer._finished_last(facts)
    for _ in range(0, LARGE, BATCH):
        fresh = list(itertools.islice(ballots, BATCH))
        inserted = sequencer._insert(facts, last, fresh, ballots=last["ballots"] + len(fresh))
        last = sequencer._finish(facts, inserted)
        yield [entry["leaf"] for entry in fresh]


def _open_entries(poll: dict[str, Any]) -> Iterator[dict[str, Any]]:
    hashed = bytes.fromhex(poll["definition_hash"])
    while True:
        nonce = os.urandom(16)
        yield {"leaf": open_leaf(hashed, CONTENT, nonce), "content": CONTENT, "nonce": nonce}


def _sealed_entries(public_key: bytes, info: bytes) -> Iterator[dict[str, Any]]:
    """Give ballots whose ciphertexts repeat after 2,000: opening each costs the same."""
    some = [hpke.seal_ballot(CONTENT, public_key, info, 64) for _ in range(2000)]
    for sealed in itertools.cycle(some):
        yield {"leaf": os.urandom(32), "content": sealed, "nonce": b""}


def _make_poll(kind: str) -> dict[str, Any]:
    from mvoting.core.clock import now
    from mvoting.core.database import database
    from mvoting.voting.polls import services as polls

    at = now()
    poll = polls.create_poll(_content(kind), at, at + timedelta(days=1), {"kind": "staff", "id": "bench"}, now=at)
    database().polls.update_one({"_id": poll["_id"]}, {"$set": {"state": "open"}})
    return poll


def _power(size: int) -> str:
    return f"{size:.0e}".replace("+0", "")


def _waiting(database: Any, poll: dict[str, Any]) -> None:
    ballots = []
    for entry in itertools.islice(_open_entries(poll), SEQUENCED):
        ballot = {"_id": os.urandom(32), "poll": poll["_id"], "leaves": [entry["leaf"]], "casts": [os.urandom(16)]}
        ballots.append({**ballot, "content": CONTENT, "nonce": entry["nonce"], "boarded": 0, "pending": True})
    database.ballots.insert_many(ballots, ordered=False)


def _verifying(bench: Bench, kind: str) -> None:
    bench.say(f"writing an archive of {LARGE} {kind} ballots")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.jsonl.gz"
        with gzip.open(path, "wb", compresslevel=6) as file:
            file.writelines(archive.json_lines(_archive(kind)))
        bench.record(f"board.archive_{kind}_mb", path.stat().st_size / 2**20, "MB")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as checking:  # whose memory is only this
            took = checking.submit(_verify, path).result()
        bench.record(f"board.verify_{kind}_{SIZE}", took["whole"], "s")
        bench.record(f"board.verify_{kind}_memory", took["memory"], "MB")
        if kind == "sealed":
            bench.record(f"board.open_sealed_{SIZE}", took["whole"] - took["read"], "s")
            _hpke(bench)


def _verify(path: Path) -> dict[str, float]:
    """Verify an archive; gives seconds in all and until everything was read, and what memory this process took more."""
    began, read_until, before_kb = time.perf_counter(), 0.0, _peak_kb()

    def progress(phase: str, _: int) -> None:
        nonlocal read_until
        if phase == "read":
            read_until = time.perf_counter() - began

    with path.open("rb") as stream:
        report = verify(blocks(stream), processes=PROCESSES, progress=progress)
    if report.wrong or report.checked["ballots"] != LARGE:
        raise RuntimeError(f"the bench's own archive does not verify: {report.wrong[:3]}")
    return {"whole": time.perf_counter() - began, "read": read_until, "memory": (_peak_kb() - before_kb) / 1024}


def _peak_kb() -> int:
    """Give this program's own peak; `ru_maxrss` would begin with that of the process that started it (proc(5), VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _hpke(bench: Bench) -> None:
    ceremony, shares = trustees.deal("poll", 2, 3)
    info, key = hpke.sealing_info("poll", bytes(32)), trustees.join(shares, ceremony)
    sealed = [hpke.seal_ballot(CONTENT, ceremony.public_key, info, 64) for _ in range(500)]
    works = {
        "board.seal": lambda: [hpke.seal_ballot(CONTENT, ceremony.public_key, info, 64) for _ in range(500)],
        "board.open": lambda: [hpke.open_ballot(ciphertext, key, info) for ciphertext in sealed],
    }
    for name, work in works.items():
        bench.record_rounds(name, [_seconds(work) / 500 * 1e6 for _ in range(ROUNDS)], "µs")


def _content(kind: str) -> dict[str, Any]:
    options = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]
    question = {"id": "q1", "title": {"ko": "질문"}, "method": "plurality", "seats": 1, "options": options}
    figures = "live" if kind == "open" else "after_closing"
    content = {"title": {"ko": "투표"}, "secrecy": kind, "figures": figures, "k": 20, "changeable": True}
    return {**content, "audience": {"kind": "everyone"}, "questions": [question]}


def _archive(kind: str) -> Iterator[dict[str, Any]]:
    """Write a board of LARGE ballots as the server would; sealed ciphertexts repeat only in what they hold."""
    key = Ed25519PrivateKey.generate()
    ceremony, shares = trustees.deal("poll", 2, 3)
    definition = {"poll": "poll", **_content(kind)}
    if kind == "sealed":
        definition["sealing"] = {**ceremony.document(), "padded_bytes": 64, "recount": "public"}
    hashed = definition_hash(definition)
    raw, info = bytes.fromhex(hashed), hpke.sealing_info("poll", bytes.fromhex(hashed))
    tree, number, leaves = merkle.Frontier(), 0, []
    yield archive.first_line(definition, hashed, {"k": key.public_key().public_bytes_raw().hex()})

    def add(entry: dict[str, Any]) -> dict[str, Any]:
        tree.append(entries.entry_hash(entry))
        return archive.entry_line(entry, is_sealed=kind == "sealed", is_counted=True)

    def head(is_final: int) -> dict[str, Any]:
        nonlocal number
        statement = statements.TreeHead("poll", hashed, number, tree.size, tree.root().hex(), is_final)
        number += 1
        return archive.head_line(statements.sign(statement, key, "k"))

    sealing = definition.get("sealing")
    opening = {"type": "opening", "poll_id": "poll", "definition_hash": hashed, "audience": definition["audience"]}
    roll = {"roll": LARGE, "roll_of": "members"}
    yield add({"record": {**opening, **roll, "sealing": sealing, "tie_commitment": None}})
    yield head(0)
    sizes = [min(BATCH, LARGE - start) for start in range(0, LARGE, BATCH)]
    write = partial(_sealed_batch, ceremony.public_key, info, raw) if kind == "sealed" else partial(_open_batch, raw)
    for batch in in_order(write, sizes, processes=PROCESSES):
        for leaf, content, nonce in batch:
            leaves.append(leaf)
            yield add({"leaf": leaf, "content": content, "nonce": nonce})
        yield head(0)
    yield add({"record": {"type": "closing", **roll, "ballots": LARGE}})
    yield head(1)
    if kind == "sealed":
        private = trustees.join(shares, ceremony).private_bytes_raw().hex()
        handed_in = {str(share.index): share.value.hex() for share in shares}
        yield add({"record": {"type": "opened", "private_key": private, "shares": handed_in, "spoiled": []}})
        yield head(1)
    result = count_contents(definition, itertools.repeat(CONTENT, LARGE), seed=ties.tie_seed(leaves, b""))
    result |= {"min_turnout": 0, "is_valid": True, "changes": []}
    yield add({"record": {"type": "result", "result": result}})
    yield head(1)


def _open_batch(definition_hash: bytes, size: int) -> list[tuple[bytes, bytes, bytes]]:
    nonces = [secrets.token_bytes(16) for _ in range(size)]
    return [(open_leaf(definition_hash, CONTENT, nonce), CONTENT, nonce) for nonce in nonces]


def _sealed_batch(public_key: bytes, info: bytes, definition_hash: bytes, size: int) -> list[tuple[bytes, bytes, bytes]]:
    sealed = [hpke.seal_ballot(CONTENT, public_key, info, 64) for _ in range(size)]
    return [(sealed_leaf(definition_hash, ciphertext), ciphertext, b"") for ciphertext in sealed]


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
