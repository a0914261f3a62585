"""Alert areas: districts, polygons and circles, checked, simplified and turned into the districts they touch.

Coordinates here are WGS 84 in GeoJSON's order, longitude first; CAP writes latitude first and is turned round in
`notifications.cap`. Lengths and areas are computed on a plane through Seoul, whose error within the city is below 0.1 %.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mvoting.core.districts import is_district

OUTLINES = Path(__file__).with_name("districts.geojson")

LATITUDE_OF_SEOUL = 37.56
METRES_PER_DEGREE_LAT = 110_990.0
METRES_PER_DEGREE_LON = 111_320.0 * math.cos(math.radians(LATITUDE_OF_SEOUL))

EARTH_M = 6_371_009.0

SHAPES_MAX = 20
VERTICES_IN_MAX = 20_000
VERTICES_OUT_MAX = 200
RADIUS_MIN_M, RADIUS_MAX_M = 50.0, 60_000.0
AREA_MIN_M2 = 2_500.0
TOUCH_M2 = 10_000.0  # a hectare: the outlines are no finer than that along a border
TOUCH_SHARE = 0.05
KOREA = (124.0, 33.0, 132.0, 43.0)  # west, south, east, north

Point = tuple[float, float]
Ring = tuple[Point, ...]


class AreaRefused(ValueError):
    """An area that cannot be meant; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Circle:
    """A circle on the ground."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True)
class Area:
    """A checked area. `districts` holds those named and those touched by a shape."""

    districts: tuple[str, ...]
    named: tuple[str, ...] = ()
    polygons: tuple[Ring, ...] = ()
    circles: tuple[Circle, ...] = ()


def check_area(
    *, districts: Iterable[str] = (), polygons: Sequence[Sequence[Sequence[float]]] = (), circles: Sequence[Circle] = ()
) -> Area:
    """Check and simplify an area.

    Args: polygons: outer rings, lon,lat, closed or not.
    Raises: AreaRefused with one of: empty, unknown-district, too-many-shapes, too-many-points, not-a-number, swapped,
        outside-korea, too-few-points, self-crossing, too-small, bad-radius, overlapping, outside-city.
    """
    named = tuple(sorted(set(districts)))
    if not all(is_district(code) for code in named):
        raise AreaRefused("unknown-district")
    if len(polygons) + len(circles) > SHAPES_MAX:
        raise AreaRefused("too-many-shapes")
    if not named and not polygons and not circles:
        raise AreaRefused("empty")
    shapes = [_checked_polygon(ring) for ring in polygons]
    rounds = [_checked_circle(circle) for circle in circles]
    _refuse_overlaps(shapes)
    touched = {code for shape in [*shapes, *rounds] for code in _touched(shape)}
    if any(not _touched(shape) for shape in [*shapes, *rounds]):
        raise AreaRefused("outside-city")
    rings = tuple(_ring(_simplified(shape)) for shape in shapes)
    return Area(tuple(sorted(touched.union(named))), named, rings, tuple(circles))


def district_at(*, lon: float, lat: float) -> str | None:
    """Give the code of the district in which a point lies, None outside the city."""
    point = shapely.Point(*_plane(lon, lat))
    return next((code for code, outline in _outlines().items() if outline.contains(point)), None)


def districts_near(circle: Circle) -> set[str]:
    """Give the districts that a circle of any size reaches, by the distance of their outlines from its centre on the globe.

    Source: haversine formula; corners of the outlines are much closer together than such a circle is wide.
    """
    lon, lat = math.radians(circle.lon), math.radians(circle.lat)
    return {code for code, outline in _outlines().items() if _nearest_m(lon, lat, outline) <= circle.radius_m}


def _nearest_m(lon: float, lat: float, outline: BaseGeometry) -> float:
    lons, lats = np.radians(shapely.get_coordinates(outline) / (METRES_PER_DEGREE_LON, METRES_PER_DEGREE_LAT)).T
    half = np.sin((lats - lat) / 2) ** 2 + math.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    return float(2 * EARTH_M * np.arcsin(np.sqrt(half.min())))


def geojson_shapes(area: Area) -> list[dict[str, Any]]:
    """Give the area's polygons and circles as GeoJSON polygons, as a 2dsphere query takes them."""
    rings = [*area.polygons, *(_ring(_checked_circle(circle)) for circle in area.circles)]
    return [{"type": "Polygon", "coordinates": [[list(point) for point in ring]]} for ring in rings]


