"""The sweep that counts closed polls; may run twice at once."""

from celery import shared_task

from mvoting.core.clock import now
from mvoting.voting.tally import services


@shared_task(name="voting.tally_polls")
def tally_polls() -> None:
    """Count and publish polls whose ballots are all on the board."""
    services.tally_due(now=now())
