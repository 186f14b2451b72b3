"""Whether a topic's file has the shape of one: read, and the first thing that has not is named with its place.

What the words in it mean is proved by whoever reads them (`feeds`, `topics`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from yaml import MarkedYAMLError

from core.policy import read


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> bool:
    """What a cell may be; a choice may look like a number."""
    return isinstance(value, str | int | float)


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "a text": lambda value: isinstance(value, str) and bool(value.strip()),
    "a text or nothing": lambda value: value is None or isinstance(value, str),
    "a list of texts": _texts,
    "a list of choices": lambda value: isinstance(value, list) and bool(value) and all(map(_plain, value)),
    "a whole number from 0 up": lambda value: type(value) is int and value >= 0,
    "a number": _number,
    "a number or nothing": lambda value: value is None or _number(value),
    "true or false": lambda value: isinstance(value, bool),
    "columns with their values": lambda value: isinstance(value, dict) and all(map(_fits, value, value.values())),
    "lists of texts by name": lambda value: (
        value is None or (isinstance(value, dict) and all(map(_texts, value.values())))
    ),
    "levels with their numbers": lambda value: isinstance(value, dict) and all(map(_number, value.values())),
    "anything": lambda _: True,
}
"""What a field may be, in the words of the sentence that says it is not."""


def _fits(name: Any, value: Any) -> bool:
    return isinstance(name, str) and (_plain(value) or (isinstance(value, list) and all(map(_plain, value))))


TEXT, MAYBE, TEXTS, WHOLE, NUMBER = (
    "a text",
    "a text or nothing",
    "a list of texts",
    "a whole number from 0 up",
    "a number",
)
FLAG, WHERE, NONE = "true or false", "columns with their values", "a number or nothing"
TOPIC = {
    "name": TEXT, "title": TEXT, "order": WHOLE, "group": TEXT, "audience": TEXTS, "owner": TEXT, "refresh": WHOLE,
    "lead": TEXT, "marks": "lists of texts by name",
}  # fmt: skip
DATASET = {
    "name": TEXT, "title": TEXT, "owner": TEXT, "every": WHOLE, "keep": WHOLE, "by": TEXT, "key": TEXTS, "time": TEXT,
}  # fmt: skip
COLUMN = {
    "title": TEXT, "type": TEXT, "unit": MAYBE, "required": FLAG, "least": NONE, "most": NONE, "later": FLAG,
    "choices": "a list of choices",
}  # fmt: skip
METRIC = {
    "name": TEXT, "title": TEXT, "unit": MAYBE, "good": TEXT, "decimals": WHOLE, "definition": TEXT, "formula": TEXT,
    "source": TEXT, "owner": TEXT, "refresh": WHOLE, "target": NONE, "warn": "levels with their numbers",
}  # fmt: skip
OF = {
    "feed": TEXT, "record": TEXT, "how": TEXT, "column": TEXT, "per": TEXT, "over": TEXT, "by": TEXT, "where": WHERE,
}  # fmt: skip
PANEL = {
    "show": TEXT, "title": TEXT, "metrics": TEXTS, "by": TEXT, "over": TEXT, "most": WHOLE, "place": TEXT, "feed": TEXT,
    "record": TEXT, "columns": TEXTS, "filters": TEXTS, "where": WHERE, "weight": TEXT, "from": TEXT, "to": TEXT,
    "value": TEXT, "order": TEXT, "full": NUMBER,
}  # fmt: skip


@cache
def topic_files(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Every file of a folder by its name, as it stands. Raises ValueError naming file, place and fault."""
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        where = f"topics/{path.name}"
        try:
            told = read(str(path))
        except ValueError as fault:
            raise ValueError(f"{where}{_unread(fault)}") from None
        if wrong := next(_faults(told), ""):
            raise ValueError(f"{where} {wrong}")
        found[path.stem] = told
    return found


def _unread(fault: ValueError) -> str:
    """Why a file is no YAML, in a line."""
    cause = fault.__cause__
    if not isinstance(cause, MarkedYAMLError) or cause.problem_mark is None:
        return ": it is no YAML in UTF-8"
    return f" line {cause.problem_mark.line + 1}: it is no YAML, {cause.problem}"


def _faults(topic: Any) -> Iterator[str]:
    yield from _row("", topic, TOPIC, ())
    for name, needs in (("datasets", ("name", "columns")), ("metrics", ("name", "of")), ("panels", ("show", "title"))):
        rows, names = topic.get(name, []), set[str]()
        if not isinstance(rows, list) and (rows is not None or name != "datasets"):
            yield f"{name}: expected a list, not {rows!r}"
        for number, row in enumerate(rows or (), 1):
            place = f"{name} {number}"
            yield from _row(place, row, {"datasets": DATASET, "metrics": METRIC, "panels": PANEL}[name], needs)
            if "name" in needs and row["name"] in names:
                yield f"{place}: the name {row['name']} is taken"
            names.add(row.get("name", ""))
            yield from _below(f"{place} {row.get('name') or row.get('title')}", row)


def _below(place: str, row: Mapping[str, Any]) -> Iterator[str]:
    """What lies inside a dataset or a metric."""
    if "of" in row:
        yield from _row(f"{place}.of", row["of"], OF, ())
        if len({"feed", "record"} & set(row["of"])) != 1:
            yield f"{place}.of: expected a feed or a record"
    if "show" not in row and "columns" in row:
        if not isinstance(row["columns"], dict):
            yield f"{place}.columns: expected columns by name, not {row['columns']!r}"
        for name, column in row["columns"].items():
            yield from _row(f"{place}.columns.{name}", column, COLUMN, ("title",))


def _row(place: str, row: Any, fields: Mapping[str, str], needs: tuple[str, ...]) -> Iterator[str]:
    """Unknown names are left to whoever reads them."""
    if not isinstance(row, dict):
        yield f"{place}: expected fields with their values, not {row!r}".lstrip(": ")
        return
    for name in needs:
        if name not in row:
            yield f"{place}: there is no {name}"
    for name, value in row.items():
        kind = fields.get(name, "anything")
        if not KINDS[kind](value):
            yield f"{place}.{name}: expected {kind}, not {str(value)[:60]!r}".lstrip(".")
