"""Outside identity → Actor, and the directory of units, people and posts."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from core.errors import NoPost, NotKnownHere
from core.models.people import identities, people, posts, units
from core.models.registers import absences
from core.people import Actor, PostView

COVERS = "（代）"
"""What stands behind the title of whoever acts for somebody away."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the tree. `hours` names its office hours, `group` whom it is ranked with."""

    id: int
    code: str
    name: str
    short: str
    kind: str
    group: str
    parent: int | None
    hours: str
    duties: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """A person at a post, reachable at `dingtalk` (empty when unknown there)."""

    person: int
    post: int
    unit: int
    role: str
    name: str
    title: str
    dingtalk: str
    actor: Actor
    cover: bool = False  # acts for the one who holds the post and is away (请假代办)


@dataclass(frozen=True, slots=True)
class Directory:
    """A snapshot of who there is. Rights are never judged from it: `actor_for` reads them fresh."""

    units: dict[int, Unit]
    by_word: dict[str, int]
    holders: dict[int, Holder]
    by_unit: dict[int, tuple[Holder, ...]] = field(default_factory=dict)
    by_role: dict[str, tuple[Holder, ...]] = field(default_factory=dict)
    by_person: dict[int, tuple[Holder, ...]] = field(default_factory=dict)
    memo: dict[object, Any] = field(default_factory=dict, compare=False)  # worked out from this snapshot, gone with it

    def unit_name(self, unit_id: int | None) -> str:
        unit = self.units.get(unit_id or 0)
        return unit.short if unit else ""

    def find_units(self, words: str) -> list[Unit]:
        """Units meant by `words`: the exact name, short name, code or id, else every active one containing it."""
        words = words.strip()
        if (exact := self.by_word.get(words)) is not None:
            return [self.units[exact]]
        if len(words) < 2:
            return []
        return [unit for unit in self.units.values() if unit.active and (words in unit.name or words in unit.short)]

    def below(self, unit_id: int | None) -> list[Unit]:
        return [unit for unit in self.units.values() if unit.parent == unit_id and unit.active]

    def within(self, unit_id: int) -> frozenset[int]:
        """The unit and everything under it."""
        found, frontier = {unit_id}, [unit_id]
        while frontier:
            frontier = [unit.id for unit in self.units.values() if unit.parent in frontier and unit.id not in found]
            found |= set(frontier)
        return frozenset(found)

    def person_name(self, person_id: int | None) -> str:
        held = self.by_person.get(person_id or 0)
        return held[0].name if held else ""


class DirectoryCache:
    """The latest snapshot, read again when older than `max_age_s` (real time) or told to forget."""

    def __init__(self, load: Callable[[], Directory], max_age_s: float = 5.0) -> None:
        self._load, self._max_age_s = load, max_age_s
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._latest: Directory | None = None

    def __call__(self) -> Directory:
        latest = self._latest
        if latest is not None and time.monotonic() - self._read_at < self._max_age_s:
            return latest
        with self._lock:
            if self._latest is None or time.monotonic() - self._read_at >= self._max_age_s:
                self._latest = self._load()
                self._read_at = time.monotonic()
            return self._latest

    def forget(self) -> None:
        self._read_at = float("-inf")


def read_directory(tx: Connection, today: date) -> Directory:
    """The whole directory as of this transaction; whoever covers for somebody today stands beside them."""
    known = {row.id: _unit(row) for row in tx.execute(select(units))}
    outside = {
        row.person_id: row.outside_id
        for row in tx.execute(
            select(identities.c.person_id, identities.c.outside_id).where(identities.c.channel == "dingtalk")
        )
    }
    rows = tx.execute(
        select(posts, people.c.name)
        .join(people, people.c.id == posts.c.person_id)
        .where(posts.c.active, people.c.active)
        .order_by(posts.c.id)
    ).all()
    holders = {row.id: _holder(row, known, outside.get(row.person_id, "")) for row in rows}
    words = {
        word: unit.id
        for unit in known.values()
        if unit.active
        for word in (unit.name, unit.short, unit.code, str(unit.id))
    }
    directory = Directory(known, words, holders)
    standing = [*holders.values(), *_covering(tx, today, holders, outside)]
    directory.by_unit.update(_grouped(standing, lambda holder: holder.unit))
    directory.by_role.update(_grouped(standing, lambda holder: holder.role))
    directory.by_person.update(_grouped(standing, lambda holder: holder.person))
    return directory


