"""The digests: who gets one, when, what it says; silence when empty; never two a person and day."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from core import Core
from core.digests import Digests
from core.models.record import audit_log, letters
from tests.builders import LEAD, act, clerk, desk, dispatched, person, reported, rows, signed
from tests.clock import StillClock


def patient(core: Core) -> Digests:
    """Digests for which real time never runs short."""
    ticking: Iterator[int] = count(0, 60)
    return Digests(core, lambda: float(next(ticking)))


def sent(core: Core) -> dict[int, str]:
    """Who was written a digest, and its key."""
    return {row.body["person"]: row.key for row in rows(core, letters, letters.c.kind == "digest")}


def all_of_them(core: Core, digests: Digests) -> None:
    for _ in range(3):
        digests.write_due()


def test_whoever_has_something_waiting_gets_one_and_nobody_else(core: Core, clock: StillClock) -> None:
    signed(core)
    clock.set("2026-03-10 08:30")
    all_of_them(core, patient(core))
    mine = sent(core)
    assert mine[clerk(core).person or 0] == f"digest:morning:2026-03-10:{clerk(core).person}"
    assert set(mine) == {clerk(core).person, person(core, "unit_head", LEAD).person}, "silence when empty"


def test_a_second_look_and_a_second_leader_send_nothing_twice(core: Core, second: Core, clock: StillClock) -> None:
    signed(core)
    clock.set("2026-03-10 08:31")
    digests = patient(core)
    all_of_them(core, digests)
    before = rows(core, letters, letters.c.kind == "digest")
    all_of_them(core, digests)
    all_of_them(second, patient(second))
    assert [row.key for row in rows(core, letters, letters.c.kind == "digest")] == [row.key for row in before]


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ("2026-03-10 08:29", False), ("2026-03-10 08:30", True), ("2026-03-10 11:30", False),
        ("2026-03-14 08:30", False), ("2026-02-28 08:30", True), ("2026-03-10 17:29", False),
    ],
)  # fmt: skip
def test_only_in_the_morning_of_a_working_day(core: Core, clock: StillClock, at: str, written: bool) -> None:
    clock.set("2026-02-27 09:00" if at.startswith("2026-02") else "2026-03-09 09:00")
    dispatched(core)
    clock.set(at)
    all_of_them(core, patient(core))
    assert bool(sent(core)) is written


def test_it_says_what_is_overdue_what_falls_due_today_and_what_waits(core: Core, clock: StillClock) -> None:
    late, today = signed(core, type="ask"), signed(core)
    clock.set("2026-03-16 08:30")
    view = Digests(core).view(clerk(core), "morning")
    assert view is not None
    assert [(one.title, one.count) for one in view.tallies] == [("已超期", 1), ("今天到期", 1), ("等您处理", 2)]
    assert [item.id for item in view.items] == [late, today]
    assert view.items[0].warning == "■ 红色预警"


def test_the_morning_can_be_refused_and_wanted_again_on_record(core: Core, clock: StillClock) -> None:
    signed(core)
    digests, who = patient(core), clerk(core)
    assert digests.subscribe(who, False).startswith("已退订早报")
    assert digests.subscribe(who, False).startswith("已退订早报")
    clock.set("2026-03-10 08:30")
    all_of_them(core, digests)
    assert who.person not in sent(core)
    digests.subscribe(who, True)
    clock.set("2026-03-11 08:30")
    all_of_them(core, digests)
    assert who.person in sent(core)
    logged = [row.action for row in rows(core, audit_log) if row.action.startswith("digest.")]
    assert logged == ["digest.refused", "digest.refused", "digest.wanted"]


def test_the_head_of_a_unit_hears_of_its_day(core: Core, clock: StillClock) -> None:
    reported(core)
    open_still = signed(core)
    head, other = person(core, "unit_head", LEAD), person(core, "unit_head", "water")
    Digests(core).subscribe(head, False)
    clock.set("2026-03-09 17:30")
    all_of_them(core, patient(core))
    assert set(sent(core)) == {head.person}, "it cannot be refused; a unit without a day hears nothing"
    view = Digests(core).view(head, "evening")
    assert view is not None
    assert [one.count for one in view.tallies] == [2, 1, 1, 0, 0]
    assert Digests(core).view(other, "evening") is None
    clock.set("2026-03-16 18:00")
    late = Digests(core).view(head, "evening")
    assert late is not None
    assert [item.id for item in late.items] == [open_still]


def test_a_few_people_at_a_time(core: Core, clock: StillClock) -> None:
    for unit in ("city_management", "water", "housing", "transport", "market", "health", "education"):
        case = dispatched(core, unit)
        act(core, desk(core), case, "nudge")
    clock.set("2026-03-10 08:30")
    seconds = iter([0.0, *[5.0] * 200, *[10.0] * 200, *[60.0] * 200])
    digests = Digests(core, lambda: next(seconds))
    first = digests.write_due()
    assert first <= 10, "five seconds give ten people"
