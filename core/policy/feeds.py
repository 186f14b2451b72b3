"""What comes in from other systems, and how it is counted: the `datasets` of topics/*.yaml, read, proved, frozen.

The topics' metrics and panels say which counts are asked for; those are kept ready (`Dataset.cuts`), see core/feeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.policy import HERE
from core.policy.topic_shape import topic_files

TOPICS = HERE / "topics"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TYPES = frozenset({"time", "text", "number", "choice", "town"})
WAYS: Mapping[str, str] = MappingProxyType(
    {"push": "接口推送", "pull": "接口拉取", "file": "文件投放", "query": "数据库查询"}
)
HOWS = frozenset({"count", "sum", "mean", "max", "min", "last", "share", "distinct", "level"})
OVERS = frozenset({"now", "today", "24h", "7d", "30d", "month", "year", "1y"})
TIMES = frozenset({"hour", "day", "month"})
"""What `by` may say beside a column."""
LONGEST = 200
"""Characters of a text whose column names no other limit."""
MOST_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `least`, `most`: bounds of a number; of a text `most` is its longest, in characters.

    `later`: it goes on changing after the row's own moment, as a state does, so that a count by it grows with age.
    """

    title: str
    type: str = "text"
    unit: str = ""
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A count that is kept ready: rows by `columns` (values together), and of them what `measure` adds up to.

    An empty measure only counts rows. `ends`: least, greatest and last value are asked for, not only sums.
    """

    columns: tuple[str, ...] = ()
    measure: str = ""
    ends: bool = False

    @property
    def name(self) -> str:
        """Stable and unique within a dataset, whatever `ends` says."""
        return f"{'+'.join(self.columns)}:{self.measure}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One declared dataset. `every`: seconds expected between deliveries; `keep`: days that rows are kept.

    `key`: the columns that make a row itself; `time`: the column with the moment it is about.
    """

    topic: str
    name: str
    title: str
    owner: str
    every: int
    keep: int
    by: str
    key: tuple[str, ...]
    time: str
    columns: Mapping[str, Column]
    cuts: tuple[Cut, ...] = ()
    topic_title: str = ""

    @property
    def full(self) -> str:
        """`topic.name`, as folds and settings name it."""
        return f"{self.topic}.{self.name}"

    @property
    def series(self) -> tuple[str, ...]:
        """The key without its time: what there is one newest row of."""
        return tuple(one for one in self.key if one != self.time)


@dataclass(frozen=True, slots=True)
class Fold:
    """One number, or one a group, out of a dataset's rows (metric dictionary, `of`).

    `feed` is `topic.name`. `share` is Σcolumn ÷ Σper in per cent; without `per`, what `where` leaves of the whole, by
    rows when there is no column either. `level` is what a sum or count of newest rows was over a span: the mean of each
    series, added up; without a column, how many series spoke. `over`: now is the newest row of each series; 24h is this
    hour and the 23 before; 7d and 30d are today and the days before; month and year those of the calendar, until now;
    1y is today and the 364 days before. `by` is hour, day, month or a column; empty for one number.
    """

    feed: str
    how: str = "count"
    column: str = ""
    per: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    over: str = "today"
    by: str = ""


def trended(fold: Fold, over: str, by: str) -> Fold:
    """The same number over another span, by something: a sum or count of newest rows is a level through time."""
    rates = fold.over == "now" and over != "now" and fold.how in ("sum", "count")
    return replace(fold, over=over, by=by, how="level" if rates else fold.how)


def read_datasets(folder: Path = TOPICS) -> Mapping[str, Dataset]:
    """Every dataset by `topic.name`, in the order of the files. Raises ValueError naming file, dataset and fault."""
    return _read(folder)


