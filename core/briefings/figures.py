"""The figures of a briefing, read in one moment from what the console reads: its measures, its joint scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Text, select, type_coerce

from core import timewords
from core.briefing_views import BEFORE, NOW, YEAR, Period, spans_of
from core.errors import Refusal
from core.figures import ALL, HANDLED, NOTHING, REGISTERED, WHOLE, Amounts, Ask, plus, told
from core.joint_scores.published import Basis
from core.measures import asking, telling
from core.models.cases import case_legs, cases
from core.models.joint import joint_orders
from core.models.record import events
from core.plain import plain, scrub
from core.policy.briefings import JOINT, JOINT_RATES, BriefingPolicy
from core.policy.measures import Measure, MeasureBook
from core.score_views import Ask as ScoreAsk
from core.scoring import AMOUNTS, rate
from core.timewords import day_words
from core.work import World
from core.worktime import ONE_DAY, SHANGHAI, local_date

UNITS = {"count": "件", "rate": "%", "hours": "小时", "times": "次"}
OVER = ("settled", "released")
EARLIER = (BEFORE, YEAR)
TITLE = 40  # characters of a case's title in a list
Cells = dict[str, Any]


class NotReady(Refusal):
    text = "统计正在汇总，请过几分钟再写。"


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from: one transaction, the tables, and the scores of joint orders.

    `clock`: the hour at which the last day of each earlier period ends, where the one told of still runs.
    """

    tx: Connection
    world: World
    now: datetime
    book: MeasureBook
    policy: BriefingPolicy
    joint: Callable[[ScoreAsk], Basis]
    clock: time | None = None


def take(source: Source, period: Period) -> dict[str, Any]:
    """Everything a briefing of this period shows, as it is kept. Raises NotReady while figures are counted anew."""
    as_of = asking.as_of(source.tx)
    if as_of is None:
        raise NotReady()
    kind = source.policy.kinds[period.kind]
    running, day = local_date(source.now) <= period.until, local_date(as_of)
    spans = spans_of(period, day if running else None)
    clock = as_of.astimezone(SHANGHAI).time() if day >= period.since else time()
    cut = replace(source, clock=clock) if running else source
    compared = _compared(cut, spans)
    return {
        "as_of": as_of.isoformat(),
        "running": running,
        "clock": f"{clock:%H:%M}" if running else "",
        "partly": _partly(compared, _compared(source, spans)) if running else [],
        "before": f"{kind.before}同期" if running else kind.before,
        "year": "去年同期" if running else kind.year,
        "least": source.book.minimum,
        **compared,
        "worst": _worst(cut, spans),
        **_red(source, period),
    }


def _compared(source: Source, spans: Mapping[str, Period]) -> dict[str, Any]:
    return {"rows": [*_measured(source, spans), *_joint(source, spans)], **_topics(source, spans)}


