"""The second door: what is kept rather than moved. Today: at which post a person acts on a channel (R102)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from core.errors import Unknown
from core.models.people import identities, posts
from core.people import Actor


def switch_post(tx: Connection, actor: Actor, post_id: int, now: datetime) -> None:
    """Make `post_id` the person's post on this channel. Raises Unknown for a post that is not theirs or not active."""
    mine = select(posts.c.id).where(posts.c.id == post_id, posts.c.person_id == actor.person, posts.c.active)
    if tx.execute(mine).first() is None:
        raise Unknown(what="这个岗位")
    on_channel = (identities.c.person_id == actor.person, identities.c.channel == actor.channel)
    tx.execute(update(identities).where(*on_channel).values(post_id=post_id))


def outside_id(tx: Connection, actor: Actor) -> str:
    """The name by which the actor's channel knows them. Raises Unknown when it does not."""
    query = select(identities.c.outside_id).where(
        identities.c.person_id == actor.person, identities.c.channel == actor.channel
    )
    found = tx.execute(query).scalar_one_or_none()
    if found is None:
        raise Unknown(what="这个身份")
    return str(found)
