"""MongoDB: one connection per process, made after fork; collections and indexes made before first use."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import mongoengine
from mongoengine.connection import get_db
from pymongo import IndexModel, MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError

from mvoting.core import clock, log
from mvoting.core.settings import SettingsError, settings

T = TypeVar("T")

NAMESPACE_EXISTS = 48
ALIAS = mongoengine.DEFAULT_CONNECTION_NAME
UNION_MAX = 100
KEEP_TIME_S = 30.0

_kept_until = 0.0


def connect() -> Database[dict[str, Any]]:
    """Connect this process and make sure that the server answers.

    Raises: pymongo.errors.PyMongoError when it does not within 5 s.
    """
    client: MongoClient[dict[str, Any]] = mongoengine.connect(
        settings().mongodb_name,
        alias=ALIAS,
        host=settings().mongodb_uri,
        tz_aware=True,
        uuidRepresentation="standard",
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=5000,
        maxPoolSize=64,
        appname="mvoting",
    )
    client.admin.command("ping")
    return get_db(ALIAS)


def database() -> Database[dict[str, Any]]:
    """Give the connected database."""
    return get_db(ALIAS)


def database_now() -> datetime:
    """Give the database's own time, which decides what a worker's clock must not."""
    at = database()
    told: datetime = at.command("hello", codec_options=at.codec_options)["localTime"]
    return told


def keep_time() -> None:
    """Have this process's clock follow the database's, by which all its fellows judge; looked at every `KEEP_TIME_S` at most.

    Processes that send call it: on a machine whose clock is wrong they would drop as expired what is due.
    """
    global _kept_until
    if time.monotonic() < _kept_until:
        return
    _kept_until = time.monotonic() + KEEP_TIME_S
    try:
        wrong = clock.follow(database_now())
    except PyMongoError:
        return  # as it was; whatever needs the database will say so
    if wrong:
        log.event("clock.wrong", level=logging.ERROR, seconds=-wrong.total_seconds())


def forget_time() -> None:
    """Look at the database's clock at the next occasion."""
    global _kept_until
    _kept_until = 0.0


def disconnect() -> None:
    """Close this process's connection."""
    mongoengine.disconnect(ALIAS)


def in_transaction(work: Callable[[ClientSession], T]) -> T:
    """Run `work` in one transaction, again when it conflicts with another; for rare staff moves.

    `work` passes its session to every read and write and has no other effect.
    """
    with database().client.start_session() as session:
        return session.with_transaction(work)


def union(collection: Collection[dict[str, Any]], questions: Sequence[Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Ask a collection many small questions, each an aggregation pipeline, `UNION_MAX` in one command; give all answers."""
    for start in range(0, len(questions), UNION_MAX):
        first, *others = questions[start : start + UNION_MAX]
        joined = [{"$unionWith": {"coll": collection.name, "pipeline": list(each)}} for each in others]
        yield from collection.aggregate([*first, *joined])


def prepare(documents: Iterable[type[mongoengine.Document]]) -> None:
    """Create the collections and indexes of `documents`; cheap when they exist.

    A collection first used inside a transaction would make that transaction fail (SnapshotUnavailable). One whose `meta` says
    `is_clustered` lies in the order of its ids, so that nothing tells in which order its documents came.
    """
    existing = set(database().list_collection_names())
    for document in documents:
        name, indexes = document._get_collection_name(), _indexes(document)
        is_clustered = document._meta.get("is_clustered", False)
        if name not in existing and (is_clustered or not indexes):
            _create_collection(name, **({"clusteredIndex": {"key": {"_id": 1}, "unique": True}} if is_clustered else {}))
        # All of a collection in one command, which creates it too: mongoengine asks for each by itself.
        if indexes:
            document._get_collection().create_indexes(indexes)


def _indexes(document: type[mongoengine.Document]) -> list[IndexModel]:
    return [
        IndexModel(spec["fields"], **{option: value for option, value in spec.items() if option not in ("fields", "cls")})
        for spec in document._meta["index_specs"]
    ]


def _create_collection(name: str, **options: Any) -> None:
    try:
        database().create_collection(name, **options)
    except CollectionInvalid:
        pass  # another process was quicker; the driver noticed
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:  # the same, noticed by the server
            raise


def claim_alert_mode() -> None:
    """Tie this database to the deployment's alert mode, for good, so that a test deployment never runs on live data.

    Raises: SettingsError when the database belongs to the other mode.
    """
    mode = settings().alert_mode
    deployment = database()["deployment"]
    deployment.update_one({"_id": "alert_mode"}, {"$setOnInsert": {"mode": mode}}, upsert=True)
    kept = deployment.find_one({"_id": "alert_mode"})
    if kept is None or kept["mode"] != mode:
        raise SettingsError(f"MVOTING_ALERT_MODE: is {mode!r}, but this database belongs to the other mode")
