"""Reading the board: heads, proofs, checks of one's own ballot, contents for the tally, the archive."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import audit, merkle
from mvoting.core.database import database_now
from mvoting.core.keys import signing_keys
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import archive, entries, errors, sequencer, ties, tiles
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import PollFacts, visible_figures

BATCHES_AT_ONCE = 20  # read from the database: as many as keep it busy, and no more than memory should hold


class BoardDamaged(RuntimeError):
    """What is stored no longer fits the hashes on the board."""


def board_keys() -> dict[str, str]:
    """Give the board's public keys, hex by kid."""
    keys = {kid: key.private for kid, key in signing_keys("board").items()}
    return {kid: key.public_key().public_bytes_raw().hex() for kid, key in keys.items() if isinstance(key, Ed25519PrivateKey)}


def board(poll_id: str, *, now: datetime) -> dict[str, Any]:
    """Give the state of a poll's board, as somebody sees it who has not voted.

    Raises: PollNotFound (404), NoBoardYet (voting.no-board-yet, 404).
    """
    facts = polls.poll_facts(poll_id)
    last = _last_headed(facts.id)
    counted, k = last["ballots"], facts.definition["k"]
    shown = visible_figures(facts, has_voted=False, now=now)
    return {
        "head": last["head"],
        "keys": board_keys(),
        "ballots": counted if counted >= k or last["is_final"] else 0,
        "batch_ballots": k,
        "is_final": bool(last["is_final"]),
        "totals": last.get("totals") if shown == "totals" and counted >= k else None,
    }


def live_totals(poll_id: str) -> dict[str, dict[str, int]] | None:
    """Give totals by question and option after the last batch, None where the poll shows none or fewer than k voted.

    Who may see them before closing is for polls.rules to say.
    """
    facts = polls.poll_facts(poll_id)
    last = sequencer.batches().find_one({"poll": poll_id, "head": {"$ne": None}}, {"entries": 0}, sort=[("number", -1)])
    return last.get("totals") if last and last["ballots"] >= facts.definition["k"] else None


def heads(poll_id: str, *, after: int, limit: int) -> list[dict[str, Any]]:
    """List signed heads in order of their number, from the one after `after`."""
    query = {"poll": poll_id, "number": {"$gt": after}, "head": {"$ne": None}}
    return [b["head"] for b in sequencer.batches().find(query, {"head": 1}).sort("number", 1).limit(limit)]


def batch(poll_id: str, number: int) -> dict[str, Any]:
    """Give a batch's entries in their public form.

    Raises: NotOnBoard (voting.not-on-board, 404).
    """
    found = sequencer.batches().find_one({"poll": poll_id, "number": number, "head": {"$ne": None}})
    if found is None:
        raise errors.NotOnBoard
    return {
        "number": number,
        "first": found["first"],
        "entries": [entries.public_form(e) for e in found["entries"]],
        "head": found["head"],
    }


def tile(poll_id: str, level: int, index: int) -> bytes:
    """Give a full tile: 256 hashes, one after the other.

    Raises: NotOnBoard (voting.not-on-board, 404), also while the tile still grows.
    """
    data = tiles.read_tiles(poll_id, {(level, index)}).get((level, index), b"")
    if len(data) != merkle.FULL_TILE_BYTES:
        raise errors.NotOnBoard
    return data[: merkle.TILE_WIDTH * merkle.HASH_BYTES]


def consistency(poll_id: str, size1: int, size2: int | None) -> dict[str, Any]:
    """Prove that the board of `size1` entries is the beginning of that of `size2` (default: now).

    Raises: NoBoardYet (404), SizeOutOfRange (voting.board-size, 422).
    """
    head = _last_headed(poll_id)["head"]
    size2 = head["size"] if size2 is None else size2
    if not 0 <= size1 <= size2 <= head["size"]:
        raise errors.SizeOutOfRange(size=head["size"])
    proof = tiles.prove(poll_id, partial(merkle.consistency_proof, size1, size2))
    return {"size1": size1, "size2": size2, "proof": proof, "head": head}


def check_leaf(poll_id: str, leaf: bytes) -> dict[str, Any]:
    """Tell where a ballot stands: waiting, counted, replaced or withdrawn, with the proof that it is on the board.

    Raises: NotOnBoard (voting.not-on-board, 404) for a leaf that nobody handed in.
    """
    # A leaf is one in the whole database: asked for by nothing else, each question has one index and no plan to choose.
    found = _headed(poll_id, {"entries.leaf": leaf}, {"entries.$": 1})
    if not found:
        if not ballots.is_known_leaf(poll_id, leaf):
            raise errors.NotOnBoard
        return {"state": "waiting", "replaced_by": None, "inclusion": None}
    after = [{"entries.replaces": leaf}, {"entries.record.leaf": leaf.hex()}]
    gone = _headed(poll_id, {"$or": after}, {"entries.leaf": 1, "entries.replaces": 1})
    replacing = next((e for batch in gone for e in batch["entries"] if e.get("replaces") == leaf), None)
    return {
        "state": "replaced" if replacing else "withdrawn" if gone else "counted",
        "replaced_by": replacing["leaf"].hex() if replacing else None,
        "inclusion": _inclusion(poll_id, found[0]["entries"][0]),
    }


