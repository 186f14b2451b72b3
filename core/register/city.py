"""市级排名: the district's place in the city's monthly rankings, as the city's papers tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import AlreadyThere, BadField
from core.models.registers import city_ranks
from core.register.keepers import Desk, Keeper, Row


class CityRanks(Keeper):
    """One place a month and item; the newest month first."""

    table, order = city_ranks, ("month", "item")

    def all(self, tx: Any) -> list[Row]:
        return list(reversed(super().all(tx)))

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": str(row["id"])}

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if new["place"] > new["among"]:
            raise BadField(field="名次", why="不能大于共几个区")
        if new["month"] > f"{desk.today:%Y-%m}":
            raise BadField(field="月份", why="还没有到")
        others = [row for row in self.all(desk.tx) if row["key"] != (old or {}).get("key")]
        if any((row["month"], row["item"]) == (new["month"], new["item"]) for row in others):
            raise AlreadyThere(field="排名", what=f"{new['month']} {desk.register.fields['item'].chosen[new['item']]}")
