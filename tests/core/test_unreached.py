"""When a line reaches nobody, whoever sent the case hears it once, with whom to ring (C16)."""

from __future__ import annotations

from sqlalchemy import update

from core import Core
from core.models.people import people
from core.models.record import letters
from core.unreached import Unreached
from tests.builders import LEAD, act, clerk, desk, dispatched, rows, signed


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
