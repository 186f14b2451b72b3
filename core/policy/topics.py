"""The screens' topics (topics/*.yaml): what each shows, to whom, and what every number means. Read, proved, frozen.

A topic is a file: the thirty-first is a commit without Python (house-style rule 14, domain-rules §16).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.feeds import NAME, OVERS, TIMES, TOPICS, Dataset, Fold, fault_of, read_datasets, unfit
from core.policy.records import read_records
from core.policy.topic_audience import EVERYONE, unseen
from core.policy.topic_shape import topic_files

SHOWS = frozenset(
    {"number", "trend", "ranking", "share", "gauge", "map", "heat", "live", "table", "funnel", "calendar", "sankey"}
)
ROWS = frozenset({"live", "table", "heat"})
"""Ways to show that list rows, not numbers."""
PLACES = ("left", "centre", "right")
MOST_PANELS = 9
LEVELS = ("yellow", "orange", "red")
KEYS = {
    "name", "title", "order", "group", "audience", "owner", "refresh", "lead", "marks", "datasets", "metrics", "panels",
    "demo", "about",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Own:
    """A count of our own record: which measure, over which time, by what, and of which values."""

    measure: str
    over: str = "today"
    by: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the metric dictionary. `good`: up, down or none.

    `warn`: level → the value at which it begins: of what should be high at or below it, else at or above it.
    """

    topic: str
    name: str
    title: str
    unit: str
    good: str
    decimals: int
    definition: str
    formula: str
    source: str
    owner: str
    refresh: int
    of: Fold | Own
    target: float | None
    warn: Mapping[str, float]

    @property
    def full(self) -> str:
        return f"{self.topic}.{self.name}"

    def level(self, value: float | None) -> str:
        """The warning a value gives: yellow, orange, red, or empty (domain-rules §8)."""
        if value is None:
            return ""
        found = [name for name, edge in self.warn.items() if (value <= edge if self.good == "up" else value >= edge)]
        return max(found, key=LEVELS.index, default="")


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: a way to show, and what. `rows` is a dataset (`topic.name`) or a list of our own record."""

    show: str
    title: str
    metrics: tuple[str, ...]
    by: str
    over: str
    most: int
    place: str
    feed: str
    record: str
    columns: tuple[str, ...]
    filters: tuple[str, ...]
    where: Mapping[str, Any]
    weight: str
    ends: tuple[str, str, str]  # of a Sankey: the columns from, to, value
    opens: str  # the topic its title leads to
    order: str  # the column rows are sorted by; else the newest come first
    full: float  # of a heat map: the weight that is as hot as can be; 0: the greatest there is


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as its file has it; panels in reading order."""

    name: str
    title: str
    order: int
    group: str
    audience: frozenset[str]
    owner: str
    refresh: int
    lead: str
    marks: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, Metric]
    panels: tuple[Panel, ...]

    def is_for(self, role: str) -> bool:
        """Whether this role may look at it; a wall's account counts as everyone."""
        return EVERYONE in self.audience or role in self.audience


def read_topics(folder: Path = TOPICS) -> Mapping[str, Topic]:
    """Every topic by name, in their order. Raises ValueError naming file and fault."""
    return _read(folder)


@cache
def _read(folder: Path) -> Mapping[str, Topic]:
    datasets = read_datasets(folder)
    made = [_topic(stem, raw, datasets) for stem, raw in topic_files(folder).items()]
    made.sort(key=lambda one: one.order)
    known = {one.name: one for one in made}
    if len({one.order for one in made}) < len(made):
        twice = next(f"{one.name}.yaml and {two.name}.yaml" for one, two in pairwise(made) if one.order == two.order)
        raise ValueError(f"topics/{twice}: order: two topics stand at one place")
    metrics = {one.full for topic in made for one in topic.metrics.values()}
    audiences = {one.name: one.audience for one in made}
    for topic in made:
        if faults := [*_faults(topic, datasets, metrics), *unseen(topic, audiences)]:
            raise ValueError(f"topics/{topic.name}.yaml: " + "; ".join(faults))
    return MappingProxyType(known)


def metric_of(topics: Mapping[str, Topic], topic: Topic, name: str) -> Metric:
    """The metric a panel names: its own topic's, or another's as `topic.metric`."""
    other, _, own = name.rpartition(".")
    return (topics[other] if other else topic).metrics[own]


