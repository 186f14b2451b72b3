"""The numbers of the home card and of the desk, each counted over the very list it opens (R103, R104)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.boards import DeskView
from core.models.cases import cases
from core.people import Actor, PostView
from core.queries import filters
from core.queries.asked import Asked
from core.queries.filters import CaseFilter
from core.queries.lists import MOST, TITLES, found
from core.views import HomeView, Tally
from core.work import World
from core.worktime import SHANGHAI, local_date


def home(tx: Connection, actor: Actor, world: World, now: datetime, posts: Sequence[PostView]) -> HomeView:
    """The five numbers and the pending work by source."""
    return HomeView(
        name=actor.name,
        post=f"{actor.unit_name} {actor.title}",
        as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
        tallies=tuple(_tally(tx, key, title, Asked(key), actor, world, now) for key, title in TITLES.items()),
        sources=_sources(tx, actor, world, now),
        posts=tuple(posts),
    )


def desk(tx: Connection, actor: Actor, world: World, now: datetime) -> DeskView:
    """The lists of the reader's board, and the overdue ones by how long."""
    board, bands = world.policy.desk.board(actor.role), world.policy.desk.bands.values()
    lists = {one: filters.asked_for(one.key, CaseFilter(), actor, world, now) for one in board}
    late = {one: filters.asked_for("overdue", CaseFilter(band=one.key), actor, world, now) for one in bands if board}
    return DeskView(
        as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
        lists=tuple(_tally(tx, one.key, one.title, asked, actor, world, now) for one, asked in lists.items()),
        bands=tuple(_tally(tx, one.key, one.title, asked, actor, world, now) for one, asked in late.items()),
    )


def _tally(tx: Connection, key: str, title: str, asked: Asked, actor: Actor, world: World, now: datetime) -> Tally:
    listed = found(tx, asked, actor, world, now, None)
    count = tx.execute(select(func.count()).select_from(listed.counted.subquery())).scalar_one()
    return Tally(key, title, count, listed.more and count < MOST)


def _sources(tx: Connection, actor: Actor, world: World, now: datetime) -> tuple[Tally, ...]:
    waits = found(tx, Asked("todo"), actor, world, now, None).ids.order_by(None)
    query = select(cases.c.channel, func.count()).where(cases.c.id.in_(waits)).group_by(cases.c.channel)
    pending = {row[0]: row[1] for row in tx.execute(query)}
    return tuple(
        Tally(one.code, one.short, pending.get(one.code, 0))
        for one in world.policy.sources.values()
        if one.holds_on(local_date(now)) or pending.get(one.code)  # a retired source stays while in use
    )
