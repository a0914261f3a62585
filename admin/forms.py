"""Reading a form with the same schema as the API: what was typed stays, and what is wrong is said beside its field."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from admin.words import local, say
from mvoting.core.city_time import CITY_TIME
from mvoting.core.problems import InvalidInput, PreconditionFailed, Problem
from mvoting.core.validation import in_language

SESSION_OVER = ("core.sign-in-required", "accounts.staff-session-ended")
# The year first: a browser's own date field may put the month or the day first. Browsers check fields by the same pattern.
MOMENT = re.compile(r"(\d{4})\s*[\-.\/]\s*(\d{1,2})\s*[\-.\/]\s*(\d{1,2})\.?(?:T|\s+)(\d{1,2}):(\d{2})")


class Form:
    """What a page's form holds: what was typed, or else what it starts with.

    Args: initial: {field: text} to start with.
    """

    def __init__(self, initial: Mapping[str, Any] | None = None) -> None:
        self.initial = initial or {}
        self.is_sent = request.method == "POST"
        self.errors: dict[str, list[str]] = {}
        self.problem = ""
        self.status = 200
        self.members: Mapping[str, Any] = {}
        self.unreadable: dict[str, str] = {}

    def restarted(self, initial: Mapping[str, Any]) -> "Form":
        """Give a form that starts with `initial` although one was sent."""
        fresh = Form(initial)
        fresh.is_sent = False
        return fresh

    @property
    def is_late(self) -> bool:
        """Tell whether a colleague saved first."""
        return self.status == PreconditionFailed.status

    def value(self, name: str) -> str:
        """Give a field's text as it is to be shown."""
        value = self.initial.get(name)
        if self.is_sent:
            text = request.form.get(name, "")
            return _moment_text(text) if isinstance(value, datetime) else text
        if isinstance(value, datetime):
            return f"{local(value):%Y-%m-%d %H:%M}"
        return "" if value is None or value is False else str(value)

    def values(self, name: str) -> list[str]:
        """Give all chosen values of a field."""
        return request.form.getlist(name) if self.is_sent else list(self.initial.get(name) or [])

    def text(self, name: str) -> str:
        """Give a sent field without outer blanks."""
        return request.form.get(name, "").strip()

    def localized(self, name: str) -> dict[str, str]:
        """Give a text in its languages from `name_ko` and `name_en`."""
        pair = {"ko": self.text(f"{name}_ko"), "en": self.text(f"{name}_en")}
        return {key: value for key, value in pair.items() if value or key == "ko"}

    def moment(self, name: str) -> str | None:
        """Give a sent date and time, meant in the city's time, with its offset; None when it is empty.

        One that cannot be read is given as it is, for the schema to refuse; what is wrong with it is kept for `load`.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return _moment(text).isoformat()
        except LookupError:
            self.unreadable[name] = say("2026-01-31 14:30처럼 적어 주세요.", "Write it like 2026-01-31 14:30.")
        except ValueError:
            self.unreadable[name] = say("달력에 없는 날짜나 시각입니다.", "There is no such day or time.")
        return text

    def load(self, schema: Schema, content: Mapping[str, Any]) -> Any:
        """Give `content` checked by `schema`.

        Raises: InvalidInput (core.invalid-input, 422).
        """
        try:
            return schema.load({key: value for key, value in content.items() if value is not None})
        except ValidationError as error:
            found = in_language(error.normalized_messages())  # type: ignore[no-untyped-call]
            told = {name: [text] for name, text in self.unreadable.items() if name in found}
            raise InvalidInput(errors={"form": {**found, **told}}) from None

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Show a problem in the form rather than on a page of its own."""
        try:
            yield
        except Problem as problem:
            if problem.code in SESSION_OVER:
                raise  # other 401s are about what was typed, for example a wrong code
            document = problem.document()
            self.problem, self.status, self.members = document["title"], problem.status, problem.members
            errors = document.get("errors") or {}
            if isinstance(errors, dict):
                self._note("", errors["form"] if isinstance(errors.get("form"), dict) else errors)
            if self.errors:
                return
            if detail := document.get("detail"):
                self.problem += f" {detail}"

    def _note(self, prefix: str, wrong: Mapping[Any, Any]) -> None:
        for key, value in wrong.items():
            name = f"{prefix}_{key}" if prefix else str(key)
            if isinstance(value, Mapping):
                self._note(name, value)
            elif isinstance(value, list):
                self.errors[name] = [str(text) for text in value]
            else:
                self.errors[name] = [str(value)]


def _moment(text: str) -> datetime:
    """Read a date and time, meant in the city's time. Raises: LookupError where it is not written as one, ValueError where there is no such moment."""
    found = MOMENT.fullmatch(text.strip())
    if found is None:
        raise LookupError
    year, month, day, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=CITY_TIME)


def _moment_text(text: str) -> str:
    """Give a typed date and time as the fields write them; what is none stays as it was typed."""
    try:
        return f"{_moment(text):%Y-%m-%d %H:%M}"
    except (LookupError, ValueError):
        return text
