"""The lines of a work list: one case in a row's words, and the group of 待办 it stands under for its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from core.deadlines import left_sentence, pace
from core.models.cases import case_legs, cases
from core.people import Actor
from core.timewords import when
from core.views import WorkItem
from core.watch import label_of
from core.work import World

_CASE = (
    "id",
    "no",
    "title",
    "state",
    "channel",
    "place",
    "lead_unit",
    "registered_at",
    "registered_unit",
    "urgency",
    "seq",
)
_LEG = ("id", "case_id", "unit_id", "parent_id", "part", "state", "rule", "hours", "due_at", "extension", "watch")
_THESE: BindParameter[int] = bindparam("these", expanding=True)
CASES = select(*(cases.c[name] for name in _CASE)).where(cases.c.id.in_(_THESE))
LEGS = select(*(case_legs.c[name] for name in _LEG)).where(case_legs.c.case_id.in_(_THESE)).order_by(case_legs.c.id)
"""What a line shows and no more: a page of a list reads hundreds of rows."""


def cases_of(tx: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What lines show of cases, by their ids."""
    rows = tx.execute(CASES, {"these": ids}).all() if ids else ()
    return {row[0]: dict(zip(_CASE, row, strict=True)) for row in rows}


def legs_of(tx: Connection, ids: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    """What lines show of the parts of cases, in their order."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in tx.execute(LEGS, {"these": ids}).all() if ids else ():
        found.setdefault(row[1], []).append(dict(zip(_LEG, row, strict=True)))
    return found


def lines(tx: Connection, rows: Sequence[Any], actor: Actor, world: World, now: datetime) -> tuple[WorkItem, ...]:
    """Rows of `cases` as lines of a list."""
    legs = legs_of(tx, [row["id"] for row in rows])
    return tuple(item_of(row, legs.get(row["id"], ()), actor, world, now) for row in rows)


def item_of(
    row: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], actor: Actor, world: World, now: datetime
) -> WorkItem:
    policy = world.policy
    own = _own_leg(legs, actor, world)
    clock = own or next((leg for leg in reversed(legs) if leg["part"] == "lead" and leg["state"] != "released"), None)
    state = policy.flows["case_leg"].states[own["state"]] if own else policy.flows["case"].states[row["state"]]
    live = (
        clock is not None
        and row["state"] in ("dispatched", "handling")
        and clock["state"] not in ("settled", "reported")
    )
    overdue = bool(live and clock and clock["state"] != "paused" and now > clock["due_at"])
    left = ""
    if live and clock is not None:
        counted = pace(world.rules[clock["rule"]].close, clock["hours"])
        left = left_sentence(now, clock["due_at"], world.calendar, counted)
    elif row["state"] == "pending":
        left = f"{when(now, row['registered_at'])} 登记"
    return WorkItem(
        id=row["id"],
        no=row["no"],
        tail=row["no"][-6:],
        title=row["title"],
        state=row["state"],
        state_title=state.title,
        tone="red" if overdue else state.tone,
        channel=row["channel"],
        channel_title=policy.sources[row["channel"]].short if row["channel"] in policy.sources else row["channel"],
        place=row["place"],
        lead=world.directory.unit_name(row["lead_unit"]),
        left=left,
        overdue=overdue,
        due_at=clock["due_at"] if live and clock else None,
        registered_at=row["registered_at"],
        urgency=row["urgency"],
        todo=group_of(row, legs, actor, world),
        seq=row["seq"],
        warning=label_of(policy, clock, now) if live and clock is not None else "",
    )


def _own_leg(legs: Sequence[Mapping[str, Any]], actor: Actor, world: World) -> Mapping[str, Any] | None:
    if world.policy.reads.get(actor.role) != "unit":
        return None
    mine = [leg for leg in legs if leg["unit_id"] == actor.unit and leg["state"] != "released"]
    return mine[-1] if mine else None


def group_of(row: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], actor: Actor, world: World) -> str:
    """Under which word of 待办 a case stands for this reader; empty when it does not wait for them."""
    own, mine = _own_leg(legs, actor, world), {leg["id"] for leg in legs if leg["unit_id"] == actor.unit}
    if own is not None:
        if own["state"] == "to_sign":
            return "签收"
        if any(leg["parent_id"] in mine and leg["state"] in ("reported", "returning") for leg in legs):
            return "审核"
        return "办理" if own["state"] in ("handling", "paused") else ""
    if actor.role == "caller":
        return "回访" if row["state"] == "follow_up" else ""
    if actor.role in ("desk_head", "district_leader") and any(leg["state"] == "adjudicating" for leg in legs):
        return "裁定"
    if actor.role in ("dispatcher", "desk_head"):
        if row["state"] == "pending":
            return "派发"
        waiting = row["state"] == "closing" or any(
            leg["state"] == "returning" or leg["extension"] == "asked" for leg in legs
        )
        return "审核" if waiting else ""
    return "转办" if row["registered_unit"] == actor.unit and row["state"] == "pending" else ""
