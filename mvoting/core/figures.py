"""Figures over whole collections, computed in the background and kept: a page reads one document instead of counting a city."""

from datetime import datetime
from typing import Any

from mongoengine import DateTimeField, Document, DynamicField, StringField


class Figure(Document):
    """A figure as of a moment; the id is its name."""

    id = StringField(primary_key=True)
    value = DynamicField(required=True)
    at = DateTimeField(required=True)
    meta = {"collection": "figures", "auto_create_index": False}


def keep(name: str, value: Any, *, now: datetime) -> None:
    """Keep a figure in place of the one before."""
    Figure._get_collection().replace_one({"_id": name}, {"value": value, "at": now}, upsert=True)


def kept(name: str) -> dict[str, Any] | None:
    """Give a figure with its moment: {"value", "at"}; None when it was never computed."""
    found: dict[str, Any] | None = Figure._get_collection().find_one({"_id": name}, {"_id": 0})
    return found


def kept_many(names: list[str]) -> dict[str, dict[str, Any]]:
    """Give those of the figures that were computed, by name."""
    return {found.pop("_id"): found for found in Figure._get_collection().find({"_id": {"$in": names}})}
