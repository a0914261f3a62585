"""The collections under the documents, for the hot paths."""

from typing import Any

from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from proposals.ideas import models

Rows = Collection[dict[str, Any]]


def _of(document: Any) -> Rows:
    collection: Rows = document._get_collection()
    return collection


def ideas() -> Rows:
    return _of(models.Idea)


def endorsements() -> Rows:
    return _of(models.Endorsement)


def endorsements_unwaited() -> Rows:
    """Endorsements written without waiting for the majority.

    Only where a majority write on the idea follows: it waits for everything before it in the replication log as well.
    """
    return _of(models.Endorsement).with_options(write_concern=WriteConcern(w=1, j=False))


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


def stored_programmes() -> Rows:
    return _of(models.StoredProgramme)
