"""A next step told done by its unit: on record, told to the sponsor, and open at its place no longer (§7, R132)."""

from __future__ import annotations

from typing import Any

import pytest

from core import Core
from core.errors import FieldMissing, MoveNotOpen, NotYours, TooLong
from core.joint_errors import NoPromiseOpen
from core.joint_views import JointLegView
from core.models.joint import joint_feedbacks, joint_orders
from tests.builders import clerk, rows
from tests.clock import StillClock
from tests.core.joint_room import FED, FIRST, SECOND, SPONSOR, closed, fed_back, head, leg_of, lines, move
from tests.core.test_flags import CROSSING, at, finished
from tests.core.test_picture_sets import shot

DONE = {"note": "3月12日已换管，通水正常"}
STEP = "{unit} 3月9日 下一步：汛前清掏"


def part(core: Core, order: int, unit: str = FIRST, reader: str = SPONSOR) -> JointLegView:
    """A unit's part as the reader's clerk sees it."""
    leg = leg_of(core, order, unit)["id"]
    return next(one for one in core.joints.view(clerk(core, reader), order).legs if one.id == leg)


def offered(core: Core, order: int, actor: Any) -> bool:
    return any(move.action == "keep_promise" for move in core.joints.view(actor, order).moves)


@pytest.mark.requirement("R132")
def test_a_next_step_told_done_is_open_at_its_place_no_longer(core: Core, clock: StillClock) -> None:
    order = finished(core, place=CROSSING)
    (before,) = at(core, CROSSING)
    assert before.steps == tuple(STEP.format(unit=unit) for unit in ("水务局", "住建局"))
    clock.advance(days=3)
    move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    (after,) = at(core, CROSSING)
    assert after.steps == (STEP.format(unit="住建局"),)
    move(core, clerk(core, SECOND), order, "keep_promise", SECOND, note="已清掏")
    assert at(core, CROSSING) == ()


def test_the_sponsor_is_told_once_and_reads_it_with_its_part(core: Core, clock: StillClock) -> None:
    order = finished(core)
    clock.advance(days=3)
    before = lines(core)
    move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    (line,) = lines(core)[len(before) :]
    tail = core.joints.sheet(order).order["no"][-6:]
    assert line == (clerk(core).person, f"【下一步已做到】{tail} 港口路积水：水务局{DONE['note']}")
    seen = part(core, order)
    assert (seen.feedbacks[0].kept, seen.feedbacks[0].kept_note) == ("今天 09:00", DONE["note"])
    assert "下一步已做到" in seen.marks
    newest = core.joints.view(clerk(core), order).timeline[-1]
    assert (newest.what, newest.text) == ("报下一步已做到", DONE["note"])
    assert part(core, order, reader=SECOND).feedbacks == (), "no words of another unit's"


def test_it_is_told_by_its_own_unit_once_and_with_a_word(core: Core) -> None:
    order = closed(core)
    for stranger in (clerk(core), clerk(core, SECOND)):
        assert not any(one.leg == leg_of(core, order, FIRST)["id"] and one.action == "keep_promise"
                       for one in core.joints.view(stranger, order).moves)  # fmt: skip
        with pytest.raises(NotYours):
            move(core, stranger, order, "keep_promise", FIRST, **DONE)
    with pytest.raises(FieldMissing, match="做到的情况"):
        move(core, clerk(core, FIRST), order, "keep_promise", FIRST, note=" ")
    with pytest.raises(TooLong):
        move(core, clerk(core, FIRST), order, "keep_promise", FIRST, note="长" * 501)
    assert offered(core, order, clerk(core, FIRST))
    move(core, head(core, FIRST), order, "keep_promise", FIRST, **DONE)
    assert not offered(core, order, clerk(core, FIRST))
    with pytest.raises(NoPromiseOpen):
        move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    kept = [row.kept_note for row in rows(core, joint_feedbacks)]
    assert kept == [DONE["note"], None]
    assert core.verify_log().ok


def test_no_button_goes_stale_and_ratings_go_on_beside_it(core: Core) -> None:
    order = closed(core)
    seq = leg_of(core, order, FIRST)["seq"]
    move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    assert leg_of(core, order, FIRST)["seq"] == seq
    move(core, clerk(core, FIRST), order, "rate_sponsor", FIRST, pleased="pleased")
    assert part(core, order).state == "fed_back"


def test_who_promised_nothing_or_has_not_fed_back_has_nothing_to_tell(core: Core) -> None:
    order = fed_back(core)
    move(core, clerk(core), order, "redo", FIRST, reason="没有做完")
    with pytest.raises(MoveNotOpen):
        move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    move(core, clerk(core, FIRST), order, "report", FIRST, **{**FED, "next_step": ""})
    move(core, head(core, FIRST), order, "approve", FIRST)
    assert not offered(core, order, clerk(core, FIRST))
    with pytest.raises(NoPromiseOpen):
        move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)


def test_a_fresh_round_promises_anew_and_the_earlier_word_stays_readable(core: Core, clock: StillClock) -> None:
    order = fed_back(core, place=CROSSING)
    move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    clock.advance(hours=1)
    move(core, clerk(core), order, "redo", FIRST, reason="又渗漏了")
    move(core, clerk(core, FIRST), order, "report", FIRST, **{**FED, "next_step": "雨季前再换一段"})
    move(core, head(core, FIRST), order, "approve", FIRST)
    assert offered(core, order, clerk(core, FIRST))
    latest, earlier = part(core, order).feedbacks
    assert (latest.kept, earlier.kept_note) == ("", DONE["note"])
    assert any("雨季前再换一段" in step for one in at(core, CROSSING) for step in one.steps)


def test_photos_brought_before_it_go_with_it_and_with_nothing_else(core: Core, clock: StillClock) -> None:
    order, who = finished(core), clerk(core, FIRST)
    clock.advance(days=1)
    leg, title = core.on_site.report_of(who, order)
    assert title == "报下一步已做到"
    assert core.arrivals.photos.keep_for_leg("shot", who, leg, shot()) == 1
    assert len(part(core, order).photos) == 1
    clock.advance(minutes=1)
    move(core, who, order, "keep_promise", FIRST, **DONE)
    seen = part(core, order)
    assert (len(seen.photos), len(seen.feedbacks[0].photos), len(seen.feedbacks[0].kept_photos)) == (0, 0, 1)
    token = seen.feedbacks[0].kept_photos[0].token
    assert core.on_site.photo(clerk(core), order, leg, token).startswith(b"\xff\xd8\xff")
    with pytest.raises(MoveNotOpen):
        core.on_site.report_of(who, order)


def test_the_export_says_that_it_was_done(core: Core) -> None:
    order = finished(core)
    move(core, clerk(core, FIRST), order, "keep_promise", FIRST, **DONE)
    taken = core.joint_papers.take(clerk(core), order, "csv", "周例会通报")
    assert DONE["note"] in taken.data.decode("utf-8-sig")
    assert len(rows(core, joint_orders)) == 1
