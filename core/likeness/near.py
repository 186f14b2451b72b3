"""The few cases near a draft: found by rare pairs of characters they share, or by the caller, then compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.sql.elements import ColumnElement

from core.likeness.grams import grams_of
from core.likeness.policy import LikenessPolicy, load_likeness
from core.likeness.score import Likeness, Told, likeness
from core.models.cases import cases
from core.models.likeness import case_grams

MOST_ROWS = 2000  # rows of shared pairs read at most, the rarest pairs first
MOST_COMPARED = 50
OVER = ("invalid", "archived")
SWEPT = 500
FLOOR = select(cases.c.id).where(cases.c.registered_at >= bindparam("since")).order_by(cases.c.registered_at).limit(1)
_HELD = case_grams.c.gram.in_(bindparam("grams", expanding=True)), case_grams.c.case_id >= bindparam("floor")
COUNTS = select(case_grams.c.gram, func.count()).where(*_HELD).group_by(case_grams.c.gram)
SHARED = select(case_grams.c.gram, case_grams.c.case_id).where(*_HELD)
SAME_PHONE = (
    select(cases.c.id)
    .where(cases.c.phone_index == bindparam("phone"), cases.c.registered_at >= bindparam("since"))
    .order_by(cases.c.id.desc())
    .limit(20)
)
FORGET = delete(case_grams).where(case_grams.c.case_id == bindparam("case"))
COLUMNS = (
    cases.c.id, cases.c.no, cases.c.title, cases.c.content, cases.c.place, cases.c.town, cases.c.phone_index,
    cases.c.state, cases.c.registered_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Near:
    """A case that is probably the same matter."""

    row: Mapping[str, Any]
    likeness: Likeness


def find_near(
    tx: Connection, draft: Told, now: datetime, within: ColumnElement[bool], without: int | None = None
) -> tuple[Near, ...]:
    """The likeliest first, at most as many as policy shows; `within` is what the asker may see."""
    policy = load_likeness()
    since = now - timedelta(days=policy.days)
    ids = _candidates(tx, draft, since)
    wanted = select(*COLUMNS).where(
        cases.c.id.in_(ids), cases.c.state.not_in(OVER), cases.c.registered_at >= since, within
    )
    rows = [dict(row) for row in tx.execute(wanted).mappings() if row["id"] != without] if ids else []
    return compared(draft, rows, policy)


def compared(draft: Told, rows: Iterable[Mapping[str, Any]], policy: LikenessPolicy) -> tuple[Near, ...]:
    """The rows alike enough to show, the likeliest and then the newest first."""
    found = [Near(row, likeness(draft, told_of(row), policy)) for row in rows]
    kept = [one for one in found if one.likeness.score >= policy.score]
    kept.sort(key=lambda one: (-one.likeness.score, -one.row["id"]))
    return tuple(kept[: policy.most])


def told_of(row: Mapping[str, Any]) -> Told:
    return Told(
        row["title"], row["content"], row["place"], row["town"] or "", row["phone_index"] or "", row["registered_at"]
    )


def _candidates(tx: Connection, draft: Told, since: datetime) -> list[int]:
    """Cases that share the rarest pairs, weighed by how rare they are, and the caller's own of these days."""
    floor = tx.execute(FLOOR, {"since": since}).scalar_one_or_none()
    if floor is None:
        return []
    counts = {row[0]: row[1] for row in tx.execute(COUNTS, {"grams": list(draft.grams), "floor": floor})}
    chosen: dict[int, float] = {}
    rows = 0
    for gram, count in sorted(counts.items(), key=lambda pair: pair[1]):
        if rows + count > MOST_ROWS and chosen:
            break
        chosen[gram], rows = 1.0 / (1.0 + log(count)), rows + count
    weight: dict[int, float] = defaultdict(float)
    for gram, case in tx.execute(SHARED, {"grams": list(chosen), "floor": floor}) if chosen else ():
        weight[case] += chosen[gram]
    best = sorted(weight, key=lambda case: (-weight[case], -case))[:MOST_COMPARED]
    if draft.phone:
        best += tx.execute(SAME_PHONE, {"phone": draft.phone, "since": since}).scalars().all()
    return list(dict.fromkeys(best))


# --- what is kept ---------------------------------------------------------------------------------------------------


def keep_grams(tx: Connection, case: Mapping[str, Any]) -> None:
    """Write what stands for a case, in the commit that gave it its text."""
    grams = sorted(grams_of(case["title"], case["place"], case["content"]))
    if grams:
        tx.execute(insert(case_grams), [{"gram": gram, "case_id": case["id"]} for gram in grams])


def renew_grams(tx: Connection, case: Mapping[str, Any]) -> None:
    tx.execute(FORGET, {"case": case["id"]})
    keep_grams(tx, case)


def sweep_grams(tx: Connection, now: datetime) -> int:
    """Forget cases older than the search goes back, and write those that came another way; how many were touched.

    The table stays as large as the arrivals of a month, whatever the years bring.
    """
    floor = tx.execute(FLOOR, {"since": now - timedelta(days=load_likeness().days)}).scalar_one_or_none()
    if floor is None:
        return 0
    old: Sequence[int] = tx.execute(
        select(case_grams.c.case_id).where(case_grams.c.case_id < floor).distinct().limit(SWEPT)
    ).scalars().all()  # fmt: skip
    if old:
        tx.execute(delete(case_grams).where(case_grams.c.case_id.in_(old)))
    held = select(case_grams.c.case_id).where(case_grams.c.case_id == cases.c.id).exists()
    bare = select(*COLUMNS).where(cases.c.id >= floor, ~held).limit(SWEPT)
    missing = [dict(row) for row in tx.execute(bare).mappings()]
    for row in missing:
        keep_grams(tx, row)
    return len(old) + len(missing)
