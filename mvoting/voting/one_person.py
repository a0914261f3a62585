"""What voting owes to accounts so that a person has one vote: the horizon of polls, and withdrawals after a merger.

Accounts cannot look up into polls; this sweep tells them which polls may still be counted.
"""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task

from mvoting.accounts import joining, persons
from mvoting.core.clock import now
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.errors import NothingToWithdraw
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import PollClosed

SETTLED_AFTER = persons.SETTLED_AFTER  # so that nothing can be cast behind the withdrawal
CLOCKS_APART = timedelta(minutes=5)
"""What left shortly before a poll opened may, by another machine's clock, have left after it."""
REASON = {
    "ko": "같은 사람의 두 계정이 합쳐져 한 표를 거두었습니다.",
    "en": "Two accounts of one person were joined, so one of the ballots was withdrawn.",
}


@shared_task(name="voting.keep_one_person")
def keep_one_person() -> None:
    """Note the horizon and withdraw the ballots of merged persons; safe to run twice."""
    at = now()
    persons.note_poll_horizon(polls.counting_since(now=at) - CLOCKS_APART)
    for merger in joining.open_mergers("voting", before=at - SETTLED_AFTER):
        if withdraw_ballots(merger["dropped"], merger["kept"]):
            joining.close_merger(merger["_id"], "voting")


def withdraw_ballots(dropped: str, kept: str) -> bool:
    """Withdraw a dropped person's ballots in every poll that is still to be counted.

    While a poll is open the kept person may vote, so the other ballot goes in any case; once it has closed, only a second one.
    Returns: False when a poll closed so lately that this cannot be told yet; its board waits.
    """
    is_done = True
    for poll_id in polls.polls_with_open_board(now=now()):
        with suppress(NothingToWithdraw, PollClosed):
            since = now() - polls.poll_facts(poll_id).closes_at
            if timedelta() <= since < SETTLED_AFTER:
                is_done = False
            elif since < timedelta() or ballots.voted_among(poll_id, [kept]):
                ballots.withdraw_ballot(poll_id, dropped, REASON, staff_id=None)
    return is_done
