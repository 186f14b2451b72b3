"""Deadlines against a model: whatever the start, the limit and the pauses, the same laws hold."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module

from hypothesis import given, settings
from hypothesis import strategies as st

from core.deadlines import UNITS, Limit, Pause, due
from core.policy.workdays import read_calendar
from tests.core.moments import at

CALENDAR = read_calendar()
is_workday = cache(import_module("chinese_calendar").is_workday)
MOMENTS = st.integers(0, 345 * 24 * 60 - 1).map(lambda minute: at("2026-01-01 00:00") + timedelta(minutes=minute))
LIMITS = st.builds(Limit, st.integers(1, 60), st.sampled_from(sorted(UNITS)))
GAPS = st.lists(st.tuples(MOMENTS, st.integers(1, 3000)), max_size=3)


@given(MOMENTS, MOMENTS, LIMITS)
def test_a_later_start_is_never_due_earlier(one: datetime, other: datetime, limit: Limit) -> None:
    first, second = sorted((one, other))
    assert first <= due(first, limit, CALENDAR).at <= due(second, limit, CALENDAR).at


@given(MOMENTS, LIMITS, GAPS)
def test_more_time_or_a_pause_is_never_due_earlier(
    start: datetime, limit: Limit, gaps: list[tuple[datetime, int]]
) -> None:
    pauses = [Pause(begin, begin + timedelta(minutes=length)) for begin, length in gaps]
    plain, held = due(start, limit, CALENDAR), due(start, limit, CALENDAR, pauses=pauses)
    assert plain.at < due(start, Limit(limit.amount + 1, limit.unit), CALENDAR).at
    assert plain.at <= held.at
    assert plain.at.tzinfo is held.at.tzinfo is UTC


def counts(minute: datetime, pauses: list[Pause]) -> bool:
    """The same law told as naively as possible: is this one minute counted?"""
    clock = (minute.hour, minute.minute)
    inside = (8, 30) <= clock < (12, 0) or (14, 30) <= clock < (17, 30)
    held = any(pause.start <= minute < pause.end for pause in pauses if pause.end)
    return inside and not held and bool(is_workday(minute.date()))


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(1, 12), st.sampled_from(["work_minutes", "work_hours"]), st.booleans(), st.integers(1, 900))
def test_counting_minute_by_minute_agrees(start: datetime, amount: int, unit: str, paused: bool, length: int) -> None:
    pauses = [Pause(start + timedelta(minutes=7), start + timedelta(minutes=7 + length))] if paused else []
    left, minute = amount * (60 if unit == "work_hours" else 5), start
    limit = Limit(amount, unit) if unit == "work_hours" else Limit(amount * 5, unit)
    while left:
        left -= counts(minute, pauses)
        minute += timedelta(minutes=1)
    assert due(start, limit, CALENDAR, pauses=pauses).at == minute
