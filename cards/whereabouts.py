"""Who is where: a sketch to scale around the meeting's point, drawn with our own font; no map of others, no street."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from cards import tokens
from cards.charts import DPI, sized
from core.joint_views import SpotView

SIDE, HEAD = 5.2, 0.55
"""Inches of the sketch and of the line above it."""
SCALES = (100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
"""How far the outer ring may be from the meeting, in metres."""
NAMES = 12


def where_picture(spots: Sequence[SpotView], title: str) -> bytes:
    """The PNG: rings of equal steps, the meeting in the middle, each unit where its phone was, north above."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and needed for this alone
    from matplotlib.figure import Figure

    height = SIDE + HEAD
    figure = Figure(figsize=(SIDE, height), dpi=DPI, facecolor=tokens.RAISED)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, (SIDE - 0.1) / height))
    reach = next((one for one in SCALES if all(spot.distance <= one for spot in spots)), SCALES[-1])
    axes.set_xlim(-1.22, 1.22)
    axes.set_ylim(-1.22, 1.22)
    axes.set_aspect("equal")
    axes.set_axis_off()
    _ground(axes, reach)
    _points(axes, spots, reach)
    figure.text(0.04, 1 - 0.34 / height, title, fontproperties=sized(11), color=tokens.INK)
    held = BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()


def _ground(axes: Any, reach: int) -> None:
    from matplotlib.patches import Circle

    for part in (0.25, 0.5, 0.75, 1.0):
        axes.add_patch(Circle((0, 0), part, fill=part == 1.0, facecolor=tokens.GROUND, edgecolor=tokens.LINE, zorder=0))
        axes.add_patch(Circle((0, 0), part, fill=False, edgecolor=tokens.LINE, linewidth=0.8, zorder=1))
        words = metres_short(round(reach * part))
        axes.text(0, -part + 0.03, words, fontproperties=sized(7), color=tokens.MUTED, ha="center", zorder=2)
    axes.plot([0, 0], [1.05, 1.16], color=tokens.MUTED, linewidth=1, zorder=2)
    axes.text(0.05, 1.08, "北", fontproperties=sized(8), color=tokens.MUTED, zorder=2)
    axes.plot([0], [0], marker="*", markersize=16, color=tokens.PARTY, zorder=4)
    axes.text(0, -0.11, "会场", fontproperties=sized(9), color=tokens.PARTY, ha="center", zorder=4)


def _points(axes: Any, spots: Sequence[SpotView], reach: int) -> None:
    """Labels stand beside their points, each on a line of its own where points lie close together."""
    taken: list[tuple[float, float]] = [(0, -0.08)]
    for spot in sorted(spots, key=lambda one: (-one.north, one.unit)):
        x, y = (max(-1.12, min(1.12, part / reach)) for part in (spot.east, spot.north))
        colour = tokens.WARN if spot.far else tokens.OK
        axes.plot([x], [y], marker="o" if spot.how == "扫码" else "D", markersize=7, color=colour, zorder=5)
        left, down = x + 0.05, y
        while any(abs(left - a) < 0.75 and abs(down - b) < 0.085 for a, b in taken):
            down -= 0.085
        taken.append((left, down))
        words = f"{spot.unit[:NAMES]} {metres_short(spot.distance)}"
        side = "right" if x > 0.55 else "left"
        axes.text(
            x - 0.05 if side == "right" else left, down, words, fontproperties=sized(8), color=tokens.INK, ha=side,
            va="center", zorder=6,
        )  # fmt: skip


def metres_short(distance: int) -> str:
    """「35 米」, 「1.2 公里」."""
    return (
        f"{distance} 米"
        if distance < 1000
        else f"{distance / 1000:g} 公里"
        if distance % 1000 == 0
        else f"{distance / 1000:.1f} 公里"
    )
