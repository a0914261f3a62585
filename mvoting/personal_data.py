"""What the worker composes from all packages: a person's archive, the rest of an erasure, forgetting (PIPA art. 35, 36, 21)."""

from celery import shared_task

from mvoting import parts
from mvoting.accounts import exports, persons
from mvoting.core import log
from mvoting.core.clock import now


@shared_task(name="personal_data.carry_on")
def carry_on() -> None:
    """Put waiting archives together and finish open erasures; safe to run twice."""
    for export in exports.waiting():
        put_together(export["_id"], export["person_id"])
    for person_id in persons.open_erasures():
        finish_erasure(person_id)


@shared_task(name="personal_data.forget_old")
def forget_old() -> None:
    """Let every package forget what it has no reason to keep any longer (PIPA art. 21); safe to run twice."""
    for path in parts.RETENTION:
        while count := parts.load(path)(now=now()):
            log.event("personal_data.forgotten", part=path.partition(":")[0], count=count)


def put_together(export_id: str, person_id: str) -> None:
    """Ask every package what it knows about a person."""
    known = {}
    for done, (export_path, _) in enumerate(parts.PERSONAL_DATA):
        exports.note_progress(export_id, done, len(parts.PERSONAL_DATA))
        known[name_of(export_path)] = parts.load(export_path)(person_id)
    exports.note_progress(export_id, len(parts.PERSONAL_DATA), len(parts.PERSONAL_DATA))
    exports.finish(export_id, known)
    log.event("personal_data.exported", export_id=export_id)


def finish_erasure(person_id: str) -> None:
    """Let every package remove what it knows about a person who was erased."""
    for _, erase_path in parts.PERSONAL_DATA:
        parts.load(erase_path)(person_id)
    persons.close_erasure(person_id)
    log.event("personal_data.erased", person_id=person_id)


def name_of(path: str) -> str:
    """Name a part of the archive after its package, for example "notifications-devices"."""
    module = path.partition(":")[0].removeprefix("mvoting.").removesuffix(".services").removesuffix(".personal_data")
    return module.removesuffix(".exports").replace(".", "-")
