"""screen.*: four hundred phones and twenty walls asking again and again, the first paint of the home topic, growth."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
from playwright.sync_api import sync_playwright

from core import Core
from core.policy.feeds import read_datasets
from core.policy.topics import read_topics
from tests.bench.commands import core_on
from tests.bench.crowd import crowd
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.web import _signed_in
from tests.bench.world import MORNING, PRACTICE
from tests.chromium import CHROMIUM
from tests.databases import ROOT
from tests.reliability.processes import Processes
from tests.sandbox.feeds.source import Feeds as Sources
from tests.sandbox.rig import started

PHONES, WALLS = 400, 20
SECONDS, EVERY_S = 60, 10.0
PAINTS = 3
DRAWN = "() => document.documentElement.dataset.drawn && document.fonts.status === 'loaded'"


def figures(databases: Databases, runs: int) -> Iterator[Figure]:
    """screen.poll, screen.cpu and screen.first_paint over a district whose sources were heard."""
    kind = databases.kind
    with databases.fresh() as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        sids = prepared(url)
        with started(*PRACTICE, manifests=ROOT / "cards/manifests") as sandbox:
            sandbox.post("clock", set=MORNING)
            processes = Processes(url, sandbox, Path(name), WEB__SECURE_COOKIES="false")
            try:
                processes.start(processes.web)
                met, share = asked(processes.base, sids, processes.web.pid)
                paints = [painted(processes.base, sids[0]) for _ in range(min(runs, PAINTS))]
            finally:
                processes.stop()
    times = sorted(seconds for seconds, _ in met)
    known = sum(status == 304 for _, status in met) / len(met)
    errors = sum(status not in (200, 304) for _, status in met)
    told = f"p99; {PHONES} phones and {WALLS} walls every {EVERY_S:g} s with ETag, warm; {known:.0%} of {len(met)} 304"
    yield Figure(kind, "screen.poll", times[len(times) * 99 // 100] * 1000, "ms", told, at_most=200)
    yield Figure(kind, "screen.poll_errors", errors, "errors", f"of {len(met)} answers", at_most=0)
    yield Figure(kind, "screen.cpu", share, "share", "of one processor, the web process under that load")
    told = f"home topic in Chromium, cold, to all panels drawn; median of {len(paints)}"
    yield Figure(kind, "screen.first_paint", median(one for one, _ in paints), "s", told, at_most=1.5)
    told = "everything the page asked for, as it travelled"
    yield Figure(kind, "screen.first_bytes", median(size for _, size in paints) / 1e6, "MB", told, at_most=2.5)


def prepared(url: str) -> list[str]:
    """The district with its people signed in, and half a day of every source."""
    with core_on(url) as core:
        from core.seeding import town

        town(core)
        sids = _signed_in(core, crowd(core, PHONES))
        heard(core, timedelta(hours=12))
        core.measures.fold()
        return sids


def heard(core: Core, back: timedelta) -> int:
    """Every declared dataset delivered once by its stand-in; returns how many rows came."""
    sources, rows = Sources(core.clock), 0
    for name, dataset in read_datasets().items():
        at = (core.clock.now() - back).isoformat()
        for part in range(1000):
            answer = sources.answer(name, at, "5000")
            if answer is None:
                break
            if answer["rows"]:
                body = {"delivery": f"bench-{part}", "at": answer["at"], "rows": answer["rows"]}
                rows += core.feeds.push(dataset, body, "bench", 0, True).rows
            at = answer["next"]
            if not answer["more"]:
                break
    return rows


def asked(base: str, sids: Sequence[str], pid: int) -> tuple[list[tuple[float, int]], float]:
    """What the crowd met (seconds, status), and the processor's share the web process took meanwhile."""
    whole = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    before = sum(sum(one.cpu_times()[:2]) for one in whole)
    plan = {"base": base, "sids": list(sids), "seconds": SECONDS, "every": EVERY_S, "topics": list(read_topics())}
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.screens"], input=json.dumps(plan), capture_output=True, text=True,
        check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    after = sum(sum(one.cpu_times()[:2]) for one in whole)
    return [(seconds, status) for seconds, status in json.loads(told)], (after - before) / SECONDS


async def watch(web: aiohttp.ClientSession, plan: Mapping[str, Any], number: int, met: list[tuple[float, int]]) -> None:
    """One phone or wall that keeps asking for its topic with the print it has."""
    dice, sid = random.Random(number), plan["sids"][number % len(plan["sids"])]
    topic = "home" if dice.random() < 0.4 else dice.choice(plan["topics"])
    headers = dict[str, str]()
    await asyncio.sleep(dice.random() * plan["every"])
    until = time.monotonic() + plan["seconds"]
    while time.monotonic() < until:
        began, status = time.perf_counter(), 0
        try:
            path = f"{plan['base']}/screen/{topic}.json"
            async with web.get(path, headers=headers, cookies={"sid": sid}, allow_redirects=False) as answer:
                await answer.read()
                status = answer.status
                headers = {"If-None-Match": answer.headers.get("ETag", "")}
        except (aiohttp.ClientError, TimeoutError):
            headers = {}
        met.append((time.perf_counter() - began, status))
        await asyncio.sleep(plan["every"] * dice.uniform(0.8, 1.2))


async def everybody(plan: Mapping[str, Any]) -> list[tuple[float, int]]:
    met: list[tuple[float, int]] = []
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(30)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as web:
        for topic in plan["topics"]:  # a process that has just started makes each picture once
            await web.get(f"{plan['base']}/screen/{topic}.json", cookies={"sid": plan["sids"][0]})
        await asyncio.gather(*(watch(web, plan, number, met) for number in range(PHONES + WALLS)))
    return met


def painted(base: str, sid: str) -> tuple[float, int]:
    """Seconds from the address to all panels drawn in a browser that has seen nothing, and the bytes that travelled."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        context.add_cookies([{"name": "sid", "value": sid, "url": base}])
        page, sizes = context.new_page(), list[float]()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
        began = time.perf_counter()
        page.goto(f"{base}/wall/home", wait_until="commit")
        page.wait_for_function(DRAWN, timeout=30_000)
        seconds = time.perf_counter() - began
        browser.close()
    return seconds, int(sum(sizes))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(everybody(json.load(sys.stdin)))))
