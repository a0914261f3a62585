"""Sequencing in the background; may run twice at once and may be skipped without loss."""

from celery import shared_task

from mvoting.voting.board import sequencer
from mvoting.voting.polls import services as polls


@shared_task(name="voting.sequence_boards")
def sequence_boards() -> None:
    """Put waiting ballots of all polls on their boards; close the boards whose time has come."""
    for poll_id in polls.polls_with_open_board():
        sequencer.sequence(poll_id)
