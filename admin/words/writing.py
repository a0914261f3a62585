"""How the panel writes times, numbers and people's texts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from admin.words.saying import say
from mvoting.core.city_time import CITY_TIME
from mvoting.core.clock import now
from mvoting.core.language import language

WEEKDAYS_KO = "월화수목금토일"


def local(moment: datetime) -> datetime:
    """Give a moment in the city's time."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(CITY_TIME)


def when(moment: datetime | None) -> Markup:
    """Write a moment in the city's time, short."""
    if not isinstance(moment, datetime):
        return Markup("–")
    at = local(moment)
    this_year = at.year == local(now()).year
    if language() == "en":
        text = f"{at:%a} {at.day} {at:%b}" + ("" if this_year else f" {at.year}") + f", {at:%H:%M}"
    else:
        text = ("" if this_year else f"{at.year}. ") + f"{at.month}. {at.day}.({WEEKDAYS_KO[at.weekday()]}) {at:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), text)


def day(moment: datetime | None) -> str:
    """Write a day in the city's time."""
    if not isinstance(moment, datetime):
        return "–"
    at = local(moment)
    return f"{at.day} {at:%b %Y}" if language() == "en" else f"{at.year}. {at.month}. {at.day}."


def ago(moment: datetime | None) -> Markup:
    """Write how far a moment lies from now, with the moment itself as the element's title."""
    if not isinstance(moment, datetime):
        return Markup("–")
    gap = now() - moment.replace(tzinfo=moment.tzinfo or UTC)
    text = span(abs(gap))
    if abs(gap) < timedelta(minutes=1):
        text = say("방금", "just now")
    elif gap > timedelta():
        text = say(f"{text} 전", f"{text} ago")
    else:
        text = say(f"{text} 뒤", f"in {text}")
    at = local(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M:%S}", text
    )


def span(gap: timedelta) -> str:
    """Write a length of time in its largest unit."""
    seconds = int(gap.total_seconds())
    for size, ko, one, many in ((86400, "일", "day", "days"), (3600, "시간", "hour", "hours"), (60, "분", "minute", "minutes")):
        if seconds >= size:
            count = seconds // size
            return say(f"{count}{ko}", f"{count} {one if count == 1 else many}")
    return say(f"{seconds}초", f"{seconds} s")


def number(value: Any) -> str:
    """Write a number with its thousands set apart."""
    return f"{value:,}" if isinstance(value, int | float) else "–"


def percent(part: float, whole: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def size(count_bytes: float | None) -> str:
    """Write a number of bytes in its largest unit."""
    if not isinstance(count_bytes, int | float):
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if count_bytes < 1000 or unit == "GB":
            return f"{count_bytes:.0f} {unit}" if unit == "B" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1000
    return ""


def shown_lines(text: str | None) -> Markup:
    """Write people's text as plain text that keeps its line breaks."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())
