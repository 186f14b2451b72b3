"""The clocks of a leg: which limits it runs under and when each of them ends. Pure, so a correction re-derives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.deadlines import Deadline, Limit, Pause, capped, due
from core.explain import explain
from core.policy.limits import LimitRule
from core.worktime import Calendar, work_time_between


@dataclass(frozen=True, slots=True)
class LegClocks:
    """Every deadline of one leg (domain-rules §4): sign by, contact by, return until, close by; aware UTC."""

    receive: datetime
    contact: datetime
    return_until: datetime
    close: Deadline


def start_clocks(rule: LimitRule, start: datetime, calendar: Calendar, hours: str) -> LegClocks:
    """The clocks of a leg sent at `start` under `rule`."""
    return LegClocks(
        receive=due(start, rule.receive, calendar, hours).at,
        contact=due(start, rule.contact, calendar, hours).at,
        return_until=due(start, rule.return_window, calendar, hours).at,
        close=due(start, rule.close, calendar, hours),
    )


def closing_deadline(leg: Mapping[str, Any], rule: LimitRule, calendar: Calendar, pauses: Sequence[Pause]) -> Deadline:
    """When a leg is due now: its limit from `clock_from`, the days granted, and the pauses as far as their cap."""
    return due(
        leg["clock_from"], rule.close, calendar, leg["hours"], _held(leg, rule, calendar, pauses), _granted(leg, rule)
    )


def explained(leg: Mapping[str, Any], rule: LimitRule, calendar: Calendar, pauses: Sequence[Pause]) -> tuple[str, ...]:
    """How the deadline of a leg comes about, line by line."""
    held = _held(leg, rule, calendar, pauses)
    cited = rule.cite("close")
    return explain(leg["clock_from"], rule.close, calendar, leg["hours"], held, cited, _granted(leg, rule))


def _held(leg: Mapping[str, Any], rule: LimitRule, calendar: Calendar, pauses: Sequence[Pause]) -> list[Pause]:
    return [capped(pause, rule.pause_cap, calendar, leg["hours"]) for pause in pauses]


def _granted(leg: Mapping[str, Any], rule: LimitRule) -> tuple[Limit, ...]:
    if not leg["granted_days"] or rule.extend_limit is None:
        return ()
    return (Limit(leg["granted_days"], rule.extend_limit.unit),)


def pauses_of(rows: Sequence[tuple[str, datetime, str]], since: datetime) -> list[Pause]:
    """The pauses of a leg from its (event, moment, reason) rows in order, those that began since `since`."""
    found: list[Pause] = []
    for name, at, reason in rows:
        if name == "paused" and at >= since:
            found.append(Pause(at, None, reason))
        elif name == "resumed" and found and found[-1].end is None:
            found[-1] = Pause(found[-1].start, at, found[-1].reason)
    return found


def pause_is_left(leg: Mapping[str, Any], rule: LimitRule, calendar: Calendar, pauses: Sequence[Pause]) -> bool:
    """Whether the cap on pauses leaves anything: the paused working time so far against the cap of the rule."""
    cap = rule.pause_cap
    if not cap.amount or not pauses:
        return bool(cap.amount)
    first = min(pause.start for pause in pauses)
    allowed = work_time_between(first, due(first, cap, calendar, leg["hours"]).at, calendar, leg["hours"])
    used = sum(
        (work_time_between(p.start, p.end, calendar, leg["hours"]) for p in pauses if p.end is not None), timedelta()
    )
    return used < allowed
