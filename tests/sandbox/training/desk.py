"""The control API's part for training: which scenarios there are, start one, pause it, end it, hear how it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from ..callbacks import Click
from ..wire import ControlError, Json
from ..world import WORLD, World
from .run import Run
from .story import scenarios

PACES = (1, 6, 20)
FASTEST = 3_600.0


class Training:
    """At most one training at a time; the last one's summary stays until the next begins."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.run: Run | None = None
        world.on_tap = self._tapped

    async def start(self, body: Json) -> None:
        """`{scenario, part, pace}`, for tests also `seed` and `limit` (minutes); another one that still runs ends.

        Raises:
            ControlError: no such scenario or part, or nobody of that name in the address book.
        """
        scenario = scenarios().get(str(body.get("scenario") or ""))
        if scenario is None:
            raise ControlError("没有这个演练")
        part = scenario.part(str(body.get("part") or ""))
        if part is None:
            raise ControlError("这个演练里没有这个角色")
        missing = [one.user for one in scenario.cast if one.user not in self._world.directory.people]
        if missing:
            raise ControlError(f"通讯录里没有这些人：{'、'.join(missing[:3])}，请先启动业务程序")
        pace = float(body.get("pace") or 1)
        if not 1 <= pace <= FASTEST:
            raise ControlError("快慢要在 1 到 3600 之间")
        await self.end()
        seed = body.get("seed")
        self.run = Run(
            self._world, scenario, part, pace, None if seed is None else int(seed), float(body.get("limit") or 0)
        )

    async def end(self) -> None:
        """End the one that runs, if any; its summary stays."""
        if self.run is not None and not self.run.over:
            await self.run.stop()

    def _tapped(self, click: Click, told: Json) -> None:
        if self.run is not None:
            self.run.heard(click, told)

    def to_json(self) -> Json:
        shown = []
        for one in scenarios().values():
            row = one.to_json()
            for part in row["parts"]:
                person = self._world.directory.people.get(part["userId"])
                part["name_of"] = person.name if person else part["userId"]
                part["unit"] = f"{person.unit} · {person.title}" if person else ""
            shown.append(row)
        return {"scenarios": shown, "paces": PACES, "run": self.run.to_json() if self.run else None}


TRAINING: web.AppKey[Training] = web.AppKey("training", Training)


async def control(world: World, request: web.Request, body: Json) -> object:
    """GET tells; POST `{"start": {scenario, part, pace}}`, `{"pause": true|false}`, `{"stop": true}`."""
    training = request.app[TRAINING]
    if "start" in body:
        await training.start(dict(body["start"] or {}))
    elif "pause" in body and training.run is not None and not training.run.over:
        training.run.pause(bool(body["pause"]))
    elif body.get("stop"):
        await training.end()
    if request.method == "POST":
        world.ledger.ring("training")
    return training.to_json()


async def kept(app: web.Application) -> AsyncIterator[None]:
    """Training for the life of the server; whatever runs ends with it."""
    app[TRAINING] = Training(app[WORLD])
    yield
    await app[TRAINING].end()
