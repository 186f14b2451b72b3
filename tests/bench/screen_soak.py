"""screen.soak: half an hour on the wall at ten times the pace, data moving all the time, the line cut every minute."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import CDPSession, Page, Route, sync_playwright

from core import Core
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.screens import DRAWN, prepared
from tests.bench.world import MORNING, PRACTICE
from tests.chromium import CHROMIUM
from tests.databases import ROOT
from tests.reliability.processes import Processes
from tests.sandbox.rig import started

SECONDS, TIMES = 1800, 10
CUT_EVERY_S, CUT_S = 60, 5
WARM_S = 600
"""Before the half hour begins. V8 counts the machine code it makes of what runs often as heap: two thirds of what grows
in the first ten minutes is that, and next to nothing of it objects of the page.
"""
HEALED = "() => document.getElementById('trouble').hidden"
POLL = re.compile(r'"poll": (\d+)')


def soak(databases: Databases, _runs: int = 1, seconds: int = SECONDS, warm: int = WARM_S) -> Iterator[Figure]:
    """How much the page's heap grows, and how many of the cuts it came back from by itself."""
    with databases.fresh() as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        sid = prepared(url)[0]
        with started(*PRACTICE, manifests=ROOT / "cards/manifests") as sandbox, core_on(url) as core:
            sandbox.post("clock", set=MORNING)
            processes, over = Processes(url, sandbox, Path(name), WEB__SECURE_COOKIES="false"), threading.Event()
            mover = threading.Thread(target=_move, args=(core, over), daemon=True)
            try:
                processes.start(processes.web)
                mover.start()
                heap, cuts, healed = _watched(processes.base, sid, seconds, warm)
            finally:
                over.set()
                mover.join(10)
                processes.stop()
    told = f"{seconds // 60} min at {TIMES}× the pace, data moving every second: {heap[0]:.2f} to {heap[1]:.2f} MB"
    told += f", after {warm // 60} min to warm up"
    yield Figure(databases.kind, "screen.soak", heap[1] / heap[0] - 1, "share", told, at_most=0.1)
    yield Figure(databases.kind, "screen.healed", healed / max(cuts, 1), "share", f"of {cuts} cuts", at_least=1.0)


def _move(core: Core, over: threading.Event) -> None:
    """Something new for the home topic every second."""
    dataset, number = core.feeds.dataset("home", "duty"), 0
    while not over.wait(1.0):
        number += 1
        at = (core.clock.now() + timedelta(seconds=number)).isoformat()
        row = {"at": at, "centre": "信息中心", "on_duty": number % 40, "vehicles": 1, "matters": number % 9}
        core.feeds.push(dataset, {"delivery": f"soak-{number}", "rows": [{**row, "state": "平稳"}]}, "soak")


def _watched(base: str, sid: str, seconds: int, warm: int) -> tuple[tuple[float, float], int, int]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        context.add_cookies([{"name": "sid", "value": sid, "url": base}])
        page = context.new_page()
        page.route("**/wall/home", _quicker)
        page.goto(f"{base}/wall/home")
        page.wait_for_function(DRAWN, timeout=30_000)
        page.wait_for_timeout(warm * 1000)
        wire, began = context.new_cdp_session(page), time.monotonic()
        first, cuts, healed = _heap(page, wire), 0, 0
        while time.monotonic() - began < seconds:
            context.set_offline(True)
            page.wait_for_timeout(CUT_S * 1000)
            context.set_offline(False)
            cuts += 1
            healed += _heals(page)
            page.wait_for_timeout((CUT_EVERY_S - CUT_S) * 1000)
        last = _heap(page, wire)
        browser.close()
    return (first, last), cuts, healed


def _quicker(route: Route) -> None:
    answer = route.fetch()
    body = POLL.sub(lambda found: f'"poll": {int(found[1]) // TIMES}', answer.text())
    route.fulfill(response=answer, body=body)


def _heals(page: Page) -> bool:
    try:
        page.wait_for_function(HEALED, timeout=40_000)
    except Exception:
        return False
    return True


def _heap(page: Page, wire: CDPSession) -> float:
    """What the page holds after a thorough collection, in MB."""
    wire.send("HeapProfiler.collectGarbage")
    used: dict[str, float] = wire.send("Runtime.getHeapUsage")
    return used["usedSize"] / 1e6
