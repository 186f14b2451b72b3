"""One page of a list: the lines it shows, the number of all, and how many stand in each group of 待办."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.db import FOR_ANY_VALUES, FOR_ITS_VALUES
from core.people import Actor
from core.queries.asked import Ids
from core.queries.items import cases_of, group_of, item_of, legs_of
from core.queries.lists import MOST, Found, size
from core.views import WorkPage
from core.work import World

MOST_GROUPED = 500  # beyond this the groups count the page in hand
GROUPS = ("签收", "办理", "审核", "裁定", "派发", "回访", "转办")


def page(
    tx: Connection, listed: Found, actor: Actor, world: World, now: datetime, title: str, number: int = 1,
    length: int = 20,
) -> WorkPage:  # fmt: skip
    """One page of a list."""
    ids = _in_order(tx, listed)
    total, pages = len(ids), max(1, -(-len(ids) // length))
    number = min(max(1, number), pages)
    shown = ids[(number - 1) * length : number * length]
    wanted = ids if listed.is_open and len(shown) < total <= MOST_GROUPED else shown
    rows, legs = cases_of(tx, wanted), legs_of(tx, wanted)
    items = tuple(item_of(rows[one], legs.get(one, ()), actor, world, now) for one in shown if one in rows)
    grouped = wanted if listed.is_open else ()
    groups = Counter(group_of(rows[one], legs.get(one, ()), actor, world) for one in grouped if one in rows)
    told = tuple((group, groups[group]) for group in GROUPS if groups[group])
    told_all = total >= MOST  # of a list that long nobody asks whether there is more
    walked = 0 if listed.walked is None or told_all else _size(tx, listed, listed.walked)
    return WorkPage(title, items, total, number, pages, told, listed.ends_early(walked, total))


def _planned(listed: Found) -> dict[str, bool]:
    """A list that nobody narrowed is one statement for all its readers."""
    return FOR_ANY_VALUES if listed.filled else FOR_ITS_VALUES


def _size(tx: Connection, listed: Found, ids: Ids) -> int:
    """How many there are of `ids`, which belong to a list."""
    return int(tx.execute(select(size(ids)), listed.filled, execution_options=_planned(listed)).scalar_one())


def _in_order(tx: Connection, listed: Found) -> Sequence[int]:
    """The ids of a list; on SQLite as one value, since with every row fetched a thread lets go of the interpreter."""
    if tx.dialect.name != "sqlite":
        return tx.execute(listed.ids, listed.filled, execution_options=_planned(listed)).scalars().all()
    gathered = select(func.json_group_array(listed.ids.subquery().c.id))
    ids: Sequence[int] = json.loads(tx.execute(gathered, listed.filled).scalar_one())
    return ids
