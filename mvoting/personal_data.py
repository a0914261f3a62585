"""What the worker composes from all packages: a person's archive, the rest of an erasure, forgetting (PIPA art. 35, 36, 21)."""

from collections.abc import Mapping
from typing import Any

from celery import shared_task

from mvoting import parts
from mvoting.accounts import exports, joining, leaving
from mvoting.core import log
from mvoting.core.clock import now


@shared_task(name="personal_data.carry_on")
def carry_on() -> None:
    """Put waiting archives together and finish open erasures; safe to run twice."""
    for export in exports.waiting():
        put_together(export["_id"], export["person_id"])
    for erasure in leaving.open_erasures():
        finish_erasure(erasure)


@shared_task(name="personal_data.forget_old")
def forget_old() -> None:
    """Let every package forget what it has no reason to keep any longer (PIPA art. 21); safe to run twice."""
    for path in parts.RETENTION:
        while count := parts.load(path)(now=now()):
            log.event("personal_data.forgotten", part=path.partition(":")[0], count=count)


def put_together(export_id: str, person_id: str) -> None:
    """Ask every package what it knows about a person, and about accounts that were joined to this one."""
    known: dict[str, Any] = {}
    asked = [(number, one) for number, one in enumerate((person_id, *joining.joined_to(person_id)))]
    total = len(asked) * len(parts.PERSONAL_DATA)
    for number, one in asked:
        for export_path, _ in parts.PERSONAL_DATA:
            exports.note_progress(export_id, len(known), total)
            known[f"joined-{number}/" * (number > 0) + name_of(export_path)] = parts.load(export_path)(one)
    exports.note_progress(export_id, total, total)
    exports.finish(export_id, known)
    log.event("personal_data.exported", export_id=export_id)


def finish_erasure(erasure: Mapping[str, Any]) -> None:
    """Let every package remove what it knows about a person who was erased, and about accounts joined to this one.

    Done again until no access token of before is honoured anywhere, for what may still be written with one.
    """
    person_id, is_settled = erasure["_id"], leaving.is_settled(erasure)
    for one in (person_id, *joining.joined_to(person_id)):
        for _, erase_path in parts.PERSONAL_DATA:
            path = parts.WHEN_UNUSED.get(erase_path, erase_path) if erasure.get("was_unused") else erase_path
            if path:
                parts.load(path)(one)
    if is_settled:
        leaving.close_erasure(person_id)
        log.event("personal_data.erased", person_id=person_id)


def name_of(path: str) -> str:
    """Name a part of the archive after its package, for example "notifications-devices"."""
    module = path.partition(":")[0].removeprefix("mvoting.").removesuffix(".services").removesuffix(".personal_data")
    return module.removesuffix(".exports").replace(".", "-")
