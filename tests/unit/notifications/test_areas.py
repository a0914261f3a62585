"""Areas of alerts: what is accepted, what is refused, and which districts they touch."""

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.areas import geometry
from notifications.areas.geometry import AreaRefused, Circle, check_area, district_at, geojson_shapes

MAPO_STREAM = [(126.905, 37.555), (126.925, 37.555), (126.925, 37.570), (126.905, 37.570)]


def test_named_districts_are_kept_sorted_and_once() -> None:
    area = check_area(districts=["11440", "11110", "11440"])
    assert area.districts == ("11110", "11440")
    assert area.polygons == ()


def test_a_polygon_touches_the_districts_it_shares_ground_with() -> None:
    area = check_area(polygons=[MAPO_STREAM])
    assert "11440" in area.districts  # Mapo
    assert "11740" not in area.districts  # Gangdong, across the city
    assert area.named == ()


def test_a_circle_around_the_city_hall_stays_in_the_centre() -> None:
    area = check_area(circles=[Circle(126.978, 37.5663, 300)])
    assert area.districts == ("11140",)
    wide = check_area(circles=[Circle(126.978, 37.5663, 40_000)])
    assert len(wide.districts) == 25


def test_the_polygon_of_a_circle_holds_the_whole_circle() -> None:
    (shape,) = geojson_shapes(check_area(circles=[Circle(126.978, 37.5663, 1000)]))
    points = [geometry._plane(*point) for point in shape["coordinates"][0]]
    polygon = shapely.Polygon(points)
    assert polygon.contains(shapely.Point(geometry._plane(126.978, 37.5663)).buffer(999.5, quad_segs=64))


@pytest.mark.parametrize(
    ("reason", "arguments"),
    [
        ("empty", {}),
        ("unknown-district", {"districts": ["11110", "99999"]}),
        ("swapped", {"polygons": [[(lat, lon) for lon, lat in MAPO_STREAM]]}),
        ("swapped", {"circles": [Circle(37.5663, 126.978, 300)]}),
        ("outside-korea", {"polygons": [[(2.3, 48.8), (2.4, 48.8), (2.4, 48.9)]]}),
        ("outside-city", {"circles": [Circle(129.075, 35.18, 3000)]}),  # Busan
        ("outside-city", {"districts": ["11110"], "circles": [Circle(129.075, 35.18, 3000)]}),
        ("self-crossing", {"polygons": [[(126.9, 37.55), (126.95, 37.58), (126.95, 37.55), (126.9, 37.58)]]}),
        ("too-few-points", {"polygons": [[(126.9, 37.55), (126.95, 37.58), (126.9, 37.55)]]}),
        ("too-small", {"polygons": [[(126.9, 37.55), (126.9001, 37.55), (126.9001, 37.5501)]]}),
        ("not-a-number", {"polygons": [[(126.9, 37.55), (math.nan, 37.55), (126.95, 37.58)]]}),
        ("bad-radius", {"circles": [Circle(126.978, 37.5663, 0)]}),
        ("bad-radius", {"circles": [Circle(126.978, 37.5663, 61_000)]}),
        ("bad-radius", {"circles": [Circle(126.978, 37.5663, math.nan)]}),
        ("overlapping", {"polygons": [MAPO_STREAM, [(x + 0.005, y + 0.005) for x, y in MAPO_STREAM]]}),
        ("too-many-shapes", {"circles": [Circle(126.978, 37.5663, 300)] * 21}),
        ("too-many-points", {"polygons": [[(126.9 + i * 1e-7, 37.5) for i in range(20_001)]]}),
    ],
)
def test_an_area_that_cannot_be_meant_is_refused_by_name(reason: str, arguments: dict) -> None:
    with pytest.raises(AreaRefused) as refusal:
        check_area(**arguments)
    assert refusal.value.reason == reason


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(300, 6000), st.floats(0.0005, 0.004), st.integers(3, 40))
def test_a_very_detailed_polygon_is_simplified_and_loses_nobody(count: int, roughness: float, waves: int) -> None:
    turns = [2 * math.pi * step / count for step in range(count)]
    radii = [0.02 + roughness * math.sin(waves * turn) for turn in turns]
    ring = [(126.98 + r * math.cos(turn), 37.56 + r * math.sin(turn)) for r, turn in zip(radii, turns, strict=True)]
    (simple,) = check_area(polygons=[ring]).polygons
    assert len(simple) <= geometry.VERTICES_OUT_MAX
    lost = shapely.Polygon(ring).difference(shapely.Polygon(simple)).area
    assert lost < 1e-9  # rounding to 10 cm


def test_points_find_their_district() -> None:
    assert district_at(lon=126.9769, lat=37.5759) == "11110"
    assert district_at(lon=127.0276, lat=37.4979) in {"11680", "11650"}  # Gangnam station, on the border
    assert district_at(lon=129.075, lat=35.18) is None
