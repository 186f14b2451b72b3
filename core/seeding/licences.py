"""A library of invented companies, persons and licences for the practice ground; no number in it is anybody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from core.policy.licences import COMPANY, LicenceField, LicenceType, licence_types
from core.seeding.draws import Draws
from core.worktime import local_date

FIRST = "business_licence"
"""What every company begins with."""
YEARS = 6
"""How far back licences were issued: some have run out by now."""


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
    """So many licences, spread over so many holders of each kind; every holder has one at least."""
    words, draws = read("seed/licences.yaml"), Draws(seed)
    rng = draws.rng
    holders = [_company(words, draws, n) for n in range(companies)] + [_person(words, draws, n) for n in range(people)]
    kinds = {key: licence_types()[key] for key in words["types"]}
    known: set[tuple[str, str]] = set()
    for number in range(count):
        place = number if number < len(holders) else rng.randrange(len(holders))
        company = place < companies
        fits = [kind for kind in kinds.values() if (kind.holder == COMPANY) == company and kind.key != FIRST]
        kind = kinds[FIRST] if company and number < companies else rng.choice(fits)
        made = _licence(words, rng, kind, holders[place], number + 1, today)
        while (kind.key, made.terms.number) in known:  # some numbers are the holder's own: one of a kind is enough
            kind = rng.choice(fits)
            made = _licence(words, rng, kind, holders[place], number + 1, today)
        known.add((kind.key, made.terms.number))
        yield made


def _licence(
    words: Mapping[str, Any], rng: Random, kind: LicenceType, holder: Mapping[str, str], number: int, today: date
) -> Checked:
    issued = today - timedelta(days=rng.randrange(1, 365 * YEARS))
    given = {field.key: _value(words, rng, field, holder, issued) for field in kind.fields}
    shape = words["types"][kind.key]["number"]
    given |= {
        "number": shape.format(n=number, year=issued.year, holder=holder["number"]),
        "issued_on": issued.isoformat(),
    }
    terms, fields, faults = tidy_licence(kind, given, today)
    if terms is None or faults:
        raise ValueError(f"seed/licences.yaml {kind.key}: {'; '.join(f'{one.label} {one.why}' for one in faults)}")
    return Checked(kind, holder, terms, fields, f"XYBJ{issued:%Y%m%d}{number:05d}")


def _value(words: Mapping[str, Any], rng: Random, field: LicenceField, holder: Mapping[str, str], issued: date) -> str:
    if field.key in ("address", "place"):
        return holder["address"]
    if field.key in ("legal_person", "manager", "head", "founder", "quality_manager"):
        return holder.get("legal", "") or holder["name"]
    if field.key in ("operator", "producer", "institution", "hotel"):
        return holder["name"]
    if not field.required and field.key not in words["words"]:
        return ""
    match field.check:
        case "date":
            return issued.isoformat()
        case "integer" | "decimal":
            return str(rng.randrange(8, 120))
        case "choice":
            return rng.choice(field.choices)
        case "phone":
            return f"1990002{rng.randrange(10_000):04d}"
    return str(rng.choice(words["words"].get(field.key, [""])))


def _company(words: Mapping[str, Any], draws: Draws, number: int) -> dict[str, str]:
    parts, rng = words["companies"], draws.rng
    # every company another name, whatever chance brings, and none says a word twice
    first, turn = number % len(parts["parts"]), number // len(parts["parts"])
    name = parts["parts"][first] + parts["parts"][(first + 1 + turn) % len(parts["parts"])]
    trade, form = rng.choice(parts["trades"]), rng.choice(parts["forms"])
    twice = next((size for size in (2, 1) if trade.endswith(form[:size])), 0)
    body = f"91{words['area']}MAX{number:05d}X"
    return {
        "name": f"海南{name}{trade}{form[twice:]}",
        "number": body + uscc.calc_check_digit(f"{body}0"),
        "legal": draws.caller().name, "phone": f"1990001{number:04d}", "address": _address(words, rng), "note": "",
    }  # fmt: skip


def _person(words: Mapping[str, Any], draws: Draws, number: int) -> dict[str, str]:
    rng = draws.rng
    born = date(1960, 1, 1) + timedelta(days=rng.randrange(365 * 45))
    body = f"{words['area']}{born:%Y%m%d}{number % 1000:03d}"
    return {
        "name": draws.caller().name, "number": body + ric.calc_check_digit(f"{body}0"),
        "phone": f"1990003{number:04d}", "address": _address(words, rng), "note": "",
    }  # fmt: skip


def _address(words: Mapping[str, Any], rng: Random) -> str:
    return f"海口市秀英区{rng.choice(words['towns'])}{rng.choice(words['roads'])}{rng.randrange(1, 300)}号"
