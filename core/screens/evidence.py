"""What was seen on a screen, in words: the beginning of a case or a joint order, carrying its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.policy.district import read_district
from core.policy.feeds import read_datasets
from core.policy.topics import Metric, Panel, Topic
from core.screens import lines, numbers, panels
from core.screens.metrics import Teller, shown, splits

LISTED = ("live", "table")
LOOKED = 500
"""So far down a list a row is looked for: while a form opens it may have moved on."""
LEVELS = {"yellow": "黄色预警", "orange": "橙色预警", "red": "红色预警"}
TITLE = 40
DEMO = "演示数据，仅供练习。"
PLACES = ("town", "place")
Seen = dict[str, str]


def of_metric(teller: Teller, topic: Topic, name: str) -> Seen | None:
    """A number with its change, level, target and definition."""
    if name not in topic.metrics:
        return None
    one = topic.metrics[name]
    told = shown(teller, one)
    level = LEVELS.get(told["level"], "")
    said = (
        f"{topic.title}「{one.title}」{told['exact']}{one.unit}，{told['as_of'] or '时间不明'}。",
        told["change"] + "。" if told["change"] else "",
        f"已达{level}（{numbers.exact(one.warn[told['level']], one.decimals)}{one.unit}）。" if level else "",
        f"目标 {told['target_text']}{one.unit}。" if told["target_text"] else "",
        f"口径：{one.definition}。来源：{one.source}（{one.owner}）。",
        DEMO if told["demo"] else "",
    )
    return _seen(f"{one.title}{level or '异常'}：{told['text']}{one.unit}", said)


def of_town(teller: Teller, topic: Topic, town: str) -> Seen | None:
    """The topic's numbers of one town, as they stand beside each other when it is tapped."""
    if town not in read_district().towns:
        return None
    found, times, demo = list[str](), list[Any](), False
    for one in topic.metrics.values():
        if not (by := splits(one)):
            continue
        told = teller.tell(one, by)
        value = dict(told.groups).get(town)
        if value is None:
            continue
        found.append(f"{one.title} {numbers.short(value, one.decimals)}{one.unit}")
        times += [told.as_of] if told.as_of else []
        demo |= told.demo
    if not found:
        return None
    as_of = numbers.as_of(teller.look.now, min(times, default=None), 0) or "时间不明"
    said = (f"{topic.title}{town}：{'，'.join(found)}。{as_of}。", DEMO if demo else "")
    return _seen(f"{town}异常：{found[0]}", said, town)


def of_group(teller: Teller, topic: Topic, panel: Panel, metrics: tuple[Metric, ...], name: str) -> Seen | None:
    """One line of a ranking, a share, a funnel or a map: its numbers with the panel's age and source."""
    told = panels.told(teller, panel, metrics)
    row = next((one for one in told.get("rows", ()) if isinstance(one, Mapping) and one["name"] == name), None)
    if row is None or not name:
        return None
    pairs = list(zip(told["heads"], row["texts"], strict=False))
    numbers_ = "，".join(f"{head['title']} {text}{head['unit']}" for head, text in pairs)
    said = (
        f"{topic.title}「{panel.title}」{name}：{numbers_}，{told['as_of'] or '时间不明'}。",
        f"口径：{metrics[0].definition}。来源：{told['source']}（{metrics[0].owner}）。",
        DEMO if told["demo"] else "",
    )
    head, text = pairs[0]
    return _seen(f"{name}{head['title']}异常：{text}{head['unit']}", said, name)


def of_row(
    teller: Teller, topic: Topic, panel: Panel, metrics: tuple[Metric, ...], mark: str, filters: Mapping[str, str]
) -> Seen | None:
    """One row of a dataset's list, column by column. None for rows of our own record: those are cases already."""
    found = lines.rows_of(teller, panel, filters, LOOKED) if panel.feed else []
    place = next((at for at, one in enumerate(lines.marks_of(panel, found)) if one == mark), None)
    if place is None:
        return None
    row, columns = found[place], lines.columns_of(panel)
    cells = lines.cells(teller, columns, [row])[0]
    told = [(column, text) for column, text in zip(columns, cells, strict=True) if text != "—"]
    words, dataset = "，".join(f"{column['title']} {text}" for column, text in told), read_datasets()[panel.feed]
    age = panels.lineage(teller, panel, metrics)
    said = (
        f"{topic.title}「{panel.title}」：{words}，{age['as_of'] or '时间不明'}。",
        f"来源：{dataset.title}（{dataset.owner}）。",
        DEMO if age["demo"] else "",
    )
    head = " ".join(text for column, text in told if column["type"] != "time")
    return _seen(f"{panel.title}：{head}", said, *(str(row.get(one) or "") for one in PLACES))


def _seen(title: str, said: Iterable[str], town: str = "", spot: str = "") -> Seen:
    """The district with its town, if that is one, and the spot, which may name either itself."""
    place = read_district().name
    for part in (town if town in read_district().towns else "", spot):
        place = part if part.startswith(place) else place + part
    return {"title": title[:TITLE], "content": "".join(said), "place": place}
