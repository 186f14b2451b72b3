"""Deadlines: the working calendar, every unit of a limit, pauses and extensions."""

import time
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest

from core.deadlines import (
    Calendar,
    Day,
    Limit,
    Pause,
    add_work_time,
    capped,
    due,
    is_overdue,
    used_share,
    work_time_between,
    workdays_between,
)
from core.policy.workdays import read_calendar
from tests.core.moments import at, local

CALENDAR = read_calendar()
HOURS_6_5 = timedelta(hours=6, minutes=30)


def due_at(start: str, limit: str, *, hours: str = "default", calendar: Calendar = CALENDAR) -> str:
    return local(due(at(start), Limit.parse(limit), calendar, hours).at)[:16]


@pytest.mark.parametrize(
    "day",
    ["2026-02-14", "2026-02-28", "2026-10-10", "2025-01-26", "2025-02-08", "2025-04-27", "2025-10-11"],
)
def test_a_make_up_weekend_day_is_a_working_day(day: str) -> None:
    assert date.fromisoformat(day).weekday() >= 5
    assert CALENDAR.is_workday(date.fromisoformat(day))


def test_every_day_of_the_seeded_years_agrees_with_the_published_holidays() -> None:
    published = import_module("chinese_calendar")
    day = date(2024, 1, 1)
    while day.year < 2027:
        assert CALENDAR.is_workday(day) == published.is_workday(day), day
        day += timedelta(days=1)
    assert CALENDAR.published_years == {2024, 2025, 2026}


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2026-03-06 16:20", "1 workday", "2026-03-09 17:30"),  # Friday: Monday
        ("2026-03-06 23:59:59", "1 workday", "2026-03-09 17:30"),
        ("2026-03-07 10:00", "1 workday", "2026-03-09 17:30"),  # weekend: the first working day counts
        ("2026-03-09 00:00", "1 workday", "2026-03-10 17:30"),
        ("2026-02-13 09:00", "1 workday", "2026-02-14 17:30"),  # 调休 Saturday
        ("2026-02-13 09:00", "2 workdays", "2026-02-24 17:30"),  # then nine days of 春节
        ("2026-09-18 16:20", "15 workdays", "2026-10-15 17:30"),
        ("2024-02-28 09:00", "1 workday", "2024-02-29 17:30"),  # 29 February
        ("2024-02-29 23:59:59", "1 workday", "2024-03-01 17:30"),
        ("2026-03-09 11:50", "30 work_minutes", "2026-03-09 14:50"),  # across lunch
        ("2026-03-09 13:00", "30 work_minutes", "2026-03-09 15:00"),  # in lunch
        ("2026-03-09 12:00", "30 work_minutes", "2026-03-09 15:00"),
        ("2026-03-09 17:00", "30 work_minutes", "2026-03-09 17:30"),  # ends exactly at closing
        ("2026-03-09 17:20", "30 work_minutes", "2026-03-10 08:50"),
        ("2026-03-06 22:00", "30 work_minutes", "2026-03-09 09:00"),  # Friday night
        ("2026-03-07 10:00", "4 work_hours", "2026-03-09 15:00"),
        ("2026-02-14 16:30", "2 work_hours", "2026-02-24 09:30"),
        ("2026-03-07 21:30", "3 urgent_work_hours", "2026-03-08 10:30"),  # every day, 08:00 to 22:00
        ("2026-03-07 23:50", "30 minutes", "2026-03-08 00:20"),
        ("2026-03-07 23:50", "24 hours", "2026-03-08 23:50"),
        ("2026-03-07 23:50", "1 day", "2026-03-09 00:00"),  # 24:00 of the day after
    ],
)
def test_each_unit_counts_in_its_own_way(start: str, limit: str, expected: str) -> None:
    assert due_at(start, limit) == expected


def test_seconds_are_kept() -> None:
    assert local(due(at("2026-03-09 11:59:59"), Limit(1, "work_minutes"), CALENDAR).at) == "2026-03-09 14:30:59"


