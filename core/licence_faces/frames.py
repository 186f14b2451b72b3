"""Borders of a licence: rules, a wave of fine lines, a key pattern; drawn once a size and kept."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw

from core.policy.faces import Frame

FINE_BELOW = 220
"""Below this resolution a border is drawn three times as fine and reduced, so that thin lines stay smooth."""
Box = tuple[float, float, float, float]


@lru_cache(maxsize=12)
def border(frame: Frame, width: float, height: float, dpi: int) -> Image.Image | None:
    """The border as a mask over the whole paper (millimetres, at `dpi`); None for no border."""
    if frame.style == "none":
        return None
    finer = 3 if dpi < FINE_BELOW else 1
    unit = dpi * finer / 25.4
    size = (round(width * dpi / 25.4) * finer, round(height * dpi / 25.4) * finer)
    mask = Image.new("L", size, 0)
    pen = Pen(ImageDraw.Draw(mask), unit)
    inset = frame.inset
    outer = (inset, inset, width - inset, height - inset)
    match frame.style:
        case "plain":
            pen.rule(outer, 0.6)
        case "double":
            pen.rule(outer, 1.2)
            pen.rule(shrunk(outer, 2.2), 0.3)
        case "wave":
            pen.rule(outer, 0.5)
            pen.waves(shrunk(outer, 3.6), 2.6)
            pen.rule(shrunk(outer, 7.2), 0.5)
            pen.corners(outer, 7.2)
        case "key":
            pen.rule(outer, 0.5)
            pen.keys(shrunk(outer, 1.6), 5.0)
            pen.rule(shrunk(outer, 8.2), 0.5)
    return mask.reduce(finer) if finer > 1 else mask


def shrunk(box: Box, by: float) -> Box:
    return box[0] + by, box[1] + by, box[2] - by, box[3] - by


class Pen:
    """Draws in millimetres."""

    def __init__(self, draw: ImageDraw.ImageDraw, unit: float) -> None:
        self._draw, self._unit = draw, unit

    def _line(self, points: list[tuple[float, float]], thick: float) -> None:
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=255, width=max(1, round(thick * self._unit)), joint="curve")

    def rule(self, box: Box, thick: float) -> None:
        width = max(1, round(thick * self._unit))
        self._draw.rectangle([round(edge * self._unit) for edge in box], outline=255, width=width)

    def waves(self, box: Box, swing: float) -> None:
        """Three sine lines woven along each side, whole periods from corner to corner."""
        left, top, right, bottom = box
        for (x0, y0), (x1, y1) in (
            ((left, top), (right, top)), ((left, bottom), (right, bottom)),
            ((left, top), (left, bottom)), ((right, top), (right, bottom)),
        ):  # fmt: skip
            length = math.hypot(x1 - x0, y1 - y0)
            along = ((x1 - x0) / length, (y1 - y0) / length)
            periods = max(1, round(length / 9))
            steps = periods * 16
            for phase in range(3):
                points = []
                for step in range(steps + 1):
                    at = length * step / steps
                    off = swing * math.sin(math.tau * (periods * step / steps + phase / 3))
                    points.append((x0 + along[0] * at - along[1] * off, y0 + along[1] * at + along[0] * off))
                self._line(points, 0.22)

    def corners(self, box: Box, size: float) -> None:
        """Each corner of the band cleared, with squares one in the other, the inner one on its point."""
        left, top, right, bottom = box
        for x, y in ((left, top), (right - size, top), (left, bottom - size), (right - size, bottom - size)):
            edges = [round(edge * self._unit) for edge in (x, y, x + size, y + size)]
            self._draw.rectangle(edges, fill=0, outline=255, width=max(1, round(0.5 * self._unit)))
            self.rule((x + 1.1, y + 1.1, x + size - 1.1, y + size - 1.1), 0.25)
            middle, high, half = x + size / 2, y + size / 2, size * 0.32
            diamond = [(middle, high - half), (middle + half, high), (middle, high + half), (middle - half, high)]
            self._line([*diamond, diamond[0]], 0.35)

    def keys(self, box: Box, cell: float) -> None:
        """The square spiral of old borders, one to a cell, whole cells along each side."""
        left, top, right, bottom = box
        across, down = max(4, round((right - left) / cell)), max(4, round((bottom - top) / cell))
        wide, high = (right - left) / across, (bottom - top) / down
        cells = [(left + wide * at, y) for at in range(across) for y in (top, bottom - high)]
        cells += [(x, top + high * at) for at in range(1, down - 1) for x in (left, right - wide)]
        turns = ((0.1, 0.9), (0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.36, 0.9), (0.36, 0.38), (0.64, 0.38), (0.64, 0.64))
        for x, y in cells:
            self._line([(x + across_ * wide, y + down_ * high) for across_, down_ in turns], 0.35)
