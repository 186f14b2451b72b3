"""Reads manifests and the directory again when their files change: both may be written after the sandbox starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .world import World

EVERY_S = 1.0


async def watch(world: World) -> None:
    """Look at the files once a second, for ever."""
    seen = _stamps(world)
    while True:
        await asyncio.sleep(EVERY_S)
        now = _stamps(world)
        if now != seen:
            seen = now
            world.manifests.load()
            world.directory.load_file()
            world.ledger.ring("people")
            world.ledger.phones_changed(world.directory.people)


def _stamps(world: World) -> dict[Path, int]:
    options = world.options
    files = sorted(options.manifests.glob("*.yaml")) if options.manifests and options.manifests.is_dir() else []
    named = [*files, *([options.directory] if options.directory and options.directory.exists() else [])]
    return {file: file.stat().st_mtime_ns for file in named}
