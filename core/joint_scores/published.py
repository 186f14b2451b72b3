"""Published months: each version stored whole, so that its numbers open what stood behind them on that day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from core.canon import canonical
from core.models.scores import joint_appeals, joint_reports
from core.policy.scoring import read_rule, told
from core.queries.people import Directory
from core.score_views import Change, Version
from core.scoring import CALLED, SPONSOR, Mark, Part, Rule, Score, scores
from core.sm import sm3
from core.timewords import when

UPHELD = "upheld"
VERSIONS = select(joint_reports).order_by(joint_reports.c.version)
EXCUSED = select(joint_appeals.c.leg_id, joint_appeals.c.unit_id, joint_appeals.c.item).where(
    joint_appeals.c.state == UPHELD
)
Excused = frozenset[tuple[int, int, str]]
"""Leg, unit and item of every appeal that was upheld: it no longer counts there."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a report is computed from, at one moment."""

    rule: Rule
    parts: tuple[Part, ...]
    marks: tuple[Mark, ...]
    groups: Mapping[int, str]

    def scores(self) -> list[Score]:
        return scores(self.parts, self.marks, self.groups, self.rule)

    def within(self, units: Sequence[int]) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.unit in units)


def excused(tx: Connection) -> Excused:
    return frozenset((row.leg_id, row.unit_id, row.item) for row in tx.execute(EXCUSED))


def without(basis: Basis, dropped: Excused) -> Basis:
    """The basis with every upheld appeal taken out of what it was against."""
    rates = {one.name: frozenset({one.of, one.per}) for one in basis.rule.indicators}
    kinds = {one.name: one.of for one in basis.rule.marks}
    gone = {(leg, unit, kinds[item]) for leg, unit, item in dropped if item in kinds}
    parts = []
    for part in basis.parts:
        lost = [rates[item] for leg, unit, item in dropped if (leg, unit) == (part.leg, part.unit) and item in rates]
        parts.append(replace(part, amounts=part.amounts.difference(*lost)) if lost else part)
    marks = tuple(one for one in basis.marks if (one.leg, one.unit, one.kind) not in gone)
    return replace(basis, parts=tuple(parts), marks=marks)


def content_of(basis: Basis) -> dict[str, Any]:
    """A basis as it is stored: the rule, every input with its order, and the scores they come to."""
    return {
        "rule": told(basis.rule),
        "parts": [
            [one.order, one.leg, one.unit, one.side, one.day.isoformat(), sorted(one.amounts)] for one in basis.parts
        ],
        "marks": [[one.kind, one.order, one.leg, one.unit, one.day.isoformat(), one.month] for one in basis.marks],
        "groups": {str(unit): basis.groups.get(unit, "") for unit in sorted({one.unit for one in basis.parts})},
        "scores": {str(one.unit): [one.score, one.cautious, one.rank] for one in basis.scores()},
    }


def basis_of(content: Mapping[str, Any]) -> Basis:
    """The stored basis read back."""
    parts = tuple(
        Part(order, leg, unit, SPONSOR if side == SPONSOR else CALLED, date.fromisoformat(day), frozenset(amounts))
        for order, leg, unit, side, day, amounts in content["parts"]
    )
    marks = tuple(
        Mark(kind, order, leg, unit, date.fromisoformat(day), month)
        for kind, order, leg, unit, day, month in content["marks"]
    )
    groups = {int(unit): group for unit, group in content["groups"].items()}
    return Basis(read_rule(content["rule"]), parts, marks, groups)


def digest_of(content: Mapping[str, Any]) -> str:
    return sm3(canonical(content).encode()).hex()


def versions(tx: Connection, month: str) -> list[Mapping[str, Any]]:
    """Every published version of a month, oldest first."""
    return [dict(row) for row in tx.execute(VERSIONS.where(joint_reports.c.month == month)).mappings()]


def version_view(row: Mapping[str, Any], directory: Directory, now: Any) -> Version:
    holder = next((one for one in directory.by_person.get(row["person_id"] or 0, ())), None)
    return Version(
        row["version"], when(now, row["at"]), holder.name if holder else "", row["note"] or "", row["digest"]
    )


def changes(old: Basis, new: Basis, directory: Directory) -> list[Change]:
    """What differs between two versions: scores, ranks, rates and marks, unit by unit."""
    before, after = ({one.unit: _lines(one) for one in basis.scores()} for basis in (old, new))
    found = []
    for unit in sorted({*before, *after}):
        was, now = before.get(unit, {}), after.get(unit, {})
        for title in [*now, *(title for title in was if title not in now)]:
            if was.get(title) != now.get(title):
                found.append(Change(directory.unit_name(unit), title, was.get(title, "—"), now.get(title, "—")))
    return found


def _lines(one: Score) -> dict[str, str]:
    """What a unit reads of itself, by name."""
    rank = f"{one.rank}/{one.among}" if one.rank else "不排名"
    rates = {got.title: f"{got.of}/{got.per}" for got in one.rates}
    marks = {f"{got.title}（分）": f"{got.points:+g}（{got.count} 次）" for got in one.marks}
    return {"得分": one.text, "名次": rank, **rates, **marks}
