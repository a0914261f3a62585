"""Sequencing in the background; may run twice at once and may be skipped without loss."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task

from mvoting.core import log
from mvoting.core.clock import now
from mvoting.voting.board import archives, opening, sequencer, turnout
from mvoting.voting.polls import services as polls


@shared_task(name="voting.sequence_boards")
def sequence_boards() -> None:
    """Put waiting ballots of all polls on their boards; close the boards whose time has come."""
    for poll_id in polls.polls_with_open_board(now=now()):
        with holding_up_nobody("voting.sequencing_failed", poll_id):
            if sequencer.sequence(poll_id):
                turnout.note(poll_id, now=now())


@shared_task(name="voting.open_ballots")
def open_ballots(poll_id: str, from_the_end: bool) -> None:
    """Open a sealed poll's ballots; two workers may do it from both ends."""
    opening.open_ballots(poll_id, from_the_end=from_the_end)


@shared_task(name="voting.open_sealed_polls")
def open_sealed_polls() -> None:
    """Find sealed polls whose shares are in but whose ballots are not opened yet."""
    for poll_id in opening.polls_to_open():
        with holding_up_nobody("voting.opening_failed", poll_id):
            opening.open_ballots(poll_id)


@shared_task(name="voting.keep_archives")
def keep_archives() -> None:
    """Make the archives of polls whose result is out, and of sealed polls what their trustees open, once each."""
    for poll_id in polls.polls_to_tally():
        with holding_up_nobody("voting.archiving_failed", poll_id):
            if polls.poll_facts(poll_id).secrecy == "sealed":
                archives.keep_for_trustees(poll_id)
    for poll_id in polls.polls_to_archive():
        with holding_up_nobody("voting.archiving_failed", poll_id):
            archives.keep(poll_id)


@contextmanager
def holding_up_nobody(failure: str, poll_id: str) -> Iterator[None]:
    """Log what goes wrong with one poll, so that the others have their turn; the next sweep tries it again."""
    try:
        yield
    except Exception as error:
        # Without its text, which may hold what somebody voted.
        log.event(failure, level=logging.ERROR, poll_id=poll_id, kind=type(error).__name__)
