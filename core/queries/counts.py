"""The numbers of the home card, each counted over the very list it opens (R103, R104)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.models.cases import cases
from core.people import Actor, PostView
from core.queries.lists import MOST, TITLES, Asked, found
from core.views import HomeView, Tally
from core.work import World
from core.worktime import SHANGHAI


def home(tx: Connection, actor: Actor, world: World, now: datetime, posts: Sequence[PostView]) -> HomeView:
    """The five numbers and the pending work by source."""
    return HomeView(
        name=actor.name,
        post=f"{actor.unit_name} {actor.title}",
        as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
        tallies=tuple(_tally(tx, key, actor, world, now) for key in TITLES),
        sources=_sources(tx, actor, world, now),
        posts=tuple(posts),
    )


def _tally(tx: Connection, key: str, actor: Actor, world: World, now: datetime) -> Tally:
    listed = found(tx, Asked(key), actor, world, now, None)
    count = tx.execute(select(func.count()).select_from(listed.counted.subquery())).scalar_one()
    return Tally(key, TITLES[key], count, listed.more and count < MOST)


def _sources(tx: Connection, actor: Actor, world: World, now: datetime) -> tuple[Tally, ...]:
    waits = found(tx, Asked("todo"), actor, world, now, None).ids.order_by(None)
    query = select(cases.c.channel, func.count()).where(cases.c.id.in_(waits)).group_by(cases.c.channel)
    pending = {row[0]: row[1] for row in tx.execute(query)}
    return tuple(Tally(one.code, one.short, pending.get(one.code, 0)) for one in world.policy.sources.values())
