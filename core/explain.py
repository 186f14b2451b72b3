"""Explain this deadline: the rule, every day that did not count, every pause and the final moment, line by line."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from core.deadlines import Deadline, Limit, Pause, due, pace, plain_due
from core.timewords import clock, day_words, span_sentence
from core.worktime import NOTHING, ONE_DAY, Calendar, add_work_time, closing_date, local_date, work_time_between

WEEKEND = "周末"
CONTINUOUS = ("minutes", "hours")


def explain(
    start: datetime,
    limit: Limit,
    calendar: Calendar,
    hours: str = "default",
    pauses: Sequence[Pause] = (),
    rule: str = "",
    extensions: Sequence[Limit] = (),
) -> tuple[str, ...]:
    """The whole computation of `due` in Chinese, one fact a line; `rule` is the row it rests on, as cited by policy."""
    deadline = due(start, limit, calendar, hours, pauses, extensions)
    plain = plain_due(start, limit, calendar, hours, extensions)
    return tuple(
        line
        for line in (
            f"依据：{rule}" if rule else "",
            f"收到：{_moment(start)}",
            f"期限：{limit}，{_basis(start, limit, calendar, hours)}",
            _first_opening(start, limit, calendar, hours),
            *_days(start, limit, deadline, calendar, hours),
            *_extensions(start, limit, calendar, hours, extensions),
            *_pauses(start, limit, deadline, calendar, hours, pauses),
            f"未暂停时应于 {_moment(plain, closing=True)} 截止" if plain != deadline.at else "",
            f"截止：{_moment(deadline.at, closing=True)}{'（暂停中，恢复后顺延）' if deadline.paused else ''}",
            f"提示：{deadline.note}，公布后重新计算" if deadline.provisional else "",
        )
        if line
    )


def _moment(at: datetime, *, closing: bool = False) -> str:
    day = closing_date(at) if closing else local_date(at)
    return f"{day.year}年{day_words(day, day)} {clock(at, closing=closing)}"


def _basis(start: datetime, limit: Limit, calendar: Calendar, hours: str) -> str:
    if limit.unit == "workdays":
        return "从收到次日起算，到最后一个工作日下班为止"
    if limit.unit == "days":
        return "从收到次日起算，到最后一日 24:00 为止"
    if limit.unit in CONTINUOUS:
        return "从收到时起连续计算"
    office = calendar.office(pace(limit, hours))
    return f"从收到时起算，只计{office.title}（{'、'.join(map(str, office.on(local_date(start))))}）"


def _first_opening(start: datetime, limit: Limit, calendar: Calendar, hours: str) -> str:
    """Where counting really begins, when an hour limit was received while the office was closed."""
    if limit.unit in CONTINUOUS or limit.unit in ("days", "workdays"):
        return ""
    tick = timedelta(microseconds=1)
    opening = add_work_time(start, tick, calendar, pace(limit, hours)) - tick
    return f"起算：收到时不在办公时间，从{day_words(local_date(opening), local_date(start))} {clock(opening)} 起" * (
        opening > start
    )


def _days(start: datetime, limit: Limit, deadline: Deadline, calendar: Calendar, hours: str) -> Iterator[str]:
    """Each run of days that differ from plain Monday to Friday, named with its reason."""
    in_days = limit.unit == "workdays"
    if not in_days and calendar.office(pace(limit, hours)).every_day:
        return
    first = local_date(start) + (ONE_DAY if in_days else NOTHING)
    length = (closing_date(deadline.at) - first).days + 1
    special = [(day, _reason(day, calendar)) for day in (first + ONE_DAY * ahead for ahead in range(length))]
    for run, reason in _runs((day, reason) for day, reason in special if reason):
        yield f"{_range(run, local_date(start))}：{reason}"


def _reason(day: date, calendar: Calendar) -> str:
    entry = calendar.days.get(day)
    if entry is None:
        return "" if calendar.is_workday(day) else f"{WEEKEND}，不计"
    return f"{entry.name}，不计" if entry.kind == "holiday" else f"{entry.name}调休上班，计为工作日"


def _runs(days: Iterable[tuple[date, str]]) -> Iterator[tuple[list[date], str]]:
    run: list[date] = []
    why = ""
    for day, reason in days:
        if run and (reason != why or day - run[-1] != ONE_DAY):
            yield run, why
            run = []
        run.append(day)
        why = reason
    if run:
        yield run, why


def _range(run: list[date], seen_from: date) -> str:
    if len(run) <= 2:
        return "、".join(day_words(day, seen_from) for day in run)
    return f"{day_words(run[0], seen_from)} 至 {day_words(run[-1], seen_from)}（{len(run)} 天）"


def _extensions(
    start: datetime, limit: Limit, calendar: Calendar, hours: str, extensions: Sequence[Limit]
) -> Iterator[str]:
    for number, granted in enumerate(extensions):
        before, after = (plain_due(start, limit, calendar, hours, extensions[:many]) for many in (number, number + 1))
        yield f"延期：{granted}，由 {_moment(before, closing=True)} 延至 {_moment(after, closing=True)}"


def _pauses(
    start: datetime, limit: Limit, deadline: Deadline, calendar: Calendar, hours: str, pauses: Sequence[Pause]
) -> Iterator[str]:
    held = sorted((pause for pause in pauses if _bears(pause, start, deadline)), key=lambda pause: pause.start)
    name = pace(limit, hours)
    for pause in held:
        why = f"（{pause.reason}）" if pause.reason else ""
        if pause.end is None:
            yield f"暂停{why}：{_moment(pause.start)} 起，尚未恢复"
            continue
        taken = work_time_between(max(pause.start, start), pause.end, calendar, name)
        kind = "" if calendar.office(name).every_day else "办公时间 "
        yield f"暂停{why}：{_moment(pause.start)} 至 {_moment(pause.end)}，其中{kind}{span_sentence(taken)}不计"


def _bears(pause: Pause, start: datetime, deadline: Deadline) -> bool:
    ended_before = pause.end is not None and pause.end <= max(start, pause.start)
    return not ended_before and pause.start < deadline.at
