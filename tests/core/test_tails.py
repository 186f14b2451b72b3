"""The tail of a number in a command: sequences begin anew each day, so it may fit cases that are long over."""

from __future__ import annotations

import pytest

from core import Core
from core.errors import Ambiguous
from tests.builders import LEAD, a_case, act, clerk, closed, desk
from tests.builders import the_case as case_of
from tests.clock import StillClock


def two_with_one_tail(core: Core, clock: StillClock, first: int) -> tuple[int, str]:
    """A case of a later day that shares its last five digits with the first one."""
    tail = case_of(core, first)["no"][-6:-1]
    for day in range(10, 28):
        clock.set(f"2026-03-{day} 09:00")
        case = a_case(core)
        if case_of(core, case)["no"][-6:] == case_of(core, first)["no"][-6:]:
            return case, tail + case_of(core, case)["no"][-1]
    raise AssertionError("eighteen days without a shared check digit")


def test_a_command_means_the_case_that_is_still_being_handled(core: Core, clock: StillClock) -> None:
    case, tail = two_with_one_tail(core, clock, closed(core))
    assert core.case_id(desk(core), tail, unfinished=True) == case
    with pytest.raises(Ambiguous):
        core.case_id(desk(core), tail)


def test_two_open_cases_stay_two(core: Core, clock: StillClock) -> None:
    _, tail = two_with_one_tail(core, clock, a_case(core))
    with pytest.raises(Ambiguous):
        core.case_id(desk(core), tail, unfinished=True)


def test_a_unit_that_has_only_one_of_them_means_that_one(core: Core, clock: StillClock) -> None:
    case, tail = two_with_one_tail(core, clock, a_case(core))
    act(core, desk(core), case, "dispatch", lead=LEAD)
    assert core.case_id(clerk(core), tail) == case


def test_a_repeated_appeal_names_the_case_before_it_and_keeps_its_own_caller(core: Core) -> None:
    first = a_case(core, outside_no="T-1")
    again = a_case(core, outside_no="T-2", parent_no="T-1", caller_name="王小二")
    view, earlier = core.case_view(desk(core), again), core.case_view(desk(core), first)
    assert f"重复来件，前件尾号 {earlier.tail}" in view.marks
    assert (view.caller, earlier.marks) == ("王**", ())
