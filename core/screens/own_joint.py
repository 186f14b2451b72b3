"""Numbers of our joint orders: exactly those of the score reports, for the whole district."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from core.joint_scores import published
from core.joint_scores.reading import read_parts
from core.models.joint import joint_orders
from core.policy.scoring import read_scoring
from core.policy.topics import Own
from core.scoring import CALLED, SPONSOR, Part
from core.screens.told import Count, Look, Told, moments, ranked, stretch
from core.worktime import SHANGHAI


def _parts(look: Look, own: Own) -> tuple[Sequence[Part], Any]:
    """What counts in these days: with what appeals took out left out, as the reports have it."""
    since, until = stretch(own, look.last)
    if ("parts", since, until) not in look.kept:
        parts, marks = read_parts(look.tx, look.world, since, until, look.now)
        groups = {unit.id: unit.group for unit in look.world.directory.units.values()}
        basis = published.Basis(read_scoring().rule(until), parts, marks, groups)
        look.kept["parts", since, until] = published.without(basis, published.excused(look.tx))
    basis = look.kept["parts", since, until]
    return basis.parts, basis


def _counted(amount: str, side: str) -> Count:
    def count(look: Look, own: Own) -> Told:
        parts, _ = _parts(look, own)
        held = [one for one in parts if one.side == side and amount in one.amounts]
        if own.by in ("day", "month"):
            step = 10 if own.by == "day" else 7
            days = Counter(one.day.isoformat()[:step] for one in held)
            return Told(float(len(held)), tuple((day, float(n)) for day, n in sorted(days.items())), look.now)
        units = Counter(look.world.directory.unit_name(one.unit) for one in held)
        return Told(float(len(held)), ranked({name: float(n) for name, n in units.items()}), look.now)

    return count


def _rate(of: str, per: str) -> Count:
    """Of all that were due, how many did; not told below the report's own minimum."""

    def count(look: Look, own: Own) -> Told:
        parts, basis = _parts(look, own)
        least = basis.rule.minimum
        ofs, pers = Counter[int](), Counter[int]()
        for one in parts:
            ofs[one.unit] += of in one.amounts
            pers[one.unit] += per in one.amounts
        name = look.world.directory.unit_name
        groups = {name(unit): round(ofs[unit] / n * 100, 1) for unit, n in pers.items() if n >= least}
        whole = sum(pers.values())
        value = round(sum(ofs.values()) / whole * 100, 1) if whole >= least else None
        return Told(value, ranked(groups), look.now, note="" if value is not None else "样本不足" if whole else "—")

    return count


def completed(look: Look, own: Own) -> Told:
    """Orders raised in these days that are complete by now, by who raised them."""
    since, until = stretch(own, look.last)
    return _orders(look, own, (joint_orders.c.state == "completed", *_raised(since, until)))


def open_orders(look: Look, own: Own) -> Told:
    return _orders(look, own, (joint_orders.c.state != "completed",))


def _raised(since: date, until: date) -> tuple[Any, Any]:
    first, after = moments(since, until)
    return joint_orders.c.raised_at >= first, joint_orders.c.raised_at < after


def _orders(look: Look, own: Own, where: Sequence[Any]) -> Told:
    if own.by in ("day", "month"):
        step = 10 if own.by == "day" else 7
        at = look.tx.execute(select(joint_orders.c.raised_at).where(*where)).scalars()
        days = Counter(f"{one.astimezone(SHANGHAI):%Y-%m-%d}"[:step] for one in at)
        return Told(float(sum(days.values())), tuple((day, float(n)) for day, n in sorted(days.items())), look.now)
    column = joint_orders.c.state if own.by == "state" else joint_orders.c.sponsor_unit
    rows = look.tx.execute(select(column, func.count()).where(*where).group_by(column)).all()
    states = look.world.policy.flows["joint_order"].states
    found: dict[str, float] = {}
    for key, n in rows:
        title = states[key].title if own.by == "state" else look.world.directory.unit_name(key)
        found[title] = found.get(title, 0.0) + n
    return Told(sum(found.values()), ranked(found), look.now)


def score(look: Look, own: Own) -> Told:
    """The scores of the units that have one; the whole is their mean."""
    _, basis = _parts(look, own)
    told = {look.world.directory.unit_name(one.unit): one.score for one in basis.scores() if one.score is not None}
    if not told:
        return Told(None, as_of=look.now, note="样本不足")
    return Told(round(sum(told.values()) / len(told), 1), ranked(told), look.now)


COUNTS: Mapping[str, Count] = {
    "joint_raised": _counted("sponsored", SPONSOR),
    "joint_open": open_orders,
    "joint_completed": completed,
    "joint_called": _counted("called", CALLED),
    "joint_answered_rate": _rate("responded_in_time", "response_due"),
    "joint_came_rate": _rate("checked_in", "check_in_due"),
    "joint_fed_rate": _rate("fed_in_time", "feedback_due"),
    "joint_pleased_rate": _rate("pleased", "rated"),
    "joint_score": score,
}
