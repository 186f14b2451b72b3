"""The drafted summary: plain sentences made from the figures alone, each naming the figures it rests on.

Deterministic: the same figures give the same words. No sentence says more than its figures do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from core.briefing_views import (
    Cell,
    FigureRow,
    FigureSheet,
    Period,
    RedRow,
    Sentence,
    TopicRow,
    WorstRow,
    changed,
)
from core.worktime import local_date

TOPICS, WORST, RED = "topics", "worst", "red"
"""The keys of the lists, beside those of the figures."""


def sheet_of(content: Mapping[str, Any]) -> FigureSheet:
    """Kept figures as they are read; their sentences as kept, or drafted where there are none yet."""
    period = Period(content["kind"], date.fromisoformat(content["since"]), date.fromisoformat(content["until"]))
    figures = content["figures"]
    clock = figures.get("clock", "")  # none in what was frozen before earlier periods were cut at the same hour
    as_of = datetime.fromisoformat(figures["as_of"])
    half_a_day = figures["running"] and not clock and local_date(as_of) == period.since
    return FigureSheet(
        period, as_of, figures["running"], figures["before"], figures["year"],
        tuple(_row(row, half_a_day) for row in figures["rows"]), tuple(TopicRow(**row) for row in figures["topics"]),
        figures["topic_total"], tuple(WorstRow(**row) for row in figures["worst"]),
        tuple(RedRow(**row) for row in figures["red"]), figures["red_total"], figures["red_open"], figures["least"],
        tuple(Sentence(text, tuple(keys)) for text, keys in figures.get("sentences", ())),
        clock, frozenset(figures.get("partly", ())),
    )  # fmt: skip


def with_words(figures: Mapping[str, Any], period: Period) -> dict[str, Any]:
    """Fresh figures with the sentences drafted from them, as they are kept."""
    told = {
        "kind": period.kind, "since": period.since.isoformat(), "until": period.until.isoformat(), "figures": figures,
    }  # fmt: skip
    return {**figures, "sentences": [[one.text, list(one.rests_on)] for one in sentences(sheet_of(told))]}


def _row(row: Mapping[str, Any], half_a_day: bool) -> FigureRow:
    now, before, year = (
        Cell(one["text"], one["number"], tuple(one["parts"])) for one in (row["now"], row["before"], row["year"])
    )
    alike = not half_a_day or row["unit"] != "件"
    return FigureRow(row["key"], row["title"], row["unit"], row["good"], now, before, year, alike)


def sentences(sheet: FigureSheet) -> Iterator[Sentence]:
    """The summary, sentence by sentence."""
    rows = {one.key: one for one in sheet.rows}
    yield _volume(sheet, rows)
    yield _closing(sheet, rows)
    yield from _slips(rows)
    yield from _answers(sheet, rows)
    yield from _joint(rows)
    yield from _topics(sheet)
    yield from _worst(sheet)
    yield _red(sheet)


def _versus(row: FigureRow, other: Cell, name: str) -> str:
    """「较前一日增加 9 件（7.6%）」; empty where there is nothing to compare."""
    told = changed(row, other)
    if not told or row.now.number is None or other.number is None:
        return ""
    if told == "持平":
        return f"与{name}持平"
    up = row.now.number > other.number
    if row.is_rate:
        return f"较{name}{'上升' if up else '下降'} {told[1:]}"
    step = abs(row.now.number - other.number)
    share = f"（{told[1:]}）" if told.endswith("%") else ""
    return f"较{name}{'增加' if up else '减少'} {step:,.10g} {row.unit}{share}"


def _compared(sheet: FigureSheet, row: FigureRow) -> str:
    said = [_versus(row, row.before, sheet.before_title), _versus(row, row.year, sheet.year_title)]
    return "".join(f"，{one}" for one in said if one)


def _rate(sheet: FigureSheet, row: FigureRow, what: str) -> str:
    """「按时办结率 95.0%（38/40）」, or that there are too few of `what`."""
    if row.now.number is not None:
        of, per = row.now.parts
        return f"{row.title} {row.now.text}（{of:,}/{per:,}）"
    per = row.now.parts[-1]
    return f"{what} {per:,} 件，不足 {sheet.least} 件，不算{row.title}"


def _volume(sheet: FigureSheet, rows: Mapping[str, FigureRow]) -> Sentence:
    registered, received = rows["registered.registered"], rows["handled.received"]
    so_far = "，截至目前" if sheet.running else ""
    text = f"{sheet.period.title}{so_far}全区登记 {registered.now.text} 件{_compared(sheet, registered)}；"
    return Sentence(f"{text}派到承办单位 {received.now.text} 件。", (registered.key, received.key))


def _closing(sheet: FigureSheet, rows: Mapping[str, FigureRow]) -> Sentence:
    closed, on_time = rows["handled.closed"], rows["handled.on_time_rate"]
    text = f"其中已办结 {closed.now.text} 件，{_rate(sheet, on_time, '应办结')}"
    compared = _compared(sheet, on_time) if on_time.now.number is not None else ""
    return Sentence(f"{text}{compared}。", (closed.key, on_time.key))


def _slips(rows: Mapping[str, FigureRow]) -> Iterator[Sentence]:
    found = [rows[key] for key in ("handled.overdue", "handled.returned", "handled.redone")]
    told = [row for row in found if row.now.number]
    if told:
        yield Sentence(
            "、".join(f"{row.title} {row.now.text} 件" for row in told) + "。", tuple(row.key for row in told)
        )
    else:
        yield Sentence("没有超期、退回和重办。", tuple(row.key for row in found))


def _answers(sheet: FigureSheet, rows: Mapping[str, FigureRow]) -> Iterator[Sentence]:
    solved, pleased = rows["handled.solved_rate"], rows["handled.pleased_rate"]
    if not pleased.now.parts[-1]:
        return
    if pleased.now.number is None:
        yield Sentence(f"{_rate(sheet, pleased, '回访接通')}。", (pleased.key,))
        return
    said = f"{_rate(sheet, solved, '')}，{_rate(sheet, pleased, '')}"
    yield Sentence(f"回访接通的件中，{said}{_compared(sheet, pleased)}。", (solved.key, pleased.key))


def _joint(rows: Mapping[str, FigureRow]) -> Iterator[Sentence]:
    raised, called, fed = rows["joint.sponsored"], rows["joint.called"], rows["joint.fed_back"]
    unfed = rows["joint.unfed"]
    if not raised.now.number:
        yield Sentence("没有新树旗的联办。", (raised.key,))
        return
    text = f"树旗联办 {raised.now.text} 件，叫到 {called.now.text} 家次，已反馈 {fed.now.text} 家次"
    tail = f"，未反馈 {unfed.now.text} 家次" if unfed.now.number else ""
    keys = (raised.key, called.key, fed.key, *((unfed.key,) if unfed.now.number else ()))
    yield Sentence(f"{text}{tail}。", keys)


def _topics(sheet: FigureSheet) -> Iterator[Sentence]:
    if not sheet.topics:
        return
    told = "、".join(f"{one.title} {one.now:,} 件" for one in sheet.topics)
    some = sum(one.now for one in sheet.topics)
    yield Sentence(f"诉求最多的是{told}，合计占登记的 {some / sheet.topic_total:.1%}。", (TOPICS,))


def _worst(sheet: FigureSheet) -> Iterator[Sentence]:
    if sheet.worst:
        told = "、".join(f"{one.unit} {one.rate}（{one.of:,}/{one.per:,}）" for one in sheet.worst)
        yield Sentence(f"按时办结率靠后的单位是{told}。", (WORST,))


def _red(sheet: FigureSheet) -> Sentence:
    if not sheet.red_total:
        return Sentence("没有红色预警。", (RED,))
    left = f"，其中 {sheet.red_open:,} 件还没办结" if sheet.red_open else "，都已办结"
    return Sentence(f"红色预警 {sheet.red_total:,} 件{left}。", (RED,))
