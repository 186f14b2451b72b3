"""巡查计划: what a unit means to look at by itself, on which days, and who walks; the walks of a day laid out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import AlreadyThere, BadField, FieldMissing, Unknown
from core.models.patrols import patrol_plans, patrol_walks
from core.people import Actor
from core.policy.registers import ACTS
from core.queries.patrols import shaped
from core.queries.sheets import reach
from core.register.keepers import Desk, Keeper, Row
from core.work import World
from core.worktime import ONE_DAY, Calendar

LISTS = ("weekdays", "dates", "walkers")
MOST_BACK = 31
"""Days that are laid out afterwards when no clock was running on them."""


def falls_on(plan: Mapping[str, Any], day: date, calendar: Calendar) -> bool:
    """Whether a walk of this plan is due on a day. A weekly walk does not fall on a Monday to Friday that is off."""
    if day < plan["valid_from"] or (plan["valid_to"] is not None and day >= plan["valid_to"]):
        return False
    weekly = str(day.isoweekday()) in plan["weekdays"] and (day.weekday() >= 5 or calendar.is_workday(day))
    return weekly or day.isoformat() in plan["dates"]


def lay_out(tx: Connection, plan: Mapping[str, Any], today: date, calendar: Calendar) -> int:
    """The walks due since the plan was last laid out, each day once; returns how many are new.

    Today's goes again when it is due no more and nobody began it; days before stay as they were.
    """
    mine = patrol_walks.c.plan_id == plan["id"]
    first = min(max(plan["laid_to"] + ONE_DAY, today - ONE_DAY * MOST_BACK), today)
    known = set(tx.execute(select(patrol_walks.c.day).where(mine, patrol_walks.c.day >= first)).scalars())
    days = [first + ONE_DAY * ahead for ahead in range((today - first).days + 1)]
    due = [day for day in days if falls_on(plan, day, calendar)]
    rows = [{"plan_id": plan["id"], "day": day, "note": ""} for day in due if day not in known]
    if rows:
        tx.execute(insert(patrol_walks), rows)
    if today in known and today not in due:
        tx.execute(delete(patrol_walks).where(mine, patrol_walks.c.day == today, patrol_walks.c.begun_at.is_(None)))
    tx.execute(update(patrol_plans).where(patrol_plans.c.id == plan["id"]).values(laid_to=today))
    return len(rows)


class Patrols(Keeper):
    """A unit's own plans: it writes them itself, for its own people and those of the units below it."""

    table, order = patrol_plans, ("unit_id",)
    own: ClassVar[str] = "巡查计划"

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**shaped(row), "key": str(row["id"])}

    def seen(self, world: World, actor: Actor, row: Row) -> bool:
        scope = world.policy.reads.get(actor.role, "none")
        return scope == "all" or row["unit_id"] in reach(actor, scope, world.directory)

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        unit = desk.actor.unit
        if unit is None or (old is not None and old["unit_id"] != unit):
            raise Unknown(what=self.own)
        if not (new["weekdays"] or new["dates"]):
            raise FieldMissing(field="每周哪几天」或「指定日期", action=ACTS["change" if old else "add"])
        new["dates"] = sorted({_day(text) for text in new["dates"]})
        if new["valid_to"] is not None and new["valid_to"] < new["valid_from"]:
            raise BadField(field="停用日期", why="不能早于启用日期")
        within, holders = desk.world.directory.within(unit), desk.world.directory.holders
        if any(post not in holders or holders[post].unit not in within for post in new["walkers"]):
            raise BadField(field="巡查人", why="请选本单位或下属单位的人")
        others = [row for row in self.all(desk.tx) if row["unit_id"] == unit and row["key"] != (old or {}).get("key")]
        if any(row["title"] == new["title"] and self.in_use(row, desk.today) for row in others):
            raise AlreadyThere(field="名称", what=new["title"])

    def add(self, desk: Desk, new: Row) -> str:
        before = desk.today - ONE_DAY
        values = {"unit_id": desk.actor.unit, "laid_to": before, **_stored(new, desk.register.fields)}
        plan: int = desk.tx.execute(insert(patrol_plans).values(**values).returning(patrol_plans.c.id)).scalar_one()
        lay_out(desk.tx, {**new, "id": plan, "laid_to": before}, desk.today, desk.world.calendar)
        return str(plan)

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        values = _stored(new, desk.register.fields)
        desk.tx.execute(update(patrol_plans).where(patrol_plans.c.id == old["id"]).values(**values))
        lay_out(desk.tx, new, desk.today, desk.world.calendar)

    def retired(self, desk: Desk, old: Row) -> Row:
        return {**old, "valid_to": desk.today, "valid_from": min(old["valid_from"], desk.today)}


def _stored(new: Row, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"all": new[name]} if name in LISTS else new[name] for name in fields}


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadField(field="指定日期", why="应形如 2026-03-09，用顿号隔开") from None
    if len(text) != 10 or not 2000 <= day.year <= 2100:
        raise BadField(field="指定日期", why="应在 2000 年到 2100 年之间")
    return text
