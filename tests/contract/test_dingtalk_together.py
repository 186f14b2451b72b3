"""Clicks that come together: each hears its own answer, and a fault stays with whom it struck."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from bots.dingtalk.handlers import MOST, CardHandler
from bots.dingtalk.together import Outcome


class Slow:
    """Answers that can be held up; every batch it was given."""

    def __init__(self) -> None:
        self.gate, self.batches, self.at_work = threading.Event(), list[list[object]](), 0

    def answer_all(self, frames: Sequence[tuple[object, object]]) -> list[Outcome]:
        self.at_work += 1
        self.gate.wait(5)
        self.batches.append([number for number, _ in frames])
        return [ValueError("broken") if number == "m7" else {"of": number} for number, _ in frames]

    def apology(self, data: object, sentence: str) -> dict[str, Any]:
        return {"sorry": sentence}


def frame(number: int, track: str = "XYRX20260309000001:1") -> Any:
    return SimpleNamespace(headers=SimpleNamespace(message_id=f"m{number}"), data={"outTrackId": track})


def test_those_who_wait_are_answered_together_each_with_its_own() -> None:
    answers = Slow()

    async def play() -> list[tuple[int, dict[str, Any]]]:
        handler = CardHandler(answers, ThreadPoolExecutor(2), ThreadPoolExecutor(1))  # type: ignore[arg-type]
        asked = [asyncio.ensure_future(handler.process(frame(number))) for number in range(40)]
        await asyncio.sleep(0.05)
        answers.gate.set()
        return list(await asyncio.gather(*asked))

    told = asyncio.run(play())
    assert [len(batch) for batch in answers.batches] == [1, MOST, 40 - 1 - MOST]
    assert [code for code, _ in told].count(500) == 1
    assert told[7][0] == 500
    assert told[7][1]["sorry"].startswith("系统出了点问题")
    assert all(one == (200, {"of": f"m{number}"}) for number, one in enumerate(told) if number != 7)


def test_a_list_that_takes_its_time_holds_up_no_click() -> None:
    answers = Slow()

    async def play() -> None:
        handler = CardHandler(answers, ThreadPoolExecutor(1), ThreadPoolExecutor(1))  # type: ignore[arg-type]
        slow = asyncio.ensure_future(handler.process(frame(1, "work:1")))
        await asyncio.sleep(0.05)
        quick = asyncio.ensure_future(handler.process(frame(2)))
        await asyncio.sleep(0.05)
        assert answers.at_work == 2
        answers.gate.set()
        assert [told for _, told in await asyncio.gather(slow, quick)] == [{"of": "m1"}, {"of": "m2"}]

    asyncio.run(play())