def _partly(cut: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    """The earlier numbers that are less than their whole days, by the names of `opening.opens`."""
    rows = zip(cut["rows"], whole["rows"], strict=True)
    found = [
        f"{one['key']}.{name}" for one, all_ in rows for name in EARLIER if one[name]["parts"] != all_[name]["parts"]
    ]
    topics = zip(cut["topics"], whole["topics"], strict=True)
    return found + [f"{one['title']}.{name}" for one, all_ in topics for name in EARLIER if one[name] != all_[name]]


def _ask(period: Period, kind: str) -> Ask:
    return Ask(period.since, period.until, kind)


def _measured(source: Source, spans: Mapping[str, Period]) -> Iterator[dict[str, Any]]:
    for kind in (HANDLED, REGISTERED):
        sums = {name: told(_sums(source, spans, name, kind).get("", NOTHING)) for name in spans}
        for wanted in source.policy.wanted[kind]:
            measure = source.book.measures[wanted.name]
            cells = {name: _cell(measure, amounts, source.book.minimum) for name, amounts in sums.items()}
            yield {
                "key": f"{kind}.{wanted.name}", "title": measure.title, "unit": UNITS[measure.shows],
                "good": wanted.good, **cells,
            }  # fmt: skip


def _end(source: Source, spans: Mapping[str, Period], name: str) -> datetime | None:
    """The moment at which an earlier period stops, as far into its last day as now; None: it is told whole."""
    one, now = spans[name], spans[NOW]
    if source.clock is None or name == NOW or one.until - one.since != now.until - now.since:
        return None
    return datetime.combine(one.until, source.clock, SHANGHAI)


def _sums(source: Source, spans: Mapping[str, Period], name: str, kind: str, by: str = ALL) -> dict[Any, Amounts]:
    """The amounts of one of the periods, whole or by the values of a dimension or by "unit"."""
    ask, end = _ask(spans[name], kind), _end(source, spans, name)
    units = [*source.world.directory.units] if by == "unit" else [WHOLE]

    def rolled(days: Ask) -> dict[Any, Amounts]:
        if by == "unit":
            return dict(asking.by_unit(source.tx, days, units))
        return dict(asking.by_value(source.tx, days, units, by))

    if end is None:
        return rolled(ask)
    found = rolled(replace(ask, until=ask.until - ONE_DAY)) if ask.since < ask.until else {}
    for value, amounts in asking.last_day(source.tx, ask, units, by, end).items():
        found[value] = plus(found.get(value, NOTHING), amounts)
    return found


def _cell(measure: Measure, amounts: Mapping[str, int], minimum: int) -> Cells:
    shown = telling.shown(measure, amounts, minimum)
    return {"text": shown.text, "number": shown.number, "parts": [count for count, _ in shown.parts]}


def _joint(source: Source, spans: Mapping[str, Period]) -> Iterator[dict[str, Any]]:
    """Joint orders raised in the period: what their parts count for at all units together."""
    found = {name: source.joint(ScoreAsk(one.since, one.until)) for name, one in spans.items()}
    later = {name: _raised_later(source, _end(source, spans, name)) for name in spans}
    sums = {
        name: {
            amount: sum(amount in part.amounts for part in basis.parts if part.order not in later[name])
            for amount in AMOUNTS
        }
        for name, basis in found.items()
    }
    for wanted in source.policy.wanted[JOINT]:
        counts = {name: _count(amounts[wanted.name]) for name, amounts in sums.items()}
        yield {
            "key": f"{JOINT}.{wanted.name}", "title": f"联办{AMOUNTS[wanted.name]}", "unit": "件", "good": wanted.good,
            **counts,
        }  # fmt: skip
    indicators = {one.name: one for one in found[NOW].rule.indicators}
    for wanted in source.policy.wanted[JOINT_RATES]:
        if (one := indicators.get(wanted.name)) is None:
            continue
        least = found[NOW].rule.minimum
        rates = {name: rate(one.name, one.title, one.of, one.per, amounts, least) for name, amounts in sums.items()}
        cells = {
            name: {"text": got.text, "number": _percent(got.rate), "parts": [got.of, got.per]}
            for name, got in rates.items()
        }
        yield {
            "key": f"{JOINT_RATES}.{one.name}", "title": f"联办{one.title}率", "unit": "%", "good": wanted.good,
            **cells,
        }  # fmt: skip


def _raised_later(source: Source, end: datetime | None) -> frozenset[int]:
    """The joint orders of the rest of a day."""
    if end is None:
        return frozenset()
    midnight = datetime.combine(local_date(end) + ONE_DAY, time(), SHANGHAI)
    query = select(joint_orders.c.id).where(joint_orders.c.raised_at >= end, joint_orders.c.raised_at < midnight)
    return frozenset(source.tx.execute(query).scalars())


def _count(number: int) -> Cells:
    return {"text": f"{number:,}", "number": number, "parts": [number]}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


def _topics(source: Source, spans: Mapping[str, Period]) -> dict[str, Any]:
    """The classes most appealed about, by registration, each case once."""
    sums = {
        name: {
            value: told(amounts)["received"]
            for value, amounts in _sums(source, spans, name, REGISTERED, "class").items()
        }
        for name in spans
    }
    now, total = sums[NOW], sum(sums[NOW].values())
    policy, directory = source.world.policy, source.world.directory
    named = [
        (telling.title_of("class", value, policy, directory), value) for value, count in now.items() if value and count
    ]
    first = sorted(named, key=lambda one: (-now[one[1]], one[0]))[: source.policy.topics]
    rows = [
        {
            "title": title, "now": now[value], "share": f"{now[value] / total:.1%}",
            "before": sums[BEFORE].get(value, 0), "year": sums[YEAR].get(value, 0),
        }
        for title, value in first
    ]  # fmt: skip
    return {"topics": rows, "topic_total": total}


def _worst(source: Source, spans: Mapping[str, Period]) -> list[dict[str, Any]]:
    """The units lowest in on-time closing, of those with enough cases due; none that was always on time."""
    measure, least = source.book.measures["on_time_rate"], source.book.minimum
    sums = {name: _sums(source, spans, name, HANDLED, "unit") for name in (NOW, BEFORE)}
    told_now = {unit: told(amounts) for unit, amounts in sums[NOW].items()}
    ranked = sorted(
        (one[measure.of] / one[measure.per], -one[measure.per], unit)
        for unit, one in told_now.items()
        if one[measure.per] >= least and one[measure.of] < one[measure.per]
    )
    return [
        _worst_row(source, unit, measure, told_now[unit], sums[BEFORE]) for _, _, unit in ranked[: source.policy.worst]
    ]


def _worst_row(
    source: Source, unit: int, measure: Measure, amounts: Mapping[str, int], before: Mapping[int, Any]
) -> dict[str, Any]:
    earlier = _cell(measure, told(before[unit]), source.book.minimum)["text"] if unit in before else telling.NONE
    return {
        "unit": telling.unit_title(unit, source.world.directory),
        "rate": _cell(measure, amounts, source.book.minimum)["text"],
        "of": amounts[measure.of], "per": amounts[measure.per], "before": earlier,
    }  # fmt: skip


def _red(source: Source, period: Period) -> dict[str, Any]:
    """Every red warning told within these days, each part of a case once, and how it stands."""
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (period.since, period.until + ONE_DAY))
    query = (
        select(
            events.c.leg_id, events.c.at, events.c.facts, case_legs.c.state, case_legs.c.unit_id, cases.c.no,
            cases.c.title,
        )
        .join(case_legs, case_legs.c.id == events.c.leg_id)
        .join(cases, cases.c.id == case_legs.c.case_id)
        .where(events.c.flow == "case_leg", events.c.name == "warned", events.c.at >= begins, events.c.at < ends)
        .where(type_coerce(events.c.facts, Text).contains('"level":"red"'))
        .order_by(events.c.at.desc(), events.c.id.desc())
    )  # fmt: skip
    latest: dict[int, Any] = {}
    for row in source.tx.execute(query).mappings():
        latest.setdefault(row["leg_id"], row)
    rows = list(latest.values())
    return {
        "red": [_red_row(source, row, period) for row in rows[: source.policy.red]],
        "red_total": len(rows),
        "red_open": sum(row["state"] not in OVER for row in rows),
    }


def _red_row(source: Source, row: Mapping[str, Any], period: Period) -> dict[str, Any]:
    """Its day by date: what is frozen is read on other days than today."""
    at = row["at"]
    state = source.world.policy.flows["case_leg"].states[row["state"]]
    return {
        "no": row["no"], "title": plain(scrub(row["title"]), TITLE),
        "unit": source.world.directory.unit_name(row["unit_id"]), "why": _why(row["facts"].get("note", "")),
        "at": f"{day_words(local_date(at), period.until)} {timewords.clock(at)}",
        "state": state.title, "over": row["state"] in OVER,
    }  # fmt: skip


def _why(note: str) -> str:
    """What made it red, without whom it was told to: 「红色，已超期，告知…」."""
    return note.partition("，告知")[0].partition("，")[2] or note


def differing(kept: Mapping[str, Any], now: Mapping[str, Any]) -> int:
    """How many figures read otherwise now than they were kept."""
    lists: Sequence[str] = ("topics", "worst", "red", "red_total", "red_open")
    before = {row["key"]: row[NOW] for row in kept["rows"]}
    moved = [row["key"] for row in now["rows"] if before.get(row["key"]) != row[NOW]]
    return len(moved) + len([name for name in lists if kept[name] != now[name]])
