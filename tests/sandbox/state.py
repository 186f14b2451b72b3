"""Keeps phones in step with a product's database over a restart: cards, chats and clock in one JSON file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from datetime import timedelta
from pathlib import Path

from .world import World

QUIET_S = 0.5
REST_PER_WORK = 20


class StateFile:
    """Writes the stores some time after they change, whole or not at all."""

    def __init__(self, world: World, file: Path) -> None:
        self._world, self._file = world, file
        self._dirty = asyncio.Event()
        world.ledger.on_change = self._dirty.set

    def load(self) -> None:
        """Read the file, if there is one."""
        if not self._file.exists():
            return
        raw = json.loads(self._file.read_text(encoding="utf-8"))
        world = self._world
        world.directory.load(raw["people"])
        world.cards.load(raw["cards"])
        world.chats.load(raw["chats"])
        world.hotline.tickets, world.hotline.results = raw["tickets"], raw["results"]
        world.sms.load(raw.get("sms", []))
        world.clock.offset = timedelta(seconds=raw["clock_offset_s"])

    def save(self) -> None:
        """Write everything now; a crash in between leaves the old file."""
        world = self._world
        raw = {
            "people": world.directory.dump(), "cards": world.cards.dump(), "chats": world.chats.dump(),
            "tickets": world.hotline.tickets, "results": world.hotline.results,
            "sms": world.sms.dump(), "clock_offset_s": world.clock.offset.total_seconds(),
        }  # fmt: skip
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")
        os.replace(fresh, self._file)

    async def keep(self) -> None:
        """Save whenever something changed and it has been quiet for a moment; once more at the end."""
        took = 0.0
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self._dirty.wait()
                await asyncio.sleep(max(QUIET_S, took * REST_PER_WORK))
                self._dirty.clear()
                began = time.monotonic()
                self.save()
                took = time.monotonic() - began
        self.save()
