"""The desk's own register: views a person keeps under a name, at one post, each change on record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from core.boards import SavedView
from core.errors import BadField, FieldMissing, TooLong, TooMuch, Unknown
from core.models.desk import saved_views
from core.people import Actor
from core.policy import Policy
from core.ports import Clock

LONGEST_NAME = 20
LARGEST_ID = 2**63 - 1
NUMBER_OF_A_PERSON = re.compile(r"\d{7,}")
MINE = (saved_views.c.id, saved_views.c.name, saved_views.c.query)
Write = Callable[[Actor, str, str, Callable[[Connection], Any]], Any]


class Desk:
    """What is kept at the desk. `read` opens a connection, `write` is the door: a commit with its entry in the log."""

    def __init__(self, policy: Policy, clock: Clock, read: Callable[..., Any], write: Write) -> None:
        self._policy, self._clock, self._read, self._write = policy, clock, read, write

    def views(self, actor: Actor) -> tuple[SavedView, ...]:
        """The views of this post, oldest first."""
        query = select(*MINE).where(saved_views.c.post_id == actor.post).order_by(saved_views.c.id)
        return self._read(lambda tx: tuple(SavedView(*row) for row in tx.execute(query)))  # type: ignore[no-any-return]

    def keep(self, actor: Actor, name: str, query: Mapping[str, str]) -> SavedView:
        """Keep a filter under a name; a name that is taken holds the new one from now on. Raises Refusal."""
        name = " ".join(name.split())
        if not name:
            raise FieldMissing(field="名称", action="保存")
        if len(name) > LONGEST_NAME:
            raise TooLong(field="名称", limit=LONGEST_NAME)
        if not name.isprintable():
            raise BadField(field="名称", why="含有不能显示的字符")
        if any(NUMBER_OF_A_PERSON.search(text) for text in (name, query.get("q", ""))):
            raise BadField(field="视图", why="名称和搜索词里不能有长号码")
        kept: SavedView = self._write(actor, "view.kept", "view", lambda tx: self._keep(tx, actor, name, dict(query)))
        return kept

    def _keep(self, tx: Connection, actor: Actor, name: str, query: dict[str, str]) -> SavedView:
        mine = saved_views.c.post_id == actor.post
        row = {"query": query, "kept_at": self._clock.now()}
        known = tx.execute(select(saved_views.c.id).where(mine, saved_views.c.name == name)).scalar_one_or_none()
        if known is not None:
            tx.execute(update(saved_views).where(saved_views.c.id == known).values(**row))
            return SavedView(known, name, query)
        if tx.execute(select(func.count()).where(mine)).scalar_one() >= self._policy.desk.saved_views:
            raise TooMuch(what="视图", unit="个", limit=self._policy.desk.saved_views)
        made = insert(saved_views).values(post_id=actor.post, name=name, **row).returning(saved_views.c.id)
        return SavedView(tx.execute(made).scalar_one(), name, query)

    def drop(self, actor: Actor, view: int) -> None:
        """Let a view go. Raises Unknown for one that is missing or somebody else's, alike."""
        self._write(actor, "view.dropped", f"view:{view}", lambda tx: _drop(tx, actor, view))


def _drop(tx: Connection, actor: Actor, view: int) -> None:
    mine = delete(saved_views).where(saved_views.c.id == view, saved_views.c.post_id == actor.post)
    if view > LARGEST_ID or not tx.execute(mine).rowcount:
        raise Unknown(what="这个视图")
