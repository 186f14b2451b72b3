"""Lists on a screen: the newest rows of a dataset or of our own record, in words, each with a mark it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2s
from typing import Any

from core.feeds.folds import newest
from core.plain import scrub
from core.policy.district import read_district
from core.policy.feeds import Dataset, read_datasets
from core.policy.records import read_records
from core.policy.topics import Own, Panel
from core.screens import numbers
from core.screens.lists import LISTS, possible
from core.screens.metrics import Teller
from core.worktime import SHANGHAI, local_date

Filters = Mapping[str, str]
TYPES = {"at": "time", **dict.fromkeys(("state", "level", "kind", "channel", "type", "class", "town"), "choice")}
"""What the columns of our own lists hold; any other is a text."""


def rows_of(teller: Teller, panel: Panel, filters: Filters, most: int) -> list[dict[str, Any]]:
    """The newest rows of a live panel or table that its filters leave."""
    if panel.record:
        own = Own(panel.record, panel.over or "today", where=filters)
        return [row for row in LISTS[panel.record](teller.look, own, most * 8) if _fits(row, filters)][:most]
    wanted = {**panel.where, **filters}
    dataset = read_datasets()[panel.feed]
    if not panel.order:
        columns = tuple(dict.fromkeys((*panel.columns, *dataset.key))) if panel.columns else ()
        return list(newest(teller.look.tx, dataset, columns, most, wanted))
    return sorted(newest(teller.look.tx, dataset, (), most, wanted), key=lambda row: _place(dataset, panel.order, row))


def _place(dataset: Dataset, column: str, row: Mapping[str, Any]) -> tuple[bool, Any]:
    """Choices stand in the order in which they are declared, anything else by its value, nothing last."""
    value, choices = row[column], dataset.columns[column].choices
    if choices:
        return value not in choices, choices.index(value) if value in choices else 0
    return value is None, 0 if value is None else value


def _fits(row: Mapping[str, Any], filters: Filters) -> bool:
    return all(str(row.get(name)) == value for name, value in filters.items())


def marks_of(panel: Panel, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each row is known by while its values change: a print of its key. None for our own record's: they are cases.

    Of figures told again and again the series is the row, whichever moment it tells of.
    """
    if panel.record:
        return []
    dataset = read_datasets()[panel.feed]
    key = dataset.series if dataset.series and dataset.time in dataset.key else dataset.key
    return [blake2s("\n".join(str(row.get(one)) for one in key).encode(), digest_size=6).hexdigest() for row in rows]


def cells(teller: Teller, columns: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Rows in words, column by column, the numbers of each column in one scale."""
    scales = [numbers.scale(_numbers(row.get(one["name"]) for row in rows)) for one in columns]
    return [
        [_cell(row.get(one["name"]), teller.look.now, one, by) for one, by in zip(columns, scales, strict=True)]
        for row in rows
    ]


def _numbers(values: Iterable[Any]) -> list[float]:
    return [float(value) for value in values if isinstance(value, (int, float))]


def _cell(value: Any, now: datetime, column: Mapping[str, Any], by: int) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, datetime):
        at = value.astimezone(SHANGHAI)
        return f"{at:%H:%M}" if local_date(at) == local_date(now) else f"{at.month}月{at.day}日 {at:%H:%M}"
    if isinstance(value, (int, float)):
        return numbers.scaled(float(value), 0 if float(value).is_integer() else 1, by) + str(column["unit"])
    return scrub(str(value))  # what others write into a place or a name is seen by a whole hall


def columns_of(panel: Panel) -> list[dict[str, Any]]:
    """What each column of a list is called and holds."""
    if panel.record:
        titles = read_records().lists[panel.record]
        chosen = panel.columns or tuple(titles)
        return [
            {"name": one, "title": titles.get(one, one), "type": TYPES.get(one, "text"), "unit": ""} for one in chosen
        ]
    known: Dataset = read_datasets()[panel.feed]
    picked = [(one, known.columns[one]) for one in panel.columns or known.columns]
    return [{"name": one, "title": at.title, "type": at.type, "unit": at.unit} for one, at in picked]


def filters_of(panel: Panel) -> list[tuple[str, str]]:
    titles = {one["name"]: one["title"] for one in columns_of(panel)}
    if panel.feed:
        titles |= {name: one.title for name, one in read_datasets()[panel.feed].columns.items()}
    return [(name, titles.get(name, name)) for name in panel.filters]


def choices_of(teller: Teller, panel: Panel, name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a filter offers: the declared choices and what the rows hold besides, else what the rows hold."""
    if panel.feed and (declared := read_datasets()[panel.feed].columns[name].choices):
        return list(declared)
    if panel.feed and read_datasets()[panel.feed].columns[name].type == "town":
        return list(read_district().towns)
    known = possible(teller.look, panel.record, name) if panel.record else []
    held = sorted(told for told in {str(row[name]) for row in rows if row.get(name)} if scrub(told) == told)
    return list(dict.fromkeys((*known, *held)))
