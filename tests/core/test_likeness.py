"""Near-duplicates: what is probably the same matter is shown, within what the asker may see, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from core import Core
from core.likeness.grams import KEPT, grams_of, name_of, normal
from core.likeness.near import sweep_grams
from core.likeness.policy import load_likeness
from core.likeness.score import Told, likeness
from core.models.likeness import case_grams
from tests.builders import BELOW, OTHER, a_case, a_ticket, act, clerk, desk, dispatched, rows, signed, sizes, the_case
from tests.clock import StillClock
from tests.core.labelled import labelled

POLICY = load_likeness()


def of(title: str, place: str, **more: Any) -> Told:
    return Told(title, more.pop("content", title), place, **more)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (of("港口路积水", "港口路"), of("港口路下雨被淹", "港口路公交站"), True),
        (of("金鼎小区电梯老是坏", "金鼎小区三期"), of("升降梯故障没人修", "金鼎小区东门"), True),
        (of("港口路积水", "港口路"), of("港口路路灯不亮", "港口路"), False),
        (of("港口路积水", "港口路"), of("海盛路积水", "海盛路"), False),
        (of("港口路积水", "港口路", town="秀英街道"), of("港口路积水", "港口路", town="长流镇"), False),
        (of("路灯坏了", "村口", phone="x"), of("照明灯不亮", "", phone="x"), True),
    ],
)
def test_what_and_where_must_both_agree(one: Told, two: Told, same: bool) -> None:
    assert (likeness(one, two, POLICY).score >= POLICY.score) is same
    assert (likeness(two, one, POLICY).score >= POLICY.score) is same


def test_words_of_like_meaning_are_read_as_one_and_a_place_by_its_own_name() -> None:
    assert normal("请尽快解决：窨井盖 坏了！") == "井盖破损"
    assert name_of("港口路公交站") == name_of("港口路中段") == "港口"
    assert name_of("和谐家园六栋") == "和谐"
    assert len(grams_of("标题" * 9, "地点" * 9, "".join(chr(0x4E00 + n) for n in range(300)))) == KEPT


def test_a_repeat_is_found_while_it_is_still_being_registered(core: Core) -> None:
    case = signed(core, caller_phone="19900001234")
    draft = a_ticket(title="港口路公交站下雨被淹", content="水有半个轮子高", place="港口路公交站")
    (found,) = core.near(desk(core), draft)
    assert found.no == the_case(core, case)["no"]
    assert found.state_title == "办理中"
    assert "地点相近" in found.why
    again = a_ticket(title="还是没人来", content="上次反映的", place="港口路", caller_phone="199 0000 1234")
    assert [one.why[0] for one in core.near(desk(core), again)] in ([], ["同一电话"])
    assert core.near(desk(core), a_ticket(title="港口路路灯不亮", content="晚上全黑", place="港口路")) == ()


def test_a_unit_is_shown_only_what_is_its_own_to_see(core: Core) -> None:
    dispatched(core)
    draft = a_ticket(title="港口路下雨被淹")
    assert len(core.near(clerk(core), draft)) == 1
    assert core.near(clerk(core, OTHER), draft) == ()
    assert core.near(clerk(core, BELOW), draft) == ()


def test_the_case_that_waits_shows_what_it_may_repeat_to_the_desk_alone(core: Core) -> None:
    first = signed(core)
    case = a_case(core, title="港口路下雨被淹", by=clerk(core), source="chat")
    (found,) = core.case_view(desk(core), case).alike
    assert found.tail == str(the_case(core, first)["no"])[-6:]
    assert core.case_view(clerk(core), case).alike == ()
    act(core, desk(core), case, "merge", leading=found.tail)
    assert core.case_view(desk(core), case).alike == ()


def test_what_is_old_or_over_is_not_shown(core: Core, clock: StillClock) -> None:
    case = a_case(core)
    draft = a_ticket(title="港口路下雨被淹")
    assert len(core.near(desk(core), draft)) == 1
    act(core, desk(core), case, "mark_invalid", reason="duplicate")
    assert core.near(desk(core), draft) == ()
    a_case(core)
    clock.advance(days=POLICY.days + 1)
    assert core.near(desk(core), draft) == ()


def test_a_changed_text_is_found_by_its_new_words(core: Core) -> None:
    a_case(core, outside_no="HL-9", title="咨询", content="请问", place="海盛路")
    a_case(core, outside_no="HL-9", revision=2, title="海盛路井盖破损", content="一块井盖裂了", place="海盛路")
    draft = a_ticket(title="海盛路窨井盖坏了", content="差点踩空", place="海盛路")
    assert [one.title for one in core.near(desk(core), draft)] == ["海盛路井盖破损"]


def test_the_table_forgets_what_is_old_and_learns_what_came_another_way(core: Core, clock: StillClock) -> None:
    old = a_case(core)
    clock.advance(days=POLICY.days + 1)
    new = a_case(core)
    with core.engine.begin() as tx:
        tx.execute(delete(case_grams).where(case_grams.c.case_id == new))
        assert sweep_grams(tx, clock.now()) == 2
        assert sweep_grams(tx, clock.now()) == 0
    assert {row.case_id for row in rows(core, case_grams)} == {new} != {old}


def test_nothing_said_finds_nothing(core: Core) -> None:
    a_case(core)
    before = sizes(core, case_grams)
    for title, place in (("", ""), ("  ", "。"), ("!?", "#"), ("x" * 5000, "y")):
        assert core.near(desk(core), a_ticket(title=title, content="", place=place)) == ()
    assert sizes(core, case_grams) == before


def test_the_labelled_set_is_found_with_few_mistakes() -> None:
    """On matters of its own kind; the bench reports the figures over a whole database."""
    appeals = labelled(5, range(8), repeats=60)
    right = wrong = missed = 0
    for number, one in enumerate(appeals):
        found = [o for o in appeals[:number] if likeness(one.told, o.told, POLICY).score >= POLICY.score]
        hits = [o for o in found if o.matter == one.matter]
        wrong += len(found) - len(hits)
        right += len(hits)
        missed += not hits and any(o.matter == one.matter for o in appeals[:number])
    assert right > 40
    assert wrong <= right * 0.1
    assert missed <= right * 0.1
