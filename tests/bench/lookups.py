"""licence.lookup and licence.growth: what the public asks, with a million licences on record, the caps at work.

Fifty callers, each with a network address of its own, scan codes and search companies in turn, at their instants.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from hashlib import blake2s
from random import Random
from typing import Any

import httpx
from sqlalchemy import insert

from core import Core, word_index
from core.crypto import place
from core.licences.keeping import number_index
from core.licences.numbers import identifier
from core.licences.subjects import columns
from core.models.codes import licence_codes
from core.models.licences import licences, subjects
from core.policy.licences import COMPANY, licence_types
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.history import patient, without_indexes
from tests.bench.licences import ISSUED, KIND, company, fields
from tests.bench.world import world

FEW, MANY, BATCH = 10_000, 1_000_000, 5_000
A_SECOND, CALLERS, SECONDS, WARM_S = 50, 50, 20, 2
FREE_S = 0.02
"""So much more than before is no growth: a moment nobody feels."""
SIGNED = 400
"""Codes with a signed payload among those scanned; the others' links are bare, as one typed by hand."""
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
WORDS = ("餐饮有限公司", "海南 公司", "椰风")
"""What names have in common; other searches name one company whole, or its own four characters."""


def figures(databases: Databases, _runs: int, few: int = FEW, many: int = MANY) -> Iterator[Figure]:
    """p95 of scans and of searches with a million licences, and how they grew from the newest ten thousand."""
    with world(databases) as scene:
        fill(scene.core, range(many - few + 1, many + 1))
        before = _asked(scene.core, scene.processes, many - few + 1, many)
        fill(scene.core, range(1, many - few + 1))
        after = _asked(scene.core, scene.processes, 1, many)
    kind, told = databases.kind, f"{A_SECOND}/s from {CALLERS} addresses for {SECONDS} s, {many:,} licences; "
    p95 = {name: sorted(times)[len(times) * 95 // 100] for name, times in after.items()}
    old = {name: sorted(times)[len(times) * 95 // 100] for name, times in before.items()}
    worst = max(p95, key=lambda name: p95[name])
    told += ", ".join(f"{name} p95 {old[name] * 1000:.0f} to {p95[name] * 1000:.0f} ms" for name in p95)
    yield Figure(kind, "licence.lookup", p95[worst], "s", told, at_most=0.1)
    grown = max(p95[name] / old[name] if p95[name] > old[name] + FREE_S else 1.0 for name in p95)
    against = f"p95 at {many:,} ÷ at {few:,}; up to {FREE_S * 1000:g} ms more is none"
    yield Figure(kind, "licence.growth", grown, "×", against, at_most=1.3)


# --- a large library --------------------------------------------------------------------------------------------------


def name_of(what: str, number: int) -> str:
    """22 signs as tokens, lines and codes have them; the same for the same number."""
    return blake2s(f"{what} {number}".encode(), digest_size=11).hexdigest()


def fill(core: Core, numbers: range) -> None:
    """Companies with one licence and one bound code each, as the doors would have left them."""
    with without_indexes(core, (subjects, licences, licence_codes)):
        for first in range(0, len(numbers), BATCH):
            some = [_rows(core, number) for number in numbers[first : first + BATCH]]
            with patient(core) as tx:
                for table, rows in zip((subjects, licences, licence_codes), zip(*some, strict=True), strict=True):
                    tx.execute(insert(table), list(rows))
                word_index.SUBJECTS.note_all(tx, [(row[0]["id"], word_index.pairs(row[0]["name"])) for row in some])
    if core.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(core.engine.url.database), isolation_level=None)) as tx:
            tx.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        with core.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    os.sync()  # else whoever asks next waits for all of this to reach the disk


def _rows(core: Core, number: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    kind, holder, now = licence_types()[KIND], company(number), core.clock.now()
    told, line = f"JY1{number:013d}", name_of("line", number)
    subject, licence = name_of("subject", number), name_of("licence", number)
    serial = f"{number:09d}"

    def sealed(table: str, token: str, body: Mapping[str, Any]) -> dict[str, str]:
        return {"sealed": core.cipher.seal(json.dumps(body, ensure_ascii=False), place(table, "body", token))}

    return (
        {
            "id": number, "token": subject, "kind": COMPANY, **columns(core.indexer, COMPANY, holder), "seq": 1,
            "gone": False, "body": sealed("subjects", subject, holder), "added_at": now, "changed_at": now,
        },
        {
            "id": number, "token": licence, "line": line, "version": 1, "newer_id": None, "shown": True,
            "import_id": None, "identifier": identifier(kind.code, kind.issuer.code, serial, 1), "serial": serial,
            "type": kind.key, "subject_id": number, "state": "valid", "issuer": kind.issuer.name, "case_no": "",
            "seq": 1, "number_index": number_index(core.indexer, told), "issued_on": ISSUED, "valid_from": ISSUED,
            "valid_to": ISSUED + timedelta(days=1826), "added_at": now, "changed_at": now,
            "body": sealed("licences", licence, {"number": told, "fields": fields(kind, holder)}),
        },
        {
            "id": number, "code": name_of("code", number), "batch_id": None, "serial": number, "payload": "",
            "state": "bound", "line": line, "seq": 1, "made_at": now, "changed_at": now,
        },
    )  # fmt: skip


# --- those who ask ----------------------------------------------------------------------------------------------------


def _asked(core: Core, processes: Any, first: int, last: int) -> dict[str, list[float]]:
    """Seconds of each answer by kind, from the web process over what is on record."""
    processes.start(processes.web)
    try:
        with ExitStack() as held:
            callers = [held.enter_context(_caller(processes.base, number)) for number in range(CALLERS)]
            tokens = [TOKEN.findall(one.get("/c/company").raise_for_status().text)[0] for one in callers]
            asked = _questions(core, tokens, first, last)
            _met(callers, asked[: A_SECOND * WARM_S])
            met = _met(callers, asked[A_SECOND * WARM_S :])
    finally:
        processes.web.stop()
    told: dict[str, list[float]] = {}
    for name, seconds, fine in met:
        assert fine, name
        told.setdefault(name, []).append(seconds)
    return told


def _caller(base: str, number: int) -> httpx.Client:
    there = httpx.HTTPTransport(local_address=f"127.0.1.{number + 1}")
    return httpx.Client(base_url=base, transport=there, timeout=30, headers={"X-Bench": "1"})


Question = tuple[str, str, Mapping[str, str], str]
"""Scan or search, the path, the form (none for a scan), and what the answer must hold."""


def _questions(core: Core, tokens: Sequence[str], first: int, last: int) -> list[Question]:
    """Every caller scans and searches by turns; the next caller's turn is a fiftieth of a second later."""
    dice, stamp, told = Random(last - first), core.licences.codes.stamp, list[Question]()
    for turn in range(A_SECOND * (WARM_S + SECONDS)):
        number, caller = dice.randint(first, last), turn % CALLERS
        name = company(number)["name"]
        if (turn // CALLERS + caller) % 2:
            code = name_of("code", number)
            payload = f"?{stamp.payload(code, 0)}" if turn < 2 * SIGNED else ""
            told.append(("scan", f"/v/{code}{payload}", {}, name))
        else:
            words = (name, name[2:6], *WORDS)[turn // CALLERS % 5]
            form = {"csrf_token": tokens[caller], "words": words}
            told.append(("search", "/c/company", form, words))
    return told


def _met(callers: Sequence[httpx.Client], asked: Sequence[Question]) -> list[tuple[str, float, bool]]:
    begins = time.monotonic() + 0.2

    def one(turn: int) -> tuple[str, float, bool]:
        kind, path, form, holds = asked[turn]
        instant = begins + turn / A_SECOND
        time.sleep(max(0.0, instant - time.monotonic()))
        client = callers[turn % CALLERS]
        answer = client.post(path, data=form) if form else client.get(path)
        return kind, time.monotonic() - instant, answer.status_code == 200 and holds in answer.text

    with ThreadPoolExecutor(CALLERS) as hands:
        return list(hands.map(one, range(len(asked))))
