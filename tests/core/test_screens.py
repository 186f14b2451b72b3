"""Topics are rows, their numbers are the console's, and a picture asked for by many is made once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import delete, func, insert, select, update

from core import Core
from core.errors import Unknown
from core.feeds.taking import EMPTY
from core.figures import HANDLED, REGISTERED, Ask, Pick
from core.models.cases import cases
from core.models.feeds import feeds
from core.models.joint import joint_orders
from core.models.record import letters
from core.policy.records import read_records
from core.policy.topics import Own, metric_of, read_topics
from core.queries.filters import CaseFilter
from core.screens import lists, metrics, numbers
from core.screens.opening import opens
from core.screens.shelf import GONE_S, Shelf
from core.screens.told import Look, Told, whole_days
from core.screens.videos import NoVideo, link
from core.seeding.cases import seed_cases
from core.settings import Media
from core.sm import hmac_sm3
from core.timewords import when
from core.topic_watch import TopicWatch
from core.worktime import SHANGHAI, local_date
from tests.builders import dispatched
from tests.clock import StillClock
from tests.core.moments import at

TOPIC: dict[str, Any] = {
    "name": "lamps", "title": "路灯", "order": 31, "group": "scene", "audience": ["everyone"], "owner": "城管局",
    "refresh": 60, "lead": "lit",
    "datasets": [
        {
            "name": "poles", "title": "灯杆", "owner": "照明所", "every": 600, "keep": 30, "by": "push",
            "key": ["pole", "at"], "time": "at",
            "columns": {
                "at": {"title": "时间", "type": "time", "required": True},
                "pole": {"title": "灯杆", "type": "text", "most": 20, "required": True},
                "state": {"title": "状态", "type": "choice", "choices": ["亮", "灭"]},
                "watts": {"title": "功率", "type": "number", "unit": "瓦"},
            },
        }
    ],
    "metrics": [
        {
            "name": "lit", "title": "亮灯", "unit": "盏", "good": "up", "definition": "此刻亮着的灯",
            "formula": "亮的盏数",
            "of": {"feed": "poles", "how": "count", "where": {"state": "亮"}, "over": "now"},
            "warn": {"yellow": 90, "orange": 80, "red": 50},
        },
        {"name": "asked", "of": {"record": "received", "over": "today"}},
    ],
    "panels": [
        {"show": "number", "title": "亮灯", "metrics": ["lit", "asked"]},
        {"show": "share", "title": "状态", "metrics": ["lit"], "by": "state"},
        {"show": "live", "title": "动态", "feed": "poles", "columns": ["at", "pole", "state"], "filters": ["state"]},
    ],
}  # fmt: skip


def read(folder: Path, **changes: Any) -> Any:
    (folder / "lamps.yaml").write_text(yaml.safe_dump({**TOPIC, **changes}, allow_unicode=True), encoding="utf-8")
    return read_topics(folder)


def test_the_thirty_first_topic_is_a_file(tmp_path: Path) -> None:
    topic = read(tmp_path)["lamps"]
    assert [panel.show for panel in topic.panels] == ["number", "share", "live"]
    assert (topic.metrics["lit"].source, topic.metrics["lit"].owner) == ("灯杆", "照明所")
    assert (topic.metrics["asked"].title, topic.metrics["asked"].unit) == ("登记", "件")
    assert [topic.metrics["lit"].level(value) for value in (100, 90, 60, 50, None)] == [
        "",
        "yellow",
        "orange",
        "red",
        "",
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "lamp"}, "its name is the file's"),
        ({"lead": "dark"}, "its lead dark is no metric"),
        ({"panels": []}, "0 panels"),
        ({"panels": [{"show": "pie", "title": "饼", "metrics": ["lit"]}]}, "nothing is shown as pie"),
        ({"panels": [{"show": "number", "title": "数", "metrics": ["dark"]}]}, "there is no metric dark"),
        ({"panels": [{"show": "table", "title": "表"}]}, "it needs rows"),
        ({"panels": [{"show": "table", "title": "表", "feed": "poles", "columns": ["lux"]}]}, "no column lux"),
        ({"panels": [{"show": "number", "title": "数", "metrics": ["lit"], "size": 3}]}, "unknown size"),
        ({"metrics": [{"name": "lit", "of": {"record": "moonlight"}}]}, "our record has no moonlight"),
        ({"metrics": [{"name": "lit", "of": {"record": "warned", "over": "today"}}]}, "not counted over today"),
        ({"color": "red"}, "unknown color"),
    ],
)
def test_a_topic_at_fault_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=f"lamps.*{fault}"):
        read(tmp_path, **changes)


def test_every_measure_and_list_of_the_table_is_answered() -> None:
    assert set(metrics.COUNTS) == set(read_records().measures)
    assert set(lists.LISTS) == set(read_records().lists)


@pytest.fixture
def busy(core: Core, clock: StillClock) -> Core:
    clock.set("2026-03-09 15:00")
    seed_cases(core, 60, 20, seed=3)
    core.measures.fold()
    return core


def test_our_own_numbers_are_the_consoles(busy: Core) -> None:
    """Of the district, by unit and by source: what the statistics page opens under the same days."""
    desk, today = busy.actor_for("dingtalk", "xy011"), busy.today()

    def counted(own: Own) -> Told:
        return busy._read(lambda tx: metrics.COUNTS[own.measure](Look(tx, busy.world(), busy.clock.now()), own))

    for measure, kind, amount in (
        ("received", REGISTERED, "received"), ("closed", REGISTERED, "closed"), ("returned", HANDLED, "returned"),
    ):  # fmt: skip
        ask = Ask(today.replace(day=1), today, kind)
        assert counted(Own(measure, "month")).value == busy.measures.total(desk, ask, Pick(amount))
    ask = Ask(today.replace(day=1), today, HANDLED)
    by_unit = dict(counted(Own("received", "month", "unit")).groups)
    for line in busy.measures.stats(desk, ask, ("unit",)).chapters[0].lines:
        assert by_unit[line.title] == line.cells[0].number
    sources = counted(Own("received", "month", "channel")).groups
    one = busy.policy.sources["RX"]
    assert dict(sources)[one.short] == counted(Own("received", "month", "", {"channel": ["RX"]})).value
    assert sum(value for _, value in sources) == counted(Own("received", "month")).value
    hours = counted(Own("received", "24h", "hour"))
    assert (len(hours.groups), sum(value for _, value in hours.groups)) == (24, hours.value)


def test_every_panel_of_every_topic_is_told_without_any_feed(busy: Core) -> None:
    """Before anything came in there is a face with a reason, never a fault."""
    for topic in read_topics().values():
        told = busy.screens.picture(topic).told
        assert len(told["panels"]) == len(topic.panels)
        for panel, row in zip(told["panels"], topic.panels, strict=True):
            assert panel["state"] in ("ok", "empty")
            assert panel["note"] or panel["state"] == "ok"
            assert [metric_of(read_topics(), topic, name).full for name in row.metrics] == panel["metrics"]


def test_no_number_names_a_person(busy: Core) -> None:
    names = {holder.name for held in busy.directory().by_person.values() for holder in held}
    for topic in read_topics().values():
        body = busy.screens.picture(topic).body.decode()
        assert [name for name in names if len(name) > 2 and name in body] == []


def test_a_picture_asked_for_by_many_is_made_once_and_anew_when_something_came() -> None:
    made, stamp = [], [1]

    def make() -> dict[str, int]:
        made.append(1)
        time.sleep(0.05)
        return {"value": stamp[0]}

    shelf = Shelf(lambda: stamp[0])
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(shelf.get("a", 60, make).print)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(found)), len(found)) == (1, 1, 12)
    stamp[0] = 2
    shelf._kept["a"].seen_at -= 9
    assert shelf.get("a", 60, make).told == {"value": 2}
    assert len(made) == 2


def test_a_picture_nobody_asks_for_any_more_is_kept_no_longer() -> None:
    """Whoever narrows rows by whatever comes to mind fills no memory."""
    shelf = Shelf(lambda: 1)
    for word in range(20):
        shelf.get(f"rows?state={word}", 60, dict)
    for kept in list(shelf._kept.values())[:19]:
        kept.asked_at -= GONE_S + 1
    shelf.get("another", 60, dict)
    assert (list(shelf._kept), list(shelf._locks)) == (["rows?state=19", "another"], ["rows?state=19", "another"])


def test_interfaces_in_trouble_stand_first(busy: Core) -> None:
    with busy.engine.begin() as tx:
        for name, failures in (("port.yards", 0), ("traffic.roads", 3)):
            heard = busy.clock.now() if not failures else None
            state = {"name": name, "demo": False, "began_at": busy.clock.now(), "heard_at": heard, "failures": failures}
            tx.execute(insert(feeds), {**EMPTY, **state})
    rows = busy._read(lambda tx: lists.interfaces(Look(tx, busy.world(), busy.clock.now()), Own("interfaces"), 999))
    states = [row["state"] for row in rows]
    assert (states[0], set(states[1:-1]), states[-1]) == ("取不到", {"未接入"}, "正常")


def test_what_others_write_into_a_place_shows_nobodys_number(busy: Core) -> None:
    """A source of flesh and blood puts the caller behind the street; the wall hangs where everybody sees it."""
    incidents, sites = busy.feeds.dataset("security", "incidents"), busy.feeds.dataset("construction", "sites")
    at = busy.clock.now().isoformat()
    row = {"at": at, "number": "JQ-1", "service": "噪音扰民", "town": "秀英街道", "state": "处置中"}
    place = "秀华路 13800138000 46010019900307123X"
    busy.feeds.push(incidents, {"rows": [{**row, "place": place}]}, "police-1")
    filled = {"number": 1.0, "choice": "", "town": "长流镇", "time": at}
    named = {
        name: one.choices[0] if one.choices else filled.get(one.type, place) for name, one in sites.columns.items()
    }
    spot = {"lng": 110.25, "lat": 20.0}
    assert busy.feeds.push(sites, {"rows": [named | spot]}, "sites-1").fresh == 1
    for topic in ("security", "construction"):
        page = read_topics()[topic]
        lists = [place for place, panel in enumerate(page.panels) if panel.show in ("live", "table")]
        bodies = [busy.screens.picture(page).body, *(busy.screens.rows(page, place, {}).body for place in lists)]
        told = b"".join(bodies).decode()
        assert "秀华路 138****" in told, topic
        assert "13800138000" not in told
        assert "19900307" not in told


def test_rows_may_stand_in_an_order_of_their_own(busy: Core) -> None:
    """The forecast begins with today, however its rows came in."""
    forecast = busy.feeds.dataset("weather", "forecast")
    days = forecast.columns["day"].choices
    at = busy.clock.now().isoformat()
    rows = [{"at": at, "day": day, "sky": "晴", "low": 20, "high": 28} for day in (*days[3:], *days[:3])]
    busy.feeds.push(forecast, {"rows": rows}, "weather-1")
    told = busy.screens.picture(read_topics()["weather"]).told
    table = next(one for one in told["panels"] if one["title"] == "七天预报")
    assert tuple(row[0] for row in table["rows"]) == days


def test_a_number_is_compared_with_a_stretch_of_the_same_length(core: Core, clock: StillClock) -> None:
    """At 13:40 what came until 13:00 is beside yesterday's until 13:00; the hour that still runs counts on no side."""
    clock.set("2026-03-09 13:40")
    rows = [
        {"at": f"2026-03-{day:02}T{hour:02}:{minute:02}:00+08:00", "town": "秀英街道", "homes": homes, "walkers": 1}
        for day, hour, minute, homes in (
            (8, 0, 30, 0), (8, 9, 0, 100), (8, 13, 10, 500), (8, 18, 0, 700),
            (9, 9, 0, 110), (9, 13, 10, 5), (9, 13, 40, 1),
        )
    ]  # fmt: skip
    core.feeds.push(core.feeds.dataset("community_grid", "visits"), {"rows": rows}, "test")
    told = core.screens.picture(core.screens.topics["community_grid"]).told["metrics"]["community_grid.visits"]
    assert (told["value"], told["change"], told["tone"]) == (116, "较昨日同期 +10%", "better")
    assert told["span"] == "到 13:00 的整点为止，两边一样长"


