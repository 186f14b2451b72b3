"""start.seconds and memory.mb: from nothing to ready, and what the three processes hold then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.world import World


@dataclass(frozen=True, slots=True)
class Start:
    """One start of everything: seconds until each was ready and until all were; resident megabytes of each."""

    seconds: Mapping[str, float]
    all_s: float
    megabytes: Mapping[str, float]


def start(scene: World) -> Start:
    """Start web, bot and worker together in a warm environment, then stop them."""
    processes = scene.processes
    began, seconds = time.perf_counter(), dict[str, float]()
    for one in processes.all:
        one.start()
    while len(seconds) < len(processes.all) and time.perf_counter() - began < 60:
        for one in processes.all:
            if one.name not in seconds and one.is_ready:
                seconds[one.name] = time.perf_counter() - began
        time.sleep(0.01)
    megabytes = {one.name: one.megabytes() for one in processes.all}
    for one in processes.all:
        one.stop()
    return Start(seconds, max(seconds.values()), megabytes)
