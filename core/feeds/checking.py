"""Rows as somebody sent them → rows as a dataset declares them, and the others each with its reason in Chinese."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from core.canon import canonical
from core.plain import clean, scrub
from core.policy import read
from core.policy.feeds import LONGEST, Column, Dataset
from core.worktime import SHANGHAI

NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{1,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?")
DATE = re.compile(
    r"(\d{4})[-年.](\d{1,2})(?:[-月.](\d{1,2})日?|月?)(?:[T ]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?秒?分?)?"
)
"""A moment as people and their sheets write it: 2026-3-9 8:05, 2026年3月9日 8时5分, 2026年3月."""
TIGHT = re.compile(r"(?:19|20|21)\d{12}")
UNIX = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d{1,9})?")
"""Unix seconds or milliseconds of our age, told as a text."""
EMPTY = frozenset({"", "-", "--", "—", "——", "/", "无", "空", "null", "none", "nan", "n/a", "#n/a"})
"""What stands in a sheet where there is no number and no moment."""
MOST_KEPT = 1000
"""Characters kept of a row that was refused."""
MOST_STRANGE = 20
"""Columns that no dataset declares are told by name up to here."""


@dataclass(frozen=True, slots=True)
class Row:
    """A good row. `key` is what makes it itself, `series` the same without its time; empty values are left out."""

    key: str
    series: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not taken: its number in the delivery, from 1, what it said, and why."""

    row: int
    body: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A delivery looked through. `strange`: columns it has that the dataset does not declare."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    strange: tuple[str, ...]


class _Unfit(Exception):
    """Why a value is not what its column takes."""


def check(dataset: Dataset, given: Iterable[Any], now: datetime, ahead: timedelta) -> Checked:
    """Every row judged on its own: one that is wrong costs no other."""
    rows, faults, strange = list[Row](), list[Fault](), dict[str, None]()
    for number, raw in enumerate(given, 1):
        try:
            if not isinstance(raw, Mapping):
                raise _Unfit("不是一个对象，每一行应是「列名: 值」")
            for name in raw.keys() - dataset.columns.keys() if len(strange) < MOST_STRANGE else ():
                strange[clean(str(name), 40)] = None
            rows.append(_row(dataset, raw, now, ahead))
        except _Unfit as no:
            faults.append(Fault(number, told(raw), str(no)))
    return Checked(tuple(rows), tuple(faults), tuple(sorted(strange)[:MOST_STRANGE]))


def _row(dataset: Dataset, raw: Mapping[Any, Any], now: datetime, ahead: timedelta) -> Row:
    body: dict[str, Any] = {}
    at = now
    for name, column in dataset.columns.items():
        value = raw.get(name)
        if _is_empty(value, column):
            if column.required:
                raise _Unfit(f"缺少「{column.title}」（{name}）")
            continue
        read_as = _READ[column.type](value, column)
        if isinstance(read_as, datetime):
            at = read_as if name == dataset.time else at
            body[name] = read_as.isoformat()
        else:
            body[name] = read_as
    title = dataset.columns[dataset.time].title
    if at > now + ahead:
        raise _Unfit(f"「{title}」{at:%Y-%m-%d %H:%M} 比现在晚了 {_minutes(at - now)}，请校准对方的时钟")
    if at < now - timedelta(days=dataset.keep):
        raise _Unfit(f"「{title}」{at:%Y-%m-%d %H:%M} 早于保存期限 {dataset.keep} 天")
    moment = f"{int(at.timestamp()):08x}" if dataset.time in dataset.key else ""
    series = _series(tuple(body[one] for one in dataset.series))
    mark = series if dataset.key == dataset.series else _mark([body[one] for one in dataset.key])
    return Row(f"{moment}{mark}", series, at, body)


def _is_empty(value: Any, column: Column) -> bool:
    if not isinstance(value, str):
        return value is None or (isinstance(value, float) and math.isnan(value))
    line = value.strip()
    return not line or (column.type in ("number", "time") and line.lower() in EMPTY)


