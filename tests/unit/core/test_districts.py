import json
from pathlib import Path

import pytest
import shapely

from mvoting.core.districts import DISTRICTS, district_name, is_district

OUTLINES = Path(__file__).parents[3] / "notifications" / "areas" / "districts.geojson"


def test_seoul_has_25_districts_each_named_once_in_both_languages() -> None:
    assert len(DISTRICTS) == 25
    assert len({name.ko for name in DISTRICTS.values()}) == 25
    assert len({name.en for name in DISTRICTS.values()}) == 25
    assert all(name.ko.endswith("구") and name.en.endswith("-gu") for name in DISTRICTS.values())


def test_a_code_is_a_district_only_when_listed() -> None:
    assert is_district("11110")
    assert not is_district("11000")  # the city itself
    assert not is_district("41135")  # Bundang, outside Seoul
    assert not is_district("")


def test_names_follow_the_language() -> None:
    assert district_name("11440") == "마포구"
    assert district_name("11440", "en") == "Mapo-gu"
    with pytest.raises(KeyError):
        district_name("99999")


def test_outlines_cover_the_city_once() -> None:
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    shapes = {feature["id"]: shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features}
    assert shapes.keys() == DISTRICTS.keys()
    assert all(shape.is_valid for shape in shapes.values())
    city = shapely.union_all(list(shapes.values()))
    assert sum(shape.area for shape in shapes.values()) - city.area < 1e-9
    holes = sum(shapely.Polygon(ring).area for part in shapely.get_parts(city) for ring in getattr(part, "interiors", ()))
    assert holes < 1e-9
    assert OUTLINES.stat().st_size < 150_000
    assert shapes["11110"].contains(shapely.Point(126.9769, 37.5759))  # Gwanghwamun, lon,lat
