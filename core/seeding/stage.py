"""The stage on which practice cases happen: a clock that walks, the district's people, a queue of what comes next."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine, desc, event, select

from core.db import connect
from core.errors import Refusal
from core.execute import Command
from core.facade import Core
from core.models.cases import case_legs, cases
from core.notices import staff_of
from core.people import CLOCK, HOTLINE, Actor
from core.ports import Ticket
from core.queries.people import Holder
from core.receipts import Done
from core.seeding.draws import Draws
from core.worktime import NOTHING, ONE_DAY, add_work_time, local_date

Steps = Generator[datetime, None, None]
"""A story told in steps: it yields the moment at which it wants to go on, and acts when it is woken."""


class WalkingClock:
    """Business time that goes from event to event, never back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return self._now

    def walk_to(self, moment: datetime) -> None:
        """Go on to `moment`; an earlier one leaves the clock where it is."""
        self._now = max(self._now, moment.astimezone(UTC))


def hasty(engine: Engine) -> Engine:
    """The same database without waiting for the disk at each commit: what a power cut takes can be seeded again."""
    rule = "PRAGMA synchronous=NORMAL" if engine.dialect.name == "sqlite" else "SET synchronous_commit = off"
    hasty = connect(engine.url.render_as_string(hide_password=False), pool_size=2)

    def relax(connection: Any, _record: Any) -> None:
        connection.cursor().execute(rule)
        connection.commit()

    event.listen(hasty, "connect", relax)
    return hasty


class Stage:
    """Wakes each story when its moment comes, in order, until the present; what is open then stays open."""

    def __init__(self, core: Core, start: datetime, end: datetime, draws: Draws) -> None:
        self.clock = WalkingClock(start)
        self.core = Core(core.settings, core.policy, hasty(core.engine), self.clock, core.vault)
        self.end, self.draws, self.rng = end, draws, draws.rng
        self.refused: list[str] = []
        self._calendar = self.core.calendar()
        self._queue: list[tuple[datetime, int, Steps]] = []
        self._turns, self._keys = count(), count(1)
        self._name = f"practice:{end:%y%m%d%H%M%S}"
        directory = self.core.directory()
        self._units = {unit.code: unit for unit in directory.units.values()}

    # --- time ---

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def after(self, low: int, high: int, hours: str = "default") -> datetime:
        """Between `low` and `high` minutes of open time from now, by chance."""
        span = timedelta(minutes=self.rng.randint(low, high), seconds=self.rng.randrange(60))
        return add_work_time(self.now, span, self._calendar, hours)

    def ago(self, minutes: int) -> datetime:
        """So many minutes of office time before the end."""
        left, day = timedelta(minutes=minutes), local_date(self.end)
        while True:
            for opens, closes in reversed(self._calendar.spans(day, "default")):
                open_time = max(min(closes, self.end) - opens, NOTHING)
                if open_time >= left:
                    return min(closes, self.end) - left
                left -= open_time
            day -= ONE_DAY

    def office(self, moment: datetime) -> datetime:
        """`moment`, or a little after the office opens next."""
        return add_work_time(moment, timedelta(minutes=self.rng.randint(1, 40)), self._calendar)

    # --- the queue ---

    def begin(self, steps: Steps) -> None:
        """Queue a story; its first moment is asked for at once."""
        first = next(steps, None)
        if first is not None:
            heapq.heappush(self._queue, (first, next(self._turns), steps))

    def run(self) -> None:
        """Play every step up to the end. A refused step ends its story and is kept in `refused`."""
        while self._queue and self._queue[0][0] <= self.end:
            moment, _, steps = heapq.heappop(self._queue)
            self.clock.walk_to(moment)
            try:
                self.begin(steps)
            except Refusal as no:
                self.refused.append(f"{type(no).__name__}: {no}")
        self.core.engine.dispose()

    # --- people ---

    def desk(self, role: str = "dispatcher") -> Holder:
        return self.rng.choice(self.core.directory().by_role[role])

    def clerk(self, unit: str) -> Holder:
        """Whoever handles cases for a unit (by code): its clerk, or failing that its head."""
        audience, held = self.core.policy.audience, self.core.directory().by_unit[self._units[unit].id]
        return staff_of(held, audience["unit"], audience["unit_fallback"])[0]

    def leader(self, unit: str) -> Holder | None:
        """The district leader in charge of a unit, if one is."""
        leaders = self.core.directory().by_role["district_leader"]
        return next((one for one in leaders if self._units[unit].id in one.actor.in_charge), None)

    def short(self, unit: str) -> str:
        return self._units[unit].short

    # --- acts ---

    def act(self, who: Holder, case: int, action: str, leg: int | None = None, **form: str) -> Done:
        """One command by one person, as from their phone."""
        return self.core.execute(Command(self._key(), case, action, who.actor, form, leg))

    def tick(self, case: int, action: str) -> Done:
        """One command by the system clock."""
        return self.core.execute(Command(self._key(), case, action, CLOCK, source="clock"))

    def register(self, ticket: Ticket, who: Actor | None = None) -> Done:
        """A case from the feed, or typed in by somebody."""
        if who is None:
            return self.core.register(f"hotline:{ticket.outside_no}:{ticket.revision}", ticket, HOTLINE, "feed")
        return self.core.register(self._key(), ticket, who)

    def _key(self) -> str:
        return f"{self._name}:{next(self._keys)}"

    def leg(self, case: int, unit: str) -> Mapping[str, Any]:
        """The latest leg of a unit on a case."""
        mine = (case_legs.c.case_id == case, case_legs.c.unit_id == self._units[unit].id)
        query = select(case_legs).where(*mine).order_by(case_legs.c.id.desc()).limit(1)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return dict(tx.execute(query).mappings().one())

    def at_work(self, class_code: str | None) -> str:
        """The number of a case that units are at, one of this class if there is one."""
        like = desc(cases.c.class_code == class_code)
        query = select(cases.c.no).where(cases.c.state == "handling").order_by(like, cases.c.id.desc()).limit(1)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return str(tx.execute(query).scalar_one())

    def state(self, case: int) -> str:
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return str(tx.execute(select(cases.c.state).where(cases.c.id == case)).scalar_one())
