"""Alerts: who may do what when, and what a text must hold. Pure; the moment is an argument.

Sources: 재난문자방송 기준 및 운영규정 (three classes, 157 characters); what Hawaii (13 January 2018) and Seoul (31 May 2023)
taught: two people to send, one to cancel, a correction prepared beforehand and sent in the class of the original.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mvoting.core.districts import DISTRICTS, district_name
from notifications.alerts.hazards import CLASSES, HAZARDS

TEXT_MAX = 157
ISSUER_MAX, WHERE_MAX, WHAT_MAX, ACTION_MAX = 24, 50, 120, 120
"""With issuer and place this short, the prepared correction and all-clear fit TEXT_MAX whatever the alert says."""

LANGUAGES = ("ko", "en")
REPEAT_WITHIN = timedelta(hours=24)
EXPIRY_MIN, EXPIRY_MAX = timedelta(minutes=10), timedelta(days=7)


class State(StrEnum):
    """Where an alert stands. draft → submitted → approved → sending → sent → ended; cancelled from any before sent."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What a message is to the one before it."""

    ALERT = "alert"
    CORRECTION = "correction"
    ALL_CLEAR = "all_clear"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.CANCELLED}),
    State.SUBMITTED: frozenset({State.DRAFT, State.APPROVED, State.CANCELLED}),
    State.APPROVED: frozenset({State.SENDING, State.CANCELLED}),
    State.SENDING: frozenset({State.SENT, State.CANCELLED}),
    State.SENT: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
    State.CANCELLED: frozenset(),
}
RELEASED = (State.APPROVED, State.SENDING, State.SENT)
"""An alert that two people have released and nobody has withdrawn."""


def sources_of(target: State) -> list[str]:
    """Give the states from which `target` may be reached, for a compare-and-swap."""
    return [state.value for state, targets in TRANSITIONS.items() if target in targets]


@dataclass(frozen=True)
class Wording:
    """One language of an alert: who says so, where, what happened, what to do."""

    issuer: str
    where: str
    what: str
    action: str


class Label(StrEnum):
    """Why an alert is not meant in earnest."""

    EXERCISE = "exercise"
    TEST = "test"


LABELS = {Label.EXERCISE: {"ko": "훈련", "en": "EXERCISE"}, Label.TEST: {"ko": "시험", "en": "TEST"}}
KIND_MARKS = {
    Kind.ALERT: {"ko": "", "en": ""},
    Kind.CORRECTION: {"ko": "정정", "en": "Correction"},
    Kind.ALL_CLEAR: {"ko": "해제", "en": "All clear"},
}


def labels(*, is_exercise: bool, is_test: bool) -> tuple[Label, ...]:
    """Give the labels every text must carry."""
    return tuple(label for label, applies in ((Label.TEST, is_test), (Label.EXERCISE, is_exercise)) if applies)


def compose(wording: Wording, language: str, marks: Iterable[Label] = ()) -> str:
    """Give the text exactly as people will read it."""
    issuer, where, what, action = (_tidy(part) for part in (wording.issuer, wording.where, wording.what, wording.action))
    prefix = "".join(f"[{LABELS[mark][language]}]" for mark in marks)
    fact = f"{where} {what}" if language == "ko" else f"{where}: {what}"
    return f"{prefix}[{issuer}] {_sentence(fact)} {_sentence(action)}"


def title(*, kind: Kind, alert_class: str, hazard: str, language: str, marks: Iterable[Label] = ()) -> str:
    """Give the heading over the text, for example "[훈련] 위급 재난문자 · 호우·침수"."""
    facts, danger = CLASSES[alert_class], HAZARDS[hazard]
    prefixes = [LABELS[mark][language] for mark in marks] + [KIND_MARKS[kind][language]]
    prefix = "".join(f"[{text}]" for text in prefixes if text)
    heading = f"{facts.ko} 재난문자 · {danger.ko}" if language == "ko" else f"{facts.en} alert · {danger.en}"
    return f"{prefix} {heading}".strip()


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).rstrip(".。 ")


def _sentence(text: str) -> str:
    return text if text.endswith(("!", "?")) else f"{text}."


