"""The sender: one batch from claim to commit. Killed anywhere, it leaves a batch that is sent again from its last checkpoint.

Reminders go to those who have not voted, asked just before a batch is sent and kept nowhere. The ledger stands beside
the phones for months, and a byte that said "skipped" or "sent" would say who voted, long after the poll's salt, which
alone joins people and ballots, is destroyed. So a voter's phone shares the byte of a phone that is sent to (its twin, drawn
anew at every attempt) at every checkpoint, retry and cancelling, and that byte is `handled` whatever FCM answered. For
the same reason a reminder retires no address and notes no day of sending.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from mvoting.core.clock import now as clock_now
from mvoting.core.log import event
from mvoting.voting.ballots import services as ballots
from mvoting.voting.polls.errors import PollClosed, PollNotFound
from notifications.campaigns import caps, composing, holds, ledger, rules, services
from notifications.campaigns.models import LIVE_STATES
from notifications.campaigns.rules import CHECKPOINT_EVERY, LAST_AWAITED, RESULT_OF_VERDICT, Result
from notifications.channels import registry
from notifications.channels.gateway import Outcome, Push, PushGateway, Throttle, Verdict
from notifications.devices import services as devices
from notifications.preferences.kinds import KINDS

_chance = random.Random()


@dataclass
class Sending:
    """A batch while it is being sent. `positions[i]` is where the i-th push stands in the batch.

    `twins[position]` are the phones of voters that share what is written about that position's phone.
    """

    batch: dict[str, Any]
    campaign: dict[str, Any]
    results: bytearray
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    positions: list[int] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    twins: dict[int, list[int]] = field(default_factory=dict)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    refused: dict[Verdict, list[tuple[str, str]]] = field(default_factory=dict)
    reported: int = 0
    unsaved: int = 0
    wait_s: float = 0.0
    held_until: datetime | None = None
    is_wrong: bool = False
    is_lost: bool = False  # cancelled, or another sender has it
    is_settled: bool = False
    saver: Executor | None = None
    saving: Future[None] | None = None
    nearly_done: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def is_reminder(self) -> bool:
        return KINDS[self.campaign["kind"]].is_reminder

    def wait(self, seconds: float) -> None:
        self.wait_s = max(self.wait_s, seconds)

    @property
    def blames_message(self) -> bool:
        """Tell whether the message is at fault, so that nothing more of it may be sent."""
        return self.is_wrong or rules.blames_the_message(self.verdicts)

    def report(self, index: int, outcome: Outcome) -> bool:
        """Note one outcome; write a checkpoint now and then. False stops the run."""
        self.verdicts[outcome.verdict] += 1
        result = RESULT_OF_VERDICT.get(outcome.verdict)
        position, push = self.positions[index], self.pushes[index]
        if result is not None:
            self._settle(position, result)
            if result is not Result.SENT:
                self.refused.setdefault(outcome.verdict, []).append((self.batch["devices"][position], push.value))
        elif outcome.verdict is Verdict.BAD_MESSAGE:
            self._settle(position, Result.FAILED)
            self.is_wrong = True
        else:
            self._postpone(outcome, push)
        self.reported += 1
        if len(self.pushes) - self.reported == LAST_AWAITED:
            self.nearly_done.set()
        self.unsaved += 1
        if self.unsaved >= CHECKPOINT_EVERY and not self._is_still_saving():
            self._save()
        return not (self.is_wrong or self.is_lost)

    def _save(self) -> None:
        """Write a checkpoint while sending goes on."""
        self.wait_saved()
        assert self.saver is not None
        self.unsaved = 0
        self.saving = self.saver.submit(self._checkpoint, bytes(self.results))

    def _checkpoint(self, results: bytes) -> None:
        if not ledger.checkpoint(self.batch, results, now=clock_now()):
            self.is_lost = True

    def _is_still_saving(self) -> bool:
        """Tell whether the checkpoint under way is to be waited for a little longer, so that sending does not stand still."""
        return self.saving is not None and not self.saving.done() and self.unsaved < 2 * CHECKPOINT_EVERY

    def wait_saved(self) -> None:
        """Wait for the checkpoint under way."""
        if self.saving is not None:
            self.saving.result()

    def _settle(self, position: int, result: Result) -> None:
        if not self.is_reminder:
            self.results[position] = result
            return
        for shared in (position, *self.twins.get(position, ())):
            self.results[shared] = Result.HANDLED

    def _postpone(self, outcome: Outcome, push: Push) -> None:
        backoff_s = rules.backoff_s(self.batch["attempt"], _chance.random())
        self.wait(backoff_s if outcome.retry_after_s is None else max(outcome.retry_after_s, 0.5))
        if outcome.verdict is Verdict.PLATFORM_REFUSED and self.verdicts[Verdict.PLATFORM_REFUSED] == 1:
            holds.stop_platform(push.platform, outcome.code, now=clock_now())


class _PausableThrottle:
    """Bulk waits while an extreme alert is going out."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle

    def take(self, count: int) -> float:
        return rules.PAUSE_POLL_S if holds.is_bulk_paused(now=clock_now()) else self._throttle.take(count)

    def slow_down(self, retry_after_s: float) -> None:
        self._throttle.slow_down(retry_after_s)