def test_a_stretch_before_the_feed_began_is_not_compared_with(core: Core, clock: StillClock) -> None:
    """A feed that begins at nine yesterday has no morning to hold today's against."""
    clock.set("2026-03-09 13:40")
    rows = [
        {"at": f"2026-03-{day}T09:00:00+08:00", "town": "秀英街道", "homes": homes, "walkers": 1}
        for day, homes in (("08", 1), ("09", 110))
    ]
    core.feeds.push(core.feeds.dataset("community_grid", "visits"), {"rows": rows}, "test")
    told = core.screens.picture(core.screens.topics["community_grid"]).told["metrics"]["community_grid.visits"]
    assert (told["value"], told["change"], told["span"]) == (110, "", "")


def test_in_the_first_hour_of_a_day_there_is_nothing_to_compare(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-09 00:20")
    rows = [
        {"at": f"2026-03-{day}T00:10:00+08:00", "town": "秀英街道", "homes": 9, "walkers": 1} for day in ("08", "09")
    ]
    core.feeds.push(core.feeds.dataset("community_grid", "visits"), {"rows": rows}, "test")
    told = core.screens.picture(core.screens.topics["community_grid"]).told["metrics"]["community_grid.visits"]
    assert (told["value"], told["change"], told["span"]) == (9, "", "")


def test_the_first_of_a_day_stands_beside_no_fall(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-08 08:00")
    dispatched(core)
    clock.set("2026-03-09 09:05")
    dispatched(core)
    core.measures.fold()
    told = core.screens.picture(core.screens.topics["hotline"]).told["metrics"]["hotline.received"]
    assert (told["value"], told["change"]) == (1, "")


def counted_at(core: Core, own: Own) -> Told:
    return core._read(lambda tx: metrics.COUNTS[own.measure](Look(tx, core.world(), core.clock.now()), own))


def test_an_interface_that_became_real_today_is_one(core: Core, clock: StillClock) -> None:
    dataset = core.feeds.dataset("port", "voyages")
    core.feeds.turned_away(dataset, "port-1", "不是 JSON", 1, demo=True)
    with core.engine.begin() as tx:
        tx.execute(update(feeds).where(feeds.c.name == dataset.full).values(name=f"{dataset.full}#1", ended=True))
    clock.advance(minutes=2)
    core.feeds.turned_away(dataset, "port-1", "不是 JSON", 1, demo=False)
    assert counted_at(core, Own("interfaces_live")).value == 1


def registered_between(core: Core, first: str, last: str) -> int:
    with core.engine.connect() as tx:
        moments = cases.c.registered_at >= at(first), cases.c.registered_at < at(last)
        return tx.execute(select(func.count()).select_from(cases).where(*moments)).scalar_one()


def test_our_own_numbers_are_compared_with_as_much_as_they_have(busy: Core, clock: StillClock) -> None:
    """At 15:20 today's until 15:00 beside yesterday's; of thirty days the whole ones, today on no side."""
    clock.set("2026-03-09 15:20")
    told = busy.screens.picture(busy.screens.topics["hotline"]).told["metrics"]
    now, then = (registered_between(busy, f"2026-03-0{day} 00:00", f"2026-03-0{day} 15:00") for day in (9, 8))
    words = numbers.change(read_topics()["hotline"].metrics["received"], now, then, "较昨日同期")[0]
    assert (told["hotline.received"]["change"], told["hotline.received"]["span"]) == (
        words, "到 15:00 的整点为止，两边一样长",
    )  # fmt: skip
    month, before = (
        registered_between(busy, f"{a} 00:00", f"{b} 00:00")
        for a, b in (("2026-02-07", "2026-03-09"), ("2026-01-08", "2026-02-07"))
    )
    words = numbers.change(read_topics()["hotline"].metrics["received_30d"], month, before, "较前 30 天")[0]
    assert told["hotline.received_30d"]["change"] == words
    assert told["hotline.overdue"]["change"] == "", "what goes on growing for weeks equals no older stretch"


def test_numbers_that_read_alike_stand_level() -> None:
    """0.0 beside +91% would contradict itself."""
    rain, calls = read_topics()["weather"].metrics["rainfall"], read_topics()["hotline"].metrics["received"]
    assert numbers.change(rain, 0.044, 0.023, "较前 24 小时")[0] == "较前 24 小时 持平"
    assert numbers.change(rain, 0.2, 0.1, "较前 24 小时")[0] == "较前 24 小时 +100%"
    assert numbers.change(rain, 0.2, 0.02, "较前 24 小时")[0] == "前 24 小时 0"
    assert numbers.change(calls, 3, 2, "较昨日同期")[0] == "较昨日同期 +50%"


def test_what_goes_on_changing_is_not_compared(core: Core, clock: StillClock) -> None:
    """Yesterday's closed ones had a day to be closed: a morning's few are no fall of nine tenths."""
    clock.set("2026-03-09 13:40")
    hours = [("07", "09", "已结案")]
    hours += [(day, hour, state) for day, state in (("08", "已结案"), ("09", "处置中")) for hour in ("08", "09", "10")]
    rows = [
        {
            "number": f"{day}{hour}", "at": f"2026-03-{day}T{hour}:00:00+08:00", "kind": "街面秩序",
            "origin": "公众举报", "unit": "执法大队", "town": "海秀镇", "state": state, "late": "时限内",
        }
        for day, hour, state in hours
    ]  # fmt: skip
    taken = core.feeds.push(core.feeds.dataset("city_admin", "cases"), {"rows": rows}, "test")
    assert taken.refused == 0
    told = core.screens.picture(core.screens.topics["city_admin"]).told["metrics"]
    assert (told["city_admin.cases"]["value"], told["city_admin.cases"]["change"]) == (3, "较昨日同期 持平")
    assert (told["city_admin.closed"]["value"], told["city_admin.closed"]["change"]) == (0, "")


def test_joint_orders_and_licences_are_compared_with_the_thirty_days_before(busy: Core, clock: StillClock) -> None:
    """Whole days on both sides, as the reports count them; what is complete grows with age and is not compared."""
    clock.set("2026-03-31 15:20")
    told = busy.screens.picture(busy.screens.topics["city_dispatch"]).told["metrics"]
    with busy.engine.connect() as tx:
        raised = [local_date(one) for one in tx.execute(select(joint_orders.c.raised_at)).scalars()]
    spans = (("2026-03-01", "2026-03-30"), ("2026-01-30", "2026-02-28"))
    now, then = (sum(a <= f"{day}" <= b for day in raised) for a, b in spans)
    assert now > then > 0
    words = numbers.change(read_topics()["city_dispatch"].metrics["joint_raised"], now, then, "较前 30 天")[0]
    assert (told["city_dispatch.joint_raised"]["change"], told["city_dispatch.joint_raised"]["span"]) == (
        words, "到 3月30日 的整天为止，两边一样长",
    )  # fmt: skip
    assert told["city_dispatch.joint_completed"]["change"] == ""
    shown = busy.screens.picture(busy.screens.topics["one_stop"]).told["metrics"]
    assert shown["one_stop.licences_new"]["change"] == "较前 30 天 持平"


def test_a_list_of_stores_names_none_twice(core: Core, clock: StillClock) -> None:
    """Of figures told again and again the newest of each; the rows of happenings stay all there are."""
    clock.set("2026-03-09 13:40")
    duty = core.feeds.dataset("home", "duty")
    rows = [
        {"at": f"2026-03-09T{hour}:00:00+08:00", "centre": centre, "on_duty": number, "state": "平稳"}
        for number, hour in enumerate(("08", "09", "10"), 1)
        for centre in ("信息中心", "社区网格管理中心")
    ]
    core.feeds.push(duty, {"rows": rows}, "test")
    told = core.screens.picture(core.screens.topics["home"]).told
    table = next(one for one in told["panels"] if one["title"] == "各中心值守")
    assert sorted(row[:2] for row in table["rows"]) == [["信息中心", "3人"], ["社区网格管理中心", "3人"]]


def test_a_heat_map_shows_its_own_days_and_a_list_without_a_line_says_why(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-09 13:40")
    cases_of = core.feeds.dataset("city_admin", "cases")
    rows = [
        {
            "number": day, "at": f"2026-03-{day}T09:00:00+08:00", "kind": "街面秩序",
            "origin": "公众举报", "unit": "执法大队", "town": "海秀镇", "state": "处置中", "late": "时限内",
            "lng": 110.25, "lat": 19.98,
        }
        for day in ("07", "08", "09")
    ]  # fmt: skip
    assert core.feeds.push(cases_of, {"rows": rows}, "test").refused == 0
    told = core.screens.picture(core.screens.topics["city_admin"]).told
    assert len(next(one for one in told["panels"] if one["show"] == "heat")["points"]) == 1
    alarms = next(one for one in core.screens.picture(core.screens.topics["info_centre"]).told["panels"]
                  if one["title"] == "今日告警信息统计")  # fmt: skip
    assert (alarms["state"], alarms["note"], alarms["calm"]) == ("empty", "没有告警，运行正常", True)


def test_curves_and_rankings_say_only_what_is_so(busy: Core) -> None:
    """A day of a curve is not 「今日」; whoever has none of what is ranked has no place."""
    home, grid = (busy.screens.picture(busy.screens.topics[name]).told["panels"] for name in ("home", "community_grid"))
    curve = next(one for one in home if one["show"] == "trend")
    assert [one["name"] for one in curve["series"]] == ["受理", "办结"]
    late = next(one for one in grid if one["title"] == "职能部门逾期处理情况分析")
    values = [row["values"][0] for row in late["rows"]]
    assert all(values) or not any(values)


@pytest.mark.parametrize(
    ("value", "decimals", "words"),
    [(95.0, 1, "95"), (99.9, 2, "99.9"), (100, 0, "100"), (9500.0, 1, "9,500"), (None, 1, "")],
)
def test_a_target_is_told_without_idle_zeros(value: float | None, decimals: int, words: str) -> None:
    assert numbers.aim(value, decimals) == words


@pytest.mark.parametrize(
    ("today", "over", "spans"),
    [
        ("2026-03-09", "7d", (("2026-03-02", "2026-03-08"), ("2026-02-23", "2026-03-01"))),
        ("2026-03-31", "month", (("2026-03-01", "2026-03-28"), ("2026-02-01", "2026-02-28"))),
        ("2026-03-09", "month", (("2026-03-01", "2026-03-08"), ("2026-02-01", "2026-02-08"))),
        ("2026-03-01", "month", None),
        ("2026-01-01", "year", None),
        ("2024-03-01", "year", (("2024-01-01", "2024-02-29"), ("2023-01-01", "2023-02-28"))),
    ],
)
def test_whole_days_are_compared_with_as_many(today: str, over: str, spans: Any) -> None:
    told = whole_days(Own("received", over), date.fromisoformat(today))
    assert (told and tuple(tuple(map(str, one)) for one in told)) == spans


def test_what_was_closed_today_is_counted_on_its_day_and_opens_its_cases(busy: Core) -> None:
    with busy.engine.connect() as tx:
        closed = [one for one in tx.execute(select(cases.c.finished_at)).scalars() if one is not None]
    today = [one for one in closed if local_date(one) == busy.today()]
    assert counted_at(busy, Own("finished", "today")).value == len(today)
    days = dict(counted_at(busy, Own("finished", "30d", "day")).groups)
    assert days == {day: float(sum(f"{local_date(one)}" == day for one in closed)) for day in days}
    assert (len(days), sum(days.values()) > len(today)) == (30, True)
    for by in ("unit", "town", "channel", "type"):
        assert counted_at(busy, Own("finished", "30d", by)).value == sum(days.values())
    metric = read_topics()["smart_dispatch"].metrics["finished_30d"]
    page, _, asked = opens(metric, busy.today()).partition("?")
    query = dict(parse_qsl(asked))
    since, until = (date.fromisoformat(query[name]) for name in ("ended_since", "ended_until"))
    wanted = CaseFilter(ended_since=since, ended_until=until)
    listed = busy.work(busy.actor_for("dingtalk", "xy011"), query["key"], wanted=wanted)
    assert (page, listed.total) == ("list", sum(days.values()))
    assert len({one.no for one in listed.items}) == min(20, listed.total)


def test_the_step_that_still_grows_is_told_apart(core: Core, clock: StillClock) -> None:
    """An hour is whole once the next row would be about another; what happens now and then, when it is over."""
    matters, topic = core.feeds.dataset("one_stop", "matters"), core.screens.topics["one_stop"]
    place = next(at for at, one in enumerate(topic.panels) if one.show == "trend" and "taken" in one.metrics)
    for told, now, running in (("13:00", "13:20", True), ("13:30", "13:50", False), ("14:00", "14:20", True)):
        clock.set(f"2026-03-09 {now}")
        row = {"at": f"2026-03-09T{told}:00+08:00", "field": "民政", "taken": 3, "done": 1}
        core.feeds.push(matters, {"rows": [row]}, "test")
        core.screens._shelf.forget()
        assert ("one_stop.taken" in core.screens.picture(topic).told["panels"][place]["running"]) is running, told


def test_no_happenings_since_are_known_up_to_when_the_source_was_asked(core: Core, clock: StillClock) -> None:
    """Nothing happened for two hours: the wall says so as of now; a source still read on says how far it came."""
    events, topic = core.feeds.dataset("security", "incidents"), core.screens.topics["security"]
    clock.set("2026-03-09 15:20")
    row = {
        "at": "2026-03-09T13:10:00+08:00",
        "number": "J-1",
        "kind": "纠纷",
        "service": "矛盾纠纷",
        "town": "秀英街道",
    }
    row |= {"place": "秀英村", "state": "处置中"}
    core.feeds.push(events, {"rows": [row]}, "test")

    def told() -> str:
        core.screens._shelf.forget()
        return str(core.screens.picture(topic).told["metrics"]["security.incidents"]["as_of"])

    assert told() == "截至 13:10"
    core.feeds.asked(events.full, clock.now() + timedelta(minutes=2), False, True)
    assert told() == "截至 15:20"
    core.feeds.asked(events.full, clock.now(), False, True)
    assert told() == "截至 13:10", "cut short: more is to come"


@pytest.mark.parametrize(
    ("at_", "every", "words"),
    [
        ("2026-03-09 09:40", 600, "截至 09:40"), ("2026-03-08 17:30", 600, "截至 昨天 17:30"),
        ("2026-03-08 00:00", 86_400, "截至 昨天"), ("2026-03-01 00:00", 86_400, "截至 3月1日 周日"),
        ("2026-02-01 00:00", 31 * 86_400, "截至 2月"), ("2025-10-01 00:00", 93 * 86_400, "截至 2025年第四季度"),
    ],
)  # fmt: skip
def test_figures_of_days_months_and_quarters_are_named_by_them(at_: str, every: int, words: str) -> None:
    assert numbers.as_of(at("2026-03-09 10:00"), at(at_), every) == words


def test_a_number_brings_its_evidence_along(busy: Core) -> None:
    seen = busy.screens.evidence({"metric": "hotline.received"}, "dispatcher")
    assert seen is not None
    assert seen["title"].startswith("今日受理异常：")
    assert "12345网格化管理中心「今日受理」" in seen["content"]
    assert when(busy.clock.now(), busy.clock.now())[3:] in seen["content"]
    assert busy.screens.evidence({"metric": "hotline.nothing"}, "dispatcher") is None


def test_a_line_of_a_panel_brings_its_evidence_along(core: Core, clock: StillClock) -> None:
    """A row is found by what it is, wherever it has moved to and however it stands by then."""
    clock.set("2026-03-09 13:40")
    cases_of, topic = core.feeds.dataset("city_admin", "cases"), core.screens.topics["city_admin"]

    def push(state: str, *numbers: int) -> None:
        rows = [
            {
                "number": str(one), "at": f"2026-03-09T09:{one:02}:00+08:00", "kind": "街面秩序", "origin": "公众举报",
                "unit": "执法大队", "town": "海秀镇", "place": "滨海大道路口", "state": state, "late": "时限内",
                "lng": 110.25, "lat": 19.98,
            }
            for one in numbers
        ]  # fmt: skip
        assert core.feeds.push(cases_of, {"rows": rows}, "test").refused == 0

    push("处置中", 1)
    told = core.screens.picture(topic).told["panels"]
    live = next(at for at, one in enumerate(told) if one["show"] == "live")
    asked = {"topic": "city_admin", "panel": str(live), "row": told[live]["marks"][0]}
    for place, panel in enumerate(told):
        for row in panel.get("rows", ()) if "heads" in panel else ():
            if "metric" in row:
                assert row["metric"] in panel["metrics"]
                continue
            seen = core.screens.evidence({"topic": "city_admin", "panel": str(place), "row": row["name"]}, "dispatcher")
            assert seen is not None
            assert (
                f"「{panel['title']}」{row['name']}：{panel['heads'][0]['title']} {row['texts'][0]}" in seen["content"]
            )
            assert panel["as_of"] in seen["content"]

    push("已结案", 1)
    push("处置中", *range(2, 30))
    seen = core.screens.evidence(asked, "dispatcher")
    assert seen is not None
    assert seen["title"].startswith(f"{told[live]['title']}：")
    assert "已结案" in seen["content"]
    assert "截至 09:29。" in seen["content"]
    assert seen["place"] == "秀英区海秀镇滨海大道路口"
    assert core.screens.evidence({**asked, "state": "处置中"}, "dispatcher") is None, "not among what was filtered"
    assert core.screens.rows(topic, live, {"state": "处置中"}).told["marks"][0] != asked["row"]
    for wrong in ({"row": "0"}, {"row": ""}, {"panel": "99"}, {"panel": "²"}, {"panel": ""}, {"topic": "nothing"}):
        assert core.screens.evidence({**asked, **wrong}, "dispatcher") is None, wrong


def test_a_towns_numbers_are_evidence_too_and_our_own_cases_are_none(busy: Core) -> None:
    topic = busy.screens.topics["hotline"]
    town, rows = next(
        (name, rows) for name, rows in busy.screens.towns(topic).told["towns"].items() if rows[0]["value"]
    )
    seen = busy.screens.evidence({"topic": "hotline", "town": town}, "dispatcher")
    assert seen is not None
    assert seen["place"] == f"秀英区{town}"
    assert all(
        f"{row['title']} {row['text']}{row['unit']}" in seen["content"] for row in rows if row["value"] is not None
    )
    assert busy.screens.evidence({"topic": "hotline", "town": "别的镇"}, "dispatcher") is None
    lists_ = [one for one in busy.screens.picture(topic).told["panels"] if one["show"] in ("live", "table")]
    assert [one["marks"] for one in lists_ if one["rows"]] == [[] for one in lists_ if one["rows"]]


@pytest.mark.parametrize(
    ("value", "decimals", "words"),
    [(None, 0, "—"), (0, 0, "0"), (1234, 0, "1,234"), (99_999, 0, "99,999"), (123_456, 0, "12.3万"),
     (100_000, 0, "10万"), (123_456_789, 0, "1.23亿"), (97.55, 1, "97.5"), (-0.2, 0, "0"), (-1234.5, 1, "-1,234.5")],
)  # fmt: skip
def test_numbers_read_at_ten_metres(value: float | None, decimals: int, words: str) -> None:
    assert numbers.short(value, decimals) == words


def test_a_warned_number_is_told_once_a_day_to_whom_it_concerns(busy: Core, clock: StillClock) -> None:
    watch = TopicWatch(busy)
    red = {
        name: metric
        for topic in read_topics().values()
        for name, metric in busy.screens.picture(topic).told["metrics"].items()
        if metric["level"] == "red" and name.startswith(f"{topic.name}.")
    }
    assert "hotline.on_time_rate" in red, "the seeded month is a bad one"
    told = watch.check()
    assert told >= len(red) * 3
    assert watch.check() == 0
    with busy.engine.connect() as tx:
        heard = [one for one in tx.execute(select(letters)) if one.key.startswith("topic:hotline.on_time_rate:red")]
    people = {one.body["person"] for one in heard}
    assert people == {
        one.person for role in ("dispatcher", "desk_head", "district_leader") for one in busy.directory().by_role[role]
    }


def test_at_night_only_what_turns_red_is_told_and_midnight_tells_nothing_anew(busy: Core, clock: StillClock) -> None:
    watch, day = TopicWatch(busy), clock.now()
    evening = day.astimezone(SHANGHAI)

    def forgotten(level: str) -> int:
        with busy.engine.begin() as tx:
            return tx.execute(delete(letters).where(letters.c.key.like(f"topic:%:{level}:%"))).rowcount

    try:
        watch.check()
        for hour, minute in ((22, 0), (0, 5), (6, 59)):
            clock.set(evening.replace(hour=hour, minute=minute) + timedelta(days=hour < 12))
            assert watch.check() == 0, (hour, minute)
        clock.set(evening.replace(hour=22, minute=30))
        assert forgotten("yellow") + forgotten("orange") > 0
        assert watch.check() == 0, "these wait for the morning"
        red = forgotten("red")
        assert watch.check() == red > 0, "these do not"
    finally:
        clock.set(day)


def test_a_video_link_is_signed_for_one_person_and_some_minutes() -> None:
    media = Media(address="https://media.example/live/", secret=SecretStr("s"), life_s=300)
    now = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    place = link(media, "west-coast", 7, now)
    head, _, query = place.partition("?")
    asked = dict(parse_qsl(query))
    assert head == "https://media.example/live/west-coast.m3u8"
    assert int(asked["expires"]) == now.timestamp() + 300
    told = "\n".join(("/west-coast.m3u8", asked["expires"], asked["viewer"])).encode()
    assert asked["sign"] == hmac_sm3(b"s", told).hex()
    assert link(media, "west-coast", 8, now) != place
    with pytest.raises(Unknown):
        link(media, "../secret", 7, now)
    with pytest.raises(NoVideo):
        link(Media(), "west-coast", 7, now)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([123_456, 9_876, 0, None], ["12.3万", "1万", "0", "—"]),
        ([99_999, 1_234], ["99,999", "1,234"]),
        ([123_456, 12], ["123,456", "12"]),
        ([250_000_000, 3_000_000], ["2.5亿", "0.03亿"]),
        ([250_000_000, 5_000], ["25,000万", "0.5万"]),
        ([], []),
    ],
)
def test_numbers_under_each_other_are_told_in_one_scale(values: list[float | None], words: list[str]) -> None:
    """「1.2万」 over 「9,876」 looks less; and nothing that is something is told as nothing."""
    assert numbers.column(values, 0) == words


def test_rankings_and_columns_have_one_scale(busy: Core) -> None:
    """Whatever stands under one head on any topic."""
    for topic in read_topics().values():
        for panel in busy.screens.picture(topic).told["panels"]:
            for place, _ in enumerate(panel.get("heads", ())):
                texts = [row["texts"][place] for row in panel.get("rows", ()) if row["values"][place]]
                assert len({text[-1] if text[-1] in "万亿" else "" for text in texts}) < 2, (topic.name, panel["title"])


@pytest.mark.parametrize("name", ["hotline", "smart_dispatch", "info_centre"])
def test_filters_of_our_own_lists_offer_what_there_can_be(core: Core, name: str) -> None:
    """Before the first case, and whatever the few lines on the screen happen to hold."""
    topic, policy = read_topics()[name], core.policy
    states = list(dict.fromkeys(one.title for one in policy.flows["case"].states.values()))
    sources = [one.short for one in policy.open_sources(local_date(core.clock.now()))]
    wanted = {"state": states, "channel": sources, "level": ["严重", "一般"]}
    [panel] = [one for one in core.screens.picture(topic).told["panels"] if one.get("filters")]
    for one in panel["filters"]:
        assert one["choices"] == wanted[one["name"]], one["name"]


def test_a_filter_of_our_own_list_asks_all_there_is(busy: Core) -> None:
    """Not only the newest: a state that few cases have is found far back."""
    with busy.engine.begin() as tx:
        first = tx.execute(select(cases.c.id, cases.c.no).order_by(cases.c.registered_at, cases.c.id).limit(1)).one()
        tx.execute(update(cases).where(cases.c.state == "invalid").values(state="closed"))
        tx.execute(update(cases).where(cases.c.id == first.id).values(state="invalid"))
    topic = read_topics()["hotline"]
    place = next(at for at, one in enumerate(topic.panels) if one.record == "orders")
    title = busy.policy.flows["case"].states["invalid"].title
    found = busy.screens.rows(topic, place, {"state": title}).told["rows"]
    assert len(found) == 1
    assert busy.screens.rows(topic, place, {"state": title, "channel": "没有"}).told["rows"] == []
