"""Files of strangers opened at arm's length: the child process that reads them, and what its refusals mean."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

from core.arrivals import reading
from core.canon import read_texts
from core.errors import Refusal
from core.policy.arrivals import PhotoRules, SheetRules

PHOTO_SECONDS, PHOTO_MEMORY = 5, 900 * 1024 * 1024
AHEAD = 1 << 20
"""Bytes the child may be ahead of us, where the system lets it."""
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
    return list(rows_of_sheet(raw, rules, name))


def rows_of_sheet(raw: bytes, rules: SheetRules, name: str = "") -> Iterator[list[str]]:
    """The same while they are read. Raises WrongFile, perhaps after rows of which nothing must be kept then."""
    if name and not name.lower().endswith(next(ends for head, ends in SHEET_ENDS if raw.startswith(head))):
        raise WrongFile(what="表格", why=SHEET_WHYS["kind"])
    if len(raw) > rules.most_bytes:
        raise WrongFile(what="表格", why=SHEET_WHYS["size"])
    limits = {
        "rows": rules.rows, "entries": rules.entries, "unpacked": rules.unpacked, "ratio": rules.ratio,
        "memory": rules.memory, "seconds": rules.seconds,
    }  # fmt: skip
    for line in _lines("sheet", raw, limits, "表格", SHEET_WHYS, "unpacked"):
        yield from read_texts(line)


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
    return b"".join(_lines(kind, raw, limits, what, whys, killed))


def _lines(
    kind: str, raw: bytes, limits: Mapping[str, int], what: str, whys: Mapping[str, str], killed: str
) -> Iterator[bytes]:
    """The child's answer line by line, while it goes on; how it ended shows after the last."""
    command = [sys.executable, "-I", PROGRAM, kind, json.dumps(dict(limits))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:
        given, told, error = cast("tuple[IO[bytes], ...]", (child.stdin, child.stdout, child.stderr))
        with suppress(OSError):  # a system may grant less to who has many of them
            fcntl.fcntl(told, fcntl.F_SETPIPE_SZ, AHEAD)
        last = threading.Timer(limits["seconds"] + 5, child.kill)
        last.start()
        try:
            with suppress(BrokenPipeError), given:
                given.write(raw)
            yield from told
            word, ended = error.read().decode(errors="replace").strip()[-20:], child.wait()
        finally:
            last.cancel()
            child.kill()
    if ended:
        raise WrongFile(what=what, why=whys.get(word if ended == reading.REFUSED else killed, whys["kind"]))
