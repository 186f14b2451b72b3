"""Takes a district's own tables of units and people into the directory: for practice and for a real district alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core.crypto import Cipher, Indexer, place
from core.models.people import identities, people, posts, units
from core.policy import Policy, read


class WrongDistrict(Exception):
    """The tables of a district contradict each other; the message lists every row at fault."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as the district writes it; `parent` is the code of the unit that sends to it."""

    code: str
    name: str
    short: str
    kind: str
    group: str
    parent: str | None
    hours: str
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post of a person: `in_charge` names units by code (district leaders and their contact persons)."""

    unit: str
    role: str
    title: str
    in_charge: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as the district writes them; the first post is the one they begin at. `dingtalk` is the staff id."""

    code: str
    name: str
    phone: str
    dingtalk: str
    posts: tuple[PostRow, ...]


@dataclass(frozen=True, slots=True)
class District:
    """Everybody there is, by code."""

    units: tuple[UnitRow, ...]
    people: tuple[PersonRow, ...]


@cache
def practice_district() -> District:
    """The invented district that comes with the product (policy/seed)."""
    return read_district(read("seed/units.yaml"), read("seed/people.yaml"))


def read_district(unit_rows: Iterable[Mapping[str, Any]], person_rows: Iterable[Mapping[str, Any]]) -> District:
    """The two tables as values; KeyError when a row lacks a column."""
    return District(tuple(_unit_row(row) for row in unit_rows), tuple(_person_row(row) for row in person_rows))


def _unit_row(row: Mapping[str, Any]) -> UnitRow:
    return UnitRow(
        row["code"], row["name"], row["short"], row["kind"], row["group"], row["parent"], row.get("hours", "default"),
        tuple(row.get("duties", ())),
    )  # fmt: skip


def _person_row(row: Mapping[str, Any]) -> PersonRow:
    held = (PostRow(p["unit"], p["role"], p["title"], tuple(p.get("in_charge", ()))) for p in row["posts"])
    return PersonRow(row["code"], row["name"], row.get("phone", ""), row.get("dingtalk", ""), tuple(held))


def faults_of(district: District, policy: Policy) -> list[str]:
    """What the tables say wrongly: codes twice or unknown, roles unknown, administrators' duties mixed (等保 8.1.5)."""
    known = {unit.code for unit in district.units}
    found = [f"units: {code} twice" for code in _twice(unit.code for unit in district.units)]
    found += [f"people: {code} twice" for code in _twice(person.code for person in district.people)]
    found += [f"unit {u.code}: no parent {u.parent}" for u in district.units if u.parent and u.parent not in known]
    for person in district.people:
        for post in person.posts:
            named = (post.unit, *post.in_charge)
            found += [f"person {person.code}: no unit {code}" for code in named if code not in known]
            found += [f"person {person.code}: no role {post.role}"] if post.role not in policy.roles else []
        roles = {post.role for post in person.posts}
        if len(roles) > 1 and roles & policy.exclusive:
            found.append(f"person {person.code}: an administrator holds no other role")
    if not found and sum(len(level) for level in _levels(district.units)) < len(district.units):
        found.append("units: parents form a ring")
    return found


