"""Time → commands: the leader's timetable, kept by APScheduler in memory, its work idempotent in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bots.sms import SmsReceipts
from core import Command, Core, Done, Refusal
from core.adapters.hotline import Hotline
from core.chores import due_commands, look_later, looks, recounts, sweep
from core.digests import Digests
from core.errors import Stale
from core.feed_watch import FeedWatch
from core.hotline import pull
from core.late_letters import LateLetters
from core.licences.picture_work import work as take_in_pictures
from core.likeness.near import sweep_grams
from core.machines import Machines
from core.moved import tell_of_moved
from core.policy.roster import roster_rules
from core.ports import DirectorySource, LicenceSource, SharePlatform
from core.suggest.labelled import TooLittle
from core.topic_watch import TopicWatch
from core.unit_watch import UnitWatch
from core.unreached import Unreached
from core.untaken import tell_of_untaken
from core.worktime import SHANGHAI, Calendar, local_date

log = structlog.get_logger()
SETTLED = timedelta(minutes=1)  # after the start, before the first look for hot spots


class Timetable:
    """The jobs of the one worker that leads. `leads` is asked before each job, so a lost lease stops the work."""

    def __init__(
        self,
        core: Core,
        leads: Callable[[], bool],
        hotline: Hotline | None,
        *,
        receipts: SmsReceipts | None = None,
        province: SharePlatform | None = None,
        directories: Sequence[DirectorySource] = (),
        licences: LicenceSource | None = None,
    ) -> None:
        self._core, self._leads, self._hotline = core, leads, hotline
        self._receipts, self._province, self._directories = receipts, province, directories
        self._licences, self._began = licences, core.clock.now()
        self._counted_by: Calendar | None = None
        self._digests, self._late = Digests(core), LateLetters(core)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 60},
        )

    def start(self) -> None:
        every = self._scheduler.add_job
        for job, seconds in (
            (self.move_what_is_due, 5), (self.speak_up, 5), (self.follow_the_calendar, 15), (self.write_digests, 5),
            (self.lay_out_walks, 20), (self.find_unreached, 30), (self.look_at_the_tray, 30),
            (self.look_at_units, 1800), (self.look_at_topics, 600), (self.look_at_interfaces, 60),
            (self.fold_figures, 5), (self.suggest_what_waits, 5), (self.learn_if_asked, 20), (self.sign_yesterday, 300),
            (self.find_lost_letters, 600), (self.wipe_old_drafts, 600), (self.take_in_sheets, 5),
            (self.make_codes, 5), (self.take_in_papers, 5), (self.read_papers, 30), (self.keep_likeness, 600),
        ):  # fmt: skip
            every(self._guarded(job), "interval", seconds=seconds)
        every(self._guarded(self.ask_to_learn), "cron", day_of_week="sun", hour=2, minute=40)
        every(self._guarded(self.look_at_volumes), "cron", hour=4, minute=10, timezone=SHANGHAI)
        every(self._guarded(self.verify_log), "cron", hour=3, minute=20)
        every(self._guarded(self.erase_what_is_past_its_date), "cron", hour=3, minute=40, timezone=SHANGHAI)
        every(self._guarded(self.forget_old_rows), "cron", hour=4, minute=20, timezone=SHANGHAI)
        if self._licences is not None:
            every(self._guarded(self.pull_licences), "interval", seconds=10)
        soon = datetime.now(UTC) + SETTLED
        every(self._guarded(self.look_for_hot_spots), "interval", minutes=15, next_run_time=soon)
        every(self._guarded(self.look_for_hot_spots), "cron", hour=17, minute=5, timezone=SHANGHAI)
        daily = {"hour": roster_rules().hour, "minute": roster_rules().minute, "timezone": SHANGHAI}
        for source in self._directories:
            follow = partial(self.follow_directory, source)
            every(self._guarded(follow, f"follow {source.name}"), "cron", **daily)
        every(self._core.calls.flush, "interval", seconds=20)
        if self._hotline is not None:
            every(self._guarded(self.pull_tickets), "interval", seconds=self._core.settings.hotline.pull_every_s)
        if self._receipts is not None:
            every(self._guarded(self.ask_for_receipts), "interval", seconds=10)
        if self._province is not None:
            every(self._guarded(self.share_upward), "interval", minutes=1)
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def _guarded(self, job: Callable[[], None], name: str = "") -> Callable[[], None]:
        def run() -> None:
            if not self._leads():
                return
            try:
                job()
            except Exception:
                log.exception("clock job failed", job=run.__name__)

        run.__name__ = name or getattr(job, "__name__", "job")
        return run

    def move_what_is_due(self) -> None:
        """Execute what time owes; a case that moved meanwhile is simply no longer due."""
        core = self._core
        with core.engine.connect().execution_options(readonly=True) as tx:
            commands = due_commands(tx, core.world(), core.clock.now())
        self._execute([*commands, *core.joints.due_commands()])

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

    def look_at_the_tray(self) -> None:
        """Letters five minutes late are an alarm (G6)."""
        self._late.check()

    def lay_out_walks(self) -> None:
        """The walks of a new day, from every plan."""
        self._core.patrols.lay_out()

    def look_at_topics(self) -> None:
        """The screens' numbers that reached a level, told once a day (domain-rules §8)."""
        TopicWatch(self._core).check()

    def look_at_interfaces(self) -> None:
        """Interfaces that fell silent or spoke again."""
        FeedWatch(self._core, self._began).check()

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
        self._core.arrivals.photos.wipe()
        self._core.arrivals.photos.move()
        self._core.arrivals.imports.wipe()
        self._core.licences.imports.wipe()
        self._core.archive.batches.wipe()
        self._core.licences.readings.wipe()
        self._core.licences.picture_sets.wipe()
        self._core.files.sweep()
        self._core.rosters.wipe()

    def follow_directory(self, source: DirectorySource) -> None:
        """Once a day: what an outside directory changed; few people by itself, everything else after a yes (A6)."""
        try:
            view = self._core.rosters.sync(source)
        except Refusal as refusal:
            log.warning("directory not followed", source=source.name, why=str(refusal))
            return
        log.info("directory followed", source=source.name, state=view.state, lines=len(view.plan.lines))

    def take_in_sheets(self) -> None:
        """Register the rows of sheets that were confirmed, as long as this worker leads."""
        self._core.arrivals.imports.work(self._leads)
        self._core.licences.imports.work(self._leads)
        take_in_pictures(self._core.licences.picture_sets, self._leads)

    def take_in_papers(self) -> None:
        """Open the papers that were brought for the archive, and file those that were confirmed."""
        self._core.archive.taking.work(self._leads)

    def read_papers(self) -> None:
        """Read the text of archived pictures, so that they are found by what they say."""
        self._core.archive.texts.work(self._leads)

    def look_at_volumes(self) -> None:
        """Every night: archived volumes whose last look is too long ago (R147, domain-rules §14)."""
        log.info("volumes looked at", checked=self._core.archive.keeping.work(self._leads))

    def make_codes(self) -> None:
        """Sign, draw and pack the batches of codes that were ordered, as long as this worker leads."""
        self._core.licences.codes.maker.work(self._leads)

    def forget_old_rows(self) -> None:
        """What other systems delivered is kept as long as its dataset says."""
        self._core.feeds.keep_house(self._leads)

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

    def ask_for_receipts(self) -> None:
        """What became of the SMS that left: asked for where no receipt came."""
        if self._receipts is not None:
            self._receipts.ask()

    def pull_tickets(self) -> None:
        """Fetch what the 12345 platform has for us since the last time; known revisions change nothing."""
        if self._hotline is None:
            return
        core = self._core
        tell_of_untaken(core, pull(self._hotline, core.register, Machines(core.engine, core.vault)).refused)

    def pull_licences(self) -> None:
        """What the 一体化平台 has issued since the last time; known revisions change nothing."""
        if self._licences is not None and (taken := self._core.licences.feed.pull_if_due(self._licences, self._leads)):
            log.info("licences taken", count=taken)

    def share_upward(self) -> None:
        """Hand what changed to the provincial platform when it is time."""
        if self._province is not None:
            self._core.upward.push_if_due(self._province, self._leads)

    def erase_what_is_past_its_date(self) -> None:
        """Data that policy keeps no longer (F5)."""
        if erased := self._core.retention.run(self._leads):
            log.info("erased", **erased)
