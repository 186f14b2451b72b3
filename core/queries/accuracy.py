"""How good the suggestions were: against the unit that led each case in the end, by unit, and how that drifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from core.models.cases import cases
from core.models.suggest import suggestions, text_models
from core.work import World

DAYS, RECENT = 90, 30
SETTLED = ("closing", "follow_up", "closed", "archived")
"""Where the lead unit is the one that did the work: a case still under way may yet be given back."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Suggestions of some cases: how many, how many spoke at all, how many were right at once or among three."""

    title: str
    cases: int
    spoken: int
    first: int
    three: int
    unknown: float | None = None

    @property
    def coverage(self) -> float | None:
        return self.spoken / self.cases if self.cases else None

    @property
    def top1(self) -> float | None:
        return self.first / self.spoken if self.spoken else None

    @property
    def top3(self) -> float | None:
        return self.three / self.spoken if self.spoken else None


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One text model of the shelf, with its figures when it was judged."""

    id: int
    state: str
    source: str
    asked_at: datetime
    made_at: datetime | None
    learnt_from: int
    top1: float | None
    top3: float | None
    duties_top1: float | None
    megabytes: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The page 推荐: the whole, this month against the two before, each unit, the models; `waiting`: not settled."""

    whole: Hits
    recent: Hits
    before: Hits
    units: tuple[Hits, ...]
    models: tuple[ModelLine, ...]
    waiting: int
    duties: int
    version: int


def accuracy(tx: Connection, world: World, now: datetime) -> Accuracy:
    """Everything the page shows, from the suggestions of ninety days and how their cases ended."""
    since, turn = now - timedelta(days=DAYS), now - timedelta(days=RECENT)
    rows = _counted(tx, since, turn)
    settled = [row for row in rows if row.settled]
    known = {row.late: row.known for row in _known(tx, since, turn)}
    by_unit: dict[int, list[Any]] = {}
    for row in settled:
        by_unit.setdefault(row.lead_unit, []).append(row)
    units = [_hits(world.directory.unit_name(unit), held) for unit, held in by_unit.items()]
    listed = world.policy.duties
    return Accuracy(
        whole=_hits("近 90 天", settled),
        recent=_hits("近 30 天", [row for row in settled if row.late], known.get(1)),
        before=_hits("此前 60 天", [row for row in settled if not row.late], known.get(0)),
        units=tuple(sorted(units, key=lambda hits: (-hits.cases, hits.title))),
        models=tuple(_models(tx)),
        waiting=sum(row.held for row in rows if not row.settled),
        duties=len(listed.duties),
        version=listed.version,
    )


def _counted(tx: Connection, since: datetime, turn: datetime) -> Sequence[Any]:
    """Counts by lead unit, month and outcome; the database counts, however many cases there were."""
    s, lead = suggestions.c, cases.c.lead_unit
    rank = case((s.first_unit == lead, 1), (s.second_unit == lead, 2), (s.third_unit == lead, 3), else_=0)
    late = case((s.made_at >= turn, 1), else_=0)
    settled = case((cases.c.state.in_(SETTLED), 1), else_=0)
    columns = (lead, rank.label("rank"), late.label("late"), settled.label("settled"), s.sure)
    query = (
        select(*columns, func.count().label("held"))
        .join(cases, cases.c.id == s.case_id)
        .where(s.made_at >= since, lead.is_not(None))
        .group_by(*columns)
    )
    return tx.execute(query).all()


def _known(tx: Connection, since: datetime, turn: datetime) -> Sequence[Any]:
    late = case((suggestions.c.made_at >= turn, 1), else_=0)
    query = (
        select(late.label("late"), func.avg(suggestions.c.known).label("known"))
        .where(suggestions.c.made_at >= since, suggestions.c.known.is_not(None))
        .group_by(late)
    )
    return tx.execute(query).all()


def _hits(title: str, rows: Sequence[Any], known: float | None = None) -> Hits:
    spoken = [row for row in rows if row.sure]
    return Hits(
        title,
        sum(row.held for row in rows),
        sum(row.held for row in spoken),
        sum(row.held for row in spoken if row.rank == 1),
        sum(row.held for row in spoken if row.rank),
        None if known is None else 1 - known,
    )


def _models(tx: Connection) -> list[ModelLine]:
    c = text_models.c
    columns = (c.id, c.state, c.source, c.asked_at, c.made_at, c.learnt_from, c.figures, c.note)
    return [
        ModelLine(
            row.id, row.state, row.source, row.asked_at, row.made_at, row.learnt_from, row.figures.get("top1"),
            row.figures.get("top3"), row.figures.get("duties_top1"), row.figures.get("megabytes"), row.note,
        )
        for row in tx.execute(select(*columns).order_by(c.id.desc()).limit(8))
    ]  # fmt: skip
