"""What people and machines may look at: every read scoped by the reader's standing, drawn from one moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, bindparam, select

from core.boards import DeskView
from core.crypto import Sm3Indexer, Sm4Cipher, SoftVault
from core.db import for_one_question, for_reading
from core.errors import Ambiguous, Unknown
from core.likeness import Told
from core.models.cases import calendar_days, cases
from core.people import Actor, PostView
from core.plain import plain, scrub
from core.policy import Policy
from core.ports import Clock, Ticket
from core.queries import filters, lists, search
from core.queries.alike import near, with_alike
from core.queries.asked import Asked
from core.queries.cases import case_view
from core.queries.counts import Counts
from core.queries.filters import CaseFilter
from core.queries.pages import page as page_of
from core.queries.people import DirectoryCache, read_directory
from core.queries.registers import PolicyCache, overlaid
from core.queries.sheets import Rows, Sheet, may_read, read_sheet, within
from core.queries.terms import at
from core.showing import Codes
from core.views import Alike, CaseView, HomeView, WorkItem, WorkPage
from core.work import World
from core.worktime import Calendar, Day, local_date

T = TypeVar("T")
CASE_OF = select(cases.c.id).where(cases.c.no == bindparam("no"))
MACHINE = Actor(None, None, None, "dispatcher", "接口", channel="api", system="api")
CALENDAR_LIFE_S = 10


class Reads:
    """The reading half of Core. Thread-safe."""

    def __init__(self, policy: Policy, engine: Engine, clock: Clock, vault: SoftVault) -> None:
        self.printed, self.engine, self.clock = policy, engine, clock
        self.cipher, self.indexer = Sm4Cipher(vault), Sm3Indexer(vault)
        self.codes = Codes(vault.current("pepper").secret)
        self.directory = DirectoryCache(lambda: self._read(lambda tx: read_directory(tx, self.today())))
        self._reading, self._asking = for_reading(engine), for_one_question(engine)
        self._counts = Counts()
        self._kept = PolicyCache(lambda known: self._read(lambda tx: overlaid(tx, policy, known)))
        self._calendar: tuple[float, Calendar] | None = None

    @property
    def policy(self) -> Policy:
        """The tables, with what the registers keep as it was a few seconds ago at most; `printed` is the YAML alone."""
        return self._kept()

    def today(self) -> date:
        """The local day by the business clock."""
        return local_date(self.clock.now())

    def home(self, actor: Actor) -> HomeView:
        """Today, todo, done, all, overdue, and the pending work by source (R103, R104)."""
        posts = self.posts(actor)
        return self._read(lambda tx: self._counts.home(tx, actor, self.world(), self.clock.now(), posts))

    def board(self, actor: Actor) -> DeskView:
        """The lists of this post's desk, each number equal to the list it opens; told exactly up to 999."""
        return self._ask(lambda tx: self._counts.desk(tx, actor, self.world(), self.clock.now()))

    def states(self, actor: Actor) -> dict[str, str]:
        """The states this reader may filter by, in words."""
        return filters.states_of(actor, self.world())

    @staticmethod
    def posts(actor: Actor) -> list[PostView]:
        """The posts of the person who acts, the current one marked."""
        mine = PostView(
            actor.post or 0, actor.unit or 0, actor.unit_name, actor.role, actor.title, True, actor.in_charge
        )
        return sorted([mine, *actor.others], key=lambda post: post.id)

    def work(
        self, actor: Actor, key: str = "todo", *, channel: str | None = None, words: str = "", page: int = 1,
        size: int = 20, state: str | None = None, wanted: CaseFilter | None = None,
    ) -> WorkPage:  # fmt: skip
        """One page of a work list: today, todo, done, all, overdue or one of the post's board; narrowed by `wanted`."""
        row = self.policy.desk.list_of(actor.role, key)
        if row is None and key not in lists.TITLES:
            raise Unknown(what="这个列表")
        wanted = wanted or CaseFilter()
        wanted = replace(wanted, channel=channel or wanted.channel, words=words or wanted.words)
        title = lists.TITLES.get(key) or (row.title if row else "")
        if channel and channel in self.policy.sources:
            title += f" · {self.policy.sources[channel].short}"
        if wanted == CaseFilter() and not state:
            return self._paged(actor, title, page, size, lambda _, *now: self._counts.listed(key, *now))
        asked = filters.asked_for(key, wanted, at(actor, self.world(), self.clock.now()), self.world())
        return self._listed(actor, replace(asked, state=state) if state else asked, title, page, size)

    def find(self, actor: Actor, words: str, page: int = 1, size: int = 20) -> WorkPage:
        """Cases meant by a number, a tail, an outside number, a phone or words, within the reader's scope."""
        return self._listed(actor, Asked("find", words=words), f"查「{words.strip()[:20]}」", page, size)

    def _listed(self, actor: Actor, asked: Asked, title: str, page: int, size: int) -> WorkPage:
        def listed(tx: Connection, actor: Actor, world: World, now: datetime) -> lists.Found:
            return lists.found(tx, asked, actor, world, now, self.indexer)

        return self._paged(actor, title, page, size, listed)

    def _paged(
        self, actor: Actor, title: str, page: int, size: int,
        listed: Callable[[Connection, Actor, World, datetime], lists.Found],
    ) -> WorkPage:  # fmt: skip
        now = (actor, self.world(), self.clock.now())
        return self._read(lambda tx: page_of(tx, listed(tx, *now), *now, title, page, size))

    def case_id(self, actor: Actor, ref: str, *, unfinished: bool = False) -> int:
        """The one case a number or tail means; Unknown when none, Ambiguous when several, naming them.

        `unfinished`: where a tail also fits cases that are over, the only one still being handled is meant.
        """
        if number := search.full_number(ref):
            return self.case_within(actor, number, ref.strip()[:24])
        found: Sequence[WorkItem] = self.find(actor, ref, size=5).items
        if unfinished and len(found) > 1 and [item.state in lists.LIVE for item in found[:2]] == [True, False]:
            found = found[:1]  # those still being handled come first
        if not found:
            raise Unknown(what=ref.strip()[:24])
        if len(found) > 1:
            raise Ambiguous(
                what=ref.strip()[:24],
                choices="、".join(f"{item.no} {plain(scrub(item.title), 8)}" for item in found[:3]),
            )
        return found[0].id

    def case_of(self, no: str) -> int:
        """The case with exactly this number, whoever asks: a card knows its own. Raises Unknown."""
        found: int | None = self._read(lambda tx: tx.execute(CASE_OF, {"no": no}).scalar_one_or_none())
        if found is None:
            raise Unknown(what="办件")
        return found

    def case_within(self, actor: Actor, no: str, said: str = "办件") -> int:
        """The case with exactly this number, if this reader may see it. Raises Unknown, missing and foreign alike."""
        found = self._ask(lambda tx: within(tx, actor, self.world(), no))
        if found is None:
            raise Unknown(what=said)
        return found

    def case_view(self, actor: Actor, case_id: int) -> CaseView:
        """One case for one reader. Raises Unknown when missing or not theirs, alike."""
        sheet = self.sheet(case_id)
        if sheet is None or not may_read(actor, sheet, self.world()):
            raise Unknown(what="办件")
        return case_view(sheet, actor, self.world(), self.cipher)

    def case_views(self, case_id: int, actors: Sequence[Actor]) -> list[CaseView]:
        """The same case for many readers' cards from one load; readers are holders of its card, so reading is theirs.

        Colleagues at like posts of one unit see the same, so they share one view.
        """
        sheet, world = self.sheet(case_id), self.world()
        if sheet is None:
            return []
        like = {(actor.role, actor.unit, actor.in_charge): actor for actor in actors}
        views = {post: case_view(sheet, actor, world, self.cipher, brief=True) for post, actor in like.items()}
        return [views[actor.role, actor.unit, actor.in_charge] for actor in actors]

    def sheet(self, case_id: int, rows: Rows | None = None) -> Sheet | None:
        world, now = self.world(), self.clock.now()
        return self._read(lambda tx: with_alike(tx, read_sheet(tx, world, case_id, now, rows), world))

    def near(self, actor: Actor, draft: Ticket) -> tuple[Alike, ...]:
        """The few cases a draft probably repeats, the likeliest first, within this person's scope."""
        phone = self.indexer.index(draft.caller_phone, "phone") if draft.caller_phone else ""
        world, now = self.world(), self.clock.now()
        told = Told(draft.title, draft.content, draft.place, draft.town or "", phone, now)
        return self._read(lambda tx: near(tx, told, actor, world, now))

    def machine_cases(
        self, *, state: str | None = None, channel: str | None = None, since: datetime | None = None,
        until: datetime | None = None, page: int = 1, size: int = 50,
    ) -> WorkPage:  # fmt: skip
        """Cases for another system, masked, the newest first; more than a thousand are asked for in parts, by time."""
        asked = Asked("all", channel=channel, state=state, since=since, until=until)
        return self._listed(MACHINE, asked, "办件", page, size)

    def machine_case(self, no: str) -> CaseView:
        """One case by its full number for another system, masked."""
        return self.case_view(MACHINE, self.case_of(no))

    def world(self) -> World:
        """The tables, the calendar as amended, and the directory, as of now."""
        policy = self.policy
        return World(policy, self.calendar(), self.directory(), policy.limits.rules, self.cipher, self.codes)

    def calendar(self) -> Calendar:
        """The published calendar with the days an administrator entered; read again every ten seconds."""
        if self._calendar is None or time.monotonic() - self._calendar[0] > CALENDAR_LIFE_S:
            rows = self._read(lambda tx: tx.execute(select(calendar_days)).all())
            amended = self.printed.calendar.amended({row.day: Day(row.kind, row.name) for row in rows})
            self._calendar = (time.monotonic(), amended if rows else self.printed.calendar)
        return self._calendar[1]

    def _ask(self, run: Callable[[Connection], T]) -> T:
        """The answer to a single statement."""
        with self._asking.connect() as tx:
            return run(tx)

    def _read(self, run: Callable[[Connection], T]) -> T:
        with self._reading.connect() as tx:
            return run(tx)
