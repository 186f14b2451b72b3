"""How each register lies in the database: finding, adding, changing, retiring a row, and the law beyond its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from core.crypto import Cipher, Indexer
from core.errors import AlreadyThere, BadField, InUse, LastOne
from core.models.cases import calendar_days, cases
from core.models.registers import duty_turns, limits, service_types, sources
from core.people import Actor
from core.policy.registers import Register
from core.register.checks import in_words
from core.work import World

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a keeper works with for one act: the transaction, who acts on which day, the world as it was read."""

    tx: Connection
    register: Register
    actor: Actor
    today: date
    world: World
    cipher: Cipher
    indexer: Indexer


class Keeper:
    """A register over one table whose columns have the names of its fields."""

    table: ClassVar[Table]
    key: ClassVar[str] = "id"
    order: ClassVar[tuple[str, ...]] = ()
    more: ClassVar[Mapping[str, Any]] = {}

    def all(self, tx: Connection) -> list[Row]:
        """Every row in the order of the list, with its key under "key"."""
        query = select(self.table).order_by(*(self.table.c[name] for name in (*self.order, self.key)))
        return [self.shaped(dict(row)) for row in tx.execute(query).mappings()]

    def find(self, tx: Connection, key: str) -> Row | None:
        """One row, locked; None when there is none."""
        wanted = self.keyed(key)
        if wanted is None:
            return None
        query = select(self.table).where(self.table.c[self.key] == wanted).with_for_update()
        row = tx.execute(query).mappings().first()
        return None if row is None else self.shaped(dict(row))

    def keyed(self, key: str) -> Any:
        """The key as the table has it; None for what can be none."""
        if self.key != "id":
            return key
        return int(key) if key.isascii() and key.isdigit() and len(key) < 16 else None

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": str(row[self.key])}

    def seen(self, _world: World, _actor: Actor, _row: Row) -> bool:
        """Whether whoever may open the register may see this row of it."""
        return True

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        """What the form alone cannot know. Raises a Refusal."""

    def add(self, desk: Desk, new: Row) -> str:
        values = {**self.more, **{name: new[name] for name in desk.register.fields}}
        made = desk.tx.execute(insert(self.table).values(**values).returning(self.table.c[self.key])).scalar_one()
        return str(made)

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        values = {name: new[name] for name, column in desk.register.fields.items() if not column.fixed}
        desk.tx.execute(update(self.table).where(self.table.c[self.key] == old[self.key]).values(**values))

    def retired(self, desk: Desk, old: Row) -> Row:
        """The row as it is once it is no longer in use. Raises a Refusal while it may not be."""
        return {**old, "valid_to": desk.today} if "valid_to" in old else {**old, "active": False}

    def delete(self, desk: Desk, old: Row) -> None:
        """Raises InUse where something refers to the row."""
        desk.tx.execute(delete(self.table).where(self.table.c[self.key] == old[self.key]))

    def in_use(self, row: Row, today: date) -> bool:
        if "valid_to" in row:
            return bool(row["valid_to"] is None or today < row["valid_to"])
        return bool(row.get("active", True))

    def said(self, desk: Desk, row: Row) -> str:
        """How a row is called in a sentence."""
        column = desk.register.fields[desk.register.called]
        return in_words(column, row[column.name], {})

    def refuse_twins(self, desk: Desk, new: Row) -> None:
        """Fields that may not repeat, among the rows in use. Raises AlreadyThere."""
        others = [row for row in self.all(desk.tx) if row["key"] != new.get("key")]
        for name, column in desk.register.fields.items():
            clash = name == self.key or (column.unique and self.in_use(new, desk.today))
            for row in others:
                if clash and row[name] == new[name] and (name == self.key or self.in_use(row, desk.today)):
                    raise AlreadyThere(field=column.label, what=new[name])


class Lasting(Keeper):
    """Rows with a first day and a day from which they are no longer offered."""

    key = "code"

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        self.refuse_twins(desk, new)
        if new["valid_to"] is not None and new["valid_to"] < new["valid_from"]:
            raise BadField(field="停用日期", why="不能早于启用日期")
        if old is not None and self.in_use(old, desk.today) and not self.in_use(new, desk.today):
            self.refuse_the_last(desk, old)

    def refuse_the_last(self, desk: Desk, old: Row) -> None:
        others = (row for row in self.all(desk.tx) if row["key"] != old["key"])
        if not any(self.in_use(row, desk.today) for row in others):
            raise LastOne(what=self.said(desk, old))


class Sources(Lasting):
    """问题来源 (R101): deleted only while no case and no limit names it."""

    table, order = sources, ("place",)
    more: ClassVar[Mapping[str, Any]] = {"provisional": False}

    def delete(self, desk: Desk, old: Row) -> None:
        count = desk.tx.execute(
            select(func.count()).select_from(
                select(cases.c.id).where(cases.c.channel == old["code"]).limit(1000).subquery()
            )
        ).scalar_one()
        if count:
            raise InUse(what=old["title"], by="一千多件办件" if count >= 1000 else f" {count} 件办件")
        rows = desk.tx.execute(select(limits.c.title, limits.c.terms)).all()
        if named := [row.title for row in rows if old["code"] in row.terms.get("match", {}).get("channel", ())]:
            raise InUse(what=old["title"], by=f"「{named[0]}」时限")
        if self.in_use(old, desk.today):
            self.refuse_the_last(desk, old)
        super().delete(desk, old)


class ServiceTypes(Lasting):
    """服务类型 (R100): added, changed, retired, never deleted, so no case loses its word."""

    table, order = service_types, ("valid_from",)


class CalendarDays(Keeper):
    """Days that differ from the published calendar (domain-rules §5)."""

    table, key = calendar_days, "day"

    def keyed(self, key: str) -> Any:
        try:
            return date.fromisoformat(key)
        except ValueError:
            return None

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if old is None and self.find(desk.tx, str(new["day"])) is not None:
            raise AlreadyThere(field="日期", what=in_words(desk.register.fields["day"], new["day"], {}))


class DutyTurns(Keeper):
    """值班: who is on duty on which day."""

    table, order = duty_turns, ("day",)

    def all(self, tx: Connection) -> list[Row]:
        return list(reversed(super().all(tx)))

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        same: Sequence[Row] = [row for row in self.all(desk.tx) if row["key"] != new.get("key")]
        for row in same:
            if all(row[name] == new[name] for name in ("day", "shift", "post_id")):
                raise AlreadyThere(field="值班", what=in_words(desk.register.fields["day"], new["day"], {}))
