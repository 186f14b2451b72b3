"""When one leg of a case makes itself heard: its warning level, the rungs of the ladder, and the next moment to look.

Pure. What a leg keeps in `watch` is small and made of numbers: moments are whole seconds since 1970, so that lists
compare and never count. `marks` are the moments at which yellow, orange and red begin; `told` and `rungs` say what was
said; `off` until when a person has put off their reminders; `next` who is told next and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.deadlines import HOUR, STEP, Limit, pace, plain_due
from core.levels import NONE, Leg, basis, marks, second, why_of
from core.policy import Policy
from core.policy.notices import QuietHours
from core.policy.watching import LEVELS, Rung
from core.worktime import ONE_DAY, SHANGHAI, add_work_time, local_date, open_stretches
from core.worktime import work_time_between as worked

WATCHED = ("to_sign", "handling", "delegated", "returning", "adjudicating")
IN_HAND = {"receive": ("to_sign",), "contact": ("handling",), "close": ("to_sign", "handling")}


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be said at a moment. `action` is warn or remind; `key` a level, a rung or `snooze:` and a person."""

    at: datetime
    action: str
    key: str
    tell: tuple[str, ...]
    why: str


def level_of(leg: Mapping[str, Any], now: datetime) -> int:
    """How far a leg has come: 0 none, 1 yellow, 2 orange, 3 red. Compares, counts nothing."""
    begin, at = (leg.get("watch") or NONE).get("marks") or (), now.timestamp()
    return max((number for number, mark in enumerate(begin, 1) if mark is not None and mark < at), default=0)


def label_of(policy: Policy, leg: Mapping[str, Any], now: datetime) -> str:
    """「△ 黄色预警」, or nothing."""
    number = level_of(leg, now)
    return policy.warnings.levels[number - 1].label if number else ""


def refreshed(one: Leg, now: datetime) -> tuple[datetime | None, dict[str, Any]]:
    """`look_at` and `watch` of a leg as they should lie after something about it changed."""
    leg, kept = one.leg, dict(one.watch)
    if leg["state"] not in WATCHED:
        return None, {name: value for name, value in kept.items() if name not in ("by", "marks", "next")}
    began = second(leg["clock_from"])
    if kept.get("from", began) != began:  # a new limit began: what was said belongs to the old one
        kept = {"told": dict(kept.get("told", NONE)), "level": 0}
    if kept.get("seq") != leg["seq"]:  # somebody acted, which is what a put-off reminder waited for
        kept.pop("off", None)
    told_by = basis(one)
    if kept.get("by") != told_by:  # the calendar is asked only when something the marks follow from is another
        kept |= {"by": told_by, "marks": marks(one)}
    kept |= {"from": began, "seq": leg["seq"]}
    kept["level"] = min(kept.get("level", 0), level_of({"watch": kept}, now))  # going down is silent
    steps = sorted(_steps(Leg(one.policy, one.calendar, one.rule, one.case, {**leg, "watch": kept})), key=_at)
    announced = next((step for step in steps if not step.key.startswith("snooze:")), None)
    kept["next"] = [second(announced.at), list(announced.tell)] if announced else None
    return (steps[0].at if steps else None), kept


def due_step(one: Leg, now: datetime) -> Step | None:
    """What is to be said now: the highest level reached, else the furthest rung; what lies below it is passed over."""
    due = [step for step in _steps(one) if step.at <= now]
    warned = [step for step in due if step.action == "warn"]
    reached = level_of(one.leg, now)
    if warned:
        highest = max(warned, key=lambda step: LEVELS.index(step.key))
        number = LEVELS.index(highest.key)
        why = why_of(one, one.policy.warnings.levels[number], highest.at + timedelta(seconds=1))
        return replace(highest, why=why) if number < reached else None
    return max(due, key=_at, default=None)


def after_warning(watch: Mapping[str, Any], key: str, now: datetime, people: list[int]) -> dict[str, Any]:
    """The watch once a level was told to these people."""
    told = {**watch.get("told", NONE), key: {"at": second(now), "people": people}}
    return {**watch, "told": told, "level": LEVELS.index(key) + 1}


def after_rung(one: Leg, key: str, now: datetime) -> dict[str, Any]:
    """The watch once a rung was told: it, and the rungs of its clock that came before, are passed."""
    watch, rungs = one.watch, dict(one.watch.get("rungs", NONE))
    if key.startswith("snooze:"):
        off = {person: until for person, until in watch.get("off", NONE).items() if f"snooze:{person}" != key}
        return {**watch, "off": off}
    at = {rung.key: moment for rung, moment in _rungs(one)}
    for rung in one.policy.ladder.rungs:
        same = rung.clock == next(row.clock for row in one.policy.ladder.rungs if row.key == key)
        if rung.key == key or (same and rung.key in at and at[rung.key] <= now):
            rungs[rung.key] = [rungs.get(rung.key, [0])[0] + 1, second(now)]
    return {**watch, "rungs": rungs}


def hushed(one: Leg, now: datetime) -> tuple[datetime | None, dict[str, Any]]:
    """`look_at` and `watch` of a leg for which all that was due counts as said: practice begins in silence."""
    leg = dict(one.leg)
    while True:
        look_at, leg["watch"] = refreshed(Leg(one.policy, one.calendar, one.rule, one.case, leg), now)
        now_one = Leg(one.policy, one.calendar, one.rule, one.case, leg)
        step = due_step(now_one, now)
        if step is None:
            return look_at, leg["watch"]
        warned = step.action == "warn"
        leg["watch"] = after_warning(leg["watch"], step.key, now, []) if warned else after_rung(now_one, step.key, now)


