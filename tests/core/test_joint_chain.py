"""再次发起: the whole chain both ways, in order, up to a bound, on both databases (R123)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import update

from core import Core
from core.joint_views import JointView
from core.models.joint import joint_orders
from core.queries.joint_chain import AFTER, BEFORE, MOST
from tests.builders import clerk, rows
from tests.core.joint_room import FIRST, PLEASED, SECOND, an_order, closed, move


def linked(core: Core, order: int, earlier: int) -> None:
    with core.engine.begin() as tx:
        tx.execute(update(joint_orders).where(joint_orders.c.id == order).values(earlier_id=earlier))


def a_chain(core: Core, length: int) -> list[int]:
    """Orders each of which goes on from the one before it."""
    orders = [an_order(core) for _ in range(length)]
    for earlier, order in pairwise(orders):
        linked(core, order, earlier)
    return orders


def seen(core: Core, order: int) -> JointView:
    return core.joints.view(clerk(core), order)


def no_of(core: Core, order: int) -> str:
    return str(core.joints.sheet(order).order["no"])


def test_a_finished_order_and_the_one_raised_after_it_lead_to_each_other(core: Core) -> None:
    first = closed(core)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), first, "rate_sponsor", unit, **PLEASED)
        move(core, clerk(core), first, "rate_unit", unit, **PLEASED)
    move(core, clerk(core), first, "relaunch", units="水务局", meet_at="3月12日 9:00", flag_reason="no_power")
    order = rows(core, joint_orders)[-1].id
    assert [one.no for one in seen(core, first).later] == [no_of(core, order)]
    assert [(one.no, one.raised) for one in seen(core, order).before] == [(no_of(core, first), "3月9日 周一")]
    assert seen(core, order).earlier == seen(core, order).before[-1]


def test_a_chain_is_told_in_the_order_in_which_it_was_raised(core: Core) -> None:
    orders = a_chain(core, 4)
    numbers = [no_of(core, order) for order in orders]
    for place, order in enumerate(orders):
        view = seen(core, order)
        assert [one.no for one in view.before] == numbers[:place]
        assert [one.no for one in view.later] == numbers[place + 1 :]
        assert not any(one.of for one in (*view.before, *view.later))
        assert (view.older, view.newer) == (False, False)


def test_an_order_raised_again_twice_says_from_which_each_goes_on(core: Core) -> None:
    first, second, third = (an_order(core) for _ in range(3))
    fourth = an_order(core)
    linked(core, second, first)
    linked(core, third, first)
    linked(core, fourth, second)
    told = [(one.no, one.of) for one in seen(core, first).later]
    tails = [no_of(core, order)[-6:] for order in (first, second)]
    assert told == [
        (no_of(core, second), ""), (no_of(core, third), tails[0]), (no_of(core, fourth), tails[1]),
    ]  # fmt: skip
    assert [one.no for one in seen(core, fourth).before] == [no_of(core, first), no_of(core, second)]


def test_a_very_long_chain_is_told_as_far_as_the_bound_and_says_that_it_goes_on(core: Core) -> None:
    orders = a_chain(core, MOST + 3)
    last, first = seen(core, orders[-1]), seen(core, orders[0])
    assert [one.no for one in last.before] == [no_of(core, order) for order in orders[2:-1]]
    assert [one.no for one in first.later] == [no_of(core, order) for order in orders[1 : MOST + 1]]
    assert (last.older, last.newer, first.older, first.newer) == (True, False, False, True)


def test_a_chain_is_walked_by_its_index(core: Core) -> None:
    """No step of the walk may read the whole table: many orders are raised in a year, few belong to one chain."""
    if core.engine.dialect.name != "sqlite":
        pytest.skip("a plan over a handful of rows says nothing on this database")
    with core.engine.connect() as tx:
        for query in (BEFORE, AFTER):
            made = query.params(order=1).compile(core.engine)
            values = tuple(made.params[name] for name in made.positiontup or ())
            plan = [row.detail for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {made}", values)]
            assert not [step for step in plan if step.startswith("SCAN joint_orders")], plan
            assert len([step for step in plan if step.startswith("SEARCH joint_orders USING")]) == 2, plan
