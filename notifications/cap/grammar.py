"""The structure of a CAP 1.2 message: which elements, in which order, how often, holding what.

Written from section 3.2 of the standard. It decides the same as the XML schema that OASIS publishes with it (the tests put
thousands of altered messages to both); the schema file itself is not needed at run time.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

BLANKS = " \t\r\n"
MANY = 1000

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Element:
    """An element: its content (a check of its text, or its own children), and how often it may stand."""

    content: "Check | Grammar"
    least: int = 1
    most: int = 1


Grammar = Mapping[str, Element]


def any_text(_: str) -> bool:
    """Accept every text (xs:string)."""
    return True


def is_uri(text: str) -> bool:
    """Accept a URI or a relative reference: before its first slash only a scheme is followed by a colon (RFC 3986, 4.2)."""
    text = text.strip(BLANKS)
    first = re.split("[/?#]", text, maxsplit=1)[0]
    scheme_is_good = ":" not in first or re.match("[A-Za-z][A-Za-z0-9+.-]*:", first) is not None
    return scheme_is_good and text.count("#") < 2 and re.search("%(?![0-9A-Fa-f]{2})", text) is None


def one_of(*words: str) -> Check:
    """Accept these words, written exactly so."""
    return frozenset(words).__contains__


def is_moment(text: str) -> bool:
    """Accept a date and time with its offset in CAP's form, for example 2002-05-24T16:49:00-07:00."""
    text = text.strip(BLANKS)
    if not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+](0[0-9]|1[0-3]):[0-5][0-9]|.{19}[-+]14:00", text
    ):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _matching(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text.strip(BLANKS)) is not None


is_language = _matching(r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?")  # empty means the default, en-US
is_integer = _matching(r"[-+]?[0-9]+")
is_decimal = _matching(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other")
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

TEXT = Element(any_text)
OPTIONAL = Element(any_text, least=0)
OPTIONAL_URI = Element(is_uri, least=0)
OPTIONAL_MOMENT = Element(is_moment, least=0)
PAIR: Grammar = {"valueName": TEXT, "value": TEXT}
PAIRS = Element(PAIR, least=0, most=MANY)

RESOURCE: Grammar = {
    "resourceDesc": TEXT,
    "mimeType": TEXT,
    "size": Element(is_integer, least=0),
    "uri": OPTIONAL_URI,
    "derefUri": OPTIONAL,
    "digest": OPTIONAL,
}
AREA: Grammar = {
    "areaDesc": TEXT,
    "polygon": Element(any_text, least=0, most=MANY),
    "circle": Element(any_text, least=0, most=MANY),
    "geocode": PAIRS,
    "altitude": Element(is_decimal, least=0),
    "ceiling": Element(is_decimal, least=0),
}
INFO: Grammar = {
    "language": Element(is_language, least=0),
    "category": Element(one_of(*CATEGORIES), most=MANY),
    "event": TEXT,
    "responseType": Element(one_of(*RESPONSES), least=0, most=MANY),
    "urgency": Element(one_of(*URGENCIES)),
    "severity": Element(one_of(*SEVERITIES)),
    "certainty": Element(one_of(*CERTAINTIES)),
    "audience": OPTIONAL,
    "eventCode": PAIRS,
    "effective": OPTIONAL_MOMENT,
    "onset": OPTIONAL_MOMENT,
    "expires": OPTIONAL_MOMENT,
    "senderName": OPTIONAL,
    "headline": OPTIONAL,
    "description": OPTIONAL,
    "instruction": OPTIONAL,
    "web": OPTIONAL_URI,
    "contact": OPTIONAL,
    "parameter": PAIRS,
    "resource": Element(RESOURCE, least=0, most=MANY),
    "area": Element(AREA, least=0, most=MANY),
}
ALERT: Grammar = {
    "identifier": TEXT,
    "sender": TEXT,
    "sent": Element(is_moment),
    "status": Element(one_of(*STATUSES)),
    "msgType": Element(one_of(*MSG_TYPES)),
    "source": OPTIONAL,
    "scope": Element(one_of(*SCOPES)),
    "restriction": OPTIONAL,
    "addresses": OPTIONAL,
    "code": Element(any_text, least=0, most=MANY),
    "note": OPTIONAL,
    "references": OPTIONAL,
    "incidents": OPTIONAL,
    "info": Element(INFO, least=0, most=MANY),
}