@cache
def _read(folder: Path) -> Mapping[str, Dataset]:
    topics = topic_files(folder)
    found = [
        _dataset(name, row, str(topic.get("title", name)))
        for name, topic in topics.items()
        for row in topic.get("datasets") or ()
    ]
    known = {one.full: one for one in found}
    if len(known) < len(found):
        raise ValueError(f"{folder.name}: two datasets of one name in one topic")
    wanted: dict[str, dict[str, Cut]] = {name: {":": Cut()} for name in known}
    for cut_of, cut in cuts_asked(topics, known):
        kept = wanted[cut_of].get(cut.name)
        wanted[cut_of][cut.name] = Cut(cut.columns, cut.measure, cut.ends or bool(kept and kept.ends))
    return MappingProxyType({name: replace(one, cuts=tuple(wanted[name].values())) for name, one in known.items()})


def _dataset(topic: str, row: Mapping[str, Any], called: str) -> Dataset:
    where = f"topics/{topic}.yaml {row.get('name')}"
    known = {"name", "title", "owner", "every", "keep", "by", "key", "time", "columns", "demo"}
    if strange := set(row) - known or known - {"demo"} - set(row):
        raise ValueError(f"{where}: unknown or missing {', '.join(sorted(strange))}")
    columns = {str(name): _column(f"{where}.{name}", str(name), given) for name, given in row["columns"].items()}
    if not NAME.fullmatch(topic) or not NAME.fullmatch(row["name"]) or len(columns) > MOST_COLUMNS:
        raise ValueError(f"{where}: names are a-z, 0-9 and _, and there are {MOST_COLUMNS} columns at most")
    for number in ("every", "keep"):
        if type(row[number]) is not int or row[number] < 1:
            raise ValueError(f"{where}: {number} is a whole number from 1 up")
    if row["by"] not in WAYS:
        raise ValueError(f"{where}: nothing comes by {row['by']}")
    lacks = [one for one in (*row["key"], row["time"]) if one not in columns or not columns[one].required]
    if lacks or not row["key"] or columns[row["time"]].type != "time":
        raise ValueError(f"{where}: key and time are required columns, time of type time; {', '.join(lacks)}")
    made = (row["title"], row["owner"], row["every"], row["keep"], row["by"], tuple(row["key"]), row["time"])
    return Dataset(topic, row["name"], *made, MappingProxyType(columns), topic_title=called)


def _column(where: str, name: str, row: Mapping[str, Any]) -> Column:
    try:
        one = Column(**{**row, "choices": tuple(str(choice) for choice in row.get("choices", ()))})
    except TypeError:
        raise ValueError(f"{where}: unknown keys in {sorted(row)}") from None
    if not NAME.fullmatch(name) or one.type not in TYPES:
        raise ValueError(f"{where}: unfit name or unknown type {one.type}")
    if (one.type == "choice") != bool(one.choices):
        raise ValueError(f"{where}: choices and the type choice go together")
    return one


def cuts_asked(topics: Mapping[str, Any], known: Mapping[str, Dataset]) -> Iterator[tuple[str, Cut]]:
    """What the metrics of all topics count, and the columns their panels count it by. Raises ValueError."""
    metrics = {
        f"{topic}.{row['name']}": _fold_of(topic, row, known)
        for topic, table in topics.items()
        for row in table.get("metrics") or ()
        if "feed" in (row.get("of") or {})
    }
    for fold in metrics.values():
        towns = [name for name, one in known[fold.feed].columns.items() if one.type == "town"]
        for by in dict.fromkeys(("", fold.by, *towns)):
            yield from _cuts_both(fold, known, by)
    for topic, table in topics.items():
        for panel in table.get("panels") or ():
            for name in panel.get("metrics") or ():
                asked = metrics.get(name if "." in name else f"{topic}.{name}")
                if asked is not None and panel.get("by"):
                    yield from _cuts_both(asked, known, _by(asked, panel["by"], known, topic))


def _cuts_both(fold: Fold, known: Mapping[str, Dataset], by: str) -> Iterator[tuple[str, Cut]]:
    """As it is asked for, and, of newest rows, as it went through the day."""
    for one in (fold, trended(fold, "24h", by)):
        yield from ((fold.feed, cut) for cut in cuts_for(one, known[fold.feed], by))


