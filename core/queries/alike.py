"""Other cases about the same matter, as lines for a reader, and the search for those that are probably the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, true

from core.likeness.near import find_near, told_of
from core.likeness.score import Told
from core.people import Actor
from core.queries.lists import scope
from core.queries.sheets import Sheet
from core.timewords import when
from core.views import Alike
from core.work import World


def alike_view(row: Mapping[str, Any], world: World, now: datetime, why: tuple[str, ...] = ()) -> Alike:
    """One line: number, title, state, place, and when it was registered."""
    state = world.policy.flows["case"].states[row["state"]]
    return Alike(
        row["no"], row["no"][-6:], row["title"], row["state"], state.title, state.tone, row["place"],
        when(now, row["registered_at"]), why,
    )  # fmt: skip


def near(
    tx: Connection, draft: Told, actor: Actor, world: World, now: datetime, without: int | None = None
) -> tuple[Alike, ...]:
    """The cases probably meant by a draft, among those this person may see."""
    found = find_near(tx, draft, now, scope(actor, world), without)
    return tuple(alike_view(one.row, world, now, one.likeness.why) for one in found)


def with_alike(tx: Connection, sheet: Sheet | None, world: World) -> Sheet | None:
    """A case that waits to be placed, with what it may repeat; the view shows it to those who read every case."""
    if sheet is None or sheet.case["state"] != "pending":
        return sheet
    found = find_near(tx, told_of(sheet.case), sheet.now, true(), sheet.case["id"])
    return replace(sheet, alike=tuple(alike_view(one.row, world, sheet.now, one.likeness.why) for one in found))


def together(sheet: Sheet, actor: Actor, world: World) -> dict[str, Any]:
    """The cases about the same matter, for those who read every case; others see how many there are, not which."""
    if world.policy.reads.get(actor.role) != "all" or actor.system is not None:
        return {}
    leading = None if sheet.leading is None else alike_view(sheet.leading, world, sheet.now)
    return {
        "alike": sheet.alike,
        "leading": leading,
        "merged": tuple(alike_view(row, world, sheet.now) for row in sheet.merged),
    }
