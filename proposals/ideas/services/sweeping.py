"""What time and stored state bring about: ideas that expire, thresholds reached, debates to open and close, reminders."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError

from mvoting.core import log
from proposals import events
from proposals.debates import services as debates
from proposals.ideas import rules
from proposals.ideas.pipeline import Event, Role, State
from proposals.ideas.services import progress
from proposals.ideas.services.collections import ideas
from proposals.ideas.services.programmes import programmes
from proposals.visibility import PUBLIC


def sweep(*, now: datetime) -> dict[str, int]:
    """Do what time and stored state demand; safe to run twice and at once. Returns how much of each."""
    return {
        "expired": _expire(now),
        "crossed": _cross_waiting(now),
        "debates_made": _make_debates(now),
        "debates_closed": _follow_debates(now),
        "reminded": _remind(now),
    }


def _each(found: Iterable[dict[str, Any]], act: Callable[[dict[str, Any]], int]) -> int:
    """Do `act` to each idea and add up; one that fails is logged and leaves the others their turn."""
    done = 0
    for idea in found:
        try:
            done += act(idea)
        except PyMongoError:
            raise  # the database is away for all of them
        except Exception:
            log.event("proposals.sweep_failed", level=logging.ERROR, idea_id=idea["_id"], act=act.__name__, exc_info=True)
    return done


def _expire(now: datetime) -> int:
    def expire(idea: dict[str, Any]) -> int:
        return progress.move(idea, Event.EXPIRE, [Role.SYSTEM], now=now, condition={"to_threshold": {"$gt": 0}}) is not None

    return _each(ideas().find({"state": State.COLLECTING, "closes_at": {"$lte": now}}).limit(500), expire)


def _cross_waiting(now: datetime) -> int:
    """Thresholds whose process died between the count and the consequence; the ranks tell, see models.Idea."""

    def cross(idea: dict[str, Any]) -> int:
        return progress.cross_thresholds(idea["_id"], now=now)

    waiting = {"state": State.COLLECTING, "ranked_missing": {"$lte": 0}, **PUBLIC}
    return _each(ideas().find(waiting, {"_id": 1}).limit(500), cross)


def _make_debates(now: datetime) -> int:
    def make(idea: dict[str, Any]) -> int:
        progress.open_its_debate(idea, now)
        return 1

    return _each(list(ideas().find({"settle": "debate"}).limit(200)), make)


def _follow_debates(now: datetime) -> int:
    """Look at the debates that ideas wait for: thresholds of participants, and the end of their period."""

    def follow(idea: dict[str, Any]) -> int:
        progress.cross_debate_thresholds(idea["_id"], debates.participant_count(idea["debate_id"]), now=now)
        if idea["debate_closes_at"] > now:
            return 0
        fresh = progress.load(idea["_id"])
        return fresh["state"] == State.DEBATING and progress.move(fresh, Event.CLOSE_DEBATE, [Role.SYSTEM], now=now) is not None

    return _each(ideas().find({"state": State.DEBATING, "settle": {"$ne": "debate"}}).limit(1000), follow)


def _remind(now: datetime) -> int:
    """Remind departments of what they owe, and mark publicly what is overdue; each reminder once."""
    known = programmes()
    longest = max((day for p in known.values() for day in p["remind_before_days"]), default=7)

    def remind(idea: dict[str, Any]) -> int:
        days = known.get(idea["programme_id"], {}).get("remind_before_days", (7, 1))
        return sum(_remind_of(idea, promise, days, now) for promise in rules.open_promises(idea))

    sent = _each(ideas().find({"next_due_at": {"$lte": now + timedelta(days=longest)}}).limit(1000), remind)
    if sent:
        events.announce()
    return sent


def _remind_of(idea: dict[str, Any], promise: Any, days: Sequence[int], now: datetime) -> int:
    marks = rules.reminders_due(promise, days, now=now)
    if not marks:
        return 0
    subject, latest = ("idea", idea["_id"]), marks[-1]
    facts = {"due_at": promise["due_at"], "mark": latest, "promise": promise["kind"]}
    told = [events.entry("reply_due", subject, now, to=("department", promise["department"] or ""), **facts)]
    pushed: dict[str, Any] = {"promises.$.reminded": {"$each": marks}}
    if "overdue" in marks:
        told.append(events.entry("reply_overdue", subject, now, to=("followers", idea["_id"]), **facts))
        pushed["timeline"] = {"at": now, "event": "overdue", "by": Role.SYSTEM.value, "promise": promise["kind"]}
    # The filter is the compare-and-swap: whoever marks first tells.
    unsent = {"$elemMatch": {"id": promise["id"], "kept_at": None, "reminded": {"$nin": marks}}}
    return (
        ideas().update_one({"_id": idea["_id"], "promises": unsent}, {"$push": {**pushed, **events.pushed(told)}}).modified_count
    )
