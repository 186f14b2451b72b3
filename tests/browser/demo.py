"""The practice ground of `make run` for a test: started in a folder, seen in Chromium, used by many hands."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.chromium import CHROMIUM
from tests.databases import ROOT
from tests.sandbox.rig import free_port

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "practice-2026"
READY = "已就绪。"
STEP_S = 0.1

ROBOT = ".chat-row:not([data-sms]):not(:has(.avatar.group))"
"""The robot's chat among a phone's chats: not its text messages, and not a group."""


def clone(target: Path) -> None:
    """What a clone of this tree would hold: the last commit, or with uncommitted work whatever is not ignored."""
    told = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    if not told.stdout.strip():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    else:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")  # the same lock file, so the same environment


class Demo:
    """`make run` in one folder, on ports nobody uses; `web` is the console's address, `phones` the page with them."""

    def __init__(self, folder: Path, web: str = "", phones: str = "") -> None:
        self.folder, self.log = folder, folder / "run.log"
        self.web = web or f"http://127.0.0.1:{free_port()}"
        self.phones = phones or f"http://127.0.0.1:{free_port()}/sandbox/"

    @contextmanager
    def running(self, patience_s: float = 300.0) -> Iterator[float]:
        """The stack for the length of a with-block; yields the seconds until it said that it is ready."""
        began = time.monotonic()
        with self.log.open("w") as log:
            process = self._start(log)
            try:
                while READY not in self.log.read_text():
                    gone = process.poll() is not None or time.monotonic() - began > patience_s
                    assert not gone, self.log.read_text()[-4000:]
                    time.sleep(STEP_S)
                yield time.monotonic() - began
            finally:
                _stop(process)

    def _start(self, log: IO[str]) -> subprocess.Popen[bytes]:
        ports = (f"APP_WEB__PORT={urlsplit(self.web).port}", f"SANDBOX_PORT={urlsplit(self.phones).port}")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("APP_", "MAKE"))}
        return subprocess.Popen(
            ["make", "run", *ports], cwd=self.folder, env=kept, stdout=log, stderr=log, start_new_session=True
        )

    def settle(self, seconds: float = 180.0) -> None:
        """Wait until every letter that could leave has left."""
        ends = time.monotonic() + seconds
        with closing(sqlite3.connect(f"file:{self.folder / 'var/xiuying.db'}?mode=ro", uri=True)) as tx:
            while tx.execute("SELECT count(*) FROM letters WHERE state = 'due'").fetchone()[0]:
                assert time.monotonic() < ends, "letters are still waiting to leave"
                time.sleep(STEP_S)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, as one stops it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    process.wait(90)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def watched(context: BrowserContext, demo: Demo) -> list[str]:
    """What the pages of this context complain about, and whatever they ask of a third party; filled as it happens."""
    ours = (demo.web, demo.phones.removesuffix("/sandbox/"), "data:", "blob:")
    found: list[str] = []
    context.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("request", lambda sent: None if sent.url.startswith(ours) else found.append(sent.url))
    return found


class Hand:
    """One person's phone on the page, and what they do with it."""

    def __init__(self, page: Page, user: str) -> None:
        self.phone = page.locator(f'.phone[data-user="{user}"]')

    def open_chat(self) -> None:
        """From the list of chats into the robot's."""
        expect(self.phone.locator(f"{ROBOT}, .screen .empty .act, .words").first).to_be_visible()
        if self.phone.locator(".words").count():
            return
        self.phone.locator(f"{ROBOT}, .screen .empty .act").first.click()
        expect(self.phone.locator(".words")).to_be_visible()

    def say(self, words: str, title: str) -> Locator:
        """Write to the robot; the card of this title that answers, whatever else arrives meanwhile."""
        self.open_chat()
        mine = self.phone.locator(".talk > .line:has(.mine .bubble)")
        before = mine.last.get_attribute("data-message") if mine.count() else None
        self.phone.locator(".words").fill(words)
        self.phone.locator(".words").press("Enter")
        if before:  # a chat shows its last lines alone, so their number says nothing
            expect(mine.last).not_to_have_attribute("data-message", before)
        expect(mine.last.locator(".bubble")).to_have_text(words)
        said = mine.last.get_attribute("data-message")
        later = self.phone.locator(f'.talk > .line[data-message="{said}"] ~ .line')
        answer = later.locator(".card").filter(has=_heading(self.phone, title)).first
        expect(answer).to_be_visible()
        return answer

    def card(self, title: str) -> Locator:
        """The latest card with this title."""
        return self.phone.locator(".card").filter(has=_heading(self.phone, title)).last

    def state(self, title: str, state: str) -> Locator:
        """That card, once it says so."""
        card = self.card(title)
        expect(card.locator(".card-head .tag")).to_have_text(state, timeout=60_000)
        return card

    def press(self, card: Locator, button: str) -> None:
        """One tap on a card's button, behind 「更多」 if it is there."""
        wanted = card.get_by_role("button", name=button, exact=True)
        if not wanted.is_visible():
            card.locator(".card-more summary").click()
        wanted.click()

    def fill(self, **fields: str) -> None:
        """Fill the form that rose from below and hand it in; choices are named by their words."""
        form = self.phone.locator(".form")
        for name, words in fields.items():
            box = form.locator(f'[data-field="{name}"]').locator("select, textarea, input")
            if box.evaluate("one => one.tagName") == "SELECT":
                box.select_option(label=words)
            else:
                box.fill(words)
        form.get_by_role("button", name="提交").click()
        expect(form).to_have_count(0)


def _heading(phone: Locator, title: str) -> Locator:
    return phone.page.locator("h3", has_text=re.compile(f"^{re.escape(title)}$"))


def sign_in(page: Page, demo: Demo, login: str) -> None:
    """The console's door, up to a confirming number; returns once the door has answered."""
    page.goto(f"{demo.web}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#number, .me").first).to_be_attached()  # a press waits for no page
