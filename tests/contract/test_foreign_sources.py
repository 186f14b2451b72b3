"""Sources as strangers build them: limits they ask for, cursors and pages of their own, odd values, slow answers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from sqlalchemy import create_engine, text

from core import Core
from core.adapters.feed_words import at_path, renamed
from core.feeds.checking import check, moment_of
from core.feeds.folds import newest
from core.feeds.rounds import Rounds
from core.policy.feed_rules import feed_rules
from core.ports import Parcel
from core.worktime import SHANGHAI
from tests.clock import StillClock
from tests.contract.test_feed_sources import Far, core, far, rounds, stand  # noqa: F401
from tests.core.feed_room import NINE, berth, line_of


def newest_of(core: Core) -> tuple[dict[str, Any], ...]:  # noqa: F811
    """The berths as they stand."""
    dataset = core.feeds.datasets["port.berths"]
    return core._read(lambda tx: newest(tx, dataset, ("berth", "tons"), 2000))


@pytest.mark.parametrize("dated", [False, True])
def test_a_source_that_says_come_back_in_half_an_hour_is_left_alone_so_long(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
    clock: StillClock,
    dated: bool,
) -> None:
    """Retry-After in seconds or as a moment; with everything else at that address, and no longer than we heed."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1800), usegmt=True)
    far.status, far.more = 429, {"Retry-After": later if dated else "1800"}
    asked = rounds(core, address=far.address)
    asked.run()
    assert "429" in stand(core).words
    for _ in range(28):
        clock.advance(minutes=1)
        asked.run()
    assert len(far.asked) == 1
    far.status, far.answer, far.more = 200, {"rows": [berth()]}, {}
    clock.advance(minutes=3)
    assert asked.run() == 1
    assert stand(core).state == "fine"
    assert feed_rules().heeded(9_999_999) == feed_rules().heed < timedelta(days=1)


def test_a_cursor_is_a_number_somewhere_in_the_answer_and_one_that_is_forgotten_begins_anew(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
    clock: StillClock,
) -> None:
    far.answer = {"data": {"items": [berth(minutes=10)], "page": {"cursor": 1207}}}
    asked = rounds(core, address=far.address, rows="data.items", next="data.page.cursor", since="from")
    asked.run()
    assert far.asked == ["/", "/?from=1207"]
    clock.advance(minutes=11)
    far.pages = []
    far.refused = {"/?from=1207": 410}
    far.answer = {"data": {"items": [berth(minutes=0)], "page": {"cursor": 1208}}}
    assert asked.run() == 1
    assert far.asked[2:5] == ["/?from=1207", "/", "/?from=1208"]
    assert stand(core).state == "fine"


def test_a_list_by_offset_ends_where_the_source_refuses_the_next_page(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
    clock: StillClock,
) -> None:
    far.answer = {"rows": [berth(minutes=10), berth(minutes=20)]}
    far.refused = {"/?offset=200": 404}
    far.other = {"/?offset=100": {"rows": [berth(minutes=30)]}}
    asked = rounds(core, address=far.address, page="offset", page_first=0, page_step=100)
    assert asked.run() == 3
    assert (far.asked, stand(core).state) == (["/?offset=0", "/?offset=100", "/?offset=200"], "fine")
    clock.advance(minutes=11)
    asked.run()
    assert far.asked[3] == "/?offset=0"
    far.refused = {"/?offset=0": 404}
    clock.advance(minutes=11)
    asked.run()
    assert stand(core).state == "failing"


def test_an_answer_of_more_rows_than_a_delivery_holds_comes_in_parts(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
) -> None:
    most = feed_rules().most_rows
    far.answer = {"rows": [{"at": NINE.isoformat(), "berth": f"{n % 900}号", "tons": n} for n in range(most + 20)]}
    far.answer["rows"][-1] = {"at": NINE.isoformat(), "berth": "最后"}
    far.answer["next"] = "n-1"
    asked = rounds(core, address=far.address)
    assert asked.run() > 900
    assert stand(core).state == "fine"
    assert "最后" in {row["berth"] for row in newest_of(core)}


def test_a_source_whose_clock_runs_ahead_does_not_outweigh_its_later_words(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
    clock: StillClock,
) -> None:
    asked = rounds(core, address=far.address)
    far.answer = {"rows": [berth(minutes=10, tons=5)], "at": (NINE + timedelta(days=1)).isoformat()}
    asked.run()
    clock.advance(minutes=11)
    far.answer = {"rows": [berth(minutes=10, tons=7)], "at": (NINE + timedelta(minutes=11)).isoformat()}
    assert asked.run() == 1
    assert newest_of(core)[0]["tons"] == 7


