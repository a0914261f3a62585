"""What a board says besides ballots: what is asked and of whom, acts of staff with their reasons, the closing."""

from collections.abc import Mapping
from typing import Any

from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import PollFacts

Record = dict[str, Any]


def opening_record(facts: PollFacts) -> Record:
    """Give entry 0: what is asked, who may answer and how many they are, whose keys open it, who draws lots."""
    return {
        "type": "opening",
        "poll_id": facts.id,
        "definition_hash": facts.definition_hash,
        "audience": facts.definition["audience"],
        **polls.roll(facts),
        "sealing": facts.definition.get("sealing"),
        "tie_commitment": facts.definition.get("tie_commitment"),
    }


def change_records(poll_id: str, after: int) -> list[Record]:
    """Give the acts of staff on a poll that came after the first `after` ones."""
    return [{"type": "change", **stated_change(change)} for change in polls.poll_changes(poll_id)[after:]]


def stated_change(change: Mapping[str, Any]) -> Record:
    """Give an act of staff in the form that is hashed: times as ISO text."""
    stated = {"kind": change["kind"], "at": change["at"].isoformat(), "reason": change["reason"]}
    return {**stated, "closes_at": change["closes_at"].isoformat()} if "closes_at" in change else stated


def closing_record(facts: PollFacts, ballots: int) -> Record:
    """Give the entry under the final head: how many ballots came, of how many people."""
    record, poll = {"type": "closing", **polls.roll(facts), "ballots": ballots}, polls.poll_document(facts.id)
    return {**record, "cancelled": poll["cancel_reason"]} if poll["state"] == "cancelled" else record
