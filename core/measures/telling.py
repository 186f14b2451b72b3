"""Sums put into words: rates with their fraction, averages, shares, stretches of time, and 样本不足 where too few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from core.figures import MACHINES, WHOLE, Amounts, Ask, Line, Shown, plus, told
from core.policy import Policy
from core.policy.measures import Measure, MeasureBook
from core.queries.people import Directory

TOO_FEW = "样本不足"
NONE = "—"


def shown(measure: Measure, amounts: Mapping[str, int], minimum: int) -> Shown:
    """One figure of these amounts. Rates of too few cases are not told; their numbers stay."""
    count = amounts[measure.of]
    if measure.shows == "count":
        return Shown(measure.name, measure.title, f"{count:,}", count, ((count, measure.of),))
    per = amounts[measure.per]
    if measure.shows == "rate":
        parts = ((count, measure.of), (per, measure.per))
        if not per:
            return Shown(measure.name, measure.title, NONE, None, parts)
        if per < minimum:
            return Shown(measure.name, measure.title, TOO_FEW, None, parts, False)
        return Shown(measure.name, measure.title, f"{count / per:.1%}", round(count / per * 100, 1), parts)
    of_each = ((per, measure.per),)
    if not per:
        return Shown(measure.name, measure.title, NONE, None, of_each)
    if measure.shows == "times":
        return Shown(measure.name, measure.title, f"{count / per:.2f} 次", round(count / per, 2), of_each)
    return Shown(measure.name, measure.title, _hours(count / per), round(count / per / 60, 2), of_each)


def _hours(minutes: float) -> str:
    if minutes < 90:
        return f"{minutes:.0f} 分钟"
    return f"{minutes / 60:.1f} 小时" if minutes < 48 * 60 else f"{minutes / 1440:.1f} 天"


def line(
    value: str, title: str, amounts: Amounts, measures: Sequence[Measure], minimum: int, among: int = 0, **days: date
) -> Line:
    """One line of a table; with `among`, its share of so many."""
    named = told(amounts)
    count = named["received"]
    share = f"{count / among:.1%}" if among else ""
    return Line(value, title, tuple(shown(one, named, minimum) for one in measures), count, share, **days)


def title_of(dim: str, value: str, policy: Policy, directory: Directory) -> str:
    """What a value of a dimension is called."""
    if not value:
        return "未填"
    if dim == "channel":
        return policy.sources[value].short if value in policy.sources else value
    if dim == "type":
        return policy.types.get(value, value)
    if dim == "class":
        return policy.classes[value].title if value in policy.classes else value
    known = directory.by_word.get(value)
    return directory.units[known].short if known is not None else value


def unit_title(unit: int, directory: Directory) -> str:
    return {WHOLE: "全区", MACHINES: "系统接入"}.get(unit) or directory.unit_name(unit) or f"单位 {unit}"


def step_of(ask: Ask) -> str:
    """Days up to a month, weeks up to half a year, months beyond, unless somebody chose."""
    days = (ask.until - ask.since).days + 1
    return ask.step or ("day" if days <= 31 else "week" if days <= 184 else "month")


def stretches(ask: Ask, step: str) -> list[tuple[date, date]]:
    """The stretches of a trend, the first and the last cut to what was asked for."""
    found, first = [], ask.since
    while first <= ask.until:
        if step == "day":
            last = first
        elif step == "week":
            last = first + timedelta(days=6 - first.weekday())
        else:
            last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        found.append((first, min(last, ask.until)))
        first = last + timedelta(days=1)
    return found


def stretch_title(first: date, last: date, step: str, year: int) -> str:
    """3月9日, 3月9日—15日, 2025年3月."""
    head = "" if first.year == year else f"{first.year}年"
    if step == "month":
        return f"{head}{first.month}月"
    if first == last:
        return f"{head}{first.month}月{first.day}日"
    tail = f"{last.day}日" if last.month == first.month else f"{last.month}月{last.day}日"
    return f"{head}{first.month}月{first.day}日—{tail}"


def gathered(days: Mapping[date, Amounts], stretch: tuple[date, date], nothing: Amounts) -> Amounts:
    """The sum of the days within a stretch."""
    found = nothing
    for day, amounts in days.items():
        if stretch[0] <= day <= stretch[1]:
            found = plus(found, amounts)
    return found


def book_rows(book: MeasureBook, kind: str) -> list[tuple[str, str, str]]:
    """The dictionary as a table: name, how it comes about, where from."""
    return [(one.title, one.formula, one.source) for one in book.of_kind(kind)]
