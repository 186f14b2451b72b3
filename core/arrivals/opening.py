"""Files of strangers opened at arm's length: the child process that reads them, and what its refusals mean."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.arrivals import reading
from core.errors import Refusal
from core.policy.arrivals import PhotoRules, SheetRules

PHOTO_SECONDS, PHOTO_MEMORY = 5, 900 * 1024 * 1024
PROGRAM = str(Path(reading.__file__))


class WrongFile(Refusal):
    text = "「{what}」打不开：{why}。"
    status = 422


PHOTO_WHYS: Mapping[str, str] = MappingProxyType(
    {"kind": "请发 JPG 或 PNG 图片", "pixels": "图片尺寸太大，请缩小再发", "size": "图片太大，请压缩再发"}
)
SHEET_WHYS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "请用模板另存为 xlsx 或 csv 再传", "size": "文件太大，请分几次传", "rows": "行数太多，请分几次传",
        "entries": "里面文件太多，请另存后再传", "unpacked": "展开后太大，请分几次传",
        "ratio": "压缩得异常，请另存后再传",
    }
)  # fmt: skip
PAPER_WHYS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "请用 JPG、PNG 图片或 PDF", "size": "文件太大，请压缩或拆开再传", "pages": "页数太多，请拆成几份再传",
        "locked": "PDF 加了密码，请去掉密码再传", "unpacked": "文件太复杂，请另存后再传",
    }
)  # fmt: skip
SHEET_ENDS = ((b"PK", (".xlsx",)), (reading.OLD, (".xls",)), (b"", (".csv", ".txt")))
"""How a sheet begins, and how its name ends then."""
PHOTO_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


def open_photo(raw: bytes, rules: PhotoRules) -> bytes:
    """A fresh JPEG of the picture. Raises WrongFile."""
    if len(raw) > rules.most_bytes:
        raise WrongFile(what="图片", why=PHOTO_WHYS["size"])
    if not raw.startswith(PHOTO_HEADS):
        raise WrongFile(what="图片", why=PHOTO_WHYS["kind"])
    limits = {"pixels": rules.most_pixels, "side": rules.longest_side, "memory": PHOTO_MEMORY, "seconds": PHOTO_SECONDS}
    return _run("photo", raw, limits, "图片", PHOTO_WHYS, "pixels")


def open_photos(many: Sequence[bytes], rules: PhotoRules) -> list[bytes | WrongFile]:
    """Fresh JPEGs of several pictures, or why one is none, with one child for all of them.

    What that child cannot open, or all of it when something kills the child, is opened alone.
    """
    fit = [raw for raw in many if len(raw) <= rules.most_bytes and raw.startswith(PHOTO_HEADS)]
    limits = {
        "pixels": rules.most_pixels, "side": rules.longest_side, "memory": PHOTO_MEMORY,
        "seconds": PHOTO_SECONDS + len(fit),
    }  # fmt: skip
    framed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in fit)
    told = dict[bytes, bytes]()
    with suppress(WrongFile):
        answer, at = _run("photos", framed, limits, "图片", PHOTO_WHYS, "pixels"), 0
        for raw in fit:
            size = int.from_bytes(answer[at : at + 4], "big")
            told[raw] = answer[at + 4 : at + 4 + size]
            at += 4 + size
    return [told.get(raw) or _alone(raw, rules) for raw in many]


def _alone(raw: bytes, rules: PhotoRules) -> bytes | WrongFile:
    try:
        return open_photo(raw, rules)
    except WrongFile as no:
        return no


def open_sheet(raw: bytes, rules: SheetRules, name: str = "") -> list[list[str]]:
    """The rows of the first sheet as texts, the header first; `name` must tell the same kind (D1). Raises WrongFile."""
    if name and not name.lower().endswith(next(ends for head, ends in SHEET_ENDS if raw.startswith(head))):
        raise WrongFile(what="表格", why=SHEET_WHYS["kind"])
    if len(raw) > rules.most_bytes:
        raise WrongFile(what="表格", why=SHEET_WHYS["size"])
    limits = {
        "rows": rules.rows, "entries": rules.entries, "unpacked": rules.unpacked, "ratio": rules.ratio,
        "memory": rules.memory, "seconds": rules.seconds,
    }  # fmt: skip
    told = _run("sheet", raw, limits, "表格", SHEET_WHYS, "unpacked")
    return [json.loads(line) for line in told.splitlines()]


def look_into_pdf(raw: bytes, limits: Mapping[str, int]) -> dict[str, Any]:
    """Pages, carried text and whether something foreign is in it; `limits`: pages, text, memory, seconds.

    Raises WrongFile.
    """
    told: dict[str, Any] = json.loads(_run("paper", raw, limits, "资料", PAPER_WHYS, "unpacked"))
    return told


def page_of_pdf(raw: bytes, page: int, limits: Mapping[str, int]) -> bytes:
    """A page, counted from 0, as JPEG; `limits`: side, memory, seconds. Raises WrongFile."""
    return _run("page", raw, {**limits, "page": page}, "资料", PAPER_WHYS, "unpacked")


def _run(kind: str, raw: bytes, limits: Mapping[str, int], what: str, whys: Mapping[str, str], killed: str) -> bytes:
    """The child's answer; whatever kills it was too much for it."""
    command = [sys.executable, "-I", PROGRAM, kind, json.dumps(dict(limits))]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=limits["seconds"] + 5, check=False)
    except subprocess.TimeoutExpired:
        raise WrongFile(what=what, why=whys[killed]) from None
    if done.returncode == 0:
        return done.stdout
    why = done.stderr.decode(errors="replace").strip()[-20:] if done.returncode == reading.REFUSED else killed
    raise WrongFile(what=what, why=whys.get(why, whys["kind"]))
