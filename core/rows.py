"""A case's rows as a unit of work takes them: under the row lock, with the legs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from core import early
from core.errors import Unknown
from core.models.cases import case_legs, cases
from core.models.likeness import merges

other = cases.alias("other")
WITH = ("merged", "follow_up", "closed", "archived")  # states of a case that went, or still goes, with its leading one
LED = (
    select(func.count())
    .select_from(merges.join(other, other.c.id == merges.c.case_id))
    .where(merges.c.leading_id == cases.c.id, other.c.state.in_(WITH))
    .correlate(cases)
    .scalar_subquery()
)
_CASES = select(cases, LED.label("led")).with_for_update(of=cases)
_LEGS = select(case_legs).order_by(case_legs.c.id)
_THESE: BindParameter[Any] = bindparam("cases", expanding=True)
CASE = _CASES.where(cases.c.id == bindparam("case"))
LEGS = _LEGS.where(case_legs.c.case_id == bindparam("case"))
THESE_CASES = _CASES.where(cases.c.id.in_(_THESE)).order_by(cases.c.id)  # locked in one order everywhere
THESE_LEGS = _LEGS.where(case_legs.c.case_id.in_(_THESE))
LARGEST_ID = 2**63 - 1


def read_works(tx: Connection, ids: Iterable[int]) -> None:
    """Several cases under their row locks, with their legs, kept at hand for `read_work`."""
    asked = {"cases": sorted({one for one in ids if abs(one) <= LARGEST_ID})}
    found = {row["id"]: dict(row) for row in tx.execute(THESE_CASES, asked).mappings()}
    legs: dict[int, list[dict[str, Any]]] = {row: [] for row in found}
    for leg in tx.execute(THESE_LEGS, asked).mappings():
        legs[leg["case_id"]].append(dict(leg))
    early.keep(tx, "case", found)
    early.keep(tx, "legs", legs)


def read_work(tx: Connection, case_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case under its row lock, and its legs. Raises Unknown when there is no such case."""
    row = early.take(tx, "case", case_id)
    if row is not early.ABSENT:
        return row, early.take(tx, "legs", case_id)
    row = tx.execute(CASE, {"case": case_id}).mappings().first() if abs(case_id) <= LARGEST_ID else None
    if row is None:
        raise Unknown(what="办件")
    return dict(row), [dict(leg) for leg in tx.execute(LEGS, {"case": case_id}).mappings()]
