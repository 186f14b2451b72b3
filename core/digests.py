"""The two digests (C14): at 08:30 what waits for a person, at 17:30 what a unit's day brought; silence when empty."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from core.boards import DigestView
from core.facade import Core
from core.models.watch import digest_refusals, unit_warnings
from core.people import Actor
from core.policy.watching import DigestRow
from core.queries.people import Holder
from core.queries.workload import due_by, unit_day
from core.timewords import day_words
from core.views import Tally, WorkItem
from core.worktime import ONE_DAY, SHANGHAI, local_date

REFUSED = "已退订早报，想再收时发送「订阅早报」"
NAMED = 3  # walks that a digest names
WANTED = "已订阅早报，每个工作日 08:30 发给您，没有事时不发"


class Digests:
    """Writes the digests that are due, a few people at a time; draws one when it is shown."""

    def __init__(self, core: Core, real: Callable[[], float] = time.monotonic) -> None:
        self._core, self._real = core, real
        self._asked: tuple[str, set[int]] = ("", set())
        self._tokens, self._filled = 0.0, real()

    # --- writing ---

    def write_due(self) -> int:
        """Begin the digests of this hour for the next few people; returns how many letters were written.

        One key a person and day, so that a second leader, or a second look, sends nothing twice.
        """
        core, now = self._core, self._core.clock.now()
        local, today = now.astimezone(SHANGHAI).time(), local_date(now)
        if not core.calendar().is_workday(today):
            return 0
        rows = {"morning": core.policy.digests.morning, "evening": core.policy.digests.evening}
        for kind, row in rows.items():
            if row.at <= local < row.until:
                return self._next_few(kind, row, today)
        return 0

    def _next_few(self, kind: str, row: DigestRow, today: date) -> int:
        turn = f"{kind}:{today.isoformat()}"
        if self._asked[0] != turn:
            self._asked = (turn, set())
        asked, written = self._asked[1], 0
        refused = self._refused() if row.opt_out else frozenset[int]()
        for person, holder in self._people(row).items():
            if person in asked or person in refused:
                continue
            if not self._may_go_on():
                break
            asked.add(person)
            written += self._write(kind, holder, today)
        return written

    def _write(self, kind: str, holder: Holder, today: date) -> bool:
        actor = self._core.actor_for("dingtalk", holder.dingtalk)
        if self.view(actor, kind) is None:
            return False
        body = {"userId": holder.dingtalk, "post": actor.post, "digest": kind, "day": today.isoformat()}
        return self._core.reply(f"digest:{kind}:{today.isoformat()}:{holder.person}", holder.person, "digest", body)

    def _people(self, row: DigestRow) -> dict[int, Holder]:
        """Everybody with a post the digest is for, in the order of the directory."""
        held = [holder for role in sorted(row.roles) for holder in self._core.directory().by_role.get(role, ())]
        return {one.person: one for one in sorted(held, key=lambda one: one.person) if one.dingtalk}

    def _may_go_on(self) -> bool:
        """A token bucket in real time: so many people a minute, a few at once."""
        a_second, now = self._core.policy.digests.a_minute / 60, self._real()
        self._tokens = min(a_second * 5, self._tokens + (now - self._filled) * a_second)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    # --- drawing ---

    def view(self, actor: Actor, kind: str) -> DigestView | None:
        """One person's digest as of now; None when there is nothing to say."""
        return self._morning(actor) if kind == "morning" else self._evening(actor)

    def _morning(self, actor: Actor) -> DigestView | None:
        core, now = self._core, self._core.clock.now()
        size = core.policy.digests.morning.items
        todo, late = (core.work(actor, key, size=size) for key in ("todo", "overdue"))
        today = core._read(lambda tx: due_by(tx, actor, core.world(), now, _end_of(local_date(now))))
        elsewhere = tuple(
            f"岗位「{post.label}」还有待办 {total:,} 件，发送「岗位」切换"
            for post in actor.others
            if (total := core.work(actor.at(post), "todo", size=1).total)
        )
        walks = [walk for walk in core.patrols.today(actor).walks if walk.state in ("due", "walking")]
        if not (todo.total or late.total or today or elsewhere or walks):
            return None
        if walks:
            named = "、".join(walk.title for walk in walks[:NAMED])
            elsewhere = (f"今天要巡查 {len(walks)} 处：{named}，发送「巡查」开始", *elsewhere)
        tallies = (
            Tally("overdue", "已超期", late.total),
            Tally("todo", "今天到期", today),
            Tally("todo", "等您处理", todo.total),
        )
        return self._drawn("morning", "早报", actor, tallies, _first([*late.items, *todo.items], size), elsewhere)

    def _evening(self, actor: Actor) -> DigestView | None:
        core, now = self._core, self._core.clock.now()
        today = local_date(now)
        midnight = _end_of(today - ONE_DAY)
        following = next(day for ahead in range(1, 60) if core.calendar().is_workday(day := today + ONE_DAY * ahead))
        headed = [post for post in core.posts(actor) if post.role in core.policy.digests.evening.roles]
        days = core._read(
            lambda tx: {post: unit_day(tx, post.unit, midnight, now, _end_of(following)) for post in headed}
        )
        walked = self._walked([post.unit for post in headed])
        counts = ((day.received, day.done, day.overdue, day.due_next) for day in days.values())
        if not (any(any(one) for one in counts) or walked):
            return None
        counted = [
            ("today", "今天收到", "received"), ("done", "今天办完", "done"), ("all", "还在办", "open"),
            ("overdue", "超期", "overdue"), ("todo", "下一工作日到期", "due_next"),
        ]  # fmt: skip
        tallies = tuple(Tally(k, title, sum(getattr(d, name) for d in days.values())) for k, title, name in counted)
        late = core.work(actor, "overdue", size=core.policy.digests.evening.items)
        lines = (*walked, *self._levels([post.unit for post in headed]))
        return self._drawn("evening", "本单位今天", actor, tallies, late.items, lines)

    def _walked(self, units: list[int]) -> tuple[str, ...]:
        """How the walks of the day went, for each unit that had some."""
        days = [(unit, *self._core.patrols.of_unit(unit)) for unit in dict.fromkeys(units)]
        name = self._core.directory().unit_name
        return tuple(
            f"{name(unit)} 今天巡查 {due} 处，走完 {done} 处，发现问题 {found} 件"
            for unit, due, done, found in days
            if due
        )

    def _levels(self, units: list[int]) -> tuple[str, ...]:
        query = select(unit_warnings).where(unit_warnings.c.unit_id.in_(units), unit_warnings.c.level > 0)
        levels, directory = self._core.policy.warnings.levels, self._core.directory()
        rows = self._core._read(lambda tx: tx.execute(query).all())
        return tuple(f"{directory.unit_name(r.unit_id)} {levels[r.level - 1].label}：{r.why}" for r in rows)

    def _drawn(
        self, kind: str, title: str, actor: Actor, tallies: tuple[Tally, ...], items: tuple[WorkItem, ...],
        lines: tuple[str, ...],
    ) -> DigestView:  # fmt: skip
        today = local_date(self._core.clock.now())
        post = f"{actor.unit_name} {actor.title}"
        return DigestView(kind, title, actor.name, post, day_words(today, today), tallies, items, lines)

    # --- wanting it ---

    def wants(self, actor: Actor) -> bool:
        return actor.person not in self._refused()

    def subscribe(self, actor: Actor, wanted: bool) -> str:
        """订阅早报 or 退订早报, on record; returns what the person reads. Saying it twice changes nothing."""
        now = self._core.clock.now()
        mine = digest_refusals.c.person_id == actor.person

        def write(tx: Connection) -> None:
            known = tx.execute(select(digest_refusals.c.since).where(mine)).first()
            if wanted:
                tx.execute(delete(digest_refusals).where(mine))
            elif known is None:
                tx.execute(insert(digest_refusals), {"person_id": actor.person, "since": now})

        self._core._write(actor, "digest.wanted" if wanted else "digest.refused", f"person:{actor.person}", write)
        return WANTED if wanted else REFUSED

    def _refused(self) -> frozenset[int]:
        query = select(digest_refusals.c.person_id)
        return frozenset(self._core._read(lambda tx: tx.execute(query).scalars().all()))


def _first(items: list[WorkItem], size: int) -> tuple[WorkItem, ...]:
    """The first cases by name, each once."""
    return tuple({item.id: item for item in items}.values())[:size]


def _end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(days=1)
