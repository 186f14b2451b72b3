"""What time itself must do: commands that are due because a cap ran out or a wait is over, and letters gone missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, exists, insert, literal, select, update

from core.clocks import closing_deadline, pauses_of
from core.deadlines import due
from core.execute import Command
from core.levels import Leg
from core.models.cases import case_legs, cases
from core.models.joint import joint_orders
from core.models.record import events, letters
from core.notices import letter
from core.people import CLOCK
from core.watch import Step, due_step, refreshed
from core.work import World

MOST = 200
MOST_TOLD = 30  # of one tick: so many lines and cards leave within it (dingtalk.md §9)
SOUGHT = timedelta(days=28)  # letters of joint orders that have lain still longer may be erased by now
RUNNING = ("to_sign", "handling", "delegated", "returning", "adjudicating")


@dataclass(frozen=True, slots=True)
class Look:
    """When to look at a leg again: derived values, kept where the index finds them; nothing happened."""

    leg: int
    seq: int
    was: datetime
    at: datetime | None
    watch: dict[str, Any]


def due_commands(tx: Connection, world: World, now: datetime) -> list[Command]:
    """Every command the clock owes now. Their keys name case, seq and action, so two leaders still do each once."""
    return [*_pauses_over(tx, world, now), *_to_archive(tx, world, now)]


def _pauses_over(tx: Connection, world: World, now: datetime) -> Iterator[Command]:
    """Pauses end where their cap runs out: a pause is never a way to stop the clock (domain-rules §5–6)."""
    for leg in tx.execute(select(case_legs).where(case_legs.c.state == "paused")).mappings():
        rule = world.rules[leg["rule"]]
        if now >= due(leg["paused_at"], rule.pause_cap, world.calendar, leg["hours"]).at:
            key = f"clock:{leg['case_id']}:{leg['id']}.{leg['seq']}:resume"
            yield Command(key, leg["case_id"], "resume", CLOCK, leg=leg["id"], seen=leg["seq"], source="clock")


def _to_archive(tx: Connection, world: World, now: datetime) -> Iterator[Command]:
    """Closed cases move to the archive after the days that policy names."""
    closed = select(cases.c.id, cases.c.seq, cases.c.finished_at, cases.c.changed_at).where(cases.c.state == "closed")
    for row in tx.execute(closed.order_by(cases.c.changed_at).limit(MOST)):
        ended = row.finished_at or row.changed_at
        if now >= due(ended, world.policy.limits.archive_after, world.calendar).at:
            yield Command(f"clock:{row.id}:{row.seq}:archive", row.id, "archive", CLOCK, seen=row.seq, source="clock")


LOOKS = (
    select(case_legs, cases.c.urgency, cases.c.sensitive, cases.c.returns.label("case_returns"), cases.c.redos)
    .join(cases, cases.c.id == case_legs.c.case_id)
    .where(case_legs.c.look_at <= bindparam("now"))
    .order_by(case_legs.c.look_at, case_legs.c.id)
    .limit(MOST_TOLD)
)


def looks(tx: Connection, world: World, now: datetime) -> tuple[list[Command], list[Look]]:
    """The warnings and reminders due now, by one query along an index, and the legs that have nothing to say yet.

    Two leaders make the same keys of the same rows, so each is said once.
    """
    commands, silent = list[Command](), list[Look]()
    for row in tx.execute(LOOKS, {"now": now}).mappings():
        leg = dict(row)
        one = Leg(world.policy, world.calendar, world.rules[leg["rule"]], {**leg, "returns": leg["case_returns"]}, leg)
        step = due_step(one, now)
        if step is None:
            silent.append(Look(leg["id"], leg["seq"], leg["look_at"], *refreshed(one, now)))
            continue
        what = "level" if step.action == "warn" else "rung"
        note = f"{_head(world, step)}{step.why}，告知{world.policy.ladder.named(step.tell)}"
        key = f"clock:{leg['case_id']}:{leg['id']}.{leg['seq']}:{step.action}:{step.key}:{step.at.timestamp():.0f}"
        form = {what: step.key, "note": note}
        commands.append(
            Command(key, leg["case_id"], step.action, CLOCK, form, leg["id"], seen=leg["seq"], source="clock")
        )
    return commands, silent


def _head(world: World, step: Step) -> str:
    """「黄色，」 before the reason of a warning."""
    return "".join(f"{row.title}，" for row in world.policy.warnings.levels if row.name == step.key)


def look_later(tx: Connection, silent: Sequence[Look]) -> None:
    """Legs looked at too early (the calendar changed, they come from before the watch) wait until it is time."""
    for look in silent:
        same = (case_legs.c.id == look.leg, case_legs.c.seq == look.seq, case_legs.c.look_at == look.was)
        tx.execute(update(case_legs).where(*same).values(look_at=look.at, watch=look.watch))


def recounts(tx: Connection, world: World) -> Iterator[Command]:
    """The legs whose deadline is another by the calendar as it is now: a closure entered, a year published (§5)."""
    live = select(case_legs).where(case_legs.c.state.in_(RUNNING)).order_by(case_legs.c.parent_id.is_not(None))
    legs = [dict(leg) for leg in tx.execute(live.order_by(case_legs.c.id)).mappings()]
    told = select(events.c.leg_id, events.c.name, events.c.at).where(events.c.name.in_(("paused", "resumed")))
    pauses: dict[int, list[tuple[str, datetime, str]]] = {}
    for row in tx.execute(told.order_by(events.c.id)):
        pauses.setdefault(row.leg_id, []).append((row.name, row.at, ""))
    now_due: dict[int, datetime] = {}
    for leg in legs:
        held = pauses_of(pauses.get(leg["id"], ()), leg["clock_from"])
        deadline = closing_deadline(leg, world.rules[leg["rule"]], world.calendar, held)
        upper = now_due.get(leg["parent_id"])
        now_due[leg["id"]] = deadline.at if upper is None else min(deadline.at, upper)
        if (now_due[leg["id"]], deadline.provisional) != (leg["due_at"], leg["provisional"]):
            key = f"clock:{leg['case_id']}:{leg['id']}.{leg['seq']}:recount"
            yield Command(key, leg["case_id"], "recount", CLOCK, leg=leg["id"], seen=leg["seq"], source="clock")


def sweep(tx: Connection, now: datetime) -> int:
    """Re-find open cases and joint orders whose last event has no letter, and write it (security-reliability §6).

    A change of one unit's part changes its order too. Returns how many were found.
    """
    told = exists().where(
        letters.c.case_id == cases.c.id, letters.c.kind == "card", letters.c.written_at >= cases.c.changed_at
    )
    missed: Sequence[int] = (
        tx.execute(select(cases.c.id).where(cases.c.state.not_in(("archived",)), ~told).limit(MOST)).scalars().all()
    )
    for case in missed:
        last = tx.execute(select(events.c.id).where(events.c.case_id == case).order_by(events.c.id.desc())).scalar()
        _write(
            tx, letter(f"sweep:{case}:{last}", "dingtalk.card", "card", f"card:{case}", {}, now, case=case, event=last)
        )
    return len(missed) + _sweep_joint(tx, now)


def _sweep_joint(tx: Connection, now: datetime) -> int:
    """The same for 树党旗, whose card letters are known by their lane."""
    lane = literal("joint:").concat(cast(joint_orders.c.id, String))
    told = exists().where(
        letters.c.lane == lane, letters.c.kind == "card", letters.c.written_at >= joint_orders.c.changed_at
    )
    lately = joint_orders.c.changed_at > now - SOUGHT
    missed = tx.execute(select(joint_orders.c.id).where(lately, ~told).limit(MOST)).scalars().all()
    for order in missed:
        last = tx.execute(select(events.c.id).where(events.c.joint_id == order).order_by(events.c.id.desc())).scalar()
        body = {"joint": order}
        _write(
            tx, letter(f"sweep:joint:{order}:{last}", "dingtalk.card", "card", f"joint:{order}", body, now, event=last)
        )
    return len(missed)


def _write(tx: Connection, row: dict[str, Any]) -> None:
    if tx.execute(select(letters.c.id).where(letters.c.key == row["key"])).first() is None:
        tx.execute(insert(letters), row)
