"""How near its deadline one leg is: the moments at which yellow, orange and red begin by warnings.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from core.deadlines import STEP, Limit, pace, plain_due
from core.policy import Policy
from core.policy.limits import LimitRule
from core.policy.watching import Level, Trigger
from core.worktime import NOTHING, Calendar, add_work_time, closing_date
from core.worktime import work_time_between as worked

NONE: Mapping[str, Any] = {}


@dataclass(slots=True)
class Leg:
    """Everything the watch looks at: the rows of case and leg, the rule, the calendar; never changed afterwards.

    What the limit gives and how much time it spans is asked of the calendar once.
    """

    policy: Policy
    calendar: Calendar
    rule: LimitRule
    case: Mapping[str, Any]
    leg: Mapping[str, Any]
    _given: timedelta | None = field(default=None, init=False, repr=False, compare=False)
    _total: timedelta | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def given(self) -> timedelta:
        """The time the limit gives, pauses not counted; a sub-unit has what the unit above it has left."""
        if self._given is None:
            leg, rule = self.leg, self.rule
            extended = leg["granted_days"] and rule.extend_limit
            granted = (Limit(leg["granted_days"], rule.extend_limit.unit),) if extended and rule.extend_limit else ()
            plain = plain_due(leg["clock_from"], rule.close, self.calendar, leg["hours"], granted)
            self._given = worked(leg["clock_from"], min(plain, leg["due_at"]), self.calendar, self.counted)
        return self._given

    @property
    def total(self) -> timedelta:
        """The open time from the start of the limit to its deadline."""
        if self._total is None:
            self._total = worked(self.leg["clock_from"], self.leg["due_at"], self.calendar, self.counted)
        return self._total

    @property
    def counted(self) -> str:
        """The hours its limit is counted in."""
        return pace(self.rule.close, self.leg["hours"])

    @property
    def watch(self) -> Mapping[str, Any]:
        return self.leg["watch"] or NONE

    @property
    def hurries(self) -> bool:
        """Urgent and critical cases wait for no morning (domain-rules §20)."""
        return self.case["urgency"] in self.policy.quiet.but


def marks(one: Leg) -> list[int | None]:
    """The second at which each level begins by itself, None for a level nothing leads to."""
    found = []
    for level in one.policy.warnings.levels:
        moments = [at for trigger in level.triggers if (at := _begins(one, trigger)) is not None]
        found.append(second(min(moments)) if moments else None)
    return found


def basis(one: Leg) -> list[Any]:
    """What the marks follow from; the calendar too, for a deadline that moved with it is another."""
    leg, case = one.leg, one.case
    return [
        second(leg["clock_from"]), second(leg["due_at"]), leg["granted_days"], leg["rule"],
        leg["contacted_at"] is not None, case["returns"], case["redos"], bool(case["sensitive"]),
    ]  # fmt: skip


def why_of(one: Leg, level: Level, now: datetime) -> str:
    """The line that makes the level, the latest to begin being the news."""
    begun = [(at, row.why) for row in level.triggers if (at := _begins(one, row)) is not None and at < now]
    return max(begun, default=(now, level.title))[1]


def _begins(one: Leg, trigger: Trigger) -> datetime | None:
    """The moment from which a line holds if nothing else happens; None when it cannot by time alone."""
    case, leg = one.case, one.leg
    if trigger.no_contact and leg["contacted_at"] is not None:
        return None
    if (
        case["returns"] < trigger.returns
        or case["redos"] < trigger.redos
        or (trigger.sensitive and not case["sensitive"])
    ):
        return None
    moments: list[datetime] = [leg["due_at"] if trigger.overdue else leg["clock_from"]]
    if trigger.used is not None:
        moments.append(_with_left(one, one.given * (1 - trigger.used)))
    if trigger.left is not None:
        moments.append(_with_left(one, _span(one, trigger.left)))
    return max(moments)


def _with_left(one: Leg, left: timedelta) -> datetime:
    """The moment at which so much is left of the running limit; its start when there never was more."""
    start = one.leg["clock_from"]
    return start if left >= one.total else add_work_time(start, one.total - left, one.calendar, one.counted)


def _span(one: Leg, limit: Limit) -> timedelta:
    """An amount of time left in the hours the leg is counted in: a working day is what its last day has."""
    if limit.unit in STEP:
        return STEP[limit.unit] * limit.amount
    spans = one.calendar.spans(closing_date(one.leg["due_at"]), one.counted)
    return sum((closes - opens for opens, closes in spans), NOTHING) * limit.amount


def second(at: datetime) -> int:
    return ceil(at.timestamp())
