"""The long measures: growth with a hundred thousand cases, ten minutes of steady work, a large seed, many histories."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import mean

from sqlalchemy import func, insert, select

from core import Core
from core.models.cases import case_legs, cases
from core.models.record import events
from core.seeding import seed, town
from tests.bench import lists, web
from tests.bench.clicks import WARM, Rush
from tests.bench.commands import core_on, live
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.load import Lives, in_threads
from tests.bench.recording import Recorder
from tests.bench.world import world
from tests.databases import ROOT

CASES, BATCH = 100_000, 500
SOAK_S = 600
HISTORIES = 1_000
SEEDED = 5_000


def figures(databases: Databases) -> Iterator[Figure]:
    """Those without a part of their own, one run each."""
    yield from growth(databases)
    yield from soak(databases)
    yield large_seed(databases)
    if databases.kind == "sqlite":
        yield histories()


def growth(databases: Databases) -> Iterator[Figure]:
    """Commands a second with a hundred thousand cases on record against none."""
    kind = databases.kind
    with databases.fresh() as url, core_on(url) as core:
        town(core)
        empty = _rate(core, "E")
        _fill(core, CASES)
        full = _rate(core, "F")
        reader = core.actor_for("dingtalk", "xy011")
        began = time.perf_counter()
        core.work(reader, "todo")
        listed = time.perf_counter() - began
    yield Figure(kind, "growth.ratio", full / empty, "×", f"commands/s with {CASES:,} cases ÷ with none: {empty:.0f}/s")
    yield Figure(kind, "growth.list_seconds", listed, "s", f"the first page of 待办 of the desk among {CASES:,} cases")


def grown(databases: Databases, _runs: int = 1) -> Iterator[Figure]:
    """Lists, searches and numbers with a million cases; then the web with four hundred people on the same database."""
    with lists.aged(databases) as (url, history):
        few, many = lists.measure(url, history)
        yield from lists.figures(databases.kind, few, many)
        yield from web.figures(databases.kind, url, lists.MANY)


def _rate(core: Core, prefix: str) -> float:
    commands, seconds = live(core, Recorder(), 3, 64, prefix)
    return commands / seconds


def _fill(core: Core, count: int) -> None:
    """Copies of one handled case, with its part and its events, under numbers of their own."""
    lives = Lives(core, "G")
    pattern = lives.begin(1)
    in_threads([lives.early(pattern[0])])
    lives.learn_legs(pattern)
    in_threads([lives.late(pattern[0])])
    with core.engine.connect().execution_options(readonly=True) as tx:
        of = pattern[0].case
        case = dict(tx.execute(select(cases).where(cases.c.id == of)).mappings().one())
        leg = dict(tx.execute(select(case_legs).where(case_legs.c.case_id == of)).mappings().one())
        last = (tx.execute(select(func.max(table.c.id))).scalar_one() for table in (cases, case_legs))
        case_id, leg_id = last
    for first in range(0, count, BATCH):
        numbers = range(first + 1, first + BATCH + 1)
        with core.engine.begin() as tx:
            tx.execute(insert(cases), [_copy(case, case_id + n, n) for n in numbers])
            tx.execute(insert(case_legs), [{**leg, "id": leg_id + n, "case_id": case_id + n} for n in numbers])
    _mind_sequences(core)


def _copy(case: dict[str, object], id: int, number: int) -> dict[str, object]:
    no = f"XYRX2025{number:010}"
    return {**case, "id": id, "no": no, "no_reversed": no[::-1], "outside_no": f"G-{number}"}


def _mind_sequences(core: Core) -> None:
    """PostgreSQL gives ids from sequences, which rows with ids of their own do not move."""
    if core.engine.dialect.name != "postgresql":
        return
    with core.engine.begin() as tx:
        for table in (cases, case_legs, events):
            newest = select(func.max(table.c.id)).scalar_subquery()
            tx.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), newest)))


def soak(databases: Databases) -> Iterator[Figure]:
    """Ten minutes of clicks: how much the memory of bot and worker grows after the first two."""
    kind = databases.kind
    with world(databases, WARM) as scene:
        processes = scene.processes
        quick = processes.another("worker", "bots.worker", DINGTALK__CALLS_PER_SECOND="400")
        rush = Rush(scene, [processes.bot], quick)
        rush.start()
        began, memory = time.monotonic(), list[float]()
        while time.monotonic() - began < SOAK_S:
            rush.sustained(WARM)
            memory.append(processes.bot.megabytes())
        early, late = memory[len(memory) // 5 : len(memory) // 5 + 3], memory[-3:]
    growth_share = mean(late) / mean(early) - 1
    against = f"resident memory of the bot after {SOAK_S // 60} min of clicks ÷ after 2 min, less 1"
    yield Figure(kind, "soak.growth", growth_share, "share", against, at_most=0.10)


def large_seed(databases: Databases) -> Figure:
    """How long a large practice district takes to be told, each case through the doors."""
    with databases.fresh() as url, core_on(url) as core:
        began = time.perf_counter()
        seed(core, cases=SEEDED, days=365)
        took = time.perf_counter() - began
        assert core.verify_log().ok
    return Figure(databases.kind, "seed.seconds", took, "s", f"{SEEDED:,} cases over a year through the core's doors")


def histories() -> Figure:
    """Random histories against the plain model, as the gate runs them, only more of them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core/test_histories.py"]
    environment = {**os.environ, "HISTORIES": str(HISTORIES)}
    began = time.perf_counter()
    good = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL).returncode == 0
    took = time.perf_counter() - began
    against = f"{HISTORIES:,} random histories a flow against a plain model agreed, in {took:.0f} s"
    return Figure("any", "histories.agreed", float(good), "share", against, at_least=1.0)
