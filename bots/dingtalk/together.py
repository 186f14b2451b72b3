"""Clicks that come together are worked on together: each is a script that stops where it gives its command."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

from core import Command, Core
from core.receipts import Done

Script = Generator[Command, Done, dict[str, Any]]
"""Yields at most a command at a time, is sent what came of it (or has its refusal raised there), returns the answer."""

Outcome = dict[str, Any] | Exception


def perform(core: Core, scripts: Sequence[Script]) -> list[Outcome]:
    """Every script's answer, or the fault it ended with; the commands they stop at share their commit."""
    ended: dict[int, Outcome] = {}
    given: dict[int, Command] = {}

    def step(number: int, go_on: Callable[[], Command]) -> None:
        try:
            given[number] = go_on()
        except StopIteration as end:
            ended[number] = end.value
        except Exception as fault:
            ended[number] = fault

    for number, script in enumerate(scripts):
        step(number, partial(next, script))
    while given:
        told = dict(zip(given, _executed(core, list(given.values())), strict=True))
        given.clear()
        for number, came in told.items():
            script = scripts[number]
            go_on = partial(script.throw, came) if isinstance(came, Exception) else partial(script.send, came)
            step(number, go_on)
    return [ended[number] for number in range(len(scripts))]


def _executed(core: Core, commands: Sequence[Command]) -> Sequence[Done | Exception]:
    try:
        return core.execute_all(commands)
    except Exception as fault:
        return [fault] * len(commands)
