"""不报到 on the strength of a file (R126): kept with the part, on record by its hash, read by those who judge it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core import Actor, Core
from core.archive.papers import UnsafePaper
from core.arrivals.opening import WrongFile
from core.errors import FieldMissing, MoveNotOpen, NotYours, TooLong, Unknown
from core.joint_errors import BasisFull, BasisGone, BasisMissing, NoneToAnswer, NotCalled, WhichRefusal
from core.joint_views import BasisView
from core.models.arrivals import attachments
from core.models.record import audit_log, events
from core.sm import sm3
from tests.builders import clerk, fresh_key, person, rows
from tests.clock import StillClock
from tests.core.archive_room import pdf
from tests.core.joint_room import FIRST, REFUSAL, SECOND, SPONSOR, an_order, head, leg_of, move
from tests.core.test_picture_sets import shot

SCRIPT = "/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert\\(1\\)) >>] >> >>"
WHY = {"reason": REFUSAL["reason"]}


def bring(core: Core, order: int, raw: bytes, unit: str = FIRST) -> tuple[int, str]:
    return core.joint_bases.keep(fresh_key("basis"), clerk(core, unit), order, raw)


def seen(core: Core, order: int, who: Actor) -> tuple[BasisView, ...]:
    """The files of the first unit's refusal as this reader sees them."""
    leg = leg_of(core, order, FIRST)["id"]
    return next(one.basis for one in core.joints.view(who, order).legs if one.id == leg)


def opened(core: Core, order: int, who: Actor, token: str) -> tuple[bytes, str]:
    return core.joint_bases.file(who, order, leg_of(core, order, FIRST)["id"], token)


def judges(core: Core) -> list[Actor]:
    """The sponsor, the leader over the unit, and their contact person."""
    return [clerk(core), person(core, "district_leader"), person(core, "contact_person")]


@pytest.mark.requirement("R126", "R118", "R119")
def test_a_refusal_rests_on_a_file_alone_and_its_judges_open_it(core: Core) -> None:
    order, paper = an_order(core), pdf()
    assert bring(core, order, paper) == (1, core.joints.view(clerk(core), order).tail)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    for who in (*judges(core), clerk(core, FIRST), head(core, FIRST)):
        (file,) = seen(core, order, who)
        assert (file.kind, file.sm3) == ("PDF", sm3(paper).hex())
        assert opened(core, order, who, file.token) == (paper, "application/pdf")


def test_without_words_and_without_a_file_it_stays_refused(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot(), SECOND)  # another unit's file helps nobody
    with pytest.raises(BasisMissing, match="也可以附上依据材料"):
        move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    bring(core, order, shot())
    with pytest.raises(FieldMissing, match="不报到的原因"):
        move(core, clerk(core, FIRST), order, "refuse", FIRST)
    assert leg_of(core, order, FIRST)["state"] == "invited"
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    assert leg_of(core, order, FIRST)["basis"] is None


