"""The collections under the documents of debates."""

from typing import Any

from pymongo.collection import Collection

from proposals.debates import models

Rows = Collection[dict[str, Any]]

# Of a debate in a list: of what the city says in the end only that it does.
LINE = {"outbox": 0, "body_html": 0, **{f"summary.{part}": 0 for part in ("for", "against", "other", "answer")}}
LISTED = {"versions": 0, "outbox": 0}  # of an opinion in a list


def _of(document: Any) -> Rows:
    collection: Rows = document._get_collection()
    return collection


def debates() -> Rows:
    return _of(models.Debate)


def comments() -> Rows:
    return _of(models.Comment)


def votes() -> Rows:
    return _of(models.CommentVote)


def participants() -> Rows:
    return _of(models.Participant)
