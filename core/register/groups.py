"""单位组: units that are called together, the district's own and each unit's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update

from core.errors import AlreadyThere, BadField
from core.models.joint import unit_groups
from core.people import Actor
from core.queries.unit_choices import whose
from core.register.keepers import Desk, Keeper, Row
from core.work import World

MOST = 20


class UnitGroups(Keeper):
    """Whoever saves a group sets for whom it is: the centre and administrators for all, a unit for itself."""

    table, order = unit_groups, ("unit_id", "title")

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": str(row["id"]), "members": list(row["members"].get("all", ()))}

    def seen(self, world: World, actor: Actor, row: Row) -> bool:
        return bool(row["unit_id"] == whose(actor))

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if old is not None and old["unit_id"] != whose(desk.actor):
            raise BadField(field="单位组", why="只能由存下它的单位修改")
        if not 2 <= len(new["members"]) <= MOST:
            raise BadField(field="有哪些单位", why=f"请选 2 到 {MOST} 个单位")
        if desk.world.directory.find_units(new["title"]):
            raise BadField(field="名称", why="和单位的名称相同，请换一个")
        mine = [row for row in self.all(desk.tx) if row["unit_id"] in (None, whose(desk.actor)) and row["active"]]
        if any(row["title"] == new["title"] and row["key"] != (old or {}).get("key") for row in mine):
            raise AlreadyThere(field="名称", what=new["title"])

    def add(self, desk: Desk, new: Row) -> str:
        values = {"title": new["title"], "unit_id": whose(desk.actor), "members": _all(new), "active": True}
        made = desk.tx.execute(insert(unit_groups).values(**values).returning(unit_groups.c.id)).scalar_one()
        return str(made)

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        values = {"title": new["title"], "members": _all(new), "active": new["active"]}
        desk.tx.execute(update(unit_groups).where(unit_groups.c.id == old["id"]).values(**values))


def _all(row: Row) -> dict[str, Any]:
    return {"all": list(row["members"])}
