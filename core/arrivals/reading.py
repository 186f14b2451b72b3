"""What strangers send, opened in a process of its own with bounds on memory and time: photos and sheets (D1–D3).

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
from collections.abc import Iterator, Mapping
from datetime import date, datetime

REFUSED = 3
CELL = 20_000
"""Characters of one cell that are carried on; a field that long is refused by its own rule."""
COLUMNS = 64
EXACT = 1e15
"""Beyond it a number of a sheet has lost its last digits."""
Limits = Mapping[str, int]


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


def sheet(raw: bytes, limits: Limits) -> bytes:
    """The rows of the first sheet as JSON lines of texts, the header first."""
    rows = _workbook(raw, limits) if raw[:2] == b"PK" else _table(raw)
    told = bytearray()
    for count, row in enumerate(rows):
        cells = [cell[:CELL] for cell in row[:COLUMNS]]
        if count and not any(cell.strip() for cell in cells):
            cells = []
        told += json.dumps(cells, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        if count > limits["rows"]:
            raise Refused("rows")
        if len(told) > limits["unpacked"]:
            raise Refused("unpacked")
    return bytes(told)


def _workbook(raw: bytes, limits: Limits) -> Iterator[list[str]]:
    """An .xlsx, its parts counted and weighed before anything of it is unpacked (D2)."""
    check_parts(raw, limits)
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
    if not book.sheet_names:
        raise Refused("kind")
    for row in book.get_sheet_by_index(0).iter_rows():
        yield [text_of(cell) for cell in row]


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


def _table(raw: bytes) -> Iterator[list[str]]:
    """A CSV in UTF-8 or, as Chinese spreadsheets save it, in GB18030."""
    if b"\0" in raw:
        raise Refused("kind")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise Refused("kind") from None
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error:
        raise Refused("kind") from None


def text_of(cell: object) -> str:
    """A cell as the text a person sees: no 19900001234.0, and no digits made up behind the fifteenth."""
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
    raw = sys.stdin.buffer.read()
    try:
        told = {"photo": photo, "sheet": sheet}[kind](raw, limits)
    except Refused as no:
        sys.stderr.write(str(no))
        return REFUSED
    except MemoryError:
        sys.stderr.write("unpacked")
        return REFUSED
    except Exception as fault:  # whatever a decoder stumbles over is the file's fault, not ours
        sys.stderr.write("pixels" if "Bomb" in type(fault).__name__ else "kind")
        return REFUSED
    sys.stdout.buffer.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
