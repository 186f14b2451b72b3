"""Drafts and submitted briefings as their readers see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from core.briefing_views import BriefingView, DraftView, Listed, Period, Shelf
from core.briefings.wording import sheet_of
from core.canon import canonical
from core.models.briefings import briefing_drafts, briefings
from core.policy.briefings import BriefingPolicy
from core.sm import sm3
from core.timewords import when
from core.work import World
from core.worktime import local_date

SIZE = 20
RECENT = 20
Row = RowMapping
SHORT = (
    briefings.c.id, briefings.c.kind, briefings.c.since, briefings.c.until, briefings.c.edition, briefings.c.at,
    briefings.c.person_id,
)  # fmt: skip


def digest_of(content: Mapping[str, Any]) -> str:
    """SM3 over everything that was frozen."""
    return sm3(canonical(dict(content)).encode("utf-8", "surrogatepass")).hex()


def draft_row(tx: Connection, number: int, *, lock: bool = False) -> Row | None:
    query = select(briefing_drafts).where(briefing_drafts.c.id == number)
    return tx.execute(query.with_for_update() if lock else query).mappings().first()


def filed_row(tx: Connection, number: int) -> Row | None:
    return tx.execute(select(briefings).where(briefings.c.id == number)).mappings().first()


def latest(tx: Connection, period: Period) -> Row | None:
    """The last edition that was submitted of a period."""
    same = (briefings.c.kind == period.kind, briefings.c.since == period.since)
    return tx.execute(select(briefings).where(*same).order_by(briefings.c.edition.desc()).limit(1)).mappings().first()


def version(number: int, seq: int) -> str:
    """Names one version of one draft."""
    return f"{number}.{seq}"


def filed_from(tx: Connection, person: int | None, mark: str, texts: Mapping[str, str]) -> int | None:
    """Which of a person's last briefings came of this version of a draft, with these words."""
    mine = select(briefings.c.id, briefings.c.content).where(briefings.c.person_id == person)
    rows = tx.execute(mine.order_by(briefings.c.id.desc()).limit(RECENT))
    return next((int(one) for one, told in rows if (told.get("draft"), told["texts"]) == (mark, dict(texts))), None)


def period_in(row: Row) -> Period:
    return Period(row["kind"], row["since"], row["until"])


def draft_view(
    tx: Connection, world: World, policy: BriefingPolicy, now: datetime, row: Row, moved: int, may_submit: bool
) -> DraftView:
    period, earlier = period_in(row), latest(tx, period_in(row))
    told = {
        "kind": period.kind, "since": period.since.isoformat(), "until": period.until.isoformat(),
        "figures": row["figures"],
    }  # fmt: skip
    return DraftView(
        row["id"], row["seq"], period, f"{policy.kinds[period.kind].title} · {period.title}",
        earlier["edition"] + 1 if earlier else 1, row["texts"], sheet_of(told),
        world.directory.person_name(row["person_id"]), when(now, row["changed_at"]), moved, may_submit,
    )  # fmt: skip


def filed_view(
    tx: Connection, world: World, policy: BriefingPolicy, now: datetime, row: Row, rights: tuple[bool, bool]
) -> BriefingView:
    """`rights`: whether this reader may send it, and whether they may begin a correction."""
    content, period = row["content"], period_in(row)
    newest = latest(tx, period)
    is_latest = newest is not None and newest["edition"] == row["edition"]
    texts = tuple((title, content["texts"].get(name, "")) for name, title in content["titles"])
    return BriefingView(
        row["id"], period, policy.kinds[period.kind].title, row["edition"], is_latest,
        tuple((title, text) for title, text in texts if text), sheet_of(content),
        world.directory.person_name(row["person_id"]), when(now, row["at"]), row["digest"],
        digest_of(content) == row["digest"], rights[0],
        rights[1] and is_latest, row["at"],
    )  # fmt: skip


def shelf(
    tx: Connection, world: World, policy: BriefingPolicy, now: datetime, writes: bool, kind: str, page: int
) -> Shelf:
    narrowed = (briefings.c.kind == kind,) if kind else ()
    total = tx.execute(select(func.count()).select_from(briefings).where(*narrowed)).scalar_one()
    pages = max(1, -(-total // SIZE))
    page = min(max(1, page), pages)
    newest = (briefings.c.until.desc(), briefings.c.since.desc(), briefings.c.id.desc())
    rows = tx.execute(select(*SHORT).where(*narrowed).order_by(*newest).limit(SIZE).offset(SIZE * (page - 1)))
    filed = tuple(_listed(row, world, policy, now) for row in rows.mappings())
    drafts: tuple[Listed, ...] = ()
    if writes:
        query = select(briefing_drafts).order_by(briefing_drafts.c.until.desc(), briefing_drafts.c.id.desc())
        query = query.where(briefing_drafts.c.kind == kind) if kind else query
        drafts = tuple(_listed(row, world, policy, now, draft=True) for row in tx.execute(query).mappings())
    kinds = tuple((name, one.title) for name, one in policy.kinds.items())
    return Shelf(drafts, filed, kinds, kind, page, pages, writes, local_date(now))


def _listed(row: Any, world: World, policy: BriefingPolicy, now: datetime, *, draft: bool = False) -> Listed:
    return Listed(
        row["id"], draft, row["kind"], policy.kinds[row["kind"]].title, period_in(row).title,
        0 if draft else row["edition"], world.directory.person_name(row["person_id"]),
        when(now, row["changed_at"] if draft else row["at"]),
    )  # fmt: skip
