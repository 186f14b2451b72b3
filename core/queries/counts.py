"""The numbers of the home card and of the desk, each counted over the very list it opens (R103, R104).

All numbers of one look are one statement, built once for everybody who reads alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, func, select

from core.boards import DeskView
from core.db import FOR_ANY_VALUES
from core.models.cases import cases
from core.people import Actor, PostView
from core.queries import filters
from core.queries.asked import Asked
from core.queries.filters import CaseFilter
from core.queries.lists import TITLES, Found, size, stands
from core.queries.terms import Named, Terms, alike, at, settled
from core.views import HomeView, Tally
from core.work import World
from core.worktime import SHANGHAI, local_date

KEPT = 400  # statements; there are some dozens of ways to read
Statement = TypeVar("Statement")
Build = Callable[[Terms], Mapping[str, Asked]]


@dataclass(frozen=True, slots=True)
class Look:
    """A statement that counts several lists at once, a column each, and one more for a list that is walked."""

    numbers: Select[Any]
    lists: Sequence[tuple[str, Found]]
    named: Named


class Counts:
    """The numbers and plain lists of one core's readers, their statements kept."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}

    def home(self, tx: Connection, actor: Actor, world: World, now: datetime, posts: Sequence[PostView]) -> HomeView:
        """The five numbers and the pending work by source."""
        told = self._counted(tx, "home", now, actor, world, lambda _: {key: Asked(key) for key in TITLES})
        return HomeView(
            name=actor.name,
            post=f"{actor.unit_name} {actor.title}",
            as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
            tallies=tuple(Tally(key, title, *told[key]) for key, title in TITLES.items()),
            sources=self._sources(tx, actor, world, now),
            posts=tuple(posts),
        )

    def desk(self, tx: Connection, actor: Actor, world: World, now: datetime) -> DeskView:
        """The lists of the reader's board, and the overdue ones by how long."""
        board = world.policy.desk.board(actor.role)
        bands = tuple(world.policy.desk.bands.values()) if board else ()

        def lists(reader: Terms) -> dict[str, Asked]:
            told = {one.key: filters.asked_for(one.key, CaseFilter(), reader, world) for one in board}
            late = {f"late {one.key}": CaseFilter(band=one.key) for one in bands}
            return told | {name: filters.asked_for("overdue", one, reader, world) for name, one in late.items()}

        told = self._counted(tx, (tuple(board), bands), now, actor, world, lists)
        return DeskView(
            as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
            lists=tuple(Tally(one.key, one.title, *told[one.key]) for one in board),
            bands=tuple(Tally(one.key, one.title, *told[f"late {one.key}"]) for one in bands),
        )

    def listed(self, key: str, actor: Actor, world: World, now: datetime) -> Found:
        """The cases of a list of the reader's board that nobody narrowed."""
        reader, row = at(actor, world, now), world.policy.desk.list_of(actor.role, key)

        def build() -> tuple[Found, Named]:
            named = Named.like(actor, world, now)
            told = stands(filters.asked_for(key, CaseFilter(), named.terms, world), named.terms)
            walked = None if told.walked is None else settled(told.walked)
            return replace(told, ids=settled(told.ids), walked=walked), named

        found, named = self._once(("list", key, row, *alike(reader)), build)
        return replace(found, filled=named.filled(reader))

    def _counted(
        self, tx: Connection, what: Hashable, now: datetime, actor: Actor, world: World, lists: Build
    ) -> dict[str, tuple[int, bool]]:
        """Of each list its number, and whether there may be more."""
        reader = at(actor, world, now)
        look = self._once((what, *alike(reader)), lambda: _look(Named.like(actor, world, now), lists))
        if not look.lists:
            return {}
        row = tx.execute(look.numbers, look.named.filled(reader), execution_options=FOR_ANY_VALUES).mappings().one()
        return {name: (row[name], one.ends_early(row.get(f"walked {name}", 0), row[name])) for name, one in look.lists}

    def _sources(self, tx: Connection, actor: Actor, world: World, now: datetime) -> tuple[Tally, ...]:
        reader = at(actor, world, now)
        query, named = self._once(("sources", *alike(reader)), lambda: _pending(Named.like(actor, world, now)))
        rows = tx.execute(query, named.filled(reader), execution_options=FOR_ANY_VALUES)
        pending = {row[0]: row[1] for row in rows}
        return tuple(
            Tally(one.code, one.short, pending.get(one.code, 0))
            for one in world.policy.sources.values()
            if one.holds_on(local_date(now)) or pending.get(one.code)  # a retired source stays while in use
        )

    def _once(self, key: Hashable, build: Callable[[], Statement]) -> Statement:
        if (known := self._kept.get(key)) is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            known = self._kept.setdefault(key, build())
        return cast(Statement, known)


def _look(named: Named, lists: Build) -> Look:
    found = [(name, stands(asked, named.terms)) for name, asked in lists(named.terms).items()]
    numbers = [size(one.counted).label(name) for name, one in found]
    numbers += [size(one.walked).label(f"walked {name}") for name, one in found if one.walked is not None]
    return Look(settled(select(*cast(list[Any], numbers))), found, named)


def _pending(named: Named) -> tuple[Select[Any], Named]:
    waits = stands(Asked("todo"), named.terms).ids.order_by(None)
    query = select(cases.c.channel, func.count()).where(cases.c.id.in_(waits)).group_by(cases.c.channel)
    return settled(query), named