def _twice(codes: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [code for code in codes if code in seen or seen.add(code)]  # type: ignore[func-returns-value]


def _levels(rows: Sequence[UnitRow]) -> Iterator[list[UnitRow]]:
    """The tree from the root down, one level at a time."""
    above: set[str | None] = {None}
    while level := [row for row in rows if row.parent in above]:
        yield level
        above = {row.code for row in level}


def take_in(tx: Connection, district: District, cipher: Cipher, indexer: Indexer) -> dict[str, int]:
    """Insert or update everybody by code, in the caller's transaction; returns the ids of the people by code.

    Whom the tables do not name stays as they were; a post a named person no longer holds becomes inactive. Phones are
    sealed, their index lies beside them (security-reliability §4).
    """
    unit_ids = _take_units(tx, district.units)
    person_ids = _take_people(tx, district.people, cipher, indexer)
    first = _take_posts(tx, district.people, unit_ids, person_ids)
    _take_identities(tx, district.people, person_ids, first)
    return person_ids


def _take_units(tx: Connection, rows: Sequence[UnitRow]) -> dict[str, int]:
    ids: dict[str, int] = {row.code: row.id for row in tx.execute(select(units.c.code, units.c.id))}
    for level in _levels(rows):
        values = [
            {
                "code": row.code, "name": row.name, "short": row.short, "kind": row.kind, "group": row.group,
                "parent_id": ids[row.parent] if row.parent else None, "hours": row.hours,
                "duties": {"words": list(row.duties)}, "active": True,
            }
            for row in level
        ]  # fmt: skip
        ids |= _upsert(tx, units, values, ids)
    return ids


def _take_people(tx: Connection, rows: Sequence[PersonRow], cipher: Cipher, indexer: Indexer) -> dict[str, int]:
    ids: dict[str, int] = {row.code: row.id for row in tx.execute(select(people.c.code, people.c.id))}
    values = [
        {
            "code": row.code, "name": row.name, "active": True,
            "phone_sealed": cipher.seal(row.phone, place("people", "phone", row.code)) if row.phone else None,
            "phone_index": indexer.index(row.phone, "phone") if row.phone else None,
        }
        for row in rows
    ]  # fmt: skip
    return ids | _upsert(tx, people, values, ids)


def _upsert(tx: Connection, table: Any, values: list[dict[str, Any]], ids: Mapping[str, int]) -> dict[str, int]:
    """Rows new by code are inserted, the others updated; returns the new ids."""
    new = [row for row in values if row["code"] not in ids]
    if old := [{**row, "b_id": ids[row["code"]]} for row in values if row["code"] in ids]:
        tx.execute(update(table).where(table.c.id == bindparam("b_id")), old)
    if not new:
        return {}
    return {row.code: row.id for row in tx.execute(insert(table).returning(table.c.code, table.c.id), new)}


def _take_posts(
    tx: Connection, rows: Sequence[PersonRow], unit_ids: Mapping[str, int], person_ids: Mapping[str, int]
) -> dict[str, int]:
    """Posts are known by person, unit and role. Returns each person's first post by the person's code."""
    listed = {person_ids[row.code]: row.code for row in rows}
    known = {(p.person_id, p.unit_id, p.role): p for p in tx.execute(select(posts)) if p.person_id in listed}
    wanted: dict[tuple[int, int, str], dict[str, Any]] = {}
    for row in rows:
        for post in row.posts:
            key = (person_ids[row.code], unit_ids[post.unit], post.role)
            in_charge = {"units": [unit_ids[code] for code in post.in_charge]}
            wanted[key] = {"title": post.title, "in_charge": in_charge, "active": True}
    names = ("person_id", "unit_id", "role")
    if new := [{**dict(zip(names, key, strict=True)), **row} for key, row in wanted.items() if key not in known]:
        tx.execute(insert(posts), new)
    for key, held in known.items():
        tx.execute(update(posts).where(posts.c.id == held.id).values(**wanted.get(key, {"active": False})))
    found = {(p.person_id, p.unit_id, p.role): p.id for p in tx.execute(select(posts))}
    first = {row.code: row.posts[0] for row in rows if row.posts}
    return {code: found[person_ids[code], unit_ids[post.unit], post.role] for code, post in first.items()}


def _take_identities(
    tx: Connection, rows: Sequence[PersonRow], person_ids: Mapping[str, int], first: Mapping[str, int]
) -> None:
    """How the channels know a person; whoever is known already keeps the post they chose (R102)."""
    known = {(row.person_id, row.channel): row.outside_id for row in tx.execute(select(identities))}
    new = []
    for row in rows:
        person, post = person_ids[row.code], first.get(row.code)
        for channel, outside_id in (("dingtalk", row.dingtalk), ("web", str(person))):
            if (person, channel) not in known and outside_id:
                new.append({"person_id": person, "channel": channel, "outside_id": outside_id, "post_id": post})
            elif outside_id and known[person, channel] != outside_id:
                mine = (identities.c.person_id == person, identities.c.channel == channel)
                tx.execute(update(identities).where(*mine).values(outside_id=outside_id))
    if new:
        tx.execute(insert(identities), new)
