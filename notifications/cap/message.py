"""A CAP 1.2 message as plain values. Points are lon,lat (CAP writes lat,lon; the reader and the writer turn them round)."""

from dataclasses import dataclass
from datetime import datetime

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MIME_TYPE = "application/cap+xml"

Point = tuple[float, float]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Reference:
    """Another message, named as CAP names it."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True)
class CapCircle:
    """A circle; the radius in kilometres, as CAP has it."""

    centre: Point
    radius_km: float


@dataclass(frozen=True)
class CapArea:
    """Where: a description, and shapes or codes."""

    description: str
    polygons: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[CapCircle, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude: str | None = None
    ceiling: str | None = None


@dataclass(frozen=True)
class CapResource:
    """A picture or document that belongs to the message."""

    description: str
    mime_type: str
    size: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class CapInfo:
    """What is to be known, in one language."""

    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    language: str = "en-US"
    response_types: tuple[str, ...] = ()
    audience: str | None = None
    event_codes: tuple[Pair, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Pair, ...] = ()
    resources: tuple[CapResource, ...] = ()
    areas: tuple[CapArea, ...] = ()


@dataclass(frozen=True)
class CapMessage:
    """A whole message."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str
    source: str | None = None
    restriction: str | None = None
    addresses: str | None = None
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: str | None = None
    infos: tuple[CapInfo, ...] = ()