def _topic(stem: str, raw: Mapping[str, Any], datasets: Mapping[str, Dataset]) -> Topic:
    where = f"topics/{stem}.yaml"
    if strange := set(raw) - KEYS:
        raise ValueError(f"{where}: unknown {', '.join(sorted(strange))}")
    if raw.get("name") != stem or not NAME.fullmatch(stem):
        raise ValueError(f"{where}: its name is the file's, a-z, 0-9 and _")
    try:
        head = {"owner": raw["owner"], "refresh": int(raw["refresh"])}
        metrics = [_metric(stem, row, head, datasets) for row in raw["metrics"]]
        panels = tuple(_panel(stem, row) for row in raw["panels"])
        marks = {name: tuple(ids) for name, ids in (raw.get("marks") or {}).items()}
        return Topic(
            stem, raw["title"], int(raw["order"]), raw["group"], frozenset(raw["audience"]), raw["owner"],
            int(raw["refresh"]), raw["lead"], MappingProxyType(marks),
            MappingProxyType({one.name: one for one in metrics}), panels,
        )  # fmt: skip
    except KeyError as lack:
        raise ValueError(f"{where}: there is no {lack.args[0]}") from None


def _metric(topic: str, row: Mapping[str, Any], head: Mapping[str, Any], datasets: Mapping[str, Dataset]) -> Metric:
    of, where = dict(row["of"]), f"topics/{topic}.yaml metric {row['name']}"
    told: dict[str, Any] = dict(head)
    made: Fold | Own
    if measure := of.pop("record", ""):
        if strange := set(of) - {"over", "by", "where"}:
            raise ValueError(f"{where}: unknown {', '.join(sorted(strange))}")
        known = read_records().measures.get(measure)
        if known is None:
            raise ValueError(f"{where}: our record has no {measure}")
        made = Own(measure, of.get("over", "now" if known.stock else "today"), of.get("by", ""), of.get("where") or {})
        told |= {"title": known.title, "unit": known.unit, "formula": known.formula, "source": known.source}
        told["definition"] = known.formula
    else:
        feed = of.pop("feed", "")
        try:
            made = Fold(feed=feed if "." in feed else f"{topic}.{feed}", **of)
        except TypeError:
            raise ValueError(f"{where}: unknown words in {sorted(of)}") from None
        if fault := fault_of(made, datasets):
            raise ValueError(f"{where}: {fault}")
        source = datasets[made.feed]
        told |= {"source": source.title, "owner": source.owner, "refresh": source.every}
    told |= {name: row[name] for name in ("title", "unit", "definition", "formula", "source", "owner") if name in row}
    told["refresh"] = row.get("refresh", told["refresh"])
    lacks = [name for name in ("title", "definition", "formula", "source") if not told.get(name)]
    if lacks:
        raise ValueError(f"{where}: there is no {', '.join(lacks)}")
    warn = {name: float(row["warn"][name]) for name in LEVELS if name in (row.get("warn") or {})}
    target = None if row.get("target") is None else float(row["target"])
    return Metric(
        topic, row["name"], told["title"], str(told.get("unit", "")), row.get("good", "none"),
        int(row.get("decimals", 0)), told["definition"], told["formula"], told["source"], told["owner"],
        int(told["refresh"]), made, target, MappingProxyType(warn),
    )  # fmt: skip


def _panel(topic: str, row: Mapping[str, Any]) -> Panel:
    feed = row.get("feed", "")
    known = {
        "show", "title", "metrics", "by", "over", "most", "place", "feed", "record", "columns", "filters", "where",
        "weight", "from", "to", "value", "order", "full",
    }  # fmt: skip
    if strange := set(row) - known:
        raise ValueError(f"topics/{topic}.yaml panel {row.get('title')}: unknown {', '.join(sorted(strange))}")
    return Panel(
        row["show"], row["title"], tuple(row.get("metrics") or ()), row.get("by", ""), row.get("over", ""),
        int(row.get("most", 0)), row.get("place", ""), f"{topic}.{feed}" if feed and "." not in feed else feed,
        row.get("record", ""), tuple(row.get("columns") or ()), tuple(row.get("filters") or ()),
        row.get("where") or {}, row.get("weight", ""),
        (row.get("from", ""), row.get("to", ""), row.get("value", "")) if row["show"] == "sankey" else ("", "", ""),
        row.get("to", "") if row["show"] != "sankey" else "", row.get("order", ""),
        float(row.get("full", 0)),
    )  # fmt: skip