def send_batch(batch_id: str, *, gateway: PushGateway | None = None, throttle: Throttle | None = None) -> bool:
    """Send what is left of a batch. False when it was not there to be taken."""
    sending = take(batch_id)
    if sending is None:
        return False
    with ThreadPoolExecutor(1, thread_name_prefix="push") as saver:
        transmit(sending, saver, gateway=gateway, throttle=throttle)
    commit(sending)
    return True


def take(batch_id: str) -> Sending | None:
    """Claim a batch and make it ready to be sent. None when it was not there to be taken."""
    now = clock_now()
    batch = ledger.claim(batch_id, now=now)
    if batch is None:
        return None
    sending = Sending(batch, services.for_sending(batch["campaign_id"]), bytearray(batch["results"]))
    if not _may_send(sending, now=now):
        sending.is_settled = True
        return sending
    _prepare(sending, now=now)
    if sending.is_reminder and not _spare_voters(sending, now=now):
        sending.is_settled = True
    return sending


def transmit(sending: Sending, saver: Executor, *, gateway: PushGateway | None = None, throttle: Throttle | None = None) -> None:
    """Send the pushes of a batch that was taken; `saver` writes its checkpoints."""
    if sending.is_settled or not sending.pushes:
        return
    sending.saver = saver
    shared = throttle or registry.throttle(sending.batch["lane"])
    permitted = shared if sending.batch["lane"] == "alerts" else _PausableThrottle(shared)
    sending.wait((gateway or registry.gateway()).send(sending.pushes, sending.report, permitted))


def give_back(sending: Sending) -> None:
    """Return a batch that was taken and not sent."""
    if not sending.is_settled:
        ledger.release(sending.batch, bytes(sending.results), clock_now())


def _may_send(sending: Sending, *, now: datetime) -> bool:
    batch, campaign = sending.batch, sending.campaign
    if campaign["state"] not in LIVE_STATES:
        ledger.cancel_all(campaign["_id"], now=now)
        ledger.finish(batch, bytes(sending.results), "cancelled", now=now)
        return False
    if campaign["expires_at"] <= now:
        _end(sending, now=now)
        return False
    if batch["lane"] != "alerts" and holds.is_bulk_paused(now=now):
        ledger.release(batch, bytes(sending.results), now + timedelta(seconds=rules.PAUSE_POLL_S))
        return False
    return True


def _prepare(sending: Sending, *, now: datetime) -> None:
    """Load the batch's open devices and build their pushes; those that get none are settled here."""
    members, kind = sending.batch["devices"], sending.campaign["kind"]
    alert_mode = sending.campaign["audience"].get("alert_mode")
    left = [position for position, result in enumerate(sending.results) if result == Result.PENDING]
    sending.known = devices.for_sending([members[position] for position in left], now=now)
    full = _had_enough(sending, now=now)
    stops, payloads = holds.platform_stops(), {}
    for position in left:
        device = sending.known.get(members[position])
        skipped = rules.skip(device, kind, alert_mode)
        if device is None or skipped is not None:
            sending.results[position] = skipped or Result.GONE
            continue
        if device["person_id"] in full:
            sending.results[position] = Result.DIGEST
            continue
        held_until = rules.held_until(device, kind, stops, now=now)
        if held_until is not None:
            sending.held_until = min(sending.held_until or held_until, held_until)
            continue
        language = device["language"]
        if language not in payloads:
            payloads[language] = composing.payload(sending.campaign, language, now=now)
        address = device["address"]
        sending.positions.append(position)
        sending.pushes.append(Push(address["kind"], address["value"], device["platform"], payloads[language]))


