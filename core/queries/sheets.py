"""Everything on record about one case, read once, from which each reader's view is drawn without further queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, or_, select

from core.casefacts import case_facts
from core.clocks import pause_is_left, pauses_of
from core.deadlines import Pause
from core.facts import CaseFacts, Situation
from core.models.cases import call_backs, case_legs, cases, revisions
from core.models.joint import joint_orders
from core.models.likeness import merges
from core.people import Actor
from core.queries.people import Directory
from core.queries.suggestions import read_suggestion, suggested
from core.queries.timeline import read_events
from core.rows import LED, WITH
from core.views import Alike
from core.work import World

CASE = select(cases, LED.label("led")).where(cases.c.id == bindparam("case"))
TOGETHER = select(cases.c.id, cases.c.no, cases.c.title, cases.c.state, cases.c.place, cases.c.registered_at)
MERGED = (
    TOGETHER.join(merges, merges.c.case_id == cases.c.id)
    .where(merges.c.leading_id == bindparam("case"), cases.c.state.in_(WITH))
    .order_by(cases.c.id)
)
LEADING = TOGETHER.join(merges, merges.c.leading_id == cases.c.id).where(merges.c.case_id == bindparam("case"))
FLAGS = select(joint_orders.c.no, joint_orders.c.state, joint_orders.c.sponsor_unit).where(
    joint_orders.c.case_id == bindparam("case")
)
LEGS = select(case_legs).where(case_legs.c.case_id == bindparam("case")).order_by(case_legs.c.id)
CALLS = select(call_backs).where(call_backs.c.case_id == bindparam("case")).order_by(call_backs.c.id)
NUMBER = select(cases.c.no).where(cases.c.id == bindparam("case"))
REVISIONS = select(revisions).where(revisions.c.case_id == bindparam("case")).order_by(revisions.c.revision)
NUMBERED = select(cases.c.id).where(cases.c.no == bindparam("no"))
NUMBERED_WITHIN = NUMBERED.where(
    or_(
        exists().where(case_legs.c.case_id == cases.c.id, case_legs.c.unit_id.in_(bindparam("units", expanding=True))),
        cases.c.registered_unit.in_(bindparam("units", expanding=True)),
    )
)


Rows = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]
"""A case and its legs, as columns."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one case at one moment."""

    case: Mapping[str, Any]
    legs: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]
    revisions: Sequence[Mapping[str, Any]]
    facts: CaseFacts
    pauses: Mapping[int, Sequence[Pause]]
    now: datetime
    repeats: str = ""  # the number of the earlier case this one repeats or adds to
    suggestion: Mapping[str, Any] | None = None  # read while the case waits for its dispatch
    leading: Mapping[str, Any] | None = None  # the case this one is merged into
    merged: Sequence[Mapping[str, Any]] = ()  # the cases merged into this one
    alike: tuple[Alike, ...] = ()  # other cases that are probably the same matter
    flags: Sequence[Mapping[str, Any]] = ()  # the joint orders raised from it

    def situation(self, leg_id: int | None) -> Situation:
        leg = None if leg_id is None else self.facts.leg(leg_id)
        return Situation(case=self.facts, leg=leg, form={}, now=self.now)

    def suggested(self, world: World) -> tuple[int, ...]:
        """The units suggested for its dispatch, likeliest first."""
        return suggested(self.suggestion, self.legs, world)


