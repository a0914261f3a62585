"""Pure decisions about persons and sessions; the moment is always an argument."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

NUMBER_IDLE_AFTER = timedelta(days=90)
REPEAT_WITHIN = timedelta(seconds=60)
CONSENT_AGE = 14  # PIPA art. 22-2: below this a guardian consents
GUARDIAN_AGE = 19  # Civil Act art. 4

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}\Z")


def normal_phone(text: str) -> str | None:
    """Give a phone number in E.164, a Korean one also from its national form; None when it is none.

    Source: ITU-T E.164.
    """
    digits = re.sub(r"[\s().-]", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("0"):
        digits = "+82" + digits[1:]
    digits = re.sub(r"\A\+820", "+82", digits)
    is_number = _PHONE.match(digits) and digits.isascii() and not digits.startswith("+820")
    return digits if is_number else None


def masked_phone(phone: str) -> str:
    """Give a number as its owner is shown it: the last four digits only."""
    return f"***-{phone[-4:]}"


class Door(Enum):
    """What a proven identifier leads to."""

    OPEN = "open"  # its person
    JOIN = "join"  # a person yet to be made, or one that was erased and comes back under the same id
    SECOND_FACT = "second_fact"  # its person, once something else confirms it
    RESTING = "resting"  # nobody yet: it was given up, or left unused and then erased, while polls were open
    CLOSED = "closed"  # nobody: this kind of identifier makes no person


@dataclass(frozen=True)
class DoorFacts:
    """What is stored about an identifier and its person."""

    identifier_state: str
    person_state: str | None
    verified_at: datetime
    left_at: datetime | None


def door(kind: str, facts: DoorFacts | None, *, now: datetime, horizon: datetime) -> Door:
    """Decide where a proven identifier leads.

    Args: horizon: every poll that is still to be counted opened at or after it.
    """
    makes_person = kind != "social"
    if facts is None:
        return Door.JOIN if makes_person else Door.CLOSED
    if facts.identifier_state == "active" and facts.person_state not in (None, "erased"):
        return Door.SECOND_FACT if _is_idle(kind, facts.verified_at, now) else Door.OPEN
    if not makes_person:
        return Door.CLOSED
    is_anothers = facts.identifier_state == "released" or _is_idle(kind, facts.verified_at, now)
    if is_anothers and not is_forgotten(facts.left_at, horizon):
        return Door.RESTING
    return Door.JOIN


def may_have_changed_hands(kind: str, identifier: Mapping[str, Any], *, now: datetime) -> bool:
    """Tell whether an identifier that opens no account now may have another holder than before."""
    return identifier["state"] == "released" or _is_idle(kind, identifier["verified_at"], now)


def _is_idle(kind: str, verified_at: datetime, now: datetime) -> bool:
    return kind == "phone" and now - verified_at > NUMBER_IDLE_AFTER


def is_forgotten(left_at: datetime | None, horizon: datetime) -> bool:
    """Tell whether no poll that was open at `left_at` is still to be counted."""
    return left_at is not None and left_at < horizon


class Refresh(Enum):
    """What a genuine refresh token of a session deserves."""

    ROTATE = "rotate"
    REPEAT = "repeat"  # the same device lost the answer
    REPLAY = "replay"  # somebody else holds it, or held it
    ENDED = "ended"


def refresh_decision(session: Mapping[str, Any], generation: int, device_key: str, *, now: datetime) -> Refresh:
    """Decide about a refresh token whose signature is good.

    Source: RFC 9700 section 4.14.2 (rotation); the 60 s of grace are for phones that lost the answer in a tunnel.
    """
    if session.get("ended_at") is not None or session["expires_at"] <= now:
        return Refresh.ENDED
    is_same_device = session["device_key"] == device_key
    if generation == session["generation"] and is_same_device:
        return Refresh.ROTATE
    if generation == session["generation"] - 1 and is_same_device and now - session["rotated_at"] <= REPEAT_WITHIN:
        return Refresh.REPEAT
    return Refresh.REPLAY


def may_be_guardian(facts: Mapping[str, Any] | None, *, now: datetime) -> bool:
    """Tell whether confirmed facts show an adult, whose birthday has passed for certain."""
    return facts is not None and facts.get("birth_year") is not None and now.year - facts["birth_year"] > GUARDIAN_AGE


def needs_guardian(birth_year: int, *, now: datetime) -> bool:
    """Tell whether somebody born in that year may still be under 14."""
    return now.year - birth_year < CONSENT_AGE
