"""Four hundred people with a case each: the practice district with more clerks, and one signature waiting for each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import Core
from core.models.cases import cases
from core.seeding import import_district
from core.seeding.district import District, PersonRow, PostRow, practice_district
from tests.bench.load import Life, Lives, in_threads
from tests.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody who signs: the user id, the name and the code of the unit."""

    user: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits for one clerk's signature."""

    clerk: Clerk
    life: Life
    no: str

    @property
    def track(self) -> str:
        return f"{self.no}:1"

    def click(self) -> Json:
        """The clerk presses 签收."""
        return {"userId": self.clerk.user, "outTrackId": self.track, "action": "sign"}


def crowd(core: Core, count: int) -> list[Clerk]:
    """`count` clerks of the practice district, new colleagues among them where it has fewer."""
    district = practice_district()
    clerks = [Clerk(p.dingtalk, p.name, p.posts[0].unit) for p in district.people if p.posts[0].role == "unit_clerk"]
    units = itertools.cycle(list(dict.fromkeys(clerk.unit for clerk in clerks)))
    added = [Clerk(f"xz{number:04}", f"增援{number}", next(units)) for number in range(max(count - len(clerks), 0))]
    people = tuple(_person(clerk) for clerk in added)
    import_district(core, District(district.units, (*district.people, *people)))
    return [*clerks, *added][:count]


def _person(clerk: Clerk) -> PersonRow:
    return PersonRow(clerk.user, clerk.name, "", clerk.user, (PostRow(clerk.unit, "unit_clerk", "热线专办员", ()),))


def directory(clerks: Sequence[Clerk]) -> list[Json]:
    """The clerks as the sandbox's address book wants them."""
    return [{"userId": c.user, "unionId": f"union-{c.user}", "name": c.name, "unit": c.unit} for c in clerks]


def waiting(core: Core, clerks: Sequence[Clerk], prefix: str, threads: int = 8) -> list[Waiting]:
    """One dispatched case for each clerk, registered and sent out through the core's doors."""
    lives = Lives(core, prefix)
    begun = lives.begin(len(clerks))
    for life, clerk in zip(begun, clerks, strict=True):
        life.unit = clerk.unit
    in_threads([[act for life in begun[n::threads] for act in lives.early(life)] for n in range(threads)])
    lives.learn_legs(begun)
    with core.engine.connect().execution_options(readonly=True) as tx:
        theirs = cases.c.id.in_([life.case for life in begun])
        numbers = {row.id: row.no for row in tx.execute(select(cases.c.id, cases.c.no).where(theirs))}
    return [Waiting(clerk, life, numbers[life.case]) for clerk, life in zip(clerks, begun, strict=True)]
