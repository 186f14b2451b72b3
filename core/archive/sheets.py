"""The two manifests (R149 companies, R151 persons): who, with their basics, and which file is which of their papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.archive.views import Category, ItemView
from core.licences.sheets import blank_sheet, places_of
from core.policy.archive import archive_rules
from core.policy.library import library_rules
from core.policy.licences import LicenceField
from core.views import RowFault

FILE = LicenceField(
    "file", "文件名", "text", False, "none", 400, hint="压缩包里的文件名，几个用分号隔开；只登记基本信息可不填"
)
CATEGORY = LicenceField("category", "资料分类", "text", False, "none", 20, hint="从下拉里选，不填按资料名称归类")
NAMES = re.compile(r"[;；、\n]+")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One row and one file it names, or none: what it says, as it was written."""

    row: int
    subject: Mapping[str, str]
    category: str
    fields: Mapping[str, str]
    file: str


def title_of(kind: str) -> str:
    """What the sheet is called."""
    return f"{library_rules().kinds[kind].title}存量资料清单"


def columns(kind: str, categories: Sequence[Category] = ()) -> tuple[LicenceField, ...]:
    """The columns of a manifest in order; papers' own are never required, for a row may be of basics alone."""
    choices = tuple(one.title for one in categories if one.takes(kind))
    category = LicenceField("category", CATEGORY.label, "choice", False, "none", 20, choices, CATEGORY.hint)
    papers = (
        LicenceField(f"paper_{one.key}", one.label, one.check, False, "none", one.max, hint=one.hint)
        for one in archive_rules().fields
    )
    return (*library_rules().kinds[kind].fields, FILE, category if choices else CATEGORY, *papers)


def template(kind: str, categories: Sequence[Category]) -> bytes:
    """An empty manifest."""
    fields = columns(kind, categories)
    return blank_sheet(title_of(kind), fields, archive_rules().batch.rows, {}, "一份资料")


def rows_told(items: Iterable[ItemView], states: Mapping[str, tuple[str, str]]) -> Iterator[RowFault]:
    """What the report of a batch says of each item: its row or its place, its file, its state and reason."""
    for one in items:
        yield RowFault(
            one.row or 0,
            one.file or one.holder,
            f"{states[one.state][0]}：{one.why}" if one.why else states[one.state][0],
        )


def rows_of(kind: str, lines: Sequence[Sequence[str]]) -> Iterator[ManifestRow]:
    """Every row of a filled manifest, one for each file it names. Raises OtherSheet for another's header."""
    places = places_of(title_of(kind), columns(kind), lines[0] if lines else ())
    own = [field.key for field in library_rules().kinds[kind].fields]
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        given = {key: cells[at] for key, at in places.items() if at < len(cells)}
        subject = {key: given.get(key, "") for key in own}
        fields = {one.key: given.get(f"paper_{one.key}", "") for one in archive_rules().fields}
        names = [name.strip() for name in NAMES.split(given.get("file", "")) if name.strip()]
        for name in names or [""]:
            yield ManifestRow(number, subject, given.get("category", "").strip(), fields, name)