def test_names_with_dots_places_in_lists_and_no_number_at_all(core: Core) -> None:  # noqa: F811
    row = {"PM2.5": 31, "where": {"name": ["秀英", {"port": "1号"}]}, "time": NINE.isoformat(), "a": {"b": 1}}
    assert renamed(row, {"pm": "PM2.5", "berth": "where.name.1.port", "at": "time", "none": "where.name.9"}) == {
        "pm": 31, "berth": "1号", "at": NINE.isoformat(), "a": {"b": 1}, "none": None,
    }  # fmt: skip
    assert at_path({"a.b": {"c": 1}, "a": {"b": 2}}, "a.b") == {"c": 1}
    dataset = core.feeds.datasets["port.berths"]
    told = check(dataset, [{"at": NINE, "berth": "1号", "tons": float("nan")}], NINE, timedelta(0))
    assert [dict(one.body) for one in told.rows] == [{"at": NINE.isoformat(), "berth": "1号"}]


class Slow:
    """A source that answers when it is let."""

    way, place, every, demo = "pull", "slow", 600, False

    def __init__(self) -> None:
        self.held = True

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        ends = time.monotonic() + 20
        while self.held and time.monotonic() < ends:
            time.sleep(0.02)
        yield Parcel([berth("慢", minutes=1)], "slow", "s")


class Quick(Slow):
    place = "quick"

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        at = (NINE - timedelta(minutes=5)).isoformat()
        yield Parcel([{"at": at, "number": "1", "state": "处置中"}], "quick", "q")


def test_a_source_that_hangs_holds_up_no_other(
    core: Core,  # noqa: F811
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.feeds.rounds.LOOK_S", 0.3)
    slow = Slow()
    asked = Rounds(core.feeds, clock, {"port.berths": slow, "port.incidents": Quick()})
    began = time.monotonic()
    assert asked.run() == 1
    clock.advance(minutes=11)
    asked.run()
    assert time.monotonic() - began < 5
    assert line_of(core.feeds, "port.incidents").rows == 1
    assert line_of(core.feeds).rows == 0
    slow.held = False
    for _ in range(50):
        if asked.run():
            break
    assert line_of(core.feeds).rows == 1


def test_one_file_that_cannot_be_read_costs_no_other_and_heads_may_stand_below_a_title(
    core: Core,  # noqa: F811
    tmp_path: Path,
) -> None:
    folder = tmp_path / "port" / "berths"
    folder.mkdir(parents=True)
    for one in range(3):
        (folder / f"bad{one}.csv").write_bytes(b"\0")
    book = xlsxwriter.Workbook(folder / "日报.xlsx")
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 2, "秀英港泊位作业日报")
    sheet.write(1, 2, "制表：港务公司")
    sheet.write_row(2, 0, ["时间", "泊位", "吞吐量（吨）"])
    sheet.write_datetime(3, 0, datetime(2026, 3, 9, 8, 20), book.add_format({"num_format": "yyyy/m/d hh:mm"}))
    sheet.write_row(3, 1, ["2号", 1234.5])
    sheet.write_row(4, 0, ["合计", "", 1234.5])
    book.close()
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9 if path.suffix == ".csv" else 1e9 + 1))
    os.utime(folder / "bad2.csv", (time.time() + 86400,) * 2)
    asked = rounds(core, by="file", address=str(tmp_path))
    assert asked.run() == 1
    assert [(row["berth"], row["tons"]) for row in newest_of(core)] == [("2号", 1234.5)]
    assert len(list(folder.glob("unread/*"))) == 3
    assert "读不了" in stand(core).words
    assert [line.refused for line in core.feeds.deliveries("port.berths").lines] == [1]


def test_a_database_tells_decimals_dates_and_names_of_its_own(core: Core) -> None:  # noqa: F811
    """What its driver makes of them is read; what is refused can be recognised by whoever mends it."""
    from core.adapters.feed_query import _plain

    cells = {"tons": Decimal("12.50"), "busy": Decimal(3), "at": date(2026, 3, 9), "berth": UUID(int=7), "state": b"x"}
    assert {name: _plain(value) for name, value in cells.items()} == {
        "tons": 12.5, "busy": 3, "at": "2026-03-09", "berth": str(UUID(int=7)), "state": "x",
    }  # fmt: skip
    dataset = core.feeds.datasets["port.berths"]
    told = check(dataset, [{"at": NINE, "berth": "1号", "tons": "多"}], NINE, timedelta(0))
    assert "1号" in told.faults[0].body


