"""The thirty topics as their officials expect them: complete, each number told, each mark in one place."""

from __future__ import annotations

import copy
import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.bootstrap import build_to_stay
from core.policy.feeds import read_datasets
from core.policy.topics import ROWS, Own, Topic, metric_of, read_topics
from core.settings import WrongSettings
from tests.clock import StillClock
from tests.town import a_core

TOPICS = read_topics()
WALL, PHONE, SCENE = "PC端", "移动端", "智慧城市运行管理调度应用场景"
REPORTS = {"R023", "R024", "R025"}
"""直通联办, 分析研判 and 绩效考核 are pages of their own, no topics."""

ORDER = [
    "home", "hotline", "city_admin", "security", "emergency_service", "community_grid", "info_centre", "epidemic",
    "group_rental", "port", "party", "business", "livelihood", "economy", "public_safety", "planning", "ecology",
    "construction", "traffic", "water", "rural", "health", "emergency", "supervision", "city_manage", "city_dispatch",
    "one_stop", "weather", "smart_dispatch", "base_support",
]  # fmt: skip

NAMED = {
    "home": [
        "12345网格化管理中心", "城市管理数字化指挥中心", "社会治安综合治理中心", "应急服务保障中心", "社区网格管理中心",
        "信息中心",
    ],
    "hotline": [
        "今日总量统计", "受理问题实时动态", "今日上报受理情况分析", "今日上报受理趋势分析", "今日受理方式情况分析",
        "职能部门办件处理情况分析", "办件类型分析", "办件来源分析",
    ],
    "city_admin": [
        "今日总量统计", "今日办件实时动态", "今日上报处置趋势分析", "今日热点分析", "职能部门处理情况分析",
        "职能部门逾期处理情况分析", "问题类型分析", "问题来源分析",
    ],
    "community_grid": [
        "今日总量统计", "今日办件实时动态", "网格数据统计分析", "职能部门处理情况分析", "网格底数",
        "职能部门逾期处理情况分析", "问题来源类型分析",
    ],
    "info_centre": [
        "今日接入接口情况统计", "今日数据库数据源统计", "接口运行状态统计", "主机状态分析", "上下行运行速率最新统计",
        "监控主机实时状态", "CPU使用率最新统计", "今日告警信息统计", "内存使用率最新统计",
    ],
}  # fmt: skip
"""What the client's paper (2.1.1.1 to 2.1.1.7) lists by name; it says 包含但不仅限于."""

every_topic = pytest.mark.parametrize("topic", TOPICS.values(), ids=list(TOPICS))


def test_the_thirty_stand_in_the_clients_order() -> None:
    assert list(TOPICS) == ORDER
    assert [topic.order for topic in TOPICS.values()] == list(range(1, 31))
    assert Counter(topic.group for topic in TOPICS.values()) == {"centre": 10, "scene": 20}


def test_every_row_of_the_contract_has_its_topic() -> None:
    rows = {row["id"]: row for row in _requirements() if "R001" <= row["id"] <= "R083"}
    marked = [(one, place, topic) for topic in TOPICS.values() for place, ids in topic.marks.items() for one in ids]
    assert sorted(one for one, _, _ in marked) == sorted(rows.keys() - REPORTS), "each row once"
    for one, place, topic in marked:
        row = rows[one]
        called = "首页" if topic.name == "home" else topic.title
        assert row["requirement"].startswith(called), (one, topic.title)
        assert row["module"] == (WALL if place == "wall" else PHONE)
        assert ("数据处理及接口" in row["requirement"]) == (topic.marks[place].index(one) == 1)
        assert (row["system"] == SCENE) == (topic.group == "scene")


@pytest.mark.parametrize("name", NAMED)
def test_what_the_client_lists_by_name_is_a_panel(name: str) -> None:
    titles = [panel.title for panel in TOPICS[name].panels]
    assert [title for title in NAMED[name] if title not in titles] == []


@every_topic
def test_a_topic_says_enough_of_its_trade_and_not_too_much(topic: Topic) -> None:
    assert len(topic.metrics) >= 8
    assert len({panel.show for panel in topic.panels}) >= 3
    assert len(topic.panels) <= 9
    assert {panel.place for panel in topic.panels} == {"left", "centre", "right"}
    assert len({panel.title for panel in topic.panels}) == len(topic.panels)


@every_topic
def test_every_number_is_shown_and_told(topic: Topic) -> None:
    shown = {name for panel in topic.panels for name in panel.metrics} | {topic.lead}
    assert topic.metrics.keys() - shown == set(), "told in the dictionary, shown nowhere"
    titles = Counter(metric.title for metric in topic.metrics.values())
    assert [title for title, count in titles.items() if count > 1] == []
    for metric in topic.metrics.values():
        assert metric.definition
        assert metric.definition != metric.title
        assert metric.formula
        assert metric.source
        edges = [metric.warn[level] for level in ("yellow", "orange", "red") if level in metric.warn]
        assert not edges or metric.good in ("up", "down"), f"{metric.full}: which way is bad?"
        assert edges == sorted(edges, reverse=metric.good == "up"), f"{metric.full}: red is the worst"
        if metric.target is not None and edges:
            assert metric.level(metric.target) in ("", "yellow"), f"{metric.full}: its own target is no alarm"


