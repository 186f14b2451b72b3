"""Which town or street a matter lies in: as registered, else by the name of a town or community in its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.queries.people import Directory, Unit

LEAST = 3  # 「新村」 or 「秀英」 alone is a name of too many places


def town_of(case: Mapping[Any, Any], directory: Directory) -> str:
    """The code of the town's unit, or nothing when the words do not say it."""
    for column in ("town", "community"):
        named = directory.by_word.get(case[column] or "")
        if named is not None and (unit := _town(directory.units[named], directory)):
            return unit.code
    names = _names(directory)
    for text in (case["place"], case["title"], case["content"]):
        for name, code in names:
            if name in (text or ""):
                return code
    return ""


def _names(directory: Directory) -> list[tuple[str, str]]:
    """Names that point at one town, longest first."""
    if "town names" not in directory.memo:
        units = [(unit, _town(unit, directory)) for unit in directory.units.values() if unit.active]
        told = {unit.short: town.code for unit, town in units if town and len(unit.short) >= LEAST}
        directory.memo["town names"] = sorted(told.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    names: list[tuple[str, str]] = directory.memo["town names"]
    return names


def _town(unit: Unit, directory: Directory) -> Unit | None:
    """The town itself, or the one a community belongs to."""
    if unit.kind == "town":
        return unit
    upper = directory.units.get(unit.parent or 0)
    return upper if unit.kind == "community" and upper is not None and upper.kind == "town" else None
