"""What can be done with templates. A new version speaks to everybody from the next campaign on, so a second person agrees."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.pagination import keyset_page
from notifications.templates import errors, rules
from notifications.templates.builtin import EXAMPLES, TEMPLATES
from notifications.templates.models import TemplateVersion
from notifications.templates.rules import Template, Texts, Value

Document = dict[str, Any]


def current(key: str) -> Template:
    """Give the version of a text that is in use.

    Raises: TemplateNotFound (notifications.template-not-found, 404).
    """
    found = _versions().find_one({"key": key, "state": "active"})
    if found is not None:
        return Template(key, found["version"], found["texts"])
    if key not in TEMPLATES:
        raise errors.TemplateNotFound
    return TEMPLATES[key]


def render(key: str, values: Mapping[str, Value]) -> tuple[dict[str, dict[str, str]], str]:
    """Fill the text in use. Returns: the message in each language, and the name of the version.

    Raises: TemplateNotFound (404); rules.TemplateError naming missing fields.
    """
    template = current(key)
    return template.render(values), template.name


def propose(key: str, texts: Texts, note: str, *, by: str, now: datetime) -> Document:
    """Write a new version, a draft until a colleague agrees. A new key makes a text for staff's own campaigns.

    Raises: TemplateNotFound (404) for what cannot be a key, TemplateRefused (notifications.template-refused, 422).
    """
    _refuse_unusable(key, texts)
    for _ in range(5):
        last = _versions().find_one({"key": key}, {"version": 1}, sort=[("version", -1)])
        version = (last["version"] if last else int(key in TEMPLATES)) + 1
        draft = {
            "_id": f"{key}:{version}",
            "key": key,
            "version": version,
            "texts": {language: dict(parts) for language, parts in texts.items()},
            "note": note,
            "state": "draft",
            "written_by": by,
            "written_at": now,
        }
        try:
            return _audited("propose", by, partial(_insert, draft))
        except DuplicateKeyError:
            continue  # a colleague took this number a moment ago
    raise errors.TemplateStateChanged(state="draft")


def agree(version_id: str, *, by: str, now: datetime) -> Document:
    """Put a colleague's draft into use; the version before it is retired in the same moment.

    Raises: TemplateNotFound (404), OwnTemplate (403), TemplateStateChanged (409).
    """

    def write(session: ClientSession) -> Document:
        draft = _get(version_id, session)
        _refuse_unusable(draft["key"], draft["texts"])
        retired = {"$set": {"state": "retired", "retired_at": now}}
        _versions().update_many({"key": draft["key"], "state": "active"}, retired, session=session)
        changes = {"state": "active", "agreed_by": by, "agreed_at": now}
        return _move(version_id, {"state": "draft", "written_by": {"$ne": by}}, changes, by, session)

    return _audited("agree", by, write)


def retire(version_id: str, *, by: str, now: datetime) -> Document:
    """Take a draft or the version in use back; one person suffices. The product's own text is used again.

    Raises: TemplateNotFound (404), TemplateStateChanged (409).
    """

    def write(session: ClientSession) -> Document:
        changes = {"state": "retired", "retired_at": now}
        return _move(version_id, {"state": {"$in": ["draft", "active"]}}, changes, by, session)

    return _audited("retire", by, write)


def overview() -> list[Document]:
    """Give every key with the version in use, its fields and an example as people would read it."""
    active = {found["key"]: found for found in _versions().find({"state": "active"}).limit(500)}
    keys = sorted({*TEMPLATES, *active})
    return [_shown(current_of(key, active.get(key)), active.get(key)) for key in keys]


def current_of(key: str, active: Document | None) -> Template:
    """Give the stored version where there is one, else the product's own."""
    return Template(key, active["version"], active["texts"]) if active else TEMPLATES[key]


def _shown(template: Template, stored: Document | None) -> Document:
    return {
        "key": template.key,
        "version": template.version,
        "texts": template.texts,
        "fields": sorted(EXAMPLES.get(template.key, template.fields())),
        "example": template.render(_examples(template)),
        "written_by": stored["written_by"] if stored else None,
        "agreed_by": stored["agreed_by"] if stored else None,
    }


def preview(key: str, texts: Texts, values: Mapping[str, Value]) -> dict[str, dict[str, str]]:
    """Give texts as people would read them, filled with `values` or examples; nothing is stored.

    Raises: TemplateNotFound (404) for what cannot be a key, TemplateRefused (422).
    """
    _refuse_unusable(key, texts)
    template = Template(key, 0, texts)
    return template.render({**_examples(template), **values})


def list_versions(key: str, *, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List the versions of a text that staff wrote, the newest first."""
    return keyset_page(_versions(), {"key": key}, sort=[("version", -1), ("_id", -1)], after=after, limit=limit)


def list_waiting(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List the drafts of every text that wait for a second person, the newest first."""
    return keyset_page(_versions(), {"state": "draft"}, sort=[("written_at", -1), ("_id", -1)], after=after, limit=limit)


def _examples(template: Template) -> dict[str, Value]:
    plain: dict[str, Value] = {name: f"({name})" for name in template.fields()}
    return plain | EXAMPLES.get(template.key, {})


def _refuse_unusable(key: str, texts: Texts) -> None:
    if not rules.KEY.match(key):
        raise errors.TemplateNotFound
    if found := rules.gaps(texts, EXAMPLES[key].keys() if key in EXAMPLES else None):
        raise errors.TemplateRefused(gaps=found)


def _versions() -> Collection[Document]:
    collection: Collection[Document] = TemplateVersion._get_collection()
    return collection


def _get(version_id: str, session: ClientSession | None = None) -> Document:
    found = _versions().find_one({"_id": version_id}, session=session)
    if found is None:
        raise errors.TemplateNotFound
    return found


def _insert(draft: Document, session: ClientSession) -> Document:
    _versions().insert_one(draft, session=session)
    return draft


def _move(version_id: str, wanted: Document, changes: Document, by: str, session: ClientSession) -> Document:
    """Change a version that still is as wanted, or say why not."""
    moved = _versions().find_one_and_update(
        {"_id": version_id, **wanted}, {"$set": changes}, return_document=ReturnDocument.AFTER, session=session
    )
    if moved is not None:
        return moved
    found = _get(version_id, session)
    if changes["state"] == "active" and found["state"] == "draft" and found["written_by"] == by:
        raise errors.OwnTemplate
    raise errors.TemplateStateChanged(state=found["state"])


def _audited(act: str, by: str, write: Callable[[ClientSession], Document]) -> Document:
    def both(session: ClientSession) -> Document:
        version = write(session)
        after = {name: version[name] for name in ("state", "texts")}
        audit.record(
            f"templates.{act}",
            f"push_template:{version['_id']}",
            staff_id=by,
            reason=version.get("note") or "",
            after=after,
            session=session,
        )
        return version

    return in_transaction(both)
