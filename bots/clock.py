"""Time → commands: the leader's timetable, kept by APScheduler in memory, its work idempotent in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from core import Command, Core, Refusal
from core.adapters.hotline import Hotline
from core.chores import due_commands, recounts, sweep
from core.errors import Stale
from core.feed import pull
from core.likeness.near import sweep_grams
from core.machines import Machines
from core.worktime import SHANGHAI, Calendar, local_date

log = structlog.get_logger()
SETTLED = timedelta(minutes=1)  # after the start, before the first look for hot spots


class Timetable:
    """The jobs of the one worker that leads. `leads` is asked before each job, so a lost lease stops the work."""

    def __init__(self, core: Core, leads: Callable[[], bool], hotline: Hotline | None) -> None:
        self._core, self._leads, self._hotline = core, leads, hotline
        self._counted_by: Calendar | None = None
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 60},
        )

    def start(self) -> None:
        every = self._scheduler.add_job
        every(self._guarded(self.move_what_is_due), "interval", seconds=5)
        every(self._guarded(self.follow_the_calendar), "interval", seconds=15)
        every(self._guarded(self.sign_yesterday), "interval", minutes=5)
        every(self._guarded(self.find_lost_letters), "interval", minutes=10)
        every(self._guarded(self.verify_log), "cron", hour=3, minute=20)
        every(self._guarded(self.keep_likeness), "interval", minutes=10)
        soon = datetime.now(UTC) + SETTLED
        every(self._guarded(self.look_for_hot_spots), "interval", minutes=15, next_run_time=soon)
        every(self._guarded(self.look_for_hot_spots), "cron", hour=17, minute=5, timezone=SHANGHAI)
        every(self._core.calls.flush, "interval", seconds=20)
        if self._hotline is not None:
            every(self._guarded(self.pull_tickets), "interval", seconds=self._core.settings.hotline.pull_every_s)
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def _guarded(self, job: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            if not self._leads():
                return
            try:
                job()
            except Exception:
                log.exception("clock job failed", job=job.__name__)

        run.__name__ = job.__name__
        return run

    def move_what_is_due(self) -> None:
        """Execute what time owes; a case that moved meanwhile is simply no longer due."""
        core = self._core
        with core.engine.connect().execution_options(readonly=True) as tx:
            commands = due_commands(tx, core.world(), core.clock.now())
        self._execute(commands)

    def follow_the_calendar(self) -> None:
        """Count deadlines anew after a change of the calendar, and once after the start: it may have changed since."""
        calendar = self._core.calendar()
        if calendar == self._counted_by:
            return
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            commands = list(recounts(tx, self._core.world()))
        self._execute(commands)
        self._counted_by = calendar

    def _execute(self, commands: Iterable[Command]) -> None:
        for command in commands:
            try:
                self._core.execute(command)
            except Stale:
                log.info("overtaken", key=command.key)
            except Refusal as refusal:
                log.warning("clock refused", key=command.key, why=str(refusal))

    def sign_yesterday(self) -> None:
        """Seal the log of the day that is over and send its head to the audit officer."""
        self._core.sign_day(local_date(self._core.clock.now()) - timedelta(days=1))

    def find_lost_letters(self) -> None:
        with self._core.engine.begin() as tx:
            if found := sweep(tx, self._core.clock.now()):
                log.warning("letters found missing", cases=found)

    def keep_likeness(self) -> None:
        """Forget the words of cases too old to be repeated; learn those of cases that came by another way."""
        with self._core.engine.begin() as tx:
            sweep_grams(tx, self._core.clock.now())

    def look_for_hot_spots(self) -> None:
        """Every quarter of an hour, and once the day's appeals are in."""
        log.info("hot spots", found=self._core.hotspots.refresh())

    def verify_log(self) -> None:
        """The nightly walk along the chain; a break is an alarm to the system administrator."""
        verdict = self._core.verify_log()
        if not verdict.ok:
            log.error("log broken", first=verdict.first_broken)
            for holder in self._core.directory().by_role.get("system_admin", ()):
                text = f"操作日志核验未通过：第 {verdict.first_broken} 条，{verdict.why}"
                self._core.say(f"log-broken:{verdict.first_broken}:{holder.person}", holder.person, text, "日志告警")

    def pull_tickets(self) -> None:
        """Fetch what the 12345 platform has for us since the last time; known revisions change nothing."""
        if self._hotline is None:
            return
        core = self._core
        pulled = pull(self._hotline, core.register, Machines(core.engine, core.vault))
        for why in pulled.refused:
            log.warning("ticket refused", why=why)
