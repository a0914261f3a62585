"""Duty phones, and the knock on them: a draft waits. The knock holds nothing of the draft; who is woken reads it signed in.

It goes straight to the sender, without the ledger: it is for a handful of phones, and is repeated until somebody acts.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.accounts import staff
from mvoting.core import audit, log
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from notifications.alerts import waiting
from notifications.alerts.delivery import LANE
from notifications.channels import registry
from notifications.channels.fcm.messages import Content, FcmPayload
from notifications.channels.gateway import Outcome, Push, Verdict
from notifications.duty import errors
from notifications.duty.models import DutyPhone

Document = dict[str, Any]

PHONES_MAX = 5
KNOCK_LASTS = timedelta(minutes=10)
TEXTS = {
    "ko": ("재난문자 초안이 기다립니다", "관리 화면에 로그인해 확인해 주세요."),
    "en": ("A draft of an alert waits", "Please sign in to the panel and look at it."),
}
TRIED_EVERY = timedelta(seconds=10)
TRIAL_TEXTS = {
    "ko": ("당직 전화가 울립니다", "시험입니다. 기다리는 초안은 없습니다."),
    "en": ("Your duty phone rings", "Only a trial; no draft waits."),
}
TEST_MARKS = {"ko": "[시험] ", "en": "[TEST] "}


def register(staff_id: str, entered: Mapping[str, Any], *, now: datetime) -> Document:
    """Register a phone of a staff member, or refresh it; an address that a colleague had moves.

    Raises: TooManyDutyPhones (duty.too-many-phones, 409).
    """
    address = entered["address"]
    others = {"staff_id": staff_id, "address.value": {"$ne": address["value"]}}
    if _phones().count_documents(others, limit=PHONES_MAX) >= PHONES_MAX:
        raise errors.TooManyDutyPhones(limit=PHONES_MAX)

    def write(session: ClientSession) -> Document:
        change = {
            "$set": {**entered, "staff_id": staff_id, "registered_at": now},
            "$setOnInsert": {"_id": new_id()},
        }
        phone: Any = _phones().find_one_and_update(
            {"address.value": address["value"]}, change, upsert=True, return_document=ReturnDocument.AFTER, session=session
        )
        _audit("register", phone, staff_id, session)
        return phone

    return in_transaction(write)


def list_phones(staff_id: str) -> list[Document]:
    """Give a staff member's duty phones."""
    return list(_phones().find({"staff_id": staff_id}).sort("_id", 1).limit(PHONES_MAX))


def remove(staff_id: str, phone_id: str) -> None:
    """Forget a duty phone.

    Raises: DutyPhoneNotFound (duty.phone-not-found, 404).
    """

    def write(session: ClientSession) -> None:
        phone = _phones().find_one_and_delete({"_id": phone_id, "staff_id": staff_id}, session=session)
        if phone is None:
            raise errors.DutyPhoneNotFound
        _audit("remove", phone, staff_id, session)

    in_transaction(write)


def try_out(staff_id: str, phone_id: str, *, now: datetime) -> Document:
    """Ring one of a staff member's own phones now, so that an address that was mistyped is noticed before the night it is needed.

    Returns: the phone. Raises: DutyPhoneNotFound (duty.phone-not-found, 404), TriedJustNow (duty.tried-just-now, 429),
    DutyPhoneSilent (duty.phone-silent, 502) with what the push service said.
    """
    phone = _claimed_for_trial(staff_id, phone_id, now=now)
    said: list[Outcome] = []

    def report(_index: int, outcome: Outcome) -> bool:
        said.append(outcome)
        return True

    push = Push(**phone["address"], platform=phone["platform"], payload=FcmPayload(_trial(phone, now=now), now=now))
    registry.gateway().send([push], report, registry.throttle(LANE))
    if not said or said[0].verdict is not Verdict.ACCEPTED:
        log.event("duty.trial_failed", level=logging.WARNING, phone_id=phone_id, code=said[0].code if said else "")
        raise errors.DutyPhoneSilent(said=said[0].code if said else "")
    _phones().update_one({"_id": phone_id}, {"$set": {"rung_at": now}})
    return phone


