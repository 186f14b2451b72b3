"""The product at work inside a test: a core, the bot on the real SDK and the worker, all aimed at a sandbox."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import or_, select

from bots.dingtalk.bot import Bot, build_bot
from bots.worker import Worker
from core import Core
from core.models.record import letters
from core.outbox import Claimed, Relay
from tests.clock import StillClock
from tests.sandbox.rig import Sandbox


class BotThread:
    """The bot with its event loop in a thread of its own."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._bot: Bot | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="bot", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it with its work done."""
        if self._loop is not None and self._bot is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._bot.stop)
            self._thread.join(60)
            assert not self._thread.is_alive(), "a bot left behind would answer in the name of every later test"

    async def _listen(self) -> None:
        self._loop, self._bot = asyncio.get_running_loop(), build_bot(self._core)
        await self._bot.run()


class Calm(Relay):
    """The worker's relay, which takes nothing in hand as long as somebody keeps it."""

    def __init__(self, relay: Relay) -> None:
        self.__dict__ |= relay.__dict__
        self._claiming, self._keepers = threading.Lock(), 0

    def claim(self, most: int) -> list[Claimed]:
        with self._claiming:
            return [] if self._keepers else super().claim(most)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Nothing is claimed meanwhile; what was in hand before goes on."""
        with self._claiming:
            self._keepers += 1
        try:
            yield
        finally:
            with self._claiming:
                self._keepers -= 1


class Live:
    """One running deployment: `core`, `clock` and `sandbox` are at hand; `settle` waits until everything has left."""

    def __init__(self, core: Core, clock: StillClock, sandbox: Sandbox) -> None:
        self.core, self.clock, self.sandbox = core, clock, sandbox
        self.bot, self.worker = BotThread(core), Worker(core)
        self._calm = Calm(self.worker._relay)
        self.worker._relay = self._calm

    def start(self) -> None:
        """Start bot and worker; returns once the stream is up."""
        self.bot.start()
        self.worker.start()
        self.sandbox.until(lambda: self.sandbox.get("connections"))

    def stop(self) -> None:
        try:
            self.bot.stop()
        finally:
            self.worker.stop()
        self.sandbox.until(lambda: not self.sandbox.get("connections"))

    def restart_bot(self) -> None:
        """The bot goes and comes back, as after a deployment."""
        self.bot.stop()
        self.sandbox.until(lambda: not self.sandbox.get("connections"))
        self.bot = BotThread(self.core)
        self.bot.start()
        self.sandbox.until(lambda: self.sandbox.get("connections"))

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """No letter is taken in hand: on a busy machine too a tap has its answer before others have their copies."""
        with self._calm.kept():
            yield

    def settle(self, seconds: float = 90.0) -> None:
        """Wait until no letter is due.

        Raises:
            AssertionError: some still were; the last ones are named.
        """
        try:
            self.sandbox.until(lambda: not self.waiting(), seconds)
        except AssertionError:
            raise AssertionError(f"still in the tray: {self.waiting()}") from None

    def waiting(self) -> Sequence[tuple[Any, ...]]:
        """Letters that should leave now: (id, channel, lane, tries, error)."""
        held = or_(letters.c.hold_until.is_(None), letters.c.hold_until <= self.clock.now())
        columns = (letters.c.id, letters.c.channel, letters.c.lane, letters.c.tries, letters.c.error)
        query = select(*columns).where(letters.c.state == "due", held).order_by(letters.c.id)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return [tuple(row) for row in tx.execute(query)]