def cut_to_korea(ring: Sequence[Point]) -> list[Ring]:
    """Give what of an outline lies in and around Korea, as it stands where all of it does; a typhoon's reaches far beyond."""
    west, south, east, north = KOREA
    if all(west <= lon <= east and south <= lat <= north for lon, lat in ring):
        return [tuple(ring)]
    try:
        inside = shapely.clip_by_rect(shapely.Polygon(ring), west, south, east, north)
    except (ValueError, shapely.GEOSException):
        return []
    parts = [part for part in shapely.get_parts(inside) if isinstance(part, shapely.Polygon)]
    return [tuple((x, y) for x, y in shapely.get_coordinates(part.exterior)) for part in parts]


@cache
def _outlines() -> dict[str, BaseGeometry]:
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    return {feature["id"]: _to_plane(shapely.from_geojson(json.dumps(feature["geometry"]))) for feature in features}


def _plane(lon: float, lat: float) -> Point:
    return lon * METRES_PER_DEGREE_LON, lat * METRES_PER_DEGREE_LAT


def _to_plane(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda points: points * (METRES_PER_DEGREE_LON, METRES_PER_DEGREE_LAT))


def _ring(shape: BaseGeometry) -> Ring:
    return tuple(
        (round(x / METRES_PER_DEGREE_LON, 6), round(y / METRES_PER_DEGREE_LAT, 6))
        for x, y in shapely.get_coordinates(shape.exterior)
    )


def _checked_point(lon: float, lat: float) -> Point:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise AreaRefused("not-a-number")
    west, south, east, north = KOREA
    if south <= lon <= north and west <= lat <= east:
        raise AreaRefused("swapped")
    if not (west <= lon <= east and south <= lat <= north):
        raise AreaRefused("outside-korea")
    return _plane(lon, lat)


def _checked_polygon(ring: Sequence[Sequence[float]]) -> BaseGeometry:
    if len(ring) > VERTICES_IN_MAX:
        raise AreaRefused("too-many-points")
    if any(len(point) != 2 for point in ring):
        raise AreaRefused("not-a-number")
    points = [_checked_point(lon, lat) for lon, lat in ring]
    if points and points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise AreaRefused("too-few-points")
    shape = shapely.Polygon(points)
    if not shape.is_valid:
        raise AreaRefused("self-crossing")
    if shape.area < AREA_MIN_M2:
        raise AreaRefused("too-small")
    return shape


def _checked_circle(circle: Circle) -> BaseGeometry:
    centre = _checked_point(circle.lon, circle.lat)
    if not RADIUS_MIN_M <= circle.radius_m <= RADIUS_MAX_M:
        raise AreaRefused("bad-radius")
    segments = 16  # a quarter; drawn around the circle, so that nobody inside it falls outside the polygon
    return shapely.Point(centre).buffer(circle.radius_m / math.cos(math.pi / (4 * segments)), quad_segs=segments)


def _refuse_overlaps(shapes: Sequence[BaseGeometry]) -> None:
    for position, shape in enumerate(shapes):
        if any(shape.intersection(other).area > AREA_MIN_M2 for other in shapes[position + 1 :]):
            raise AreaRefused("overlapping")


def _touched(shape: BaseGeometry) -> tuple[str, ...]:
    least = min(TOUCH_M2, TOUCH_SHARE * shape.area)
    return tuple(code for code, outline in _outlines().items() if outline.intersection(shape).area >= least)


def _simplified(shape: BaseGeometry) -> BaseGeometry:
    """Reduce the vertices; the result holds all of the shape, because it is widened by as much as it is smoothed."""
    simple, tolerance_m = shape, 5.0
    while shapely.get_num_coordinates(simple) > VERTICES_OUT_MAX:
        simple = shapely.Polygon(shape.buffer(tolerance_m).simplify(tolerance_m / 2).exterior)
        tolerance_m *= 2
    return simple
