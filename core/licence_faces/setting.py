"""Setting text in millimetres: how wide it is, where it breaks, how it shrinks; the same at every resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

from PIL import ImageFont

FONT_FILES = {"serif": "NotoSerifSC-Regular.otf", "sans": "NotoSansSC-Regular.otf"}
FONT_NAMES = {"serif": "Noto Serif SC", "sans": "Noto Sans SC"}
ASCENT = 0.88
"""Of a character's height, how much stands above the line: the fonts' own ideographic box."""
LEADING = 1.36
"""From line to line, in heights of a character."""
SMALLEST = 0.6
"""How far a text may shrink before it is cut."""
NEVER_FIRST = frozenset("，。、；：？！）》」』】〕”’%·…")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it is set: left edge and upper edge of its first character, height of a character; mm."""

    text: str
    x: float
    y: float
    size: float


@lru_cache(maxsize=64)
def font(name: str, px: int) -> ImageFont.FreeTypeFont:
    """The shipped font in one size; the machine's own fonts are never used."""
    with as_file(files("pylopdf_fonts_zh_cn") / FONT_FILES[name]) as path:
        return ImageFont.truetype(str(path), px)


@lru_cache(maxsize=8192)
def advance(name: str, sign: str) -> float:
    """How wide one character is, in heights of a character."""
    return font(name, 200).getlength(sign) / 200


def width_of(text: str, name: str, size: float, spacing: float = 0.0) -> float:
    """How wide a line is, in millimetres."""
    return sum(advance(name, sign) for sign in text) * size + spacing * max(0, len(text) - 1)


def broken(text: str, name: str, size: float, width: float, spacing: float = 0.0) -> list[str]:
    """The text in lines no wider than `width`; a mark that ends a phrase never begins a line."""
    if width <= 0:
        return [text]
    return [line for part in text.split("\n") for line in _lines(part, name, size, width, spacing)]


def _lines(text: str, name: str, size: float, width: float, spacing: float) -> Iterator[str]:
    line, used = "", 0.0
    for sign in text:
        wide = advance(name, sign) * size + (spacing if line else 0)
        if line and used + wide > width + 1e-6:
            carried = line[-1] if sign in NEVER_FIRST and len(line) > 1 else ""
            yield line[: len(line) - len(carried)]
            line, used = carried, width_of(carried, name, size, spacing)
        line, used = line + sign, used + wide
    yield line


def fitted(text: str, name: str, size: float, width: float, most: int, spacing: float = 0.0) -> tuple[float, list[str]]:
    """The size at which the text fits into `most` lines, and those lines; cut with an ellipsis where none does."""
    scale = 1.0
    while True:
        lines = broken(text, name, size * scale, width, spacing * scale)
        if len(lines) <= most:
            return size * scale, lines
        if scale <= SMALLEST:
            break
        scale = max(SMALLEST, scale - 0.05)
    kept, last = lines[: most - 1], lines[most - 1]
    while last and width_of(last + "…", name, size * scale, spacing * scale) > width:
        last = last[:-1]
    return size * scale, [*kept, last + "…"]


def spread(label: str, name: str, size: float, width: float) -> list[tuple[str, float]]:
    """The characters of a label set evenly over `width`, a colon at its end; each with its left edge."""
    body, colon = (label[:-1], label[-1]) if label.endswith(("：", ":")) else (label, "")
    room = width - width_of(colon, name, size)
    gap = (room - width_of(body, name, size)) / (len(body) - 1) if len(body) > 1 else 0.0
    placed, at = [], 0.0
    for sign in body:
        placed.append((sign, at))
        at += advance(name, sign) * size + max(gap, 0.0)
    return [*placed, *([(colon, room)] if colon else [])]