def _covering(tx: Connection, today: date, holders: dict[int, Holder], outside: dict[int, str]) -> Iterable[Holder]:
    """Those who act for somebody away today (请假代办), each as a further holder of that post."""
    query = (
        select(absences.c.post_id, people.c.id, people.c.name)
        .join(people, people.c.id == absences.c.cover_id)
        .where(absences.c.first_day <= today, today <= absences.c.last_day, people.c.active)
        .order_by(absences.c.id)
    )
    for row in tx.execute(query):
        if (holder := holders.get(row.post_id)) is not None:
            title = f"{holder.title}{COVERS}"
            actor = replace(holder.actor, person=row.id, name=row.name, title=title)
            yield replace(
                holder, person=row.id, name=row.name, title=title, dingtalk=outside.get(row.id, ""), actor=actor,
                cover=True,
            )  # fmt: skip


def _grouped(holders: Iterable[Holder], key: Callable[[Holder], Any]) -> dict[Any, tuple[Holder, ...]]:
    groups: dict[Any, list[Holder]] = defaultdict(list)
    for holder in holders:
        groups[key(holder)].append(holder)
    return {name: tuple(group) for name, group in groups.items()}


def _unit(row: Any) -> Unit:
    return Unit(
        row.id, row.code, row.name, row.short, row.kind, row.group, row.parent_id, row.hours,
        tuple(row.duties.get("words", ())), row.active,
    )  # fmt: skip


def _holder(row: Any, known: dict[int, Unit], dingtalk: str) -> Holder:
    unit = known[row.unit_id]
    actor = Actor(
        row.person_id, row.id, row.unit_id, row.role, row.name, unit.short, row.title,
        frozenset(row.in_charge.get("units", ())), "dingtalk",
    )  # fmt: skip
    return Holder(row.person_id, row.id, row.unit_id, row.role, row.name, row.title, dingtalk, actor)


_POSTS = (
    select(posts, units.c.short.label("unit_name"), people.c.name, people.c.active.label("present"))
    .select_from(people)
    .outerjoin(posts, and_(posts.c.person_id == people.c.id, posts.c.active))
    .outerjoin(units, and_(units.c.id == posts.c.unit_id, units.c.active))
    .order_by(posts.c.id)
)
_OF_IDENTITY = (
    _POSTS.add_columns(identities.c.post_id.label("current"), people.c.id.label("whose"))
    .join(identities, identities.c.person_id == people.c.id)
    .where(identities.c.channel == bindparam("channel"), identities.c.outside_id == bindparam("outside_id"))
)
_COVERED = (
    select(posts, units.c.short.label("unit_name"))
    .join(absences, absences.c.post_id == posts.c.id)
    .join(units, units.c.id == posts.c.unit_id)
    .where(
        absences.c.cover_id == bindparam("person"), absences.c.first_day <= bindparam("today"),
        bindparam("today") <= absences.c.last_day, posts.c.active, units.c.active,
    )
    .order_by(posts.c.id)
)  # fmt: skip


def actor_for(
    tx: Connection, channel: str, outside_id: str, today: date, address: str = "",
    may_cover: Callable[[int], bool] = lambda _person: True,
) -> Actor:  # fmt: skip
    """The person behind an outside identity, at their current post, with rights read now (A5).

    Posts covered today (请假代办) stand beside the person's own; they are asked for when the person may cover any.

    Raises NotKnownHere for strangers and the disabled, NoPost for people without an active post.
    """
    rows = tx.execute(_OF_IDENTITY, {"channel": channel, "outside_id": outside_id}).all()
    if not rows or not rows[0].present:
        raise NotKnownHere()
    asked = may_cover(rows[0].whose)
    covered = tx.execute(_COVERED, {"person": rows[0].whose, "today": today}).all() if asked else ()
    held = post_views([row for row in rows if row.unit_name is not None], covered, rows[0].current)
    return _actor(held, rows[0].whose, rows[0].name, channel, address)


def covered_posts(tx: Connection, person: int, today: date) -> set[int]:
    """The posts this person covers today."""
    return {row.id for row in tx.execute(_COVERED, {"person": person, "today": today})}


def _actor(held: Sequence[PostView], person: int, name: str, channel: str, address: str) -> Actor:
    if not held:
        raise NoPost()
    now = next(post for post in held if post.current)
    others = tuple(post for post in held if not post.current)
    return Actor(
        person, now.id, now.unit, now.role, name, now.unit_name, now.title, now.in_charge, channel, address, None,
        others,
    )  # fmt: skip


def post_views(own: Sequence[Any], covered: Sequence[Any], current: int | None) -> list[PostView]:
    rows = [*((row, "") for row in own), *((row, COVERS) for row in covered)]
    chosen = current if any(row.id == current for row, _ in rows) else (rows[0][0].id if rows else None)
    return [
        PostView(
            row.id, row.unit_id, row.unit_name, row.role, f"{row.title}{mark}", row.id == chosen,
            frozenset(row.in_charge.get("units", ())),
        )
        for row, mark in rows
    ]  # fmt: skip
