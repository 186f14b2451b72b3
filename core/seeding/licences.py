"""A library of invented companies, persons and licences for the practice ground; no number in it is anybody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, select
from stdnum.cn import ric, uscc

from core.commits import Job
from core.crypto import Cipher, Indexer
from core.entries import Entry
from core.facade import Core
from core.licences.bulk import Checked, made_ready, numbered, take_in
from core.licences.checks import tidy_licence
from core.licences.desk import Desk
from core.models.licences import licences
from core.people import CLOCK
from core.policy import read
from core.policy.library import LICENCE, library_rules
from core.policy.licences import LicenceField, LicenceType, licence_types
from core.seeding.draws import Draws
from core.worktime import local_date

FIRST = "business_licence"
"""What every company begins with."""
SHARED = frozenset({"food_business", "public_place_health", "road_transport"})
"""What several trades hold, each for something else."""
YEARS = 6
"""How far back licences were issued: some have run out by now."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whoever has licences: as the library knows them, which kinds they may have, and what a company does.

    `words`: what stands on its licences of the kinds that many trades hold.
    """

    told: Mapping[str, str]
    company: bool
    holds: tuple[str, ...]
    scope: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)


def seed_licences(core: Core, companies: int = 180, people: int = 120, count: int = 600, seed: int = 2026) -> int:
    """Write the practice library, where there is none yet; returns how many licences."""
    if core._read(lambda tx: tx.execute(select(licences.c.id).limit(1)).first()):
        return 0
    now = core.clock.now()
    rows = list(drawn(local_date(now), companies, people, count, seed))

    def work(tx: Connection) -> tuple[int, Sequence[Entry]]:
        ready = made_ready(core.cipher, core.indexer, numbered(tx, rows))
        return len(ready), take_in(desk_of(tx, now, core.cipher, core.indexer), ready, "seed")

    made: int = core._line.submit(Job(0, work, lambda _tx, _no: None))
    return made


def desk_of(tx: Connection, now: datetime, cipher: Cipher, indexer: Indexer) -> Desk:
    """The desk of a part of the system that issues licences."""
    rules = library_rules()
    return Desk(tx, CLOCK, now, local_date(now), rules, rules.acts[LICENCE]["issue"], cipher, indexer)


def drawn(today: date, companies: int, people: int, count: int, seed: int) -> Iterator[Checked]:
    """So many licences, spread over so many holders of each kind; every holder has one at least, of each kind one.

    A company holds what its trade needs, a person what theirs does.
    """
    words, draws = read("seed/licences.yaml"), Draws(seed)
    rng = draws.rng
    holders = [_company(words, draws, n) for n in range(companies)] + [_person(words, draws, n) for n in range(people)]
    wants = [_wants(holder, rng) for holder in holders]
    for number in range(count):
        place = number if number < len(holders) else _who_lacks(wants, rng)
        holder, key = holders[place], wants[place].pop(0)
        yield _licence(words, rng, licence_types()[key], holder, number + 1, today)


def _wants(holder: _Holder, rng: Random) -> list[str]:
    """The kinds a holder may have, in the order in which they come by them."""
    later = rng.sample(holder.holds, len(holder.holds))
    return [FIRST, *later] if holder.company else later


def _who_lacks(wants: Sequence[Sequence[str]], rng: Random) -> int:
    """A holder, by chance, who may have another licence. Raises ValueError when everybody has theirs."""
    lacking = [place for place, kinds in enumerate(wants) if kinds]
    if not lacking:
        raise ValueError("seed/licences.yaml: more licences wanted than its holders may have")
    return rng.choice(lacking)


def _licence(
    words: Mapping[str, Any], rng: Random, kind: LicenceType, holder: _Holder, number: int, today: date
) -> Checked:
    told, row = holder.told, words["types"][kind.key]
    own = holder.words if kind.key in SHARED else {"scope": [holder.scope]} if kind.key == FIRST else {}
    usual = {**words["words"], **row.get("words", {}), **own}
    issued = today - timedelta(days=rng.randrange(1, 365 * YEARS))
    given = {one.key: _value(usual, rng, one, told, issued) for one in kind.fields}
    given |= {
        "number": row["number"].format(n=number, year=issued.year, holder=told["number"]),
        "issued_on": issued.isoformat(),
    }
    terms, fields, faults = tidy_licence(kind, given, today)
    if terms is None or faults:
        raise ValueError(f"seed/licences.yaml {kind.key}: {'; '.join(f'{one.label} {one.why}' for one in faults)}")
    return Checked(kind, told, terms, fields, f"XYBJ{issued:%Y%m%d}{number:05d}")


def _value(usual: Mapping[str, Any], rng: Random, field: LicenceField, holder: Mapping[str, str], issued: date) -> str:
    if field.key in ("address", "place"):
        return holder["address"]
    if field.key in ("legal_person", "manager", "head", "founder", "quality_manager"):
        return holder.get("legal", "") or holder["name"]
    if field.key in ("operator", "producer", "institution", "hotel"):
        return holder["name"]
    if not field.required and field.key not in usual:
        return ""
    match field.check:
        case "date":
            return issued.isoformat()
        case "integer" | "decimal":
            return str(rng.randrange(8, 120))
        case "choice":
            said = [word for word in usual.get(field.key, ()) if word in field.choices]
            return str(rng.choice(said or field.choices))
        case "phone":
            return f"1990002{rng.randrange(10_000):04d}"
    return str(rng.choice(usual.get(field.key, [""])))


def _company(words: Mapping[str, Any], draws: Draws, number: int) -> _Holder:
    parts, rng = words["companies"], draws.rng
    # every company another name, whatever chance brings, and none says a word twice
    first, turn = number % len(parts["parts"]), number // len(parts["parts"])
    name = parts["parts"][first] + parts["parts"][(first + 1 + turn) % len(parts["parts"])]
    trade, form = rng.choice(list(parts["trades"])), rng.choice(parts["forms"])
    body = f"91{words['area']}MAX{number:05d}X"
    told = {
        "name": f"海南{name}{trade}{form}", "number": body + uscc.calc_check_digit(f"{body}0"),
        "legal": draws.caller().name, "phone": f"1990001{number:04d}", "address": _address(words, rng), "note": "",
    }  # fmt: skip
    row = parts["trades"][trade]
    return _Holder(told, True, tuple(row["holds"]), row["scope"], row.get("words", {}))


def _person(words: Mapping[str, Any], draws: Draws, number: int) -> _Holder:
    rng = draws.rng
    born = date(1960, 1, 1) + timedelta(days=rng.randrange(365 * 45))
    body = f"{words['area']}{born:%Y%m%d}{number % 1000:03d}"
    told = {
        "name": draws.caller().name, "number": body + ric.calc_check_digit(f"{body}0"),
        "phone": f"1990003{number:04d}", "address": _address(words, rng), "note": "",
    }  # fmt: skip
    return _Holder(told, False, tuple(rng.choice(words["callings"])))


def _address(words: Mapping[str, Any], rng: Random) -> str:
    return f"海口市秀英区{rng.choice(words['towns'])}{rng.choice(words['roads'])}{rng.randrange(1, 300)}号"
