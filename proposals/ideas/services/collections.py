"""The collections under the documents, for the hot paths."""

import os
import threading
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from mvoting.core.settings import settings
from proposals.ideas import models

Rows = Collection[dict[str, Any]]


def _of(document: Any) -> Rows:
    collection: Rows = document._get_collection()
    return collection


def ideas() -> Rows:
    return _of(models.Idea)


def endorsements() -> Rows:
    return _of(models.Endorsement)


def endorsing_rows() -> tuple[Rows, Rows]:
    """Give endorsements and ideas for endorsing, on this process's own client, which does not retry by itself.

    Retryable writes cost mongod an eighth more, and here a repeated request is safe: the endorsement's id is the person's.
    Endorsements are written without waiting for the majority: the majority write on the idea that follows waits for
    everything before it in the replication log as well.
    """
    global _own
    if _own is None or _own[0] != os.getpid():
        with _connecting:
            if _own is None or _own[0] != os.getpid():
                _own = (os.getpid(), _connect())
    return _own[1]


_own: tuple[int, tuple[Rows, Rows]] | None = None
_connecting = threading.Lock()


def _connect() -> tuple[Rows, Rows]:
    client: MongoClient[dict[str, Any]] = MongoClient(
        settings().mongodb_uri,
        tz_aware=True,
        retryWrites=False,
        serverSelectionTimeoutMS=4000,
        maxPoolSize=64,
        appname="mvoting-endorse",
    )
    database = client[settings().mongodb_name]
    return (
        database.get_collection(models.Endorsement._get_collection_name(), write_concern=WriteConcern(w=1, j=False)),
        database.get_collection(models.Idea._get_collection_name(), write_concern=WriteConcern("majority", j=True)),
    )


def follows() -> Rows:
    return _of(models.Follow)


def additions() -> Rows:
    return _of(models.Addition)


def merges() -> Rows:
    return _of(models.Merge)


def answer_drafts() -> Rows:
    return _of(models.AnswerDraft)


def term_counts() -> Rows:
    return _of(models.TermCount)


def department_rows() -> Rows:
    return _of(models.Department)


def stored_programmes() -> Rows:
    return _of(models.StoredProgramme)
