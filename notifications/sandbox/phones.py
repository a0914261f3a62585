"""What the simulated phones received, in bounded memory."""

import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

MAX_PHONES = 2_000
MAX_MESSAGES_PER_PHONE = 20
MAX_CAMPAIGNS = 100
MAX_COUNTED_TARGETS = 3_000_000


@dataclass(slots=True)
class Deliveries:
    """How often each target received one message, and when the first and last arrived (Unix seconds)."""

    targets: dict[str, int] = field(default_factory=dict)
    first_at: float = 0.0
    last_at: float = 0.0
    received: int = 0

    def summary(self) -> dict[str, Any]:
        phones = len(self.targets)
        repeats = self.received - phones
        return {
            "received": self.received,
            "phones": phones,
            "repeats": repeats,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }


class Phones:
    """Hold the last messages of each phone and a delivery count for each message id."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._phones: OrderedDict[str, deque[tuple[float, dict[str, Any]]]] = OrderedDict()
        self._names: dict[str, str] = {}
        self._deliveries: OrderedDict[str, Deliveries] = OrderedDict()
        self._counted = 0
        self.accepted = 0

    def receive(self, target: str, message: dict[str, Any]) -> int:
        """Store `message` on the phone `target`; give its running number."""
        now = time.time()
        self.accepted += 1
        messages = self._phones.get(target)
        if messages is None:
            messages = self._phones[target] = deque(maxlen=MAX_MESSAGES_PER_PHONE)
            if len(self._phones) > MAX_PHONES:
                self._phones.popitem(last=False)
        else:
            self._phones.move_to_end(target)
        messages.append((now, message))
        self._count(message_id(message), target, now)
        return self.accepted

    def _count(self, key: str, target: str, now: float) -> None:
        deliveries = self._deliveries.get(key)
        if deliveries is None:
            deliveries = self._deliveries[key] = Deliveries(first_at=now)
            if len(self._deliveries) > MAX_CAMPAIGNS:
                self._counted -= len(self._deliveries.popitem(last=False)[1].targets)
        deliveries.last_at = now
        deliveries.received += 1
        if target in deliveries.targets:
            deliveries.targets[target] += 1
        elif self._counted < MAX_COUNTED_TARGETS:
            deliveries.targets[target] = 1
            self._counted += 1

    def name(self, target: str, name: str) -> None:
        """Give a phone a name to show on the page; it appears even before its first message."""
        if len(self._names) < MAX_PHONES:
            self._names[target] = name
            self._phones.setdefault(target, deque(maxlen=MAX_MESSAGES_PER_PHONE))

    def deliveries(self, key: str) -> Deliveries | None:
        return self._deliveries.get(key)

    def summaries(self) -> dict[str, dict[str, Any]]:
        return {key: deliveries.summary() for key, deliveries in self._deliveries.items()}

    def newest(self, limit: int, search: str = "") -> list[dict[str, Any]]:
        """Give the phones that received something last, newest first, each with its messages, newest first."""
        found: list[dict[str, Any]] = []
        for target in reversed(self._phones):
            name = self._names.get(target, "")
            if search and search not in target.lower() and search not in name.lower():
                continue
            found.append({"target": target, "name": name, "messages": [_shown(*m) for m in reversed(self._phones[target])]})
            if len(found) == limit:
                break
        return found

    def messages(self, target: str) -> list[dict[str, Any]]:
        """Give the raw messages of one phone, oldest first."""
        return [message for _, message in self._phones.get(target, ())]


def message_id(message: dict[str, Any]) -> str:
    """Give what identifies a message across its repeats: its id and revision, else its collapse key."""
    data = message.get("data") or {}
    if "message_id" in data:
        return f"{data['message_id']}:{data.get('revision', '1')}"
    return (message.get("android") or {}).get("collapse_key") or "other"


def _shown(at: float, message: dict[str, Any]) -> dict[str, Any]:
    data = message.get("data") or {}
    android = message.get("android") or {}
    text = message.get("notification") or android.get("notification") or {}
    return {
        "at": at,
        "title": text.get("title", ""),
        "body": text.get("body", ""),
        "tag": (android.get("notification") or {}).get("tag") or android.get("collapse_key") or message_id(message),
        "kind": data.get("kind", ""),
        "link": data.get("link", ""),
        "revision": data.get("revision", ""),
        "priority": android.get("priority", "normal"),
    }
