"""Sharing upward (2.3.4, 2.3.5) over the platform's dialect: nothing lost, nothing twice as new, nobody in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bots.clock import Timetable
from core import Command, Core
from core.adapters.http import Http
from core.adapters.province import Province, build_province
from core.models.record import audit_log
from core.models.upward import upward_state
from core.people import HOTLINE
from core.policy import read
from core.policy.upward import load_upward, read_upward
from core.ports import Ticket
from core.upward import Upward
from tests.clock import StillClock
from tests.sandbox.rig import Sandbox
from tests.town import a_core

PHONE, NAME, DOOR = "19912345678", "欧阳海风", "18 号 502 室"


@dataclass
class Room:
    """A core, the platform, and the two between them."""

    core: Core
    sandbox: Sandbox
    province: Province
    upward: Upward
    count: int = 0

    def register(self, **changes: Any) -> str:
        """A case; returns its number."""
        self.count += 1
        ticket = Ticket(
            f"HK{self.count:04}", 1, "RX", "complain", "港口路下雨就积水",
            f"我叫{NAME}，电话{PHONE}，住港口路{DOOR}，水还没退。", "港口路 18 号门前", caller_name=NAME,
            caller_phone=PHONE, address=f"港口路{DOOR}",
        )  # fmt: skip
        ticket = replace(ticket, **changes)
        return self.core.register(f"hotline:{ticket.outside_no}:{ticket.revision}", ticket, HOTLINE, "feed").no

    def act(self, no: str, login: str, action: str, **form: str) -> None:
        self.count += 1
        actor = self.core.actor_for("dingtalk", login)
        self.core.execute(Command(f"up:{self.count}", self.core.case_of(no), action, actor, form, source="web"))

    def push(self) -> int:
        return self.upward.push(self.province)

    def held(self) -> Any:
        return self.sandbox.get("province")

    def set(self, **moods: Any) -> None:
        self.sandbox.post("province", **moods)


@pytest.fixture
def room(town_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[Room]:
    core = a_core(town_url, clock, sandbox.base)
    province = build_province(core.settings)
    assert province is not None
    small = replace(load_upward(), batch=5, backoff=(timedelta(minutes=1), timedelta(minutes=30)))
    yield Room(core, sandbox, province, Upward(core, small))
    core.engine.dispose()


@pytest.fixture
def dispatcher(room: Room) -> str:
    return next(holder.dingtalk for holder in room.core.directory().by_role["dispatcher"] if holder.dingtalk)


def test_what_changed_goes_up_once_and_only_a_change_goes_again(room: Room, dispatcher: str) -> None:
    numbers = [room.register() for _ in range(12)]
    assert room.push() == 12
    assert set(room.held()["rows"]["cases"]) == set(numbers)
    assert max(one["rows"] for one in room.held()["requests"]) <= 5
    assert room.push() == 0
    room.act(numbers[3], dispatcher, "close_directly", reply="已派人抽排，路面无积水。")
    assert room.push() == 1
    row = room.held()["rows"]["cases"][numbers[3]]
    assert (row["revision"], row["content"]["reply"]) == (2, "已派人抽排，路面无积水。")
    assert room.held()["doubles"] == 0


def test_ratings_go_up_beside_their_case(room: Room, dispatcher: str) -> None:
    no = room.register()
    room.act(no, dispatcher, "close_directly", reply="已派人抽排。")
    room.act(no, dispatcher, "record_call", connected="no_answer")
    answers = {"contacted": "yes", "solved": "solved", "satisfied": "satisfied"}
    room.act(no, dispatcher, "record_call", connected="connected", opinion=f"满意，别再打{PHONE}", **answers)
    room.push()
    ratings = room.held()["rows"]["ratings"]
    assert list(ratings) == [f"{no}-01", f"{no}-02"]
    assert [ratings[one]["content"]["connected"] for one in ratings] == [False, True]
    assert ratings[f"{no}-02"]["content"]["satisfied"] == "satisfied"
    assert "199****5678" in ratings[f"{no}-02"]["content"]["opinion"]


def test_nobody_goes_up_in_full(room: Room) -> None:
    plain, secret = room.register(), room.register(keep_secret=True)
    touchy = room.register(sensitive=True)
    room.push()
    told = json.dumps(room.held(), ensure_ascii=False)
    assert not [canary for canary in (PHONE, NAME, "18 号", "502") if canary in told]
    rows = room.held()["rows"]["cases"]
    assert rows[plain]["content"]["caller_name"] == "欧***"
    assert "水还没退" in rows[plain]["content"]["content"]  # what is not about a person is there
    for no in (secret, touchy):
        kept = {rows[no]["content"][name] for name in ("title", "content", "place", "reply", "caller_name")}
        assert kept == {None}
    assert all("caller_phone" not in row["content"] and "address" not in row["content"] for row in rows.values())


def test_hours_without_the_platform_lose_nothing(room: Room, dispatcher: str) -> None:
    numbers = [room.register() for _ in range(7)]
    room.sandbox.set_faults(http={"prefix": "/province", "status": 503})
    for _ in range(3):
        assert room.push() == 0
    numbers += [room.register() for _ in range(4)]
    room.act(numbers[0], dispatcher, "close_directly", reply="已办")
    view = room.upward.view()
    assert (view.waiting, view.sent, view.error) == (11, 0, "对方答复状态 503")
    room.sandbox.set_faults(http=None)
    assert room.push() == 11
    rows = room.held()["rows"]["cases"]
    assert set(rows) == set(numbers)
    assert rows[numbers[0]]["content"]["reply"] == "已办"
    assert room.held()["doubles"] == 0
    assert room.upward.view().waiting == 0


def test_a_lost_answer_is_repeated_as_the_same_and_never_as_new(room: Room) -> None:
    no = room.register()
    room.sandbox.set_faults(lost_answer={"prefix": "/province"})
    assert room.push() == 0
    room.sandbox.set_faults(lost_answer=None)
    assert room.push() == 1
    held = room.held()
    assert held["rows"]["cases"][no]["revision"] == 1
    assert held["doubles"] == 1  # known there as a repeat


def test_a_change_after_a_lost_answer_is_the_next_revision(room: Room, dispatcher: str) -> None:
    no = room.register()
    room.sandbox.set_faults(lost_answer={"prefix": "/province"})
    room.push()
    room.sandbox.set_faults(lost_answer=None)
    room.act(no, dispatcher, "close_directly", reply="已办")
    assert room.push() == 1
    assert room.held()["rows"]["cases"][no]["revision"] == 2


@pytest.mark.parametrize("mood", ["html", "empty", "truncated"])
def test_an_answer_that_is_none_moves_no_cursor(room: Room, mood: str) -> None:
    room.register()
    room.sandbox.set_faults(**{mood: {"prefix": "/province"}})
    assert room.push() == 0
    assert room.upward.view().waiting == 1
    room.sandbox.set_faults(**{mood: None})
    assert room.push() == 1


def test_silence_is_cut_and_waits(room: Room) -> None:
    room.register()
    quick = Http(room.core.settings.province.address, read_s=0.3, total_s=0.6)
    hasty = Province(room.core.settings.province.address, "xiuying", "practice", quick)
    room.sandbox.set_faults(black_hole={"prefix": "/province"})
    assert room.upward.push(hasty) == 0
    assert room.upward.view().error == "对方没有按时回复"
    room.sandbox.set_faults(black_hole=None)
    assert room.push() == 1


def test_rows_are_refused_one_by_one_shown_with_their_reason_and_sent_again(room: Room) -> None:
    first, second, third = (room.register() for _ in range(3))
    room.set(refuse={second: "行政区划代码不存在"})
    assert room.push() == 2
    view = room.upward.view()
    assert [(row.case_no, row.why) for row in view.rows] == [(second, "行政区划代码不存在")]
    assert (view.sent, view.failed, view.waiting) == (2, 1, 0)
    assert room.push() == 0  # a refused row is not tried again and again
    room.set(refuse={})
    admin = next(h for h in room.core.directory().by_role["system_admin"] if h.dingtalk)
    actor = room.core.actor_for("dingtalk", admin.dingtalk)
    assert room.upward.send_again(actor, view.rows[0].id) == 1
    assert room.upward.view().waiting == 1
    assert room.push() == 1
    assert set(room.held()["rows"]["cases"]) == {first, second, third}
    with room.core.engine.connect() as tx:
        query = select(audit_log.c.action).where(audit_log.c.action.like("upward.%")).order_by(audit_log.c.seq)
        assert tx.execute(query).scalars().all() == ["upward.pushed", "upward.resent", "upward.pushed"]


def test_rows_put_off_or_without_an_answer_go_again_by_themselves(room: Room) -> None:
    put_off, mute, fine = (room.register() for _ in range(3))
    room.set(retry={put_off: "正在入库"}, mute=[mute])
    assert room.push() == 1
    assert room.upward.view().waiting == 2
    room.set(retry={}, mute=[])
    assert room.push() == 2
    assert set(room.held()["rows"]["cases"]) == {put_off, mute, fine}


def test_one_row_that_spoils_its_batch_stands_alone_in_the_end(room: Room) -> None:
    numbers = [room.register() for _ in range(5)]
    room.set(poison=[numbers[2]])
    assert room.push() == 4
    view = room.upward.view()
    assert [(row.case_no, row.why) for row in view.rows] == [(numbers[2], "对方答复状态 400")]
    assert view.waiting == 0
    assert set(room.held()["rows"]["cases"]) == set(numbers) - {numbers[2]}


def test_a_throttled_push_waits_as_long_as_it_was_asked(room: Room) -> None:
    room.register()
    room.set(throttle=1)
    before = datetime.now(UTC)
    assert room.push() == 0
    view = room.upward.view()
    assert view.error == "对方答复状态 429"
    assert view.next_at is not None
    assert view.next_at - before >= timedelta(seconds=90)
    assert room.upward.push_if_due(room.province) == 0  # it is not time yet
    with room.core.engine.begin() as tx:
        tx.execute(update(upward_state).values(next_at=datetime.now(UTC)))
    assert room.upward.push_if_due(room.province) == 1


def test_a_platform_that_stays_away_is_asked_less_and_less(room: Room) -> None:
    room.register()
    room.sandbox.set_faults(http={"prefix": "/province", "status": 500})
    waits = []
    for _ in range(3):
        now = datetime.now(UTC)
        room.push()
        waits.append(round(((room.upward.view().next_at or now) - now).total_seconds() / 60))
    assert waits == [1, 30, 30]


def test_the_leading_worker_pushes_by_itself_and_one_that_lost_its_lease_does_not(room: Room) -> None:
    room.register()
    Timetable(room.core, lambda: False, None, province=room.province).share_upward()
    assert room.held()["rows"] == {}
    Timetable(room.core, lambda: True, None, province=room.province).share_upward()
    assert len(room.held()["rows"]["cases"]) == 1
    room.register()
    Timetable(room.core, lambda: True, None, province=room.province).share_upward()
    assert len(room.held()["rows"]["cases"]) == 1, "the next push is a quarter of an hour away"


def test_a_forged_batch_is_not_taken(room: Room) -> None:
    room.register()
    forger = Province(room.core.settings.province.address, "xiuying", "guessed")
    assert room.upward.push(forger) == 0
    assert room.held()["rows"] == {}
    assert room.upward.view().waiting == 1


def test_policy_may_not_hand_over_more_than_the_register_allows() -> None:
    columns = read("personal_data.yaml")["columns"]
    for source, how in (("cases.caller_phone", "plain"), ("cases.content", "plain"), ("cases.caller_name", "scrubbed")):
        table = read("upward.yaml")
        table["resources"]["cases"]["fields"] = {"odd": {"of": source, "title": "不该有", "as": how}}
        with pytest.raises(ValueError, match=r"odd"):
            read_upward(table, columns)
