"""A district whose screens are on: cases of our own, rows pushed by other systems, one server and one browser."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from core import Core
from core.figures import HANDLED, REGISTERED, Ask, Pick
from core.machines import Machines
from core.policy.feeds import Dataset, Fold, read_datasets
from core.policy.measures import read_measures
from core.policy.records import read_records
from core.policy.topics import Own
from core.seeding import PASSWORD
from core.seeding.cases import seed_cases
from tests.browser.test_console import ARGUMENTS
from tests.chromium import CHROMIUM
from tests.clock import SHANGHAI, StillClock
from tests.databases import SQLite
from tests.sandbox.feeds.source import Feeds as Sources
from tests.town import a_core, settled
from webapp import create_app

NOW = datetime(2026, 3, 9, 14, 40, tzinfo=SHANGHAI)
HAND, WALL, FOUR_K, THREE = (390, 844), (1920, 1080), (3840, 2160), (5760, 1080)
DESK, LEADER, ADMIN = "p011", "p001", "p017"
Row = Mapping[str, Any]


class Room:
    """The core, its address, and every row that came through a feed, as its source sent it."""

    def __init__(self, core: Core, clock: StillClock, address: str) -> None:
        self.core, self.clock, self.address = core, clock, address
        self.rows: dict[str, list[Row]] = {}
        self.sent: dict[str, int] = {}

    def deliver(self) -> None:
        """Every declared dataset is pushed once through the door other systems use, in the words of its stand-in."""
        machines, app = Machines(self.core.engine, self.core.vault), create_app(self.core)
        secret = machines.add_client("sources", "各业务系统")
        machines.allow_feeds("sources", ["*"])
        headers = {"Authorization": f"Bearer {machines.grant('sources', secret).token}"}
        sources, client = Sources(self.clock), app.test_client()
        for name, dataset in read_datasets().items():
            rows = _sent(sources, name, NOW - _reach(dataset))
            self.sent[name] = len(rows)
            for part in range(0, len(rows), 4000):
                path = f"/api/v1/feeds/{dataset.topic}/{dataset.name}"
                body = {"delivery": f"first-{part}", "at": NOW.isoformat(), "rows": rows[part : part + 4000]}
                answer = client.post(path, data=json.dumps(body, ensure_ascii=False).encode(), headers=headers)
                assert answer.status_code == 200, (name, answer.get_json())
                assert answer.get_json()["refused"] == 0, (name, answer.get_json()["faults"][:3])
            self.rows[name] = list({tuple(row.get(one) for one in dataset.key): row for row in rows}.values())

    def counted(self, own: Own) -> float | None:
        """A number of our own as the console counts it; None for one the console has no page for."""
        of_feeds = {
            "interfaces": len(self.sent), "interfaces_live": sum(map(bool, self.sent.values())),
            "interface_rows": sum(self.sent.values()),
        }  # fmt: skip
        if own.measure in of_feeds:
            return float(of_feeds[own.measure])
        names = read_records().at.get(own.measure, {})
        measure = read_measures().measures.get(names.get("whole", own.measure))
        days = {"today": 1, "7d": 7, "30d": 30, "now": 731}.get(own.over)
        if measure is None or days is None or own.where:
            return None
        today = NOW.date()
        ask = Ask(today - timedelta(days=days - 1), today, HANDLED if HANDLED in measure.kinds else REGISTERED)
        desk = self.core.actor_for("dingtalk", f"xy{DESK[1:]}")
        of, per = (self.core.measures.total(desk, ask, Pick(one)) if one else 0 for one in (measure.of, measure.per))
        if measure.shows == "count":
            return float(of)
        if measure.shows != "rate" or per < read_measures().minimum:
            return None
        return round(of / per * 100, 1)


def _reach(dataset: Dataset) -> timedelta:
    """How far back a source is heard: enough for its panels, little enough for a test."""
    if dataset.every < 86400:
        return timedelta(hours=3 if dataset.every < 1800 else 27)
    return timedelta(days=45 if dataset.every < 7 * 86400 else 400)


def _sent(sources: Sources, name: str, since: datetime) -> list[Row]:
    rows: list[Row] = []
    at = since.isoformat()
    while True:
        answer = sources.answer(name, at, "10000")
        assert answer is not None
        rows += answer["rows"]
        at = answer["next"]
        if not answer["more"]:
            return rows


def plain(dataset: Dataset, rows: Sequence[Row], fold: Fold, now: datetime) -> float | None:
    """A fold once more, the simple way: from the rows as they were sent."""
    kept = _within(dataset, rows, fold.over, now)
    wanted = {name: told if isinstance(told, (list, tuple)) else [told] for name, told in fold.where.items()}
    fits = [row for row in kept if all(str(row.get(name)) in map(str, told) for name, told in wanted.items())]
    values = [row[fold.column] for row in fits if fold.column and row.get(fold.column) is not None]
    match fold.how:
        case "count":
            return float(len(fits))
        case "distinct":
            return float(len(set(values)))
        case "share":
            whole = sum(row.get(fold.per) or 0 for row in fits) if fold.per else len(kept)
            part = sum(values) if fold.per else len(fits)
            return part / whole * 100 if whole else None
        case "last":
            newest = max(fits, key=lambda row: moment(row[dataset.time]), default=None)
            return None if newest is None else float(newest[fold.column])
    if not values:
        return 0.0 if fold.how == "sum" else None
    return float({"sum": sum, "max": max, "min": min, "mean": fmean}[fold.how](values))  # type: ignore[operator]


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told).astimezone(SHANGHAI)


def _within(dataset: Dataset, rows: Sequence[Row], over: str, now: datetime) -> list[Row]:
    today, hour = now.date(), now.replace(minute=0, second=0, microsecond=0)
    if over == "now":
        series = [one for one in dataset.key if one != dataset.time]
        if len(series) == len(dataset.key):
            return list(rows)
        newest: dict[tuple[Any, ...], Row] = {}
        for row in sorted(rows, key=lambda one: moment(one[dataset.time])):
            newest[tuple(row.get(one) for one in series)] = row
        return list(newest.values())
    opens: dict[str, date] = {
        "today": today, "7d": today - timedelta(days=6), "30d": today - timedelta(days=29),
        "1y": today - timedelta(days=364),
        "month": today.replace(day=1), "year": today.replace(month=1, day=1),
    }  # fmt: skip
    if over == "24h":
        return [row for row in rows if hour - timedelta(hours=23) <= moment(row[dataset.time])]
    return [row for row in rows if opens[over] <= moment(row[dataset.time]).date() <= today]


@contextmanager
def a_room(folder: Path) -> Iterator[Room]:
    """The district at twenty to three on a Monday, its sources heard and its figures folded."""
    clock = StillClock(NOW)
    core = a_core(SQLite().prepared(settled, folder), clock)
    seed_cases(core, 90, 30, seed=7)
    core.measures.fold()
    server = make_server("127.0.0.1", 0, create_app(core), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    room = Room(core, clock, f"http://127.0.0.1:{server.server_port}")
    room.deliver()
    try:
        yield room
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        core.engine.dispose()


Complain = Callable[[str], None]


class Eyes:
    """Pages of every size over one browser; what a page complains of is kept for its test."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.complaints: list[str] = []
        self._held: dict[tuple[tuple[int, int], str], BrowserContext] = {}
        self._state: dict[str, Any] = {}

    def open(self, size: tuple[int, int], login: str = DESK, *, fresh: bool = False) -> Page:
        """A page of that size with that person signed in, once for all tests; `fresh`: nobody, nothing kept."""
        key = (size, "" if fresh else login)
        if fresh or key not in self._held:
            hand = size[0] < 720
            state = None if fresh else self._signed_in(login)
            context = self.browser.new_context(
                base_url=self.address, viewport={"width": size[0], "height": size[1]}, is_mobile=hand, has_touch=hand,
                locale="zh-CN", storage_state=state,
            )  # fmt: skip
            self._held[key] = context
        return self._watched(self._held[key].new_page())

    def _signed_in(self, login: str) -> Any:
        if login not in self._state:
            context = self.browser.new_context(base_url=self.address)
            page = context.new_page()
            page.goto("/sign-in")
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
            self._state[login] = context.storage_state()
            context.close()
        return self._state[login]

    def _watched(self, page: Page) -> Page:
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request",
            lambda sent: None if sent.url.startswith((self.address, "data:")) else self.complaints.append(sent.url),
        )
        return page

    def close(self) -> None:
        for context in self._held.values():
            context.close()


@contextmanager
def looking_at(address: str) -> Iterator[Eyes]:
    """A browser of its own over the pages of an address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        eyes = Eyes(browser, address)
        yield eyes
        eyes.close()
        browser.close()


def figures(page: Page) -> dict[str, list[float | None]]:
    """Metric → the numbers shown of it, as tiles and as the one number of the day."""
    read = """() => [...document.querySelectorAll('[data-metric] .figure-value')]
        .map(e => [e.closest('[data-metric]').dataset.metric, e.dataset.value])"""
    found: dict[str, list[float | None]] = defaultdict(list)
    for name, value in page.evaluate(read):
        found[name].append(float(value) if value else None)
    return found
