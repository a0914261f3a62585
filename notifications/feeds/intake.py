"""Taking in the messages of CAP sources. A message is stored with what it led to, or not at all."""

import logging
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from mvoting.core import log
from mvoting.core.problems import Problem
from notifications.cap import signature
from notifications.cap.message import CapMessage
from notifications.cap.reader import CapRefused, read
from notifications.feeds import effects, errors, receipts

Document = dict[str, Any]


def receive(source: Document, data: bytes, *, now: datetime, url: str | None = None) -> Document:
    """Take in one message of a source, once; what is refused leaves a receipt too.

    Returns: its receipt; `is_duplicate` tells that it was there already.
    Raises: CapMessageRefused (feeds.message-refused, 422), SenderNotOfSource (feeds.sender-not-of-source, 403).
    """
    try:
        receipt = _receive(source, _read(source, data), url, now=now)
    except Problem as refusal:
        reason = str(refusal.members.get("reason", refusal.code))
        receipts.note_refused(source, data, reason, url=url, now=now)
        log.event("feeds.message_refused", level=logging.WARNING, source_id=source["_id"], reason=reason)
        raise
    log.event("feeds.message_received", source_id=source["_id"], outcome=receipt["outcome"], alert_id=receipt.get("alert_id"))
    return receipt


def _receive(source: Document, message: CapMessage, url: str | None, *, now: datetime) -> Document:
    if known := receipts.of_message(message):
        return {**known, "is_duplicate": True}
    try:
        return {**effects.take(source, message, url, now), "is_duplicate": False}
    except DuplicateKeyError:
        return {**(receipts.of_message(message) or {}), "is_duplicate": True}


def _read(source: Document, data: bytes) -> CapMessage:
    try:
        message = read(data)
        if source.get("certificate"):
            message = read(signature.signed_part(data, source["certificate"]))
    except signature.SignatureRefused as refusal:
        raise errors.CapMessageRefused(reason=str(refusal), where="alert/Signature") from None
    except CapRefused as refusal:
        raise errors.CapMessageRefused(reason=refusal.reason, where=refusal.where) from None
    if message.sender != source["sender"]:
        raise errors.SenderNotOfSource(sender=message.sender[:200])
    return message
