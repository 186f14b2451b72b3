"""A paper as PDF, set by Typst; the words reach it as values, never as markup."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from core.documents.paper import Block, Document, Picture, Table, pictures

FONT, FAMILY = "NotoSansSC-Regular.otf", "Noto Sans SC"
LONGEST_MARK = 120  # a longer one could not be read across a page
KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


def pdf_of(document: Document) -> bytes:
    import typst

    with tempfile.TemporaryDirectory() as room, as_file(files("pylopdf_fonts_zh_cn") / FONT) as font:
        names = {}
        for number, picture in enumerate(pictures(document)):
            names[id(picture)] = f"picture-{number}.{_kind(picture.data)}"
            (Path(room) / names[id(picture)]).write_bytes(picture.data)
        (Path(room) / "paper.json").write_text(json.dumps(_told(document, names), ensure_ascii=False), "utf-8")
        main = Path(room) / "paper.typ"
        main.write_bytes((files("core.documents") / "paper.typ").read_bytes())
        return bytes(
            typst.compile(str(main), root=room, font_paths=[str(font.parent)], ignore_system_fonts=True, format="pdf")
        )


def _kind(data: bytes) -> str:
    """Raises ValueError for what is neither PNG nor JPEG."""
    found = next((kind for head, kind in KINDS.items() if data.startswith(head)), None)
    if found is None:
        raise ValueError("a picture is PNG or JPEG")
    return found


def _told(document: Document, names: dict[int, str]) -> dict[str, Any]:
    return {
        "title": _kept(document.title), "subtitle": _kept(document.subtitle),
        "mark": _kept(document.mark)[:LONGEST_MARK],
        "font": FAMILY,
        "facts": [[_kept(one) for one in row] for row in document.facts],
        "sections": [
            {"title": _kept(section.title), "blocks": [_block(one, names) for one in section.blocks]}
            for section in document.sections
        ],
    }  # fmt: skip


def _block(block: Block, names: dict[int, str]) -> dict[str, Any]:
    if isinstance(block, Table):
        head, *rows = [[_kept(cell) for cell in row] for row in (block.head, *block.rows)]
        return {"kind": "table", "head": head, "rows": rows, "widths": list(block.shares())}
    if isinstance(block, Picture):
        return {"kind": "picture", "file": names[id(block)], "caption": _kept(block.caption), "width": block.width}
    return {"kind": "words", "text": _kept(block.text), "quiet": block.quiet}


def _kept(text: str) -> str:
    return text.encode("utf-8", "ignore").decode().replace("\0", "")
