"""commands.ratio: the core's commands a second against the bare driver telling the database the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from core import Core, build_core
from core.models.cases import case_legs, cases
from core.models.record import audit_log, events, letters, receipts
from core.seeding import town
from core.settings import read_settings
from tests.bench.databases import Databases
from tests.bench.load import Life, Lives, in_threads, mixed
from tests.bench.recording import Recorder
from tests.bench.replay import replay
from tests.clock import StillClock

THREADS = 8
TABLES = (cases, case_legs, events, letters, receipts, audit_log)


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the core and its echo by the bare driver."""

    commands: int
    core_s: float
    raw_s: float
    statements: int
    transactions: int

    @property
    def ratio(self) -> float:
        return self.raw_s / self.core_s


@contextmanager
def core_on(url: str) -> Iterator[Core]:
    """A core on `url` with a clock that stands still."""
    settings = read_settings()
    core = build_core(
        settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})}), StillClock()
    )
    try:
        yield core
    finally:
        core.engine.dispose()


def one_round(databases: Databases, generations: int, lives_each: int) -> Round:
    """Carry cases through their plain life with eight threads, then replay on an identical database."""
    with databases.fresh() as origin:
        with core_on(origin) as core:
            town(core)
        with databases.twins(origin, 2) as (ours, theirs):
            with core_on(ours) as core:
                recorder = Recorder()
                commands, core_s = live(core, recorder, generations, lives_each)
                counted = counts(core)
            raw_s = replay(theirs, recorder.transactions)
            with core_on(theirs) as core:
                if counts(core) != counted or not core.verify_log().ok:
                    raise AssertionError("the replay wrote something else than the core")
    told = recorder.transactions
    return Round(commands, core_s, raw_s, sum(len(one.steps) for one in told), len(told))


def live(core: Core, recorder: Recorder, generations: int, lives_each: int, prefix: str = "B") -> tuple[int, float]:
    """While one generation of cases is handled and closed the next is registered and dispatched; commands, seconds."""
    lives, seconds, commands = Lives(core, prefix), 0.0, 0
    before: list[Life] = []
    core.world()
    for generation in range(generations + 1):
        now = lives.begin(lives_each, generation * lives_each) if generation < generations else []
        shares = [
            mixed([*(lives.early(one) for one in now[n::THREADS]), *(lives.late(one) for one in before[n::THREADS])], n)
            for n in range(THREADS)
        ]
        with recorder.listening(core.engine):
            seconds += in_threads(shares)
        commands += sum(map(len, shares))
        lives.learn_legs(now)
        before = now
    return commands, seconds


def counts(core: Core) -> list[int]:
    """How many rows each table holds that a command writes."""
    with core.engine.connect().execution_options(readonly=True) as tx:
        return [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


def measure(databases: Databases, runs: int = 5, generations: int = 3, lives_each: int = 64) -> list[Round]:
    """Several rounds; each alternates core and raw driver on fresh databases."""
    return [one_round(databases, generations, lives_each) for _ in range(runs)]
