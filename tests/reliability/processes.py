"""The product as it runs in service: web, bot and worker as processes, aimed at one sandbox and one database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import psutil

from tests.clock import StillClock
from tests.databases import ROOT
from tests.sandbox.rig import Sandbox, free_port

MODULES = {"web": "webapp", "bot": "bots.dingtalk", "worker": "bots.worker"}
READY_S = 180.0


class NotReady(Exception):
    """A process ended, or took too long, before it was ready; the end of its log is in the message."""


class Process:
    """One process of the product, started, killed and started again."""

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], log: Path, ready: Callable[[Process], bool]
    ) -> None:
        self.name, self.module, self.log = name, module, log
        self._environment, self._ready = dict(environment), ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id. It must have been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it runs and answers."""
        return self.is_running and self._ready(self)

    def start(self) -> None:
        """Start it; `wait` tells when it is ready."""
        command = [sys.executable, "-m", self.module]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def wait(self, seconds: float = READY_S) -> float:
        """Seconds until it was ready. Raises NotReady."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            if not self.is_running:
                break
            if self.is_ready:
                return time.perf_counter() - began
            time.sleep(0.02)
        raise NotReady(f"{self.name} is not ready: {self.text()[-2000:]}")

    def text(self) -> str:
        """What it has printed since its last start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL to it and every process it started: no line of it runs any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """An orderly stop."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)

    def megabytes(self) -> float:
        """Resident memory of it and its children, in MB; pages shared between them count once each."""
        mine = psutil.Process(self.pid)
        return float(sum(one.memory_info().rss for one in (mine, *mine.children(recursive=True)))) / 1e6


class Processes:
    """Web, bot and worker over one database and sandbox; their logs lie in `folder`."""

    def __init__(self, url: str, sandbox: Sandbox, folder: Path, **settings: str) -> None:
        self.sandbox, self.port, self._folder = sandbox, free_port(), folder
        self.base = f"http://127.0.0.1:{self.port}"
        self._environment = environment(url, sandbox, self.port, settings)
        self._http = httpx.Client(base_url=self.base, timeout=30, trust_env=False)
        self._others: list[Process] = []
        self.web, self.bot, self.worker = (self._process(name, module) for name, module in MODULES.items())

    def _process(self, name: str, module: str, number: int = 0, **settings: str) -> Process:
        ready = {"web": self._web_answers, "bot": self._bot_is_connected, "worker": self._worker_said_so}
        own = {**self._environment, **{f"APP_{key}": value for key, value in settings.items()}}
        return Process(name, module, own, self._folder / f"{name}{number or ''}.log", ready[name])

    def another(self, name: str, module: str, **settings: str) -> Process:
        """One more process like `name`, perhaps of another module or with other settings; stopped with the rest."""
        self._others.append(self._process(name, module, len(self._others) + 1, **settings))
        return self._others[-1]

    @property
    def all(self) -> tuple[Process, Process, Process]:
        return self.web, self.bot, self.worker

    def start(self, *processes: Process) -> None:
        """Start these (or all) and wait until each is ready."""
        for one in processes or self.all:
            one.start()
        for one in processes or self.all:
            one.wait()

    def stop(self) -> None:
        """An orderly stop of whatever runs."""
        for one in (*self.all, *self._others):
            if one.is_running:
                one.stop()
        self._http.close()

    def _web_answers(self, _process: Process) -> bool:
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def _bot_is_connected(self, process: Process) -> bool:
        return "connected to DingTalk" in process.text() and bool(self.sandbox.get("connections"))

    def _worker_said_so(self, process: Process) -> bool:
        return "worker ready" in process.text()


def stop_the_clock(sandbox: Sandbox, clock: StillClock) -> None:
    """Let business time stand still in the processes too, at the moment of the test's own clock."""
    sandbox.post("clock", stop=True)
    sandbox.post("clock", set=clock.now().isoformat())


def environment(url: str, sandbox: Sandbox, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of one deployment in the sandbox; `settings` are APP_ names without the prefix."""
    ours = {
        "CONFIG": str(ROOT / "config.yaml"), "DATABASE__URL": url, "DINGTALK__API": sandbox.base,
        "DINGTALK__OAPI": sandbox.base, "HOTLINE__ADDRESS": f"{sandbox.base}/hotline",
        "SMS__ENDPOINT": sandbox.base.removeprefix("http://"), "FEEDS__SOURCES": '{"*": {"address": ""}}',
        "SERVICE_PLATFORM__ADDRESS": f"{sandbox.base}/service-platform",
        "HAIZHENGTONG__AUTHORIZE": "", "CLOCK__ADDRESS": f"{sandbox.base}/sandbox/clock", "WEB__PORT": str(port),
        "WEB__PUBLIC_ADDRESS": f"http://127.0.0.1:{port}", **settings,
    }  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    loopback = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}
    return {**inherited, **loopback, **{f"APP_{name}": value for name, value in ours.items()}}