def _by(fold: Fold, by: str, known: Mapping[str, Dataset], topic: str) -> str:
    if by not in TIMES and by not in known[fold.feed].columns:
        raise ValueError(f"topics/{topic}.yaml: a panel counts by {by}, which {fold.feed} does not have")
    return by


def _fold_of(topic: str, row: Mapping[str, Any], known: Mapping[str, Dataset]) -> Fold:
    of, where = row["of"], f"topics/{topic}.yaml metric {row['name']}"
    if strange := set(of) - {"feed", "how", "column", "per", "where", "over", "by"}:
        raise ValueError(f"{where}: unknown {', '.join(sorted(strange))}")
    fold = Fold(**{**of, "feed": of["feed"] if "." in of["feed"] else f"{topic}.{of['feed']}"})
    if fault := fault_of(fold, known):
        raise ValueError(f"{where}: {fault}")
    return fold


def fault_of(fold: Fold, known: Mapping[str, Dataset]) -> str:
    """What is wrong with a fold, in words for an engineer; empty when it can be computed."""
    if fold.feed not in known:
        return f"there is no dataset {fold.feed}"
    columns = known[fold.feed].columns
    if fold.how not in HOWS or fold.over not in OVERS:
        return f"unknown how {fold.how} or over {fold.over}"
    named = {fold.column, fold.per, *fold.where} | ({fold.by} - TIMES)
    if strange := named - {""} - set(columns):
        return f"{fold.feed} has no column {', '.join(sorted(strange))}"
    if fold.how not in ("count", "distinct", "share", "level") and not fold.column:
        return f"{fold.how} needs a column"
    if fold.how == "distinct" and not fold.column:
        return "distinct needs a column"
    if never := never_of(fold.where, known[fold.feed]):
        return never
    numbers = {fold.per, fold.column if fold.how not in ("count", "distinct") else ""} - {""}
    if wrong := [one for one in numbers if columns[one].type != "number"]:
        return f"{', '.join(wrong)} is no number"
    return "share needs a per or a where" if fold.how == "share" and not fold.per and not fold.where else ""


def never_of(where: Mapping[str, Any], dataset: Dataset) -> str:
    """Which of the values asked for no row can have; empty for none."""
    for name, value in where.items():
        choices = dataset.columns[name].choices if name in dataset.columns else ()
        asked = value if isinstance(value, list) else [value]
        if never := [str(one) for one in asked if choices and str(one) not in choices]:
            return f"{dataset.full}.{name} is never {', '.join(never)}"
    return ""


def unfit(
    show: str, dataset: Dataset, ends: tuple[str, str, str], weight: str, where: Mapping[str, Any]
) -> Iterator[str]:
    """What a way to show asks of the rows it shows, and they cannot give; `ends`: from, to and value of a Sankey."""
    numbers = {name for name, one in dataset.columns.items() if one.type == "number"}
    if show == "heat" and not {"lng", "lat"} <= numbers:
        yield f"{dataset.full} has no lng and lat, which a heat map stands on"
    if show == "sankey" and not (ends[0] and ends[1]):
        yield "from and to: expected the columns it runs between"
    if strange := {weight, ends[2]} - {"", *numbers}:
        yield f"{dataset.full}.{', '.join(sorted(strange))} is no number"
    if never := never_of(where, dataset):
        yield f"where: {never}"


def cuts_for(fold: Fold, dataset: Dataset, by: str = "") -> tuple[Cut, ...]:
    """The counts that answer a fold, by this column or time."""
    groups = {*fold.where} | ({by} - TIMES - {""})
    if fold.how == "distinct":
        return (Cut(tuple(sorted(groups | {fold.column}))),)
    if fold.how == "level":
        groups |= {*dataset.series}
    columns = tuple(sorted(groups))
    measures = (fold.column, fold.per) if fold.how == "share" and fold.per else (fold.column,)
    return tuple(Cut(columns, one, fold.how in ("max", "min", "last")) for one in dict.fromkeys(measures))