def _claimed_for_trial(staff_id: str, phone_id: str, *, now: datetime) -> Document:
    own = {"_id": phone_id, "staff_id": staff_id}

    def write(session: ClientSession) -> Document:
        rested = {**own, "tried_at": {"$not": {"$gt": now - TRIED_EVERY}}}
        phone = _phones().find_one_and_update(rested, {"$set": {"tried_at": now}}, session=session)
        if phone is None:
            known = _phones().find_one(own, {"_id": 1}, session=session)
            raise errors.TriedJustNow if known else errors.DutyPhoneNotFound
        _audit("try", phone, staff_id, session)
        return phone

    return in_transaction(write)


def forget_former() -> int:
    """Forget the phones of those who hold no role for alerts any more. Returns: how many."""
    return _phones().delete_many({"staff_id": {"$nin": staff.active_with(waiting.ROLES)}}).deleted_count


def knock(*, now: datetime) -> int:
    """Ring for every draft that is due; safe to run twice. Gives how many there were."""
    count = 0
    while (alert := waiting.take_due(now=now)) is not None:
        _ring(alert, now=now)
        count += 1
    return count


def _ring(alert: Document, *, now: datetime) -> None:
    roles, excluded = waiting.wanted(alert)
    people = sorted(set(staff.active_with(roles)) - excluded)
    phones = list(_phones().find({"staff_id": {"$in": people}}))
    if not phones:
        log.event("duty.no_phone", level=logging.WARNING, alert_id=alert["_id"])
        return
    taken, dead = _send(alert, phones, now=now)
    for phone in dead:
        _phones().delete_one({"_id": phone["_id"], "address.value": phone["address"]["value"]})
    _phones().update_many({"_id": {"$in": [phone["_id"] for phone in taken]}}, {"$set": {"rung_at": now}})
    log.event("duty.rung", alert_id=alert["_id"], phones=len(taken))
    if not taken:
        waiting.knock_soon(alert["_id"], now=now)


def _send(alert: Document, phones: list[Document], *, now: datetime) -> tuple[list[Document], list[Document]]:
    """Send one knock; give the phones whose push was taken and those that are gone."""
    payloads = {language: FcmPayload(_content(alert, language, now=now), now=now) for language in TEXTS}
    pushes = [Push(**phone["address"], platform=phone["platform"], payload=payloads[phone["language"]]) for phone in phones]
    taken: list[Document] = []
    dead: list[Document] = []

    def report(index: int, outcome: Outcome) -> bool:
        if outcome.verdict is Verdict.ACCEPTED:
            taken.append(phones[index])
        elif outcome.verdict is Verdict.DEAD:
            dead.append(phones[index])
        return True

    registry.gateway().send(pushes, report, registry.throttle(LANE))
    return taken, dead


def _content(alert: Document, language: str, *, now: datetime) -> Content:
    title, body = TEXTS[language]
    mark = TEST_MARKS[language] if alert["mode"] == "test" else ""
    return Content(
        message_id=f"duty:{alert['_id']}",
        revision=alert["knocks"],
        kind="duty",
        title=mark + title,
        body=body,
        link=f"/admin/alerts/{alert['_id']}",
        language=language,
        expires_at=now + KNOCK_LASTS,
        urgency="severe",
    )


def _trial(phone: Document, *, now: datetime) -> Content:
    title, body = TRIAL_TEXTS[phone["language"]]
    return Content(
        message_id=f"duty-trial:{phone['_id']}",
        revision=int(now.timestamp()),
        kind="duty",
        title=title,
        body=body,
        link="/admin/alerts/duty",
        language=phone["language"],
        expires_at=now + KNOCK_LASTS,
        urgency="severe",
    )


def _phones() -> Collection[Document]:
    collection: Collection[Document] = DutyPhone._get_collection()
    return collection


def _audit(act: str, phone: Document, staff_id: str, session: ClientSession) -> None:
    after = {name: phone[name] for name in ("staff_id", "platform", "name")}
    audit.record(f"duty.{act}", f"duty_phone:{phone['_id']}", staff_id=staff_id, after=after, session=session)
