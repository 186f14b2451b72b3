"""One training: the clock at its pace, what happens in town, what each owes, and what is said of it at the end."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from ..callbacks import Click
from ..clock import SHANGHAI, is_workday
from ..wire import Json
from ..world import World
from .players import FORM_CARD, Players, filled, note_of, number_in
from .story import Event, Part, Scenario
from .tasks import Key, Order, Owed, Task, owed
from .telling import summary

TICK_S = 0.4
FIRST_HOUR, LAST_HOUR = 9, 14
"""A training begins within these hours of a working day, so that it ends within office hours."""
DONE_WORD, DONE_NOTE = "已完成", "已办好"
KEPT_ACTS = 400


class Run:
    """One learner in one scenario. Everybody else acts by itself until it is over."""

    def __init__(
        self, world: World, scenario: Scenario, part: Part, pace: float, seed: int | None = None, limit: float = 0
    ) -> None:
        self.world, self.scenario, self.part, self.pace = world, scenario, part, pace
        self.limit = limit or scenario.limit
        self.players = Players(world, scenario, random.Random(seed))
        self.orders: dict[str, Order] = {}
        self.tasks: dict[Key, Task] = {}
        self.flags: list[Task] = []  # the flags a learner raises, in the order of what happened
        self.acts: list[Json] = []
        self.paused, self.over, self._ground = False, "", world.rounds
        self._raised: list[Event] = []
        self._since: dict[Key, datetime] = {}
        self._hands: set[asyncio.Task[None]] = set()
        self._clerk_busy = False
        if not self._within_hours():
            world.clock.go_to("workday")
        self.began = world.clock.now()
        self.ended: datetime | None = None
        self._job = asyncio.create_task(self._live())

    # --- from outside ---

    def pause(self, paused: bool) -> None:
        """Let everything stand still, business time too, or go on."""
        self.paused = paused
        self.world.clock.stop() if paused else self.world.clock.run()
        self.world.ledger.ring("clock", "training")

    async def stop(self, why: str = "已结束") -> None:
        """End it; what was not done by then stays undone."""
        self._finish(why)
        for one in (self._job, *self._hands):
            if one is not asyncio.current_task():
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await one

    def heard(self, click: Click, told: Json) -> None:
        """A tap on anybody's phone, and what came of it."""
        note, part = note_of(told), next((one for one in self.scenario.cast if one.user == click.user_id), None)
        if self.over or part is None or not note:
            return
        no = number_in(note) if click.out_track_id.startswith(FORM_CARD) else click.out_track_id.partition(":")[0]
        if click.out_track_id.startswith(FORM_CARD) and no and no not in self.orders:
            self.orders[no] = Order(no, self._event_of(click))
            self._settle_flag(part, no)
        if no in self.orders:
            self._note(part, no, click.action, note)

    # --- its life ---

    async def _live(self) -> None:
        last = time.monotonic()
        while not self.over:
            await asyncio.sleep(TICK_S)
            now, last = time.monotonic(), time.monotonic() if self.paused else last
            if self.paused:
                continue
            if self.pace > 1:
                self.world.clock.advance(timedelta(seconds=(now - last) * (self.pace - 1)))
                self.world.ledger.ring("clock")
            last = now
            self._look()
            self.world.ledger.ring("training")

    def _look(self) -> None:
        """What has happened, what is owed now, who acts."""
        now = self.world.clock.now()
        for event in self.scenario.events:
            if event not in self._raised and (now - self.began).total_seconds() / 60 >= event.minute:
                self._raised.append(event)
                self._happen(event, now)
        present: set[Key] = set()
        for part in self.scenario.cast:
            for one in owed(self.world, part, self.orders, self._since):
                present.add(one.key)
                self._owe(one, now)
        for key, task in self.tasks.items():
            if task.ended is None and key not in present and not task.asked:
                task.ended, task.how = now, task.how or "overtaken"
        if self.world.rounds != self._ground:
            self._finish("练习场已清空")
        elif (now - self.began).total_seconds() / 60 > self.limit:
            self._finish("时间到")
        elif self._all_done():
            self._finish("全部办完")

    def _happen(self, event: Event, now: datetime) -> None:
        """Something happened: the sponsor raises a flag, or the learner is to."""
        sponsor = self.scenario.sponsor
        if sponsor.user == self.part.user:
            duty = next(one for one in sponsor.duties if one.name == "raise")
            self.flags.append(Task(sponsor, duty, "", event.title, now))
        else:
            self._spawn(self._raise(event))

    async def _raise(self, event: Event) -> None:
        while self._clerk_busy:  # one pair of hands
            await asyncio.sleep(TICK_S)
        self._clerk_busy = True
        try:
            for _ in range(5):
                if self.over or await self.players.raise_flag(self.scenario.sponsor.user, event):
                    return
                await asyncio.sleep(1.0)
        finally:
            self._clerk_busy = False

    def _owe(self, one: Owed, now: datetime) -> None:
        task = self.tasks.get(one.key)
        if task is None or (task.ended is not None and not task.asked):  # a step sent back is owed anew
            task = Task(one.part, one.duty, one.key[1].partition(":")[0], one.key[2], now)
            task.not_before = now + self.players.pause()
            if task.part.role in ("leader", "stand_in") and self.part.role in ("leader", "stand_in"):
                task.not_before += timedelta(minutes=2 * one.duty.within)  # the learner rules, unless they let it lie
            self.tasks[one.key] = task
        if one.part.user == self.part.user or task.asked or task.not_before is None or now < task.not_before:
            return
        task.asked = True
        self._spawn(self._act(one, task))

    async def _act(self, one: Owed, task: Task) -> None:
        try:
            await self.players.act(one)
        finally:
            task.asked, task.not_before = False, self.world.clock.now() + self.players.pause()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        hand = asyncio.create_task(work)
        self._hands.add(hand)
        hand.add_done_callback(self._hands.discard)

    # --- bookkeeping ---

    def _note(self, part: Part, no: str, action: str, note: str) -> None:
        """One line of who did what; a refusal settles nothing."""
        now, done = self.world.clock.now(), DONE_NOTE in note or note.startswith("已树旗")
        task = self._task_of(part, no, action) if done else None
        person = self.world.directory.people.get(part.user)
        line: Json = {
            "at": now.isoformat(), "no": no, "userId": part.user, "name": person.name if person else part.user,
            "unit": person.unit if person else "", "action": action, "note": note, "done": done,
            "mine": part.user == self.part.user, "late": bool(task and task.is_late(now)),
            "title": task.duty.title if task else "",
        }  # fmt: skip
        if task is not None and task.ended is None:
            task.ended, task.how = now, "done"
        self.acts = [*self.acts, line][-KEPT_ACTS:]
        self.orders[no].acts.append(line)

    def _task_of(self, part: Part, no: str, action: str) -> Task | None:
        open_first = sorted(self.tasks.values(), key=lambda one: one.ended is not None)
        mine = (one for one in open_first if one.part.user == part.user and one.no == no)
        flags = (one for one in self.flags if one.no == no and action in one.duty.press)
        return next(iter(flags), None) or next((one for one in mine if action in one.duty.press), None)

    def _event_of(self, click: Click) -> Event:
        """What a new flag is about: by its title, or the oldest without one, as a confirmed draft brings none along."""
        title = str((click.form or {}).get("title", "")).strip()
        told = {order.event.title for order in self.orders.values()}
        known = (one for one in self._raised if (one.title == title if title else one.title not in told))
        return next(known, Event(0, title or "联办", "", "", (), "", ""))

    def _settle_flag(self, part: Part, no: str) -> None:
        """The flag a learner raised belongs to what is named alike, else to the oldest that waits."""
        waiting = [one for one in self.flags if not one.no]
        alike = [one for one in waiting if one.leg == self.orders[no].event.title]
        for task in (alike or waiting)[:1]:
            task.no = no
            self.orders[no].event = next((e for e in self._raised if e.title == task.leg), self.orders[no].event)

    def reports(self) -> list[Json]:
        """What happened and has no flag yet, with the form as it might be filled; for a learner who raises them."""
        waiting = {one.leg: one for one in self.flags if not one.no}
        return [
            {"title": one.title, "since": waiting[one.title].opened.isoformat(), "form": filled(one, self.world)}
            for one in self._raised
            if one.title in waiting
        ]

    def _all_done(self) -> bool:
        if len(self._raised) < len(self.scenario.events) or len(self.orders) < len(self._raised):
            return False
        return all(order.state == DONE_WORD for order in self.orders.values())

    def _finish(self, why: str) -> None:
        if not self.over:
            self.over, self.ended = why, self.world.clock.now()
            if self.paused:
                self.pause(False)
            self.world.ledger.ring("training", "clock")

    def _within_hours(self) -> bool:
        here = self.world.clock.now().astimezone(SHANGHAI)
        return is_workday(here.date()) and FIRST_HOUR <= here.hour < LAST_HOUR

    def to_json(self) -> Json:
        """What the page shows while it runs and afterwards."""
        return summary(self)
