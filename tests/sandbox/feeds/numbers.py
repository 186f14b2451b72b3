"""One believable number at one moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .dice import throw, wave
from .plan import seconds
from .shapes import at_date, at_hour, curve, shared_events, weights

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2026, 1, 1, tzinfo=SHANGHAI).timestamp()
DAY_S = 86400
YEAR_S, DRIFT_S = 365.25 * DAY_S, 9 * DAY_S
FEW = 30


@dataclass(frozen=True, slots=True)
class Moment:
    """When: once as seconds, once as the wall clock of Shanghai."""

    at: float
    local: datetime

    @classmethod
    def of(cls, moment: datetime) -> Moment:
        return cls(moment.timestamp(), moment.astimezone(SHANGHAI))


@dataclass(frozen=True, slots=True)
class Seeds:
    """`own` of this number; `subject` and `everyone` of what these suffer together; `lot` of the row."""

    own: int
    subject: int
    everyone: int
    lot: int


def shape(rule: Mapping[str, Any], when: Moment) -> float:
    """The factor of the day, the week and the year."""
    factor = 1.0
    if "day" in rule:
        factor *= 1 + rule.get("soft", 1.0) * (at_hour(rule["day"], when.local) - 1)
    if "week" in rule:
        factor *= curve("week", rule["week"])[when.local.weekday()]
    if "year" in rule:
        factor *= at_date(rule["year"], when.local)
    return factor


@dataclass(frozen=True, slots=True)
class Spell:
    """One time something happened: from when, for how many seconds, and how strong beside its usual self."""

    began: float
    lasts: float
    strength: float


def event(rule: Mapping[str, Any] | None, shared: int, when: Moment, daily: bool = False) -> float:
    """The factor of something that happens now and then: it rises quickly and wears off.

    `daily`: the number tells of a whole day, so that what is like a shared event has all of the spell that began on it.
    """
    if rule is None:
        return 1.0
    factor, like = 1.0, rule.get("like")
    for spell in spells(like, when) if like else _spells(rule, shared, when):
        age = (when.at - spell.began) / spell.lasts
        height = min(1.0, age / 0.2, (1 - age) / 0.35) if 0 <= age < 1 else 0.0
        if like and daily:
            height = float(0 <= spell.began - when.at < DAY_S)
        if height:
            factor = 1 + (rule["times"] - 1) * (spell.strength if like else 1.0) * height
    return factor


def spells(name: str, when: Moment, ahead: int = 0) -> list[Spell]:
    """The spells of a shared event that may last at a moment, or begin up to so many days later."""
    rule, seed = shared_events()[name]
    return _spells(rule, seed, when, ahead)


def _spells(rule: Mapping[str, Any], shared: int, when: Moment, ahead: int = 0) -> list[Spell]:
    lasts, found = seconds(rule["lasts"]), []
    midnight = when.local.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(-ahead, 1 + math.ceil(lasts / DAY_S)):
        day = midnight - timedelta(days=back)
        number = day.toordinal()
        season = at_date(rule["year"], day) if "year" in rule else 1.0
        if throw(shared, number, 1) >= rule["a_month"] / 30 * season:
            continue
        began = day.timestamp() + DAY_S * throw(shared, number, 2)
        strength = 0.5 + 2 * throw(shared, number, 4) ** 2
        found.append(Spell(began, lasts * (0.7 + 0.6 * throw(shared, number, 3)), strength))
    return found


def weight(by: Any, row: Mapping[str, Any]) -> float:
    """How much more or less it is for what the row is about."""
    if by is None:
        return 1.0
    table = {by: "people"} if isinstance(by, str) else by
    factor = 1.0
    for column, told in table.items():
        values = weights(told) if isinstance(told, str) else told
        factor *= values.get(row[column], 1.0)
    return factor


def number(
    rule: Mapping[str, Any], row: Mapping[str, Any], seeds: Seeds, when: Moment, pace: float
) -> float | int | None:
    """The number of a rule; `pace`: seconds in which noise turns, 0 where rows have nothing to do with each other."""
    base = rule["level"] if "level" in rule else row.get(rule["of"])
    if base is None:
        return None
    per = row[rule["per"]] if "per" in rule else 1.0
    value = base / per * rule.get("times", 1.0) * shape(rule, when) * weight(rule.get("by"), row)
    value *= (1 + rule.get("grow", 0.0)) ** ((when.at - BEGAN) / YEAR_S)
    noise, happens = rule.get("noise", 0.1), rule.get("event")
    derived = "of" in rule and "times" in rule
    value *= 1 + rule.get("drift", 0.0 if derived else 0.06) * wave(seeds.own, when.at / DRIFT_S)
    slow = wave(seeds.own + 1, when.at / pace) if pace else 0.0
    quick = 2 * throw(seeds.lot, 1) - 1
    value *= 1 + noise * (0.6 * slow + 0.4 * quick if pace else quick)
    value *= event(
        happens, seeds.everyone if happens and happens.get("all") else seeds.subject, when, pace >= 6 * DAY_S
    )
    most = min(rule.get("most", math.inf), base if derived and rule["times"] <= 1 else math.inf)
    value = min(max(value, rule.get("least", 0)), most)
    return _rounded(value, rule.get("decimals", 0), most, throw(seeds.lot, 2) if noise else 0.5)


def _rounded(value: float, decimals: int, most: float, lot: float) -> float | int:
    if decimals:
        return round(value, decimals)
    whole = math.floor(value + lot) if value < FEW else round(value)
    return int(min(whole, math.floor(most)) if most < math.inf else whole)