def _headed(poll_id: str, query: Mapping[str, Any], shown: Mapping[str, int]) -> list[dict[str, Any]]:
    found = sequencer.batches().find(query, {"poll": 1, "head.size": 1, **shown})
    return [batch for batch in found if batch["poll"] == poll_id and batch.get("head")]


def _inclusion(poll_id: str, entry: entries.Entry) -> dict[str, Any]:
    head, index = _last_headed(poll_id)["head"], entry["at"]
    proof = tiles.prove(poll_id, partial(merkle.inclusion_proof, index, head["size"]))
    return {"entry": entries.public_form(entry), "index": index, "proof": proof, "head": head}


def _last_headed(poll_id: str) -> dict[str, Any]:
    fields = {"head": 1, "ballots": 1, "is_final": 1, "totals": 1}
    last = sequencer.batches().find_one({"poll": poll_id, "head": {"$ne": None}}, fields, sort=[("number", -1)])
    if last is None:
        polls.poll_facts(poll_id)
        raise errors.NoBoardYet
    return last


# What the tally and the archive read


def is_final(poll_id: str) -> bool:
    """Tell whether all of a poll's ballots are on its board."""
    return final_batch(poll_id) is not None


def final_batch(poll_id: str) -> dict[str, Any] | None:
    """Give the batch, without its entries, whose head is the first final one."""
    query = {"poll": poll_id, "is_final": 1, "head": {"$ne": None}}
    return sequencer.batches().find_one(query, {"entries": 0}, sort=[("number", 1)])


def can_be_counted(poll_id: str) -> bool:
    """Tell whether all ballots are in and, in a sealed poll, opened."""
    is_sealed = polls.poll_facts(poll_id).secrecy == "sealed"
    return opened_record(poll_id) is not None if is_sealed else is_final(poll_id)


def opened_record(poll_id: str) -> dict[str, Any] | None:
    """Give the record of a sealed poll's opening, None before it."""
    return _record(poll_id, "opened")


def has_result(poll_id: str) -> bool:
    """Tell whether the result stands on the board, after which the archive never changes."""
    return _record(poll_id, "result") is not None


def _record(poll_id: str, kind: str) -> dict[str, Any] | None:
    found = sequencer.batches().find_one({"poll": poll_id, "entries.record.type": kind, "head": {"$ne": None}})
    return next((e["record"] for e in found["entries"] if e.get("record", {}).get("type") == kind), None) if found else None


def changes(poll_id: str) -> list[dict[str, Any]]:
    """Give the acts of staff that stand on a poll's board, in order."""
    found = sequencer.batches().find({"poll": poll_id, "entries.record.type": "change"}, {"entries.record": 1})
    stated = (entry.get("record", {}) for batch in found.sort("number", 1) for entry in batch["entries"])
    return [{name: value for name, value in r.items() if name != "type"} for r in stated if r.get("type") == "change"]


def spoiled_leaves(poll_id: str) -> list[str]:
    """List the leaves of sealed ballots that count but were no valid ballots when opened; sorted, hex."""
    return sorted(
        entry["leaf"].hex()
        for found, gone in _batches_with_gone(poll_id)
        for entry, content in zip(found["entries"], found.get("contents") or [], strict=False)
        if "content" in entry and entry["leaf"] not in gone and content is None
    )


def count_counting(poll_id: str, leaves: Iterable[str]) -> int:
    """Count those of different leaves (hex) whose ballots count."""
    asked = {bytes.fromhex(leaf) for leaf in leaves}
    if not asked:
        return 0
    return sum(entry["leaf"] in asked for entry, _ in _counting_entries(poll_id))


def reveal_tie_seed(poll_id: str, seed: bytes, *, staff_id: str) -> None:
    """Put on the board what was committed to at opening, within a day of closing; ties are drawn from it and all leaves.

    Raises: PollNotFound (404), TieSeedRefused (voting.tie-seed-refused, 422).
    """
    facts = polls.poll_facts(poll_id)
    fits = ties.tie_commitment(seed) == facts.definition.get("tie_commitment")
    # Later the count no longer waits: a seed between a count and its result would make that result wrong.
    is_late = database_now() >= facts.closes_at + ties.SEED_AWAITED - ties.SEED_MARGIN
    if not fits or not is_final(poll_id) or has_result(poll_id) or is_late:
        raise errors.TieSeedRefused
    if revealed_tie_seed(poll_id) is None:
        # Before the board's own record, which no transaction holds: what stands on the board stands in the log.
        audit.record("polls.reveal_tie_seed", f"poll:{poll_id}", staff_id=staff_id, after={"seed": seed.hex()})
        sequencer.append_once(poll_id, {"type": "tie-seed", "seed": seed.hex()})


def awaits_tie_seed(poll_id: str) -> bool:
    """Tell whether somebody committed to a seed for ties, has not revealed it and still may, by the database's clock."""
    facts = polls.poll_facts(poll_id)
    is_revealed = not facts.definition.get("tie_commitment") or revealed_tie_seed(poll_id) is not None
    return not is_revealed and database_now() < facts.closes_at + ties.SEED_AWAITED


