"""screen.growth: what every panel of every topic costs with five million events on record against fifty thousand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from core import Core
from core.policy.topics import metric_of, read_topics
from core.screens import panels
from core.screens.metrics import Teller, shown
from core.screens.told import Look
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.history import History, fill
from tests.bench.screens import heard

FEW, MANY = 50_000, 5_000_000
EVENTS_OF_CASE = 3
BUSY_TWO_YEARS = 22_000_000
TIMES = 9


def growth(databases: Databases, _runs: int = 1, few: int = FEW, many: int = MANY) -> Iterator[Figure]:
    """p95 over all panels, each from nothing, before and after; what two busy years would be by the same slope."""
    newest, every = few // EVENTS_OF_CASE, many // EVENTS_OF_CASE
    with databases.fresh() as url:
        with core_on(url) as core:
            town(core)
            history = History(core, every)
            fill(core, history, range(every - newest + 1, every + 1))
            heard(core, timedelta(hours=12))
            core.measures.rebuild()
            before = p95(core)
            fill(core, history, range(1, every - newest + 1))
        with core_on(url) as core:
            core.measures.rebuild()
            after = p95(core)
    kind = databases.kind
    told = f"p95 of {sum(len(one.panels) for one in read_topics().values())} panels with {many:,} events ÷ {few:,}"
    told += f"; {before:.1f} to {after:.1f} ms"
    yield Figure(kind, "screen.growth", after / before, "×", told, at_most=1.3)
    yield Figure(kind, "screen.panel", after, "ms", f"p95 of a panel with {many:,} events", at_most=50)
    more = after + max(0.0, after - before) * (BUSY_TWO_YEARS - many) / (many - few)
    yield Figure(kind, "screen.two_years", more, "ms", f"the same at {BUSY_TWO_YEARS:,} events, by the slope between")


def p95(core: Core) -> float:
    """Of the time each panel takes from nothing, in ms, warm: the median of several rounds, for a machine has moods."""
    _once(core)
    rounds = [sorted(_once(core)) for _ in range(TIMES)]
    return median(one[len(one) * 95 // 100] for one in rounds)


def _once(core: Core) -> list[float]:
    found, topics = list[float](), read_topics()
    for topic in topics.values():
        for panel in topic.panels:
            metrics = tuple(metric_of(topics, topic, name) for name in panel.metrics)
            began = time.perf_counter()
            with core.engine.connect().execution_options(readonly=True) as tx:
                teller = Teller(Look(tx, core.world(), core.clock.now()))
                panels.told(teller, panel, metrics)
                for metric in metrics:
                    shown(teller, metric)
            found.append((time.perf_counter() - began) * 1000)
    return found