def _minutes(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} 分钟" if minutes < 600 else f"{minutes // 60} 小时"


def _mark(values: Sequence[Any]) -> str:
    """Short and the same for the same values; a hash, so that a long key costs no more than a short one."""
    return hashlib.blake2b(canonical(list(values)).encode(), digest_size=12).hexdigest()


_series = lru_cache(maxsize=4096, typed=True)(_mark)
"""The same few series come again in every row of a delivery."""


def _time(value: Any, column: Column) -> datetime:
    found = moment_of(value)
    if found is None:
        raise _Unfit(f"「{column.title}」不是时间，写成 2026-03-09T14:00:00+08:00")
    return found


def moment_of(value: Any) -> datetime | None:
    """ISO 8601, local when it names no zone, or as people write it, or Unix seconds or milliseconds, or 14 digits.

    None for what is no time of our age.
    """
    try:
        if isinstance(value, str) and UNIX.fullmatch(value.strip()):
            value = float(value)
        if isinstance(value, datetime):
            found = value
        elif isinstance(value, str | int) and not isinstance(value, bool) and TIGHT.fullmatch(str(value).strip()):
            found = datetime.strptime(str(value).strip(), "%Y%m%d%H%M%S")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, SHANGHAI)
        elif isinstance(value, str) and len(value) <= 40:
            found = _written(value.strip().replace("/", "-"))
        else:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
        local = found.astimezone(SHANGHAI)
    except (ValueError, OverflowError, OSError):
        return None
    return local if 1990 <= local.year <= 2200 else None


def _written(line: str) -> datetime:
    """Raises ValueError."""
    if (found := DATE.fullmatch(line)) is None:
        return datetime.fromisoformat(line)
    year, month, day, hour, minute, second = (int(one or 0) for one in found.groups())
    return datetime(year, month, day or 1, hour, minute, second)


def _number(value: Any, column: Column) -> int | float:
    if isinstance(value, str):
        text = value.strip().replace(",", "").replace("，", "")
        text = text[:-1].rstrip() if column.unit == "%" and text.endswith(("%", "％")) else text
        value = float(text) if NUMBER.fullmatch(text) else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unfit(f"「{column.title}」不是数")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > 1e15:
        raise _Unfit(f"「{column.title}」超出了能记的范围")
    if column.least is not None and number < column.least:
        raise _Unfit(f"「{column.title}」小于 {column.least:,.10g}")
    if column.most is not None and number > column.most:
        raise _Unfit(f"「{column.title}」大于 {column.most:,.10g}")
    return int(number) if number.is_integer() else number


def _text(value: Any, column: Column) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Unfit(f"「{column.title}」不是文字")
    try:
        line = clean(str(value))
    except ValueError:  # a whole number of thousands of digits
        raise _Unfit(f"「{column.title}」太长") from None
    longest = int(column.most or LONGEST)
    if len(line) > longest:
        raise _Unfit(f"「{column.title}」超过 {longest} 字")
    if not line and column.required:
        raise _Unfit(f"缺少「{column.title}」")
    return line


def _choice(value: Any, column: Column) -> str:
    line = _text(value, Column(column.title))
    if line not in column.choices:
        raise _Unfit(f"「{column.title}」是「{clean(line, 20)}」，只能是{'、'.join(column.choices[:12])}")
    return line


def _town(value: Any, column: Column) -> str:
    line = _text(value, Column(column.title))
    if line not in towns():
        raise _Unfit(f"「{column.title}」是「{clean(line, 20)}」，不是本区的镇街")
    return towns()[line]


@cache
def towns() -> Mapping[str, str]:
    """What a town may be called → its name: 「秀英街道」 for its own name and that of its office."""
    rows = [row for row in read("seed/units.yaml") if row["kind"] == "town"]
    return {called: row["short"] for row in rows for called in (row["short"], row["name"])}


_READ = {"time": _time, "text": _text, "number": _number, "choice": _choice, "town": _town}


def told(raw: Any) -> str:
    """A refused row, cut to what may be kept of it."""
    try:
        line = canonical(raw, str)
    except (RecursionError, TypeError, ValueError):
        line = str(type(raw).__name__)
    return scrub(line[: MOST_KEPT * 2])[:MOST_KEPT]  # what was not asked for may name somebody
