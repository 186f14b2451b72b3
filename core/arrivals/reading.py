"""What strangers send, opened in a process of its own with bounds on memory and time: photos, sheets, PDFs (D1–D3).

Run by path as a program: `reading.py KIND LIMITS < file`. It imports nothing of the product, so that it starts at once
and holds nothing worth taking. Exit 3: refused, the reason is one word on the error stream.
"""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

REFUSED = 3
CELL = 20_000
"""Characters of one cell that are carried on; a field that long is refused by its own rule."""
COLUMNS = 64
TOGETHER = 250
"""Rows that are told at once, so that whoever asked looks at them while the next are read."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a workbook before 2007 begins, as everything that old programs saved."""
MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""What the table of contents of such a file calls the macros in it."""
EXACT = 1e15
"""Beyond it a number of a sheet has lost its last digits."""
SIGNS = ",\t;"
"""What may part the cells of a CSV; a sheet saved as text in a spreadsheet has tabs."""
NO_TEXT = frozenset("\0\ufffe\uffff")
Limits = Mapping[str, int]
Merged = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of merged ones: row, column."""


class Refused(Exception):
    """The file is not opened; the message is one word for the caller."""


def photo(raw: bytes, limits: Limits) -> bytes:
    """The picture as a fresh JPEG: upright, no larger than needed, without where and when it was taken (D1)."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = limits["pixels"]
    with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as opened:
        if opened.width * opened.height > limits["pixels"]:
            raise Refused("pixels")
        opened.draft("RGB", (limits["side"], limits["side"]))
        upright = ImageOps.exif_transpose(opened)
        flat = upright.convert("RGBA") if upright.mode in ("P", "LA", "PA", "RGBA") else upright.convert("RGB")
    if flat.mode == "RGBA":
        ground = Image.new("RGB", flat.size, "white")
        ground.paste(flat, mask=flat.getchannel("A"))
        flat = ground
    flat.thumbnail((limits["side"], limits["side"]))
    held = io.BytesIO()
    Image.frombytes("RGB", flat.size, flat.tobytes()).save(held, "JPEG", quality=82, optimize=True)
    return held.getvalue()


def photos(raw: bytes, limits: Limits) -> bytes:
    """Several pictures, each after its length in four bytes; told likewise, a refusal as no bytes at all."""
    told, at = bytearray(), 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        try:
            fresh = photo(raw[at + 4 : at + 4 + size], limits)
        except Exception:  # why it is none is told when it is opened alone
            fresh = b""
        told += len(fresh).to_bytes(4, "big") + fresh
        at += 4 + size
    return bytes(told)


def sheet(raw: bytes, limits: Limits) -> Iterator[bytes]:
    """The rows of the first sheet as texts, the header first: some at a time, each lot a line of JSON."""
    rows = _workbook(raw, limits) if raw[:2] == b"PK" or raw.startswith(OLD) else _table(raw)
    some, told = list[list[str]](), 0
    for count, row in enumerate(rows):
        cells = [cell[:CELL] for cell in row[:COLUMNS]]
        if count and not any(cell.strip() for cell in cells):
            cells = []
        some.append(cells)
        told += sum(map(len, cells))
        if count > limits["rows"]:
            raise Refused("rows")
        if told > limits["unpacked"]:
            raise Refused("unpacked")
        if len(some) == TOGETHER:
            yield _line(some)
            some = []
    yield _line(some)


def _line(rows: Sequence[Sequence[str]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _workbook(raw: bytes, limits: Limits) -> Iterator[list[str]]:
    """An .xlsx, its parts counted and weighed before anything of it is unpacked (D2); in an .xls nothing is packed.

    An .xls that claims to be vast meets the bound on memory. No formula is worked out: a cell says what it said when
    it was saved.
    """
    if not raw.startswith(OLD):
        check_parts(raw, limits)
    elif MACROS in raw:
        raise Refused("kind")
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
    if not book.sheet_names:
        raise Refused("kind")
    pages = (book.get_sheet_by_index(place) for place in range(len(book.sheet_names)))
    page = next((one for one in pages if one.height > 1), None) or book.get_sheet_by_index(0)
    rows = ([text_of(cell) for cell in row] for row in page.iter_rows())
    yield from _spread(rows, page.merged_cell_ranges or (), (page.start or (0, 0))[1])


def _spread(rows: Iterator[list[str]], merged: Sequence[Merged], left: int) -> Iterator[list[str]]:
    """What stands once in cells merged downwards is said in each of their rows that says anything; `left`: the sheet's
    first column in use.
    """
    begins: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, _) in merged:
        if bottom > top and 0 <= column - left < COLUMNS:
            begins.setdefault(top, []).append((column - left, bottom))
    held: dict[int, tuple[int, str]] = {}
    for at, cells in enumerate(rows):
        said = any(cells)
        for column, (bottom, text) in list(held.items()):
            if at > bottom:
                del held[column]
            elif said and column < len(cells) and not cells[column]:
                cells[column] = text
        for column, bottom in begins.get(at, ()):
            if column < len(cells):
                held[column] = (bottom, cells[column])
        yield cells


def check_parts(raw: bytes, limits: Limits) -> None:
    """Raises Refused for too many parts, too much unpacked, too dense, links, outside names, macros."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    except zipfile.BadZipFile:
        raise Refused("kind") from None
    if len(parts) > limits["entries"]:
        raise Refused("entries")
    whole = 0
    for part in parts:
        whole += part.file_size
        if whole > limits["unpacked"]:
            raise Refused("unpacked")
        if part.file_size > limits["ratio"] * max(part.compress_size, 1) and part.file_size > 1_000_000:
            raise Refused("ratio")
        if part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename) or part.flag_bits & 1:
            raise Refused("kind")
        if (part.external_attr >> 16) & 0o170000 == 0o120000 or part.filename.lower().endswith((".bin", ".exe", ".js")):
            raise Refused("kind")
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Refused("kind")


