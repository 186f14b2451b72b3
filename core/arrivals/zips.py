"""A ZIP as people bring it: counted and weighed before anything is unpacked, its names read as they were meant (D2)."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from core.arrivals.opening import WrongFile
from core.packed import UNREADABLE

WHAT, MEDIA_TYPE = "压缩包", "application/zip"
UTF8, SEALED = 0x800, 0x1
DENSE = 1024 * 1024
"""A file smaller than this may be packed as densely as it likes."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What every desktop packs with; the others ask for memory by what the file says."""


class Bounds(Protocol):
    """How many files a ZIP may hold, how many bytes unpacked, and how many times its size one of them."""

    @property
    def entries(self) -> int: ...

    @property
    def unpacked(self) -> int: ...

    @property
    def ratio(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a ZIP by the name people gave it, its folders before it."""

    name: str
    info: zipfile.ZipInfo


class Zipped:
    """A ZIP whose bounds were checked; `entries` are its files without what computers add. Raises WrongFile."""

    def __init__(self, raw: bytes | BinaryIO, bounds: Bounds, what: str = WHAT) -> None:
        """`raw`: all of it, or a stream it can be looked up in; `what`: what it is called in a refusal."""
        self._what = what
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw) if isinstance(raw, bytes) else raw)
        except UNREADABLE:
            raise WrongFile(what=what, why="不是完好的 ZIP 格式，请重新压缩再传") from None
        named = [Entry(_name(info), info) for info in self._zip.infolist() if not info.is_dir()]
        self.entries = [one for one in named if not _is_passed_over(one.name)]
        if len(self.entries) > bounds.entries:
            raise WrongFile(what=what, why=f"里面超过 {bounds.entries:,} 个文件，请分几次传")
        for one in named:
            self._weigh(one, bounds)
        if sum(one.info.file_size for one in named) > bounds.unpacked:
            raise WrongFile(what=what, why="展开后太大，请分几次传")

    def _weigh(self, one: Entry, bounds: Bounds) -> None:
        """Passwords, links, names that lead outside, and what unpacks out of proportion."""
        info, steps = one.info, one.name.split("/")
        if info.flag_bits & SEALED:
            raise WrongFile(what=self._what, why="设了密码，请去掉密码再传")
        if one.name.startswith("/") or ".." in steps or ":" in steps[0] or stat.S_ISLNK(info.external_attr >> 16):
            raise WrongFile(what=self._what, why="里面有指向别处的文件")
        if info.compress_type not in METHODS:
            raise WrongFile(what=self._what, why="用了少见的压缩方式，请用普通方式重新压缩再传")
        if info.file_size > DENSE and info.file_size > bounds.ratio * max(info.compress_size, 1):
            raise WrongFile(what=self._what, why="压缩得异常，请重新压缩再传")

    def read(self, entry: Entry, most: int, what: str) -> bytes:
        """One file of it, exactly as large as it said it would be and never larger than `most`. Raises WrongFile."""
        size = entry.info.file_size
        if size > most:
            raise WrongFile(what=what, why="文件太大，请压缩或拆开再传")
        try:
            with self._zip.open(entry.info) as file:
                raw = file.read(size + 1)
        except UNREADABLE:
            raise WrongFile(what=what, why="压缩包里有损坏的文件") from None
        if len(raw) != size:
            raise WrongFile(what=what, why="压缩包里文件的大小与目录不符")
        return raw


def _is_passed_over(name: str) -> bool:
    """What computers put into a ZIP by themselves."""
    steps = name.lower().split("/")
    return steps[-1] in ("thumbs.db", "desktop.ini") or any(step == "__macosx" or step[:1] == "." for step in steps)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: Chinese Windows writes GB18030 without saying so."""
    name = info.filename
    if not info.flag_bits & UTF8:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = info.filename
    plain = "".join(one for one in name.replace("\\", "/") if one.isprintable())
    return "/".join(part for at, part in enumerate(plain.split("/")) if part not in ("", ".") or (not at and not part))