def text_gaps(wordings: Mapping[str, Wording], marks: Iterable[Label] = ()) -> dict[str, str]:
    """Name what keeps an alert from being sent: field path → `missing` or `too-long`; empty when nothing does."""
    marks = tuple(marks)
    gaps = {}
    for language in LANGUAGES:
        wording = wordings.get(language)
        parts = {name: getattr(wording, name, "") for name in ("issuer", "where", "what", "action")}
        missing = {f"{language}.{name}": "missing" for name, text in parts.items() if not _tidy(text)}
        if not missing and wording and len(compose(wording, language, marks)) > TEXT_MAX:
            missing = {language: "too-long"}
        gaps.update(missing)
    return gaps


def expiry_refusal(expires_at: datetime, *, now: datetime) -> str | None:
    """Tell why an alert may not end at `expires_at`: `too-soon`, `too-late` or nothing."""
    if expires_at < now + EXPIRY_MIN:
        return "too-soon"
    return "too-late" if expires_at > now + EXPIRY_MAX else None


def approval_refusal(*, author_ids: Collection[str], approver_id: str) -> str | None:
    """Tell why this person may not release: `own-alert` for anybody who wrote, changed or submitted it.

    An alert that no person wrote or submitted (`no-author`) has not been seen by two.
    """
    if not author_ids:
        return "no-author"
    return "own-alert" if approver_id in author_ids else None


def place_name(districts: Collection[str], language: str) -> str:
    """Name an area shortly: one district by name, all as the city, several by the first and the number of others."""
    codes = sorted(districts)
    if len(codes) == len(DISTRICTS):
        return "서울 전역" if language == "ko" else "all of Seoul"
    first = district_name(codes[0], language)
    if len(codes) == 1:
        return first
    return f"{first} 외 {len(codes) - 1}개 구" if language == "ko" else f"{first} and {len(codes) - 1} more"


def confirmation(*, alert_class: str, districts: Collection[str], language: str, marks: Iterable[Label] = ()) -> str:
    """Give the words an approver must type, for example "마포구 위급 발송" or "시험 마포구 위급 발송".

    They name place, class and label, so that neither the wrong alert nor the wrong deployment is confirmed by habit.
    """
    place, facts = place_name(districts, language), CLASSES[alert_class]
    prefix = "".join(f"{LABELS[mark][language]} " for mark in marks)
    return f"{prefix}{place} {facts.ko} 발송" if language == "ko" else f"{prefix}send {facts.en} to {place}"


def is_confirmed(typed: str, *, alert_class: str, districts: Collection[str], marks: Iterable[Label] = ()) -> bool:
    """Tell whether `typed` is the confirmation in either language; blanks and case do not matter."""
    marks = tuple(marks)
    wanted = (confirmation(alert_class=alert_class, districts=districts, language=each, marks=marks) for each in LANGUAGES)
    return _plain(typed) in {_plain(text) for text in wanted}


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).casefold().split())


def followup_refusal(*, kind: Kind, original_kind: Kind, original_state: State, has_audience: bool) -> str | None:
    """Tell why no correction or all-clear may follow: `not-an-original`, `not-sent` or nothing."""
    if original_kind is not Kind.ALERT or kind is Kind.ALERT:
        return "not-an-original"
    reached = original_state in (*RELEASED, State.ENDED) or (original_state is State.CANCELLED and has_audience)
    return None if reached else "not-sent"


def is_prepared_late(expires_at: datetime, *, now: datetime) -> bool:
    """Tell whether an alert is over for so long that its prepared follow-up would startle people rather than help them."""
    return now > expires_at + REPEAT_WITHIN


def all_clear_wording(wording: Wording, *, hazard: str, language: str) -> Wording:
    """Prepare the all-clear's words from the alert's."""
    danger = HAZARDS[hazard]
    if language == "ko":
        return Wording(
            wording.issuer, wording.where, f"{danger.ko} 위험이 해제되었습니다", "안전을 확인한 뒤 일상으로 돌아가셔도 됩니다"
        )
    return Wording(wording.issuer, wording.where, f"{danger.en} danger is over", "You may return to normal")


def correction_wording(wording: Wording, *, hazard: str, language: str) -> Wording:
    """Prepare the words that take an alert back."""
    danger = HAZARDS[hazard]
    if language == "ko":
        return Wording(
            wording.issuer,
            wording.where,
            f"앞서 보낸 {danger.ko} 문자는 잘못 보낸 것입니다",
            "그 내용에 따르지 않으셔도 됩니다. 혼란을 드려 죄송합니다",
        )
    return Wording(wording.issuer, wording.where, f"earlier {danger.en.lower()} alert was an error", "Please disregard it")
