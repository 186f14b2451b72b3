"""Scores of joint orders from what really happened, on both databases: counted, opened, frozen, appealed against."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core import Actor, Core, Refusal
from core.errors import BadField, FieldMissing, NothingChanged, NotYours, Unknown
from core.joint_scores.months import Answered, Appealed, AppealOver, MonthRuns, NothingLost, NotPublished
from core.models.record import audit_log, letters
from core.ports import Envelope
from core.score_views import Ask, Board
from core.scoring import Score
from tests.builders import clerk, person, rows
from tests.builders import head as desk_head
from tests.clock import StillClock
from tests.core.joint_room import (
    DISPLEASED,
    FED,
    FIRST,
    PLEASED,
    REFUSAL,
    SECOND,
    SPONSOR,
    an_order,
    closed,
    head,
    leg_of,
    move,
    on_site,
)

MARCH = Ask(date(2026, 3, 1), date(2026, 3, 31))
NEXT_MONTH = date(2026, 4, 1)


def unit(core: Core, word: str) -> int:
    return core.directory().by_word[word]


def line(board: Board, core: Core, word: str) -> Score:
    return next(one for one in board.scores if one.unit == unit(core, word))


def board(core: Core, ask: Ask = MARCH, actor: Actor | None = None) -> Board:
    return core.joint_scores.board(actor or desk_head(core), ask)


def counts(core: Core, word: str, *names: str) -> tuple[int, ...]:
    told = line(board(core), core, word).counts
    return tuple(told[name] for name in names)


def rates(core: Core, word: str) -> dict[str, str]:
    return {one.name: f"{one.of}/{one.per}" for one in line(board(core), core, word).rates}


def marks(core: Core, word: str) -> dict[str, int]:
    return {one.name: one.count for one in line(board(core), core, word).marks if one.count}


def to_april(clock: StillClock) -> None:
    """After the month is over, within office hours."""
    while clock.now().astimezone().date() < NEXT_MONTH:
        clock.advance(days=1)


def no_of(core: Core, order: int) -> str:
    return str(core.joints.sheet(order).order["no"])


# --- counting -------------------------------------------------------------------------------------------------------


def test_a_full_order_counts_for_each_unit_and_for_its_sponsor(core: Core) -> None:
    order = closed(core)
    move(core, clerk(core), order, "rate_unit", FIRST, **PLEASED)
    assert counts(core, FIRST, "rated", "pleased", "unrated") == (0, 0, 1)
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, **DISPLEASED)
    assert rates(core, FIRST) == {
        "respond": "1/1",
        "check_in": "1/1",
        "feed": "1/1",
        "pleased": "1/1",
        "rightly": "0/0",
    }
    assert rates(core, SPONSOR)["rightly"] == "2/2"
    assert counts(core, SPONSOR, "sponsored", "called", "sponsor_rated", "sponsor_pleased") == (1, 0, 1, 0)
    assert counts(core, SECOND, "called", "fed_back", "unrated", "running") == (1, 1, 1, 0)
    assert line(board(core), core, FIRST).text == "样本不足"


def test_a_blind_rating_counts_nowhere_until_both_may_see_it(core: Core) -> None:
    order = closed(core)
    before = board(core).scores
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, **DISPLEASED)
    move(core, clerk(core), order, "rate_unit", SECOND, **DISPLEASED)
    assert board(core).scores == before


def test_a_late_answer_and_a_silent_one_are_not_in_time(core: Core, clock: StillClock) -> None:
    """60 working minutes: one unit answers after two hours, the other not at all."""
    order = an_order(core)
    clock.advance(hours=2)
    assert rates(core, FIRST)["respond"] == "0/1"
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    assert counts(core, FIRST, "responded", "responded_in_time", "response_due") == (1, 0, 1)
    assert counts(core, SECOND, "responded", "responded_in_time", "response_due") == (0, 0, 1)


def test_an_answer_that_is_not_due_yet_counts_for_nothing(core: Core) -> None:
    an_order(core)
    assert rates(core, FIRST)["respond"] == "0/0"
    assert counts(core, FIRST, "called", "running") == (1, 1)


def test_a_late_check_in_is_a_coming_and_a_mark_and_an_absence_is_neither(core: Core) -> None:
    order = an_order(core)
    for word in (FIRST, SECOND):
        move(core, clerk(core, word), order, "accept", word)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core), order, "end_meeting")
    move(core, clerk(core, FIRST), order, "check_in_late", FIRST, place="现场", note="手机没电")
    move(core, clerk(core), order, "approve_late", FIRST)
    assert counts(core, FIRST, "check_in_due", "checked_in", "checked_in_in_time", "late") == (1, 1, 0, 1)
    assert counts(core, SECOND, "check_in_due", "checked_in", "late") == (1, 0, 0)
    assert marks(core, FIRST) == {"late": 1}
    assert marks(core, SECOND) == {}


def test_feedback_late_redone_and_missing_each_count(core: Core, clock: StillClock) -> None:
    """Five working days for feedback: one is late and redone twice, the other never comes."""
    order = on_site(core)
    move(core, clerk(core), order, "end_meeting")
    clock.advance(days=8)
    assert rates(core, FIRST)["feed"] == "0/1"
    for again in (True, True, False):
        move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
        move(core, head(core, FIRST), order, "approve", FIRST)
        if again:
            move(core, clerk(core), order, "redo", FIRST, reason="还有积水")
    move(core, clerk(core), order, "close_over", unfed=str(leg_of(core, order, SECOND)["id"]))
    move(core, head(core, SPONSOR), order, "approve_close")
    assert (rates(core, FIRST)["feed"], marks(core, FIRST)) == ("0/1", {"redone": 2})
    assert (rates(core, SECOND)["feed"], marks(core, SECOND)) == ("0/1", {"unfed": 1})
    assert counts(core, SECOND, "unfed", "fed_back", "unrated") == (1, 0, 0)


def test_a_ruling_marks_whoever_it_went_against(core: Core) -> None:
    order = an_order(core)
    leader = person(core, "district_leader")
    for word, ruling in ((FIRST, "rule_in"), (SECOND, "rule_out")):
        move(core, clerk(core, word), order, "refuse", word, **REFUSAL)
        move(core, clerk(core), order, "contest", word, reason="与权责有关")
        move(core, leader, order, ruling, word)
    assert marks(core, FIRST) == {"overruled": 1}
    assert marks(core, SECOND) == {}
    assert rates(core, SPONSOR)["rightly"] == "1/2"
    assert counts(core, SECOND, "refused", "released", "running") == (1, 1, 0)


def test_an_order_closed_while_a_refusal_waited_is_not_unfed(core: Core) -> None:
    other = an_order(core)
    move(core, clerk(core, FIRST), other, "refuse", FIRST, **REFUSAL)
    legs = core.joints.sheet(other).legs
    move(core, clerk(core), other, "close_over", unfed=",".join(str(leg["id"]) for leg in legs))
    move(core, head(core, SPONSOR), other, "approve_close")
    assert marks(core, FIRST) == {}
    assert marks(core, SECOND) == {"unfed": 1}


# --- opening --------------------------------------------------------------------------------------------------------


def test_every_number_opens_as_many_orders_as_it_says(core: Core, clock: StillClock) -> None:
    closed(core)
    order = on_site(core)
    move(core, clerk(core), order, "end_meeting")
    clock.advance(days=9)
    told, seen = board(core), 0
    for one in told.scores:
        ask = Ask(MARCH.since, MARCH.until, one.unit)
        numbers = {**one.counts, **{f"mark.{got.name}": got.count for got in one.marks}}
        numbers |= {f"lost.{got.name}": got.per - got.of for got in one.rates}
        for what, number in numbers.items():
            page = core.joint_scores.opened(desk_head(core), ask, what)
            assert (page.total, len(page.lines)) == (number, number), (one.unit, what)
            seen += bool(number)
    assert seen > 15
    assert core.joint_scores.opened(desk_head(core), MARCH, "called").total == told.whole["called"] == 4


def test_a_unit_sees_itself_alone_a_leader_those_in_charge_the_centre_all(core: Core) -> None:
    closed(core)
    mine = board(core, actor=clerk(core, FIRST))
    assert [one.unit for one in mine.scores] == [unit(core, FIRST)]
    for what in (Ask(MARCH.since, MARCH.until, unit(core, SECOND)), Ask(MARCH.since, MARCH.until, 999_999)):
        with pytest.raises(Unknown):
            core.joint_scores.opened(clerk(core, FIRST), what, "called")
    assert core.joint_scores.opened(clerk(core, FIRST), MARCH, "called").total == 1
    assert {one.unit for one in board(core).scores} == {unit(core, word) for word in (FIRST, SECOND, SPONSOR)}


@pytest.mark.parametrize("what", ["", "id", "mark.x", "lost.", "lost.respond'", "called; drop"])
def test_a_number_there_is_not_opens_nothing(core: Core, what: str) -> None:
    with pytest.raises(Unknown):
        core.joint_scores.opened(desk_head(core), MARCH, what)


def test_days_outside_the_span_are_not_counted(core: Core) -> None:
    closed(core)
    assert board(core, Ask(date(2026, 3, 10), date(2026, 3, 31))).scores == ()
    assert board(core, Ask(date(2026, 3, 9), date(2026, 3, 9))).whole["called"] == 2
    with pytest.raises(BadField, match="对调"):
        board(core, Ask(date(2026, 3, 10), date(2026, 3, 9)))
    with pytest.raises(BadField, match="两年"):
        board(core, Ask(date(2020, 3, 10), date(2026, 3, 9)))


# --- publishing and appeals -----------------------------------------------------------------------------------------


def said(core: Core) -> list[tuple[int, str]]:
    """Every line about scores so far: to whom, in which words."""
    sent = rows(core, letters, letters.c.key.startswith("joint_", autoescape=True))
    told = [
        core.opened(Envelope(row.id, row.key, row.channel, row.kind, row.lane, None, None, row.body, 0)) for row in sent
    ]
    return [(one, letter.body["text"]) for letter in told for one in letter.body["people"]]


def entries(core: Core) -> list[tuple[str, str]]:
    with core.engine.connect() as tx:
        query = select(audit_log.c.action, audit_log.c.result).where(audit_log.c.action.startswith("joint_report."))
        return [(row.action, row.result) for row in tx.execute(query.order_by(audit_log.c.seq))]


def overdue_month(core: Core, clock: StillClock) -> int:
    """An order of March whose first unit came late to the meeting; it is April by now."""
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core, SECOND), order, "accept", SECOND)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core), order, "end_meeting")
    move(core, clerk(core, FIRST), order, "check_in_late", FIRST, place="现场", note="手机没电")
    move(core, clerk(core), order, "approve_late", FIRST)
    to_april(clock)
    return order


def test_a_published_month_stands_and_a_correction_is_a_new_version_with_its_differences(
    core: Core, clock: StillClock
) -> None:
    order = overdue_month(core, clock)
    done = core.joint_scores.months.publish(desk_head(core), MARCH)
    assert done.startswith("2026年3月树党旗考核第 1 版已公布")
    first = board(core)
    assert line(first, core, FIRST).counts["fed_back"] == 0
    assert (first.version, first.changes) == (1, ())
    move(core, clerk(core, FIRST), order, "report", FIRST, **FED)
    move(core, head(core, FIRST), order, "approve", FIRST)
    assert board(core).scores == first.scores
    live = board(core, Ask(MARCH.since, MARCH.until, version=-1))
    assert live.version == 0
    assert line(live, core, FIRST).counts["fed_back"] == 1
    with pytest.raises(FieldMissing, match="更正原因"):
        core.joint_scores.months.publish(desk_head(core), MARCH)
    core.joint_scores.months.publish(desk_head(core), MARCH, "补录反馈")
    assert [one.number for one in board(core).versions] == [1, 2]
    assert board(core, Ask(MARCH.since, MARCH.until, version=1)).scores == first.scores
    with pytest.raises(NothingChanged):
        core.joint_scores.months.publish(desk_head(core), MARCH, "再来一次")
    assert entries(core) == [
        ("joint_report.published", "done"), ("joint_report.published", "refused"),
        ("joint_report.published", "done"), ("joint_report.published", "refused"),
    ]  # fmt: skip


def test_both_people_of_each_unit_hear_of_it_once(core: Core, clock: StillClock) -> None:
    overdue_month(core, clock)
    core.joint_scores.months.publish(desk_head(core), MARCH)
    told = said(core)
    assert len(told) == len(set(told)) == 6
    assert {text.partition("：")[0] for _, text in told} == {"【考核公布】2026年3月树党旗考核第 1 版"}


def test_who_may_not_publish_and_what_is_not_over_is_refused(core: Core, clock: StillClock) -> None:
    closed(core)
    with pytest.raises(NotYours):
        core.joint_scores.months.publish(clerk(core, FIRST), MARCH)
    with pytest.raises(MonthRuns):
        core.joint_scores.months.publish(desk_head(core), MARCH)
    with pytest.raises(BadField):
        core.joint_scores.months.publish(desk_head(core), Ask(date(2026, 3, 1), date(2026, 3, 9)))
    with pytest.raises(NotPublished):
        core.joint_scores.months.appeal(clerk(core, FIRST), MARCH, "XYDQ", "late", "不是我们")
    assert board(core).versions == ()


def test_an_upheld_appeal_takes_the_mark_away_with_the_next_version(core: Core, clock: StillClock) -> None:
    order = overdue_month(core, clock)
    months, no, mine = core.joint_scores.months, no_of(core, order), clerk(core, FIRST)
    months.publish(desk_head(core), MARCH)
    assert marks(core, FIRST) == {"late": 1}
    page = core.joint_scores.opened(mine, MARCH, "mark.late")
    assert (page.lines[0].may_appeal, page.item, page.lines[0].points) == (True, "late", "-0.5 分")
    months.appeal(mine, MARCH, no, "late", "会议期间手机被征用抢险")
    with pytest.raises(Appealed):
        months.appeal(mine, MARCH, no, "late", "再说一次")
    (asked,) = months.appeals(desk_head(core))
    assert (asked.unit, asked.item, asked.state_title, months.appeals(clerk(core, SECOND))) == (
        "水务局", "补卡", "待答复", ()
    )  # fmt: skip
    with pytest.raises(NotYours):
        months.answer(mine, asked.id, True, "自己同意")
    months.answer(desk_head(core), asked.id, True, "情况属实")
    with pytest.raises(Answered):
        months.answer(desk_head(core), asked.id, False, "又不同意")
    assert marks(core, FIRST) == {"late": 1}
    months.publish(desk_head(core), MARCH, "申诉成立")
    told = board(core)
    assert line(told, core, FIRST).marks[0].count == 0
    assert ("水务局", "补卡（分）", "-0.5（1 次）", "+0（0 次）") in [
        (c.unit, c.title, c.was, c.now) for c in told.changes
    ]
    heard = [text for who, text in said(core) if who == mine.person]
    assert heard[-1].startswith("【考核公布】2026年3月树党旗考核第 2 版")
    assert "【申诉答复】2026年3月尾号" in heard[-2]


def test_an_appeal_in_vain_names_its_reason(core: Core, clock: StillClock) -> None:
    order = overdue_month(core, clock)
    months, no = core.joint_scores.months, no_of(core, order)
    months.publish(desk_head(core), MARCH)
    tries: list[tuple[Actor, str, str, str, type[Refusal]]] = [
        (clerk(core, FIRST), no, "late", " ", FieldMissing), (clerk(core, FIRST), no, "respond", "不服", NothingLost),
        (clerk(core, SECOND), no, "late", "不服", NothingLost), (clerk(core, FIRST), "XYDQ0", "late", "不服", Unknown),
        (clerk(core, FIRST), "'\x00", "\ud800", "不服", Unknown), (desk_head(core), no, "late", "不服", NotYours),
    ]  # fmt: skip
    for actor, number, item, words, refusal in tries:
        with pytest.raises(refusal):
            months.appeal(actor, MARCH, number, item, words)
    clock.advance(days=12)
    with pytest.raises(AppealOver):
        months.appeal(clerk(core, FIRST), MARCH, no, "late", "太晚了")
    assert months.appeals(desk_head(core)) == ()
    assert [result for _, result in entries(core)][1:] == ["refused"] * 7
