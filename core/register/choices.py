"""What the fields of a register may be chosen from, as of now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from core.models.people import people
from core.policy.licences import licence_types
from core.policy.registers import Register
from core.policy.topics import read_topics
from core.work import World


def choices_of(tx: Connection, register: Register, world: World) -> dict[str, Mapping[str, str]]:
    """Field → code → title for every field that is chosen."""
    return {
        name: column.chosen or _from(column.source, tx, world)
        for name, column in register.fields.items()
        if column.chosen or column.source
    }


def _from(source: str, tx: Connection, world: World) -> Mapping[str, str]:
    directory = world.directory
    match source:
        case "demand_types":
            return world.policy.types
        case "roles":
            return world.policy.roles
        case "hours":
            return {name: office.title for name, office in world.calendar.hours.items()}
        case "licence_types":
            return {kind.key: kind.name for kind in licence_types().values()}
        case "topics":
            return {one.name: one.title for one in read_topics().values()}
        case "units":
            return {str(unit.id): unit.short for unit in directory.units.values() if unit.active}
        case "posts":
            holders = [holder for held in directory.by_person.values() for holder in held if not holder.cover]
            return {str(one.post): f"{one.name}（{directory.unit_name(one.unit)} {one.title}）" for one in holders}
    rows = tx.execute(select(people.c.id, people.c.name).where(people.c.active).order_by(people.c.id))
    units = {person: directory.unit_name(held[0].unit) for person, held in directory.by_person.items() if held}
    return {str(row.id): f"{row.name}（{units[row.id]}）" if row.id in units else row.name for row in rows}
