"""lists.growth: what lists, searches and numbers cost with a million finished cases against ten thousand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from core import Actor, Core
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.history import History, fill
from tests.bench.load import Act, Lives, in_threads

FEW, MANY = 10_000, 1_000_000
OPEN, THREADS, TIMES = 480, 8, 21
FREE_MS, MOST_GROWTH = 20.0, 1.5
DESK, HEAD, CALLER, CLERK, LEADER = "xy011", "xy012", "xy015", "xy021", "xy005"
COMMON, RARE, PHRASE = "垃圾", "积水", "建筑垃圾"
Reading = Callable[[], object]


def readings(core: Core) -> dict[str, Reading]:
    """Everything that is looked at often, by name; a new page joins with a line here."""
    told: dict[str, Reading] = {}
    leader = core.directory().by_role["district_leader"][0].actor
    readers = {"desk": core.actor_for("dingtalk", DESK), "clerk": core.actor_for("dingtalk", CLERK), "leader": leader}
    for name, who in readers.items():
        told |= _of_reader(core, name, who)
    desk = readers["desk"]
    told["desk all, one source"] = lambda: core.work(desk, "all", channel="LY")
    told["desk all, one state"] = lambda: core.work(desk, "all", state="closed")
    told["desk all, source and state"] = lambda: core.work(desk, "all", channel="WX", state="closed")
    told["desk done, words"] = lambda: core.work(desk, "done", words=COMMON)
    told["desk all, last page"] = lambda: core.work(desk, "all", page=50)
    for name, words in (("phone", "19900000001"), ("tail", "000420"), ("outside number", "H-4711")):
        told[f"desk finds {name}"] = lambda words=words: core.find(desk, words)  # type: ignore[misc]
    return told


def _of_reader(core: Core, name: str, who: Actor) -> dict[str, Reading]:
    told: dict[str, Reading] = {f"{name} home": lambda: core.home(who)}
    for key in ("today", "todo", "done", "all", "overdue"):
        told[f"{name} {key}"] = lambda key=key: core.work(who, key)  # type: ignore[misc]
    for words in (COMMON, RARE, PHRASE, "路"):
        told[f"{name} finds {words}"] = lambda words=words: core.find(who, words)  # type: ignore[misc]
    return told


def p95s(core: Core, times: int = 0) -> dict[str, float]:
    """The p95 of each reading, in ms, warm."""
    found, times = {}, times or TIMES
    for name, reading in readings(core).items():
        reading()
        found[name] = sorted(_ms(reading) for _ in range(times))[times * 95 // 100]
    return found


def _ms(reading: Reading) -> float:
    began = time.perf_counter()
    reading()
    return (time.perf_counter() - began) * 1000


def open_work(core: Core) -> None:
    """Cases in every state that waits for somebody, through the doors."""
    lives = Lives(core, "O")
    begun = lives.begin(OPEN)
    early = [lives.early(life)[: 1 if life.number % 4 == 0 else 2] for life in begun]
    in_threads([[act for acts in early[n::THREADS] for act in acts] for n in range(THREADS)])
    sent = [life for life in begun if life.number % 4]
    lives.learn_legs(sent)
    late: list[list[Act]] = [lives.late(life)[: life.number % 4] for life in sent]
    in_threads([[act for acts in late[n::THREADS] for act in acts] for n in range(THREADS)])


@contextmanager
def aged(databases: Databases) -> Iterator[tuple[str, History]]:
    """A database with the newest ten thousand of a million finished cases, and open work above them."""
    with databases.fresh() as url:
        with core_on(url) as core:
            town(core)
            history = History(core, MANY)
            fill(core, history, range(MANY - FEW + 1, MANY + 1))
            open_work(core)
        yield url, history


def measure(url: str, history: History) -> Iterator[Mapping[str, float]]:
    """The readings over ten thousand finished cases, then over a million."""
    with core_on(url) as core:
        yield p95s(core)
        fill(core, history, range(1, MANY - FEW + 1))
    with core_on(url) as core:
        yield p95s(core)


def figures(kind: str, few: Mapping[str, float], many: Mapping[str, float]) -> Iterator[Figure]:
    """The growth that counts: of what takes more than a moment longer than before."""
    growth = {name: many[name] / few[name] if many[name] > few[name] + FREE_MS else 1.0 for name in few}
    slowest, worst = max(many, key=lambda name: many[name]), max(few, key=lambda name: many[name] - few[name])
    most = max(growth, key=lambda name: growth[name])
    told = f"p95 of {len(few)} lists and searches with {MANY:,} cases ÷ {FEW:,}; up to {FREE_MS:g} ms more is none"
    told += f"; the most: {most}, {few[most]:.1f} to {many[most]:.1f} ms"
    yield Figure(kind, "lists.growth", growth[most], "×", told, at_most=MOST_GROWTH)
    yield Figure(kind, "lists.slowest_ms", many[slowest], "ms", f"{slowest}; {few[slowest]:.1f} ms before")
    yield Figure(kind, "lists.more_ms", many[worst] - few[worst], "ms", f"{worst}: {few[worst]:.1f} ms before")
