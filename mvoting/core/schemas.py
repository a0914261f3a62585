"""Schemas at the door: unknown fields, lone surrogates, naive and absurd times are refused here."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from mvoting.core.ids import is_id

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Orders of direction make what follows read backwards, on a ballot as in an alert (Unicode TR 36); phones put them around
# numbers that are copied from their contacts, so they are dropped and not refused.
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
FILLERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")


class Input(Schema):
    """What comes from outside."""

    class Meta:
        unknown = RAISE
        ordered = True


class Output(Schema):
    """What goes out."""


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen: blanks, Hangul fillers and letters without a shape."""
    return all(letter.isspace() or letter in FILLERS or unicodedata.category(letter) == "Cf" for letter in text)


class Text(fields.String):
    """A text with a limit in characters.

    Control letters and lone surrogates are refused, and what must not be blank but shows nothing; outer blanks and orders of
    direction are dropped.
    """

    default_error_messages = {
        "control": "Control letters are not allowed.",
        "blank": "This must not be blank.",
    }

    def __init__(self, *, max: int, min: int = 0, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=min, max=max), **kwargs)
        self.lines = lines
        self.min = min

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = DIRECTIONS.sub("", text.replace("\r\n", "\n"))
        if (CONTROLS_BUT_LINES if self.lines else CONTROLS).search(text):
            raise self.make_error("control")
        text = text.strip()
        if self.min and is_blank(text):
            raise self.make_error("blank")
        return text


class Id(fields.String):
    """An id of ours."""

    default_error_messages = {"id": "Not an id."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_id(text):
            raise self.make_error("id")
        return text


class UtcDateTime(fields.AwareDateTime):
    """A moment with its offset, kept in UTC; years 1900 to 2199."""

    default_error_messages = {
        "naive": "Give the time with its offset, for example 2026-11-22T09:00:00+09:00.",
        "range": "The year must lie between 1900 and 2199.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = super()._deserialize(value, attr, data, **kwargs)
            if moment.tzinfo is None:
                raise self.make_error("naive")
            moment = moment.astimezone(UTC)
        except OverflowError:
            raise self.make_error("range") from None
        if not EARLIEST <= moment < LATEST:
            raise self.make_error("range")
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class LocalizedIn(Input):
    """Text by staff: Korean always, English where given."""

    ko = Text(min=1, max=2000, lines=True, required=True)
    en = Text(min=1, max=2000, lines=True)


class LocalizedOut(Output):
    """Text by staff in its languages."""

    ko = fields.String(required=True)
    en = fields.String()


__all__ = ["Id", "Input", "LocalizedIn", "LocalizedOut", "Output", "Text", "UtcDateTime", "ValidationError"]
