"""Panels told: each way to show and what it is drawn from, in plain values a page can draw without thinking."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.feeds.folds import newest
from core.feeds.grains import opens_at, window
from core.plain import scrub
from core.policy.district import read_district
from core.policy.feeds import TIMES, read_datasets
from core.policy.records import read_records
from core.policy.topics import Metric, Own, Panel
from core.screens import lines, numbers
from core.screens.metrics import Teller, runs
from core.screens.own_cases import handovers
from core.timewords import when

MOST = {"ranking": 8, "share": 6, "live": 8, "table": 8, "funnel": 8, "heat": 1000, "sankey": 12}
STEPS = {"today": "hour", "24h": "hour", "7d": "day", "30d": "day", "month": "day", "year": "month", "1y": "month"}
STRETCH = re.compile(r"^(今日|昨日|本月|今年|近一年|近\d+天)(?=.)")
"""What a title says of its stretch is not so of the hours and days of a curve."""
Given = tuple[Metric, ...]
Maker = Callable[[Teller, Panel, Given], dict[str, Any]]


def told(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    """A panel ready to be drawn. `state`: ok, or empty and `note` says why; `stale` and `demo` as the worst of it."""
    made = MAKERS[panel.show](teller, panel, metrics)
    return {**_head(panel, metrics), **lineage(teller, panel, metrics), **made}


def fault(panel: Panel, metrics: Given) -> dict[str, Any]:
    """A panel that could not be counted: it says so in its own place."""
    return {**_head(panel, metrics), "as_of": "", "demo": False, "stale": "", "source": "", "state": "fault",
            "note": "这一块暂时算不出来"}  # fmt: skip


def _head(panel: Panel, metrics: Given) -> dict[str, Any]:
    return {
        "show": panel.show, "title": panel.title, "place": panel.place, "metrics": [one.full for one in metrics],
        "opens": panel.opens,
    }  # fmt: skip


def lineage(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    """From where and as of when: the oldest of what is shown, and whether any of it is stale or invented."""
    now, times, since = teller.look.now, list[tuple[datetime, int]](), list[datetime]()
    demo, sources = False, list[str]()
    feeds = {one.of.feed for one in metrics if not isinstance(one.of, Own)} | ({panel.feed} if panel.feed else set())
    for name in sorted(feeds):
        stand, dataset = teller.stand(name), read_datasets()[name]
        times += [(stand.upto, dataset.every if dataset.time in dataset.key else 0)] if stand.upto else []
        since += [stand.since] if stand.stale and stand.since else []
        demo |= stand.demo
        sources.append(dataset.title)
    for one in metrics:
        if isinstance(one.of, Own):
            own = teller.tell(one)
            times += [(own.as_of, 0)] if own.as_of else []
            since += [own.since] if own.since else []
            sources.append(one.source)
    if panel.record:
        times.append((now, 0))
        sources.append("本平台记录")
    return {
        "as_of": numbers.as_of(now, *min(times, default=(None, 0))), "demo": demo,
        "stale": when(now, min(since)) if since else "", "source": "、".join(dict.fromkeys(sources)),
    }  # fmt: skip


def _state(rows: Sequence[Any], teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    if rows:
        return {"state": "ok", "note": ""}
    if panel.record and (words := read_records().empty.get(panel.record)):
        return {"state": "empty", "note": words, "calm": True}
    notes = [teller.tell(one).note for one in metrics]
    if panel.feed and not metrics:
        stand = teller.stand(panel.feed)
        notes.append("" if stand.as_of else stand.words)
    return {"state": "empty", "note": next((note for note in notes if note), "") or "这段时间没有数据"}


def _numbers(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    """The numbers themselves stand in the topic's table of metrics."""
    return {"state": "ok", "note": ""}


