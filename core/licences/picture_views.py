"""Sets of pictures as who brought them sees them, and the states of a set and of a picture in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.licences.picture_names import DOUBTFUL, MATCHED, UNMATCHED
from core.models.pictures import picture_items

READING, CHECKED, RUNNING, DONE, DROPPED = "reading", "checked", "running", "done", "dropped"
BRINGING = "bringing"
"""Its pictures are being written down, part by part: nobody works at it yet."""
TITLES = {
    BRINGING: "正在收下", READING: "正在打开图片", CHECKED: "待确认", RUNNING: "正在存入", DONE: "已存入",
    DROPPED: "已放弃",
}  # fmt: skip
WAITING, REFUSED, THERE, LEFT, KEPT = "waiting", "refused", "there", "left", "kept"
SECTIONS = (DOUBTFUL, UNMATCHED, REFUSED, MATCHED, THERE, LEFT, KEPT)


@dataclass(frozen=True, slots=True)
class ItemView:
    """One picture: its name, how it stands, why, the licence it goes to and those it might, by line and in words."""

    id: int
    name: str
    state: str
    why: str
    line: str
    called: str
    offers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SetView:
    """A set of pictures as who brought it sees it; `items` by state, as far as they are shown."""

    id: int
    state: str
    state_title: str
    total: int
    settled: int
    counts: Mapping[str, int]
    made_at: datetime
    items: Mapping[str, tuple[ItemView, ...]]


def counts_of(tx: Connection, set_id: int) -> dict[str, int]:
    """How many pictures of a set stand how."""
    query = select(picture_items.c.state, func.count()).where(picture_items.c.set_id == set_id)
    return {row[0]: row[1] for row in tx.execute(query.group_by(picture_items.c.state))}


def set_view(head: Mapping[Any, Any], counts: Mapping[str, int], items: Mapping[str, tuple[ItemView, ...]]) -> SetView:
    """A set from its row."""
    title = TITLES[head["state"]]
    return SetView(head["id"], head["state"], title, head["total"], head["settled"], counts, head["made_at"], items)


def item_view(row: Mapping[Any, Any], body: Mapping[str, Any], called: Mapping[str, str]) -> ItemView:
    """A picture from its row and what is known of it; `called`: licences in words."""
    offers = tuple((line, called.get(line, "")) for line in body["lines"] if line in called)
    line = row["line"] or ""
    return ItemView(row["id"], body["name"], row["state"], body["why"], line, called.get(line, ""), offers)
