"""`python -m tests.bench`: every figure of the product, printed as a table and kept in var/bench.json."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import chain
from statistics import median

from tests.bench import (
    clicks,
    commands,
    faces,
    feed_growth,
    feeds,
    joints,
    licences,
    longer,
    lookups,
    memory,
    pictures,
    reading,
    screen_growth,
    screen_soak,
    screens,
    suggest,
    wechat,
)
from tests.bench.alike import of_duplicates, of_hotspots
from tests.bench.calls import one_life
from tests.bench.codes import of_codes
from tests.bench.databases import Databases, opened
from tests.bench.figures import FILE, Figure, keep, line
from tests.bench.handover import PLATFORM_S, PROMISED_S, handovers
from tests.bench.sheets import ROWS, one_sheet
from tests.bench.start import start
from tests.bench.world import world

KINDS = ("sqlite", "postgresql")
TARGET = {"sqlite": 0.10, "postgresql": 0.20}

Part = Callable[[Databases, int], Iterator[Figure]]


def of_commands(databases: Databases, runs: int) -> Iterator[Figure]:
    """commands.ratio, with both rates beside it."""
    told, kind = commands.measure(databases, runs), databases.kind
    against = (
        "bare driver: the recorded statements in the same transactions, threads and order, on an identical database, "
        f"same durability; median of {runs}"
    )
    yield Figure(kind, "commands.ratio", median(one.ratio for one in told), "×", against, at_least=TARGET[kind])
    rate, raw = median(o.commands / o.core_s for o in told), median(o.commands / o.raw_s for o in told)
    yield Figure(kind, "commands.per_second", rate, "/s", f"{commands.THREADS} threads, six commands a case")
    yield Figure(kind, "commands.raw_per_second", raw, "/s", "the same commands as bare statements")


def of_clicks(databases: Databases, runs: int) -> Iterator[Figure]:
    """clicks.*: the burst of four hundred, and sustained clicks against an idle handler and the bare driver."""
    told, kind = clicks.measure(databases, runs), databases.kind
    bots = "two bots" if kind == "postgresql" else "one bot"
    same = f"{clicks.PEOPLE} people at one instant through the sandbox, {bots}, worker at work; median of {runs}"
    share = median(one.share for one in told.bursts)
    yield Figure(kind, "clicks.all_in_2s", share, "share", same, at_least=1.0)
    yield Figure(kind, "clicks.p50", median(one.p50 for one in told.bursts), "ms", same)
    yield Figure(kind, "clicks.p99", median(one.p99 for one in told.bursts), "ms", same)
    rate = median(one.per_second for one in told.sustained)
    idle, raw = median(one.per_second for one in told.idle), median(told.raw_per_second)
    yield Figure(kind, "clicks.per_second", rate, "/s", f"{clicks.OPEN} clicks open at a time, {bots}")
    yield Figure(kind, "clicks.ratio", rate / idle, "×", f"the same rig with a handler that does nothing: {idle:.0f}/s")
    against = f"bare driver, the same statements, {commands.THREADS} threads: {raw:.0f}/s"
    yield Figure(kind, "clicks.ratio_raw", rate / raw, "×", against)


def of_calls(databases: Databases, runs: int) -> Iterator[Figure]:
    """calls.per_case."""
    with world(databases) as scene:
        scene.processes.start(scene.processes.bot, scene.processes.worker)
        lives = [one_life(scene, number) for number in range(runs)]
    against = f"meter of the sandbox, one unit, register to closed; every copy right after each act; median of {runs}"
    yield Figure(databases.kind, "calls.per_case", median(one.calls for one in lives), "calls", against, at_most=8)
    behind = max(one.behind_s for one in lives)
    against = "the longest any holder's copy was behind an act"
    yield Figure(databases.kind, "calls.behind_seconds", behind, "s", against, at_most=5)


def of_start(databases: Databases, runs: int) -> Iterator[Figure]:
    """start.seconds and memory.mb."""
    with world(databases) as scene:
        starts = [start(scene) for _ in range(runs + 1)][1:]
    against = f"web, bot and worker started together, until the last is ready; warm files; median of {runs}"
    kind = databases.kind
    yield Figure(kind, "start.seconds", median(one.all_s for one in starts), "s", against, at_most=5)
    memory = median(sum(one.megabytes.values()) for one in starts)
    yield Figure(kind, "memory.mb", memory, "MB", "resident memory of web, bot and worker once ready")


def of_handover(databases: Databases, runs: int) -> Iterator[Figure]:
    """joint.sms_handover: sixteen people told by card and SMS."""
    with world(databases) as scene:
        times = sorted(handovers(scene, 4 * runs))
    slowest = times[int(len(times) * 0.95) - 1] if len(times) > 1 else times[0]
    against = f"16 cards and 16 SMS, {PLATFORM_S:g} s an SMS at the platform; p95 of {len(times)}"
    yield Figure(databases.kind, "joint.sms_handover", slowest, "s", against, at_most=PROMISED_S)


def of_joints(databases: Databases, runs: int) -> Iterator[Figure]:
    """joint.ready_to_tap, joint.calls_per_order and joint.burst."""
    kind, people = databases.kind, joints.PEOPLE
    with world(databases) as scene:
        times = sorted(joints.ready_times(scene, 4 * runs))
    slowest = times[int(len(times) * 0.95) - 1] if len(times) > 1 else times[0]
    against = f"{people} cards and {people} SMS, {PLATFORM_S:g} s an SMS at the platform; p95 of {len(times)}"
    yield Figure(kind, "joint.ready_to_tap", slowest, "s", against, at_most=PROMISED_S)
    with world(databases) as scene:
        scene.processes.start(scene.processes.bot, scene.processes.worker)
        whole = joints.whole_order(scene)
    against = "; ".join(f"{count} {joints.FOR[api]}" for api, count in sorted(whole.calls.items()))
    yield Figure(kind, "joint.calls_per_order", whole.counted, "calls", against, at_most=120)
    yield Figure(kind, "joint.behind_seconds", whole.behind_s, "s", "the longest any copy was behind an act", at_most=5)
    with world(databases) as scene:
        scene.processes.start(scene.processes.bot, scene.processes.worker)
        told = joints.rush(scene)
    each = f"{joints.ORDERS} orders, {people // 2} units each, {told.clicks} clicks"
    yield Figure(kind, "joint.burst", told.share, "share", f"{each} answered within 2 s", at_least=1.0)
    yield Figure(kind, "joint.burst_slowest", told.slowest_ms, "ms", "the slowest click, from the common instant")
    against = "raised, answered, checked in, everybody's cards at hand between"
    yield Figure(kind, "joint.burst_seconds", told.seconds, "s", against, at_most=joints.WITHIN_S)
    yield Figure(kind, "joint.burst_lost", told.lost, "letters", "not left, not shown or not on the phone", at_most=0)
    yield Figure(kind, "joint.burst_doubled", told.doubled, "letters", "on a phone more than once", at_most=0)


def of_suggestions(databases: Databases, runs: int) -> Iterator[Figure]:
    """suggest.*: the same whatever the database, so measured once, with the first."""
    if databases.kind == KINDS[0]:
        yield from suggest.figures()


def of_memory(databases: Databases, runs: int) -> Iterator[Figure]:
    """joint.memory: the same whatever the database, so measured once, with the first."""
    if databases.kind == KINDS[0]:
        yield from memory.figures()


def of_imports(databases: Databases, runs: int) -> Iterator[Figure]:
    """import.*: a sheet read, checked and registered, against the bare reader of the same file."""
    told, kind = [one_sheet(databases) for _ in range(runs)], databases.kind
    against = f"the bare reader on the same {ROWS} rows; median of {runs}"
    yield Figure(kind, "import.ratio", median(one.ratio for one in told), "×", against)
    yield Figure(kind, "import.per_second", median(one.per_second for one in told), "rows/s", "read to registered")
    checked = median(ROWS / one.checked_s for one in told)
    yield Figure(
        kind, "import.checked_per_second", checked, "rows/s", "read in the child and checked, nothing kept yet"
    )


PARTS: dict[str, Part] = {
    "commands": of_commands,
    "clicks": of_clicks,
    "calls": of_calls,
    "start": of_start,
    "handover": of_handover,
    "joint": of_joints,
    "memory": of_memory,
    "screen": screens.figures,
}
DESK: dict[str, Part] = {
    "suggest": of_suggestions,
    "import": of_imports,
    "duplicates": of_duplicates,
    "hotspots": of_hotspots,
    "faces": faces.figures,
    "wechat": wechat.figures,
    "licence": licences.of_import,
    "pictures": pictures.figures,
    "codes": of_codes,
    "ocr": reading.figures,
    "feeds": feeds.figures,
}
"""Parts of the desk and the library; one run each with `--long`, or asked for by name."""
LONG: dict[str, Part] = {
    "screen-growth": screen_growth.growth,
    "screen-soak": screen_soak.soak,
    "lists": longer.grown,
    "feed-growth": feed_growth.figures,
    "lookups": lookups.figures,
}
"""Parts that take their time; one run each with `--long`, or asked for by name."""


def take(kinds: list[str], parts: list[str], runs: int, long: bool) -> None:
    """Measure, print each figure as it comes, keep them all."""
    began = time.monotonic()
    for kind in kinds:
        with opened(kind) as databases:
            for name in parts:
                for figure in {**PARTS, **DESK, **LONG}[name](databases, runs):
                    print(line(figure), flush=True)
                    keep([figure])
            extra = [part(databases, 1) for part in (*DESK.values(), *LONG.values())] if long else []
            for figure in chain(*extra, longer.figures(databases) if long else ()):
                print(line(figure), flush=True)
                keep([figure])
    print(f"{(time.monotonic() - began) / 60:.1f} min, kept in {FILE}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="各项指标的测量")
    parser.add_argument("--long", action="store_true", help="另加增长、久跑与大数据量")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=[*PARTS, *DESK, *LONG], action="append")
    parser.add_argument("--database", choices=KINDS, action="append")
    given = parser.parse_args()
    take(given.database or list(KINDS), given.only or list(PARTS), given.runs, given.long)


if __name__ == "__main__":
    main()
