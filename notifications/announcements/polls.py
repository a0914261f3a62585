"""Campaigns about polls: opened, closing soon, result. Their ids follow from the poll, so a sweep may run at any time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mvoting.accounts.residents import fact_key
from mvoting.core.city_time import in_words
from mvoting.voting.polls import rolls
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import PollNotFound
from notifications.campaigns import alone
from notifications.campaigns import audience as campaign_audience
from notifications.campaigns.audience import PEOPLE_MAX, Audience
from notifications.campaigns.rules import default_spread_s
from notifications.campaigns.services import (
    existing,
    is_released,
    open_campaigns,
    reword_campaign,
    start_campaign,
    stop_campaign,
)
from notifications.devices import services as devices
from notifications.templates import services as templates

# How far back a sweep looks: as long as it may have been down.
LOOK_BACK = timedelta(hours=24)
# Those who have not voted are reminded so long before the end, but not in a poll's first quarter, just after its opening
# was told; of a poll that is open no longer than that, at its last quarter.
CLOSING_NOTICE = timedelta(hours=24)
# A poll that is open for less than this needs no reminder.
SHORT_POLL = timedelta(hours=1)
FOLLOWING_KINDS = ("poll_opened", "poll_closing")
RESULT_LIFETIME = timedelta(days=3)


def announce(*, now: datetime) -> None:
    """Start the campaigns that are due about polls, and keep those under way true to them."""
    for campaign in open_campaigns(FOLLOWING_KINDS):
        _keep_true(campaign, now=now)
    _start("poll_opened", polls.opened_since(now - LOOK_BACK, now=now), now=now)
    _start("poll_closing", _closing(now=now), now=now)
    _start("poll_result", polls.published_since(now - LOOK_BACK, now=now), now=now)


def _closing(*, now: datetime) -> list[dict[str, Any]]:
    closing = polls.closing_before(now + CLOSING_NOTICE, now=now)
    return [poll for poll in closing if _is_near_closing(poll["opens_at"], poll["closes_at"], now=now)]


def _is_near_closing(opens_at: datetime, closes_at: datetime, *, now: datetime) -> bool:
    length = closes_at - opens_at
    notice = min(CLOSING_NOTICE, length * 3 / 4) if length > CLOSING_NOTICE else length / 4
    return length >= SHORT_POLL and closes_at - now <= notice


def _keep_true(campaign: Mapping[str, Any], *, now: datetime) -> None:
    """Stop a campaign whose poll is cancelled, hidden or over; where its closing was moved, what is still unsent names the new one.

    A reminder of the old closing is stopped; the new closing gets its own when it comes near.
    """
    poll = _poll_of(campaign)
    if poll is None or poll["state"] not in ("scheduled", "open") or poll.get("is_hidden") or poll["closes_at"] <= now:
        stop_campaign(campaign["_id"], "its poll is not open", now=now)
    elif poll["closes_at"] != campaign["expires_at"]:
        if campaign["kind"] == "poll_closing":
            stop_campaign(campaign["_id"], "its poll closes at another time", now=now)
        else:
            message, template = _message(campaign["kind"], poll)
            reword_campaign(campaign["_id"], message, template, expires_at=poll["closes_at"])


def _poll_of(campaign: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return polls.poll_document(campaign["data"]["poll_id"])
    except PollNotFound:
        return None


def _campaign_id(kind: str, poll: Mapping[str, Any]) -> str:
    """Give the one id of what is told; each closing that a poll was given has a reminder of its own."""
    moves = len(poll.get("changes") or ()) if kind == "poll_closing" else 0
    return f"{kind}:{poll['_id']}" + (f"@{moves}" if moves else "")


def _start(kind: str, found: list[dict[str, Any]], *, now: datetime) -> None:
    ids = {_campaign_id(kind, poll): poll for poll in found}
    for campaign_id in sorted(ids.keys() - existing(list(ids))):
        poll = ids[campaign_id]
        if kind != "poll_result" and poll["closes_at"] <= now:
            continue
        audiences = list(audiences_of(poll))
        state = "draft" if _needs_colleague(campaign_id, poll, audiences, now=now) else "scheduled"
        # The plain id is stored last: it tells that all are there.
        for number, audience in reversed(list(enumerate(audiences))):
            part = f"{campaign_id}:{number}" if number else campaign_id
            _start_one(kind, poll, audience, part, state=state, now=now)


def _needs_colleague(campaign_id: str, poll: Mapping[str, Any], audiences: Sequence[Audience], *, now: datetime) -> bool:
    """Tell whether a poll's notice waits for a second person: nobody alone rings the whole city, not by many polls either.

    One release, of its opening, is for all that follows from it. The poll itself opens and closes by its times.
    """
    if is_released(_campaign_id("poll_opened", poll)):
        return False
    # Opening, reminder and result ring the same people: they count once. Each moved closing brings a reminder that counts anew.
    what = campaign_id if "@" in campaign_id else f"poll:{poll['_id']}"
    return not alone.take(_scheduler(poll), what, _people_rung(audiences, alone.limit() + 1), now=now)


def _people_rung(audiences: Sequence[Audience], most: int) -> int:
    """Count the people on a roll, or the phones of a wider audience up to `most`."""
    wide = [campaign_audience.condition(audience) for audience in audiences if audience.everyone]
    return sum(len(audience.people) for audience in audiences) + sum(devices.count_up_to(most, each) for each in wide)


def _scheduler(poll: Mapping[str, Any]) -> str:
    return str(poll.get("scheduled_by") or poll["created_by"]["id"])


def _start_one(kind: str, poll: Mapping[str, Any], audience: Audience, campaign_id: str, *, state: str, now: datetime) -> None:
    message, template = _message(kind, poll)
    start_campaign(
        kind,
        audience,
        message,
        campaign_id=campaign_id,
        # On the phone a new reminder takes the old one's place.
        message_id=f"{kind}:{poll['_id']}",
        revision=1 + (len(poll.get("changes") or ()) if kind == "poll_closing" else 0),
        expires_at=now + RESULT_LIFETIME if kind == "poll_result" else poll["closes_at"],
        now=now,
        link=f"/polls/{poll['_id']}",
        data={"poll_id": poll["_id"]},
        spread_s=default_spread_s(now),
        created_by={"kind": "poll", "id": _scheduler(poll)},
        template=template,
        state=state,
    )


def _message(kind: str, poll: Mapping[str, Any]) -> tuple[dict[str, dict[str, str]], str]:
    return templates.render(kind, {"title": poll["definition"]["title"], "closes": in_words(poll["closes_at"])})


def audiences_of(poll: Mapping[str, Any]) -> Iterator[Audience]:
    """Give whom a poll's audience makes campaigns address; nobody for rooms and on-site polls. A long roll makes several."""
    asked = poll["definition"]["audience"]
    trust = "resident" if asked.get("trust") == "resident" else None
    if asked["kind"] == "everyone":
        yield Audience(everyone=True, trust=trust)
    elif asked["kind"] == "profile":
        yield Audience(everyone=True, trust="resident", facts=_facts(asked))
    elif asked["kind"] == "list":
        yield from (Audience(people=tuple(people)) for people in rolls.people_in_groups(poll["_id"], PEOPLE_MAX))


def _facts(asked: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    years = range(asked["birth_years"][0], asked["birth_years"][1] + 1) if asked.get("birth_years") else ()
    groups = {
        "district": asked.get("districts") or (),
        "birth_year": years,
        "gender": asked.get("genders") or (),
        "tag": asked.get("tags") or (),
    }
    return tuple(tuple(fact_key(name, value) for value in values) for name, values in groups.items() if values)
