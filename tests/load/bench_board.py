"""The board: how fast leaves are sequenced, what a proof costs, how long strangers take to verify and trustees to open."""

import os
import random
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import canonical, statements
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import archive, entries, ties
from mvoting.voting.board.verify import verify
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.tally.counting import count_contents
from tests.load.runner import Bench

LARGE = int(os.environ.get("BENCH_LEAVES", "1000000"))
SEQUENCED = int(os.environ.get("BENCH_SEQUENCED", "20000"))
BATCH = 500
SIZE = f"{LARGE:.0e}".replace("+0", "")
ROUNDS = 3


def run(bench: Bench) -> None:
    """Measure all of it."""
    _tree(bench)
    _sequencing(bench)
    for kind in ("open", "sealed"):
        _verifying(bench, kind)


def _tree(bench: Bench) -> None:
    leaves = [merkle.leaf_hash(n.to_bytes(8, "big")) for n in range(LARGE)]
    bench.record_rounds(f"board.tree_{SIZE}", [_seconds(lambda: merkle.root_of(leaves)) for _ in range(ROUNDS)], "s")
    tree = merkle.MemoryTree(leaves)
    tiles = merkle.extend_tiles({}, 0, leaves)
    for power in range(3, len(str(LARGE))):
        size = 10**power
        asked = random.Random(size).sample(range(size), 300)
        in_memory = partial(_prove, asked, size, lambda *_: tree.node)
        in_tiles = partial(_prove, asked, size, partial(_fresh, tiles))
        for name, prove in (("proof", in_memory), ("tile_proof", in_tiles)):
            bench.record_rounds(f"board.{name}_us_1e{power}", [_seconds(prove) / 300 * 1e6 for _ in range(ROUNDS)], "µs")


def _prove(asked: list[int], size: int, node_for: Callable[[int, int], Callable[[int, int], bytes]]) -> None:
    for index in asked:
        merkle.inclusion_proof(index, size, node_for(index, size))


def _fresh(tiles: dict[merkle.Tile, bytes], index: int, size: int) -> Callable[[int, int], bytes]:
    wanted = merkle.tiles_for(merkle.inclusion_ranges(index, size))
    return merkle.node_in({tile: tiles[tile] for tile in wanted})


def _sequencing(bench: Bench) -> None:
    from mvoting.stack.temporary import temporary_app

    with temporary_app():
        from mvoting.core.clock import now
        from mvoting.core.database import database
        from mvoting.voting.board import sequencer, services
        from mvoting.voting.polls import services as polls

        rates, proofs = [], []
        for _ in range(ROUNDS):
            at = now()
            poll = polls.create_poll(_content("open"), at, at + timedelta(days=1), {"kind": "staff", "id": "bench"}, now=at)
            database().polls.update_one({"_id": poll["_id"]}, {"$set": {"state": "open"}})
            leaves = _waiting(database(), poll)
            took = _seconds(partial(sequencer.sequence, poll["_id"]))
            rates.append((SEQUENCED - 20) / took)
            proofs += [_seconds(partial(services.check_leaf, poll["_id"], leaf)) for leaf in random.sample(leaves, 200)]
        bench.record_rounds("board.leaves_per_s", rates, "/s")
        bench.record_rounds("board.check_leaf", [s * 1e6 for s in proofs], "µs")


def _waiting(database: Any, poll: dict[str, Any]) -> list[bytes]:
    ballots, content = [], b'{"q1":["o1"]}'
    for _ in range(SEQUENCED):
        nonce = os.urandom(16)
        leaf = open_leaf(bytes.fromhex(poll["definition_hash"]), content, nonce)
        ballot = {"_id": os.urandom(32), "poll": poll["_id"], "leaves": [leaf], "casts": [os.urandom(16)]}
        ballots.append({**ballot, "content": content, "nonce": nonce, "boarded": 0, "pending": True})
    database.ballots.insert_many(ballots, ordered=False)
    return [ballot["leaves"][0] for ballot in ballots]


def _verifying(bench: Bench, kind: str) -> None:
    bench.say(f"writing an archive of {LARGE} {kind} ballots")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.jsonl"
        with path.open("wb") as file:
            file.writelines(archive.json_lines(_archive(kind)))
        bench.record(f"board.archive_{kind}_mb", path.stat().st_size / 2**20, "MB")
        reports: list[Any] = []

        def check() -> None:
            with path.open("rb") as lines:
                reports.append(verify(lines, processes=2))

        took = _seconds(check)
        if reports[0].wrong or reports[0].checked["ballots"] != LARGE:
            raise RuntimeError(f"the bench's own archive does not verify: {reports[0].wrong[:3]}")
        bench.record(f"board.verify_{kind}_{SIZE}", took, "s")
    if kind == "sealed":
        _opening(bench)


def _opening(bench: Bench) -> None:
    from mvoting.voting.board.verify import open_chunks

    ceremony, shares = trustees.deal("poll", 2, 3)
    info = hpke.sealing_info("poll", bytes(32))
    some = [("", hpke.seal_ballot(b'{"q1":["o1"]}', ceremony.public_key, info, 64)) for _ in range(2000)]
    key = trustees.join(shares, ceremony).private_bytes_raw()
    ballots = some * (LARGE // len(some))
    took = _seconds(lambda: open_chunks(key, info, _content("sealed"), ballots, processes=2))
    bench.record(f"board.open_sealed_{SIZE}", took, "s")
    sealing = [
        _seconds(lambda: [hpke.seal_ballot(b"{}", ceremony.public_key, info, 64) for _ in range(500)]) / 500
        for _ in range(ROUNDS)
    ]
    bench.record_rounds("board.seal", [s * 1e6 for s in sealing], "µs")


def _content(kind: str) -> dict[str, Any]:
    options = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]
    question = {"id": "q1", "title": {"ko": "질문"}, "method": "plurality", "seats": 1, "options": options}
    figures = "live" if kind == "open" else "after_closing"
    content = {"title": {"ko": "투표"}, "secrecy": kind, "figures": figures, "k": 20, "changeable": True}
    return {**content, "audience": {"kind": "everyone"}, "questions": [question]}


def _archive(kind: str) -> Iterator[dict[str, Any]]:
    """Write a board of LARGE ballots as the server would; sealed ciphertexts repeat only in what they hold."""
    key, content = Ed25519PrivateKey.generate(), canonical.encode({"q1": ["o1"]})
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
    yield add({"record": {**opening, "roll": None, "sealing": sealing, "tie_commitment": None}})
    yield head(0)
    for start in range(0, LARGE, BATCH):
        for _ in range(start, min(start + BATCH, LARGE)):
            nonce = secrets.token_bytes(16)
            if kind == "sealed":
                sealed = hpke.seal_ballot(content, ceremony.public_key, info, 64)
                leaf, entry = sealed_leaf(raw, sealed), {"content": sealed, "nonce": b""}
            else:
                leaf, entry = open_leaf(raw, content, nonce), {"content": content, "nonce": nonce}
            leaves.append(leaf)
            yield add({"leaf": leaf, **entry})
        yield head(0)
    yield add({"record": {"type": "closing", "roll": None, "ballots": LARGE}})
    yield head(1)
    if kind == "sealed":
        private = trustees.join(shares, ceremony).private_bytes_raw().hex()
        yield add({"record": {"type": "opened", "private_key": private, "spoiled": []}})
        yield head(1)
    result = count_contents(definition, [content] * LARGE, seed=ties.tie_seed(leaves, b""))
    yield add({"record": {"type": "result", "result": result}})
    yield head(1)


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