def paper(raw: bytes, limits: Limits) -> bytes:
    """What a PDF is, as JSON: its pages, the text it carries, whether it brings scripts or files along."""
    document = _pdf(raw)
    pages = len(document)
    if not 0 < pages <= limits["pages"]:
        raise Refused("pages")
    import pypdfium2.raw as pdfium

    told = list[str]()
    for number in range(pages):
        if sum(map(len, told)) < limits["text"]:
            told.append(document[number].get_textpage().get_text_range())
    foreign = pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0 or pdfium.FPDFDoc_GetAttachmentCount(document) > 0
    text = " ".join(" ".join(told).split())[: limits["text"]]
    return json.dumps({"pages": pages, "text": text, "foreign": foreign}).encode()


def page(raw: bytes, limits: Limits) -> bytes:
    """One page of a PDF as a JPEG no longer than `side`; no script in it runs."""
    document = _pdf(raw)
    if limits["page"] >= len(document):
        raise Refused("pages")
    sheet_of_it = document[limits["page"]]
    scale = limits["side"] / max(1.0, *sheet_of_it.get_size())
    held = io.BytesIO()
    sheet_of_it.render(scale=scale).to_pil().convert("RGB").save(held, "JPEG", quality=85)
    return held.getvalue()


def _pdf(raw: bytes) -> Any:
    """Raises Refused for one that wants a password or cannot be opened."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as fault:
        raise Refused("locked" if "assword" in str(fault) else "kind") from None


def _table(raw: bytes) -> Iterator[list[str]]:
    """A CSV in UTF-8, in UTF-16 with its mark, or, as Chinese spreadsheets save it, in GB18030."""
    text = _decoded(raw)
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_sign(text))
    except csv.Error:
        raise Refused("kind") from None


def _decoded(raw: bytes) -> str:
    """Raises Refused for what is no text."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for code in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(code)
        except UnicodeDecodeError:
            continue
        if not set(text) & NO_TEXT:
            return text
    raise Refused("kind")


def _sign(text: str) -> str:
    """What parts the cells: the sign most used in the first line that uses one twice."""
    for line in text[:20_000].splitlines()[:10]:
        sign = max(SIGNS, key=line.count)
        if line.count(sign) > 1:
            return sign
    return SIGNS[0]


def text_of(cell: object) -> str:
    """A cell as the text a person sees: no 19900001234.0, and no digits made up behind the fifteenth."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float | int):
        if abs(cell) >= EXACT:
            return f"\0{cell:.0f}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def main() -> int:
    """Read standard input, write what it holds; never with more memory or time than the limits allow."""
    kind, limits = sys.argv[1], json.loads(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    raw, out = sys.stdin.buffer.read(), sys.stdout.buffer
    try:
        if kind == "sheet":
            out.writelines(sheet(raw, limits))
        else:
            out.write({"photo": photo, "photos": photos, "paper": paper, "page": page}[kind](raw, limits))
        out.flush()
    except Refused as no:
        sys.stderr.write(str(no))
        return REFUSED
    except MemoryError:
        sys.stderr.write("unpacked")
        return REFUSED
    except Exception as fault:  # whatever a decoder stumbles over is the file's fault, not ours
        sys.stderr.write("pixels" if "Bomb" in type(fault).__name__ else "kind")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
