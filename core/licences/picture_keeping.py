"""Pictures of a set put into the file store as they are unpacked, a few in memory at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.arrivals.opening import PHOTO_WHYS
from core.files import Files
from core.licences.picture_files import Found, is_picture

TOGETHER, TOGETHER_BYTES = 50, 32_000_000
"""Pictures, and bytes of them, that are in memory at one time."""
RAW = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it was brought: the digest of its bytes, the kept file, or why there is none."""

    name: str
    digest: bytes
    file: str | None
    why: str = ""


def keep(files: Files, found: Iterator[Found]) -> Iterator[Kept]:
    """Each picture in the store. Raises WrongFile for a ZIP that cannot be read to its end."""
    for part in _portions(found):
        good = [raw for _, raw in part if raw is not None and is_picture(raw)]
        names = iter(files.keep_all(good, RAW))
        for name, raw in part:
            if raw is None:
                yield Kept(name, b"", None, PHOTO_WHYS["size"])
            elif is_picture(raw):
                yield Kept(name, hashlib.sha256(raw).digest(), next(names))
            else:
                yield Kept(name, hashlib.sha256(raw).digest(), None, "不是 JPG、PNG 图片")


def _portions(found: Iterator[Found]) -> Iterator[list[Found]]:
    part, size = list[Found](), 0
    for one in found:
        part.append(one)
        size += len(one[1] or b"")
        if len(part) >= TOGETHER or size >= TOGETHER_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
