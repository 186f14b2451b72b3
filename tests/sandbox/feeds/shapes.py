"""Curves of the day, the week and the year, weights of towns, and places: what the demo grammar may name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from core.policy import read

from .dice import seed_of

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the district; WGS-84."""

    name: str
    kind: str
    town: str
    lng: float
    lat: float


@cache
def _tables() -> Mapping[str, Any]:
    table: dict[str, Any] = read(str(HERE / "curves.yaml"))
    return table


def towns() -> dict[str, Sequence[float]]:
    """The eight towns in the directory's order, with the point their bubble stands on."""
    return dict(_tables()["towns"])


@cache
def curve(kind: str, name: str) -> tuple[float, ...]:
    """A shape whose mean is 1."""
    raw = _tables()[kind][name]
    mean = sum(raw) / len(raw)
    return tuple(one / mean for one in raw)


@cache
def weights(name: str) -> dict[str, float]:
    """Weights of the towns."""
    return dict(_tables()["weights"][name])


def at_hour(name: str, local: datetime) -> float:
    """The day's curve at a moment, without steps."""
    shape, hour = curve("day", name), local.hour
    part = (local.minute * 60 + local.second) / 3600
    return shape[hour] * (1 - part) + shape[(hour + 1) % 24] * part


def at_date(name: str, local: datetime) -> float:
    """The year's curve on a day; each value stands for the middle of its month."""
    shape = curve("year", name)
    place = local.month - 1 + (local.day - 15) / 30
    month = int(place // 1)
    part = place - month
    return shape[month % 12] * (1 - part) + shape[(month + 1) % 12] * part


@cache
def shared_events() -> dict[str, tuple[Mapping[str, Any], int]]:
    """What comes to several sources at once, each with the seed of its chance."""
    return {name: (rule, seed_of("event", name)) for name, rule in _tables()["events"].items()}


@cache
def places(kinds: tuple[str, ...]) -> tuple[Place, ...]:
    """The places of some kinds, as the directory of the practice district has them."""
    short = {unit["code"]: unit["short"] for unit in read("seed/units.yaml") if unit["kind"] == "town"}
    rows = read("seed/places.yaml")
    return tuple(
        Place(row["name"], row["kind"], short[row["town"]], row["lon"], row["lat"])
        for row in rows
        if row["kind"] in kinds
    )


@cache
def likely(kinds: tuple[str, ...], weigh: str) -> dict[str, float]:
    """How likely each place is, so that towns come as often as their weights say."""
    found = places(kinds)
    many = {town: sum(1 for one in found if one.town == town) for town in towns()}
    return {one.name: weights(weigh)[one.town] / many[one.town] for one in found}
