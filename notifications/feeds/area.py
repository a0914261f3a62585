"""Where a CAP message means: its shapes and codes as an area of ours, with a note about each that is not used as it stands. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mvoting.core.districts import is_district
from notifications.areas.geometry import RADIUS_MAX_M, RADIUS_MIN_M, AreaRefused, Circle, check_area, cut_to_korea, districts_near
from notifications.cap.message import CapArea, CapCircle

OUTSIDE = {"outside-city", "outside-korea"}


@dataclass(frozen=True)
class Note:
    """What of a message was not used as it stands, for staff to read: a stable word, and the message's own name for it."""

    code: str
    what: str


@dataclass(frozen=True)
class Reading:
    """The area of some infos, None where nothing of it can be used; `is_guessed`: wider than what was probably meant."""

    area: dict[str, Any] | None
    notes: tuple[Note, ...] = ()
    is_guessed: bool = False


def read_area(areas: Collection[CapArea]) -> Reading:
    """Give the part of these areas that touches the city; shapes before codes, which only name whole districts.

    Shapes that are no use together (they overlap, or are too many) stand for the districts that they touch, and so does a
    circle that is too wide to be drawn: rather too wide than nobody warned.
    """
    notes: list[Note] = []
    districts, polygons, circles = set[str](), list[list[list[float]]](), list[dict[str, float]]()
    for area in dict.fromkeys(areas):
        rings, rounds, broken = _shapes(area)
        wide = {code for circle in area.circles if _is_wide(circle) for code in districts_near(_circle(circle))}
        # The same outline stands once in each language.
        polygons += [ring for ring in rings if ring not in polygons]
        circles += [round_ for round_ in rounds if round_ not in circles]
        districts |= wide if rings or rounds or wide else _codes(area)
        notes += [Note("circle-too-wide", area.description)] * bool(wide) + [Note("shape-broken", area.description)] * broken
    is_guessed = any(note.code == "circle-too-wide" for note in notes)
    if not districts and not polygons and not circles:
        return Reading(None, tuple(notes))
    if not _touched(districts=districts, polygons=polygons, circles=[Circle(**circle) for circle in circles]):
        each = [*(_touched(polygons=[ring]) for ring in polygons), *(_touched(circles=[Circle(**c)]) for c in circles)]
        districts, polygons, circles = districts.union(*each), [], []
        notes.append(Note("shapes-as-districts", next(area.description for area in areas)))
    found = {"districts": sorted(districts), "polygons": polygons, "circles": circles}
    return Reading(found, tuple(dict.fromkeys(notes)), is_guessed)


def _shapes(area: CapArea) -> tuple[list[list[list[float]]], list[dict[str, float]], bool]:
    """Give the outlines and circles that touch the city, and whether one is broken."""
    outlines = list(_outlines(area))
    rounds = [_rounded(circle) for circle in area.circles if not _is_wide(circle)]
    refusals = [_refusal(polygons=[ring]) for ring in outlines], [_refusal(circles=[Circle(**round_)]) for round_ in rounds]
    rings = [ring for ring, refusal in zip(outlines, refusals[0], strict=True) if refusal is None]
    kept = [round_ for round_, refusal in zip(rounds, refusals[1], strict=True) if refusal is None]
    return rings, kept, any(refusal and refusal not in OUTSIDE for refusal in (*refusals[0], *refusals[1]))


def _outlines(area: CapArea) -> Iterator[list[list[float]]]:
    for ring in area.polygons:
        for part in cut_to_korea(ring):
            yield [list(point) for point in part]


def _is_wide(circle: CapCircle) -> bool:
    return circle.radius_km * 1000 > RADIUS_MAX_M


def _circle(circle: CapCircle) -> Circle:
    return Circle(circle.centre[0], circle.centre[1], circle.radius_km * 1000)


def _rounded(circle: CapCircle) -> dict[str, float]:
    """Give a circle as it is stored; one without a radius, as CAP writes a mere point, gets the least that we draw."""
    return {"lon": circle.centre[0], "lat": circle.centre[1], "radius_m": max(circle.radius_km * 1000, RADIUS_MIN_M)}


def _codes(area: CapArea) -> set[str]:
    """Give the districts that an area's geocodes name, by five digits or by the ten of the full code."""
    codes = {value.strip()[:5] for _, value in area.geocodes if value.strip().isdecimal() and len(value.strip()) in (5, 10)}
    return {code for code in codes if is_district(code)}


def _refusal(**area: Any) -> str | None:
    try:
        check_area(**area)
    except AreaRefused as refused:
        return refused.reason
    return None


def _touched(**area: Any) -> tuple[str, ...]:
    """Give the districts of an area, none when it cannot be used."""
    try:
        return check_area(**area).districts
    except AreaRefused:
        return ()


def districts_of(area: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the districts that a read area names or touches."""
    circles = [Circle(**circle) for circle in area["circles"]]
    return check_area(districts=area["districts"], polygons=area["polygons"], circles=circles).districts