def read_sheet(tx: Connection, world: World, case_id: int, now: datetime, rows: Rows | None = None) -> Sheet | None:
    """The sheet of a case, or None when there is no such case; `rows` when whoever asks has them fresh in hand."""
    row, held, led = (*rows, 0) if rows else _rows(tx, case_id)
    if row is None:
        return None
    legs = [dict(leg) for leg in held]
    told = read_events(tx, case_id)
    # Most cases have had neither a call nor another text yet; then two questions less are asked.
    was_done, was_revised = row["finished_at"] is not None or row["redos"] > 0, row["revision"] > 1
    calls = [dict(call) for call in tx.execute(CALLS, {"case": case_id}).mappings()] if was_done else []
    known = [dict(one) for one in tx.execute(REVISIONS, {"case": case_id}).mappings()] if was_revised else []
    pauses = {leg["id"]: _pauses(told, leg) for leg in legs}
    for leg in legs:
        rule = world.rules[leg["rule"]]
        leg["pause_left"] = pause_is_left(leg, rule, world.calendar, pauses[leg["id"]])
    missed = tuple(call["at"] for call in calls if not call["connected"] and call["round"] == row["redos"] + 1)
    earlier = tx.execute(NUMBER, {"case": row["parent_id"]}).scalar_one() if row["parent_id"] is not None else ""
    facts = case_facts(world.rules, dict(row), legs, missed)
    suggested = read_suggestion(tx, case_id) if row["state"] == "pending" else None
    leads = tx.execute(LEADING, {"case": case_id}).mappings() if row["state"] == "merged" else ()
    merged = [dict(one) for one in tx.execute(MERGED, {"case": case_id}).mappings()] if led else ()
    leading = next((dict(one) for one in leads), None)
    raised = any(event["name"] == "flag_raised" for event in told)
    flags = [dict(one) for one in tx.execute(FLAGS, {"case": case_id}).mappings()] if raised else ()
    return Sheet(
        dict(row), legs, told, calls, known, facts, pauses, now, earlier, suggested, leading, merged, (), flags
    )


def _rows(tx: Connection, case_id: int) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]], int]:
    """The case, its legs, and how many cases go with it."""
    row = tx.execute(CASE, {"case": case_id}).mappings().first() if abs(case_id) < 2**63 else None
    if row is None:
        return None, (), 0
    case = dict(row)
    led: int = case.pop("led")
    return case, [dict(leg) for leg in tx.execute(LEGS, {"case": case_id}).mappings()], led


def _pauses(told: Sequence[Mapping[str, Any]], leg: Mapping[str, Any]) -> list[Pause]:
    mine = [
        (event["name"], event["at"], event["facts"].get("reason", "")) for event in told if event["leg_id"] == leg["id"]
    ]
    return pauses_of(mine, leg["clock_from"])


def may_read(actor: Actor, sheet: Sheet, world: World) -> bool:
    """Reads are scoped by permissions.yaml `reads`; administrators of the system read no case."""
    scope = world.policy.reads.get(actor.role, "none")
    if scope == "all":
        return True
    mine = reach(actor, scope, world.directory)
    return any(leg["unit_id"] in mine for leg in sheet.legs) or sheet.case["registered_unit"] in mine


def within(tx: Connection, actor: Actor, world: World, no: str) -> int | None:
    """The case with exactly this number if the reader may see it; compiled once, for every click asks it."""
    wide = world.policy.reads.get(actor.role, "none")
    mine = () if wide == "all" else tuple(reach(actor, wide, world.directory))
    query = NUMBERED if wide == "all" else NUMBERED_WITHIN
    found: int | None = tx.execute(query, {"no": no, "units": mine}).scalar_one_or_none()
    return found


def reach(actor: Actor, scope: str, directory: Directory) -> frozenset[int]:
    """The units whose cases a reader sees: their own and those below, or those they are in charge of."""
    if scope == "unit" and actor.unit is not None:
        return directory.within(actor.unit)
    if scope == "in_charge":
        return frozenset().union(*(directory.within(unit) for unit in actor.in_charge))
    return frozenset()


def units_within(actor: Actor, world: World) -> list[int]:
    """The units whose figures a reader may see, in the order of the directory."""
    wide = world.policy.reads.get(actor.role, "none")
    if wide == "all":
        return [*world.directory.units]
    allowed = reach(actor, wide, world.directory)
    return [unit for unit in world.directory.units if unit in allowed]
