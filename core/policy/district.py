"""The district on a map: its name, what the picture spans, and a point for each town (district.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from core.policy import read

SIDES = frozenset({"left", "right", "top", "bottom"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A town's point, WGS-84, and on which side of it its name stands."""

    lng: float
    lat: float
    side: str


@dataclass(frozen=True, slots=True)
class District:
    """`around`: west, south, east, north of the picture; `towns` by name, in the order in which lists name them."""

    name: str
    around: tuple[float, float, float, float]
    towns: Mapping[str, Spot]


@cache
def read_district() -> District:
    """The district. Raises ValueError for a town whose point lies outside the picture or whose side is none."""
    raw = read("district.yaml")
    west, south, east, north = (float(one) for one in raw["around"])
    towns = {
        str(name): Spot(float(row["at"][0]), float(row["at"][1]), row["side"]) for name, row in raw["towns"].items()
    }
    for name, one in towns.items():
        if not (west <= one.lng <= east and south <= one.lat <= north) or one.side not in SIDES:
            raise ValueError(f"district.yaml: {name} lies outside the picture, or its name stands nowhere")
    return District(raw["name"], (west, south, east, north), MappingProxyType(towns))
