"""Cosignatures of boards' heads by witnesses that the city names: taken when they are right, shown to everybody."""

from collections.abc import Mapping
from typing import Any

from mvoting.core.settings import WITNESSES_MAX, settings
from mvoting.voting import statements
from mvoting.voting.board import errors, sequencer
from mvoting.voting.board.models import BoardCosignature


def take(poll_id: str, document: Mapping[str, Any]) -> None:
    """Keep a witness's cosignature of a head of this board; again it changes nothing.

    Raises: CosignatureRefused (voting.cosignature-refused, 422).
    """
    keys = {name: bytes.fromhex(key) for name, key in settings().witnesses.items()}
    try:
        cosigned = statements.check(document, statements.Cosignature, keys)
    except statements.ForgedSignature:
        raise errors.CosignatureRefused(reason="unknown witness or wrong signature") from None
    query = {"poll": poll_id, "number": cosigned.number, "head": {"$ne": None}}
    batch = sequencer.batches().find_one(query, {"head": 1})
    if batch is None or {name: batch["head"][name] for name in vars(cosigned)} != vars(cosigned):
        raise errors.CosignatureRefused(reason="not a head of this board")
    kept = {"poll": poll_id, "number": cosigned.number, "document": dict(document)}
    BoardCosignature._get_collection().update_one(
        {"_id": f"{poll_id}:{cosigned.number:08d}:{document['kid']}"}, {"$setOnInsert": kept}, upsert=True
    )


def page(poll_id: str, *, after: int, limit: int) -> list[dict[str, Any]]:
    """List cosignatures in order of the heads' numbers, from the head after `after`.

    Args: limit: most cosignatures; those of one head are never torn apart, so that `after` can go on behind it.
    """
    query = {"poll": poll_id, "number": {"$gt": after}}
    found = list(BoardCosignature._get_collection().find(query).sort([("number", 1), ("_id", 1)]).limit(limit + WITNESSES_MAX))
    last = found[:limit][-1]["number"] if found else None
    return [one["document"] for one in found if one["number"] <= last]


def witnesses_of(poll_id: str) -> list[str] | None:
    """Name who cosigned a board's latest head; None where there is no board yet."""
    batch = sequencer.batches().find_one({"poll": poll_id, "head": {"$ne": None}}, {"number": 1}, sort=[("number", -1)])
    if batch is None:
        return None
    found = BoardCosignature._get_collection().find({"poll": poll_id, "number": batch["number"]}, {"document.kid": 1})
    return sorted(one["document"]["kid"] for one in found)
