"""From a number of a briefing to what is behind it: the cases of the statistics page, the orders of the score reports.

What is frozen is the number; the list shows the cases or orders as they are now, and only those its reader may see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from core.briefing_views import BEFORE, NOW, YEAR, FigureRow, FigureSheet, Period, spans_of
from core.figures import HANDLED, REGISTERED
from core.measures import telling
from core.policy.briefings import JOINT, JOINT_RATES
from core.policy.measures import Measure, MeasureBook, read_measures
from core.policy.scoring import read_scoring
from core.scoring import AMOUNTS
from core.work import World
from core.worktime import local_date

CASES, ORDERS = "stats", "joint"
"""Where a list is: the cases on the page of the statistics, the joint orders on that of the score reports."""


@dataclass(frozen=True, slots=True)
class Question:
    """A list: whose page it is on (CASES, ORDERS) and what that page is asked."""

    page: str
    asked: str


def opens(sheet: FigureSheet, world: World) -> Mapping[str, Question]:
    """Number → its list, for each number that counts something.

    A figure's own is under its key, its denominator under `key.per`, what it was under `key.before` and `key.year`;
    of the worst units and the topics they are under the unit's name and the title. A class whose title another class
    has too opens none, and no number that ends within a day: lists have whole days.
    """
    spans = spans_of(sheet.period, local_date(sheet.as_of) if sheet.running else None)
    rows = (found for row in sheet.rows for found in _of_row(row, spans))
    found = {key: question for key, question in rows if key not in sheet.partly}
    now, units = spans[NOW], {telling.unit_title(one, world.directory): one for one in world.directory.units}
    for line in sheet.worst:
        if line.unit in units:
            unit = units[line.unit]
            found[line.unit] = _cases(HANDLED, now, "overdue", unit=unit)
            found[f"{line.unit}.of"] = _cases(HANDLED, now, "on_time", unit=unit)
            found[f"{line.unit}.per"] = _cases(HANDLED, now, "due", unit=unit)
    for topic in sheet.topics:
        codes = [code for code, one in world.policy.classes.items() if one.title == topic.title]
        if len(codes) == 1:
            counts = {
                "": (now, topic.now),
                ".before": (spans[BEFORE], topic.before),
                ".year": (spans[YEAR], topic.year),
            }
            for tail, (span, count) in counts.items():
                if count and topic.title + tail not in sheet.partly:
                    found[topic.title + tail] = _cases(REGISTERED, span, "received", dim="class", value=codes[0])
    return found


def _of_row(row: FigureRow, spans: Mapping[str, Period]) -> Iterator[tuple[str, Question]]:
    kind, _, name = row.key.partition(".")
    whole, part = _amounts(kind, name, spans[NOW], read_measures())
    if not part:
        return
    ask = _orders if kind in (JOINT, JOINT_RATES) else _cases
    for tail, span, cell in (("", NOW, row.now), (".before", BEFORE, row.before), (".year", YEAR, row.year)):
        if any(cell.parts):
            yield row.key + tail, ask(kind, spans[span], part)
    if whole and any(row.now.parts):
        yield f"{row.key}.per", ask(kind, spans[NOW], whole)


def _amounts(kind: str, name: str, now: Period, book: MeasureBook) -> tuple[str, str]:
    """What a figure counts: (its denominator where it is a rate, itself); empty for what is no figure any more."""
    if kind == JOINT:
        return "", name if name in AMOUNTS else ""
    if kind == JOINT_RATES:
        rates = {one.name: one for one in read_scoring().rule(now.until).indicators}
        return (rates[name].per, rates[name].of) if name in rates else ("", "")
    if kind not in (HANDLED, REGISTERED) or name not in book.measures:
        return "", ""
    measure = book.measures[name]
    return measure.per if measure.shows == "rate" else "", _amount(measure)


def _amount(measure: Measure) -> str:
    """The cases one would look for: of a mean, those it is the mean of."""
    return measure.of if measure.shows in ("count", "rate") else measure.per


def _cases(kind: str, span: Period, amount: str, **more: object) -> Question:
    return Question(CASES, urlencode({"kind": kind, **_days(span), "amount": amount, **more}))


def _orders(_kind: str, span: Period, amount: str) -> Question:
    return Question(ORDERS, urlencode({**_days(span), "what": amount}))


def _days(span: Period) -> Mapping[str, str]:
    return {"since": span.since.isoformat(), "until": span.until.isoformat()}
