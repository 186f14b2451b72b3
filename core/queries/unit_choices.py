"""What a sponsor may pick units from beside the whole list: those called last, and the groups that were saved."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, or_, select

from core.flag_views import UnitChoice
from core.models.joint import joint_legs, joint_orders, unit_groups
from core.people import Actor
from core.policy.duties import TOWN
from core.queries.people import Unit
from core.recall.meaning import meanings_of
from core.recall.words import gazetteer
from core.work import World

DISTRICT = frozenset({"system_admin", "desk_head", "dispatcher"})
"""Roles whose groups are the whole district's."""
LAST_ORDERS, RECENT, SUGGESTED, LEAST = 10, 8, 4, 0.2
MINE = (
    select(unit_groups)
    .where(unit_groups.c.active, or_(unit_groups.c.unit_id.is_(None), unit_groups.c.unit_id == bindparam("unit")))
    .order_by(unit_groups.c.unit_id.is_(None), unit_groups.c.title)
)
LAST = (
    select(joint_orders.c.id)
    .where(joint_orders.c.sponsor_unit == bindparam("unit"))
    .order_by(joint_orders.c.id.desc())
    .limit(LAST_ORDERS)
)
CALLED = (
    select(joint_legs.c.unit_id)
    .where(joint_legs.c.order_id.in_(LAST))
    .order_by(joint_legs.c.order_id.desc(), joint_legs.c.id)
)


def whose(actor: Actor) -> int | None:
    """The unit a group that this person saves is for; None for the whole district."""
    return None if actor.role in DISTRICT else actor.unit


def groups(tx: Connection, unit: int | None, world: World) -> tuple[UnitChoice, ...]:
    """The groups a unit may pick, its own first, without units that are no longer in use and without itself."""
    found = []
    for row in tx.execute(MINE, {"unit": unit}):
        ids = (int(one) for one in row.members.get("all", ()) if str(one).isdigit())
        units = (world.directory.units.get(one) for one in ids)
        members = tuple(one.short for one in units if one is not None and one.active and one.id != unit)
        found += [UnitChoice(row.title, members, str(row.id), row.unit_id is not None)] if members else []
    return tuple(found)


def recent(tx: Connection, unit: int | None, world: World) -> tuple[str, ...]:
    """The units this unit called last, each once."""
    called = dict.fromkeys(tx.execute(CALLED, {"unit": unit}).scalars())
    units = (world.directory.units.get(one) for one in called)
    return tuple(one.short for one in units if one is not None and one.active)[:RECENT]


def suggested(world: World, text: str, place: str, without: Sequence[int] = ()) -> tuple[Unit, ...]:
    """The units whose lines of the duty list a matter resembles, the likeliest first; a town's by the place."""
    listed, known = world.policy.duties, gazetteer(world.directory)
    worth: dict[str, float] = {}
    for at, share in meanings_of(listed).about(known.without(text, place)).items():
        code = listed.duties[at].unit
        code = known.town_of(place) if code == TOWN else code
        worth[code] = max(worth.get(code, 0.0), share)
    told = [code for code, share in sorted(worth.items(), key=lambda one: (-one[1], one[0])) if code and share >= LEAST]
    units = (world.directory.units[world.directory.by_word[code]] for code in told if code in world.directory.by_word)
    return tuple(unit for unit in units if unit.id not in without)[:SUGGESTED]
