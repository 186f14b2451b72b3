"""数据资源目录 (2.3.5): which data there are, item by item, read off the tables, so that it cannot be out of date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, Integer, LargeBinary, Table, Text

from core import models
from core.db import Facts, Moment, metadata
from core.policy import read
from core.policy.upward import HOW, load_upward

KINDS: tuple[tuple[type, str], ...] = (
    (Moment, "时间"), (Facts, "结构"), (Boolean, "是否"), (Date, "日期"), (LargeBinary, "文件"), (Integer, "整数"),
    (Float, "小数"), (Text, "文字"),
)  # fmt: skip
"""What a column holds, in the words of the catalogue; the first that fits."""
SHARES = ("无条件共享", "有条件共享", "不予共享")
ENGLISH = models.__all__  # naming them keeps every table in the metadata


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a resource.

    `meaning`: what the glossary says of it, empty where the title says all. `personal`: its class in the register of
    personal data, empty for none. `upward`: how it goes up to the provincial platform, empty when it is not pushed.
    """

    name: str
    title: str
    meaning: str
    kind: str
    required: bool
    personal: str
    masked: str
    upward: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of data: its table's name, what it is called and means, how fresh it is, who may share it, and how."""

    name: str
    title: str
    meaning: str
    cycle: str
    share: str
    by: str
    ways: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    def personal(self) -> bool:
        return any(item.personal for item in self.items)


@cache
def catalogue() -> tuple[Resource, ...]:
    """Every resource in the order of catalogue.yaml. Raises ValueError naming what it does not know a word for."""
    book = _Book(read("catalogue.yaml"))
    known = {*book.resources, *book.inner}
    if wrong := sorted(known ^ set(metadata.tables)) or sorted(book.resources.keys() & book.inner.keys()):
        raise ValueError(f"catalogue.yaml: {', '.join(wrong)} stands in none or both of resources and inner")
    return tuple(book.resource(name, row) for name, row in book.resources.items())


class _Book:
    """The words of catalogue.yaml, the register of personal data, the glossary and what goes up."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.resources, self.inner, self.words = table["resources"], table["inner"], table["words"]
        self.personal, self.glossary = read("personal_data.yaml")["columns"], read("glossary.yaml")
        fields = [one for resource in load_upward().resources.values() for one in resource.fields]
        self.upward = {(one.table, one.column): HOW[one.how] for one in fields}

    def resource(self, name: str, row: Mapping[str, Any]) -> Resource:
        if row["share"] not in SHARES:
            raise ValueError(f"catalogue.yaml {name}: unknown share {row['share']}")
        items = tuple(self.item(metadata.tables[name], column) for column in metadata.tables[name].c)
        return Resource(
            name, row["title"], row["meaning"], row["cycle"], row["share"], row["by"], tuple(row["ways"]), items
        )

    def item(self, table: Table, column: Column[Any]) -> Item:
        place = f"{table.name}.{column.name}"
        register, word = self.personal.get(place, {}), self.glossary.get(column.name, {})
        title = self.words.get(place) or register.get("title") or self.words.get(column.name) or word.get("zh") or ""
        if not title:
            raise ValueError(f"catalogue.yaml words: no word for {place}")
        meaning = str(word.get("meaning", "")) if title in (word.get("zh"), register.get("title")) else ""
        return Item(
            column.name, title, meaning, kind_of(column), not column.nullable, register.get("class", ""),
            register.get("masked", ""), self.upward.get((table.name, column.name), ""),
        )  # fmt: skip


def kind_of(column: Column[Any]) -> str:
    """What a column holds, in a word."""
    return next(word for kind, word in KINDS if isinstance(column.type, kind))
