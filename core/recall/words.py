"""Orders and rulings as rows made ready to be compared: their towns, their places, their words without the places."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from core.policy import read
from core.queries.people import Directory
from core.recall.places import Gazetteer, Point, Spot
from core.recall.rulings import Matter


def gazetteer(directory: Directory) -> Gazetteer:
    """The known places, and the towns and communities of the directory."""
    if "gazetteer" not in directory.memo:
        areas = ((unit.short, town_code(directory, unit.code)) for unit in directory.units.values() if unit.active)
        directory.memo["gazetteer"] = _read(tuple(sorted((name, code) for name, code in areas if code)))
    found: Gazetteer = directory.memo["gazetteer"]
    return found


@lru_cache(maxsize=4)
def _read(areas: tuple[tuple[str, str], ...]) -> Gazetteer:
    return Gazetteer([(row["name"], row["town"]) for row in read("seed/places.yaml")], areas)


def town_code(directory: Directory, word: str | None) -> str:
    """The code of the town that a name or code of a town or community means, or nothing."""
    unit = directory.units.get(directory.by_word.get(word or "", 0))
    while unit is not None and unit.kind != "town":
        unit = directory.units.get(unit.parent or 0) if unit.kind == "community" else None
    return unit.code if unit else ""


def family(directory: Directory, unit_id: int) -> int:
    """The department, town or company a unit belongs to: itself, or the one the centre sends to above it."""
    unit = directory.units.get(unit_id)
    while unit is not None:
        above = directory.units.get(unit.parent or 0)
        if above is None or above.kind in ("command_center", "district_leadership"):
            return unit.id
        unit = above
    return unit_id


def matter_of(row: Mapping[str, Any], text: str, unit: int, directory: Directory) -> Matter:
    """A row with kind, class_code, town and place as a matter in which this unit's duty is in question."""
    known, town = gazetteer(directory), town_code(directory, row["town"])
    spot = known.read(row["place"], town)
    return Matter(
        known.without(text, row["place"]), unit, family(directory, unit), row["kind"], row["class_code"] or "",
        town or known.town_of(row["place"]), spot,
    )  # fmt: skip


def spot_of(directory: Directory, place: str, town: str | None, at: Point | None = None) -> Spot:
    """A place in words, with the town and the coordinates that are known of it."""
    return gazetteer(directory).read(place, town_code(directory, town), at)


def point_of(more: Mapping[str, Any]) -> Point | None:
    """The coordinates a case came with, where they are two numbers that can be any."""
    try:
        lon, lat = float(more["longitude"]), float(more["latitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None
