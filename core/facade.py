"""Core: what bots, pages and machines may ask for. Every change goes through a door, every read is scoped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from core import copies, logbook, meter, tray
from core.adapters.files import build_files
from core.adapters.scanning import build_guard
from core.answers import Answers
from core.archive.archive import Archive
from core.arrivals.arrivals import Arrivals
from core.boards import Late, LetterView, LogLine
from core.briefings import Briefings
from core.citizens import Citizens
from core.commits import CommitLine, Job
from core.copies import Copy, Kept, Reader
from core.crypto import Sm2Signer, SoftVault
from core.desk import Desk
from core.entries import Entry
from core.errors import Busy, Refusal, Unknown
from core.execute import Command, Door
from core.faces import Faces
from core.feeds.desk import Feeds
from core.files import Files
from core.flags import Flags
from core.hotspots import Hotspots
from core.intake import Intake
from core.joint_bases import JointBases
from core.joint_groups import JointGroups
from core.joint_papers import JointPapers
from core.joint_scores import JointScores
from core.joints import Joints
from core.licences.library import Library
from core.measures import Measures
from core.notices import letter
from core.on_site import OnSite
from core.patrols import Patrols
from core.people import Actor
from core.policy import Policy
from core.ports import Clock, Envelope, Ticket
from core.queries.cases import caller_in_full, case_view
from core.queries.people import actor_for
from core.queries.sheets import Rows, may_read
from core.rates import Rates
from core.reads import Reads
from core.receipts import Done
from core.register import Registers, outside_id, set_day, switch_post
from core.retention import Retention
from core.roster import Rosters
from core.screens import Screens
from core.settings import Settings
from core.sms import Sms
from core.suggest.desk import Suggestions
from core.upward import Upward
from core.views import CaseView


class Core(Reads):
    """The wired whole. Thread-safe; build it with `build_core`."""

    def __init__(self, settings: Settings, policy: Policy, engine: Engine, clock: Clock, vault: SoftVault) -> None:
        super().__init__(policy, engine, clock, vault)
        self.settings, self.vault, self.signer = settings, vault, Sm2Signer(vault)
        self.chain_key = vault.current("chain").secret
        self.calls, self.measures = meter.Meter(engine), Measures(self)
        self._line = CommitLine(engine, self.chain_key)
        self.rates = Rates(engine, lambda run: self._line.submit(Job(0, lambda tx: (run(tx), ()), lambda _tx, _no: ())))
        self.suggest = Suggestions(engine, clock, self.world, self._write, self.chain_key)
        self._door = Door(self._line, self.world, clock)
        self.hotspots, self.patrols = Hotspots(self), Patrols(self)
        self._intake = Intake(self._line, self.world, clock, self.cipher, self.indexer)
        self.desk = Desk(policy, clock, self._ask, self._write)
        sealing = (self.cipher, self.indexer)
        self.sms, self.citizens, self.answers = Sms(self), Citizens(self, self._line), Answers()
        self.registers = Registers(engine, self._line, self.world, clock, sealing, self.forget)
        self.arrivals, self.rosters, self.faces = Arrivals(self), Rosters(self), Faces(self)
        self.upward, self.retention, self.feeds = Upward(self), Retention(self), Feeds(self)
        self.joints = Joints(self, self._line)
        self.files, self.scan = Files(engine, build_files(settings, vault), clock), build_guard(settings)
        self.licences = Library(self, self._line)
        self.archive = Archive(self, self._line)
        self.joint_groups, self.joint_papers = JointGroups(self), JointPapers(self)
        self.flags, self.briefings = Flags(self), Briefings(self)
        self.joint_bases, self.on_site = JointBases(self), OnSite(self, self.joints, self.arrivals.photos.bytes_of_leg)
        self.joint_scores, self.screens = JointScores(self, self.measures.exports), Screens(self)

    # --- doors ---

    def execute(self, command: Command) -> Done:
        """Judge and write one command. Raises Refusal; the same key always gets the same answer."""
        return self._door.execute(command)

    def execute_all(self, commands: Sequence[Command]) -> list[Done | Exception]:
        """The same for commands given together, which share their commits; a refusal or fault stands in its place."""
        return self._door.execute_all(commands)

    def register(self, key: str, ticket: Ticket, actor: Actor, source: str = "web") -> Done:
        """Open a case, or take in a new revision of a known outside number. Idempotent by key."""
        return self._intake.register(key, ticket, actor, source)

    def switch_post(self, key: str, actor: Actor, post_id: int) -> Actor:
        """岗位切换 (R102): the person acts from another of their posts from now on, on this channel."""
        today = self.today()
        self._write(actor, "post.switched", f"post:{post_id}", lambda tx: switch_post(tx, actor, post_id, today))
        self.directory.forget()
        return self._read(lambda tx: actor_for(tx, actor.channel, outside_id(tx, actor), self.today(), actor.address))

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any:
        """Something small that is no move of a case, with its entry in the log, in one commit."""
        now, channel = self.clock.now(), "" if actor else "cli"

        def work(tx: Connection) -> tuple[Any, Sequence[Entry]]:
            answer = run(tx)
            return answer, (logbook.entry(now, actor, action, what, "done", reason, channel),)

        def refused(_tx: Connection, no: Exception) -> Sequence[Entry]:
            return (logbook.entry(now, actor, action, what, "refused", type(no).__name__, channel),)

        return self._line.submit(Job(0, work, refused))

    def operate(self, action: str, what: str, run: Callable[[Connection], Any], actor: Actor | None = None) -> Any:
        """An operator's act from the command line, or `actor`'s own: on record in the same commit, or not done (G4)."""
        return self._write(actor, action, what, run)

    def forget(self) -> None:
        """Read policy, calendar and directory anew at their next use; other processes do so within seconds."""
        self._kept.forget()
        self.directory.forget()
        self._calendar = None

    def note(
        self,
        actor: Actor | None,
        action: str,
        what: str,
        result: str,
        reason: str = "",
        channel: str = "web",
        address: str = "",
    ) -> None:
        """One entry in the chained log for what is neither a command nor a register: sign-in, log access, export."""
        entry = logbook.entry(self.clock.now(), actor, action, what, result, reason, channel, address)
        self._line.submit(Job(0, lambda _tx: (None, (entry,)), lambda _tx, _no: ()))

    def note_refusal(
        self, actor: Actor | None, action: str, what: str, refusal: Refusal, channel: str = "", address: str = ""
    ) -> None:
        """A refusal given outside the doors, on record like those inside (G1); nothing for one that is there already.

        A log that cannot be written makes no yes of a no: then only the technical log hears of it.
        """
        if refusal.on_record or isinstance(refusal, Busy):
            return
        refusal.on_record = True
        channel = channel or (actor.channel if actor else "web")
        with suppress(Busy):
            self.note(actor, action, what, "refused", refusal.kind, channel, address)

    def alarm(self, kind: str, sentence: str) -> None:
        """Tell the security administrators by chat, once an hour for one kind of trouble (G6)."""
        hour = datetime.now(UTC).strftime("%Y%m%d%H")
        for holder in self.directory().by_role.get("security_admin", ()):
            self.say(f"alarm:{kind}:{hour}:{holder.person}", holder.person, sentence, "安全告警")

    def reveal(
        self, actor: Actor, case_id: int, key: str, reason: str, source: str = "web", seen: int | None = None
    ) -> tuple[str, str, str]:
        """Name, number and address in full: an act with a reason, on record (F3). Raises Refusal."""
        self.execute(Command(key, case_id, "reveal", actor, {"reason": reason}, seen=seen, source=source))
        sheet = self.sheet(case_id)
        if sheet is None:
            raise Unknown(what="办件")
        return caller_in_full(sheet.case, self.cipher)

    def set_day(self, day: date, kind: str, name: str = "") -> None:
        """Enter a day off or a day worked, or take such an entry back (`usual`); the worker counts anew (§5)."""
        self._write(None, "calendar.changed", f"day:{day}:{kind}", lambda tx: set_day(tx, day, kind, name))
        self._calendar = None

    # --- people ---

    def actor_for(self, channel: str, outside_id: str, address: str = "") -> Actor:
        """Who is behind an outside identity, rights read now. Raises NotKnownHere, NoPost."""
        return self._ask(lambda tx: actor_for(tx, channel, outside_id, self.today(), address, self._may_cover))

    def _may_cover(self, person: int) -> bool:
        """Whether somebody away is covered by this person, by the directory, which is a few seconds old at most."""
        return any(holder.cover for holder in self.directory().by_person.get(person, ()))

    # --- cards ---

    def own_view(self, actor: Actor, reader: Actor, case_id: int, rows: Rows | None = None) -> CaseView:
        """The case as this person's copies of its card are drawn: for the post by which they hold it, else as `reader`.

        `rows`: what a command just left behind (`Done.rows`). Raises Unknown when missing or not theirs, alike.
        """
        sheet, world = self.sheet(case_id, rows), self.world()
        if sheet is not None and actor.others:
            held = copies.audience(sheet, world)
            reader = next((one.actor for one in held if one.person == actor.person), reader)
        if sheet is None or not may_read(reader, sheet, world):
            raise Unknown(what="办件")
        return case_view(sheet, reader, world, self.cipher, brief=True)

    def audience(self, case_id: int) -> list[Reader]:
        """The people whose phones should hold this case's card now."""
        sheet = self.sheet(case_id)
        return [] if sheet is None else copies.audience(sheet, self.world())

    def card_copies(self, case_id: int) -> list[Copy]:
        return self._read(lambda tx: copies.read_copies(tx, case_id))

    def keep_copies(self, case_id: int, track: str, kept: Sequence[Kept], template: str = "case") -> None:
        """Remember what each holder of a card instance was sent."""
        with self.engine.begin() as tx:
            copies.keep_copies(tx, case_id, track, template, kept, self.clock.now())

    def reader_at(self, person: int, post: int) -> Reader | None:
        return copies.reader_at(person, post, self.world())

    # --- letters ---

    def say(
        self, key: str, person_id: int, text: str, title: str, case_no: str = "", case_id: int | None = None
    ) -> bool:
        """One short line to one person in their own chat with the bot; a repeated key says nothing twice."""
        holder = next(iter(self.directory().by_person.get(person_id, ())), None)
        userids = [holder.dingtalk] if holder and holder.dingtalk else []
        body = {"people": [person_id], "userIds": userids, "text": text, "title": title, "case": case_no}
        return self._letter(key, "dingtalk.say", "say", f"person:{person_id}", body, case_id)

    def reply(self, key: str, person_id: int, kind: str, body: dict[str, Any]) -> bool:
        """An answer to somebody's words: kind home, work or show is a card; say is a sentence."""
        channel = "dingtalk.say" if kind == "say" else "dingtalk.card"
        return self._letter(
            key, channel, kind, f"person:{person_id}", {"person": person_id, **body}, body.get("case_id")
        )

    def show(self, key: str, person_id: int, case_id: int) -> bool:
        """Bring a case's card to one person's chat."""
        return self.reply(key, person_id, "show", {"case_id": case_id})

    def _letter(self, key: str, channel: str, kind: str, lane: str, body: dict[str, Any], case_id: int | None) -> bool:
        row = letter(key, channel, kind, lane, tray.closed(self.cipher, key, body), self.clock.now(), case=case_id)
        with self.engine.begin() as tx:
            return tray.write(tx, [row])

    def opened(self, letter: Envelope) -> Envelope:
        """A letter with the words it says, which lie sealed until it leaves. Raises Unreadable."""
        return tray.opened(self.cipher, letter)

    def tray(self, actor: Actor, state: str = "waiting", page: int = 1) -> tuple[list[LetterView], int]:
        return self._read(lambda tx: tray.listed(tx, self.directory(), state, page))

    def late_letters(self) -> Late | None:
        """The letters that wait longer than they may (G6); None when there are none."""
        return self._read(lambda tx: tray.late(tx, self.clock.now()))

    def resend(self, actor: Actor, key: str, letter_id: int) -> None:
        self._write(actor, "letter.resent", f"letter:{letter_id}", lambda tx: tray.resend(tx, letter_id))

    def give_up(self, actor: Actor, key: str, letter_id: int, reason: str) -> None:
        what = f"letter:{letter_id}"
        self._write(actor, "letter.given_up", what, lambda tx: tray.give_up(tx, letter_id, reason), reason)

    def count_call(self, api: str) -> None:
        """Meter one call to DingTalk (dingtalk.md §9)."""
        self.calls.count(api)

    # --- record ---

    def log_page(self, actor: Actor, page: int = 1, words: str = "") -> tuple[list[LogLine], int]:
        """A page of the log, newest first; reading it is itself logged."""
        self.note(actor, "log.read", f"page:{page}", "done", channel=actor.channel, address=actor.address)
        return self._read(lambda tx: logbook.page(tx, page, words))

    def verify_log(self) -> Any:
        """Walk the whole chain; the verdict names the first broken entry."""
        return logbook.verify_all(self.engine, self.chain_key, self.signer)

    def sign_day(self, day: date) -> str:
        """Sign the head of the log for `day` and send it to whom the settings name (the audit officer)."""
        with self.engine.begin() as tx:
            sentence, fresh = logbook.sign(tx, day, self.signer, self.chain_key)
        for holder in self.directory().by_role.get(self.settings.record.head_sent_to, ()) if fresh else ():
            self.say(f"head:{day.isoformat()}:{holder.person}", holder.person, sentence, "日志封存")
        return sentence

    def use_nonce(self, nonce: str) -> bool:
        """True the first time a nonce is seen (real time, kept ten minutes)."""
        with self.engine.begin() as tx:
            return meter.use_nonce(tx, nonce, datetime.now(UTC))
