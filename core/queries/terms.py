"""What lists depend on of their reader and the hour: as values for one look, or as names.

A statement built with names is the same for everybody who reads alike, and is filled in when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, literal, literal_column
from sqlalchemy.sql import visitors

from core.models.cases import cases
from core.people import Actor
from core.queries.sheets import reach
from core.work import World
from core.worktime import SHANGHAI, local_date

NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Terms:
    """A reader as conditions know them. `units`: those whose cases they see, None when every case."""

    role: str
    wide: str
    unit: Any
    units: Sequence[Any] | None
    in_charge: Sequence[Any]
    ago: Callable[[timedelta], Any]
    midnight: Callable[[], Any]

    @property
    def of_unit(self) -> bool:
        """Whether they read as one of a unit: its own parts, not the cases."""
        return self.wide == "unit"


def reached(actor: Actor, world: World) -> tuple[int, ...] | None:
    """The units whose cases the reader sees; None when every case."""
    wide = world.policy.reads.get(actor.role, "none")
    return None if wide == "all" else tuple(sorted(reach(actor, wide, world.directory)))


def at(actor: Actor, world: World, now: datetime) -> Terms:
    """This reader at this moment."""
    midnight = datetime.combine(local_date(now), datetime.min.time(), SHANGHAI).astimezone(UTC)
    wide, units = world.policy.reads.get(actor.role, "none"), reached(actor, world)
    in_charge = sorted(actor.in_charge)
    return Terms(actor.role, wide, actor.unit, units, in_charge, lambda length: now - length, lambda: midnight)


@dataclass(frozen=True, slots=True)
class Named:
    """Names in place of a reader's values, for whoever reads alike; `filled` gives the values of one of them."""

    terms: Terms
    _lengths: set[timedelta] = field(default_factory=set)

    @classmethod
    def like(cls, actor: Actor, world: World, moment_of: datetime) -> Named:
        """Names for all who read like this one."""
        lengths: set[timedelta] = set()
        now = at(actor, world, moment_of)
        moment = cases.c.registered_at.type

        def ago(length: timedelta) -> Any:
            lengths.add(length)
            return bindparam(_ago(length), type_=moment)

        units: list[Any] | None = None if now.units is None else [bindparam(f"unit_{n}") for n in range(len(now.units))]
        in_charge: list[Any] = [bindparam(f"charge_{n}") for n in range(len(now.in_charge))]
        unit: Any = None if now.unit is None else bindparam("unit")
        named = Terms(now.role, now.wide, unit, units, in_charge, ago, lambda: literal(now.midnight(), moment))
        return cls(named, lengths)

    def filled(self, now: Terms) -> dict[str, Any]:
        """The value of every name."""
        told = {"unit": now.unit} | {_ago(one): now.ago(one) for one in self._lengths}
        told |= {f"unit_{n}": unit for n, unit in enumerate(now.units or ())}
        return told | {f"charge_{n}": unit for n, unit in enumerate(now.in_charge)}


def alike(now: Terms) -> tuple[Hashable, ...]:
    """Readers with the same share their statements."""
    many = None if now.units is None else len(now.units)
    return now.role, now.wide, now.unit is None, many, len(now.in_charge), now.midnight()


def _ago(length: timedelta) -> str:
    return f"ago_{round(length.total_seconds())}"


def settled(statement: Any) -> Any:
    """The statement with every value that is no name written into it: a planner knows how rare each of them is."""

    def written(element: Any, **_: Any) -> Any:
        if not isinstance(element, BindParameter) or element.required:
            return None
        text = _written(element.value)
        return None if text is None else literal_column(text, element.type)

    return visitors.replacement_traverse(statement, {}, written)


def _written(value: Any) -> str | None:
    """A value of ours as SQL; None for what is none of these kinds, which stays a value beside the statement."""
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).isoformat(timespec='microseconds')}'"  # as core.db keeps it, on both databases
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list | tuple) and value:
        each = [_written(one) for one in value]
        return None if None in each else f"({', '.join(one for one in each if one is not None)})"
    return None
