"""Papers for the archive of the practice ground: drawn pages of the library's invented companies and persons."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.archive.papers import JPEG, Paper
from core.licences import LibraryAct
from core.licences.desk import opened
from core.models.archive import archive_documents
from core.models.licences import subjects
from core.people import CLOCK
from core.policy import read
from core.policy.archive import DOCUMENT, VOLUME
from core.policy.library import library_rules

if TYPE_CHECKING:
    from core.facade import Core
UNIT = "秀英区行政审批服务局"
SIDE, MARGIN, STEP = (744, 1052), 80, 56
"""An A4 page at 90 dots an inch, in pixels."""


def seed_papers(core: Core, holders: int = 12) -> int:
    """File papers for the newest so many companies and persons, where there is none yet; returns how many."""
    if core._read(lambda tx: tx.execute(select(archive_documents.c.id).limit(1)).first()):
        return 0
    told, count, first = read("seed/archive.yaml")["papers"], 0, ""
    for kind in library_rules().kinds:
        for number, row in enumerate(_newest(core, kind, holders)):
            holder = opened(core.cipher, "subjects", row)
            for one in told[kind][: 1 + number % len(told[kind])]:
                line = _file(core, row["token"], holder, one, core.today() - timedelta(days=40 * number + 9))
                first, count = first or line, count + 1
    if first:
        volume = core.archive.document(CLOCK, first).volume
        core.archive.write(LibraryAct(f"seed:volume:{volume}", VOLUME, "file", volume, {}, CLOCK, source="seed"))
    return count


def _newest(core: Core, kind: str, most: int) -> Sequence[Mapping[Any, Any]]:
    query = select(subjects).where(subjects.c.kind == kind).order_by(subjects.c.id.desc()).limit(most)
    return core._read(lambda tx: tx.execute(query).mappings().all())


def _file(core: Core, subject: str, holder: Mapping[str, Any], one: Mapping[str, Any], made_on: date) -> str:
    lines = [line.format(holder=holder["name"], address=holder["address"]) for line in one["lines"]]
    text = " ".join((one["title"], *lines))
    paper = core.archive.keep(Paper(_drawn(one["title"], [*lines, f"{made_on:%Y 年 %m 月 %d 日}"]), JPEG, 1, text))
    last = made_on.replace(year=made_on.year + one["years"], day=1).isoformat() if one["years"] else ""
    values = {
        **paper, "subject": subject, "category": one["category"], "title": one["title"], "unit": UNIT,
        "made_on": made_on.isoformat(), "valid_to": last,
    }  # fmt: skip
    key = f"seed:paper:{subject}:{one['title']}"
    return core.archive.write(LibraryAct(key, DOCUMENT, "file", "", values, CLOCK, source="seed")).no


def _drawn(title: str, lines: list[str]) -> bytes:
    """A page with a heading and lines under it."""
    from PIL import Image, ImageDraw

    from core.licence_faces.setting import font

    page = Image.new("RGB", SIDE, "#FDFCF8")
    draw, held = ImageDraw.Draw(page), io.BytesIO()
    draw.text((SIDE[0] / 2, 2 * MARGIN), title, "#1D2129", font=font("sans", 36), anchor="mm")
    for number, line in enumerate(lines, 1):
        draw.text((MARGIN, 2 * MARGIN + 30 + number * STEP), line, "#333B47", font=font("sans", 22))
    page.save(held, "JPEG", quality=80)
    return held.getvalue()
