"""Kept beside the registers: a person's post on a channel (R102), and a day of the calendar by command line."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import BadField, Unknown
from core.models.cases import calendar_days
from core.models.people import identities, posts
from core.people import Actor
from core.queries.people import covered_posts


def switch_post(tx: Connection, actor: Actor, post_id: int, today: date) -> None:
    """Make `post_id` the person's post on this channel, one of their own or one they cover today.

    Raises Unknown for a post that is neither or is not active.
    """
    mine = select(posts.c.id).where(posts.c.person_id == actor.person, posts.c.active)
    if post_id not in {*tx.execute(mine).scalars(), *covered_posts(tx, actor.person or 0, today)}:
        raise Unknown(what="这个岗位")
    on_channel = (identities.c.person_id == actor.person, identities.c.channel == actor.channel)
    tx.execute(update(identities).where(*on_channel).values(post_id=post_id))


def set_day(tx: Connection, day: date, kind: str, name: str) -> None:
    """A day that differs from the published calendar (a typhoon closure): holiday or workday; usual takes it back.

    Raises BadField for another kind, or a name that is missing or too long to be printed beside a deadline.
    """
    if kind not in ("holiday", "workday", "usual"):
        raise BadField(field="类别", why="应是 holiday、workday 或 usual")
    if kind != "usual" and not (0 < len(name) <= 20 and name.isprintable()):
        raise BadField(field="名称", why="请写 1 到 20 个字")
    tx.execute(delete(calendar_days).where(calendar_days.c.day == day))
    if kind != "usual":
        tx.execute(insert(calendar_days), {"day": day, "kind": kind, "name": name})


def outside_id(tx: Connection, actor: Actor) -> str:
    """The name by which the actor's channel knows them. Raises Unknown when it does not."""
    query = select(identities.c.outside_id).where(
        identities.c.person_id == actor.person, identities.c.channel == actor.channel
    )
    found = tx.execute(query).scalar_one_or_none()
    if found is None:
        raise Unknown(what="这个身份")
    return str(found)
