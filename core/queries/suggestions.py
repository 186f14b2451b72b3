"""A case's suggestion as it lies in its row: what the dispatcher reads, and what a dispatch remembers of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.models.suggest import suggestions
from core.queries.people import Unit
from core.views import Suggested, SuggestionView
from core.work import World

ROW = select(suggestions).where(suggestions.c.case_id == bindparam("case"))
Legs = Sequence[Mapping[str, Any]]
PLACES = ("first_unit", "second_unit", "third_unit")
UNSURE = "没有把握，请人工判断"


def read_suggestion(tx: Connection, case_id: int) -> Mapping[str, Any] | None:
    """The suggestion made for a case, or None while there is none."""
    row = tx.execute(ROW, {"case": case_id}).mappings().first()
    return None if row is None else dict(row)


def told(row: Mapping[str, Any] | None, legs: Legs, world: World) -> SuggestionView | None:
    """The suggestion in words, without the units that gave the case back; None where there is none."""
    if row is None:
        return None
    gone = frozenset(leg["unit_id"] for leg in legs if leg["state"] == "released")
    units = tuple(_told(row, world, gone)) if row["sure"] else ()
    return SuggestionView(units, bool(units), "" if units else UNSURE)


def suggested(row: Mapping[str, Any] | None, legs: Legs, world: World) -> tuple[int, ...]:
    """The units suggested, likeliest first."""
    view = told(row, legs, world)
    return tuple(one.unit for one in view.units) if view else ()


def _told(row: Mapping[str, Any], world: World, gone: frozenset[int]) -> Iterator[Suggested]:
    duties = {duty.id: duty.duty for duty in world.policy.duties.duties}
    for number, place in enumerate(PLACES):
        unit = world.directory.units.get(row[place] or 0)
        if unit is not None and unit.active and unit.id not in gone:
            yield Suggested(unit.code, unit.short, unit.id, _because(row["reasons"]["units"][number], duties))


def _because(reason: Mapping[str, Any], duties: Mapping[str, str]) -> str:
    """因为：「积水」「雨水井」；职责：城区道路排水防涝"""
    words = "".join(f"「{word}」" for word in reason["words"])
    duty = duties.get(reason["duty"], "")
    parts = [f"因为：{words}" if words else "", f"职责：{duty}" if duty else "以往同类的件多由它办理"]
    return "；".join(part for part in parts if part)


def heeded(tx: Connection, case_id: int, targets: Sequence[Unit]) -> dict[str, Any]:
    """What a dispatch keeps of the suggestion: which of the three was followed (0: none), by which model."""
    row = tx.execute(ROW, {"case": case_id}).mappings().first() if targets else None
    if row is None:
        return {}
    rank = next((number for number, place in enumerate(PLACES, 1) if row[place] == targets[0].id), 0)
    kept = {"rank": rank, "sure": row["sure"], "model": row["model_id"] or 0, "duties": row["duties"]}
    return {"suggestion": kept}
