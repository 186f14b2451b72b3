"""Feeds: rows in by any order and more than once, what is refused and why, and the counts kept of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select, update

from core import Core
from core.errors import BadField, DifferentBody, Malformed, TooMuch
from core.feeds.checking import moment_of
from core.feeds.folds import newest
from core.feeds.stands import stand
from core.models.feeds import feed_cells, feed_cuts, feed_newest, feed_rows
from core.policy.feeds import Fold, fault_of, read_datasets, trended
from tests.clock import StillClock
from tests.core.feed_room import NINE, TOPICS, Room, berth, by_hand
from tests.town import a_core


@pytest.fixture
def room(migrated_url: str, clock: StillClock) -> Iterator[Room]:
    core = a_core(migrated_url, clock)
    yield Room(core)
    core.engine.dispose()


def count(core: Core, table: Any) -> int:
    with core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


# --- deliveries ---


def test_a_delivery_is_once_however_often_it_comes(room: Room) -> None:
    first = room.push(berth(), berth("2号"), delivery="d-1")
    again = room.push(berth(), berth("2号"), delivery="d-1")
    assert (first.fresh, again.repeated, again.id, again.fresh) == (2, True, first.id, 2)
    other = room.push(berth(), berth("2号"), delivery="d-2")  # the same rows by another delivery
    assert (other.fresh, other.replaced, other.known) == (0, 0, 2)
    assert room.value("sum", column="tons") == 20
    with pytest.raises(DifferentBody):
        room.push(berth(tons=11), delivery="d-1")
    assert count(room.core, feed_rows) == 2


@pytest.mark.parametrize(
    "at",
    [
        "2026/3/9 8:05", "2026-3-9 8:05:00", "2026年3月9日 8时5分", "2026年3月9日8:05", "2026.3.9 8:05",
        "20260309080500", 20260309080500, 1773014700, 1773014700000, "2026-03-09T00:05:00Z", "2026-03-09 08:05",
    ],
)  # fmt: skip
def test_a_moment_is_read_as_people_and_systems_write_it(at: str | int) -> None:
    assert moment_of(at) == NINE - timedelta(minutes=55)


@pytest.mark.parametrize("at", ["2026-13-1", "2026年2月30日", "9:05", "昨天", "20261399000000", "1", "", True, 3e20])
def test_what_is_no_moment_stays_none(at: Any) -> None:
    assert moment_of(at) is None


@pytest.mark.parametrize("told", ["-", "—", "/", "无", "null", "N/A", " "])
def test_a_sheets_word_for_nothing_is_nothing(room: Room, told: str) -> None:
    taken = room.push(berth("2号", tons=told), berth("3号", tons=" 1，234.5 "), berth("4号", tons="十二"))
    assert (taken.fresh, [one.row for one in taken.faults]) == (2, [3])
    assert room.value("sum", column="tons") == 1234.5


def test_a_name_that_changes_with_every_row_is_stopped_and_known_ones_go_on(room: Room) -> None:
    """A running number in the key would have the wall read ever more things for one number."""
    room.core.feeds.rules = replace(room.core.feeds.rules, most_series=3)
    assert room.push(berth("1号"), berth("2号"), berth(state="飞走")).refused == 1
    taken = room.push(
        berth(tons=-1), berth("3号", 1), berth("4号", 1), berth("1号", 1), berth("5号", 1), berth("3号", 2)
    )
    assert (taken.fresh, [one.row for one in taken.faults]) == (3, [1, 3, 5])
    assert taken.faults[1].why == "「泊位」已有 3 种，新的不再收；请检查是否把流水号或时间填了进去"
    assert room.push(berth("2号", 3), berth("6号", 3), delivery="d-9").refused == 1
    assert room.push(berth("2号", 3), berth("6号", 3), delivery="d-9").repeated


def test_order_does_not_matter(room: Room) -> None:
    late = room.push(berth(tons=30), at=NINE)
    early = room.push(berth(tons=20), at=NINE - timedelta(minutes=5))
    assert (late.fresh, early.known, early.replaced) == (1, 1, 0)
    assert room.value("sum", column="tons") == room.value("max", column="tons") == 30
    again = room.push(berth(tons=25), at=NINE + timedelta(minutes=1))
    assert again.replaced == 1
    assert room.value("sum", column="tons") == room.value("max", column="tons", over="24h") == 25
    assert room.value("last", column="tons", over="now") == 25


def test_bad_rows_cost_no_good_one_and_say_why(room: Room) -> None:
    bad: list[tuple[Any, str]] = [
        ("text", "不是一个对象"), (None, "不是一个对象"), ([1], "不是一个对象"), ({}, "缺少「时间」"),
        (berth(at="soon"), "「时间」不是时间"), (berth(at=True), "「时间」不是时间"),
        (berth(at="0001-01-01"), "不是时间"), (berth(at=10**400), "不是时间"),
        (berth(""), "缺少「泊位」"), (berth("泊" * 21), "超过 20 字"),
        (berth(tons="many"), "「吞吐量」不是数"), (berth(tons=True), "「吞吐量」不是数"), (berth(tons=-1), "小于 0"),
        (berth(tons=10**7), "大于 1,000,000"), (berth(tons=10**400), "超出"), (berth(tons=float("inf")), "超出"),
        (berth(state="飞走"), "只能是作业、空闲、检修"), (berth(town="龙华区"), "不是本区的镇街"),
        (berth(state={"a": 1}), "不是文字"), (berth(minutes=-11), "请校准对方的时钟"),
        (berth(minutes=61 * 24 * 60), "早于保存期限 60 天"),
    ]  # fmt: skip
    taken = room.push(*(row for row, _ in bad), berth(), berth("a\u0000\ud800\u202eb"))
    assert (taken.fresh, taken.refused) == (2, len(bad))
    for fault, (_, why) in zip(taken.faults, bad, strict=True):
        assert why in fault.why, fault
    view = room.feeds.delivery(taken.id)
    assert [row for row, _, _ in view.refused] == list(range(1, len(bad) + 1))
    assert {row[1] for row in view.rows} == {"1号", "ab"}  # nothing invisible is kept
    assert len(room.feeds.refused("port.berths")[1]) == len(bad)


def test_what_is_no_delivery_changes_nothing(room: Room) -> None:
    bodies: list[tuple[Any, type[Exception]]] = [
        ([], Malformed), ({"rows": {}}, Malformed), ({"rows": []}, Malformed), ({"rows": [{}], "more": 1}, Malformed),
        ({"rows": [{}], "delivery": "a b"}, BadField), ({"rows": [{}], "delivery": 7}, BadField),
        ({"rows": [{}], "at": "soon"}, BadField), ({"rows": [{}], "at": "2026-03-09T10:00:00+08:00"}, BadField),
        ({"rows": [{}] * 5001}, TooMuch),
    ]  # fmt: skip
    for body, kind in bodies:
        with pytest.raises(kind):
            room.feeds.push(room.berths, body, "port-1")
    assert count(room.core, feed_rows) == 0


def test_a_changed_schema_is_told_and_is_no_reason_to_stop(room: Room) -> None:
    taken = room.push(berth(captain="吴某", flag=1), berth("2号", tons=None))
    assert (taken.fresh, taken.strange) == (2, ("captain", "flag"))
    assert room.line().strange == "captain、flag"
    with room.core.engine.connect() as tx:
        assert "captain" not in str(tx.execute(select(feed_rows.c.body)).all())
    room.push(berth("3号"))
    assert room.line().strange == ""


def test_the_first_real_rows_end_the_invented_ones(room: Room, clock: StillClock) -> None:
    room.feeds.push(room.berths, {"rows": [berth(tons=99)]}, "stand-in", demo=True)
    assert room.fold("sum", column="tons").demo
    taken = room.push(berth("2号", tons=5))
    assert taken.fresh == 1
    real = room.fold("sum", column="tons")
    assert (real.value, real.demo) == (5, False)
    with pytest.raises(Exception, match="已接入真实数据"):
        room.feeds.push(room.berths, {"rows": [berth(tons=99, minutes=1)]}, "stand-in", demo=True)


# --- folds ---


def test_every_fold_answers_as_by_hand(room: Room) -> None:
    draw = random.Random(7)
    rows = [
        berth(
            draw.choice(["1号", "2号", "3号"]), minutes=10 * step, tons=draw.randint(1, 99),
            busy=draw.randint(0, 10), span=10, state=draw.choice(["作业", "空闲"]),
        )
        for step in range(600)
    ]  # fmt: skip
    draw.shuffle(rows)
    for first in range(0, 600, 150):
        room.push(*rows[first : first + 150])
    today = [row for row in rows if row["at"] >= "2026-03-09"]
    tons = [row["tons"] for row in today]
    assert room.value("sum", column="tons") == sum(tons)
    assert room.value("mean", column="tons") == pytest.approx(sum(tons) / len(tons), abs=1e-5)
    assert (room.value("max", column="tons"), room.value("min", column="tons")) == (max(tons), min(tons))
    assert room.value("count") == len(today)
    assert room.groups("sum", "today", "berth", column="tons") == by_hand(today)
    assert room.value("last", column="tons") == max(today, key=lambda row: str(row["at"]))["tons"]
    assert room.value("share", where={"state": "作业"}) == pytest.approx(
        100 * sum(row["state"] == "作业" for row in today) / len(today), abs=1e-5
    )
    assert room.value("share", "7d", column="busy", per="span") == pytest.approx(
        100 * sum(row["busy"] for row in rows) / (10 * 600), abs=1e-5
    )
    assert room.value("distinct", "30d", column="berth") == 3
    days = room.groups("sum", "7d", "day", column="tons")
    assert list(days) == sorted(days)
    assert sum(days.values()) == sum(row["tons"] for row in rows) == room.value("sum", "30d", column="tons")
    assert len(room.groups("count", "24h", "hour")) == 24
    assert sum(room.groups("count", "year", "month").values()) == 600


def test_now_is_the_newest_of_each_series(room: Room) -> None:
    room.push(berth("1号", 20, 7), berth("1号", 10, 8, state="空闲"), berth("2号", 30, 5), berth("2号", 90, 50))
    assert room.value("sum", "now", column="tons") == 13
    assert room.groups("count", "now", "state") == {"空闲": 1, "作业": 1}
    asked = trended(Fold("port.berths", "sum", "tons", over="now"), "24h", "hour")
    level = room.groups(asked.how, "24h", "hour", column="tons")
    assert level == {"2026-03-09 07:00": 50, "2026-03-09 08:00": 7.5 + 5}


def test_what_goes_through_states_counts_where_it_stands(room: Room) -> None:
    def incident(number: str, state: str, minutes: int = 0) -> dict[str, Any]:
        return {
            "at": (NINE - timedelta(minutes=minutes)).isoformat(),
            "number": number,
            "state": state,
            "town": "长流镇",
        }

    room.push(*(incident(f"A{n}", "处置中", n) for n in range(9)), name="incidents", at=NINE)
    assert room.value("count", "now", name="incidents", where={"state": "处置中"}) == 9
    room.push(*(incident(f"A{n}", "已办结", n) for n in range(4)), name="incidents", at=NINE + timedelta(minutes=1))
    assert room.value("count", "now", name="incidents", where={"state": "处置中"}) == 5
    assert room.value("count", "now", name="incidents", where={"state": ["处置中", "已办结"]}) == 9
    assert room.groups("count", "month", "town", name="incidents") == {"长流镇": 9}
    with room.core.engine.connect() as tx:
        rows = newest(tx, room.incidents, ("number", "state", "at"), 2, {"state": "处置中"})
    assert [(row["number"], row["at"]) for row in rows] == [
        ("A4", NINE - timedelta(minutes=4)),
        ("A5", NINE - timedelta(minutes=5)),
    ]


def test_counts_not_built_yet_are_read_from_rows_and_built_by_the_worker(room: Room, clock: StillClock) -> None:
    room.push(*(berth(minutes=60 * step, tons=step) for step in range(100)))
    before = room.groups("sum", "30d", "day", column="tons")
    with room.core.engine.begin() as tx:  # as when a topic asks for a count that it did not ask for
        tx.execute(delete(feed_cells))
        tx.execute(update(feed_cuts).values(built=False, through=0))
    assert room.groups("sum", "30d", "day", column="tons") == before
    room.push(berth("2号", tons=1000))
    room.feeds.keep_house()
    assert count(room.core, feed_cells) > 0
    after = room.groups("sum", "30d", "day", column="tons")
    assert after == {**before, "2026-03-09": before["2026-03-09"] + 1000}
    assert room.value("max", "24h", column="tons") == 1000


def test_rows_and_counts_go_when_their_days_are_over(room: Room, clock: StillClock) -> None:
    room.push(*(berth(minutes=24 * 60 * day, tons=1) for day in range(50)))
    assert room.value("sum", "1y", column="tons") == 50
    clock.advance(days=20)
    room.feeds.keep_house()
    assert room.value("sum", "1y", column="tons") == count(room.core, feed_rows) == 41
    clock.advance(days=100)
    room.feeds.keep_house()
    assert count(room.core, feed_rows) == count(room.core, feed_cells) == count(room.core, feed_newest) == 0


def test_a_dataset_says_how_it_stands(room: Room, clock: StillClock) -> None:
    def told() -> tuple[str, bool, str]:
        with room.core.engine.connect() as tx:
            found = stand(tx, room.berths, clock.now())
        return found.state, found.stale, found.words

    assert told() == ("none", True, "还没有收到数据")
    taken = room.push(berth())
    assert told() == ("fine", False, "正常")
    clock.advance(minutes=31)
    assert told() == ("stale", True, "超过 30 分钟没有收到数据")
    room.feeds.failed("port.berths", "连接不上对方")
    room.feeds.failed("port.berths", "连接不上对方")
    assert told() == ("failing", True, "已有 2 次没取到：连接不上对方")
    room.push(berth(minutes=-30))
    with room.core.engine.connect() as tx:
        found = stand(tx, room.berths, clock.now())
    assert (found.state, found.delivery, found.as_of) == ("fine", taken.id + 1, NINE + timedelta(minutes=30))


def test_figures_that_stand_still_are_stale_though_their_source_answers(room: Room, clock: StillClock) -> None:
    """What comes when it comes has no such age, and a pause shorter than two hours says nothing."""
    room.push(berth())
    room.push({"at": NINE.isoformat(), "number": "1", "state": "处置中"}, name="incidents")

    def told(dataset: Any) -> tuple[str, Any, Any]:
        room.feeds.asked(dataset.full, clock.now())
        with room.core.engine.connect() as tx:
            found = stand(tx, dataset, clock.now())
        return found.state, found.since, found.heard

    clock.advance(minutes=120)
    assert told(room.berths) == ("fine", clock.now(), clock.now())
    clock.advance(minutes=1)
    assert told(room.berths) == ("stale", NINE, clock.now())
    assert told(room.incidents) == ("fine", clock.now(), clock.now())


def test_what_is_old_because_nobody_asked_yet_is_no_fault_of_its_source(room: Room, clock: StillClock) -> None:
    """After a start: its figures are as old as they are, but it is not late before it had its turn."""

    def told() -> tuple[str, bool]:
        with room.core.engine.connect() as tx:
            found = stand(tx, room.berths, clock.now())
        return found.state, found.stale

    room.push(berth())
    room.feeds.asked("port.berths", clock.now() + timedelta(minutes=10))
    clock.advance(minutes=9)
    assert told() == ("fine", False)
    clock.advance(hours=5)
    assert told() == ("due", True)
    room.feeds.begun(["port.berths"])
    row = room.feeds.state("port.berths")
    assert row is not None
    assert row.next_at == clock.now()
    room.feeds.asked("port.berths", clock.now(), spoke=False)
    assert told() == ("stale", True), "it had its turn, and nothing came"
    room.feeds.failed("port.berths", "连接不上对方")
    assert told() == ("failing", True)


def test_before_the_first_figure_of_a_month_there_is_no_sum(room: Room, clock: StillClock) -> None:
    """Nothing published is not zero; none of what was published is, and so is a day that begins."""
    room.push(berth(tons=5), delivery="march")
    assert room.value("sum", "month", column="tons") == 5
    assert room.value("sum", "month", column="tons", where={"state": "检修"}) == 0
    clock.set("2026-04-01 00:10")
    assert room.value("sum", "month", column="tons") is None
    assert room.value("sum", "today", column="tons") == room.value("count", "month") == 0
    assert room.value("sum", "year", column="tons") == 5


# --- how it is written ---


def test_known_keys_are_found_by_their_own_index_however_many_rows_there_are(room: Room) -> None:
    """On PostgreSQL, where a long list of keys on a table without statistics once led through all of a feed's rows."""
    if room.core.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one way only")
    room.push(*[berth(f"{number % 50}号", number) for number in range(2000)])
    asked = list[tuple[str, Any]]()

    @event.listens_for(room.core.engine, "before_cursor_execute")
    def keep(_tx: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "LATERAL" in statement:
            asked.append((statement, values))

    room.push(*[berth(f"{number % 50}号", number, tons=11) for number in range(1000)])
    statement, values = asked[0]
    with room.core.engine.connect() as tx:
        plan = "\n".join(row[0] for row in tx.exec_driver_sql(f"EXPLAIN {statement}", values))
    assert "uq_feed_rows_feed_id_key" in plan
    assert "Seq Scan" not in plan


# --- what is declared ---


def test_a_fold_that_cannot_be_is_named() -> None:
    known = read_datasets(TOPICS)
    for fold, why in [
        (Fold("port.ships"), "there is no dataset"), (Fold("port.berths", "sum"), "needs a column"),
        (Fold("port.berths", "sum", "state"), "is no number"), (Fold("port.berths", over="age"), "unknown how"),
        (Fold("port.berths", by="colour"), "has no column"), (Fold("port.berths", "share", "tons"), "needs a per"),
    ]:  # fmt: skip
        assert why in fault_of(fold, known)