def _had_enough(sending: Sending, *, now: datetime) -> set[str]:
    """Give the people who get this message in the digest instead; the same people at every attempt."""
    if not KINDS[sending.campaign["kind"]].is_capped:
        return set()
    people = {device["person_id"] for device in sending.known.values() if not rules.skip(device, sending.campaign["kind"])}
    full = caps.over_cap(people, sending.campaign["_id"], now=sending.campaign["starts_at"])
    caps.hold_back(full, now=now)
    return full


def _spare_voters(sending: Sending, *, now: datetime) -> bool:
    """Take the pushes to people who have voted out of a reminder. False when nobody can tell, and so nobody is reminded."""
    members = sending.batch["devices"]
    owners = [sending.known[members[position]]["person_id"] for position in sending.positions]
    try:
        voted = ballots.voted_among(sending.campaign["data"]["poll_id"], sorted(set(owners)))
    except (PollClosed, PollNotFound):
        services.stop_campaign(sending.campaign["_id"], "its poll is over", now=now)
        ledger.finish(sending.batch, bytes(sending.results), "cancelled", now=now)
        return False
    spared = [position for position, owner in zip(sending.positions, owners, strict=True) if owner in voted]
    kept = [index for index, owner in enumerate(owners) if owner not in voted]
    sending.positions = [sending.positions[index] for index in kept]
    sending.pushes = [sending.pushes[index] for index in kept]
    for position in spared:
        if sending.positions:
            sending.twins.setdefault(_chance.choice(sending.positions), []).append(position)
        else:
            sending.results[position] = Result.HANDLED
    return True


def commit(sending: Sending) -> None:
    """Write what became of the batch, what it taught about addresses, and when the rest is due."""
    if sending.is_settled:
        return
    sending.wait_saved()
    now = clock_now()
    suspect = rules.blames_the_message(sending.verdicts)
    if suspect:
        sending.refused.pop(Verdict.BAD_ADDRESS, None)
    if sending.blames_message:
        services.stop_campaign(sending.campaign["_id"], "message refused by FCM", now=now)
    if not sending.is_reminder:
        _retire_refused(sending, now=now)
        _record_sent(sending, now=now)
    elif sending.pushes:
        services.record_first_sent(sending.campaign, now=now)
    if Result.PENDING not in sending.results or sending.campaign["expires_at"] <= now:
        _end(sending, now=now)
        return
    due_at = now + timedelta(seconds=sending.wait_s)
    if not sending.wait_s and sending.held_until is not None:
        due_at = sending.held_until
    ledger.release(sending.batch, bytes(sending.results), min(due_at, sending.campaign["expires_at"]))


def _end(sending: Sending, *, now: datetime) -> None:
    results = bytes(sending.results).replace(bytes([Result.PENDING]), bytes([Result.EXPIRED]))
    ledger.finish(sending.batch, results, "done", now=now)
    services.complete_if_done(sending.campaign["_id"], now=now)


def _retire_refused(sending: Sending, *, now: datetime) -> None:
    refused = sending.refused
    devices.retire(refused.get(Verdict.DEAD, ()), "dead", "UNREGISTERED", now=now)
    devices.retire(refused.get(Verdict.BAD_ADDRESS, ()), "quarantined", "INVALID_ARGUMENT", now=now)
    mismatched = refused.get(Verdict.WRONG_SENDER, ())
    devices.retire(mismatched, "quarantined", "SENDER_ID_MISMATCH", now=now)
    if len(mismatched) > rules.WRONG_SENDER_WARN_SHARE * sending.verdicts.total():
        event("push.many_wrong_senders", level=logging.WARNING, batch_id=sending.batch["_id"], count=len(mismatched))


def _record_sent(sending: Sending, *, now: datetime) -> None:
    """Note the day on which a phone was last sent something; most batches find it noted already."""
    members, results = sending.batch["devices"], sending.results
    sent = [
        members[position]
        for position in sending.positions
        if results[position] == Result.SENT and _is_new_day(sending.known[members[position]], now=now)
    ]
    devices.record_sent(sent, now=now)
    if any(results[position] == Result.SENT for position in sending.positions):
        services.record_first_sent(sending.campaign, now=now)


def _is_new_day(device: Mapping[str, Any], *, now: datetime) -> bool:
    sent_at = device.get("sent_at")
    return sent_at is None or sent_at.date() < now.date()
