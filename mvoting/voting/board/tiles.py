"""The tree over a poll's entries as it is stored: tiles of 256 hashes, which grow until they are full."""

from collections.abc import Callable
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from mvoting.core import merkle
from mvoting.voting.board.models import BoardTile

DUPLICATE_KEY = 11000


def tiles() -> Collection[dict[str, Any]]:
    """Give the collection of tiles."""
    return BoardTile._get_collection()


def read_tiles(poll_id: str, wanted: set[merkle.Tile]) -> dict[merkle.Tile, bytes]:
    """Read tiles in one query by their keys; those that are not there are left out."""
    if not wanted:
        return {}
    keys = {_key(poll_id, tile): tile for tile in wanted}
    return {keys[stored["_id"]]: stored["data"] for stored in tiles().find({"_id": {"$in": list(keys)}})}


def prove(poll_id: str, proof: Callable[[Callable[[int, int], merkle.Hash]], list[merkle.Hash]]) -> list[str]:
    """Compute a proof (hex) from the tiles that it needs: `prove(poll, lambda node: merkle.inclusion_proof(3, 10, node))`."""
    return [h.hex() for h in proof(merkle.node_in(read_tiles(poll_id, merkle.tiles_for(proof))))]


def append(poll_id: str, first: int, leaf_hashes: list[merkle.Hash]) -> merkle.Hash:
    """Append leaves from index `first` on; may be repeated, and done by two at once. Returns: the root after them."""
    edge = read_tiles(poll_id, merkle.edge_tiles(first))
    changed = merkle.extend_tiles(edge, first, leaf_hashes)
    writes = [
        # Never shorter than it is: a sequencer that was asleep must not cut what its successor wrote.
        UpdateOne(
            {"_id": _key(poll_id, tile), "length": {"$lt": len(data)}},
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
    return merkle.root_in(first + len(leaf_hashes), merkle.node_in({**edge, **changed}))


def _key(poll_id: str, tile: merkle.Tile) -> str:
    return f"{poll_id}:{tile[0]}:{tile[1]}"
