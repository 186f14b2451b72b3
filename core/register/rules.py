"""办理时限: a change is a new dated row; what was dispatched before keeps the old one (domain-rules §4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, update

from core.deadlines import Limit
from core.errors import BadField
from core.models.registers import limits
from core.queries.registers import LIMITS, limits_of, printed_row
from core.register.keepers import Desk, Keeper, Row
from core.worktime import ONE_DAY

TERMS = ("receive", "contact", "close", "return_window", "pause_cap")


class Limits(Keeper):
    """The rows of limits.yaml as they are kept; only the latest row of a kind is followed by another."""

    table, order = limits, ("valid_from",)

    def keyed(self, key: str) -> Any:
        return key

    def all(self, tx: Connection) -> list[Row]:
        return [self.shaped(dict(row)) for row in tx.execute(LIMITS).mappings()]

    def shaped(self, row: Mapping[str, Any]) -> Row:
        parsed = {name: Limit.parse(row["terms"][name]) for name in TERMS}
        told = {name: f"{limit.amount} {limit.unit}" for name, limit in parsed.items()}
        return {**row, **told, "key": row["id"]}

    def in_use(self, row: Row, today: date) -> bool:
        return row["valid_until"] is None or bool(today <= row["valid_until"])

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if old is None:
            raise BadField(field="时限", why="请修改已有的一行")
        if old["valid_until"] is not None:
            raise BadField(field="施行日期", why="这一行已有后续，请改最新的一行")
        if new["valid_from"] <= max(desk.today, old["valid_from"]):
            raise BadField(field="施行日期", why="应晚于今天和原来的施行日期")
        rows = [printed_row(row) for row in desk.tx.execute(LIMITS) if row.id != old["id"]]
        ended = {**_printed(old), "until": new["valid_from"] - ONE_DAY}
        try:
            limits_of([*rows, ended, {**_printed(old), **self._next(old, new)["terms"], "id": "new",
                                      "from": new["valid_from"]}])  # fmt: skip
        except ValueError:
            raise BadField(field="时限", why="与其他时限冲突，请核对") from None

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        """End the row the day before, begin its successor."""
        ends = new["valid_from"] - ONE_DAY
        desk.tx.execute(update(limits).where(limits.c.id == old["id"]).values(valid_until=ends))
        desk.tx.execute(insert(limits), self._next(old, new))

    @staticmethod
    def _next(old: Row, new: Row) -> dict[str, Any]:
        name = f"{old['id'].partition('@')[0]}@{new['valid_from']:%Y%m%d}"
        terms = {**old["terms"], **{name: new[name] for name in TERMS}}
        return {
            "id": name, "title": new["title"], "valid_from": new["valid_from"], "valid_until": None, "terms": terms,
        }  # fmt: skip


def _printed(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "title": row["title"], "from": row["valid_from"], **row["terms"]}