def _trend(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    over = panel.over or ("30d" if panel.show == "calendar" else "24h")
    by = panel.by if panel.by in TIMES else STEPS.get(over, "day")
    series = [(one, dict(teller.tell(one, by, over).groups)) for one in metrics]
    names = sorted({name for _, groups in series for name in groups})
    running = [one.full for one in metrics if names and runs(teller, one, by, names[-1])]
    return {
        **_state(names, teller, panel, metrics),
        "running": running,
        "step": by,
        "labels": [numbers.moment_label(name, by) for name in names],
        "series": [
            {
                "metric": one.full,
                "values": [groups.get(name) for name in names],
                "name": STRETCH.sub("", one.title),
                "unit": one.unit,
            }
            for one, groups in series
        ],
    }


def _groups(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    """Groups of the first metric, the further metrics beside it; without `by`, the metrics themselves side by side."""
    most = panel.most or MOST[panel.show]
    if not panel.by:
        found = [(one.title, [teller.tell(one)]) for one in metrics]
        rows = [(name, [one.value for one in values]) for name, values in found if values[0].value is not None]
        heads, own = metrics[:1], {one.title: {"metric": one.full} for one in metrics}
    else:
        own = {}
        tables = [dict(teller.tell(one, panel.by, panel.over).groups) for one in metrics]
        rows = [(name, [table.get(name) for table in tables]) for name in tables[0]]
        if all(one.unit != "%" for one in metrics):
            rows = [row for row in rows if any(row[1])] or rows  # whoever has none of it has no place in a ranking
        heads = metrics
    whole = sum(values[0] or 0 for _, values in rows)
    shown = _cut(rows, most, panel.show)
    texts = _texts([values for _, values in shown], heads)
    return {
        **_state(rows, teller, panel, metrics),
        "heads": [{"title": one.title, "unit": one.unit} for one in heads],
        "total": whole,
        "total_text": numbers.short(whole, heads[0].decimals if heads else 0),
        "rest": max(0, len(rows) - most),
        "rows": [
            {**_group(name, values, told, whole), **own.get(name, {})}
            for (name, values), told in zip(shown, texts, strict=True)
        ],
    }


def _cut(rows: Sequence[tuple[str, list[Any]]], most: int, show: str) -> list[tuple[str, list[Any]]]:
    """The largest; of a share the small rest together, so that it stays a whole."""
    if show != "share" or len(rows) <= most:
        return list(rows[:most])
    rest = [
        sum(value or 0 for value in column) for column in zip(*(values for _, values in rows[most - 1 :]), strict=True)
    ]
    return [*rows[: most - 1], ("其他", rest)]


def _texts(rows: Sequence[Sequence[Any]], heads: Given) -> list[list[str]]:
    """The values of each row in words; what stands under one head is in one scale."""
    columns = [
        numbers.column(values, one.decimals) for values, one in zip(zip(*rows, strict=True), heads, strict=False)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _group(name: str, values: Sequence[Any], texts: list[str], whole: float) -> dict[str, Any]:
    share = round((values[0] or 0) / whole * 100, 1) if whole else 0.0
    return {"name": scrub(name), "values": list(values), "texts": texts, "share": share}


def _map(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    tables = [dict(teller.tell(one, panel.by or "town", panel.over).groups) for one in metrics]
    places = read_district().towns
    counted = [[table.get(town) for table in tables] for town in places]
    rows = [
        {"name": town, "point": [spot.lng, spot.lat], "side": spot.side, "values": values, "texts": texts}
        for (town, spot), values, texts in zip(places.items(), counted, _texts(counted, metrics), strict=True)
    ]
    some = [row for row in rows if any(value is not None for value in row["values"])]
    return {
        **_state(some, teller, panel, metrics),
        "heads": [{"title": one.title, "unit": one.unit} for one in metrics],
        "rows": rows,
        "around": list(read_district().around),
    }


def _heat(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    dataset = read_datasets()[panel.feed]
    columns = ("lng", "lat", dataset.time, *([panel.weight] if panel.weight else []))
    rows = newest(teller.look.tx, dataset, columns, panel.most or MOST["heat"], dict(panel.where))
    opens = opens_at(window(panel.over or "now", "", teller.look.now), teller.look.now)
    points = [
        [row["lng"], row["lat"], (row[panel.weight] or 0) if panel.weight else 1]
        for row in rows
        if row["lng"] is not None and row["lat"] is not None and (opens is None or row[dataset.time] >= opens)
    ]
    here = {"points": points, "full": panel.full, "around": list(read_district().around)}
    return {**_state(points, teller, panel, metrics), **here}


def _rows(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    found = lines.rows_of(teller, panel, {}, panel.most or MOST[panel.show])
    columns = lines.columns_of(panel)
    return {
        **_state(found, teller, panel, metrics),
        "columns": columns,
        "rows": lines.cells(teller, columns, found),
        "marks": lines.marks_of(panel, found),
        "filters": [
            {"name": name, "title": title, "choices": lines.choices_of(teller, panel, name, found)}
            for name, title in lines.filters_of(panel)
        ],
    }


def _calendar(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    groups = teller.tell(metrics[0], "day", panel.over or "1y").groups
    return {
        **_state(groups, teller, panel, metrics),
        "days": [[name, value] for name, value in groups],
        "heads": [{"title": metrics[0].title, "unit": metrics[0].unit}],
    }


def _sankey(teller: Teller, panel: Panel, metrics: Given) -> dict[str, Any]:
    most = panel.most or MOST["sankey"]
    if panel.record:
        found = [(a, b, float(n)) for a, b, n in handovers(teller.look, Own("handovers", panel.over or "30d"), most)]
    else:
        head, tail, value = panel.ends
        asked, many = ((head, tail, value), most * 4) if value else ((head, tail), MOST["heat"])
        sums: dict[tuple[str, str], float] = {}
        for row in newest(teller.look.tx, read_datasets()[panel.feed], asked, many, dict(panel.where)):
            if row[head] and row[tail]:  # without a value each row is one
                sums[row[head], row[tail]] = sums.get((row[head], row[tail]), 0.0) + (row[value] or 0 if value else 1)
        found = [(a, b, n) for (a, b), n in sorted(sums.items(), key=lambda one: -one[1])[:most] if a != b]
    return {**_state(found, teller, panel, metrics), "links": [[scrub(a), scrub(b), n] for a, b, n in found]}


MAKERS: Mapping[str, Maker] = {
    "number": _numbers, "gauge": _numbers, "trend": _trend, "ranking": _groups, "share": _groups, "funnel": _groups,
    "map": _map, "heat": _heat, "live": _rows, "table": _rows, "calendar": _calendar, "sankey": _sankey,
}  # fmt: skip
