"""The one writer of a poll's board.

Each step can be repeated, and each ends in a majority-committed write, so a process may die at any line:
1. the last batch is finished (tiles, marks on its ballots, signed head), whoever began it;
2. the next batch is inserted under its number, which fences off everybody who thought the same;
3. it is finished in its turn.
"""

import logging
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.accounts import joining
from mvoting.core import lease, log
from mvoting.core.clock import now
from mvoting.core.database import database, database_now
from mvoting.core.keys import current_key
from mvoting.voting.ballots.services import is_waiting, mark_boarded, waiting_ballots
from mvoting.voting.board import entries, figures, records, tiles
from mvoting.voting.board.models import BoardBatch
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.statements import TreeHead, sign

MAX_BATCH = 500  # ballots; with the longest contents a batch stays under MongoDB's 16 MB
LEASE_S = 30.0
GRACE = timedelta(seconds=5)
"""After the end is recorded, until every cast that was in time is acknowledged or gone: facts are good for three seconds, and
a write takes no more than two."""
MERGERS_AWAITED = timedelta(minutes=1)

Batch = dict[str, Any]


def batches() -> Collection[Batch]:
    """Give the collection of batches."""
    return BoardBatch._get_collection()


def sequence(poll_id: str) -> int:
    """Put waiting ballots on a poll's board in batches; after closing, everything that waits and the closing record.

    Returns: the number of batches added; 0 also when another process is at it.
    """
    facts = polls.poll_facts(poll_id)
    if not _is_due(facts) or lease.acquire(_lease(facts), seconds=LEASE_S) is None:
        return 0
    try:
        return _add_batches(facts)
    finally:
        lease.release(_lease(facts))


def append_once(poll_id: str, record: dict[str, Any]) -> None:
    """Append a record of which a board holds one at most (opening of ballots, seed for ties, result).

    Two who do so at the same moment append one: a second could never be taken off again, and no archive with two verifies.
    """
    facts = polls.poll_facts(poll_id)
    while True:
        last = _finished_last(facts)
        # After `last` is read: who appends in between takes the next number, and this one looks again.
        if batches().find_one({"poll": poll_id, "entries.record.type": record["type"]}, {"_id": 1}):
            return
        batch = _insert(facts, last, _as_entries([record]), is_final=last["is_final"])
        if batch:
            _finish(facts, batch)
            return


def _is_due(facts: PollFacts) -> bool:
    """Tell from few cheap reads whether there is anything to do: most polls rest at most times."""
    last = _last(facts.id)
    if last is None or not _is_finished(last) or last["is_final"] or _ballots_are_in(facts):
        return True
    return is_waiting(facts.id, 2 * facts.definition["k"]) or bool(records.change_records(facts.id, last["changes"]))


def _add_batches(facts: PollFacts) -> int:
    last, is_closing = _finished_last(facts), _ballots_are_in(facts)
    added, held_since = 0, time.monotonic()
    while batch := _next_batch(facts, last, is_closing=is_closing):
        last, added = _finish(facts, batch), added + 1
        if time.monotonic() - held_since > LEASE_S / 3:
            if lease.acquire(_lease(facts), seconds=LEASE_S) is None:
                break
            held_since = time.monotonic()
    if last["is_final"]:
        _leave_unlinkable(facts)  # each time: whoever signed the final head may have died before it
    return added


def _next_batch(facts: PollFacts, last: Batch, *, is_closing: bool) -> Batch | None:
    """Insert what comes next; None when nothing does, or when another sequencer inserted this number."""
    if last["is_final"]:
        return None
    if changes := records.change_records(facts.id, last["changes"]):
        return _insert(facts, last, _as_entries(changes), changes=last["changes"] + len(changes))
    waiting = _waiting(facts, last, is_closing=is_closing)
    is_last = is_closing and len(waiting) <= MAX_BATCH
    drawn = entries.draw(waiting, facts.definition["k"], is_last=is_last)
    if drawn:
        return _insert_ballots(facts, last, drawn)
    if is_last:
        return _insert(facts, last, _as_entries([records.closing_record(facts, last["ballots"])]), is_final=1)
    return None


def _as_entries(stated: list[records.Record]) -> list[dict[str, Any]]:
    return [{"record": record} for record in stated]


def _lease(facts: PollFacts) -> str:
    return f"board {facts.id}"


def _ballots_are_in(facts: PollFacts) -> bool:
    """Tell by the database's clock whether no further ballot can come."""
    # Also of a cancelled poll: receipts promised a place in the final head, so its board is finished like any other.
    if facts.state in ("scheduled", "open") and database_now() < facts.closes_at:
        return False
    # What `facts` say may be old by now, and the end have been moved; once it is recorded nobody can.
    ended_at, at = polls.record_end(facts.id), database_now()
    if ended_at is None or at < ended_at + GRACE:
        return False
    # Of two joined accounts of one person one ballot is still to be withdrawn; whatever holds that up must not hold up polls.
    return at >= ended_at + MERGERS_AWAITED or not joining.open_mergers("voting", before=ended_at)


