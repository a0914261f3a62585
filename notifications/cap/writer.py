"""Write CAP 1.2."""

import re
from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree  # only writes; reading is defusedxml's  # nosec B405
from zoneinfo import ZoneInfo

from notifications.cap.message import (
    NAMESPACE,
    CapArea,
    CapInfo,
    CapMessage,
    CapResource,
    Pair,
    Point,
    Reference,
)

SEOUL = ZoneInfo("Asia/Seoul")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(message: CapMessage) -> bytes:
    """Give the message as UTF-8 XML, its times in Seoul's zone."""
    root = ElementTree.Element(_tag("alert"))
    _add(root, "identifier", message.identifier)
    _add(root, "sender", message.sender)
    _add(root, "sent", moment(message.sent))
    _add(root, "status", message.status)
    _add(root, "msgType", message.msg_type)
    _add(root, "source", message.source)
    _add(root, "scope", message.scope)
    _add(root, "restriction", message.restriction)
    _add(root, "addresses", message.addresses)
    _add_all(root, "code", message.codes)
    _add(root, "note", message.note)
    _add(root, "references", " ".join(reference(each) for each in message.references) or None)
    _add(root, "incidents", message.incidents)
    for info in message.infos:
        _add_info(root, info)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE)


def moment(at: datetime) -> str:
    """Give a moment in CAP's form, whole seconds."""
    return at.astimezone(SEOUL).isoformat(timespec="seconds")


def reference(to: Reference) -> str:
    """Give a reference as sender,identifier,sent."""
    return f"{to.sender},{to.identifier},{moment(to.sent)}"


def _add_info(root: ElementTree.Element, info: CapInfo) -> None:
    element = ElementTree.SubElement(root, _tag("info"))
    _add(element, "language", info.language)
    _add_all(element, "category", info.categories)
    _add(element, "event", info.event)
    _add_all(element, "responseType", info.response_types)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    _add(element, "audience", info.audience)
    _add_pairs(element, "eventCode", info.event_codes)
    for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add(element, name, moment(at) if at else None)
    _add(element, "senderName", info.sender_name)
    _add(element, "headline", info.headline)
    _add(element, "description", info.description)
    _add(element, "instruction", info.instruction)
    _add(element, "web", info.web)
    _add(element, "contact", info.contact)
    _add_pairs(element, "parameter", info.parameters)
    for resource in info.resources:
        _add_resource(element, resource)
    for area in info.areas:
        _add_area(element, area)


def _add_resource(parent: ElementTree.Element, resource: CapResource) -> None:
    element = ElementTree.SubElement(parent, _tag("resource"))
    _add(element, "resourceDesc", resource.description)
    _add(element, "mimeType", resource.mime_type)
    _add(element, "size", None if resource.size is None else str(resource.size))
    _add(element, "uri", resource.uri)
    _add(element, "derefUri", resource.deref_uri)
    _add(element, "digest", resource.digest)


def _add_area(parent: ElementTree.Element, area: CapArea) -> None:
    element = ElementTree.SubElement(parent, _tag("area"))
    _add(element, "areaDesc", area.description)
    _add_all(element, "polygon", (" ".join(_point(point) for point in ring) for ring in area.polygons))
    _add_all(element, "circle", (f"{_point(circle.centre)} {_number(circle.radius_km)}" for circle in area.circles))
    _add_pairs(element, "geocode", area.geocodes)
    _add(element, "altitude", area.altitude)
    _add(element, "ceiling", area.ceiling)


def _add(parent: ElementTree.Element, name: str, text: str | None) -> None:
    if text is not None:
        ElementTree.SubElement(parent, _tag(name)).text = NOT_XML.sub("\ufffd", text)


def _add_all(parent: ElementTree.Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(parent, name, text)


def _add_pairs(parent: ElementTree.Element, name: str, pairs: Iterable[Pair]) -> None:
    for value_name, value in pairs:
        element = ElementTree.SubElement(parent, _tag(name))
        _add(element, "valueName", value_name)
        _add(element, "value", value)


def _point(point: Point) -> str:
    lon, lat = point
    return f"{_number(lat)},{_number(lon)}"


def _number(number: float) -> str:
    text = f"{number:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
