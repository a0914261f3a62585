"""The city's map: the districts' outlines as inline SVG paths, simplified once to what a screen can show."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import shapely
import shapely.geometry

WIDTH = 600
TOLERANCE = 0.0012  # degrees, about 110 m: less than a pixel and a half


@dataclass(frozen=True)
class Outline:
    """A district on the map: its SVG path and where its name stands."""

    code: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class CityMap:
    """All districts and the frame they are drawn in; `project` turns lon, lat into its coordinates."""

    width: int
    height: int
    outlines: tuple[Outline, ...]
    west: float
    north: float
    scale: float
    squeeze: float

    def project(self, lon: float, lat: float) -> tuple[float, float]:
        """Give a point's place on the map (equirectangular; at a city's size that is good enough)."""
        return round((lon - self.west) * self.squeeze * self.scale, 1), round((self.north - lat) * self.scale, 1)

    def polygon(self, ring: list[list[float]]) -> str:
        """Give an SVG path for a ring of lon, lat pairs."""
        return "M" + "L".join("{} {}".format(*self.project(lon, lat)) for lon, lat in ring) + "Z"


@cache
def city_map() -> CityMap:
    """Read the outlines once per process."""
    text = resources.files("notifications.areas").joinpath("districts.geojson").read_text(encoding="utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    coarse = shapely.coverage_simplify(shapes, TOLERANCE)
    west, south, east, north = shapely.total_bounds(coarse)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * squeeze)
    frame = CityMap(WIDTH, math.ceil((north - south) * scale), (), west, north, scale, squeeze)
    outlines = []
    for feature, shape in zip(features, coarse, strict=True):
        polygons = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
        path = "".join(frame.polygon([list(point) for point in polygon.exterior.coords]) for polygon in polygons)
        x, y = frame.project(*shape.representative_point().coords[0])
        outlines.append(Outline(str(feature["id"]), path, x, y))
    return CityMap(WIDTH, frame.height, tuple(outlines), west, north, scale, squeeze)
