"""Time → commands: the leader's timetable, kept by APScheduler in memory, its work idempotent in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from core import Command, Core, Done, Refusal
from core.adapters.hotline import Hotline
from core.chores import due_commands, look_later, looks, recounts, sweep
from core.digests import Digests
from core.errors import Stale
from core.feed import pull
from core.likeness.near import sweep_grams
from core.machines import Machines
from core.moved import tell_of_moved
from core.suggest.labelled import TooLittle
from core.unit_watch import UnitWatch
from core.unreached import Unreached
from core.worktime import SHANGHAI, Calendar, local_date

log = structlog.get_logger()
SETTLED = timedelta(minutes=1)  # after the start, before the first look for hot spots


class Timetable:
    """The jobs of the one worker that leads. `leads` is asked before each job, so a lost lease stops the work."""

    def __init__(self, core: Core, leads: Callable[[], bool], hotline: Hotline | None) -> None:
        self._core, self._leads, self._hotline = core, leads, hotline
        self._counted_by: Calendar | None = None
        self._digests = Digests(core)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 60},
        )

    def start(self) -> None:
        every = self._scheduler.add_job
        every(self._guarded(self.move_what_is_due), "interval", seconds=5)
        every(self._guarded(self.speak_up), "interval", seconds=5)
        every(self._guarded(self.follow_the_calendar), "interval", seconds=15)
        every(self._guarded(self.write_digests), "interval", seconds=5)
        every(self._guarded(self.find_unreached), "interval", seconds=30)
        every(self._guarded(self.look_at_units), "interval", minutes=30)
        every(self._guarded(self.fold_figures), "interval", seconds=5)
        every(self._guarded(self.suggest_what_waits), "interval", seconds=5)
        every(self._guarded(self.learn_if_asked), "interval", seconds=20)
        every(self._guarded(self.ask_to_learn), "cron", day_of_week="sun", hour=2, minute=40)
        every(self._guarded(self.sign_yesterday), "interval", minutes=5)
        every(self._guarded(self.find_lost_letters), "interval", minutes=10)
        every(self._guarded(self.wipe_old_drafts), "interval", minutes=10)
        every(self._guarded(self.take_in_sheets), "interval", seconds=5)
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

    def speak_up(self) -> None:
        """Warn and remind where it is time; a person who acted meanwhile has made it needless."""
        core = self._core
        with core.engine.connect().execution_options(readonly=True) as tx:
            commands, silent = looks(tx, core.world(), core.clock.now())
        self._execute(commands)
        if silent:
            with core.engine.begin() as tx:
                look_later(tx, silent)

    def write_digests(self) -> None:
        """The morning and evening digests, a few people at a time."""
        self._digests.write_due()

    def look_at_units(self) -> None:
        """Three-level warning of whole units."""
        UnitWatch(self._core).check()

    def find_unreached(self) -> None:
        """Lines that reached nobody: who sent the case hears of it."""
        Unreached(self._core).tell_of_dead_lines()

    def follow_the_calendar(self) -> None:
        """Count deadlines anew after a change of the calendar, and once after the start: it may have changed since."""
        calendar = self._core.calendar()
        if calendar == self._counted_by:
            return
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            commands = list(recounts(tx, self._core.world()))
        tell_of_moved(self._core, self._execute(commands))
        self._counted_by = calendar

    def _execute(self, commands: Iterable[Command]) -> list[tuple[Command, Done]]:
        """Execute what is still due; returns what was done."""
        done = list[tuple[Command, Done]]()
        for command in commands:
            try:
                done.append((command, self._core.execute(command)))
            except Stale:
                log.info("overtaken", key=command.key)
            except Refusal as refusal:
                log.warning("clock refused", key=command.key, why=str(refusal))
        return done

    def fold_figures(self) -> None:
        """Add what happened since the last time to the statistics."""
        self._core.measures.fold()

    def suggest_what_waits(self) -> None:
        """A suggestion for every case that waits for its dispatch, also where no card is drawn for it."""
        self._core.suggest.make()

    def learn_if_asked(self) -> None:
        """Learn a new text model when somebody wished for one; too few closed cases are said on the page."""
        try:
            self._core.suggest.train_if_asked()
        except TooLittle as fault:
            log.info("nothing learnt", why=str(fault))

    def ask_to_learn(self) -> None:
        """Once a week the model learns from the cases closed since, corrections included."""
        self._core.suggest.ask_for_training(None)

    def sign_yesterday(self) -> None:
        """Seal the log of the day that is over and send its head to the audit officer."""
        self._core.sign_day(local_date(self._core.clock.now()) - timedelta(days=1))

    def find_lost_letters(self) -> None:
        with self._core.engine.begin() as tx:
            if found := sweep(tx, self._core.clock.now()):
                log.warning("letters found missing", cases=found)

    def wipe_old_drafts(self) -> None:
        """Drafts nobody confirmed in time keep nothing of what was said (F3)."""
        self._core.arrivals.drafts.settle()
        self._core.arrivals.imports.wipe()

    def take_in_sheets(self) -> None:
        """Register the rows of sheets that were confirmed, as long as this worker leads."""
        self._core.arrivals.imports.work(self._leads)

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
