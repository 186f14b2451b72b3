"""The rows of a plan that came or changed within a stretch of time, in the order in which they did."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from . import dice, numbers
from .dice import bell, choice, seed_of, throw
from .numbers import SHANGHAI, Moment, Seeds
from .plan import Plan, seconds
from .shapes import Place, at_date, curve, likely, places, towns, weights

Row = dict[str, Any]
Changed = tuple[datetime, Row]
FARTHEST = math.exp(2.5)
WARNED_S, STEPS_FILLING = 3600, 4
"""How long before a shared event what is told `during` it may already say so; how often a filling row is told again."""


def changed(plan: Plan, since: datetime, until: datetime) -> list[Changed]:
    """What changed after `since` up to `until`, with the moment it did; each row as it stood at `until`."""
    if since >= until:
        return []
    found = _series(plan, since, until) if plan.happen is None else _happenings(plan, since, until)
    return sorted(found, key=lambda pair: pair[0])


def _series(plan: Plan, since: datetime, until: datetime) -> Iterator[Changed]:
    pace = plan.step * 6.0 if not plan.months else 90 * 86400.0
    subjects = [(one, seed_of(plan.name, *(v for v in one.values()))) for one in plan.each]
    for at in _steps(plan, since - plan.lag, until - plan.lag):
        when = Moment.of(at)
        for one, subject in subjects:
            yield at + plan.lag, _Maker(plan, when, until, subject, int(when.at), pace).row(one)


def _steps(plan: Plan, since: datetime, until: datetime) -> Iterator[datetime]:
    day = since.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    if plan.months:
        month = (day.year * 12 + day.month - 1) // plan.months * plan.months
        while (at := datetime(month // 12, month % 12 + 1, 1, tzinfo=SHANGHAI)) <= until:
            if at > since:
                yield at
            month += plan.months
        return
    step = timedelta(seconds=plan.step)
    at = day + step * math.ceil((since - day) / step) if plan.step <= 86400 else day
    while at <= until:
        if at > since:
            yield at
        at += step


def _happenings(plan: Plan, since: datetime, until: datetime) -> Iterator[Changed]:
    first = (since - timedelta(seconds=_longest(plan))).astimezone(SHANGHAI)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight <= until:
        for index, at in enumerate(_moments(plan, midnight), 1):
            if at > until:
                break
            maker = _Maker(plan, Moment.of(at), until, seed_of(plan.name, int(at.timestamp()), index), index, 0.0)
            moved = max((one for one in (at, *maker.turns()) if one <= until), default=at)
            if moved > since:
                yield moved, maker.row({})
        midnight += timedelta(days=1)


def _moments(plan: Plan, midnight: datetime) -> list[datetime]:
    """When things happen within one day."""
    rule, day = plan.happen, midnight.toordinal()
    assert rule is not None
    hours = [Moment.of(midnight + timedelta(hours=hour)) for hour in range(24)]
    calm = {name: value for name, value in rule.items() if name != "day"}
    shape = curve("day", rule["day"]) if "day" in rule else (1.0,) * 24
    odds = [one * numbers.event(rule.get("event"), plan.seed, hour) for one, hour in zip(shape, hours, strict=True)]
    mean = rule["a_day"] / 24 * sum(odds) * numbers.shape(calm, hours[12])
    mean *= 1 + 0.08 * dice.wave(plan.seed, midnight.timestamp() / numbers.DRIFT_S)
    upto = list(accumulate(odds))
    found = []
    for one in range(dice.count(plan.seed, mean, day)):
        place = throw(plan.seed, day, one + 7) * upto[-1]
        hour = min(bisect(upto, place), 23)
        found.append(midnight + timedelta(hours=hour, seconds=int(3600 * throw(plan.seed, day, one, 5))))
    if "with" in rule:
        here = [one for one in numbers.spells(rule["with"], hours[0]) if 0 <= one.began - hours[0].at < numbers.DAY_S]
        found += [midnight + timedelta(seconds=int(one.began - hours[0].at)) for one in here]
    return sorted(found)


def _longest(plan: Plan) -> float:
    """How long after it happened a row may still change, in seconds."""
    longest = 0.0
    for rule in plan.fills.values():
        if isinstance(rule, dict) and "stages" in rule:
            last = max(seconds(age) for age in rule["stages"].values())
            longest = max(longest, last * FARTHEST ** rule.get("spread", 0.6))
        if isinstance(rule, dict) and "limit" in rule:
            longest = max(longest, seconds(rule["limit"]))
    return longest + 3600


class _Maker:
    """Makes one row, column by column."""

    def __init__(self, plan: Plan, when: Moment, until: datetime, subject: int, lot: int, pace: float) -> None:
        self._plan, self._when, self._until, self._subject = plan, when, until, subject
        self._lot, self._pace = lot, pace
        self._known: Row = {}
        self._place: Place | None = None

    def turns(self) -> Iterator[datetime]:
        """The moments at which the row changes or changed, after it happened."""
        for column, rule in self._plan.fills.items():
            if isinstance(rule, dict) and "stages" in rule:
                yield from (turn for _, turn in self._turning(rule, seed_of(self._subject, column)))
            if isinstance(rule, dict) and "fills" in rule:
                full = self._full(rule) - self._when.local
                yield from (self._when.local + full * part / STEPS_FILLING for part in range(1, STEPS_FILLING))
            if isinstance(rule, dict) and "limit" in rule:
                yield self._when.local + timedelta(seconds=seconds(rule["limit"]))

    def row(self, one: Mapping[str, Any]) -> Row:
        plan = self._plan
        self._known = {**one, plan.time: self._when.local.isoformat()}
        if plan.spot:
            self._place = one.get("spot") or self._somewhere()
        for column, rule in plan.fills.items():
            self._known[column] = self._value(column, rule)
        return {column: self._known.get(column) for column in plan.columns}

    def _somewhere(self) -> Place:
        assert self._plan.happen is not None
        odds = likely(self._plan.spot, self._plan.happen.get("weigh", "people"))
        name = choice(odds, throw(self._subject, 11))
        return next(one for one in places(self._plan.spot) if one.name == name)

    def _value(self, column: str, rule: Any) -> Any:
        return self._ruled(rule, seed_of(self._subject, column))

    def _ruled(self, rule: Any, own: int) -> Any:
        if isinstance(rule, list):
            return rule[int(throw(own, self._window(None)) * len(rule))]
        if not isinstance(rule, dict):
            return rule
        if "level" in rule or "of" in rule:
            seeds = Seeds(own, self._subject, self._plan.seed, seed_of(own, self._lot))
            value = numbers.number(rule, self._known, seeds, self._when, self._pace)
            return self._filled(value, rule) if "fills" in rule else value
        form = next(iter(rule))
        answer: Any = getattr(self, f"_{form}")(rule, own)
        return answer

    def _window(self, holds: str | None) -> int:
        return int(self._when.at) // seconds(holds) if holds else int(self._when.at)

    def _full(self, rule: Mapping[str, Any]) -> datetime:
        """When what fills a row is all there: as the column it goes with leaves its first stage."""
        stages = self._plan.fills[rule["fills"]]
        return self._turning(stages, seed_of(self._subject, rule["fills"]))[1][1]

    def _filled(self, value: float | None, rule: Mapping[str, Any]) -> float | None:
        full = (self._full(rule) - self._when.local).total_seconds()
        part = min(1.0, (self._until - self._when.local).total_seconds() / full)
        return value if value is None or part >= 1 else int(value * part)

    def _pick(self, rule: Mapping[str, Any], own: int) -> str:
        seasons, shores = rule.get("year", {}), rule.get("town", {})
        odds = {
            word: weight
            * (at_date(seasons[word], self._when.local) if word in seasons else 1.0)
            * (weights(shores[word])[self._known["town"]] if word in shores else 1.0)
            for word, weight in rule["pick"].items()
        }
        told = {word: weight for word, weight in odds.items() if weight} or odds
        return choice(told, throw(own, self._window(rule.get("holds"))))

    def _during(self, rule: Mapping[str, Any], own: int) -> Any:
        ahead, first, last = 1, self._when.at, self._when.at + WARNED_S
        if "date" in rule:
            ahead = self._known[rule["date"]] + 1
            day = self._when.local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead - 1)
            first, last = day.timestamp(), (day + timedelta(days=1)).timestamp() - 1
        found = numbers.spells(rule["during"], self._when, ahead)
        strong = [one.strength for one in found if one.began <= last and first < one.began + one.lasts]
        if not strong:
            return self._ruled(rule["else"], own)
        return self._reached(max(strong), rule["steps"]) if "steps" in rule else self._ruled(rule["is"], own)

    def _match(self, rule: Mapping[str, Any], own: int) -> Any:
        return rule["as"].get(self._known[rule["match"]])

    def _grade(self, rule: Mapping[str, Any], own: int) -> str:
        value = self._known[rule["grade"]]
        return self._reached(value / (self._known[rule["per"]] or 1) if "per" in rule else value, rule["steps"])

    @staticmethod
    def _reached(value: float, steps: dict[str, float]) -> str:
        """The last of the steps that a number is up to."""
        return next(word for word, least in reversed(steps.items()) if value >= least)

    def _number(self, rule: Mapping[str, Any], own: int) -> str:
        return f"{rule['number']}{self._when.local:%Y%m%d}{self._lot:04}"

    def _say(self, rule: Mapping[str, Any], own: int) -> str:
        return str(rule["say"]).format(**self._known)

    def _spot(self, rule: Mapping[str, Any], own: int) -> Any:
        what, place = rule["spot"], self._place
        if place is None:
            return towns()[self._known["town"]][what == "lat"]
        if what in ("name", "town"):
            return getattr(place, what)
        aside = 0.003 * bell(own) if self._plan.happen is not None else 0.0
        return round(getattr(place, what) + aside, 5)

    def _after(self, rule: Mapping[str, Any], own: int) -> str:
        span = seconds(rule["after"]) * math.exp(rule.get("spread", 0.4) * bell(own))
        return (self._when.local + timedelta(seconds=int(span))).isoformat()

    def _stages(self, rule: Mapping[str, Any], own: int) -> str:
        past = [name for name, turn in self._turning(rule, own) if turn <= self._until]
        return choice(rule["ends"], throw(own, 3)) if past[-1] == "end" else past[-1]

    def _turning(self, rule: Mapping[str, Any], own: int) -> list[tuple[str, datetime]]:
        """Each stage with the moment it begins."""
        pace = math.exp(rule.get("spread", 0.6) * bell(own))
        return [
            (name, self._when.local + timedelta(seconds=int(seconds(age) * pace)))
            for name, age in rule["stages"].items()
        ]

    def _limit(self, rule: Mapping[str, Any], own: int) -> str:
        line, *ends = self._when.local + timedelta(seconds=seconds(rule["limit"])), self._when.local
        for column, other in self._plan.fills.items():
            if isinstance(other, dict) and "stages" in other:
                ends.append(self._turning(other, seed_of(self._subject, column))[-1][1])
        in_time, late = rule["words"]
        return str(late if max(ends) > line and line <= self._until else in_time)