def _waiting(facts: PollFacts, last: Batch, *, is_closing: bool) -> list[dict[str, Any]]:
    if not is_closing:
        return _scan(facts, None)
    polls.begin_final_scan(facts.id)
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
    """Give the last batch, finished, without its entries; begin the board where there is none."""
    last = _last(facts.id)
    if last and _is_finished(last):
        return last
    whole: Any = batches().find_one({"poll": facts.id}, sort=[("number", -1)])
    if whole is None:
        whole = _insert(facts, None, _as_entries([records.opening_record(facts)])) or batches().find_one({"poll": facts.id})
    return _finish(facts, whole)


def _last(poll_id: str) -> Batch | None:
    return batches().find_one({"poll": poll_id}, {"entries": 0, "taken.ids": 0, "contents": 0}, sort=[("number", -1)])


def _is_finished(batch: Batch) -> bool:
    return "head" in batch and "taken" not in batch


def _insert_ballots(facts: PollFacts, last: Batch, drawn: list[dict[str, Any]]) -> Batch | None:
    fresh = [entry for ballot in drawn for entry in entries.entries_of(ballot)]
    counted = sum(1 for b in drawn if not b["boarded"]) - sum(1 for b in drawn if b.get("withdrawn"))
    taken: dict[tuple[int, bool], list[bytes]] = {}
    for ballot in drawn:
        taken.setdefault((len(ballot["leaves"]), "withdrawn" in ballot), []).append(ballot["_id"])
    groups = [{"revision": r, "is_withdrawn": is_withdrawn, "ids": ids} for (r, is_withdrawn), ids in taken.items()]
    totals = _totals_after(facts, last, drawn, fresh)
    return _insert(facts, last, fresh, ballots=last["ballots"] + counted, totals=totals, taken=groups)


def _totals_after(
    facts: PollFacts, last: Batch, drawn: list[dict[str, Any]], fresh: list[dict[str, Any]]
) -> figures.Totals | None:
    if facts.secrecy == "sealed" or facts.definition["figures"] == "after_closing":
        return None
    totals = last.get("totals") or figures.no_votes(facts.definition)
    moved = Counter(entry["content"] for entry in fresh if "content" in entry)
    moved.subtract(_content_of(b["leaves"][b["boarded"] - 1]) for b in drawn if b["boarded"])
    for content, times in moved.items():
        figures.add(totals, content, times)
    return totals


def _content_of(leaf: bytes) -> bytes:
    """Give the content under which a leaf stood on the board."""
    [entry] = batches().find_one({"entries.leaf": leaf}, {"entries.$": 1})["entries"]  # type: ignore[index]
    content: bytes = entry["content"]
    return content


def _insert(facts: PollFacts, last: Batch | None, fresh: list[dict[str, Any]], *, is_final: int = 0, **more: Any) -> Batch | None:
    """Insert the next batch; None when its number is taken."""
    number = last["number"] + 1 if last else 0
    first = last["size"] if last else 0
    for at, entry in enumerate(fresh, first):
        entry["at"] = at
    batch = {
        "_id": f"{facts.id}:{number:08d}",
        "poll": facts.id,
        "number": number,
        "first": first,
        "size": first + len(fresh),
        "entries": fresh,
        "ballots": last["ballots"] if last else 0,
        "changes": last["changes"] if last else 0,
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
    """Do what remains of a batch: tiles, marks, head. Doing it twice, or by two at once, changes nothing."""
    if _is_finished(batch):
        return batch
    root = tiles.append(batch["poll"], batch["first"], [entries.entry_hash(e) for e in batch["entries"]])
    mark_boarded(batch.get("taken", []))
    key = current_key("board")
    statement = TreeHead(facts.id, facts.definition_hash, batch["number"], batch["size"], root.hex(), batch["is_final"])
    finished = {"$set": {"head": sign(statement, key.private, key.kid)}, "$unset": {"taken": ""}}
    # The first head stands, also when the key has changed since.
    batches().update_one({"_id": batch["_id"], "head": None}, finished)
    log.event("voting.batch_boarded", poll_id=facts.id, number=batch["number"], size=batch["size"])
    return batch


def _leave_unlinkable(facts: PollFacts) -> None:
    if waiting_ballots(facts.id, 1, None):
        log.event("voting.ballots_after_final_head", level=logging.CRITICAL, poll_id=facts.id)
    polls.record_final_head(facts.id, now=now())
