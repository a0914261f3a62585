"""The one writer of a poll's board.

Each step can be repeated, and each ends in a majority-committed write, so a process may die at any line:
1. the last batch is finished (tiles, signed head, marks on its ballots), whoever began it;
2. the next batch is inserted under its number, which fences off everybody who thought the same;
3. it is finished in its turn.
"""

import logging
from datetime import timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from mvoting.core import lease, log, merkle
from mvoting.core.clock import now
from mvoting.core.database import database, database_now
from mvoting.core.keys import current_key
from mvoting.voting.ballots.services import mark_boarded, waiting_ballots
from mvoting.voting.board import entries, figures
from mvoting.voting.board.models import BoardBatch, BoardTile
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.statements import TreeHead, sign

MAX_BATCH = 500  # ballots; with the longest contents a batch stays under MongoDB's 16 MB
LEASE_S = 30.0
GRACE = timedelta(seconds=5)  # after closing, until every cast that was in time is acknowledged or gone
DUPLICATE_KEY = 11000

Batch = dict[str, Any]


def batches() -> Collection[Batch]:
    """Give the collection of batches."""
    return BoardBatch._get_collection()


def tiles() -> Collection[dict[str, Any]]:
    """Give the collection of tiles."""
    return BoardTile._get_collection()


def sequence(poll_id: str) -> int:
    """Put waiting ballots on a poll's board in batches; after closing, everything that waits and the closing record.

    Returns: the number of batches added; 0 also when another process is at it.
    """
    facts = polls.poll_facts(poll_id)
    if lease.acquire(f"board {poll_id}", seconds=LEASE_S) is None:
        return 0
    added = 0
    try:
        while _add_batch(facts):
            added += 1
            if lease.acquire(f"board {poll_id}", seconds=LEASE_S) is None:
                break
    finally:
        lease.release(f"board {poll_id}")
    return added


def append_once(poll_id: str, record: dict[str, Any]) -> None:
    """Append a record of which a board holds one at most; two who do so at the same moment append one."""
    facts = polls.poll_facts(poll_id)
    while True:
        last = _finished_last(facts)
        # After `last` is read: who appends in between takes the next number, and this one looks again.
        if batches().find_one({"poll": poll_id, "entries.record.type": record["type"]}, {"_id": 1}):
            return
        batch = _insert(facts, last, [{"record": record}], is_final=last["is_final"])
        if batch:
            _finish(facts, batch)
            return


def append_records(poll_id: str, records: list[dict[str, Any]]) -> Batch:
    """Append records (acts of staff, an opening, the result) as one batch; tries again when a sequencer was quicker."""
    facts = polls.poll_facts(poll_id)
    while True:
        last = _finished_last(facts)
        batch = _insert(facts, last, [{"record": r} for r in records], is_final=last["is_final"])
        if batch:
            return _finish(facts, batch)


def _add_batch(facts: PollFacts) -> bool:
    last = _finished_last(facts)
    if last["is_final"]:
        _leave_unlinkable(facts)  # again: whoever signed the final head may have died before it
        return False
    is_closing = _ballots_are_in(facts)
    waiting = _waiting(facts, last, is_closing=is_closing)
    k = facts.definition["k"]
    is_last = is_closing and len(waiting) <= MAX_BATCH
    drawn = entries.draw(waiting, k, is_last=is_last)
    if drawn:
        batch = _insert_ballots(facts, last, drawn)
    elif is_last:
        batch = _insert(facts, last, [{"record": _closing_record(facts, last)}], is_final=1)
    else:
        return False
    if batch is None:
        return False  # fenced off: another sequencer inserted this number
    _finish(facts, batch)
    if batch["is_final"]:
        _leave_unlinkable(facts)
    return True


def _ballots_are_in(facts: PollFacts) -> bool:
    """Tell by the database's clock whether no further ballot can come."""
    if facts.state == "cancelled":
        # Receipts promised a place in the final head, so the board of a cancelled poll is finished like any other.
        return database_now() >= polls.poll_document(facts.id)["cancelled_at"] + polls.SETTLE + GRACE
    return database_now() >= facts.closes_at + GRACE


def _waiting(facts: PollFacts, last: Batch, *, is_closing: bool) -> list[dict[str, Any]]:
    if not is_closing:
        return _scan(facts, None)
    with database().client.start_session(causal_consistency=True) as session:
        # A majority write proves that this is still the primary; causal order then shows every ballot acknowledged before.
        batches().update_one({"_id": last["_id"]}, {"$inc": {"final_scans": 1}}, session=session)
        waiting = _scan(facts, session)
        while len(again := _scan(facts, session)) != len(waiting):
            waiting = again
        return waiting


def _scan(facts: PollFacts, session: ClientSession | None) -> list[dict[str, Any]]:
    return waiting_ballots(facts.id, MAX_BATCH + facts.definition["k"], session)


def _finished_last(facts: PollFacts) -> Batch:
    last = batches().find_one({"poll": facts.id}, sort=[("number", -1)])
    if last is None:
        last = _insert(facts, None, [{"record": _opening_record(facts)}]) or batches().find_one({"poll": facts.id})
    return _finish(facts, last)


def _opening_record(facts: PollFacts) -> dict[str, Any]:
    return {
        "type": "opening",
        "poll_id": facts.id,
        "definition_hash": facts.definition_hash,
        "audience": facts.definition["audience"],
        "roll": polls.roll_size(facts),
        "sealing": facts.definition.get("sealing"),
        "tie_commitment": facts.definition.get("tie_commitment"),
    }


