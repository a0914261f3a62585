"""Read CAP 1.2 strictly: a message is read whole or refused with the reason and the place.

No document type, entity or address in a message is ever followed. A signature (XML-DSig) is passed over, not verified:
who sent a message is known by the key with which it was handed in.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn
from xml.etree.ElementTree import Element as XmlElement  # a type; defusedxml reads  # nosec B405
from xml.etree.ElementTree import ParseError  # an error; defusedxml reads  # nosec B405

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from notifications.cap import grammar
from notifications.cap.grammar import BLANKS, Grammar
from notifications.cap.message import (
    NAMESPACE,
    CapArea,
    CapCircle,
    CapInfo,
    CapMessage,
    CapResource,
    Pair,
    Point,
    Reference,
)

SIZE_MAX_BYTES = 512 * 1024
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"
XSI_HARMLESS = {f"{{{XSI_NAMESPACE}}}schemaLocation", f"{{{XSI_NAMESPACE}}}noNamespaceSchemaLocation"}
Tree = dict[str, list[Any]]


class CapRefused(ValueError):
    """A message that cannot be used; `reason` is a stable word, `where` the path of the element."""

    def __init__(self, reason: str, where: str = "alert") -> None:
        super().__init__(f"{reason} at {where}")
        self.reason = reason
        self.where = where


def read(data: bytes) -> CapMessage:
    """Read one message.

    Raises: CapRefused with one of: too-large, not-xml, document-type, wrong-namespace, not-an-alert, missing, unexpected,
        too-many, stray-text, attribute, bad-value, references-needed, recipients-needed, bad-reference, bad-polygon,
        bad-circle.
    """
    if len(data) > SIZE_MAX_BYTES:
        raise CapRefused("too-large")
    return _message(_tree(_root(data), grammar.ALERT, "alert"))


def _root(data: bytes) -> XmlElement:
    try:
        root = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise CapRefused("document-type") from None
    except (ParseError, ValueError, LookupError):  # LookupError: an encoding nobody knows
        raise CapRefused("not-xml") from None
    namespace, _, name = root.tag.rpartition("}")
    if name != "alert":
        raise CapRefused("not-an-alert", name)
    if namespace != f"{{{NAMESPACE}":
        raise CapRefused("wrong-namespace", namespace.lstrip("{") or "none")
    return root


def _tree(element: XmlElement, rules: Grammar, where: str) -> Tree:
    """Check an element's children against `rules`, in their order."""
    _refuse_attributes(element, where)
    _refuse_stray_text(element, where)
    found: Tree = {name: [] for name in rules}
    names = list(rules)
    position = 0
    for child, name in _children(element, where):
        if name not in rules:
            raise CapRefused("unexpected", f"{where}/{name}")
        if names.index(name) < position:
            raise CapRefused("unexpected", f"{where}/{name}")
        position = names.index(name)
        if len(found[name]) == rules[name].most:
            raise CapRefused("too-many", f"{where}/{name}")
        found[name].append(_content(child, rules[name].content, f"{where}/{name}"))
    for name, rule in rules.items():
        if len(found[name]) < rule.least:
            raise CapRefused("missing", f"{where}/{name}")
    return found


def _children(element: XmlElement, where: str) -> Iterator[tuple[XmlElement, str]]:
    signed = False
    for child in element:
        namespace, _, name = child.tag.rpartition("}")
        if namespace == f"{{{SIGNATURE_NAMESPACE}" and where == "alert":
            signed = True
        elif namespace != f"{{{NAMESPACE}" or signed:
            raise CapRefused("unexpected", f"{where}/{name}")
        else:
            yield child, name


def _content(element: XmlElement, content: Any, where: str) -> Any:
    if not callable(content):
        return _tree(element, content, where)
    _refuse_attributes(element, where)
    if len(element):
        raise CapRefused("unexpected", f"{where}/{element[0].tag.rpartition('}')[2]}")
    text = element.text or ""
    if not content(text):
        raise CapRefused("bad-value", where)
    return text


def _refuse_attributes(element: XmlElement, where: str) -> None:
    if element.attrib.keys() - XSI_HARMLESS:
        raise CapRefused("attribute", where)


def _refuse_stray_text(element: XmlElement, where: str) -> None:
    if any((text or "").strip(BLANKS) for text in (element.text, *(child.tail for child in element))):
        raise CapRefused("stray-text", where)


