"""Pure decisions of moderation."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum


class Reason(StrEnum):
    SPAM = "spam"
    OFFENSIVE = "offensive"
    OFF_TOPIC = "off_topic"
    PERSONAL_DATA = "personal_data"
    FALSE = "false"


class Trust(IntEnum):
    NEW = 0
    KNOWN = 1
    TRUSTED = 2


# Why a text is in the queue, and what is said of it; the queue is filtered by one of these.
BECAUSE = ("reports", "flood", "new_member_link", "repeated", "staff")
MARKS = tuple(f"because:{why}" for why in BECAUSE) + tuple(f"reason:{reason.value}" for reason in Reason)

APPEAL_DAYS = 30
AUTO_HIDE_AT = 3
FLOOD_SIZE = 4
FLOOD_WINDOW = timedelta(hours=24)
RATE_WINDOW = timedelta(hours=1)

# How many texts of a kind a person may write in an hour, by trust.
RATES: dict[Trust, dict[str, int]] = {
    Trust.NEW: {"idea": 10, "debate": 3, "comment": 30, "addition": 10},
    Trust.KNOWN: {"idea": 20, "debate": 10, "comment": 120, "addition": 30},
    Trust.TRUSTED: {"idea": 60, "debate": 30, "comment": 600, "addition": 120},
}

# Hints for the moderator, never a verdict; administrators keep the lists that count.
DEFAULT_WORDS: dict[str, list[str]] = {
    "ko": ["바보", "멍청", "꺼져", "병신", "새끼", "죽어라", "대출 상담", "카지노", "상품권 현금화", "무료 가입"],
    "en": ["idiot", "moron", "shut up", "casino", "free money", "loan offer"],
}


@dataclass(frozen=True, slots=True)
class Record:
    """What a person's texts have come to."""

    posted_count: int = 0
    hidden_count: int = 0
    first_posted_at: datetime | None = None


def trust_of(record: Record, *, now: datetime) -> Trust:
    """Earned by texts that stood for a while, lost by texts that were hidden."""
    if record.first_posted_at is None:
        return Trust.NEW
    days = (now - record.first_posted_at).days
    if record.hidden_count * 5 > record.posted_count:
        return Trust.NEW
    if record.posted_count >= 20 and days >= 30 and record.hidden_count * 20 <= record.posted_count:
        return Trust.TRUSTED
    return Trust.KNOWN if record.posted_count >= 3 and days >= 1 else Trust.NEW


def retry_after_s(times: Iterable[datetime], allowed: int, *, now: datetime) -> int | None:
    """Tell how long to wait when `times` within the window, newest first, already fill what is allowed."""
    within = [at for at in times if at > now - RATE_WINDOW]
    if len(within) < allowed:
        return None
    return max(1, int((within[allowed - 1] + RATE_WINDOW - now).total_seconds()))


def word_hints(text: str, words: Mapping[str, list[str]]) -> list[str]:
    """List the words of the lists that a text has, as `ko:word`; spaces and marks within do not hide a Korean word."""
    plain = unicodedata.normalize("NFKC", text).lower()
    packed = re.sub(r"[\W_]+", "", plain)
    found = []
    for language, listed in sorted(words.items()):
        for word in listed:
            if language == "ko":
                hit = re.sub(r"\s+", "", word.lower()) in packed
            else:
                hit = re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", plain) is not None
            if hit:
                found.append(f"{language}:{word}")
    return found


def may_decide_appeal(decided_by: str, staff_id: str) -> bool:
    """An appeal is decided by somebody else than the first decision."""
    return decided_by != staff_id


def appeal_is_open(decided_at: datetime, *, now: datetime) -> bool:
    return now <= decided_at + timedelta(days=APPEAL_DAYS)