@every_topic
def test_a_panel_shows_what_fits_it(topic: Topic) -> None:
    for panel in topic.panels:
        metrics = [metric_of(TOPICS, topic, name) for name in panel.metrics]
        if panel.show in ("ranking", "share", "map") and panel.by:
            columns = [read_datasets()[one.of.feed].columns for one in metrics if not isinstance(one.of, Own)]
            assert all(panel.by in one for one in columns), (topic.name, panel.title)
        if panel.show == "share":
            assert len(metrics) == 1, (topic.name, panel.title)
            assert metrics[0].unit != "%", "shares of a rate are no whole"
        if panel.show == "gauge":
            assert metrics[0].unit == "%", "a gauge needs a whole"
        if panel.show == "funnel":
            assert len({one.unit for one in metrics}) == 1, (topic.name, panel.title)
        if panel.show in ROWS:
            assert panel.show == "heat" or panel.columns, (topic.name, panel.title)


def test_public_order_can_be_looked_through_by_state_and_service() -> None:
    """R008, R031: 处理状态、服务类型等信息快速查询."""
    live = next(panel for panel in TOPICS["security"].panels if panel.show == "live")
    columns = read_datasets()[live.feed].columns
    assert {columns[name].title for name in live.filters} >= {"状态", "服务类型"}


@every_topic
def test_every_topic_has_an_interface_and_uses_it(topic: Topic) -> None:
    mine = [one for one in read_datasets().values() if one.topic == topic.name]
    assert mine
    used = {panel.feed for each in TOPICS.values() for panel in each.panels} | {
        metric.of.feed for each in TOPICS.values() for metric in each.metrics.values() if not isinstance(metric.of, Own)
    }
    assert [one.full for one in mine if one.full not in used] == []


def test_no_column_asks_for_a_person() -> None:
    """Screens carry no personal data: sources are asked for kinds, places, states and sums only."""
    personal = ("姓名", "电话", "手机", "身份证", "住址", "车牌")
    titles = [(one.full, column.title) for one in read_datasets().values() for column in one.columns.values()]
    assert [told for told in titles if any(word in told[1] for word in personal)] == []


def _requirements() -> list[dict[str, str]]:
    path = Path(__file__).parents[1] / "requirements.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


THIRTY_FIRST = Path(__file__).parent / "feed_topics" / "one_more" / "lighting.yaml"


def _spoiled(tmp_path: Path, text: str) -> str:
    (tmp_path / "lighting.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="lighting") as caught:
        read_topics(tmp_path)
    return str(caught.value)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _places(value[name], (*place, name))


def test_a_thirty_first_topic_with_every_kind_of_panel_is_a_file() -> None:
    topic = read_topics(THIRTY_FIRST.parent)["lighting"]
    assert {panel.show for panel in topic.panels} >= {
        "number",
        "trend",
        "gauge",
        "map",
        "heat",
        "live",
        "ranking",
        "share",
        "sankey",
    }


@pytest.mark.parametrize("wrong", [None, 7, "x y", [1], {"a": 1}, True, -1])
def test_whatever_is_wrong_in_a_topics_file_is_one_sentence_that_names_it(tmp_path: Path, wrong: Any) -> None:
    """Each field in turn: what cannot be is refused with file and place; nothing else is ever raised."""
    whole, refused = yaml.safe_load(THIRTY_FIRST.read_text("utf-8")), 0
    for number, place in enumerate(_places(whole)):
        spoiled = copy.deepcopy(whole) if place else wrong
        inner = spoiled
        for name in place[:-1]:
            inner = inner[name]
        if place:
            inner[place[-1]] = wrong
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "lighting.yaml").write_text(yaml.safe_dump(spoiled, allow_unicode=True), encoding="utf-8")
        try:
            read_topics(folder)
        except ValueError as fault:
            told = str(fault)
            assert told.startswith("topics/lighting.yaml"), (place, told)
            assert "\n" not in told, (place, told)
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("required: true", "required: 是", "datasets 1 poles.columns.at.required: expected true or false, not '是'"),
        ("most: 20", "most: 二十", "datasets 1 poles.columns.pole.most: expected a number or nothing"),
        ("{state: 亮灯}", "{state: 亮着}", "poles.state is never 亮着"),
        ("name: rate", "name: lit", "metrics 2: the name lit is taken"),
        ("audience: [everyone]", "audience: [镇长]", "audience: there is no role 镇长"),
        ("title: 智慧路灯", "title: [智慧路灯", "line"),
        ("from: source, to: goes", "from: source", "维修去向: from and to: expected the columns it runs between"),
        ("from: source, to: goes", "from: source, to: goes, value: state", "lighting.orders.state is no number"),
        ("feed: poles, weight: power", "feed: orders", "lighting.orders has no lng and lat"),
        ("metrics: [lit, rate], by: town", "metrics: [lit], by: state", "lighting.poles has no column state of towns"),
    ],
)
def test_a_fault_is_told_where_it_is(tmp_path: Path, before: str, after: str, why: str) -> None:
    text = THIRTY_FIRST.read_text("utf-8")
    assert before in text
    told = _spoiled(tmp_path, text.replace(before, after, 1))
    assert told.startswith("topics/lighting.yaml")
    assert why in told


def test_a_process_that_stays_does_not_begin_with_a_topic_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_url: str
) -> None:
    """Not as the first passer-by looks at a wall, and in one sentence."""
    text = THIRTY_FIRST.read_text("utf-8").replace("show: gauge", "show: gouge")
    (tmp_path / "lighting.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("core.screens.read_topics", lambda: read_topics(tmp_path))
    monkeypatch.setattr("core.bootstrap.build_core", lambda: a_core(migrated_url, StillClock(datetime.now(UTC))))
    with pytest.raises(WrongSettings, match=r"^topics/lighting.yaml: 亮灯率: nothing is shown as gouge"):
        build_to_stay()
