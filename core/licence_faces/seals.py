"""The round red seal of an issuing body, drawn; marked 「演示」 wherever the platform is practised on."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw

from core.licence_faces.setting import font

RED = (203, 24, 30)
FINER = 3
ARC = math.radians(250)
PRACTICE = "演示"


@lru_cache(maxsize=64)
def seal(name: str, px: int, practice: bool) -> Image.Image:
    """The seal with its ground clear: ring, star, the name along the ring. `px` is its diameter."""
    side = px * FINER
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    ring = max(2, round(side * 0.026))
    draw.ellipse((ring, ring, side - ring, side - ring), outline=255, width=ring)
    draw.polygon(_star(side / 2, side / 2, side * 0.15), fill=255)
    _along(mask, name, side)
    if practice:
        sign = font("sans", round(side * 0.105))
        draw.text((side / 2, side * 0.76), PRACTICE, 255, font=sign, anchor="mm", stroke_width=round(side * 0.003))
    mask = mask.reduce(FINER)
    stamp = Image.new("RGBA", mask.size, (*RED, 0))
    stamp.putalpha(mask.point(lambda level: round(level * 0.82)))
    return stamp


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    points = []
    for turn in range(10):
        far = radius if turn % 2 == 0 else radius * 0.382
        angle = math.pi * turn / 5 - math.pi / 2
        points.append((x + far * math.cos(angle), y + far * math.sin(angle)))
    return points


def _along(mask: Image.Image, name: str, side: int) -> None:
    """The characters of the name, feet to the centre, evenly over the upper arc."""
    name = name[:24]
    arc = min(ARC, math.radians(26) * max(1, len(name) - 1))
    size = round(side * min(0.135, 0.135 * 15 / max(15, len(name))))
    lettering, radius = font("serif", size), side * 0.385
    for place, sign in enumerate(name):
        angle = -arc / 2 + (arc * place / (len(name) - 1) if len(name) > 1 else arc / 2)
        tile = Image.new("L", (size * 2, size * 2), 0)
        ImageDraw.Draw(tile).text((size, size), sign, 255, font=lettering, anchor="mm", stroke_width=max(1, size // 26))
        turned = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x = side / 2 + radius * math.sin(angle) - size
        y = side / 2 - radius * math.cos(angle) - size
        mask.paste(255, (round(x), round(y)), turned)
