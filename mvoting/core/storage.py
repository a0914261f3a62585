"""Where pictures lie: a collection beside everything else, so that one backup holds all. Pictures are small (images.py).

A picture belongs to nobody until something names it; the sweep removes what was uploaded and never used.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from mongoengine import BinaryField, BooleanField, DateTimeField, Document, IntField, StringField

from mvoting.core.images import clean_picture
from mvoting.core.problems import Problem

UNUSED_AFTER = timedelta(days=1)
EXPORTED_MAX = 500


class PictureNotFound(Problem):
    code, status = "core.picture-not-found", 404
    ko = "사진을 찾을 수 없습니다. 지워졌다면 다시 올려 주세요."
    en = "The picture is not there. If it was removed, add it again."


class StoredPicture(Document):
    """A clean picture; its id is the hash of its bytes and owner, so that a repeated upload stores nothing twice."""

    id = StringField(primary_key=True)
    owner = StringField(required=True)
    data = BinaryField(required=True)
    thumbnail = BinaryField(required=True)
    width = IntField(required=True)
    height = IntField(required=True)
    is_used = BooleanField(default=False)
    is_hidden = BooleanField(default=False)
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "pictures",
        "auto_create_index": False,
        "indexes": ["owner", {"fields": ["created_at"], "partialFilterExpression": {"is_used": False}}],
    }


def store_picture(upload: bytes, owner: str, *, now: datetime) -> dict[str, Any]:
    """Clean and keep a picture of `owner` (a person's or staff member's id).

    Returns: {"id", "width", "height"}.
    Raises: PictureRefused (core.picture-refused, 422).
    """
    picture = clean_picture(upload)
    picture_id = hashlib.sha256(owner.encode() + b"\x00" + picture.data).hexdigest()[:32]
    stored = {
        "owner": owner,
        "data": Binary(picture.data),
        "thumbnail": Binary(picture.thumbnail),
        "width": picture.width,
        "height": picture.height,
        "is_used": False,
        "is_hidden": False,
        "created_at": now,
    }
    StoredPicture._get_collection().update_one({"_id": picture_id}, {"$setOnInsert": stored}, upsert=True)
    return {"id": picture_id, "width": picture.width, "height": picture.height}


def use_pictures(picture_ids: list[str], owner: str) -> None:
    """Note that something names these pictures of `owner`.

    Raises: PictureNotFound (404) when one is missing or somebody else's.
    """
    wanted = {"_id": {"$in": picture_ids}, "owner": owner}
    if StoredPicture._get_collection().count_documents(wanted) != len(set(picture_ids)):
        raise PictureNotFound
    StoredPicture._get_collection().update_many(wanted, {"$set": {"is_used": True}})


def load_picture(picture_id: str, *, thumbnail: bool) -> bytes:
    """Give a picture's WebP bytes.

    Raises: PictureNotFound (404), also for a hidden one.
    """
    part = "thumbnail" if thumbnail else "data"
    found = StoredPicture._get_collection().find_one({"_id": picture_id, "is_hidden": False}, {part: 1})
    if found is None:
        raise PictureNotFound
    return bytes(found[part])


def hide_pictures(picture_ids: list[str], *, hidden: bool) -> None:
    """Hide pictures with the text they belong to, or show them again."""
    StoredPicture._get_collection().update_many({"_id": {"$in": picture_ids}}, {"$set": {"is_hidden": hidden}})


def forget_old(*, now: datetime) -> int:
    """Remove pictures that nothing has named for a day. Returns: how many."""
    due = {"is_used": False, "created_at": {"$lte": now - UNUSED_AFTER}}
    return StoredPicture._get_collection().delete_many(due).deleted_count


def export_personal_data(person_id: str) -> dict[str, Any]:
    """Give the pictures that a person uploaded, WebP in base64."""
    found = StoredPicture._get_collection().find({"owner": person_id}, {"data": 1, "is_used": 1, "created_at": 1})
    return {
        "pictures": [
            {
                "id": row["_id"],
                "is_used": row["is_used"],
                "created_at": row["created_at"],
                "webp": base64.b64encode(row["data"]).decode(),
            }
            for row in found.sort("created_at", -1).limit(EXPORTED_MAX)
        ]
    }


def erase_personal_data(person_id: str) -> None:
    """Remove all pictures of a person whose account is erased."""
    StoredPicture._get_collection().delete_many({"owner": person_id})