def _closing_record(facts: PollFacts, last: Batch) -> dict[str, Any]:
    poll = polls.poll_document(facts.id)
    changes = [
        {"kind": change["kind"], "closes_at": change["closes_at"].isoformat(), "reason": change["reason"]}
        for change in poll.get("changes", [])
    ]
    record = {"type": "closing", "roll": polls.roll_size(facts), "ballots": last["ballots"], "changes": changes}
    return {**record, "cancelled": poll["cancel_reason"]} if facts.state == "cancelled" else record


def _insert_ballots(facts: PollFacts, last: Batch, drawn: list[dict[str, Any]]) -> Batch | None:
    fresh = [entry for ballot in drawn for entry in entries.entries_of(ballot)]
    counted = sum(1 for b in drawn if not b["boarded"]) - sum(1 for b in drawn if b.get("withdrawn"))
    taken = [{"id": b["_id"], "revision": len(b["leaves"]), "is_withdrawn": bool(b.get("withdrawn"))} for b in drawn]
    totals = _totals_after(facts, last, drawn, fresh)
    return _insert(facts, last, fresh, ballots=last["ballots"] + counted, totals=totals, taken=taken)


def _totals_after(
    facts: PollFacts, last: Batch, drawn: list[dict[str, Any]], fresh: list[dict[str, Any]]
) -> figures.Totals | None:
    if facts.secrecy == "sealed" or facts.definition["figures"] == "after_closing":
        return None
    totals = last.get("totals") or figures.no_votes(facts.definition)
    for entry in fresh:
        if "content" in entry:
            figures.add(totals, entry["content"], 1)
    for content in contents_of([b["leaves"][b["boarded"] - 1] for b in drawn if b["boarded"]]):
        figures.add(totals, content, -1)
    return totals


def contents_of(leaves: list[bytes]) -> list[bytes]:
    """Give the contents under which these leaves stood on the board; a leaf replaced before it got there has none."""
    if not leaves:
        return []
    found = batches().aggregate(
        [
            {"$match": {"entries.leaf": {"$in": leaves}}},
            {"$unwind": "$entries"},
            {"$match": {"entries.leaf": {"$in": leaves}, "entries.content": {"$exists": True}}},
            {"$project": {"_id": 0, "content": "$entries.content"}},
        ]
    )
    return [entry["content"] for entry in found]


def _insert(facts: PollFacts, last: Batch | None, fresh: list[dict[str, Any]], *, is_final: int = 0, **more: Any) -> Batch | None:
    """Insert the next batch; None when its number is taken."""
    number = last["number"] + 1 if last else 0
    first = last["size"] if last else 0
    batch = {
        "_id": f"{facts.id}:{number:08d}",
        "poll": facts.id,
        "number": number,
        "first": first,
        "size": first + len(fresh),
        "entries": fresh,
        "ballots": last["ballots"] if last else 0,
        "totals": last.get("totals") if last else None,
        "is_final": is_final,
        "taken": [],
        **more,
    }
    try:
        batches().insert_one(batch)
    except DuplicateKeyError:
        return None
    return batch


def _finish(facts: PollFacts, batch: Batch) -> Batch:
    """Do what remains of a batch: tiles, head, marks. Doing it twice, or by two at once, changes nothing."""
    if "head" in batch and "taken" not in batch:
        return batch
    root = _write_tiles(batch)
    key = current_key("board")
    statement = TreeHead(facts.id, facts.definition_hash, batch["number"], batch["size"], root.hex(), batch["is_final"])
    batches().update_one({"_id": batch["_id"], "head": None}, {"$set": {"head": sign(statement, key.private, key.kid)}})
    mark_boarded(batch.get("taken", []))
    batches().update_one({"_id": batch["_id"]}, {"$unset": {"taken": ""}})
    log.event("voting.batch_boarded", poll_id=facts.id, number=batch["number"], size=batch["size"])
    finished = batches().find_one({"_id": batch["_id"]})
    if finished is None:
        raise RuntimeError("a batch of the board has disappeared")
    return finished


def _write_tiles(batch: Batch) -> bytes:
    poll_id, first = batch["poll"], batch["first"]
    edge = read_tiles(poll_id, merkle.edge_tiles(first))
    changed = merkle.extend_tiles(edge, first, [entries.entry_hash(e) for e in batch["entries"]])
    writes = [
        # Never shorter than it is: a sequencer that was asleep must not cut what its successor wrote.
        UpdateOne(
            {"_id": _tile_id(poll_id, tile), "length": {"$lt": len(data)}},
            {"$set": {"length": len(data), "data": data}},
            upsert=True,
        )
        for tile, data in changed.items()
    ]
    try:
        tiles().bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]) or error.details["writeConcernErrors"]:
            raise
    node = merkle.node_in(
        {**edge, **changed, **read_tiles(poll_id, merkle.tiles_for([(0, batch["size"])]) - set(changed) - set(edge))}
    )
    return merkle.fold([node(*n) for n in merkle.perfect_nodes(0, batch["size"])])


def _tile_id(poll_id: str, tile: merkle.Tile) -> str:
    return f"{poll_id}:{tile[0]}:{tile[1]}"


def read_tiles(poll_id: str, wanted: set[merkle.Tile]) -> dict[merkle.Tile, bytes]:
    """Read tiles in one query."""
    if not wanted:
        return {}
    found = {d["_id"]: d["data"] for d in tiles().find({"_id": {"$in": [_tile_id(poll_id, t) for t in wanted]}})}
    return {tile: found[_tile_id(poll_id, tile)] for tile in wanted if _tile_id(poll_id, tile) in found}


def _leave_unlinkable(facts: PollFacts) -> None:
    if waiting_ballots(facts.id, 1, None):
        log.event("voting.ballots_after_final_head", level=logging.CRITICAL, poll_id=facts.id)
    polls.record_final_head(facts.id, now=now())
