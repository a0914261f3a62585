"""Build and validate FCM messages with firebase-admin, once for each text, so that only the address differs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from firebase_admin import messaging

# FCM refuses more than 4,096 bytes of payload; the whole message is an upper bound of what it counts.
MAX_MESSAGE_BYTES = 4096
MAX_TTL_S = 28 * 24 * 3600
EXTREME_CHANNEL, ALERT_CHANNEL, NEWS_CHANNEL = "alert_extreme", "alert", "news"

_encode = msgspec.json.encode


class PayloadTooLarge(ValueError):
    """The message would exceed what FCM accepts."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one push says and how it behaves.

    `urgency` is `extreme`, `severe`, `advisory` or `normal`. `(message_id, revision)` is what a phone drops repeats by.
    `link` is a path inside the app. `critical_sound` needs Apple's entitlement; without it the alert is time-sensitive.
    """

    message_id: str
    revision: int
    kind: str
    title: str
    body: str
    link: str
    language: str
    expires_at: datetime
    urgency: str = "normal"
    data: tuple[tuple[str, str], ...] = ()
    critical_sound: bool = False


class FcmPayload:
    """A message built and validated once, ready to be addressed by joining bytes; `Payload`.

    Raises: PayloadTooLarge; ValueError where firebase-admin refuses a field.
    """

    def __init__(self, content: Content, *, now: datetime) -> None:
        self._content, self._now = content, now
        document: dict[str, Any] = msgspec.json.decode(str(message(content, fid="-", now=now)))
        del document["fid"]
        self._rest = _encode(document)[1:]
        if len(self._rest) > MAX_MESSAGE_BYTES:
            raise PayloadTooLarge(f"{len(self._rest)} bytes, at most {MAX_MESSAGE_BYTES}")

    def addressed(self, kind: str, value: str) -> bytes:
        """Give the request body that sends this message to one token or installation id."""
        return b'{"message":{"%b":%b,%b}' % (kind.encode(), _encode(value), self._rest)

    def message(self, kind: str, value: str) -> messaging.Message:
        """Give the same as firebase-admin's message."""
        return message(self._content, now=self._now, **{kind: value})


def message(content: Content, *, now: datetime, token: str | None = None, fid: str | None = None) -> messaging.Message:
    """Give firebase-admin's message for `content` and one address."""
    ttl_s = int(min(max((content.expires_at - now).total_seconds(), 0), MAX_TTL_S))
    is_alert = content.urgency != "normal"
    data = {
        "message_id": content.message_id,
        "revision": str(content.revision),
        "kind": content.kind,
        "link": content.link,
        "language": content.language,
        "expires_at": content.expires_at.isoformat(),
        **dict(content.data),
    }
    return messaging.Message(
        token=token,
        fid=fid,
        notification=messaging.Notification(title=content.title, body=content.body),
        data=data,
        android=_android(content, ttl_s, is_alert=is_alert),
        apns=_apns(content, is_alert=is_alert),
        webpush=_webpush(content, ttl_s, is_alert=is_alert),
    )


def _android(content: Content, ttl_s: int, *, is_alert: bool) -> messaging.AndroidConfig:
    channel = EXTREME_CHANNEL if content.urgency == "extreme" else ALERT_CHANNEL if is_alert else NEWS_CHANNEL
    notification: dict[str, Any] = {"channel_id": channel, "tag": content.message_id}
    if is_alert:
        notification |= {"visibility": "public", "priority": "max", "proxy": "deny"}
    return messaging.AndroidConfig(
        priority="high" if is_alert else "normal",
        ttl=ttl_s,
        collapse_key=content.message_id,
        # A phone that was restarted and not yet unlocked still shows an alert.
        direct_boot_ok=True if is_alert else None,
        notification=messaging.AndroidNotification(**notification),
    )


def _apns(content: Content, *, is_alert: bool) -> messaging.APNSConfig:
    headers = {
        "apns-priority": "10" if is_alert else "5",
        "apns-push-type": "alert",
        "apns-expiration": str(int(content.expires_at.timestamp())),
        "apns-collapse-id": content.message_id[:64],
    }
    sound: Any = "default"
    level = "active"
    if content.urgency == "extreme" and content.critical_sound:
        sound, level = messaging.CriticalSound("default", critical=True, volume=1.0), "critical"
    elif is_alert:
        level = "time-sensitive"
    aps = messaging.Aps(sound=sound, thread_id=content.kind, custom_data={"interruption-level": level})
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))


def _webpush(content: Content, ttl_s: int, *, is_alert: bool) -> messaging.WebpushConfig:
    return messaging.WebpushConfig(
        # Topic: at most 32 characters of the URL-safe alphabet (RFC 8030, 5.4).
        headers={
            "TTL": str(ttl_s),
            "Urgency": "high" if is_alert else "normal",
            "Topic": content.message_id[-32:].replace(":", "-"),
        },
        notification=messaging.WebpushNotification(
            tag=content.message_id, language=content.language, renotify=is_alert, require_interaction=is_alert
        ),
    )