def test_a_unit_may_keep_other_hours() -> None:
    assert due_at("2026-07-01 09:00", "1 workday", hours="seasonal") == "2026-07-02 18:00"
    assert due_at("2026-11-04 09:00", "1 workday", hours="seasonal") == "2026-11-05 17:30"
    assert due_at("2026-03-07 23:50", "30 work_minutes", hours="duty") == "2026-03-08 00:20"
    assert due_at("2026-03-09 13:50", "30 work_minutes", hours="hall") == "2026-03-09 14:30"


def test_a_deadline_across_an_unpublished_new_year_is_marked() -> None:
    estimate = due(at("2026-12-30 10:00"), Limit(5, "workdays"), CALENDAR)
    assert local(estimate.at) == "2027-01-06 17:30:00"
    assert estimate.provisional
    assert estimate.note == "2027 年放假安排尚未公布，按周一至周五估算"
    known = CALENDAR.amended({date(2027, 1, 1): Day("holiday", "元旦")}, published=[2027])
    settled = due(at("2026-12-30 10:00"), Limit(5, "workdays"), known)
    assert local(settled.at) == "2027-01-07 17:30:00"
    assert not settled.provisional
    assert not settled.note


@pytest.mark.parametrize("limit", ["1 workday", "2 days", "48 hours", "30 urgent_work_hours"])
def test_what_does_not_read_an_unknown_calendar_is_not_marked(limit: str) -> None:
    assert not due(at("2026-12-30 10:00"), Limit.parse(limit), CALENDAR).provisional


def test_a_year_before_the_calendar_is_marked_as_not_entered() -> None:
    assert due(at("2023-05-08 10:00"), Limit(1, "workdays"), CALENDAR).note == "2023 年放假安排未录入，按周一至周五估算"


def test_a_typhoon_day_moves_the_deadline() -> None:
    typhoon = CALENDAR.amended({date(2026, 9, 8): Day("holiday", "台风停工")})
    assert due_at("2026-09-07 10:00", "1 workday") == "2026-09-08 17:30"
    assert due_at("2026-09-07 10:00", "1 workday", calendar=typhoon) == "2026-09-09 17:30"
    assert due_at("2026-09-07 17:00", "60 work_minutes", calendar=typhoon) == "2026-09-09 09:00"
    assert CALENDAR.is_workday(date(2026, 9, 8))


@pytest.mark.parametrize(
    ("limit", "pauses", "expected"),
    [
        ("5 workdays", [("2026-03-10 10:00", "2026-03-11 10:00")], "2026-03-17 17:30"),  # one working day's worth
        ("5 workdays", [("2026-03-10 10:00", "2026-03-10 12:00")], "2026-03-17 10:30"),
        ("5 workdays", [("2026-03-14 08:00", "2026-03-15 20:00")], "2026-03-16 17:30"),  # a weekend stops nothing
        ("5 workdays", [("2026-03-17 08:00", "2026-03-18 20:00")], "2026-03-16 17:30"),  # after the end
        ("4 work_hours", [("2026-03-09 10:00", "2026-03-09 11:00")], "2026-03-09 17:00"),
        (
            "4 work_hours",  # where two pauses overlap, the time is taken once
            [("2026-03-09 10:00", "2026-03-09 11:00"), ("2026-03-09 10:30", "2026-03-09 11:30")],
            "2026-03-09 17:30",
        ),
        ("2 hours", [("2026-03-09 10:00", "2026-03-10 10:00")], "2026-03-10 11:30"),  # natural time for natural units
        ("2 days", [("2026-03-10 10:00", "2026-03-10 16:00")], "2026-03-12 06:00"),
    ],
)  # fmt: skip
def test_a_pause_moves_the_deadline_by_the_counted_time_it_took(
    limit: str, pauses: list[tuple[str, str]], expected: str
) -> None:
    held = [Pause(at(start), at(end)) for start, end in pauses]
    assert local(due(at("2026-03-09 09:30"), Limit.parse(limit), CALENDAR, pauses=held).at)[:16] == expected


