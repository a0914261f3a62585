"""FCM's error table: from an HTTP answer to what the sender does. Pure.

Source: FCM HTTP v1 `ErrorCode` and "Scale FCM" (retry rules), as gathered in docs/PUSH.md.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from notifications.channels.gateway import ACCEPTED, Outcome, Verdict

DEFAULT_QUOTA_WAIT_S = 60.0
MAX_WAIT_S = 3600.0
ADDRESS_FIELDS = frozenset({"message.token", "message.fid"})


def classify(status: int, body: bytes, retry_after: str | None, *, now: datetime) -> Outcome:
    """Give the outcome of one answer. An answer that nobody documents is retried, because pruning on a guess loses phones."""
    if 200 <= status < 300:
        return ACCEPTED
    error = _error(body)
    code = _fcm_code(error)
    wait_s = retry_after_s(retry_after, now=now)
    match status, code:
        case _, "UNREGISTERED":
            return Outcome(Verdict.DEAD, code)
        case _, "SENDER_ID_MISMATCH":
            return Outcome(Verdict.WRONG_SENDER, code)
        case _, "THIRD_PARTY_AUTH_ERROR" | "APNS_AUTH_ERROR":
            return Outcome(Verdict.PLATFORM_REFUSED, code)
        case (429, _) | (_, "QUOTA_EXCEEDED"):
            return Outcome(Verdict.SLOW_DOWN, code or "QUOTA_EXCEEDED", DEFAULT_QUOTA_WAIT_S if wait_s is None else wait_s)
        case 400, _:
            return _bad_request(error, code)
        case ((401 | 403), ""):
            return Outcome(Verdict.NOT_AUTHORISED, error.get("status", str(status)))
        case 413, _:
            return Outcome(Verdict.BAD_MESSAGE, "413")
    return Outcome(Verdict.RETRY, code or error.get("status", str(status)), wait_s)


def _bad_request(error: dict[str, Any], code: str) -> Outcome:
    """Tell a wrong address from a wrong message: fields named in the answer decide, then FCM's own detail."""
    fields = {
        violation.get("field")
        for detail in _details(error)
        for violation in detail.get("fieldViolations") or ()
        if isinstance(violation, dict)
    }
    about_address = fields <= ADDRESS_FIELDS if fields else code == "INVALID_ARGUMENT"
    return Outcome(Verdict.BAD_ADDRESS if about_address else Verdict.BAD_MESSAGE, "INVALID_ARGUMENT")


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date (RFC 9110, 10.2.3); None when absent or unreadable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_WAIT_S) if seconds == seconds else None


def _error(body: bytes) -> dict[str, Any]:
    try:
        error = msgspec.json.decode(body)["error"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _fcm_code(error: dict[str, Any]) -> str:
    for detail in _details(error):
        if str(detail.get("@type", "")).endswith("google.firebase.fcm.v1.FcmError"):
            return str(detail.get("errorCode", ""))
    return ""
