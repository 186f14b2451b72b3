"""Scores of joint orders from plain values: rates, marks, caution with small numbers, ranks within a group (§10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

CALLED, SPONSOR = "called", "sponsor"
AMOUNTS: Mapping[str, str] = {
    "called": "应召", "responded": "已响应", "response_due": "应响应", "responded_in_time": "按时响应",
    "refused": "不报到", "released": "移出", "check_in_due": "应到场", "checked_in": "已到场",
    "checked_in_in_time": "按时签到", "late": "补卡", "feedback_due": "应反馈", "fed_in_time": "按时反馈",
    "fed_back": "已反馈", "unfed": "未反馈", "redone": "重办", "overdue": "超时", "running": "办理中",
    "rated": "已评价", "pleased": "满意", "displeased": "不满意", "unrated": "未评价",
    "sponsored": "发起", "settled": "已有定论", "called_rightly": "叫对单位",
    "sponsor_rated": "受评（发起）", "sponsor_pleased": "满意（发起）", "sponsor_displeased": "不满意（发起）",
}  # fmt: skip
"""What one unit's part of one order counts for, 0 or 1 each."""
MARKS = frozenset({"late", "redone", "unfed", "overruled", "sponsor_pleased"})
Z = 1.959964
"""Both ends of the normal distribution beyond this are 5 %."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One weighted rate of a rule: `of` ÷ `per`, both in AMOUNTS."""

    name: str
    title: str
    weight: float
    of: str
    per: str
    formula: str


@dataclass(frozen=True, slots=True)
class MarkRule:
    """Points for each mark of a kind (negative takes away), at most `cap` in a month."""

    name: str
    title: str
    of: str
    points: float
    cap: float
    formula: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated version of the formula. `limit`: how much all marks together may add or take away.

    `known`: the share of the weights that needs enough samples for a score to be told.
    """

    name: str
    begins: date
    minimum: int
    limit: float
    known: float
    indicators: tuple[Indicator, ...]
    marks: tuple[MarkRule, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one leg counts for at one unit: as the called one, or as the sponsor. `day`: when the flag was raised."""

    order: int
    leg: int
    unit: int
    side: str
    day: date
    amounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that adds or takes away, on its day; `month` is that of the order, for the cap."""

    kind: str
    order: int
    leg: int
    unit: int
    day: date
    month: str


@dataclass(frozen=True, slots=True)
class Rate:
    """`of` out of `per`; `rate` is None where there are fewer than the minimum."""

    name: str
    title: str
    of: int
    per: int
    opens: tuple[str, str]
    rate: float | None

    @property
    def text(self) -> str:
        if not self.per:
            return "—"
        return "样本不足" if self.rate is None else f"{self.rate:.1%}"


@dataclass(frozen=True, slots=True)
class Counted:
    """The marks of one kind at a unit: how many, and the points they come to after the caps."""

    name: str
    title: str
    count: int
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """One unit's line. `score` None: too few. `cautious` decides the `rank` among `among` units of its group."""

    unit: int
    group: str
    orders: int
    counts: Mapping[str, int]
    rates: tuple[Rate, ...]
    marks: tuple[Counted, ...]
    base: float | None
    extra: float
    score: float | None
    cautious: float | None
    rank: int | None = None
    among: int = 0

    @property
    def text(self) -> str:
        return "样本不足" if self.score is None else f"{self.score:.1f}"


def lower_bound(of: int, per: int) -> float:
    """The lower end of the 95 % Wilson interval of a rate; 0 of 0 is 0 (§10 rule 2)."""
    if not per:
        return 0.0
    share, square = of / per, Z * Z
    middle = share + square / (2 * per)
    wide = Z * sqrt(share * (1 - share) / per + square / (4 * per * per))
    return max(0.0, (middle - wide) / (1 + square / per))


def rate(name: str, title: str, of: str, per: str, counts: Mapping[str, int], minimum: int) -> Rate:
    """A rate of these counts, not told below the minimum; its numbers stay."""
    a, b = counts.get(of, 0), counts.get(per, 0)
    return Rate(name, title, a, b, (of, per), a / b if b >= minimum else None)


def scores(parts: Sequence[Part], marks: Sequence[Mark], groups: Mapping[int, str], rule: Rule) -> list[Score]:
    """Every unit with a part in these, scored and ranked within its group, best first; those with too few last."""
    mine: dict[int, list[Part]] = {}
    for part in parts:
        mine.setdefault(part.unit, []).append(part)
    found = [
        _score(unit, groups.get(unit, ""), rows, [one for one in marks if one.unit == unit], rule)
        for unit, rows in mine.items()
    ]
    return [one for group in sorted({one.group for one in found}) for one in _ranked(found, group)]


def _score(unit: int, group: str, parts: Sequence[Part], marks: Sequence[Mark], rule: Rule) -> Score:
    counts = {name: sum(name in part.amounts for part in parts) for name in AMOUNTS}
    orders = counts["called"] + counts["sponsored"]
    rates = tuple(rate(one.name, one.title, one.of, one.per, counts, rule.minimum) for one in rule.indicators)
    counted = tuple(_counted(one, [mark for mark in marks if mark.kind == one.of]) for one in rule.marks)
    extra = round(max(-rule.limit, min(rule.limit, sum(one.points for one in counted))), 2)
    known = [(one.weight, got) for one, got in zip(rule.indicators, rates, strict=True) if got.rate is not None]
    whole, every = sum(weight for weight, _ in known), sum(one.weight for one in rule.indicators)
    if orders < rule.minimum or not known or whole < rule.known * every:
        return Score(unit, group, orders, counts, rates, counted, None, extra, None, None)
    base = 100 * sum(weight * (got.rate or 0) for weight, got in known) / whole
    low = 100 * sum(weight * lower_bound(got.of, got.per) for weight, got in known) / whole
    return Score(
        unit, group, orders, counts, rates, counted, round(base, 2), extra, _whole(base + extra), _whole(low + extra)
    )


def _whole(points: float) -> float:
    return round(max(0.0, min(100.0, points)), 2)


def _counted(rule: MarkRule, marks: Sequence[Mark]) -> Counted:
    """The cap holds for each month by itself."""
    months: dict[str, int] = {}
    for mark in marks:
        months[mark.month] = months.get(mark.month, 0) + 1
    sign = 1 if rule.points > 0 else -1
    points = sign * sum(min(rule.cap, abs(rule.points) * count) for count in months.values())
    return Counted(rule.name, rule.title, len(marks), round(points, 2))


def _ranked(found: Iterable[Score], group: str) -> list[Score]:
    """One group in order; equal cautious scores share a rank."""
    mine = sorted(
        (one for one in found if one.group == group), key=lambda one: (-(one.cautious or -1), -one.orders, one.unit)
    )
    told = [one.cautious for one in mine if one.cautious is not None]
    return [_placed(one, told) for one in mine]


def _placed(one: Score, told: Sequence[float]) -> Score:
    rank = None if one.cautious is None else 1 + sum(other > one.cautious for other in told)
    return Score(
        one.unit, one.group, one.orders, one.counts, one.rates, one.marks, one.base, one.extra, one.score,
        one.cautious, rank, len(told),
    )  # fmt: skip