def _message(tree: Tree) -> CapMessage:
    message = CapMessage(
        identifier=_name(tree, "identifier"),
        sender=_name(tree, "sender"),
        sent=_moment(tree["sent"][0]),
        status=tree["status"][0],
        msg_type=tree["msgType"][0],
        scope=tree["scope"][0],
        source=_optional(tree, "source"),
        restriction=_optional(tree, "restriction"),
        addresses=_optional(tree, "addresses"),
        codes=tuple(tree["code"]),
        note=_optional(tree, "note"),
        references=_references(_optional(tree, "references") or ""),
        incidents=_optional(tree, "incidents"),
        infos=tuple(_info(info) for info in tree["info"]),
    )
    _refuse_half_addressed(message)
    return message


def _refuse_half_addressed(message: CapMessage) -> None:
    """Refuse what the schema lets through but the standard's text does not (3.2.1: msgType, restriction, addresses)."""
    if message.msg_type != "Alert" and not message.references:
        raise CapRefused("references-needed", "alert/references")
    if message.scope == "Restricted" and not (message.restriction or "").strip():
        raise CapRefused("recipients-needed", "alert/restriction")
    if message.scope == "Private" and not (message.addresses or "").strip():
        raise CapRefused("recipients-needed", "alert/addresses")


def _name(tree: Tree, name: str) -> str:
    text: str = tree[name][0].strip(BLANKS)
    if not text or any(letter in text for letter in " ,<&\t\r\n"):
        raise CapRefused("bad-value", f"alert/{name}")
    return text


def _optional(tree: Tree, name: str) -> str | None:
    return tree[name][0] if tree[name] else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip(BLANKS))


def _references(text: str) -> tuple[Reference, ...]:
    found = []
    for triple in text.split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(parts) or not grammar.is_moment(parts[2]):
            raise CapRefused("bad-reference", "alert/references")
        found.append(Reference(parts[0], parts[1], _moment(parts[2])))
    return tuple(found)


def _info(tree: Tree) -> CapInfo:
    moments = {name: _moment(tree[name][0]) if tree[name] else None for name in ("effective", "onset", "expires")}
    return CapInfo(
        language=(_optional(tree, "language") or "").strip(BLANKS) or "en-US",
        categories=tuple(tree["category"]),
        event=tree["event"][0],
        response_types=tuple(tree["responseType"]),
        urgency=tree["urgency"][0],
        severity=tree["severity"][0],
        certainty=tree["certainty"][0],
        audience=_optional(tree, "audience"),
        event_codes=_pairs(tree["eventCode"]),
        sender_name=_optional(tree, "senderName"),
        headline=_optional(tree, "headline"),
        description=_optional(tree, "description"),
        instruction=_optional(tree, "instruction"),
        web=_optional(tree, "web"),
        contact=_optional(tree, "contact"),
        parameters=_pairs(tree["parameter"]),
        resources=tuple(_resource(resource) for resource in tree["resource"]),
        areas=tuple(_area(area) for area in tree["area"]),
        **moments,
    )


def _pairs(trees: list[Tree]) -> tuple[Pair, ...]:
    return tuple((tree["valueName"][0], tree["value"][0]) for tree in trees)


def _resource(tree: Tree) -> CapResource:
    size = _optional(tree, "size")
    return CapResource(
        description=tree["resourceDesc"][0],
        mime_type=tree["mimeType"][0],
        size=None if size is None else int(size),
        uri=_optional(tree, "uri"),
        deref_uri=_optional(tree, "derefUri"),
        digest=_optional(tree, "digest"),
    )


def _area(tree: Tree) -> CapArea:
    return CapArea(
        description=tree["areaDesc"][0],
        polygons=tuple(_polygon(text) for text in tree["polygon"]),
        circles=tuple(_circle(text) for text in tree["circle"]),
        geocodes=_pairs(tree["geocode"]),
        altitude=_optional(tree, "altitude"),
        ceiling=_optional(tree, "ceiling"),
    )


def _polygon(text: str) -> tuple[Point, ...]:
    points = tuple(_point(pair, "polygon") for pair in text.split())
    if len(points) < 4 or points[0] != points[-1]:
        _refuse_shape("polygon")
    return points


def _circle(text: str) -> CapCircle:
    parts = text.split()
    if len(parts) != 2:
        _refuse_shape("circle")
    radius_km = _number(parts[1], "circle")
    if radius_km < 0:
        _refuse_shape("circle")
    return CapCircle(_point(parts[0], "circle"), radius_km)


def _point(text: str, shape: str) -> Point:
    parts = text.split(",")
    if len(parts) != 2:
        _refuse_shape(shape)
    lat, lon = (_number(part, shape) for part in parts)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        _refuse_shape(shape)
    return lon, lat


def _number(text: str, shape: str) -> float:
    if not grammar.is_decimal(text):
        _refuse_shape(shape)
    number = float(text)
    if not math.isfinite(number):
        _refuse_shape(shape)
    return number


def _refuse_shape(shape: str) -> NoReturn:
    raise CapRefused(f"bad-{shape}", f"alert/info/area/{shape}")
