"""Reads policy/calendar.yaml into a frozen Calendar; as a command, prints the rows of a newly published year."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from core.worktime import ONE_DAY, Calendar, Day, OfficeHours, Season, Span

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Of the two that load plain values only the one written in C where there is one; a start reads many of these."""
CALENDAR_FILE = Path(__file__).with_name("calendar.yaml")
REQUIRED_HOURS = ("default", "urgent", "duty")
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


def load_yaml(path: Path) -> Any:
    """What a policy file holds; ValueError names the file when it is not readable."""
    try:
        return yaml.load(path.read_text("utf-8"), LOADER)
    except yaml.YAMLError as fault:
        raise ValueError(f"{path.name}: not readable as YAML: {fault}") from fault


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The table in a policy file; ValueError names the file when it holds no table."""
    table = load_yaml(path)
    if not isinstance(table, dict):
        raise ValueError(f"{path.name}: expected a table of columns")
    return table


def read_calendar(path: Path = CALENDAR_FILE) -> Calendar:
    """The seeded calendar of the product."""
    return load_calendar(read_yaml(path), path.name)


def load_calendar(table: Mapping[str, Any], source: str = "calendar.yaml") -> Calendar:
    """Check and freeze a calendar table; ValueError names file, row and column of the first thing wrong."""
    check_columns(table, {"hours", "years"}, {"hours", "years"}, source)
    hours = {name: _office(row, f"{source} hours {name}") for name, row in _rows(table["hours"], f"{source} hours")}
    for name in REQUIRED_HOURS:
        if name not in hours:
            raise ValueError(f"{source} hours: the preset {name!r} is missing")
    days: dict[date, Day] = {}
    years = dict(_rows(table["years"], f"{source} years"))
    for year, rows in years.items():
        where = f"{source} years {year}"
        if not isinstance(year, int) or not isinstance(rows, list):
            raise ValueError(f"{where}: expected a year with a list of holidays")
        for number, row in enumerate(rows, 1):
            for day, entry in _holiday(row, year, f"{where} row {number}"):
                if day in days:
                    raise ValueError(f"{where} row {number}: {day} is already {days[day].kind} {days[day].name}")
                days[day] = entry
    return Calendar(days=days, published_years=frozenset(years), hours=hours)


def check_columns(row: object, known: set[str], needed: set[str], where: str) -> None:
    """Refuse a row that lacks a needed column or has one nobody knows."""
    if not isinstance(row, Mapping):
        raise ValueError(f"{where}: expected columns, not {row!r}")
    for column in row:
        if column not in known:
            raise ValueError(f"{where} column {column}: unknown; known: {', '.join(sorted(known))}")
    for column in sorted(needed - set(row)):
        raise ValueError(f"{where} column {column}: missing")


def a_date(value: object, where: str) -> date:
    """A plain date as YAML reads 2026-02-14."""
    if type(value) is not date:
        raise ValueError(f"{where}: expected a date like 2026-02-14, not {value!r}")
    return value


def _rows(table: object, where: str) -> Iterator[tuple[Any, Any]]:
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: expected named rows")
    yield from table.items()


def _holiday(row: Any, year: int, where: str) -> Iterator[tuple[date, Day]]:
    check_columns(row, {"name", "from", "to", "make_up"}, {"name", "from", "to"}, where)
    first, last = a_date(row["from"], f"{where} column from"), a_date(row["to"], f"{where} column to")
    if first > last or first.year != year:
        raise ValueError(f"{where} column from: {first} to {last} is no range within {year}")
    for ahead in range((last - first).days + 1):
        yield first + ONE_DAY * ahead, Day("holiday", str(row["name"]))
    for value in row.get("make_up", ()):
        day = a_date(value, f"{where} column make_up")
        if day.weekday() < 5:
            raise ValueError(f"{where} column make_up: {day} is not a weekend day")
        yield day, Day("workday", str(row["name"]))


def _office(row: Any, where: str) -> OfficeHours:
    check_columns(row, {"title", "spans", "every_day", "seasons"}, {"title", "spans"}, where)
    every_day = row.get("every_day", False)
    if not isinstance(every_day, bool):
        raise ValueError(f"{where} column every_day: expected true or false, not {every_day!r}")
    seasons = tuple(_season(each, f"{where} season {number}") for number, each in enumerate(row.get("seasons", ()), 1))
    return OfficeHours(str(row["title"]), _spans(row["spans"], f"{where} column spans"), every_day, seasons)


def _season(row: Any, where: str) -> Season:
    check_columns(row, {"title", "from", "to", "spans"}, {"title", "from", "to", "spans"}, where)
    first, last = (_month_day(row[column], f"{where} column {column}") for column in ("from", "to"))
    return Season(str(row["title"]), first, last, _spans(row["spans"], f"{where} column spans"))


def _month_day(value: object, where: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2024-{value}")
    except ValueError:
        raise ValueError(f'{where}: expected a day like "05-01", not {value!r}') from None
    return day.month, day.day


def _spans(values: object, where: str) -> tuple[Span, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise ValueError(f'{where}: expected at least one span like "08:30-12:00"')
    spans = tuple(_span(value, where) for value in values)
    if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
        raise ValueError(f"{where}: spans overlap or are out of order")
    return spans


def _span(value: object, where: str) -> Span:
    match = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", str(value))
    if match is None:
        raise ValueError(f'{where}: expected a span like "08:30-12:00", not {value!r}')
    hour, minute, until_hour, until_minute = map(int, match.groups())
    span = Span(hour * 60 + minute, until_hour * 60 + until_minute)
    if not span.opens < span.closes <= 24 * 60:
        raise ValueError(f"{where}: {value} does not run forward within one day")
    return span


def published_rows(year: int) -> list[str]:
    """The holidays of a year as rows for calendar.yaml, from the installed holiday package.

    Used by hand when a new year is announced, never at run time. ValueError when the package does not know the year.
    """
    package = import_module("chinese_calendar")
    holidays, workdays = package.holidays, package.workdays

    runs: list[tuple[str, date, date]] = []
    for day in sorted(day for day in holidays if day.year == year):
        name = NAMES[holidays[day]]
        if runs and day - runs[-1][2] == timedelta(days=1):
            runs[-1] = (runs[-1][0], runs[-1][1], day)
        else:
            runs.append((name, day, day))
    if not runs:
        raise ValueError(f"the installed holiday package does not know {year}")
    rows = []
    for name, first, last in runs:
        made_up = sorted(day for day in workdays if day.year == year and NAMES[workdays[day]] == name)
        rows.append(f"    - {{name: {name}, from: {first}, to: {last}, make_up: [{', '.join(map(str, made_up))}]}}")
    return rows


if __name__ == "__main__":
    print(f"  {sys.argv[1]}:", *published_rows(int(sys.argv[1])), sep="\n")