def _faults(topic: Topic, datasets: Mapping[str, Dataset], metrics: set[str]) -> Iterator[str]:
    if topic.group not in ("centre", "scene"):
        yield f"its group is centre or scene, not {topic.group}"
    if topic.lead not in topic.metrics:
        yield f"its lead {topic.lead} is no metric of it"
    if not 1 <= len(topic.panels) <= MOST_PANELS:
        yield f"it has {len(topic.panels)} panels; a wall holds 1 to {MOST_PANELS}"
    if strange := topic.audience - {EVERYONE, *read("permissions.yaml")["roles"]}:
        yield f"audience: there is no role {', '.join(sorted(strange))}"
    if not topic.audience:
        yield "audience: it is for nobody"
    if topic.refresh < 5:
        yield "it refreshes every 5 s at most"
    for one in topic.metrics.values():
        if one.good not in ("up", "down", "none"):
            yield f"{one.name}: good is up, down or none"
        if isinstance(one.of, Own):
            yield from (f"{one.name}: {fault}" for fault in _own_faults(one.of, one.of.by))
    for panel in topic.panels:
        yield from (f"{panel.title}: {fault}" for fault in _panel_faults(topic, panel, datasets, metrics))


def _own_faults(own: Own, by: str) -> Iterator[str]:
    measure = read_records().measures[own.measure]
    if by and by not in measure.by:
        yield f"{own.measure} is not counted by {by}"
    if own.over not in OVERS or (measure.stock and own.over != "now"):
        yield f"{own.measure} is not counted over {own.over}"


def _panel_faults(topic: Topic, panel: Panel, datasets: Mapping[str, Dataset], metrics: set[str]) -> Iterator[str]:
    if panel.show not in SHOWS or (panel.place and panel.place not in PLACES):
        yield f"nothing is shown as {panel.show}, or stands at {panel.place}"
    if panel.over and panel.over not in OVERS:
        yield f"unknown time {panel.over}"
    for name in panel.metrics:
        full = name if "." in name else f"{topic.name}.{name}"
        if full not in metrics:
            yield f"there is no metric {name}"
        elif "." not in name and panel.by and isinstance(own := topic.metrics[name].of, Own):
            yield from _own_faults(own, panel.by)
    if panel.feed and panel.feed not in datasets:
        yield f"there is no dataset {panel.feed}"
    elif panel.feed:
        named = {*panel.columns, *panel.filters, *panel.where, panel.weight, panel.order, *panel.ends} - {""}
        yield from (f"{panel.feed} has no column {name}" for name in sorted(named - set(datasets[panel.feed].columns)))
        yield from unfit(panel.show, datasets[panel.feed], panel.ends, panel.weight, panel.where)
    if panel.show == "map":
        yield from _map_faults(topic, panel, datasets)
    if panel.record and panel.show != "sankey" and panel.record not in read_records().lists:
        yield f"our record has no list {panel.record}"
    if panel.show in ROWS and not (panel.feed or panel.record):
        yield "it needs rows: a feed or a list of our record"
    if panel.show == "sankey" and not (panel.feed or panel.record):
        yield "it needs hand-overs: a feed or our record"
    if panel.show not in ROWS and panel.show != "sankey" and not panel.metrics:
        yield "it names no metric"
    if panel.show in ("trend", "calendar") and panel.by not in (*TIMES, ""):
        yield "it runs along hour, day or month"


def _map_faults(topic: Topic, panel: Panel, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    by = panel.by or "town"
    for one in (topic.metrics[name] for name in panel.metrics if name in topic.metrics):
        if isinstance(one.of, Own):
            yield from (_own_faults(one.of, by) if not panel.by else ())
        elif by not in (columns := datasets[one.of.feed].columns) or columns[by].type != "town":
            yield f"{one.of.feed} has no column {by} of towns for {one.name}"
