"""分析研判 (R024): daily, weekly and monthly briefings, written while drafts, frozen whole when they are submitted.

With it the other two pages leaders carry: 直通联办 (R023) and 绩效考核 (R025).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NoReturn, Protocol

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.briefing_views import BriefingView, DraftView, Period, Shelf, period_of
from core.briefings import reading
from core.briefings.assessment import Assessment
from core.briefings.direct import Direct
from core.briefings.figures import Source, differing, take
from core.briefings.papers import Papers
from core.briefings.refusals import BriefingGone, Overtaken
from core.briefings.sending import Sending
from core.briefings.wording import with_words
from core.crypto import Sm4Cipher
from core.decide import check_text
from core.errors import BadField, FieldMissing, NotYours, Unknown
from core.joint_scores import JointScores
from core.joints import Joints
from core.measures import Measures
from core.models.briefings import briefing_drafts, briefings
from core.people import Actor
from core.policy.briefings import BriefingPolicy, read_briefings
from core.ports import Clock
from core.queries.people import Directory
from core.timewords import when
from core.work import World
from core.worktime import local_date

FIRST_YEAR = 2020  # nothing was recorded before
VERSIONS = 1_000_000_000
"""Drafts begin anywhere among so many versions: a form of one that is gone fits no later one that got its number."""


class Wired(Protocol):
    """What of the core briefings need."""

    engine: Engine
    clock: Clock
    cipher: Sm4Cipher
    measures: Measures
    joint_scores: JointScores
    joints: Joints

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def world(self) -> World: ...
    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...
    def note(
        self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip


class Briefings:
    """Briefings behind the facade. Thread-safe; every act and every refusal is in the log in the same commit."""

    def __init__(self, core: Wired) -> None:
        self._core = core
        self.policy: BriefingPolicy = read_briefings()
        self.direct, self.assessment = Direct(core), Assessment(core)
        self.papers, self.sending = Papers(core), Sending(core, self.policy)

    # --- reading ---

    def shelf(self, actor: Actor, kind: str = "", page: int = 1) -> Shelf:
        """The list: drafts for whoever writes, and what was submitted for everybody who may open the page."""
        kind, world = kind if kind in self.policy.kinds else "", self._core.world()
        writes, now = self.may_write(actor), self._core.clock.now()
        shelf: Shelf = self._core._read(lambda tx: reading.shelf(tx, world, self.policy, now, writes, kind, page))
        return shelf

    def draft(self, actor: Actor, number: int) -> DraftView:
        """One draft with its figures as they were taken. Raises NotYours, Unknown."""
        self._may(actor, self.policy.writes, "写报告")

        def read(tx: Connection) -> DraftView:
            row = reading.draft_row(tx, number)
            if row is None:
                raise Unknown(what="这份草稿")
            moved = differing(row["figures"], take(self._source(tx), reading.period_in(row)))
            submits = actor.role in self.policy.submits
            return reading.draft_view(tx, self._core.world(), self.policy, self._core.clock.now(), row, moved, submits)

        view: DraftView = self._core._read(read)
        return view

    def one(self, actor: Actor, number: int) -> BriefingView:
        """A submitted briefing as it was frozen. Raises Unknown."""

        def read(tx: Connection) -> BriefingView:
            row = reading.filed_row(tx, number)
            if row is None:
                raise Unknown(what="这份报告")
            rights = (actor.role in self.policy.sends, self.may_write(actor))
            return reading.filed_view(tx, self._core.world(), self.policy, self._core.clock.now(), row, rights)

        view: BriefingView = self._core._read(read)
        return view

    def may_write(self, actor: Actor) -> bool:
        return actor.role in self.policy.writes

    # --- writing ---

    def begin(self, actor: Actor, kind: str, day: date) -> int:
        """A draft of the period in which a day lies, figures taken and summary drafted; the one there is already.

        After a submission it is a correction and begins with what was written. Raises NotYours, BadField, NotReady.
        """
        self._may(actor, self.policy.writes, "写报告")
        if kind not in self.policy.kinds:
            raise BadField(field="种类", why="请从日报、周报、月报中选择")
        now = self._core.clock.now()
        known = FIRST_YEAR <= day.year <= local_date(now).year + 1  # the calendar ends, and with it the last period
        period = period_of(kind, day if known else local_date(now))
        if not known or period.since > local_date(now) or period.since.year < FIRST_YEAR:
            raise BadField(field="日期", why="请选今天或以前的日子")
        figures = self._core._read(lambda tx: self._taken(tx, period))
        run: Callable[[Connection], int] = lambda tx: self._begin(tx, actor, period, figures, now)  # noqa: E731
        number: int = self._core._write(actor, "briefing.begun", f"briefing:{kind}:{period.since}", run)
        return number

    def _begin(self, tx: Connection, actor: Actor, period: Period, figures: Mapping[str, Any], now: datetime) -> int:
        where = (briefing_drafts.c.kind == period.kind, briefing_drafts.c.since == period.since)
        there = select(briefing_drafts.c.id).where(*where)
        if (known := tx.execute(there).scalar_one_or_none()) is not None:
            return int(known)
        earlier = reading.latest(tx, period)
        drafted = "".join(text for text, _ in figures["sentences"])
        texts = {one.name: drafted if one.drafted else "" for one in self.policy.texts}
        row = {
            "kind": period.kind, "since": period.since, "until": period.until,
            "seq": 1 + secrets.randbelow(VERSIONS),
            "texts": {**texts, **earlier["content"]["texts"]} if earlier else texts, "figures": dict(figures),
            "changed_at": now, "person_id": actor.person, "post_id": actor.post,
        }  # fmt: skip
        try:
            with tx.begin_nested():
                made = tx.execute(insert(briefing_drafts).values(row).returning(briefing_drafts.c.id)).scalar_one()
                return int(made)
        except IntegrityError:  # somebody began it a moment ago
            return int(tx.execute(there).scalar_one())

    def save(self, actor: Actor, number: int, seq: int, texts: Mapping[str, str], *, drafted: bool = False) -> None:
        """Keep what was written upon version `seq`; with `drafted`, the drafted words take the place of the summary.

        Raises Overtaken when somebody else saved since, BriefingGone when there is no such draft any more, TooLong.
        """
        self._may(actor, self.policy.writes, "写报告")
        kept = self._checked(texts)

        def run(tx: Connection) -> None:
            if drafted and (row := reading.draft_row(tx, number)) is not None:
                kept.update({one.name: _drafted(row) for one in self.policy.texts if one.drafted})
            self._change(tx, actor, number, seq, {"texts": kept})

        self._core._write(actor, "briefing.saved", f"briefing_draft:{number}", run)

    def retake(self, actor: Actor, number: int, seq: int) -> None:
        """Take the figures anew. A summary nobody touched is drafted anew too; one that was written stays."""
        self._may(actor, self.policy.writes, "写报告")

        def read(tx: Connection) -> tuple[Any, dict[str, Any]]:
            row = reading.draft_row(tx, number)
            return row, self._taken(tx, reading.period_in(row)) if row is not None else {}

        row, figures = self._core._read(read)

        def run(tx: Connection) -> None:
            if row is None:
                raise BriefingGone()
            texts, fresh = dict(row["texts"]), "".join(text for text, _ in figures["sentences"])
            untouched = [one.name for one in self.policy.texts if one.drafted and texts.get(one.name) == _drafted(row)]
            texts.update(dict.fromkeys(untouched, fresh))
            self._change(tx, actor, number, seq, {"figures": figures, "texts": texts})

        self._core._write(actor, "briefing.figures_taken", f"briefing_draft:{number}", run)

    def delete(self, actor: Actor, number: int, seq: int) -> None:
        """Throw a draft away. Raises Overtaken when somebody else wrote in it since."""
        self._may(actor, self.policy.writes, "写报告")

        def run(tx: Connection) -> None:
            mine = (briefing_drafts.c.id == number, briefing_drafts.c.seq == seq)
            if not tx.execute(delete(briefing_drafts).where(*mine)).rowcount:
                self._refuse(tx, number)

        self._core._write(actor, "briefing.deleted", f"briefing_draft:{number}", run)

    def submit(self, actor: Actor, number: int, seq: int, texts: Mapping[str, str]) -> int:
        """Freeze a draft, with these texts, as the next edition of its period; returns the number of what was frozen.

        Raises NotYours, Overtaken, BriefingGone, TooLong, FieldMissing without a part that is required.
        """
        self._may(actor, self.policy.submits, "提交报告")
        kept, now = self._checked(texts), self._core.clock.now()
        missing = next((one.title for one in self.policy.texts if one.required and not kept[one.name]), "")
        if missing:
            raise FieldMissing(field=missing, action="提交")
        run: Callable[[Connection], int] = lambda tx: self._submit(tx, actor, number, seq, kept, now)  # noqa: E731
        made: int = self._core._write(actor, "briefing.submitted", f"briefing_draft:{number}", run)
        return made

    def _submit(
        self, tx: Connection, actor: Actor, number: int, seq: int, texts: Mapping[str, str], now: datetime
    ) -> int:
        row = reading.draft_row(tx, number, lock=True)
        if row is None or row["seq"] != seq:
            self._refuse(tx, number)
        same = (briefings.c.kind == row["kind"], briefings.c.since == row["since"])
        edition = tx.execute(select(func.count()).select_from(briefings).where(*same)).scalar_one() + 1
        content = {
            "kind": row["kind"], "since": row["since"].isoformat(), "until": row["until"].isoformat(),
            "edition": edition, "texts": dict(texts), "titles": [[one.name, one.title] for one in self.policy.texts],
            "figures": row["figures"], "at": now.isoformat(), "post": actor.post, "draft": reading.version(number, seq),
        }  # fmt: skip
        values = {
            "kind": row["kind"], "since": row["since"], "until": row["until"], "edition": edition, "content": content,
            "digest": reading.digest_of(content), "at": now, "person_id": actor.person, "post_id": actor.post,
        }  # fmt: skip
        made = tx.execute(insert(briefings).values(values).returning(briefings.c.id)).scalar_one()
        tx.execute(delete(briefing_drafts).where(briefing_drafts.c.id == number))
        return int(made)

    def filed(self, actor: Actor, number: int, seq: int, texts: Mapping[str, str]) -> int | None:
        """What became of a draft this person submitted, version and words the very same: a second press is the first.

        None where it was somebody else, went another way, or said something else.
        """
        mark, kept = reading.version(number, seq), self._checked(texts)
        found: int | None = self._core._read(lambda tx: reading.filed_from(tx, actor.person, mark, kept))
        return found

    # --- inside ---

    def _source(self, tx: Connection) -> Source:
        core = self._core
        return Source(
            tx, core.world(), core.clock.now(), core.measures.book, self.policy,
            lambda ask: core.joint_scores.standing(tx, ask),
        )  # fmt: skip

    def _taken(self, tx: Connection, period: Period) -> dict[str, Any]:
        """Fresh figures with the sentences drafted from them."""
        return with_words(take(self._source(tx), period), period)

    def _change(self, tx: Connection, actor: Actor, number: int, seq: int, values: Mapping[str, Any]) -> None:
        """Write upon the version that was read, or refuse."""
        stamped = {
            **values, "seq": seq + 1, "changed_at": self._core.clock.now(), "person_id": actor.person,
            "post_id": actor.post,
        }  # fmt: skip
        mine = (briefing_drafts.c.id == number, briefing_drafts.c.seq == seq)
        if not tx.execute(update(briefing_drafts).where(*mine).values(stamped)).rowcount:
            self._refuse(tx, number)

    def _refuse(self, tx: Connection, number: int) -> NoReturn:
        """Say why a version can no longer be written upon. Raises BriefingGone, Overtaken."""
        row = reading.draft_row(tx, number)
        if row is None:
            raise BriefingGone()
        who = self._core.directory().person_name(row["person_id"]) or "同事"
        raise Overtaken(who=who, at=when(self._core.clock.now(), row["changed_at"]))

    def _checked(self, texts: Mapping[str, str]) -> dict[str, str]:
        kept = {one.name: texts.get(one.name, "").strip() for one in self.policy.texts}
        for one in self.policy.texts:
            check_text(one.title, kept[one.name], one.most)
        return kept

    def _may(self, actor: Actor, roles: frozenset[str], action: str) -> None:
        if actor.role not in roles:
            titles = self._core.world().policy.roles
            raise NotYours(holder="、".join(title for role, title in titles.items() if role in roles), action=action)


def _drafted(row: reading.Row) -> str:
    """The summary as it was drafted from a draft's figures."""
    return "".join(text for text, _ in row["figures"]["sentences"])


__all__ = ["BriefingGone", "Briefings", "Overtaken"]
