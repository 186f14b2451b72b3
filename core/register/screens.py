"""大屏设备: a wall that shows a code is let in by whoever enters it; from then on it is itself and nobody's account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from core.errors import BadField
from core.models.screens import screen_devices, screen_joins
from core.policy.topic_audience import EVERYONE
from core.policy.topics import read_topics
from core.register.keepers import Desk, Keeper, Row

CODE_LIFE = timedelta(minutes=30)


class ScreenDevices(Keeper):
    """The code is used up when it is entered; a retired device is shut out with its next question."""

    table, order = screen_devices, ("title",)

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": str(row["id"]), "topics": list(row["topics"].get("all", ())), "pairing": ""}

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        self.refuse_twins(desk, new)
        if old is None and not new["pairing"]:
            raise BadField(field="配对码", why="请填大屏上显示的六位数字")
        topics = read_topics()
        if beyond := [topics[one].title for one in new["topics"] if EVERYONE not in topics[one].audience]:
            raise BadField(field="轮播专题", why=f"「{beyond[0]}」不对大屏开放")
        if new["pairing"] and self._waiting(desk, new["pairing"]) is None:
            raise BadField(field="配对码", why="不对或已过期，请看大屏上现在显示的六位数字")

    def add(self, desk: Desk, new: Row) -> str:
        values = {**self._values(new), "active": True, "every": new["every"] or 30, **self._bound(desk, new["pairing"])}
        made = desk.tx.execute(insert(screen_devices).values(**values).returning(screen_devices.c.id)).scalar_one()
        return str(made)

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        values = {**self._values(new), "active": new["active"]}
        if new["pairing"]:
            values |= self._bound(desk, new["pairing"])
        desk.tx.execute(update(screen_devices).where(screen_devices.c.id == old["id"]).values(**values))

    @staticmethod
    def _values(new: Row) -> dict[str, Any]:
        told = {name: new[name] for name in ("title", "place", "every")}
        return {**told, "place": new["place"] or "", "topics": {"all": list(new["topics"])}}

    def _bound(self, desk: Desk, code: str) -> dict[str, Any]:
        """The waiting machine's token becomes this device's; its code is gone."""
        row = self._waiting(desk, code)
        if row is None:
            raise BadField(field="配对码", why="已过期，请看大屏上现在显示的六位数字")
        desk.tx.execute(delete(screen_joins).where(screen_joins.c.token_hash == row.token_hash))
        return {"token_hash": row.token_hash, "bound_at": row.made_at}

    @staticmethod
    def _waiting(desk: Desk, code: str) -> Any:
        """Real time: a moved business clock keeps no code alive."""
        mine = (screen_joins.c.code == code, screen_joins.c.made_at > datetime.now(UTC) - CODE_LIFE)
        return desk.tx.execute(select(screen_joins).where(*mine)).first()
