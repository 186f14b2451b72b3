"""What the archive holds, in numbers (R147): by category, by month, by state of volume, and what served again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from core.archive.views import Category
from core.measures.sheets import Sheet
from core.models.archive import archive_checks, archive_documents, archive_uses, archive_volumes
from core.models.licences import subjects
from core.policy.archive import archive_rules
from core.policy.library import library_rules
from core.worktime import SHANGHAI, local_date

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One category: its volumes, papers, pages, bytes, and uses of its papers."""

    code: str
    title: str
    volumes: int
    documents: int
    pages: int
    size: int
    used: int


@dataclass(frozen=True, slots=True)
class ArchiveStats:
    """The numbers of papers filed in a period; `months` and `kinds` are title and papers, `states` title and volumes.

    `soon`: how many end within sixty days; `failed`: volumes whose last check found something; `unread`: papers whose
    text nobody has read yet. These three are as of today.
    """

    since: date
    until: date
    documents: int
    pages: int
    size: int
    used: int
    holders: int
    categories: tuple[CategoryLine, ...]
    months: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, int], ...]
    soon: int
    failed: int
    unread: int


def stats(tx: Connection, kinds: Mapping[str, Category], since: date, until: date, today: date) -> ArchiveStats:
    """Counted from the rows of one moment; days are local and both included."""
    table, first, last = archive_documents.c, _begins(since), _begins(until + timedelta(days=1))
    period = (table.shown, table.added_at >= first, table.added_at < last)
    sums = (func.count(), func.coalesce(func.sum(table.pages), 0), func.coalesce(func.sum(table.size), 0))
    by_category = select(table.category, *sums).where(*period).group_by(table.category)
    held: dict[str, tuple[int, int, int]] = {row[0]: (row[1], row[2], row[3]) for row in tx.execute(by_category)}
    used = dict(_used(tx, first, last))
    opened = (archive_volumes.c.opened_at >= first, archive_volumes.c.opened_at < last)
    volumes = {
        row[0]: row[1]
        for row in tx.execute(
            select(archive_volumes.c.category, func.count()).where(*opened).group_by(archive_volumes.c.category)
        )
    }
    lines = tuple(
        CategoryLine(
            one.code, one.title, volumes.get(one.code, 0), *held.get(one.code, (0, 0, 0)), used=used.get(one.code, 0)
        )
        for one in kinds.values()
        if one.open or one.code in held or one.code in volumes
    )
    count = select(func.count(func.distinct(table.subject_id))).where(*period)
    return ArchiveStats(
        since, until, sum(one.documents for one in lines), sum(one.pages for one in lines),
        sum(one.size for one in lines), sum(used.values()), tx.execute(count).scalar_one(), lines,
        _months(tx, period, since, until), _kinds(tx, period), _states(tx), *_to_do(tx, today),
    )  # fmt: skip


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _used(tx: Connection, first: datetime, last: datetime) -> Sequence[Any]:
    query = (
        select(archive_documents.c.category, func.count())
        .join(archive_documents, archive_documents.c.id == archive_uses.c.document_id)
        .where(archive_uses.c.used_at >= first, archive_uses.c.used_at < last)
    )
    return [tuple(row) for row in tx.execute(query.group_by(archive_documents.c.category))]


def _months(tx: Connection, period: Sequence[Any], since: date, until: date) -> tuple[tuple[str, int], ...]:
    """Papers by the month they were filed in, none left out between the first and the last that has any."""
    found: dict[str, int] = {}
    for added in tx.execute(select(archive_documents.c.added_at).where(*period)).scalars():
        filed = f"{local_date(added):%Y-%m}"
        found[filed] = found.get(filed, 0) + 1
    if not found:
        return ()
    year, month = (int(part) for part in min(found).split("-"))
    told = list[tuple[str, int]]()
    while (name := f"{year}-{month:02d}") <= max(found):
        told.append((name, found.get(name, 0)))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(told)


def _kinds(tx: Connection, period: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    query = select(subjects.c.kind, func.count()).join(subjects, subjects.c.id == archive_documents.c.subject_id)
    found = {row[0]: row[1] for row in tx.execute(query.where(*period).group_by(subjects.c.kind))}
    return tuple((one.title, found.get(one.key, 0)) for one in library_rules().kinds.values())


def _states(tx: Connection) -> tuple[tuple[str, int], ...]:
    query = select(archive_volumes.c.state, func.count()).group_by(archive_volumes.c.state)
    found = {row[0]: row[1] for row in tx.execute(query)}
    return tuple((one.title, found.get(one.key, 0)) for one in archive_rules().states.values())


def _to_do(tx: Connection, today: date) -> tuple[int, int, int]:
    table = archive_documents.c
    ending = select(func.count()).where(table.shown, table.valid_to >= today, table.valid_to <= today + SOON)
    last = select(func.max(archive_checks.c.id)).group_by(archive_checks.c.volume_id)
    failed = select(func.count()).where(archive_checks.c.id.in_(last), ~archive_checks.c.passed)
    unread = select(func.count()).where(table.shown, table.read_at.is_(None))
    soon, wrong, waiting = (int(tx.execute(query).scalar_one()) for query in (ending, failed, unread))
    return soon, wrong, waiting


def as_sheets(told: ArchiveStats) -> list[Sheet]:
    """The same as tables of an Excel file."""
    by_category = tuple(
        (one.title, one.volumes, one.documents, one.pages, one.size, one.used) for one in told.categories
    )
    return [
        Sheet("按分类", ("资料分类", "新立案卷", "资料份数", "页数", "字节", "复用次数"), by_category),
        Sheet("按月", ("月份", "资料份数"), told.months),
        Sheet("按主体", ("主体", "资料份数"), told.kinds),
        Sheet("案卷状态", ("状态", "案卷数"), told.states),
    ]
