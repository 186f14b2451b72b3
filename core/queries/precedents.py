"""Past rulings that come nearest to a refusal in hand: knowledge for whoever refuses, reviews or rules (§7.6)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, bindparam, select

from core.models.joint import joint_legs, joint_orders, joint_rulings
from core.plain import plain, scrub
from core.policy.duties import DutyList
from core.queries.people import Directory
from core.recall.meaning import meanings_of
from core.recall.policy import load_recall
from core.recall.rulings import Rulings
from core.recall.words import matter_of
from core.work import World
from core.worktime import SHANGHAI

OPEN = ("invited", "return_review", "disputed")
BASIS = 40
IDS = select(joint_rulings.c.id).order_by(joint_rulings.c.id.desc()).limit(bindparam("most"))
PAST = (
    select(joint_rulings, joint_orders.c.title, joint_orders.c.place, joint_orders.c.id.label("order_id"))
    .join(joint_legs, joint_legs.c.id == joint_rulings.c.leg_id)
    .join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)
    .where(joint_rulings.c.id.in_(bindparam("ids", expanding=True)))
)
AT_ONCE = 500


class _Shelf:
    """The rulings of one database in memory, brought up to date whenever they are asked for."""

    def __init__(self, listed: DutyList) -> None:
        self.listed = listed
        self._lock = threading.Lock()
        self._rulings = Rulings(load_recall(), meanings_of(listed))
        self._order_of: dict[int, int] = {}

    def nearest(
        self, tx: Connection, order: Mapping[str, Any], units: Sequence[int], directory: Directory
    ) -> dict[int, list[int]]:
        """Unit → the ids of the nearest rulings of other orders, the nearest first."""
        text = f"{order['title']} {order['matter']}"
        with self._lock:
            self._refresh(tx, directory)
            own = {ruling for ruling, of in self._order_of.items() if of == order["id"]}
            return {
                unit: [one for _, one in self._rulings.nearest(matter_of(order, text, unit, directory), own)]
                for unit in units
            }

    def _refresh(self, tx: Connection, directory: Directory) -> None:
        """By what there is rather than by what is new: rows may appear late, and be rolled back."""
        there = set(tx.execute(IDS, {"most": load_recall().rulings.kept}).scalars())
        for gone in [one for one in self._rulings.known if one not in there]:
            self._rulings.drop(gone)
            del self._order_of[gone]
        missing = sorted(there - set(self._rulings.known))
        for first in range(0, len(missing), AT_ONCE):
            for row in map(dict, tx.execute(PAST, {"ids": missing[first : first + AT_ONCE]}).mappings()):
                self._rulings.take(row["id"], matter_of(row, row["words"], row["unit_id"], directory))
                self._order_of[row["id"]] = row["order_id"]


_shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()


def _shelf(tx: Connection, listed: DutyList) -> _Shelf:
    held = _shelves.get(tx.engine)
    if held is None or held.listed is not listed:
        held = _shelves[tx.engine] = _Shelf(listed)
    return held


def precedents(
    tx: Connection, order: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], world: World
) -> dict[int, tuple[str, ...]]:
    """For each leg that may still be refused or ruled on: the nearest rulings of other orders in words."""
    open_legs = [leg for leg in legs if leg["state"] in OPEN]
    if not open_legs:
        return {}
    units = [leg["unit_id"] for leg in open_legs]
    found = _shelf(tx, world.policy.duties).nearest(tx, order, units, world.directory)
    ids = sorted({one for near in found.values() for one in near})
    rows = {row["id"]: dict(row) for row in tx.execute(PAST, {"ids": ids}).mappings()} if ids else {}
    return {
        leg["id"]: tuple(told(rows[one], world.directory) for one in found[leg["unit_id"]] if one in rows)
        for leg in open_legs
    }


def told(row: Mapping[str, Any], directory: Directory) -> str:
    """「2026年2月13日 水务局 判定参加：港口路积水（依据：权责清单）」, numbers and doors hidden."""
    at = row["at"].astimezone(SHANGHAI)
    basis = f"（依据：{plain(scrub(row['basis']), BASIS)}）" if row["basis"] else ""
    verdict, title = "参加" if row["stays"] else "移出", plain(scrub(row["title"]), 20)
    return f"{at.year}年{at.month}月{at.day}日 {directory.unit_name(row['unit_id'])} 判定{verdict}：{title}{basis}"
