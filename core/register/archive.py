"""资料分类 (R148): the categories papers are filed under; one that was used is retired, never taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import AlreadyThere
from core.models.archive import archive_categories
from core.register.keepers import Desk, Lasting, Row


class ArchiveCategories(Lasting):
    """Two categories never share a word, so that the name of a file means one of them."""

    table, order = archive_categories, ("place",)

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": row["code"], "words": list(row["words"].get("words", ()))}

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        super().law(desk, old, new)
        mine = set(new["words"])
        for row in self.all(desk.tx):
            if row["code"] != new["code"] and self.in_use(row, desk.today) and (same := mine & set(row["words"])):
                raise AlreadyThere(field="归类词", what=sorted(same)[0])

    def add(self, desk: Desk, new: Row) -> str:
        return super().add(desk, {**new, "words": {"words": new["words"]}})

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        super().change(desk, old, {**new, "words": {"words": new["words"]}})
