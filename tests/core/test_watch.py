"""Warnings, the ladder and put-off reminders over days: who hears what, when, and never more than the tables say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from core import Actor, Core
from core.chores import looks
from core.errors import BadField, NotYours
from core.models.cases import case_legs
from core.models.record import events, letters
from core.policy import load_policy
from tests.builders import (
    LEAD,
    OTHER,
    act,
    clerk,
    confirmed,
    desk,
    dispatched,
    events_of,
    head,
    leg_of,
    person,
    refused,
    reported,
    rows,
    signed,
)
from tests.clock import StillClock
from tests.core.watch_room import heard, lines, live_until, recount, tick

POLICY = load_policy()


def unit_head(core: Core) -> Actor:
    return person(core, "unit_head", LEAD)


def contacted(core: Core, **fields: str) -> int:
    case = signed(core, **fields)
    act(core, clerk(core), case, "contact", LEAD, note="已电话联系")
    return case


# --- levels ---------------------------------------------------------------------------------------------------------


def test_a_case_nobody_contacted_climbs_through_all_levels_once(core: Core, clock: StillClock) -> None:
    case = signed(core)
    act(core, clerk(core), case, "contact", LEAD, note="已电话联系")
    live_until(core, clock, "2026-03-17 09:00")
    told = [(line.at, line.text.partition("，")[0], line.person) for line in lines(core, case)]
    handler, chief = clerk(core).person, unit_head(core).person
    assert told[:3] == [
        ("03-13 16:18", "橙色", handler), ("03-13 16:18", "橙色", chief), ("03-16 17:30", "红色", handler),
    ]  # fmt: skip
    assert [level for _, level, _ in told].count("红色") == 6, "handler, head, dispatcher, two desk heads, leader"
    assert len({(level, one) for _, level, one in told}) == len(told), "nobody hears one level twice"


def test_yellow_comes_at_half_when_nobody_was_contacted(core: Core, clock: StillClock) -> None:
    case = signed(core)
    live_until(core, clock, "2026-03-12 12:00")
    assert heard(core, case)[-1] == ("03-12 08:45", "预警", 1)
    assert lines(core, case)[-1].person == clerk(core).person
    assert "黄色，时限过半，还没有联系群众，告知经办人。期限3月16日 周一 17:30。" in lines(core, case)[-1].text


def test_a_case_handled_in_time_is_told_nothing(core: Core, clock: StillClock) -> None:
    case = reported(core)
    live_until(core, clock, "2026-03-31 18:00")
    assert lines(core, case) == []
    assert leg_of(core, case, LEAD)["look_at"] is None


def test_the_level_is_in_every_view_as_sign_and_word(core: Core, clock: StillClock) -> None:
    case = contacted(core)
    assert core.case_view(clerk(core), case).warning == ""
    clock.set("2026-03-13 16:20")
    view = core.case_view(clerk(core), case)
    assert (view.warning, view.legs[0].warning) == ("◇ 橙色预警", "◇ 橙色预警")
    assert core.work(clerk(core), "todo").items[0].warning == "◇ 橙色预警"
    clock.set("2026-03-16 17:30:01")
    assert core.case_view(desk(core), case).warning == "■ 红色预警"


def test_going_down_is_silent_and_the_same_level_waits_a_working_day(core: Core, clock: StillClock) -> None:
    case = contacted(core)
    live_until(core, clock, "2026-03-13 16:30")
    assert heard(core, case) == [("03-13 16:18", "预警", 2)]
    act(core, clerk(core), case, "ask_extension", LEAD, days="1", reason="需施工", basis="施工合同")
    act(core, desk(core), case, "grant_extension", LEAD)
    assert core.case_view(clerk(core), case).warning == "", "one more day lies ahead"
    live_until(core, clock, "2026-03-17 17:00")
    assert [(at, count) for at, _, count in heard(core, case)][1:] == [("03-16 16:18", 2)], "again after a working day"


def test_a_second_return_is_orange_and_a_sensitive_case_red_at_once(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    returned: dict[str, Any] = {"reason": "not_our_duty", "basis": "三定方案"}
    for _ in range(2):
        act(core, clerk(core), case, "return", LEAD, **returned)
        act(core, clerk(core), case, "withdraw_return", LEAD)
    clock.advance(seconds=5)
    assert core.case_view(desk(core), case).warning == "◇ 橙色预警"
    tick(core)
    assert "橙色，第二次退回" in lines(core, case)[-1].text
    secret = signed(core, sensitive=True)
    clock.advance(seconds=5)
    tick(core)
    assert "红色，敏感件" in lines(core, secret)[0].text
    assert len(lines(core, secret)) == 6


def test_one_level_is_told_once_a_case_however_many_units_are_late(core: Core, clock: StillClock) -> None:
    case = dispatched(core, LEAD, [OTHER])
    for unit in (LEAD, OTHER):
        act(core, clerk(core, unit), case, "sign", unit)
        act(core, clerk(core, unit), case, "contact", unit, note="已联系")
    live_until(core, clock, "2026-03-16 18:00")
    red = [line.person for line in lines(core, case) if line.text.startswith("红色")]
    assert len(red) == len(set(red)) == 8, "two clerks, two heads, dispatcher, two desk heads, one leader"


# --- hours ----------------------------------------------------------------------------------------------------------


def test_nothing_is_said_at_night_on_weekends_and_holidays(core: Core, clock: StillClock) -> None:
    clock.set(
        "2026-02-12 16:00"
    )  # Thursday before the Spring Festival: Saturday the 14th is worked, then nine days off
    case = dispatched(core)
    live_until(core, clock, "2026-03-06 18:00")
    for line in lines(core, case):
        day, moment = line.at.split()
        assert "07:00" <= moment < "22:00", line
        assert not "02-15" <= day <= "02-23", line
        assert day not in ("03-01",), line
    spoken = [line.at[:5] for line in lines(core, case)]
    assert {"02-13", "02-24"} <= set(spoken), "the day after, and the first day after the holiday"


def test_a_worked_saturday_counts(core: Core, clock: StillClock) -> None:
    clock.set("2026-02-13 17:10")
    case = dispatched(core)  # 20 work minutes on Friday, ten more on the Saturday of 调休
    live_until(core, clock, "2026-02-14 12:00")
    assert heard(core, case)[0] == ("02-14 08:40", "提醒", 1)


def test_an_urgent_case_waits_for_no_morning(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-14 23:00")  # Saturday night
    case = dispatched(core, urgency="critical")
    live_until(core, clock, "2026-03-15 02:00")
    assert heard(core, case)[0][0] == "03-14 23:15", "15 minutes to sign"
    assert core.case_view(clerk(core), case).next_at is not None


def test_a_typhoon_closure_entered_at_noon_moves_what_was_to_come(core: Core, clock: StillClock) -> None:
    case = signed(core)
    live_until(core, clock, "2026-03-11 12:00")
    before = leg_of(core, case, LEAD)
    for day in ("2026-03-12", "2026-03-13"):
        core.set_day(clock.now().date().fromisoformat(day), "holiday", "台风停工")
    assert (recount(core), recount(core)) == (1, 0)
    line = rows(core, letters, letters.c.key.like("moved:%"))[0]
    assert (line.body["people"], line.body["title"]) == ([clerk(core).person], "时限重算")
    assert core.case_view(clerk(core), case).timeline[-1].what == "重算时限（城管局）"
    after = leg_of(core, case, LEAD)
    assert after["due_at"] - before["due_at"] == timedelta(days=2)
    assert after["look_at"] > before["look_at"]
    live_until(core, clock, "2026-03-16 08:29")
    assert heard(core, case)[-1][0] < "03-12", "the office is closed"
    live_until(core, clock, "2026-03-16 12:00")
    assert heard(core, case)[-1] == ("03-16 08:45", "预警", 1)


# --- the ladder -----------------------------------------------------------------------------------------------------


def test_the_ladder_is_climbed_rung_by_rung_until_somebody_signs(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    live_until(core, clock, "2026-03-09 10:10")
    assert heard(core, case) == [("03-09 09:30", "提醒", 1), ("03-09 10:00", "提醒", 1)]
    assert [line.person for line in lines(core, case)] == [clerk(core).person, unit_head(core).person]
    act(core, clerk(core), case, "sign", LEAD)
    live_until(core, clock, "2026-03-10 08:00")
    assert len(heard(core, case)) == 2, "the act stops it"


def test_the_next_rung_is_announced(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    view = core.case_view(clerk(core), case)
    assert (view.next_at, view.next_told) == (clock.now() + timedelta(minutes=30), "承办岗位")
    clock.advance(minutes=31)
    tick(core)
    view = core.case_view(clerk(core), case)
    assert (view.next_at, view.next_told) == (clock.now() + timedelta(minutes=29), "单位负责人")
    assert view.last.endswith("派发"), "a reminder is nobody's act"


def test_reading_stops_nothing_and_no_button_goes_stale_by_a_reminder(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    seen = leg_of(core, case, LEAD)["seq"]
    core.case_view(clerk(core), case)
    clock.advance(minutes=31)
    assert [command.action for command in tick(core)] == ["remind"]
    act(core, clerk(core), case, "sign", LEAD, seen=seen)


def test_an_overdue_case_is_recalled_five_times_at_most(core: Core, clock: StillClock) -> None:
    case = contacted(core)
    live_until(core, clock, "2026-04-10 18:00")
    late = [line for line in lines(core, case) if line.head == "提醒"]
    assert len(late) == 10, "five times, to the clerk and the head"
    assert len({line.at[:5] for line in late}) == 5, "never twice a day"


# --- putting off ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "wait", "answer"),
    [
        ("2026-03-09 09:10", "hour", "好的，今天 10:10 再提醒您"),
        ("2026-03-09 11:30", "hour", "好的，今天 14:30 再提醒您"),
        ("2026-03-09 09:10", "closing", "好的，今天 17:00 再提醒您"),
        ("2026-03-09 17:10", "closing", "好的，明天 08:30 再提醒您"),
        ("2026-03-13 16:00", "morning", "好的，3月16日 周一 08:30 再提醒您"),
    ],
)
def test_a_person_puts_the_reminders_of_one_case_off(
    core: Core, clock: StillClock, now: str, wait: str, answer: str
) -> None:
    case = dispatched(core)
    clock.set(now)
    assert act(core, clerk(core), case, "snooze", LEAD, wait=wait).sentence == answer
    assert events_of(core, case)[-1] == "case_leg.snoozed"
    assert rows(core, events, events.c.name == "snoozed")[0].person_id == clerk(core).person


def test_only_theirs_wait_and_come_once(core: Core, clock: StillClock) -> None:
    case, other = dispatched(core), dispatched(core)
    act(core, clerk(core), case, "snooze", LEAD, wait="hour")
    live_until(core, clock, "2026-03-09 10:30")
    mine = [line.at for line in lines(core, case) if line.person == clerk(core).person]
    assert mine == ["03-09 10:00"], "an hour after 09:00, in place of 09:30"
    assert [line.at for line in lines(core, case) if line.person == unit_head(core).person] == ["03-09 10:00"]
    assert [line.at for line in lines(core, other) if line.person == clerk(core).person] == ["03-09 09:30"]


def test_the_act_makes_a_put_off_reminder_needless(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    act(core, clerk(core), case, "snooze", LEAD, wait="hour")
    act(core, clerk(core), case, "sign", LEAD)
    live_until(core, clock, "2026-03-09 12:00")
    assert lines(core, case) == []


def test_others_cannot_put_it_off_and_words_must_be_known(core: Core) -> None:
    case = dispatched(core)
    refused(NotYours, core, desk(core), case, "snooze", LEAD, wait="hour")
    refused(BadField, core, clerk(core), case, "snooze", LEAD, wait="never")


# --- once, and cheap ------------------------------------------------------------------------------------------------


def test_two_leaders_say_it_once(core: Core, second: Core, clock: StillClock) -> None:
    case = dispatched(core)
    clock.advance(minutes=31)
    both = []
    for one in (core, second):
        with one.engine.connect() as tx:
            both.append(looks(tx, one.world(), clock.now())[0][0])
    assert both[0] == both[1]
    first, again = core.execute(both[0]), second.execute(both[1])
    assert (again.event, again.repeated) == (first.event, True)
    assert len(lines(core, case)) == 1


def test_a_quiet_look_reads_no_row_that_has_nothing_to_say(core: Core, clock: StillClock) -> None:
    for _ in range(3):
        signed(core)
    with core.engine.connect() as tx:
        assert looks(tx, core.world(), clock.now()) == ([], [])
    assert all(row.look_at > clock.now() for row in rows(core, case_legs))


def test_a_look_goes_along_its_index(core: Core) -> None:
    """SQLite says so outright; PostgreSQL has the same index and would read an empty table whole."""
    if core.engine.dialect.name == "sqlite":
        with core.engine.connect() as tx:
            plan = tx.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT id FROM case_legs WHERE look_at <= '2026' ORDER BY look_at, id LIMIT 30"
            ).all()
        assert "ix_case_legs_look_at" in str(plan)
    assert "ix_case_legs_look_at" in {one["name"] for one in inspect(core.engine).get_indexes("case_legs")}


def test_redone_work_begins_its_warnings_anew(core: Core, clock: StillClock) -> None:
    case = confirmed(core)
    act(core, desk(core), case, "redo", reason="问题反弹")
    assert leg_of(core, case, LEAD)["watch"]["level"] == 0
    live_until(core, clock, "2026-03-12 17:45")
    assert any(line.text.startswith("红色，已超期") for line in lines(core, case)), "three working days to redo"
    act(core, head(core), case, "oversee", opinion="限期办结")


@pytest.mark.slow
def test_nobody_hears_more_than_the_tables_say(core: Core, clock: StillClock) -> None:
    """A month in which nobody acts: every line of every person is one the tables allow."""
    cases = [dispatched(core, urgency=urgency) for urgency in ("normal", "urgent")]
    live_until(core, clock, "2026-04-10 18:00")
    most = sum(rung.most for rung in POLICY.ladder.rungs) + len(POLICY.warnings.levels)
    for case in cases:
        told = lines(core, case)
        for one in {line.person for line in told}:
            assert sum(line.person == one for line in told) <= most
        levels = [(line.person, line.text[:2]) for line in told if line.head == "预警"]
        assert len(levels) == len(set(levels))
    assert core.verify_log().ok
