"""Alerts as CAP 1.2 messages and as an Atom feed (RFC 4287), for broadcasters and for anyone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree  # only writes  # nosec B405

from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.rules import Kind, place_name
from notifications.cap.message import MIME_TYPE, CapArea, CapCircle, CapInfo, CapMessage, Reference

ATOM = "http://www.w3.org/2005/Atom"
LANGUAGE_TAGS = {"ko": "ko-KR", "en": "en-US"}
DISTRICT_CODE = "KR.administrativeDistrictCode"
CLASS_PARAMETER = "mvoting:class"
SHORT_TEXT_PARAMETER = "mvoting:broadcastText"

Alert = Mapping[str, Any]


def sender_of(public_url: str) -> str:
    """Give the name under which this deployment issues CAP messages: its host."""
    return urlsplit(public_url).netloc


def to_message(alert: Alert, public_url: str) -> CapMessage:
    """Give a released alert, correction or all-clear as a CAP message."""
    return CapMessage(
        identifier=alert["_id"],
        sender=sender_of(public_url),
        sent=alert["approved_at"],
        status=_status(alert),
        msg_type=_type(alert),
        scope="Public",
        note="sent in error" if _type(alert) == "Cancel" else None,
        references=_references(alert, public_url),
        infos=tuple(_info(alert, language, public_url) for language in LANGUAGE_TAGS),
    )


def cancellation_of(alert: Alert, public_url: str) -> CapMessage:
    """Give the CAP message that takes back an alert which was stopped after its release."""
    sender = sender_of(public_url)
    return CapMessage(
        identifier=f"{alert['_id']}-cancel",
        sender=sender,
        sent=alert["cancelled_at"],
        status=_status(alert),
        msg_type="Cancel",
        scope="Public",
        note="stopped after its release",
        references=(Reference(sender, alert["_id"], alert["approved_at"]),),
    )


def _status(alert: Alert) -> str:
    if alert["mode"] == "test":
        return "Test"
    return "Exercise" if alert["is_exercise"] else "Actual"


def _type(alert: Alert) -> str:
    if alert["kind"] == Kind.ALERT:
        return "Alert"
    return "Cancel" if alert["kind"] == Kind.CORRECTION and alert.get("is_prepared") else "Update"


def _references(alert: Alert, public_url: str) -> tuple[Reference, ...]:
    sender = sender_of(public_url)
    return tuple(Reference(sender, earlier["id"], earlier["sent_at"]) for earlier in alert.get("references", ()))


def _info(alert: Alert, language: str, public_url: str) -> CapInfo:
    facts, hazard = CLASSES[alert["alert_class"]], HAZARDS[alert["hazard"]]
    words = alert["wording"][language]
    is_over = alert["kind"] == Kind.ALL_CLEAR
    return CapInfo(
        language=LANGUAGE_TAGS[language],
        categories=(hazard.category,),
        event=hazard.ko if language == "ko" else hazard.en,
        response_types=("AllClear",) if is_over else (hazard.response,),
        urgency="Past" if is_over else facts.urgency,
        severity=facts.severity,
        certainty="Observed" if is_over else facts.certainty,
        event_codes=(("mvoting:hazard", alert["hazard"]),),
        effective=alert["approved_at"],
        expires=alert["expires_at"],
        sender_name=words["issuer"],
        headline=alert["titles"][language],
        description=f"{words['where']} {words['what']}",
        instruction=words["action"],
        web=f"{public_url}/alerts/{alert['_id']}",
        parameters=(
            (CLASS_PARAMETER, facts.ko if language == "ko" else facts.en),
            (SHORT_TEXT_PARAMETER, alert["texts"][language]),
        ),
        areas=(_area(alert, language),),
    )


def _area(alert: Alert, language: str) -> CapArea:
    area = alert["area"]
    return CapArea(
        description=place_name(area["districts"], language),
        polygons=tuple(tuple((lon, lat) for lon, lat in ring) for ring in area["polygons"]),
        circles=tuple(CapCircle((c["lon"], c["lat"]), c["radius_m"] / 1000) for c in area["circles"]),
        # Codes beside a shape would widen the area to whole districts: CAP reads an area as the union of its parts.
        geocodes=tuple((DISTRICT_CODE, code) for code in area["named"]),
    )


def atom_feed(alerts: Iterable[Alert], public_url: str, *, updated: datetime) -> bytes:
    """Give the feed: an entry for each released message, and one for each that was stopped after its release."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "ko"})
    _add(feed, "id", f"{public_url}/v1/alerts/feed.atom")
    _add(feed, "title", "서울시 재난문자 · Emergency alerts")
    _add(feed, "updated", updated.isoformat(timespec="seconds"))
    _link(feed, "self", "application/atom+xml", f"{public_url}/v1/alerts/feed.atom")
    _add(ElementTree.SubElement(feed, "author"), "name", sender_of(public_url))
    for alert in alerts:
        if "cancelled_at" in alert:
            title = f"[취소] {alert['titles']['ko']}"
            _entry(feed, f"{public_url}/v1/alerts/{alert['_id']}/cancellation.cap", title, alert, alert["cancelled_at"])
        _entry(feed, f"{public_url}/v1/alerts/{alert['_id']}/alert.cap", alert["titles"]["ko"], alert, alert["approved_at"])
    return ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)


def _entry(feed: ElementTree.Element, address: str, title: str, alert: Alert, at: datetime) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    _add(entry, "id", address)
    _add(entry, "title", title)
    _add(entry, "updated", at.isoformat(timespec="seconds"))
    _add(entry, "summary", f"{alert['texts']['ko']}\n{alert['texts']['en']}")
    _link(entry, "alternate", MIME_TYPE, address)


def _link(parent: ElementTree.Element, relation: str, kind: str, address: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": relation, "type": kind, "href": address})


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
