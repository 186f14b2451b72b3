"""Pictures as they are brought: single files and ZIPs, and what the name of one says."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

from core.arrivals.opening import PHOTO_HEADS, WrongFile
from core.arrivals.zips import Zipped
from core.policy.arrivals import MEGA, arrival_rules
from core.policy.library import PictureSetRules

LONGEST_NAME = 120
PACKED = (".zip", ".rar", ".7z", ".gz", ".tar")
Brought = tuple[str, bytes | BinaryIO]
"""A file's name and all of it, or a stream that lies on disk."""
Found = tuple[str, bytes | None]
"""A picture's name and its bytes; None for one that is larger than a picture may be."""


def unpacked(files: Sequence[Brought], rules: PictureSetRules) -> Iterator[Found]:
    """Every picture with its name, those of a ZIP with their folder, one at a time and never all in memory.

    What the files say of themselves is weighed before the first is read. Raises WrongFile, while reading too.
    """
    streams = [(name, io.BytesIO(file) if isinstance(file, bytes) else file) for name, file in files]
    zips = {at: stream for at, (_, stream) in enumerate(streams) if _begins(stream) == b"PK"}
    _refuse_more(sum(_size(one) for at, (_, one) in enumerate(streams) if at not in zips), rules.bytes, "图片")
    _refuse_more(sum(_size(one) for one in zips.values()), rules.zipped, "压缩包")
    held = {at: _opened(streams[at][0][-40:], stream, rules) for at, stream in zips.items()}
    count = len(streams) - len(held) + sum(len(one.entries) for one in held.values())
    if count > rules.entries:
        raise WrongFile(what="图片", why=f"一次最多 {rules.entries:,} 张，请分几次传")
    if sum(one.info.file_size for zipped in held.values() for one in zipped.entries) > rules.unpacked:
        raise WrongFile(what="压缩包", why="展开后太大，请分几次传")
    if not count:
        raise WrongFile(what="图片", why="里面没有图片")
    return _each(streams, held)


def _each(streams: Sequence[tuple[str, BinaryIO]], held: dict[int, Zipped]) -> Iterator[Found]:
    most = arrival_rules().photo.most_bytes
    for at, (name, stream) in enumerate(streams):
        if at not in held:
            yield name[-LONGEST_NAME:], stream.read() if _size(stream) <= most else None
            continue
        for one in held[at].entries:
            fits = one.info.file_size <= most
            yield one.name[-LONGEST_NAME:], held[at].read(one, most, name[-40:]) if fits else None


def _opened(what: str, stream: BinaryIO, rules: PictureSetRules) -> Zipped:
    held = Zipped(stream, rules, what)
    if any(one.name.lower().endswith(PACKED) for one in held.entries):
        raise WrongFile(what=what, why="压缩包里还有压缩包，请展开再传")
    return held


def _begins(stream: BinaryIO) -> bytes:
    head = stream.read(2)
    stream.seek(0)
    return head


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def _refuse_more(size: int, most: int, what: str) -> None:
    if size > most:
        raise WrongFile(what=what, why=f"一次共不超过 {most // MEGA} 兆，请分几次传")


def is_picture(raw: bytes) -> bool:
    """Whether it begins like one of the pictures that are taken in."""
    return raw.startswith(PHOTO_HEADS)


def words_of(name: str) -> list[str]:
    """The parts of a file's name by the rule: its folder's and its own, without the running number."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [*path.parts[-2:-1], re.sub(r"[(（]\d{1,3}[)）]$", "", path.stem.strip())]
    told = [word for part in parts for word in re.split(r"[_＿\-－—、，,\s]+", part) if word]
    kept = [
        word
        for at, word in enumerate(told)
        if at == 0 or not re.fullmatch(r"(第?\d{1,3}[页张]?|正本|副本|正面|反面|背面)", word)
    ]
    return [re.sub(r"(?<=[证照书])\d{1,3}$", "", word) for word in kept]
