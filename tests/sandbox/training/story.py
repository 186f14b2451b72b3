"""What a scenario says: who plays, which steps they owe, what happens when; read from scenarios.yaml and frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "scenarios.yaml"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Duty:
    """A step somebody owes: any of these buttons settles it, once no unit is in one of the states `after`.

    `within`, `patience`: minutes in which it should be done, and after which those units are waited for no longer.
    """

    name: str
    title: str
    press: tuple[str, ...]
    within: int
    after: tuple[str, ...] = ()
    patience: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One person of the cast and the steps they owe; `goal` where a learner may play them."""

    name: str
    user: str
    role: str
    duties: tuple[Duty, ...]
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in town and needs a flag, `minute` minutes after the beginning."""

    minute: float
    title: str
    place: str
    matter: str
    units: tuple[str, ...]
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story to train with."""

    name: str
    title: str
    about: str
    limit: int
    pause: tuple[float, float]
    choose: Mapping[str, Mapping[str, int]]
    form: Mapping[str, Mapping[str, Sequence[str]]]
    cast: tuple[Part, ...]
    events: tuple[Event, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those a learner may play."""
        return tuple(part for part in self.cast if part.goal)

    def part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)

    @property
    def sponsor(self) -> Part:
        """Who raises the flags."""
        return next(part for part in self.cast if part.role == "sponsor")

    def to_json(self) -> Json:
        """For the page on which one is chosen; the people's names come from the address book."""
        parts = [{"name": one.name, "userId": one.user, "goal": one.goal} for one in self.parts]
        return {
            "name": self.name, "title": self.title, "about": self.about, "orders": len(self.events),
            "people": len(self.cast), "limit": self.limit, "parts": parts,
        }  # fmt: skip


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name. Raises KeyError for a role or duty nobody described."""
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    duties = {
        name: Duty(
            name,
            row["title"],
            tuple(row["press"]),
            int(row["within"]),
            tuple(row.get("after", ())),
            int(row.get("patience", 0)),
        )
        for name, row in raw["duties"].items()
    }
    roles = {role: tuple(duties[name] for name in names) for role, names in raw["roles"].items()}
    return {name: _scenario(name, row, roles, raw["form"]) for name, row in raw["scenarios"].items()}


def _scenario(name: str, row: Json, roles: Mapping[str, tuple[Duty, ...]], form: Json) -> Scenario:
    goals = {part: str(told["goal"]) for part, told in row["learner"].items()}
    cast = tuple(Part(one, user, role, roles[role], goals.get(one, "")) for one, (user, role) in row["cast"].items())
    events = tuple(
        Event(number * float(row["every"]), one["title"], one["place"], one["matter"], tuple(one["units"]),
              row["kind"], row["reason"])
        for number, one in enumerate(row["events"])
    )  # fmt: skip
    low, high = row["pause"]
    return Scenario(
        name,
        row["title"],
        row["about"],
        int(row["limit"]),
        (float(low), float(high)),
        row["choose"],
        form,
        cast,
        events,
    )