def test_nobody_else_sees_it_nor_anybody_before_it_is_made(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    (mine,) = seen(core, order, clerk(core, FIRST))
    others = [clerk(core, SECOND), head(core, SECOND)]
    for who in (*judges(core), *others):
        assert seen(core, order, who) == ()
        with pytest.raises(Unknown):
            opened(core, order, who, mine.token)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    for who in others:
        assert seen(core, order, who) == ()
        with pytest.raises(Unknown, match="这份依据材料"):
            opened(core, order, who, mine.token)
    with pytest.raises(Unknown):
        core.joint_bases.file(clerk(core, "market"), order, leg_of(core, order, FIRST)["id"], mine.token)
    with pytest.raises(Unknown):  # by its own door alone, not as a photo of a feedback
        core.on_site.photo(clerk(core), order, leg_of(core, order, FIRST)["id"], mine.token)
    with pytest.raises(Unknown):
        opened(core, order, clerk(core), "no-such-token")


def test_its_hash_is_on_record_in_the_timeline_and_in_the_export(core: Core) -> None:
    order = an_order(core)
    bring(core, order, pdf())
    bring(core, order, shot())
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    digests = [one.sm3 for one in seen(core, order, clerk(core))]
    (event,) = rows(core, events, events.c.name == "refused")
    assert [one["sm3"] for one in event.facts["basis_files"]] == digests
    named = f"依据材料 2 份：PDF（SM3 {digests[0][:16]}）、图片（SM3 {digests[1][:16]}）"
    assert named in core.joints.view(clerk(core), order).timeline[-1].text
    assert named in core.joint_papers.take(clerk(core), order, "csv", "周例会通报").data.decode("utf-8-sig")
    assert "依据材料" not in core.joint_papers.take(clerk(core, SECOND), order, "csv", "存档").data.decode("utf-8-sig")
    kept = rows(core, audit_log, audit_log.c.action == "basis.kept")
    assert [row.object for row in kept] == [f"joint_leg:{leg_of(core, order, FIRST)['id']}"] * 2
    assert core.verify_log().ok


@pytest.mark.requirement("R117", "R119")
def test_the_lists_of_returns_and_rulings_say_how_many_files_there_are(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    bring(core, order, shot("red"), SECOND)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    (row,) = core.joints.listed(clerk(core), "returned").rows
    assert row.basis == 1, "not the one with the part that has not refused"
    assert core.joints.listed(clerk(core), "raised").rows[0].basis == 0
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    for who in judges(core)[1:]:
        assert [one.basis for one in core.joints.listed(who, "rulings").rows] == [1]


def test_only_who_may_refuse_brings_one_and_only_while_they_may(core: Core) -> None:
    order = an_order(core)
    for stranger in (SPONSOR, "market"):
        with pytest.raises(NotCalled):
            bring(core, order, shot(), stranger)
    bring(core, order, shot())
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    move(core, clerk(core, SECOND), order, "accept", SECOND)
    for unit in (FIRST, SECOND):
        with pytest.raises(MoveNotOpen):
            bring(core, order, shot("red"), unit)
    assert len(rows(core, attachments)) == 1


def test_a_unit_that_comes_after_all_leaves_no_basis_behind_to_be_seen(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    for who in (clerk(core), clerk(core, FIRST)):
        assert seen(core, order, who) == ()


def test_what_is_sent_twice_hears_the_same_though_the_refusal_is_made(core: Core) -> None:
    order, who = an_order(core), clerk(core, FIRST)
    first = core.joint_bases.keep("form:1", who, order, shot())
    move(core, who, order, "refuse", FIRST, **WHY)
    assert core.joint_bases.keep("form:1", who, order, shot()) == first
    assert len(rows(core, attachments)) == 1


def test_the_same_file_is_kept_once_and_so_many_at_the_most(core: Core) -> None:
    order = an_order(core)
    assert [bring(core, order, pdf())[0] for _ in range(2)] == [1, 1]
    assert bring(core, order, pdf("two"))[0] == 2
    assert bring(core, order, pdf("three"))[0] == 3
    with pytest.raises(BasisFull, match="最多附 3 份"):
        bring(core, order, pdf("four"))
    assert bring(core, order, pdf("two"))[0] == 3


@pytest.mark.parametrize(
    ("raw", "no"),
    [(b"not a paper", WrongFile), (b"%PDF-1.7 broken", WrongFile), (pdf(extra=SCRIPT), UnsafePaper)],
    ids=["words", "broken", "script"],
)
def test_what_is_no_picture_and_no_clean_pdf_is_not_kept(core: Core, raw: bytes, no: type[Exception]) -> None:
    order = an_order(core)
    with pytest.raises(no):
        bring(core, order, raw)
    assert rows(core, attachments) == []


def test_beside_the_words_alone_it_belongs_to_the_only_order_that_waits(core: Core) -> None:
    who = clerk(core, FIRST)
    with pytest.raises(NoneToAnswer):
        core.joint_bases.only_one(who)
    first = an_order(core)
    assert core.joint_bases.only_one(who) == first
    an_order(core, title="美俗路围墙倒塌")
    with pytest.raises(WhichRefusal, match=f"有 2 单待响应.*「依据 {core.joints.view(who, first).tail}」"):
        core.joint_bases.only_one(who)


def test_it_goes_when_the_order_has_been_over_for_as_long_as_policy_keeps_it(core: Core, clock: StillClock) -> None:
    order = an_order(core, units=FIRST)
    bring(core, order, pdf())
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    move(core, clerk(core), order, "let_go", FIRST)
    finish(core, order)
    clock.advance(days=1094)
    core.retention.run()
    assert len(rows(core, attachments)) == 1
    clock.advance(days=2)
    core.retention.run()
    assert rows(core, attachments) == []
    core.files.sweep(clock.now())
    assert core.files.missing() == []


def finish(core: Core, order: int) -> None:
    """Whatever is left to do until the order is over."""
    while (state := core.joints.sheet(order).order["state"]) != "completed":
        view = core.joints.view(clerk(core), order)
        action: Any = next((one.action for one in view.moves if one.leg is None and one.action.startswith("close")), "")
        assert action, f"nothing closes an order that is {state}"
        move(core, clerk(core), order, action)


def test_the_file_is_sealed_where_it_lies(core: Core) -> None:
    order = an_order(core)
    bring(core, order, pdf())
    with core.engine.connect() as tx:
        row = tx.execute(select(attachments)).one()
    assert (row.sealed, row.case_id, row.draft_id) == (None, None, None)
    assert core.files.get(row.file) == pdf()


def drop(core: Core, order: int, token: str, unit: str = FIRST, who: Actor | None = None) -> None:
    move(core, who or clerk(core, unit), order, "drop_basis", unit, basis_file=token)


@pytest.mark.requirement("R126")
def test_a_file_brought_by_mistake_is_taken_back_before_the_refusal_and_stays_on_record(core: Core) -> None:
    order, who = an_order(core), clerk(core, FIRST)
    bring(core, order, pdf())
    bring(core, order, shot())
    wrong, right = seen(core, order, who)
    seq = leg_of(core, order, FIRST)["seq"]
    drop(core, order, wrong.token)
    assert seen(core, order, who) == (right,)
    assert leg_of(core, order, FIRST)["seq"] == seq, "no button goes stale"
    (event,) = rows(core, events, events.c.name == "basis_dropped")
    assert event.facts == {"basis_files": [{"kind": "application/pdf", "sm3": wrong.sm3}]}
    (line,) = [one for one in core.joints.view(who, order).timeline if one.name == "joint_leg.basis_dropped"]
    assert (line.what, line.text) == ("撤回依据材料", f"依据材料 1 份：PDF（SM3 {wrong.sm3[:16]}）")
    move(core, who, order, "refuse", FIRST, **WHY)
    (refused,) = rows(core, events, events.c.name == "refused")
    assert [one["sm3"] for one in refused.facts["basis_files"]] == [right.sm3]
    for judge in judges(core)[:1]:
        with pytest.raises(Unknown):
            opened(core, order, judge, wrong.token)
    core.files.sweep(core.clock.now())
    assert core.files.missing() == []
    assert core.verify_log().ok


def test_nobody_else_learns_that_a_file_was_brought_and_taken_back(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    (file,) = seen(core, order, clerk(core, FIRST))
    drop(core, order, file.token)
    others = [*judges(core), clerk(core, SECOND), person(core, "desk_head")]
    readable = [one for one in others if told_of(core, one, order)]
    assert len(readable) >= 3
    for who in readable:
        view = core.joints.view(who, order)
        assert not any(line.name == "joint_leg.basis_dropped" for line in view.timeline)
        assert "撤回" not in view.last
    assert "撤回" not in core.joints.listed(clerk(core), "raised").rows[0].last
    assert "撤回" not in core.joint_papers.take(clerk(core), order, "csv", "存档").data.decode("utf-8-sig")


def told_of(core: Core, who: Actor, order: int) -> bool:
    try:
        core.joints.view(who, order)
    except Unknown:
        return False
    return True


def test_only_its_own_unit_takes_it_back_and_only_until_the_refusal(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    bring(core, order, shot("red"), SECOND)
    (file,) = seen(core, order, clerk(core, FIRST))
    for stranger in (clerk(core), clerk(core, SECOND), head(core, SECOND)):
        with pytest.raises(NotYours):
            drop(core, order, file.token, who=stranger)
    with pytest.raises(BasisGone):  # a file of another unit's, named with one's own part
        drop(core, order, file.token, SECOND)
    with pytest.raises(FieldMissing):
        drop(core, order, " ")
    with pytest.raises(TooLong):
        drop(core, order, "长" * 41)
    with pytest.raises(BasisGone):
        drop(core, order, "no-such-token")
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    with pytest.raises(MoveNotOpen, match="撤回依据材料"):
        drop(core, order, file.token)
    assert len(rows(core, attachments)) == 2


def test_once_taken_back_the_refusal_needs_a_basis_again_and_the_file_may_come_anew(core: Core) -> None:
    order = an_order(core)
    bring(core, order, shot())
    (file,) = seen(core, order, clerk(core, FIRST))
    drop(core, order, file.token)
    with pytest.raises(BasisGone, match="可能已经撤回"):
        drop(core, order, file.token)
    with pytest.raises(BasisMissing):
        move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)
    assert bring(core, order, shot())[0] == 1
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **WHY)


def test_the_button_is_there_while_there_is_something_to_take_back(core: Core) -> None:
    order = an_order(core)

    def offered(who: Actor) -> list[Any]:
        return [move for move in core.joints.view(who, order).moves if move.action == "drop_basis"]

    assert offered(clerk(core, FIRST)) == []
    bring(core, order, shot())
    (button,) = offered(clerk(core, FIRST))
    (field,) = button.form
    assert [one.text for one in field.options] == [
        f"图片 1 {core.directory().person_name(clerk(core, FIRST).person)} 今天 09:00"
    ]
    assert offered(clerk(core, SECOND)) == offered(clerk(core)) == []
