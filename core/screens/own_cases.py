"""Numbers of our cases: the console's own figures from its rollups, and what stands at this moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.figures import AMOUNTS, DIMS, HANDLED, MACHINES, NOTHING, REGISTERED, WHOLE, Amounts, Ask, told
from core.measures import asking, telling
from core.measures.counting import DONE, RUNNING
from core.models.cases import case_legs, cases
from core.models.measures import figures
from core.policy.measures import Measure, read_measures
from core.policy.records import read_records
from core.policy.topics import Own
from core.screens.told import DAYS, Count, Look, Told, moments, narrowed, ranked, stretch
from core.watch import level_of
from core.worktime import SHANGHAI

HOURLY: Mapping[str, ColumnElement[Any]] = {"registered": cases.c.registered_at, "finished": cases.c.finished_at}
"""What happens to a case at one moment: counted by the hour, exactly, from the cases themselves."""
CASE_DIMS: Mapping[str, ColumnElement[Any]] = {
    "channel": cases.c.channel, "type": cases.c.type, "town": cases.c.town, "unit": cases.c.lead_unit,
}  # fmt: skip
LEVELS = {1: "黄色", 2: "橙色", 3: "红色"}


def figure(look: Look, own: Own) -> Told:
    """One figure of measures.yaml over the whole district, or by what the console splits it by; exactly its number."""
    if own.over == "24h" or own.by == "hour":
        return _hourly(look, own, HOURLY[_measure(own).name])
    return figure_of(look, own, *stretch(own, look.today))


def _measure(own: Own) -> Measure:
    place = read_records().at.get(own.measure, {})
    return read_measures().measures[place.get("unit" if own.by == "unit" else "whole", own.measure)]


def figure_of(look: Look, own: Own, since: date, until: date) -> Told:
    """The same of any days, both included."""
    measure = _measure(own)
    ask = Ask(since, until, HANDLED if HANDLED in measure.kinds else REGISTERED)
    as_of = asking.as_of(look.tx)
    if as_of is None:
        return Told(None, note="统计正在汇总")
    dims = [name for name in own.where if name in DIMS]
    if dims and own.by in (*DIMS, "day", "month"):
        return _narrowed(look, own, measure, ask, as_of)
    if dims:
        return _of_values(look, own, measure, ask, as_of)
    whole = asking.whole(look.tx, ask, [WHOLE])
    if not own.by:
        return _told(measure, whole, (), as_of)
    named = ((title, _number(measure, amounts)) for title, amounts in _split(look, ask, own.by) if any(amounts))
    split = {title: number for title, number in named if number is not None}
    groups = tuple(split.items()) if own.by in ("day", "month") else ranked(narrowed(own, split))
    return _told(measure, whole, groups, as_of)


def _split(look: Look, ask: Ask, by: str) -> list[tuple[str, Amounts]]:
    directory, policy = look.world.directory, look.world.policy
    if by == "unit":
        units = [unit.id for unit in directory.units.values()] + ([MACHINES] if ask.kind == REGISTERED else [])
        return [(telling.unit_title(unit, directory), row) for unit, row in asking.by_unit(look.tx, ask, units).items()]
    if by in ("day", "month"):
        days, steps = asking.by_day(look.tx, ask, [WHOLE]), telling.stretches(ask, by)
        size = 10 if by == "day" else 7
        return [(one.isoformat()[:size], telling.gathered(days, (one, last), NOTHING)) for one, last in steps]
    found: dict[str, Amounts] = {}
    for value, amounts in asking.by_value(look.tx, ask, [WHOLE], by).items():
        title = telling.title_of(by, value, policy, directory)
        found[title] = _sum([found[title], amounts]) if title in found else amounts
    return list(found.items())


def _values(own: Own, dim: str) -> list[str]:
    wanted = own.where[dim]
    return [str(one) for one in wanted] if isinstance(wanted, (list, tuple)) else [str(wanted)]


def _of_values(look: Look, own: Own, measure: Measure, ask: Ask, as_of: datetime) -> Told:
    """Some values of one dimension, whole or by unit: the rollups keep them."""
    dim, directory = next(name for name in own.where if name in DIMS), look.world.directory
    wanted = _values(own, dim)

    def of(units: list[int]) -> Amounts:
        found = asking.by_value(look.tx, ask, units, dim)
        return _sum([found[value] for value in wanted if value in found])

    groups: Any = ()
    if own.by == "unit":
        rows = asking.by_unit(look.tx, ask, list(directory.units), dim, wanted)
        told = ((telling.unit_title(unit, directory), _number(measure, row)) for unit, row in rows.items() if any(row))
        groups = ranked({title: number for title, number in told if number is not None})
    return _told(measure, of([WHOLE]), groups, as_of)


def _narrowed(look: Look, own: Own, measure: Measure, ask: Ask, as_of: datetime) -> Told:
    """Some values of one dimension by another, or by day: from the figures themselves, of these days alone."""
    by = figures.c.day if own.by in ("day", "month") else figures.c[own.by]
    where = [figures.c.kind == ask.kind, figures.c.unit_id == WHOLE, figures.c.day.between(ask.since, ask.until)]
    where += [figures.c[dim].in_(_values(own, dim)) for dim in own.where if dim in DIMS]
    sums = [func.coalesce(func.sum(figures.c[name]), 0) for name in AMOUNTS]
    found: dict[str, Amounts] = {}
    for value, *amounts in look.tx.execute(select(by, *sums).where(*where).group_by(by)):
        if own.by in ("day", "month"):
            title = value.isoformat()[: 10 if own.by == "day" else 7]
        else:
            title = telling.title_of(own.by, value, look.world.policy, look.world.directory)
        found[title] = _sum([found.get(title, NOTHING), tuple(int(one) for one in amounts)])
    told = ((title, _number(measure, row)) for title, row in found.items() if any(row))
    split = {title: number for title, number in told if number is not None}
    groups = tuple(sorted(split.items())) if own.by in ("day", "month") else ranked(split)
    return _told(measure, _sum(list(found.values())), groups, as_of)


def _sum(rows: list[Amounts]) -> Amounts:
    return tuple(map(sum, zip(*rows, strict=True))) if rows else NOTHING


def _number(measure: Measure, amounts: Amounts) -> float | None:
    return telling.shown(measure, told(amounts), read_measures().minimum).number


def _told(measure: Measure, amounts: Amounts, groups: Any, as_of: datetime) -> Told:
    shown = telling.shown(measure, told(amounts), read_measures().minimum)
    return Told(shown.number, groups, as_of, note="" if shown.number is not None else shown.text)


def _hourly(look: Look, own: Own, column: ColumnElement[Any]) -> Told:
    """Counted from the cases themselves, which for a day and a night are few."""
    hour = look.now.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    first = hour.replace(hour=0) if own.over == "today" else hour - timedelta(hours=23)
    found = Counter(
        at.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
        for at in look.tx.execute(select(column).where(*_between(own, column, first, look.now))).scalars()
    )
    hours = [first + timedelta(hours=one) for one in range(int((hour - first).total_seconds() // 3600) + 1)]
    groups = tuple((f"{one:%Y-%m-%d %H:00}", float(found[one])) for one in hours) if own.by == "hour" else ()
    return Told(float(sum(found.values())), groups, look.now)


def _between(own: Own, column: ColumnElement[Any], first: datetime, last: datetime) -> list[ColumnElement[bool]]:
    where = [column >= first, column <= last]
    return where + [CASE_DIMS[dim].in_(_values(own, dim)) for dim in own.where if dim in CASE_DIMS]


def happened(look: Look, own: Own, name: str, first: datetime, last: datetime) -> float:
    """How many cases met with one of HOURLY between two moments: what a running day is compared by."""
    where = _between(own, HOURLY[name], first, last - timedelta(microseconds=1))
    return float(look.tx.execute(select(func.count()).select_from(cases).where(*where)).scalar_one())


def finished(look: Look, own: Own) -> Told:
    """Cases closed in these days, whenever they were registered; one that is done over is no longer closed."""
    column = HOURLY["finished"]
    if own.over == "24h" or own.by == "hour":
        return _hourly(look, own, column)
    since, until = stretch(own, look.today)
    first, after = moments(since, until)
    if own.by in ("day", "month"):
        days = [since + timedelta(days=one) for one in range((until - since).days + 1)]
        found = Counter[str]()
        for day in days:  # each from the index alone
            found[day.isoformat()[: 10 if own.by == "day" else 7]] += int(
                happened(look, own, "finished", *moments(day, day))
            )
        return Told(float(sum(found.values())), tuple((day, float(n)) for day, n in found.items()), look.now)
    if not own.by:
        return Told(happened(look, own, "finished", first, after), (), look.now)
    dim = CASE_DIMS[own.by]
    counted = select(dim, func.count()).where(*_between(own, column, first, look.now)).group_by(dim)
    return _by_title(look, own, [(value, count) for value, count in look.tx.execute(counted)])


def _by_title(look: Look, own: Own, rows: Sequence[tuple[Any, int]]) -> Told:
    found = Counter[str]()
    for value, count in rows:
        if own.by == "unit":
            found[look.world.directory.unit_name(value) or "未派单位"] += count
        else:
            found[telling.title_of(own.by, value or "", look.world.policy, look.world.directory)] += count
    return Told(float(found.total()), ranked({title: float(n) for title, n in found.items()}), look.now)


# --- of this moment ---------------------------------------------------------------------------------------------------


def _every(look: Look, kind: str = REGISTERED) -> Ask:
    return Ask(look.today - timedelta(days=DAYS["now"] - 1), look.today, kind)


def _stock(amount: str, kind: str) -> Count:
    """An amount of everything on record, which the rollups keep as it changes."""

    def count(look: Look, own: Own) -> Told:
        place, ask = AMOUNTS.index(amount), _every(look, kind)
        whole = asking.whole(look.tx, ask, [WHOLE])
        groups: Any = ()
        if own.by:
            groups = ranked({title: float(row[place]) for title, row in _split(look, ask, own.by) if row[place]})
        return Told(float(whole[place]), groups, asking.as_of(look.tx))

    return count


def open_now(look: Look, own: Own) -> Told:
    """Cases not finished; by state they are counted from the cases themselves, by unit as parts in its hands."""
    if own.by != "state":
        return _stock("open", HANDLED if own.by == "unit" else REGISTERED)(look, own)
    states = look.world.policy.flows["case"].states
    live = [name for name in states if name not in (*DONE, "invalid")]
    query = select(cases.c.state, func.count()).where(cases.c.state.in_(live)).group_by(cases.c.state)
    found = {states[state].title: float(count) for state, count in look.tx.execute(query)}
    return Told(sum(found.values()), ranked(found), look.now)


def warned(look: Look) -> list[tuple[int, Mapping[str, Any]]]:
    """Parts at a level, with their level: what units hold at this moment is little, however long the record."""
    columns = (case_legs.c.case_id, case_legs.c.unit_id, case_legs.c.due_at, case_legs.c.watch, case_legs.c.state)
    rows = look.tx.execute(select(*columns).where(case_legs.c.state.in_(sorted(RUNNING)))).mappings()
    return [(level, dict(row)) for row in rows if (level := level_of(dict(row), look.now))]


def warnings(only: int = 0) -> Count:
    """Parts at a level; `only`: at exactly this one."""

    def count(look: Look, own: Own) -> Told:
        found = [(level, row) for level, row in warned(look) if only in (0, level)]
        if own.by == "level":
            names = Counter(LEVELS[level] for level, _ in found)
            groups: Any = tuple((name, float(names[name])) for name in reversed(LEVELS.values()) if names[name])
        else:
            units = Counter(look.world.directory.unit_name(row["unit_id"]) for _, row in found)
            groups = ranked({name: float(count) for name, count in units.items()}) if own.by else ()
        return Told(float(len(found)), groups, look.now)

    return count


def handovers(look: Look, own: Own, most: int) -> list[tuple[str, str, int]]:
    """From where cases came to which unit, the widest streams: (source, unit, cases) of the stretch."""
    first, after = moments(*stretch(own, look.today))
    where = (cases.c.registered_at >= first, cases.c.registered_at < after, cases.c.lead_unit.is_not(None))
    query = select(cases.c.channel, cases.c.lead_unit, func.count()).where(*where)
    found: Counter[tuple[str, str]] = Counter()
    for channel, unit, count in look.tx.execute(query.group_by(cases.c.channel, cases.c.lead_unit)):
        source = telling.title_of("channel", channel, look.world.policy, look.world.directory)
        found[source, look.world.directory.unit_name(unit)] += count
    return [(source, unit, count) for (source, unit), count in found.most_common(most)]


FIGURES = frozenset(read_measures().measures)
"""The console's own."""
COUNTS: Mapping[str, Count] = {
    **dict.fromkeys(FIGURES, figure),
    "finished": finished,
    "open_now": open_now,
    "overdue_now": _stock("overdue_open", HANDLED),
    "warned": warnings(),
    "warned_yellow": warnings(1),
    "warned_orange": warnings(2),
    "warned_red": warnings(3),
}
