"""直通联办 (R023): warnings by level with who is on each, joint orders in progress, KPI against target, assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, select

from core.deadlines import left_sentence, pace
from core.figures import Ask, Shown
from core.joint_views import JointPage
from core.models.cases import case_legs, cases
from core.models.record import events
from core.models.watch import unit_warnings
from core.notices import staff_of
from core.people import Actor
from core.plain import plain, scrub
from core.policy.briefings import Target, read_targets, targets_on
from core.queries.joint_lists import JointFilter
from core.queries.sheets import units_within
from core.score_views import Ask as ScoreAsk
from core.score_views import Board, month_of
from core.timewords import when
from core.watch import WATCHED, level_of
from core.work import World
from core.worktime import local_date

if TYPE_CHECKING:
    from core.briefings import Wired

SHOWN, PAGE = 5, 50
TITLE = 40
OPEN = select(
    case_legs.c.id, case_legs.c.case_id, case_legs.c.unit_id, case_legs.c.state, case_legs.c.rule, case_legs.c.hours,
    case_legs.c.due_at, case_legs.c.watch,
).where(case_legs.c.state.in_(WATCHED))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Warned:
    """One part of a case that slips: whose move it is and how long is left."""

    no: str
    tail: str
    title: str
    unit: str
    who: str
    state: str
    left: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class LevelView:
    """One level: its word and sign, how many parts are at it, and the most urgent of them.

    `page`, of `pages`: where it is told whole; 0 where only its first are.
    """

    name: str
    label: str
    count: int
    rows: tuple[Warned, ...]
    page: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Kpi:
    """A measure of the month beside its target. `met` None: too few to say."""

    title: str
    text: str
    target: str
    gap: str
    met: bool | None
    share: float
    parts: tuple[tuple[int, str], ...]  # of a rate, each with the amount whose cases it opens
    formula: str


@dataclass(frozen=True, slots=True)
class DirectView:
    """The whole page for one reader."""

    scope: str
    as_of: str
    levels: tuple[LevelView, ...]
    units: tuple[tuple[str, str, str], ...]  # unit, label, why: whole units that were warned
    joint: JointPage
    kpis: tuple[Kpi, ...]
    kpi_title: str
    kpi_as_of: str
    since: date
    until: date
    board: Board

    @property
    def met(self) -> tuple[int, int]:
        """How many targets are met, of how many that can be told."""
        known = [one.met for one in self.kpis if one.met is not None]
        return sum(known), len(known)


class Direct:
    """The page behind the facade; every part within the reader's own right."""

    def __init__(self, core: Wired) -> None:
        self._core = core
        self._targets = read_targets()

    def view(self, actor: Actor, level: str = "", page: int = 1) -> DirectView:
        """Everything for this reader; of the level named all that is at it, page by page."""
        core = self._core
        world, now = core.world(), core.clock.now()
        today = local_date(now)
        board = core.joint_scores.board(actor, ScoreAsk(*month_of(today)))
        levels, units = core._read(
            lambda tx: (self._levels(tx, actor, world, now, level, page), self._units(tx, actor, world))
        )
        at, kpis = self._kpis(actor, now)
        joint = core.joints.listed(actor, "running", JointFilter(), 1)
        version = targets_on(self._targets, today)
        return DirectView(
            board.scope, f"截至 {when(now, now)}", levels, units, joint, kpis,
            f"{today.year}年{today.month}月至今 · 目标按{version.title}",
            f"截至 {when(now, at)}" if at else "统计正在汇总", today.replace(day=1), today, board,
        )  # fmt: skip

    # --- warnings ---

    def _levels(
        self, tx: Connection, actor: Actor, world: World, now: datetime, whole: str, page: int
    ) -> tuple[LevelView, ...]:
        """By what the clocks say now, the highest level first."""
        query = OPEN if world.policy.reads.get(actor.role) == "all" else OPEN.where(
            case_legs.c.unit_id.in_(units_within(actor, world))
        )  # fmt: skip
        found: dict[int, list[RowMapping]] = {}
        for row in tx.execute(query).mappings():
            if reached := level_of(dict(row), now):
                found.setdefault(reached, []).append(row)
        levels = []
        for number, level in reversed(list(enumerate(world.policy.warnings.levels, 1))):
            rows = sorted(found.get(number, ()), key=lambda row: (row["due_at"], row["id"]))
            pages = max(1, -(-len(rows) // PAGE)) if level.name == whole else 0
            at = min(page, pages)
            shown = rows[PAGE * (at - 1) : PAGE * at] if at else rows[:SHOWN]
            levels.append(LevelView(level.name, level.label, len(rows), _warned(tx, shown, world, now), at, pages))
        return tuple(levels)

    def _units(self, tx: Connection, actor: Actor, world: World) -> tuple[tuple[str, str, str], ...]:
        """Whole units that were warned, the highest level first."""
        mine = units_within(actor, world)
        rows = tx.execute(
            select(unit_warnings)
            .where(unit_warnings.c.level > 0, unit_warnings.c.unit_id.in_(mine))
            .order_by(unit_warnings.c.level.desc(), unit_warnings.c.unit_id)
        ).all()
        levels = world.policy.warnings.levels
        return tuple((world.directory.unit_name(row.unit_id), levels[row.level - 1].label, row.why) for row in rows)

    # --- KPI ---

    def _kpis(self, actor: Actor, now: datetime) -> tuple[datetime | None, tuple[Kpi, ...]]:
        today = local_date(now)
        rows = targets_on(self._targets, today).rows
        at, shown = self._core.measures.named(
            actor, Ask(today.replace(day=1), today), tuple(row.measure for row in rows)
        )
        return at, tuple(self._kpi(row, one) for row, one in zip(rows, shown, strict=True))

    def _kpi(self, row: Target, one: Shown) -> Kpi:
        measure = self._core.measures.book.measures[row.measure]
        unit = "%" if measure.shows == "rate" else " 小时"
        target = f"{'不低于' if row.good == 'up' else '不高于'} {row.target:g}{unit}"
        parts = one.parts if measure.shows == "rate" else ()
        if one.number is None:
            return Kpi(one.title, one.text, target, "", None, 0.0, parts, measure.formula)
        met = one.number >= row.target if row.good == "up" else one.number <= row.target
        step = abs(one.number - row.target)
        gap = "达标" if met else f"差 {step:.1f} 个百分点" if measure.shows == "rate" else f"多 {step:.1f} 小时"
        whole = 100.0 if measure.shows == "rate" else max(row.target * 2, one.number)
        return Kpi(one.title, one.text, target, gap, met, min(1.0, one.number / whole), parts, measure.formula)


def _warned(tx: Connection, rows: Sequence[RowMapping], world: World, now: datetime) -> tuple[Warned, ...]:
    """The parts in words, each with the person who signed it, else with whoever handles for the unit."""
    if not rows:
        return ()
    ids = [row["case_id"] for row in rows]
    named = {
        row.id: row for row in tx.execute(select(cases.c.id, cases.c.no, cases.c.title).where(cases.c.id.in_(ids)))
    }
    signed = select(events.c.leg_id, events.c.person_id).where(
        events.c.case_id.in_(ids), events.c.leg_id.in_([row["id"] for row in rows]), events.c.name == "signed"
    )
    hands = {row.leg_id: row.person_id for row in tx.execute(signed.order_by(events.c.id))}
    return tuple(_line(row, named[row["case_id"]], hands.get(row["id"]), world, now) for row in rows)


def _line(row: RowMapping, case: Any, hand: int | None, world: World, now: datetime) -> Warned:
    directory, audience = world.directory, world.policy.audience
    staff = staff_of(directory.by_unit.get(row["unit_id"], ()), audience["unit"], audience["unit_fallback"])
    who = directory.person_name(hand) or "、".join(list(dict.fromkeys(one.name for one in staff))[:2])
    counted = pace(world.rules[row["rule"]].close, row["hours"])
    return Warned(
        case.no, case.no[-6:], plain(scrub(case.title), TITLE), directory.unit_name(row["unit_id"]), who,
        world.policy.flows["case_leg"].states[row["state"]].title,
        left_sentence(now, row["due_at"], world.calendar, counted), now > row["due_at"],
    )  # fmt: skip