def test_the_invented_is_not_asked_any_more_once_the_real_is_brought(
    core: Core,  # noqa: F811
    far: Far,  # noqa: F811
    clock: StillClock,
) -> None:
    """Nor does a source of before make a silence of whoever brings it now look like our own delay."""
    far.answer = {"rows": [berth(minutes=20)]}
    asked = rounds(core, address=far.address, demo=True)
    assert asked.run() == 1
    core.feeds.push(core.feeds.datasets["port.berths"], {"rows": [berth()]}, "port-1")
    clock.advance(minutes=11)
    asked.run()
    assert (len(far.asked), stand(core).state, stand(core).demo) == (1, "fine", False)
    core.feeds.asked("port.berths", clock.now())
    clock.advance(hours=5)
    core.feeds.push(core.feeds.datasets["port.berths"], {"rows": [berth(minutes=-310)]}, "port-1")
    clock.advance(hours=5)
    assert stand(core).state == "stale"
    assert Rounds(core.feeds, clock, {"port.incidents": Quick()}).run() == 1
    row = core.feeds.state("port.berths")
    assert row is not None
    assert row.next_at is None


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("2026-03-09T00:10:00Z", "2026-03-09T00:55:00Z"), ("1773014700", "1773017700"),
        ("2026/3/9 9:05", "2026/3/9 10:00"), ("2026-03-09 08:10", "2026-03-09 08:55"),
    ],
)  # fmt: skip
def test_a_database_whose_times_are_texts_is_asked_in_its_own_words(
    core: Core,  # noqa: F811
    clock: StillClock,
    tmp_path: Path,
    first: str,
    later: str,
) -> None:
    path = tmp_path / "texts.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE work (at TEXT, berth TEXT)"))
        tx.execute(text("INSERT INTO work VALUES (:at, '1号')"), {"at": first})
    query = "SELECT at, berth FROM work WHERE at > :since OR :since = '1970-01-01';"
    asked = rounds(core, by="query", address=f"sqlite:///{path}", query=query)
    clock.advance(hours=2)
    assert asked.run() == 1
    with engine.begin() as tx:
        tx.execute(text("INSERT INTO work VALUES (:at, '2号')"), {"at": later})
    clock.advance(minutes=11)
    assert asked.run() == 1, "hours of rows would be passed over"
    engine.dispose()


@pytest.mark.parametrize(("scale", "bound"), [(1, ":since_epoch"), (1000, ":since_epoch * 1000")])
def test_a_database_that_counts_seconds_since_1970_is_asked_in_seconds(
    core: Core,  # noqa: F811
    clock: StillClock,
    tmp_path: Path,
    scale: int,
    bound: str,
) -> None:
    engine, began = create_engine(f"sqlite:///{tmp_path / 'epochs.db'}"), int(clock.now().timestamp())
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE work (at INTEGER, berth TEXT)"))
        tx.execute(text("INSERT INTO work VALUES (:at, '1号')"), {"at": (began - 600) * scale})
    asked = rounds(core, by="query", address=str(engine.url), query=f"SELECT at, berth FROM work WHERE at > {bound}")
    assert asked.run() == 1
    with engine.begin() as tx:
        tx.execute(text("INSERT INTO work VALUES (:at, '2号')"), {"at": (began + 300) * scale})
    clock.advance(minutes=11)
    assert asked.run() == 1, "what came after is read, and only that"
    engine.dispose()


def test_a_postgres_in_another_zone_is_read_to_its_end_and_one_that_is_locked_is_not_waited_for(
    core: Core,  # noqa: F811
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = core.engine.url
    if url.get_backend_name() != "postgresql":
        pytest.skip("needs PostgreSQL as the far database")
    monkeypatch.setattr("core.adapters.feed_query.SESSION", _hasty())
    engine = create_engine(url.update_query_dict({"options": "-c TimeZone=UTC"}))
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE far_work (at timestamptz, berth text, tons numeric(10,2))"))
        tx.execute(text("INSERT INTO far_work VALUES ('2026-03-09 08:10+08', '1号', 12.50)"))
    query = "SELECT at, berth, tons FROM far_work WHERE at > :since"
    address = url.update_query_dict({"options": "-c TimeZone=UTC"}).render_as_string(hide_password=False)
    asked = rounds(core, by="query", address=address, query=query)
    try:
        assert asked.run() == 1, stand(core).words
        assert newest_of(core)[0]["tons"] == 12.5
        with engine.begin() as tx:
            tx.execute(text("INSERT INTO far_work VALUES ('2026-03-09 08:55+08', '2号', 3)"))
        clock.advance(minutes=11)
        assert asked.run() == 1, "eight hours of rows would be passed over"
        clock.advance(minutes=11)
        with engine.begin() as tx:
            tx.execute(text("LOCK TABLE far_work IN ACCESS EXCLUSIVE MODE"))
            began = time.monotonic()
            asked.run()
            assert time.monotonic() - began < 8
        assert stand(core).state == "failing"
        clock.advance(minutes=11)
        asked.run()
        assert stand(core).state == "fine"
    finally:
        with engine.begin() as tx:
            tx.execute(text("DROP TABLE far_work"))
        engine.dispose()


def _hasty() -> dict[str, tuple[str, ...]]:
    from core.adapters.feed_query import LOCKED_S, SESSION

    words = tuple(one.replace(f"lock_timeout = '{LOCKED_S}s'", "lock_timeout = '1s'") for one in SESSION["psycopg"])
    assert words != SESSION["psycopg"]
    return {**SESSION, "psycopg": words}


def test_moments_of_every_spelling_are_one(core: Core) -> None:  # noqa: F811
    same = [
        "2026-03-09T01:00:00Z", "2026-03-09T09:00:00+08:00", "2026-03-09 09:00:00", "2026/3/9 9:00", 1773018000,
        1773018000000, "20260309090000", "2026年3月9日 9时0分", 1773018000.0, "1773018000",
    ]  # fmt: skip
    assert {told: moment_of(told) for told in same} == dict.fromkeys(same, NINE.astimezone(SHANGHAI))
