"""Bring stored documents up to what the code of today expects, in batches, beside a running service."""

from collections.abc import Callable, Iterator
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection

BATCH = 1000
Row = dict[str, Any]


def fill(rows: Collection[Row], lacking: str, among: Row, reads: list[str], make: Callable[[Row], Row]) -> Iterator[list[Row]]:
    """Give every document that lacks the field `lacking` what `make` works out of others.

    Ended at any moment and begun again it goes on with what is left. A document that changes after it was read is left
    alone: whoever changes it writes the field, or the next run finds it.

    Args: among: which documents should have the field. reads: what `make` gets of each. make: gives the fields to set.
    Yields: what was set, batch by batch.
    """
    last = ""
    while True:
        wanted = {**among, "_id": {"$gt": last}, lacking: {"$exists": False}}
        found = list(rows.find(wanted, dict.fromkeys(reads, 1)).sort("_id", 1).limit(BATCH))
        if not found:
            return
        made = [make(row) for row in found]
        writes = [UpdateOne(_as_read(row, [lacking, *reads]), {"$set": new}) for row, new in zip(found, made, strict=True)]
        rows.bulk_write(writes, ordered=False)
        yield made
        last = found[-1]["_id"]


def _as_read(row: Row, fields: list[str]) -> Row:
    return {"_id": row["_id"]} | {name: row.get(name, {"$exists": False}) for name in fields}


def drop_index(rows: Collection[Row], name: str) -> bool:
    """Drop an index that is no longer declared. Tells whether it was there."""
    if name not in rows.index_information():
        return False
    rows.drop_index(name)
    return True
