"""What a sticker printer takes: an Excel of numbers, a ZIP of pictures, a print sheet drawn in millimetres."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import xlsxwriter

from core.licences.codes.drawing import Drawn
from core.policy.codes import Layout

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP, PDF = "application/zip", "application/pdf"
COLUMNS = (("序号", 8), ("编号", 16), ("码", 28), ("扫码后打开", 100), ("图片文件", 22))
POINTS = 72 / 25.4
LETTERS = 7.0
"""Points of the number under a code."""
QUIET = 4
NAMES = "{number}.png"


@dataclass(frozen=True, slots=True)
class Sticker:
    """One code on its way to the printer."""

    number: str
    code: str
    link: str


def excel(stickers: Iterable[Sticker]) -> bytes:
    """Numbers as text, one row a code (R184)."""
    held = io.BytesIO()
    options = {"in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, options) as book:
        page, head = book.add_worksheet("证照码"), book.add_format({"bold": True, "bg_color": "#EDF3FD"})
        text = book.add_format({"num_format": "@"})
        page.freeze_panes(1, 0)
        for at, (title, width) in enumerate(COLUMNS):
            page.set_column(at, at, width)
            page.write_string(0, at, title, head)
        for at, one in enumerate(stickers, 1):
            page.write_number(at, 0, at)
            row = (one.number, one.code, one.link, NAMES.format(number=one.number))
            for column, value in enumerate(row, 1):
                page.write_string(at, column, value, text)
    return held.getvalue()


class Pictures:
    """A ZIP that grows picture by picture; PNG is not packed twice."""

    def __init__(self, file: IO[bytes], now: datetime) -> None:
        self._zip, self._at = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED), now.timetuple()[:6]

    def add(self, name: str, data: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name, self._at), data)

    def close(self) -> None:
        self._zip.close()


class PrintSheet:
    """A PDF written page by page: each code an image of one pixel a module at its exact size, its number beneath."""

    def __init__(self, file: IO[bytes], layout: Layout) -> None:
        self._file, self._layout = file, layout
        self._at: dict[int, int] = {}
        self._pages: list[int] = []
        self._marks: list[str] = []
        file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        self._object(3, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")

    def add(self, number: str, drawn: Drawn) -> None:
        """The next sticker, row by row from the upper left."""
        one, place = self._layout, len(self._marks)
        column, row = place % one.columns, place // one.columns
        whole = (one.columns * one.label[0] + (one.columns - 1) * one.gap[0],
                 one.rows * one.label[1] + (one.rows - 1) * one.gap[1])  # fmt: skip
        left = (one.page[0] - whole[0]) / 2 + column * (one.label[0] + one.gap[0])
        top = (one.page[1] - whole[1]) / 2 + row * (one.label[1] + one.gap[1])
        ink = one.code * drawn.side / (drawn.side + 2 * QUIET)
        x = (left + (one.label[0] - ink) / 2) * POINTS
        above = (one.label[1] - ink - LETTERS / POINTS) / 2
        y = (one.page[1] - top - above - ink) * POINTS
        size = ink * POINTS
        middle = (left + one.label[0] / 2) * POINTS - 0.26 * LETTERS * len(number)
        self._marks.append(
            f"q {size:.3f} 0 0 {size:.3f} {x:.3f} {y:.3f} cm BI/W {drawn.side}/H {drawn.side}/BPC 1/CS/G/F/AHx ID "
            f"{drawn.bits.hex()}> EI Q BT/F1 {LETTERS} Tf {middle:.3f} {y - LETTERS - 2:.3f} Td({number})Tj ET\n"
        )
        if len(self._marks) == one.on_page:
            self._page()

    def close(self) -> None:
        """Finish the last page and the file."""
        if self._marks or not self._pages:
            self._page()
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._object(1, b"<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None>>>>")
        self._object(2, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        start, count = self._file.tell(), max(self._at) + 1
        rows = "".join(f"{self._at[number]:010} 00000 n \n" for number in range(1, count))
        tail = f"xref\n0 {count}\n0000000000 65535 f \n{rows}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n"
        self._file.write(tail.encode() + b"%%EOF\n")

    def _page(self) -> None:
        drawn = zlib.compress("".join(self._marks).encode(), 1)
        self._marks = []
        content = 4 + 2 * len(self._pages)
        wide, high = (side * POINTS for side in self._layout.page)
        self._object(content, f"<</Length {len(drawn)}/Filter/FlateDecode>>stream\n".encode() + drawn + b"\nendstream")
        box = f"/MediaBox[0 0 {wide:.3f} {high:.3f}]/Resources<</Font<</F1 3 0 R>>>>"
        self._object(content + 1, f"<</Type/Page/Parent 2 0 R{box}/Contents {content} 0 R>>".encode())
        self._pages.append(content + 1)

    def _object(self, number: int, body: bytes) -> None:
        self._at[number] = self._file.tell()
        self._file.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")


def print_sheet(layout: Layout, drawn: Sequence[tuple[str, Drawn]]) -> bytes:
    """A whole print sheet at once, for a few codes."""
    held = io.BytesIO()
    sheet = PrintSheet(held, layout)
    for number, one in drawn:
        sheet.add(number, one)
    sheet.close()
    return held.getvalue()
