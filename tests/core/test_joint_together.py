"""Commands on joint orders that share a commit: read at once, ended as one after the other, beside those on cases."""

from __future__ import annotations

from sqlalchemy import event

from core import Command, Core
from core.receipts import Done
from tests.builders import LEAD, clerk, dispatched, fresh_key, leg_of
from tests.builders import states as case_states
from tests.core.joint_room import FIRST, SECOND, an_order, states
from tests.core.joint_room import leg_of as joint_leg_of


def accept(core: Core, order: int, unit: str, key: str = "") -> Command:
    leg = joint_leg_of(core, order, unit)["id"]
    return Command(key or fresh_key(), order, "accept", clerk(core, unit), leg=leg, flow="joint_order")


def reads(core: Core, given: list[Command]) -> tuple[list[Done | Exception], int]:
    """What became of them, and how often rows of orders were locked for it."""
    seen: list[str] = []

    def count(*told: object) -> None:
        words = str(told[2])
        if "FROM joint_orders" in words and words.startswith("SELECT"):
            seen.append(words)

    event.listen(core.engine, "before_cursor_execute", count)
    outcomes = core.execute_all(given)
    event.remove(core.engine, "before_cursor_execute", count)
    return outcomes, len(seen)


def test_orders_answered_together_are_read_in_one_statement(core: Core) -> None:
    orders = [an_order(core) for _ in range(6)]
    outcomes, count = reads(core, [accept(core, order, FIRST) for order in orders])
    assert [one.name for one in outcomes if isinstance(one, Done)] == ["joint_leg.accepted"] * 6
    assert all(states(core, order) == ("answering", "coming", "invited") for order in orders)
    assert count == 1
    assert core.verify_log().ok


def test_two_on_one_order_and_one_key_twice_end_as_one_after_the_other(core: Core) -> None:
    order = an_order(core)
    first, again = accept(core, order, FIRST, "same"), accept(core, order, FIRST, "same")
    outcomes, _ = reads(core, [first, again, accept(core, order, SECOND), accept(core, order, SECOND)])
    told = [type(one).__name__ for one in outcomes]
    assert told[:3] == ["Done", "Done", "Done"]
    assert isinstance(outcomes[3], Exception)
    assert states(core, order) == ("answering", "coming", "coming")
    assert core.verify_log().ok


def test_orders_and_cases_in_one_commit_are_each_read_for_their_own_kind(core: Core) -> None:
    orders, cases = [an_order(core) for _ in range(3)], [dispatched(core) for _ in range(3)]
    signs = [Command(fresh_key(), one, "sign", clerk(core), leg=leg_of(core, one, LEAD)["id"]) for one in cases]
    mixed = [one for pair in zip([accept(core, order, FIRST) for order in orders], signs, strict=True) for one in pair]
    outcomes, count = reads(core, mixed)
    assert all(isinstance(one, Done) for one in outcomes), outcomes
    assert count == 1
    assert all(states(core, order)[1] == "coming" for order in orders)
    assert all(case_states(core, case) == ("handling", "handling") for case in cases)
