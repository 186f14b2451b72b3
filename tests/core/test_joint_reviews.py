"""The review of a hard joint order: when it is drafted, that each sentence stands on its events, who may keep it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import yaml

from core import Core
from core.errors import FieldMissing, MoveNotOpen, NotYours, Unknown
from core.joint_errors import NoReviewWaits, ReviewDrafted
from core.joint_views import ReviewView
from core.models.joint import joint_reviews
from core.models.record import audit_log, events, letters
from core.people import CLOCK
from core.policy import joint_reviews as policy
from tests.builders import clerk, desk, person, rows
from tests.clock import StillClock
from tests.core.joint_room import FED, FIRST, REFUSAL, SECOND, SPONSOR, an_order, head, move
from tests.databases import ROOT

ANSWERS = {"lesson_delay": "响应晚", "lesson_next": "先电话", "lesson_ask": "改三定"}


def finish(core: Core, order: int) -> None:
    """From two units that agreed to an order that is over."""
    move(core, clerk(core), order, "start_check_in")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "check_in", unit)
    move(core, clerk(core), order, "end_meeting")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "report", unit, **FED)
        move(core, head(core, unit), order, "approve", unit)
    move(core, clerk(core), order, "close")
    move(core, head(core, SPONSOR), order, "approve_close")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(core, clerk(core), order, "rate_unit", unit, pleased="displeased", displeasure="太慢")


def tick(core: Core) -> list[str]:
    """What the clock owes, done; its actions."""
    commands = core.joints.due_commands()
    for command in commands:
        core.execute(command)
    return [command.action for command in commands]


def an_overdue_one(core: Core, clock: StillClock) -> int:
    """Both units answered two hours late, then all went well; its review is drafted."""
    order = an_order(core)
    clock.advance(hours=2)
    assert tick(core) == ["remind", "remind"]
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "accept", unit)
    finish(core, order)
    assert tick(core) == ["draft_review"]
    return order


def review(core: Core, order: int) -> ReviewView:
    found = core.joints.view(clerk(core), order).review
    assert found is not None
    return found


def test_an_order_that_was_overdue_is_drafted_once(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    assert tick(core) == []
    assert review(core, order).why == "超时 2 次"
    assert len(rows(core, joint_reviews)) == 1
    with pytest.raises((ReviewDrafted, NotYours)):
        move(core, CLOCK, order, "draft_review", note="再来")


def test_an_order_refused_twice_is_drafted_and_one_refused_once_is_not(core: Core) -> None:
    order = an_order(core)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "refuse", unit, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    move(core, person(core, "district_leader"), order, "rule_in", FIRST)
    move(core, clerk(core), order, "let_go", SECOND)
    move(core, clerk(core), order, "close_over", unfed=str(_leg(core, order, FIRST)))
    move(core, head(core, SPONSOR), order, "approve_close")
    assert tick(core) == ["draft_review"]
    told = review(core, order)
    assert told.why == "不报到 2 次"
    assert any("判定水务局参加" in text for text, _ in told.points)
    once = an_order(core)
    move(core, clerk(core, FIRST), once, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), once, "let_go", FIRST)
    move(core, clerk(core), once, "close_over", unfed=str(_leg(core, once, SECOND)))
    move(core, head(core, SPONSOR), once, "approve_close")
    assert tick(core) == []


def _leg(core: Core, order: int, unit: str) -> int:
    unit_id = core.directory().by_word[unit]
    return int(next(leg["id"] for leg in core.joints.sheet(order).legs if leg["unit_id"] == unit_id))


def test_every_sentence_stands_on_events_of_this_order_and_says_the_same_again(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    told = {row.id: row for row in rows(core, events, events.c.joint_id == order)}
    points = review(core, order).points
    assert len(points) >= 6
    for text, ids in points:
        assert ids, text
        assert set(ids) <= set(told), text
    raised = points[0][0]
    assert "城管局" in raised
    assert "水务局、住建局" in raised
    late = next(text for text, _ in points if "待响应共" in text)
    assert "2 小时" in late
    assert any("满意 2 次，不满意 2 次" in text for text, _ in points)


def test_sponsor_and_centre_hear_of_the_draft_once_with_its_words(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    said = [row for row in rows(core, letters, letters.c.channel == "dingtalk.say") if "复盘待确认" in row.body["text"]]
    heard = [one for row in said for one in row.body["people"]]
    centre = {one.person for one in core.directory().by_role["desk_head"]}
    assert len(heard) == len(set(heard))
    assert set(heard) == {clerk(core).person, *centre}
    first = review(core, order).points[0][0]
    assert all(first in row.body["text"] for row in said)


def test_it_is_kept_once_with_the_three_answers_and_the_draft_stays_below_what_was_rewritten(
    core: Core, clock: StillClock
) -> None:
    order = an_overdue_one(core, clock)
    draft = review(core, order).points
    with pytest.raises(FieldMissing):
        move(core, clerk(core), order, "keep_review", lesson_delay="响应晚")
    move(core, clerk(core), order, "keep_review", review="重写：响应晚了。", **ANSWERS)
    kept = review(core, order)
    assert kept.words == "重写：响应晚了。"
    assert kept.points == draft
    assert [said for _, said in kept.lessons] == ["响应晚", "先电话", "改三定"]
    assert (kept.kept_by, kept.kept_at) == (clerk(core).label, clock.now())
    with pytest.raises(NoReviewWaits):
        move(core, clerk(core), order, "keep_review", **ANSWERS)


def test_the_centre_may_keep_it_and_a_draft_left_as_it_was_is_no_rewriting(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    move(core, desk(core), order, "keep_review", review=review(core, order).text, **ANSWERS)
    assert review(core, order).words == ""


def test_a_unit_neither_reads_nor_keeps_it(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    assert core.joints.view(clerk(core, FIRST), order).review is None
    with pytest.raises(NotYours):
        move(core, clerk(core, FIRST), order, "keep_review", **ANSWERS)


def test_before_there_is_a_draft_nothing_is_kept(core: Core) -> None:
    order = an_order(core)
    with pytest.raises(MoveNotOpen):
        move(core, clerk(core), order, "keep_review", **ANSWERS)


# --- papers -----------------------------------------------------------------------------------------------------------


def test_the_process_is_taken_in_each_format_with_a_reason_and_on_record(core: Core, clock: StillClock) -> None:
    order = an_overdue_one(core, clock)
    for kind, begins in (("pdf", b"%PDF-"), ("docx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        paper = core.joint_papers.take(clerk(core), order, kind, "周例会通报")
        assert paper.data.startswith(begins)
        assert paper.name.endswith(f".{kind}")
    told = [row for row in rows(core, audit_log) if row.action == "joint.exported"]
    assert [row.reason for row in told] == ["周例会通报"] * 3
    assert {row.actor_person for row in told} == {clerk(core).person}


def test_a_csv_has_every_event_the_reader_may_read_and_says_who_took_it(core: Core) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, reason="=1+1 不属本单位", basis="三定方案")
    mine = core.joint_papers.take(clerk(core, SECOND), order, "csv", "核对").data.decode("utf-8-sig")
    whole = core.joint_papers.take(clerk(core), order, "csv", "核对").data.decode("utf-8-sig")
    assert "不属本单位" in whole
    assert "不属本单位" not in mine
    table = list(csv.reader(io.StringIO(whole)))
    assert table[0] == ["序", "时间", "谁", "做了什么", "内容"]
    assert clerk(core).name in table[-1][0]
    assert "2026-03-09" in table[-1][0]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)


@pytest.mark.parametrize(("kind", "reason"), [("pdf", "  "), ("exe", "核对"), ("pdf", "长" * 101)])
def test_without_a_reason_or_a_format_nothing_is_taken(core: Core, kind: str, reason: str) -> None:
    order = an_order(core)
    with pytest.raises(Exception, match=r"导出|格式"):
        core.joint_papers.take(clerk(core), order, kind, reason)
    assert not [row for row in rows(core, audit_log) if row.action == "joint.exported"]


def test_an_order_of_others_is_not_taken(core: Core) -> None:
    order = an_order(core)
    with pytest.raises(Unknown):
        core.joint_papers.take(clerk(core, "transport"), order, "pdf", "核对")


# --- the table --------------------------------------------------------------------------------------------------------


def test_a_sentence_that_names_what_is_not_known_is_no_table() -> None:
    raw = yaml.safe_load((ROOT / "core/policy/joint_reviews.yaml").read_text("utf-8"))
    raw["sentences"]["refused"] = "{colour}"
    with pytest.raises(ValueError, match="colour"):
        policy.parse(raw)
    raw["sentences"]["refused"] = "{unit}"
    with pytest.raises(ValueError, match="whole"):
        policy.parse({**raw, "rules": [{**raw["rules"][0], "overdue": 0}]})
    with pytest.raises(ValueError, match="reasons"):
        policy.parse({**raw, "reasons": {}})


def test_the_rule_in_force_is_the_latest_that_has_begun(core: Core) -> None:
    known = policy.read_reviews()
    later = replace(known.rules[0][1], overdue=5)
    told = replace(known, rules=(*known.rules, (core.today().replace(year=2030), later)))
    assert told.rule(core.today()).overdue == 1
    assert told.rule(core.today().replace(year=2031)).overdue == 5
