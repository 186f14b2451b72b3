"""A bench for the DingTalk voice: the sandbox in its own process, the bot in a thread, the relay in the test's hand."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.bot import Bot, build_bot
from bots.dingtalk.sender import senders
from core import Command, Core, Done
from core.outbox import Relay
from core.people import HOTLINE
from core.ports import Envelope, Ticket
from tests.clock import StillClock
from tests.databases import ROOT, SQLite
from tests.town import a_core, settled

Json = dict[str, Any]
STOPS_S = 60.0
"""A bot left behind would answer in the name of every later test, so a busy machine is waited for."""

DISPATCHER, COLLEAGUE, CLERK = "xy011", "xy012", "xy023"
"""Two of the centre's dispatchers, and the clerk of the water bureau."""


class Sandbox:
    """The practice platform, and what a test does there as people."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=f"{self.address}/sandbox", timeout=90, trust_env=False)

    def post(self, path: str, **body: Any) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(path, params=query).json()

    def fault(self, **faults: Any) -> None:
        self.post("faults", **faults)

    def say(self, user: str, text: str, **more: Any) -> Json:
        found: Json = self.post("say", userId=user, text=text, **more)
        return found

    def click(self, user: str, track: str, action: str, **more: Any) -> Json:
        found: Json = self.post("click", userId=user, outTrackId=track, action=action, **more)
        return found

    def said_to(self, user: str) -> list[str]:
        """The texts the robot wrote to this person, oldest first."""
        lines = [line["content"] for line in self._messages(user) if line["kind"] in ("text", "markdown")]
        return [str(line.get("text") or line.get("content")) for line in lines]

    def cards_of(self, user: str) -> list[str]:
        """The cards shown to this person, oldest first."""
        return [line["content"]["outTrackId"] for line in self._messages(user) if line["kind"] == "card"]

    def face(self, user: str, track: str) -> dict[str, str]:
        """The values of a card as this person sees them now."""
        found: dict[str, str] = self.get(f"cards/{track}", userId=user)["variables"]
        return found

    def calls(self) -> dict[str, int]:
        found: dict[str, int] = self.get("meter")["api"]
        return found

    def warnings(self) -> list[str]:
        return [f"{one['kind']}: {one}" for one in self.get("warnings")]

    def _messages(self, user: str) -> list[Json]:
        chats = self.get(f"phone/{user}")["chats"]
        return [line for chat in chats for line in chat["messages"] if line["from"] == "robot"]


class Running:
    """A bot on a loop of its own, in a thread."""

    def __init__(self, core: Core, **patience: float) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, args=(core, patience), daemon=True)
        self.ready = threading.Event()
        self.bot: Bot
        self.thread.start()
        assert self.ready.wait(STOPS_S)
        until(self.is_connected, "the bot connects")

    def _run(self, core: Core, patience: Json) -> None:
        asyncio.set_event_loop(self.loop)
        self.bot = build_bot(core, **patience)
        self.ready.set()
        self.loop.run_until_complete(self.bot.run())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def is_connected(self) -> bool:
        return self.bot.connected.is_set()

    def stop(self) -> float:
        """Seconds it took to end."""
        began = time.monotonic()
        self.loop.call_soon_threadsafe(self.bot.stop)
        self.thread.join(STOPS_S)
        assert not self.thread.is_alive()
        return time.monotonic() - began


class Nowhere:
    """Takes the letters of a channel that is not the subject here."""

    def send(self, letter: Envelope) -> None:
        """Done with it."""


class Rig:
    """Sandbox, core, bot and relay together."""

    def __init__(self, sandbox: Sandbox, core: Core, clock: StillClock) -> None:
        self.sandbox, self.core, self.clock = sandbox, core, clock
        self.api = DingTalkApi(core.settings.dingtalk, core.count_call)
        self.senders = senders(core, self.api)
        self.relay = Relay(core.engine, clock, {**self.senders, "hotline": Nowhere(), "sms": Nowhere()})
        self.bots: list[Running] = []

    def listen(self, **patience: float) -> Running:
        self.bots.append(Running(self.core, **patience))
        return self.bots[-1]

    def deliver(self) -> None:
        """Send every letter that is due."""
        while self.relay.run_once():
            pass

    def track(self) -> str:
        """The only shared case card there is."""
        (card,) = [one for one in self.sandbox.get("cards") if one["outTrackId"].count(":") == 1]
        return str(card["outTrackId"])

    def sent_out(self) -> tuple[str, str, str]:
        """A case at the water bureau, every letter sent: its number, its card, the bureau's clerk."""
        done = self.case()
        dispatcher = self.core.actor_for("dingtalk", DISPATCHER)
        self.core.execute(Command(f"web:{done.no}", done.case, "dispatch", dispatcher, {"lead": "water"}))
        self.deliver()
        return done.no, self.track(), CLERK

    def events(self, case: int = 1) -> list[str]:
        """What happened to a case, by name, oldest first."""
        view = self.core.case_view(self.core.actor_for("dingtalk", DISPATCHER), case)
        return [line.name for line in sorted(view.timeline, key=lambda line: line.id)]

    def case(self, no: str = "HK-2026-1", title: str = "港口路积水") -> Done:
        ticket = Ticket(
            no, 1, "RX", "help", title, "港口路与海港路口积水约二十厘米。", "港口路", caller_phone="13800138000"
        )
        return self.core.register(f"hotline:{no}:1", ticket, HOTLINE, "feed")

    def close(self) -> None:
        for running in self.bots:
            if running.thread.is_alive():
                running.stop()
        self.api.close()
        self.core.engine.dispose()


@contextmanager
def sandbox_process() -> Iterator[Sandbox]:
    """The sandbox on a free port, in its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.sandbox", "--port", str(port), "--app", "ding-practice:practice"]
    process = subprocess.Popen([*command, "--corp-id", "ding-practice-corp"], cwd=ROOT, stdout=subprocess.DEVNULL)
    sandbox = Sandbox(port)
    try:
        until(lambda: _answers(sandbox), "the sandbox answers")
        yield sandbox
    finally:
        process.terminate()
        process.wait(10)
        sandbox.http.close()


@contextmanager
def a_rig(sandbox: Sandbox, folder: Path) -> Iterator[Rig]:
    """A core on a fresh database beside an emptied sandbox in which everybody has a phone."""
    clock = StillClock()
    core = a_core(SQLite().prepared(settled, folder), clock, sandbox.address)
    sandbox.post("reset")
    holders = core.directory().holders.values()
    people = {one.dingtalk: one.name for one in holders if one.dingtalk}
    sandbox.post(
        "people", people=[{"userId": user, "unionId": f"u-{user}", "name": name} for user, name in people.items()]
    )
    rig = Rig(sandbox, core, clock)
    try:
        yield rig
    finally:
        rig.close()


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)


def _answers(sandbox: Sandbox) -> bool:
    try:
        return sandbox.http.get("meter").status_code == 200
    except httpx.HTTPError:
        return False