def told_lately(one: Leg, key: str, now: datetime) -> frozenset[int]:
    """Who heard of this level on this leg and need not hear of it again yet."""
    told = one.watch.get("told", NONE).get(key)
    if told is None or _later(one, _moment(told["at"]), one.policy.warnings.again_after) <= now:
        return frozenset()
    return frozenset(told["people"])


def put_off(one: Leg, person: int, wait: str, now: datetime) -> tuple[datetime, dict[str, Any]]:
    """Until when a person has put off their reminders, and the watch that knows it."""
    office, today = one.leg["hours"], local_date(now)
    if wait == "hour":
        until = _allowed(one, now + HOUR, "work")
    else:
        until = next(start for start, _ in open_stretches(_midnight_after(now), one.calendar, office))
        spans = one.calendar.spans(today, office)
        if wait == "closing" and spans:
            before = (
                spans[-1][1] - STEP[one.policy.ladder.closing_before.unit] * one.policy.ladder.closing_before.amount
            )
            until = before if before > now else until
    return until, {**one.watch, "off": {**one.watch.get("off", NONE), str(person): second(until)}}


def has_put_off(one: Leg, person: int, now: datetime) -> bool:
    return bool(one.watch.get("off", NONE).get(str(person), 0) > now.timestamp())


def quiet_until(now: datetime, quiet: QuietHours) -> datetime | None:
    """The end of tonight's quiet hours (domain-rules §20), or None by day."""
    local = now.astimezone(SHANGHAI)
    if quiet.ends <= local.time() < quiet.begins:
        return None
    morning = datetime.combine(local_date(now), quiet.ends, SHANGHAI)
    return (morning if local.time() < quiet.ends else morning + ONE_DAY).astimezone(UTC)


# --- steps ----------------------------------------------------------------------------------------------------------


def _at(step: Step) -> datetime:
    return step.at


def _steps(one: Leg) -> Iterator[Step]:
    if one.leg["state"] not in WATCHED:
        return
    yield from _warnings(one)
    off = one.watch.get("off", NONE)
    for rung, at in _rungs(one):
        yield Step(at, "remind", rung.key, rung.tell, rung.why)
    for person, until in off.items():
        yield Step(_moment(until), "remind", f"snooze:{person}", ("person",), "您设的稍后提醒")


def _warnings(one: Leg) -> Iterator[Step]:
    watch, policy = one.watch, one.policy.warnings
    for number, (level, mark) in enumerate(zip(policy.levels, watch.get("marks") or (), strict=False), 1):
        if mark is None or number <= watch.get("level", 0):
            continue
        at = _moment(mark)
        if told := watch.get("told", NONE).get(level.name):
            at = max(at, _later(one, _moment(told["at"]), policy.again_after))
        at = _allowed(one, at, level.hours)
        yield Step(at, "warn", level.name, level.tell, "")


def _rungs(one: Leg) -> Iterator[tuple[Rung, datetime]]:
    """The rungs still to come while the leg waits for the act that ends their clock."""
    leg, passed = one.leg, one.watch.get("rungs", NONE)
    for rung in one.policy.ladder.rungs:
        times, last = passed.get(rung.key, (0, 0))
        over = leg["state"] not in IN_HAND[rung.clock] or times >= rung.most
        if over or (rung.clock == "contact" and leg["contacted_at"] is not None):
            continue
        at = _later(one, _moment(last), rung.every) if times and rung.every else _first(one, rung)
        if at is not None:
            yield rung, _allowed(one, at, rung.hours)


def _first(one: Leg, rung: Rung) -> datetime | None:
    """When a rung is reached, by its own clock."""
    leg, limit = one.leg, getattr(one.rule, rung.clock)
    if leg["clock_from"] != leg["sent_at"] and rung.clock != "close":
        return None  # a redo or a supervision begins a limit to close by, not these
    start = leg["clock_from"] if rung.clock == "close" else leg["sent_at"]
    due_at = leg["due_at"] if rung.clock == "close" else leg[f"{rung.clock}_due_at"]
    if due_at is None:
        return None
    if rung.after is not None:
        return _later(one, due_at, rung.after)
    counted, share = pace(limit, leg["hours"]), rung.at or 1.0
    given = worked(start, due_at, one.calendar, counted) or (due_at - start)
    if share <= 1:
        return add_work_time(start, given * share, one.calendar, counted)
    return add_work_time(due_at, given * (share - 1), one.calendar, counted)


def _later(one: Leg, at: datetime, limit: Limit) -> datetime:
    """So much later; working days lead to the same time of day."""
    if limit.unit != "workdays":
        return plain_due(at, limit, one.calendar, one.leg["hours"])
    days = limit.amount
    while days:
        at += ONE_DAY
        days -= one.calendar.is_workday(local_date(at))
    return at


def _allowed(one: Leg, at: datetime, hours: str) -> datetime:
    """`at`, or the next moment at which people may be disturbed."""
    if one.hurries:
        return at
    if hours == "work":
        at = next(max(opens, at) for opens, _ in open_stretches(at, one.calendar, one.leg["hours"]))
    morning = quiet_until(at, one.policy.quiet)
    if morning is None:
        return at
    return morning if hours == "day" else _allowed(one, morning, hours)


def _midnight_after(now: datetime) -> datetime:
    return datetime.combine(local_date(now) + ONE_DAY, datetime.min.time(), SHANGHAI).astimezone(UTC)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
