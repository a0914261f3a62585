"""Work on accounts that nobody waits for; each task may run twice at once and may be skipped without loss."""

from celery import shared_task

from mvoting.accounts import registers


@shared_task(name="accounts.read_registers")
def read_registers() -> None:
    """Read uploaded registers that wait."""
    for import_id in registers.waiting_imports():
        registers.read_import(import_id)
