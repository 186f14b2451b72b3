"""Batches and their items as they are shown: in words, numbers masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from core.archive import items
from core.archive.items import Item
from core.archive.views import BatchView, ItemView
from core.licences.masks import INSIDE, STAFF, mask_middle, shown
from core.models.archive import archive_items
from core.policy.library import library_rules

READING, CHECKED, RUNNING, DONE, DROPPED = "reading", "checked", "running", "done", "dropped"
TITLES = {READING: "正在核对", CHECKED: "待确认", RUNNING: "正在归档", DONE: "已完成", DROPPED: "已放弃"}
STATES = {
    items.MATCHED: ("可归档", "green"), items.DOUBTFUL: ("要确认", "orange"), items.UNMATCHED: ("没对上", "orange"),
    items.FAULTY: ("要改", "red"), items.SAME: ("已有", "gray"), items.SKIPPED: ("不收", "gray"),
    items.DONE: ("已归档", "green"), items.WAITING: ("等待核对", "blue"),
}  # fmt: skip


def batch_view(tx: Connection, row: Mapping[Any, Any]) -> BatchView:
    """A batch with its items counted by state."""
    query = select(archive_items.c.state, func.count()).where(archive_items.c.batch_id == row["id"])
    counts = {one[0]: one[1] for one in tx.execute(query.group_by(archive_items.c.state))}
    return BatchView(
        row["token"], row["kind"], library_rules().kinds[row["kind"]].title, row["state"], TITLES[row["state"]],
        row["total"], row["settled"], counts, row["brought_at"],
    )  # fmt: skip


def item_view(row: Mapping[Any, Any], told: Item, kind: str) -> ItemView:
    """An item with its numbers masked."""
    title, tone = STATES[row["state"]]
    name, number = library_rules().kinds[kind].fields[:2]
    file = INSIDE.sub(lambda found: mask_middle(found[0], 6, 4), told.name)
    return ItemView(
        row["token"], row["place"], row["row"], file, row["state"], title, tone, row["why"],
        shown(name, told.subject.get("name", ""), STAFF), shown(number, told.subject.get("number", ""), STAFF),
        told.category, bool(told.file), told.wanted, told.fields,
    )  # fmt: skip
