"""Showing up by law: the code on the sponsor's phone, places and distances, a page without network, and every fraud."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import Core, Refusal
from core.crypto import place
from core.errors import MoveNotOpen, NotYours, Unknown
from core.joint_errors import (
    CheckInNotStarted,
    CheckInOver,
    CodeElsewhere,
    CodeOver,
    CodeUnread,
    NotCalled,
    SpotUnread,
)
from core.models.joint import joint_check_ins
from core.models.record import events
from core.receipts import Done
from core.showing import Codes, Spot
from tests.builders import clerk, fresh_key, person, rows
from tests.clock import StillClock
from tests.core.joint_room import FIRST, SECOND, SPONSOR, an_order, leg_of, move, states

MEETING, BESIDE, FAR = "20.018000,110.287000,15", "20.018200,110.287000,20", "20.030000,110.300000,900"


def signing(core: Core, **fields: str) -> int:
    """Both units agreed and the sponsor started the check-in."""
    order = an_order(core, **fields)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "accept", unit)
    move(core, clerk(core), order, "start_check_in")
    return order


def shown(core: Core, order: int) -> str:
    return core.on_site.shown(clerk(core, SPONSOR), order)[0].text


def scan(core: Core, order: int, code: str, unit: str = FIRST, **form: str) -> Done:
    return core.on_site.act(fresh_key(), clerk(core, unit), order, "scan_in", {"shown_code": code, **form})


def opened(core: Core, order: int, unit: str = FIRST) -> str:
    return core.on_site.page(clerk(core, unit), order).proof


def told(core: Core, order: int, unit: str = FIRST) -> str:
    name = leg_of(core, order, unit)["id"]
    return next(leg.check_in for leg in core.joints.view(clerk(core), order).legs if leg.id == name)


# --- the strong form ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R129")
def test_a_scan_checks_in_with_time_place_distance_and_how(core: Core) -> None:
    order = signing(core)
    move(core, clerk(core), order, "set_point", spot=MEETING)
    done = scan(core, order, shown(core, order), spot=BESIDE)
    assert done.sentence == "「扫码签到」已办好，现在是「已签到」"
    assert told(core, order) == "3月9日 09:00 港口路公交站 · 扫码 · 距会场 22 米"
    row = rows(core, joint_check_ins)[0]
    assert (row.how, row.distance, row.sent_at) == ("scan", 22, None)
    assert core.cipher.open(row.spot, place("joint_check_ins", "spot", row.leg_id)) == BESIDE
    assert states(core, order) == ("signing", "on_site", "coming")


def test_a_code_is_new_every_period_and_counts_a_little_longer_than_it_is_shown(core: Core, clock: StillClock) -> None:
    order = signing(core)
    first = shown(core, order)
    clock.advance(seconds=29)
    assert shown(core, order) == first
    clock.advance(seconds=1)
    assert shown(core, order) != first
    clock.advance(seconds=29)
    assert scan(core, order, first).name == "joint_leg.checked_in"  # signing in takes a moment
    clock.advance(seconds=2)
    with pytest.raises(CodeOver, match="签到码已过期，请扫发起人手机上正在显示的码。"):
        scan(core, order, first, SECOND)
    assert states(core, order) == ("signing", "on_site", "coming")


def test_everybody_scans_the_same_code_and_each_unit_once(core: Core) -> None:
    order = signing(core)
    code = shown(core, order)
    scan(core, order, code)
    scan(core, order, code, SECOND)
    with pytest.raises(MoveNotOpen, match="已签到"):
        scan(core, order, code)
    assert len(rows(core, joint_check_ins)) == 2


def test_the_same_scan_delivered_twice_counts_once(core: Core) -> None:
    order = signing(core)
    form = {"shown_code": shown(core, order)}
    first, again = (core.on_site.act("web:scan", clerk(core, FIRST), order, "scan_in", form) for _ in range(2))
    assert (again.event, again.repeated) == (first.event, True)
    assert len(rows(core, joint_check_ins)) == 1


def test_codes_of_others_or_of_nobody_change_nothing(core: Core) -> None:
    order, other = signing(core), signing(core, place="别处")
    code = shown(core, order)
    frauds: dict[str, type[Refusal]] = {
        shown(core, other): CodeElsewhere, "": Refusal, "1.2.3": CodeUnread, code[:-1] + "A": CodeUnread,
        code.replace(f"{order}.", f"{other}.", 1): CodeUnread, code + "x": CodeUnread, "九" * 40: CodeUnread,
        Codes(b"another secret").code(order, core.clock.now(), timedelta(seconds=30)).text: CodeUnread,
        opened(core, order): CodeUnread,
    }  # fmt: skip
    for fraud, refusal in frauds.items():
        with pytest.raises(refusal):
            scan(core, order, fraud)
    assert states(core, order) == ("signing", "coming", "coming")
    assert rows(core, joint_check_ins) == []


def test_who_was_not_called_has_not_agreed_or_comes_before_the_start_or_after_the_end_hears_one_sentence(
    core: Core, clock: StillClock
) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    early = core.codes.code(order, clock.now(), timedelta(seconds=30)).text
    with pytest.raises(CheckInNotStarted, match="发起单位还没有开始签到，请等通知。"):
        scan(core, order, early)
    with pytest.raises(CheckInNotStarted):
        shown(core, order)
    clock.advance(minutes=2)
    move(core, clerk(core), order, "start_check_in")
    with pytest.raises(NotCalled, match="这一单没有叫本单位，不用签到，可问发起单位。"):
        scan(core, order, shown(core, order), "ecology")
    with pytest.raises(MoveNotOpen, match="待响应"):
        scan(core, order, shown(core, order), SECOND)
    move(core, clerk(core, SECOND), order, "accept", SECOND)
    clock.advance(seconds=30)
    move(core, clerk(core), order, "end_meeting")
    late = core.codes.code(order, clock.now(), timedelta(seconds=30)).text
    with pytest.raises(CheckInOver, match="会议已结束，请改用「补卡」并写明原因。"):
        scan(core, order, late)
    with pytest.raises(CheckInOver):
        shown(core, order)
    legs = [leg_of(core, order, unit)["id"] for unit in (FIRST, SECOND)]
    move(core, clerk(core), order, "close_over", unfed=",".join(str(leg) for leg in legs))
    move(core, person(core, "unit_head", SPONSOR), order, "approve_close")
    with pytest.raises(MoveNotOpen, match="未反馈"):
        scan(core, order, late)
    assert rows(core, joint_check_ins) == []


def test_only_the_sponsor_shows_a_code(core: Core) -> None:
    order = signing(core)
    with pytest.raises(NotYours, match="出示签到码由发起单位办理"):
        core.on_site.shown(clerk(core, FIRST), order)
    with pytest.raises(Unknown):
        core.on_site.shown(clerk(core, "ecology"), order)


# --- the weak form --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R129")
def test_the_phones_place_is_kept_sealed_and_measured_again_when_the_meeting_gets_its_point(core: Core) -> None:
    order = signing(core)
    core.on_site.act(fresh_key(), clerk(core, FIRST), order, "check_in_here", {"spot": FAR})
    assert told(core, order) == "3月9日 09:00 港口路公交站 · 定位"
    done = move(core, clerk(core), order, "set_point", spot=MEETING)
    assert done.sentence == "已把您现在的位置定为会场，各单位的距离按它计算"
    assert told(core, order) == "3月9日 09:00 港口路公交站 · 定位 · 距会场 1.9 公里，误差约 900 米"
    view = core.joints.view(clerk(core), order)
    assert [(one.unit, one.east, one.north, one.far) for one in view.spots] == [("水务局", 1358, 1334, True)]
    assert core.joints.view(clerk(core, SECOND), order).spots == ()  # where others were is not theirs
    assert "20.03" not in str([dict(row.facts) for row in rows(core, events)])


@pytest.mark.parametrize("spot", ["到了", "91,110", "20,181", "nan,nan", "20.0", "20,110,-5", "20,110;drop", "1e2,110"])
def test_a_place_that_cannot_be_read_is_refused(core: Core, spot: str) -> None:
    order = signing(core)
    with pytest.raises(SpotUnread, match="没有读到位置，请重新定位或写明所在位置。"):
        core.on_site.act(fresh_key(), clerk(core, FIRST), order, "check_in_here", {"spot": spot})
    assert rows(core, joint_check_ins) == []


def test_only_the_sponsor_says_where_the_meeting_is(core: Core) -> None:
    order = signing(core)
    with pytest.raises(NotYours):
        move(core, clerk(core, FIRST), order, "set_point", spot=MEETING)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        (Spot(20.018, 110.287), Spot(20.018, 110.287), 0),
        (Spot(0, 0), Spot(0, 1), 111_195),
        (Spot(90, 0), Spot(-90, 0), 20_015_087),
        (Spot(20.0, 179.9995), Spot(20.0, -179.9995), 104),
    ],
)
def test_distances_are_great_circles(one: Spot, other: Spot, metres: int) -> None:
    assert (one.metres_to(other), other.metres_to(one)) == (metres, metres)


# --- without network ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R129")
def test_a_code_kept_without_network_counts_at_its_own_time_even_after_the_meeting(
    core: Core, clock: StillClock
) -> None:
    order = signing(core)
    proof = opened(core, order)
    clock.advance(minutes=3)
    code, at = shown(core, order), clock.now()
    clock.advance(minutes=40)
    move(core, clerk(core), order, "end_meeting")
    clock.advance(minutes=20)
    scan(core, order, code, open_page=proof)
    assert told(core, order) == "3月9日 09:03 港口路公交站 · 扫码 · 离线扫码，3月9日 10:03 补传"
    assert leg_of(core, order, FIRST)["checked_in_at"] == at
    assert states(core, order) == ("working", "reporting", "coming")
    assert leg_of(core, order, FIRST)["late"] is False
    assert leg_of(core, order, FIRST)["due_at"] is not None


def test_a_page_proves_only_its_own_person_order_and_time(core: Core, clock: StillClock) -> None:
    order, other = signing(core), signing(core, place="别处")
    foreign = [opened(core, order, SECOND), opened(core, other), "", "1.1.1", "x" * 100]
    clock.advance(minutes=1)
    code = shown(core, order)
    clock.advance(minutes=10)
    for proof in (*foreign, opened(core, order)):  # the last was opened after the code had gone
        with pytest.raises(CodeOver):
            scan(core, order, code, open_page=proof)
    assert rows(core, joint_check_ins) == []


def test_a_page_keeps_a_code_no_longer_than_the_rule_says(core: Core, clock: StillClock) -> None:
    order = signing(core)
    proof = opened(core, order)
    code = shown(core, order)
    clock.advance(hours=12, seconds=31)
    with pytest.raises(CodeOver):
        scan(core, order, code, open_page=proof)


def test_a_clock_set_back_makes_no_code_good(core: Core, clock: StillClock) -> None:
    order = signing(core)
    tomorrow = core.codes.code(order, clock.now() + timedelta(days=1), timedelta(seconds=30)).text
    with pytest.raises(CodeOver):
        scan(core, order, tomorrow, open_page=opened(core, order))


@pytest.mark.requirement("R130")
def test_without_a_code_it_becomes_a_late_check_in_with_its_reason(core: Core, clock: StillClock) -> None:
    order = signing(core)
    move(core, clerk(core), order, "end_meeting")
    assert core.on_site.page(clerk(core, FIRST), order).ways == ("late",)
    form = {"place": "港口路", "note": "现场没有信号"}
    core.on_site.act(fresh_key(), clerk(core, FIRST), order, "check_in_late", form)
    assert states(core, order)[1] == "late_asked"
    move(core, clerk(core), order, "approve_late", FIRST)
    assert told(core, order) == "补卡 3月9日 09:00 港口路（现场没有信号）"
    assert leg_of(core, order, FIRST)["late"] is True


def test_the_page_says_what_may_be_done_and_what_to_wait_for(core: Core) -> None:
    order = an_order(core)
    said = {"invited": core.on_site.page(clerk(core, FIRST), order)}
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    said["agreed"] = core.on_site.page(clerk(core, FIRST), order)
    move(core, clerk(core), order, "start_check_in")
    said["open"] = core.on_site.page(clerk(core, FIRST), order)
    assert [one.said for one in said.values()] == [
        "本单位还没有响应，请先在卡片上同意报到。", "发起单位还没有开始签到，开始后会收到通知。", "",
    ]  # fmt: skip
    assert [one.ways for one in said.values()] == [(), (), ("scan", "here", "place", "late")]
    with pytest.raises(NotCalled):
        core.on_site.page(clerk(core, SPONSOR), order)


def test_the_codes_time_is_its_windows(core: Core) -> None:
    codes = Codes(b"secret")
    now = datetime.fromisoformat("2026-03-09T01:00:17+00:00")
    code = codes.code(7, now, timedelta(seconds=30))
    assert (code.at.second, code.until.second, codes.read(code.text)) == (0, 30, code)


def test_years_later_nobody_knows_where_anybody_was(core: Core, clock: StillClock) -> None:
    order = signing(core)
    move(core, clerk(core), order, "set_point", spot=MEETING)
    scan(core, order, shown(core, order), spot=BESIDE)
    move(core, clerk(core), order, "end_meeting")
    clock.advance(days=4000)
    assert "whereabouts" not in core.retention.run()  # it is not over
    legs = ",".join(str(leg_of(core, order, unit)["id"]) for unit in (FIRST, SECOND))
    move(core, clerk(core), order, "close_over", unfed=legs)
    move(core, person(core, "unit_head", SPONSOR), order, "approve_close")
    clock.advance(days=1096)
    assert core.retention.run()["whereabouts"] == 1
    assert [row.spot for row in rows(core, joint_check_ins)] == [None]
    assert core.joints.view(clerk(core), order).spots == ()
    assert "扫码 · 距会场 22 米" in told(core, order)
