"""Who we have: people, their numbers as indexes, their posts, and the outside ids they are known by."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.models.cases import case_legs
from core.models.people import identities, people, posts, units
from core.models.roster import directory_links

ENDED = ("settled", "released")


@dataclass(frozen=True, slots=True)
class Post:
    """An active post."""

    id: int
    unit: int
    role: str
    title: str


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as the register has them."""

    id: int
    code: str
    name: str
    phone_index: str
    dingtalk: str
    active: bool
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Everybody and every unit, by the ways an import looks for them."""

    people: dict[int, Someone]
    by_link: dict[str, int]
    by_dingtalk: dict[str, int]
    by_phone: dict[str, list[int]]
    by_code: dict[str, int]
    units: dict[int, Any]
    unit_by_name: dict[str, int]
    unit_by_code: dict[str, int]
    unit_links: dict[str, int]
    open_work: dict[int, int]

    def alone(self, person: Someone) -> list[tuple[str, int]]:
        """Units with open work whose only active person this is: (short name, how many cases)."""
        found = []
        for unit in {post.unit for post in person.posts} & self.open_work.keys():
            others = [one for one in self.people.values() if one.active and one.id != person.id]
            if not any(post.unit == unit for one in others for post in one.posts):
                found.append((self.units[unit].short, self.open_work[unit]))
        return found


def read_known(tx: Connection, source: str) -> Known:
    """As of this transaction, with the links of `source`."""
    held: dict[int, list[Post]] = defaultdict(list)
    for row in tx.execute(select(posts).where(posts.c.active)):
        held[row.person_id].append(Post(row.id, row.unit_id, row.role, row.title))
    query = select(identities.c.person_id, identities.c.outside_id).where(identities.c.channel == "dingtalk")
    userids = {row.person_id: row.outside_id for row in tx.execute(query)}
    everybody = {
        row.id: Someone(
            row.id, row.code, row.name, row.phone_index or "", userids.get(row.id, ""), row.active, tuple(held[row.id])
        )
        for row in tx.execute(select(people))
    }
    links: dict[str, dict[str, int]] = {"person": {}, "unit": {}}
    for row in tx.execute(select(directory_links).where(directory_links.c.source == source)):
        links[row.kind][row.outside_id] = row.our_id
    phones: dict[str, list[int]] = defaultdict(list)
    for one in everybody.values():
        if one.phone_index and one.active:
            phones[one.phone_index].append(one.id)
    all_units = {row.id: row for row in tx.execute(select(units))}
    running = select(case_legs.c.unit_id, func.count()).where(case_legs.c.state.not_in(ENDED))
    work = {row[0]: row[1] for row in tx.execute(running.group_by(case_legs.c.unit_id))}
    names = {name: row.id for row in all_units.values() if row.active for name in (row.name, row.short)}
    return Known(
        everybody, links["person"], {userid: person for person, userid in userids.items()}, phones,
        {one.code: one.id for one in everybody.values()}, all_units, names,
        {row.code: row.id for row in all_units.values()}, links["unit"], work,
    )  # fmt: skip
