"""When a line reaches nobody, whoever sent the case hears it once, with whom to ring (C16)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import ColumnElement, update

from core import Core
from core.crypto import place
from core.models.people import people
from core.models.record import letters
from core.unreached import Unreached
from tests.builders import LEAD, act, clerk, desk, dispatched, rows, signed
from tests.core.joint_room import FIRST, REFUSAL, SPONSOR, an_order, head, move


def a_dead_line(core: Core) -> int:
    """A reminder that was given up; returns its case."""
    case = signed(core)
    act(core, desk(core), case, "nudge")
    with core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.kind == "say", letters.c.case_id == case).values(state="dead"))
    return case


def keys(core: Core, case: int) -> list[tuple[list[int], str]]:
    found = rows(core, letters, letters.c.case_id == case, letters.c.key.like("unreached:%"))
    return [(row.body["people"], row.body["title"]) for row in found]


def test_the_sender_hears_of_it_once(core: Core) -> None:
    case = a_dead_line(core)
    assert Unreached(core).tell_of_dead_lines() == 1
    assert Unreached(core).tell_of_dead_lines() == 0
    assert keys(core, case) == [([desk(core).person], "【未送达】港口路积水")]


def test_it_names_the_person_the_masked_number_and_a_colleague(core: Core) -> None:
    case = a_dead_line(core)
    with core.engine.connect() as tx:
        way = Unreached(core)._way(tx, clerk(core).person or 0)
    assert way == "城管局 梁志兰（手机 199****0021）没有收到消息，请打电话，或联系同单位的符明楠"
    with core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.id == clerk(core).person).values(phone_sealed=None))
        assert "手机" not in Unreached(core)._way(tx, clerk(core).person or 0)
    assert case


def test_a_line_about_a_miss_causes_no_other(core: Core) -> None:
    case = a_dead_line(core)
    Unreached(core).tell_of_dead_lines()
    with core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.key.like("unreached:%")).values(state="dead"))
    assert Unreached(core).tell_of_dead_lines() == 0
    assert len(keys(core, case)) == 1


def test_what_reached_its_people_is_no_news(core: Core) -> None:
    case = dispatched(core)
    act(core, desk(core), case, "nudge")
    assert Unreached(core).tell_of_dead_lines() == 0
    assert clerk(core, LEAD).person


# --- joint orders ---


def told_of(core: Core) -> list[tuple[int, str]]:
    """To whom it was said that a line reached nobody, in which words."""
    found = rows(core, letters, letters.c.key.like("unreached:%"))
    words = [json.loads(core.cipher.open(row.body["sealed"], place("letters", "body", row.key))) for row in found]
    return [(one, told["text"]) for row, told in zip(found, words, strict=True) for one in row.body["people"]]


def dead(core: Core, *where: ColumnElement[bool]) -> None:
    with core.engine.begin() as tx:
        tx.execute(update(letters).where(letters.c.kind == "say", *where).values(state="dead"))


def test_the_sponsor_hears_which_unit_of_a_joint_order_was_not_reached(core: Core) -> None:
    order = an_order(core, units=FIRST)
    move(core, clerk(core), order, "urge")
    dead(core)
    assert Unreached(core).tell_of_dead_lines() == 1
    assert Unreached(core).tell_of_dead_lines() == 0
    ((person, text),) = told_of(core)
    no = core.joints.sheet(order).order["no"]
    assert person == clerk(core, SPONSOR).person
    assert text.startswith(f"【未送达】{no[-6:]} 港口路积水：水务局 ")
    assert "（手机 199****" in text
    assert text.count("没有收到消息，请打电话") == 2, "both people of the unit"


def test_a_sponsor_who_was_not_reached_has_their_head_told(core: Core) -> None:
    order = an_order(core, units=FIRST)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    said = rows(core, letters, letters.c.kind == "say")
    mine = [row.id for row in said if row.body["people"] == [clerk(core, SPONSOR).person]]
    dead(core, letters.c.id.in_(mine))
    Unreached(core).tell_of_dead_lines()
    told = told_of(core)
    assert clerk(core, SPONSOR).person not in {one for one, _ in told}
    assert {one for one, _ in told} == {head(core, SPONSOR).person}


@pytest.mark.parametrize(
    "key", ["fallback:joint:{order}:7:copy", "held:joint:{event}:0:7", "held:fallback:joint:{order}:7:x"]
)
def test_lines_tied_to_an_order_by_their_key_are_found_too(core: Core, key: str) -> None:
    order = an_order(core, units=FIRST)
    event = core.joints.sheet(order).events[0]["id"]
    missed = head(core, FIRST).person or 0
    core.say(key.format(order=order, event=event), missed, "【树党旗】请响应", "【树党旗】")
    dead(core)
    Unreached(core).tell_of_dead_lines()
    assert [one for one, _ in told_of(core)] == [clerk(core, SPONSOR).person]
    assert Unreached(core).tell_of_dead_lines() == 0


def test_a_line_about_neither_case_nor_order_is_nobodys_to_hear_of(core: Core) -> None:
    core.say("digest:1", clerk(core).person or 0, "晨报", "晨报")
    dead(core)
    (line,) = rows(core, letters, letters.c.key == "digest:1")
    assert Unreached(core).tell_of_dead_lines() == 0
    assert not Unreached(core).tell(line.id, [clerk(core).person or 0])
