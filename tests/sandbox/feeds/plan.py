"""The `demo:` part of a dataset, read: which rows, and what is in each column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from core.policy import read as policy

from .dice import seed_of
from .shapes import places, shared_events, towns

TOPICS = Path(__file__).parents[3] / "core" / "policy" / "topics"
UNITS = {"m": 60, "h": 3600, "d": 86400}
MONTHS = {"month": 1, "quarter": 3}
WORDS = ("step", "lag", "back", "each", "happen", "spot")
SHAPED = frozenset(
    {"day", "week", "year", "soft", "by", "grow", "drift", "noise", "event", "least", "most", "decimals", "fills"}
)
FORMS: Mapping[str, frozenset[str]] = {
    "level": SHAPED, "of": SHAPED | {"times", "per"}, "match": frozenset({"as"}),
    "pick": frozenset({"holds", "year", "town"}),
    "grade": frozenset({"steps", "per"}), "during": frozenset({"is", "steps", "else", "date"}),
    "stages": frozenset({"spread", "ends"}), "limit": frozenset({"words"}),
    "after": frozenset({"spread"}),
    "number": frozenset(), "spot": frozenset(), "say": frozenset(),
}  # fmt: skip
"""Each form's first word and the words it may bring along."""
EVENT = {"a_month", "times", "lasts", "all", "like"}
HAPPEN = {"a_day", "day", "week", "year", "event", "weigh", "with"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stand-in makes the rows of one dataset. `months` is 0 unless the step is a month or a quarter."""

    topic: str
    dataset: str
    seed: int
    time: str
    columns: tuple[str, ...]
    fills: Mapping[str, Any]
    each: tuple[Mapping[str, Any], ...]
    happen: Mapping[str, Any] | None
    spot: tuple[str, ...]
    step: int
    months: int
    lag: timedelta
    keep: timedelta
    back: timedelta | None

    @property
    def name(self) -> str:
        return f"{self.topic}.{self.dataset}"

    def stretch(self, rows: int) -> timedelta:
        """Over how long about so many rows come or change, at most."""
        if self.months:
            return self.keep
        a_day = len(self.each) * 86400 / self.step if self.happen is None else self.happen["a_day"] * 2
        return timedelta(days=rows / a_day)

    @property
    def history(self) -> timedelta:
        """How far back the source holds what it sent; what comes often it does not keep long, unless told to."""
        if self.back is not None:
            return min(self.keep, self.back)
        if self.months:
            return self.keep - self.lag - timedelta(days=31)
        if self.happen is not None:
            usual = 35 if self.happen["a_day"] >= 5 else 400
        else:
            usual = 2 if self.step < 3600 else 8 if self.step < 86400 else 60
        return min(self.keep, timedelta(days=usual))


@cache
def seconds(text: str) -> int:
    """`20m`, `3h`, `2d` in seconds.

    Raises:
        ValueError: it is written otherwise.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", str(text))
    if found is None:
        raise ValueError(f"a length of time is written 20m, 3h or 2d, not {text!r}")
    return round(float(found[1]) * UNITS[found[2]])


@cache
def plans() -> dict[str, Plan]:
    """Every dataset's plan by `topic.dataset`.

    Raises:
        ValueError: a demo part says something the grammar does not know.
    """
    found = {}
    for path in sorted(TOPICS.glob("*.yaml")):
        topic = policy(str(path))
        for table in topic.get("datasets") or ():
            if "demo" in table:
                found[f"{topic['name']}.{table['name']}"] = read(topic["name"], table)
    return found


def read(topic: str, table: Mapping[str, Any]) -> Plan:
    """One dataset's plan.

    Raises:
        ValueError: see `plans`.
    """
    demo, columns = table["demo"], tuple(table["columns"])
    where = f"{topic}.{table['name']}"
    spot, step = tuple(demo.get("spot", ())), demo.get("step") or table["every"]
    each = _each(demo.get("each", [{}]), spot)
    fills = {column: rule for column, rule in demo.items() if column not in WORDS}
    if strange := fills.keys() - set(columns):
        raise ValueError(f"{where}: no such columns {sorted(strange)}")
    if "happen" in demo and ("each" in demo or "step" in demo or demo["happen"].keys() - HAPPEN):
        raise ValueError(f"{where}: happenings come by themselves: {demo['happen']}")
    for column, rule in fills.items():
        _checked(f"{where}.{column}", rule)
        if isinstance(rule, dict) and "fills" in rule and "stages" not in fills.get(rule["fills"], ()):
            raise ValueError(f"{where}.{column}: {rule['fills']} has no stages to fill by")
    months = MONTHS.get(step, 0)
    step = 0 if "happen" in demo else step
    span = step if isinstance(step, int) else 0 if months else seconds(step)
    return Plan(
        topic, table["name"], seed_of(where), table["time"], columns, fills, each, demo.get("happen"), spot, span,
        months, timedelta(seconds=seconds(demo.get("lag", "0m"))), timedelta(days=table["keep"]),
        timedelta(seconds=seconds(demo["back"])) if "back" in demo else None,
    )  # fmt: skip


def _each(told: Any, spot: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
    if told == "spots":
        return tuple({"spot": one} for one in places(spot))
    if isinstance(told, list):
        return tuple(told)
    (column, values), *more = told.items()
    if more:
        raise ValueError(f"each takes one column, or a list of rows: {told}")
    if values == "towns":
        return tuple({column: town} for town in towns())
    return tuple({column: value} for value in values)


def _checked(where: str, rule: Any) -> None:
    """Is this a form the grammar knows?"""
    if not isinstance(rule, dict):
        return
    form = next(iter(rule))
    if form not in FORMS or rule.keys() - FORMS[form] - {form}:
        raise ValueError(f"{where}: the grammar knows no {rule}")
    event = rule.get("event", {})
    if event.keys() - EVENT:
        raise ValueError(f"{where}: an event has {sorted(EVENT)}")
    for name in (event.get("like"), rule.get("during")):
        if name and name not in shared_events():
            raise ValueError(f"{where}: {name} is no shared event")
    for part in ("is", "else"):
        _checked(where, rule.get(part))
