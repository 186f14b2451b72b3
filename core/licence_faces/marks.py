"""The watermark in the pixels (R189): what for, who looked, when; every picture of a licence that leaves carries it."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from PIL import Image, ImageDraw, ImageOps

from core.licence_faces.setting import font

ANGLE = 24
INK, EDGE = (92, 98, 112), (255, 255, 255)
"""The letters, and the light edge that shows them on dark ground."""
DEPTH, EDGE_DEPTH = 0.27, 0.14
"""How much of the ink is laid on: it is seen, and every word below it can still be read."""
ACROSS = 46
"""The shorter side of a picture is so many characters of the mark high."""
SMALLEST_PX = 13
MOST_PIXELS = 40_000_000
LONGEST = 24


class NoPicture(ValueError):
    """The bytes are no picture that can be marked, so nothing leaves."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark says: the purpose, who looks (a person, a unit, the public), and when (local time)."""

    purpose: str
    viewer: str
    at: datetime

    def lines(self) -> tuple[str, str]:
        """「仅用于核验证照」 and 「市监局 王某 2026-03-09 17:30」."""
        return f"仅用于{_short(self.purpose)}", f"{_short(self.viewer)} {self.at:%Y-%m-%d %H:%M}"


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= LONGEST else tidy[: LONGEST - 1] + "…"


def marked(image: Image.Image, mark: Mark) -> Image.Image:
    """The picture with the mark in its pixels, tiled and slanted over the whole of it."""
    fresh = image.convert("RGB") if image.mode != "RGB" else image.copy()
    size = max(SMALLEST_PX, min(fresh.size) // ACROSS)
    tile, light = _tile(mark.lines(), size, DEPTH), _tile(mark.lines(), size, EDGE_DEPTH)
    wide, high = tile.size
    step, edge = (round(wide * 0.82), round(high * 0.9)), max(1, size // 12)
    for row, y in enumerate(range(-high // 3, fresh.height, step[1])):
        for x in range(-(step[0] // 2) * (row % 2) - wide // 6, fresh.width, step[0]):
            fresh.paste(EDGE, (x + edge, y + edge), light)
            fresh.paste(INK, (x, y), tile)
    return fresh


def marked_picture(raw: bytes, mark: Mark) -> bytes:
    """A stored picture (JPEG or PNG) with the mark, upright, as a fresh JPEG without its metadata. Raises NoPicture."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise NoPicture("too many pixels")
                upright = ImageOps.exif_transpose(picture)
                flat = _on_white(upright)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
            raise NoPicture(str(fault)) from None
    return as_jpeg(marked(flat, mark))


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    see_through = picture.convert("RGBA")
    ground = Image.new("RGBA", see_through.size, "white")
    ground.alpha_composite(see_through)
    return ground.convert("RGB")


def as_jpeg(image: Image.Image, quality: int = 88, dpi: int = 0) -> bytes:
    """The picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def as_pdf(image: Image.Image, dpi: int) -> bytes:
    """The picture as one page of its own size."""
    out = io.BytesIO()
    image.save(out, "PDF", resolution=dpi, quality=92)
    return out.getvalue()


@lru_cache(maxsize=32)
def _tile(lines: tuple[str, ...], size: int, depth: float) -> Image.Image:
    """One stamp of the mark, slanted: how deep the ink is laid on at each of its pixels."""
    lettering = font("sans", size)
    wide = round(max(lettering.getlength(line) for line in lines)) + size
    flat = Image.new("L", (wide, round(size * 1.5 * len(lines) + size)), 0)
    draw = ImageDraw.Draw(flat)
    for place, line in enumerate(lines):
        draw.text((wide / 2, size * (1.2 + 1.5 * place)), line, round(255 * depth), font=lettering, anchor="mm")
    return flat.rotate(ANGLE, Image.Resampling.BICUBIC, expand=True)