def test_an_open_pause_holds_the_clock_and_its_cap_ends_it() -> None:
    start, limit, pause = at("2026-03-09 09:30"), Limit(1, "workdays"), Pause(at("2026-03-10 09:30"), None, "等待材料")
    held = due(start, limit, CALENDAR, pauses=[pause])
    assert held.paused
    assert not is_overdue(at("2026-03-20 09:30"), held)
    ended = capped(pause, Limit(4, "work_hours"), CALENDAR)
    assert ended == Pause(at("2026-03-10 09:30"), at("2026-03-10 16:00"), "等待材料")
    late = due(start, limit, CALENDAR, pauses=[ended])
    assert local(late.at) == "2026-03-11 15:00:00"
    assert is_overdue(at("2026-03-11 15:00:01"), late)
    assert not is_overdue(late.at, late)


def test_an_extension_counts_on_from_the_deadline() -> None:
    start, longer = at("2026-03-09 09:30"), [Limit(10, "workdays")]
    whole = due(start, Limit(15, "workdays"), CALENDAR).at
    assert due(start, Limit(5, "workdays"), CALENDAR, extensions=longer).at == whole
    pause = Pause(whole - timedelta(hours=3), whole + timedelta(days=1))
    assert due(start, Limit(5, "workdays"), CALENDAR, pauses=[pause], extensions=longer).at > whole + timedelta(days=1)
    months = due(start, Limit(60, "days"), CALENDAR, extensions=[Limit(30, "days")])
    assert months.at == due(start, Limit(90, "days"), CALENDAR).at
    assert months.day == date(2026, 6, 7)


@pytest.mark.parametrize(
    "text", ["5", "five workdays", "5 fortnights", "0 workdays", "-1 days", "5workdays", "99999 days"]
)
def test_a_limit_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|unit"):
        Limit.parse(text)


def test_counting_between_moments() -> None:
    assert workdays_between(date(2026, 2, 13), date(2026, 2, 28), CALENDAR) == 6
    assert workdays_between(at("2026-03-06 16:00"), at("2026-03-09 08:00"), CALENDAR) == 1
    assert workdays_between(date(2026, 3, 9), date(2026, 3, 6), CALENDAR) == 0
    assert work_time_between(at("2026-03-06 16:00"), at("2026-03-09 09:00"), CALENDAR) == timedelta(hours=2)
    assert work_time_between(at("2026-03-09 09:00"), at("2026-03-06 16:00"), CALENDAR) == timedelta()
    assert add_work_time(at("2026-03-06 16:30"), HOURS_6_5, CALENDAR) == at("2026-03-09 16:30")


def test_the_used_share_ignores_nights_and_pauses() -> None:
    start, end = at("2026-03-09 08:30"), at("2026-03-10 17:30")
    assert used_share(start, end, at("2026-03-10 02:00"), CALENDAR) == 0.5
    assert used_share(start, end, end + timedelta(days=1), CALENDAR) == 1.5
    assert used_share(start, end, start - timedelta(days=1), CALENDAR) == 0.0
    assert used_share(start, end, at("2026-03-20 09:00"), CALENDAR, pauses=[Pause(at("2026-03-09 17:30"))]) == 0.5
    assert used_share(end, end, end, CALENDAR) == 1.0


def test_what_cannot_be_counted_says_so() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(datetime(2026, 3, 9, 10), Limit(1, "workdays"), CALENDAR)
    with pytest.raises(ValueError, match="'night'"):
        due(at("2026-03-09 10:00"), Limit(1, "workdays"), CALENDAR, "night")


def test_a_deadline_is_quick_to_compute() -> None:
    start, limit = at("2026-09-18 16:20"), Limit(15, "workdays")
    runs = []
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(200):
            due(start, limit, CALENDAR)
        runs.append((time.perf_counter() - begun) / 200)
    assert min(runs) < 0.0005
