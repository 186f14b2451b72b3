"""巡查: the walks of a day to those who walk them, begun and ended by a person; plans with what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, select, update

from core.boards import PatrolView, PlanView, WalkView
from core.decide import check_text
from core.errors import Refusal, Unknown
from core.models.patrols import patrol_findings, patrol_plans, patrol_walks
from core.people import CLOCK, Actor
from core.policy.registers import load_registers
from core.ports import Clock
from core.queries import patrols as rows
from core.queries.people import Directory
from core.queries.sheets import reach
from core.register.patrols import lay_out
from core.timewords import day_words, when
from core.work import World
from core.worktime import ONE_DAY, local_date

T = TypeVar("T")
LONGEST_NOTE = 100
DAYS = 30
"""How far back the tallies of a plan reach."""
SHOWN = 60
STATES: Mapping[str, tuple[str, str]] = {
    "due": ("待巡查", "orange"),
    "walking": ("巡查中", "blue"),
    "done": ("已巡查", "green"),
    "missed": ("未巡查", "red"),
}


class WalkOver(Refusal):
    text = "这次巡查{how}，请发送「巡查」看今天的安排。"


class Whole(Protocol):
    """What patrols need of the core they hang on."""

    @property
    def clock(self) -> Clock: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def world(self) -> World: ...

    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Patrols:
    """Walks and plans; the plans themselves are written through the register 巡查计划."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    # --- the clock's part ---

    def lay_out(self) -> int:
        """The walks of every plan up to today, after a new day or a pause of the clock; returns how many are new."""
        today, calendar = self._today(), self._core.world().calendar
        late = select(patrol_plans).where(patrol_plans.c.laid_to < today).order_by(patrol_plans.c.id)
        if self._core._read(lambda tx: tx.execute(late.limit(1)).first()) is None:
            return 0

        def run(tx: Connection) -> int:
            plans = tx.execute(late.with_for_update()).mappings().all()
            return sum([lay_out(tx, rows.shaped(plan), today, calendar) for plan in plans])

        new: int = self._core._write(CLOCK, "walks.laid", f"walks:{today.isoformat()}", run)
        return new

    # --- walking ---

    def today(self, actor: Actor) -> PatrolView:
        """This person's walks of today, at whichever of their posts, and the one they are on."""
        day = self._today()

        def read(tx: Connection) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
            return rows.walks_of_day(tx, day, self._posts(actor)), rows.under_way(tx, actor.person, day)

        found, current = self._core._read(read)
        walks = tuple(self._walk(row, actor) for row in found)
        on = next((walk for walk in walks if current and walk.id == current["id"]), None)
        return PatrolView(actor.name, f"{actor.unit_name} {actor.title}", day_words(day, day), walks, on)

    def begin(self, actor: Actor, walk: int) -> str:
        """Be on this walk from now on; a colleague who is on it already hands it over. Raises Unknown, WalkOver."""

        def run(tx: Connection) -> str:
            row = self._own(tx, actor, walk)
            if row["person_id"] == actor.person:
                return ""
            values = {"begun_at": self._core.clock.now(), "person_id": actor.person, "post_id": self._post(actor, row)}
            tx.execute(update(patrol_walks).where(patrol_walks.c.id == walk).values(**values))
            return self._core.directory().person_name(row["person_id"])

        before: str = self._core._write(actor, "walk.begun", f"walk:{walk}", run)
        return f"接着{before}走，发现问题拍照或说一句就行" if before else "开始了，发现问题拍照或说一句就行"

    def finish(self, actor: Actor, walk: int, note: str = "") -> str:
        """The walk is done, with a word about it; said twice, it is done once. Raises Unknown, WalkOver, TooLong."""
        note = " ".join(note.split())
        check_text("说明", note, LONGEST_NOTE)

        def run(tx: Connection) -> int:
            row = self._own(tx, actor, walk, again=True)
            if row["done_at"] is None:
                now = self._core.clock.now()
                values = {
                    "begun_at": row["begun_at"] or now, "done_at": now, "person_id": actor.person,
                    "post_id": self._post(actor, row), "note": note,
                }  # fmt: skip
                tx.execute(update(patrol_walks).where(patrol_walks.c.id == walk).values(**values))
            return int(row["found"])

        found: int = self._core._write(actor, "walk.done", f"walk:{walk}", run)
        return f"已记下走完，发现问题 {found} 处" if found else "已记下走完，没有发现问题"

    def may_find(self, actor: Actor, walk: int) -> WalkView | None:
        """The walk for which this person may register a finding now; None when there is none such."""
        row = self._core._read(lambda tx: rows.one_walk(tx, walk))
        if row is None or row["day"] != self._today() or row["person_id"] != actor.person:
            return None
        return self._walk(row, actor)

    def credit(self, actor: Actor, walk: int, case: int) -> None:
        """A case somebody registered on their own walk is a finding of it; said twice, it is one. Raises Unknown."""
        if self.may_find(actor, walk) is None:
            raise Unknown(what="这次巡查")
        known = select(patrol_findings.c.id).where(patrol_findings.c.case_id == case)

        def run(tx: Connection) -> None:
            if tx.execute(known).first() is None:
                tx.execute(patrol_findings.insert(), {"walk_id": walk, "draft_id": None, "case_id": case})

        self._core._write(actor, "walk.found", f"walk:{walk}", run)

    def _own(self, tx: Connection, actor: Actor, walk: int, *, again: bool = False) -> dict[str, Any]:
        """A walk of today this person may walk, locked; one they ended themselves only when said `again`."""
        row = rows.one_walk(tx, walk, lock=True)
        if row is None or not set(row["walkers"]) & self._posts(actor):
            raise Unknown(what="这次巡查")
        if row["done_at"] is not None and not (again and row["person_id"] == actor.person):
            raise WalkOver(how=f"已由{self._core.directory().person_name(row['person_id'])}走完")
        if row["day"] != self._today():
            raise WalkOver(how="不在今天")
        return row

    # --- looking ---

    def of_day(self, actor: Actor) -> tuple[WalkView, ...]:
        """The walks of today of every unit this reader sees, and their own."""
        day, units = self._today(), self._units(actor)
        found = self._core._read(lambda tx: rows.walks_of_day(tx, day, self._posts(actor), units))
        return tuple(self._walk(row, actor) for row in found)

    def plans(self, actor: Actor) -> tuple[PlanView, ...]:
        """The plans of every unit this reader sees, those in use first, with their last thirty days."""
        today, units = self._today(), self._units(actor)
        mine = select(patrol_plans).where(patrol_plans.c.unit_id.in_(units)).order_by(patrol_plans.c.unit_id)

        def read(tx: Connection) -> tuple[Any, dict[int, tuple[int, int, int]]]:
            plans = tx.execute(mine.order_by(patrol_plans.c.id)).mappings().all()
            return plans, rows.tallies(tx, today - ONE_DAY * DAYS, today)

        plans, told = self._core._read(read)
        found = [self._plan(rows.shaped(row), actor, told.get(row["id"], (0, 0, 0))) for row in plans]
        return tuple(sorted(found, key=lambda one: not one.in_use))

    def plan(self, actor: Actor, plan: int) -> tuple[PlanView, tuple[WalkView, ...], Mapping[int, Any]]:
        """One plan, its latest walks and the cases found on each. Raises Unknown, missing and foreign alike."""
        found = next((one for one in self.plans(actor) if one.id == plan), None)
        if found is None:
            raise Unknown(what="巡查计划")

        def read(tx: Connection) -> tuple[Any, dict[int, list[tuple[int, str, str]]]]:
            walks = rows.walks_of_plan(tx, plan, SHOWN)
            return walks, rows.findings_of(tx, [row["id"] for row in walks])

        walks, cases = self._core._read(read)
        return found, tuple(self._walk(row, actor) for row in walks), cases

    def of_case(self, actor: Actor, case: int) -> WalkView | None:
        """The walk on which a case was found, whose reader was checked."""
        row = self._core._read(lambda tx: rows.walk_of_case(tx, case))
        return None if row is None else self._walk(row, actor)

    def of_unit(self, unit: int) -> tuple[int, int, int]:
        """A unit's own day: walks due today, done, cases found on them."""
        day = self._today()
        found = self._core._read(lambda tx: rows.walks_of_day(tx, day, units=(unit,)))
        return len(found), sum(row["done_at"] is not None for row in found), sum(row["found"] for row in found)

    # --- in words ---

    def _walk(self, row: Mapping[str, Any], actor: Actor) -> WalkView:
        directory, now = self._core.directory(), self._core.clock.now()
        state = _state(row, local_date(now))
        return WalkView(
            row["id"], row["plan_id"], directory.unit_name(row["unit_id"]), row["title"], row["place"],
            row["look_for"], row["day"], state, *STATES[state], directory.person_name(row["person_id"]),
            when(now, row["begun_at"]) if row["begun_at"] else "", row["note"], self._names(row["walkers"]),
            row["found"], bool(set(row["walkers"]) & self._posts(actor)),
        )  # fmt: skip

    def _plan(self, row: Mapping[str, Any], actor: Actor, told: tuple[int, int, int]) -> PlanView:
        today, ends = self._today(), row["valid_to"]
        weekdays = load_registers()["patrol"].fields["weekdays"].chosen
        days = [weekdays[one] for one in row["weekdays"]]
        dates = [day_words(date.fromisoformat(one), today) for one in row["dates"] if one >= today.isoformat()]
        writes = actor.role in load_registers()["patrol"].writes and row["unit_id"] == actor.unit
        return PlanView(
            row["id"], self._core.directory().unit_name(row["unit_id"]), row["title"], row["place"], row["look_for"],
            "、".join([*(["每" + "、".join(days)] if days else []), *dates]) or "指定的日期都过了",
            self._names(row["walkers"]), day_words(ends, today) if ends else "", ends is None or today < ends, writes,
            *told,
        )  # fmt: skip

    def _names(self, posts: list[int]) -> str:
        holders = self._core.directory().holders
        return "、".join(holders[post].name for post in posts if post in holders) or "无人，请修改计划"

    def _units(self, actor: Actor) -> frozenset[int]:
        world = self._core.world()
        scope = world.policy.reads.get(actor.role, "none")
        return frozenset(world.directory.units) if scope == "all" else reach(actor, scope, world.directory)

    def _today(self) -> date:
        return local_date(self._core.clock.now())

    @staticmethod
    def _posts(actor: Actor) -> frozenset[int]:
        return frozenset(post for post in (actor.post, *(one.id for one in actor.others)) if post is not None)

    def _post(self, actor: Actor, row: Mapping[str, Any]) -> int:
        """The post by which somebody walks: the current one if the plan names it."""
        if actor.post is not None and actor.post in row["walkers"]:
            return actor.post
        mine: list[int] = sorted(set(row["walkers"]) & self._posts(actor))
        return mine[0]


def _state(row: Mapping[str, Any], today: date) -> str:
    if row["done_at"] is not None:
        return "done"
    if row["day"] < today:
        return "missed"
    return "walking" if row["begun_at"] is not None else "due"


def found_on(tx: Connection, draft: int, case: int | None) -> None:
    """What became of a draft made on a walk: a case the walk is credited with, or nothing."""
    mine = patrol_findings.c.draft_id == draft
    if case is None:
        tx.execute(patrol_findings.delete().where(mine))
    else:
        tx.execute(update(patrol_findings).where(mine).values(case_id=case))
