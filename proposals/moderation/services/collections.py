"""The collections under the documents."""

from typing import Any

from pymongo.collection import Collection

from proposals.moderation import models

Rows = Collection[dict[str, Any]]


def _of(document: Any) -> Rows:
    collection: Rows = document._get_collection()
    return collection


def cases() -> Rows:
    return _of(models.Case)


def reports() -> Rows:
    return _of(models.Report)


def fingerprints() -> Rows:
    return _of(models.Fingerprint)


def standings() -> Rows:
    return _of(models.Standing)


def stored_settings() -> Rows:
    return _of(models.ModerationSettings)