def revealed_tie_seed(poll_id: str) -> str | None:
    """Give the revealed seed for ties in hex, None as long as there is none."""
    record = _record(poll_id, "tie-seed")
    return record["seed"] if record else None


def tie_seed(poll_id: str) -> bytes:
    """Give the seed for ties: every leaf on the board, and the revealed seed if there is one."""
    revealed = revealed_tie_seed(poll_id)
    found = sequencer.batches().find({"poll": poll_id}, {"leaves": "$entries.leaf"}).batch_size(BATCHES_AT_ONCE)
    leaves = chain.from_iterable(batch["leaves"] for batch in found)
    return ties.tie_seed(leaves, bytes.fromhex(revealed or ""))


def iter_contents(poll_id: str) -> Iterator[bytes]:
    """Give the canonical JSON of every ballot that counts: not replaced, not withdrawn, not spoiled.

    Each is checked against its leaf on the board first. Sealed polls give what was opened.
    Raises: BoardDamaged when a stored ballot no longer fits its leaf.
    """
    facts = polls.poll_facts(poll_id)
    is_sealed, definition_hash = facts.secrecy == "sealed", bytes.fromhex(facts.definition_hash)
    record = opened_record(poll_id) if is_sealed else None
    if record and "patterns" in record:
        yield from (content.encode() for content, times in record["patterns"] for _ in range(times))
        return
    for entry, unsealed in _counting_entries(poll_id):
        content = entry["content"]
        leaf = sealed_leaf(definition_hash, content) if is_sealed else open_leaf(definition_hash, content, entry["nonce"])
        if leaf != entry["leaf"]:
            raise BoardDamaged(f"a ballot of poll {poll_id} no longer fits its leaf {entry['leaf'].hex()}")
        if not is_sealed:
            yield content
        elif unsealed is not None:
            yield unsealed


def _counting_entries(poll_id: str) -> Iterator[tuple[Mapping[str, Any], bytes | None]]:
    """Give the entries of ballots that count, each with its content as opened, where it was sealed and is valid."""
    gone: set[bytes] = set()
    # Backwards: a change is met before what it replaces, so that nothing but the changes need be remembered.
    for found in sequencer.batches().find({"poll": poll_id}).sort("number", -1).batch_size(BATCHES_AT_ONCE):
        opened = found.get("contents") or [None] * len(found["entries"])
        for entry, unsealed in zip(reversed(found["entries"]), reversed(opened), strict=True):
            if "leaf" not in entry:
                if entry["record"]["type"] == "withdrawal":
                    gone.add(bytes.fromhex(entry["record"]["leaf"]))
                continue
            if "replaces" in entry:
                gone.add(entry["replaces"])
            if entry["leaf"] in gone:
                gone.discard(entry["leaf"])
            elif "content" in entry:
                yield entry, unsealed


def _batches_with_gone(poll_id: str) -> Iterator[tuple[dict[str, Any], set[bytes]]]:
    """Give all batches in order, each with the one set of leaves that no longer count."""
    gone: set[bytes] = set()
    fields = {"entries.replaces": 1, "entries.record.type": 1, "entries.record.leaf": 1}
    for found in sequencer.batches().find({"poll": poll_id}, fields):
        for entry in found["entries"]:
            if "replaces" in entry:
                gone.add(entry["replaces"])
            elif entry.get("record", {}).get("type") == "withdrawal":
                gone.add(bytes.fromhex(entry["record"]["leaf"]))
    for found in sequencer.batches().find({"poll": poll_id}).sort("number", 1).batch_size(BATCHES_AT_ONCE):
        yield found, gone


def publish_result(poll_id: str, result: Mapping[str, Any]) -> None:
    """Put a poll's result on its board, once.

    Args: result: canonical JSON (text, integers, lists, objects, null).
    """
    sequencer.append_once(poll_id, {"type": "result", "result": dict(result)})


def archive_lines(poll_id: str) -> Iterator[dict[str, Any]]:
    """Give the archive's lines; docs/VOTING.md describes them. Before the result those of a sealed poll end with its final head.

    Raises: NoBoardYet (404), NotPublishedYet (voting.not-published-yet, 409).
    """
    facts = polls.poll_facts(poll_id)
    _last_headed(poll_id)
    is_published = has_result(poll_id)
    if not is_published and not (facts.secrecy == "sealed" and is_final(poll_id)):
        raise errors.NotPublishedYet
    return _archive_lines(facts, is_published=is_published)


def _archive_lines(facts: PollFacts, *, is_published: bool) -> Iterator[dict[str, Any]]:
    yield archive.first_line(facts.definition, facts.definition_hash, board_keys())
    for found, gone in _batches_with_gone(facts.id):
        for entry in found["entries"]:
            yield archive.entry_line(entry, is_sealed=facts.secrecy == "sealed", is_counted=entry.get("leaf") not in gone)
        if found.get("head"):
            yield archive.head_line(found["head"])
        if found["is_final"] and not is_published:
            return
