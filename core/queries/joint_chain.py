"""The joint orders before and after one that was raised again, both ways to the end of the chain (R123)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal, select
from sqlalchemy.sql.elements import ColumnElement

from core.models.joint import joint_orders

MOST = 20
"""How many orders of a chain are told in each direction; one more is read, so that it is known whether there are."""
SHOWN = (
    joint_orders.c.id,
    joint_orders.c.no,
    joint_orders.c.state,
    joint_orders.c.raised_at,
    joint_orders.c.earlier_id,
)
Rows = Sequence[Mapping[str, Any]]


def _walk(first: ColumnElement[bool], *, back: bool) -> Select[Any]:
    """From the first orders on, step by step: to what each was raised after, or to what was raised after each."""
    walk = select(*SHOWN, literal(0).label("step")).where(first).cte("walk", recursive=True)
    goes_on = joint_orders.c.id == walk.c.earlier_id if back else joint_orders.c.earlier_id == walk.c.id
    walk = walk.union_all(select(*SHOWN, walk.c.step + 1).where(goes_on, walk.c.step < MOST))
    return select(walk).order_by(walk.c.step if back else walk.c.id).limit(MOST + 1)


BEFORE = _walk(joint_orders.c.id == bindparam("order"), back=True)
AFTER = _walk(joint_orders.c.earlier_id == bindparam("order"), back=False)


def before(tx: Connection, order: Mapping[str, Any]) -> Rows:
    """The orders this one goes back to, the oldest first."""
    if order["earlier_id"] is None:
        return ()
    rows = tx.execute(BEFORE, {"order": order["earlier_id"]}).mappings()
    return [dict(row) for row in rows][::-1]


def after(tx: Connection, order: Mapping[str, Any]) -> Rows:
    """The orders that go back to this one, in the order in which they were raised."""
    return [dict(row) for row in tx.execute(AFTER, {"order": order["id"]}).mappings()]
