"""The scores of joint orders as a picture for the chat: each group by itself, best first, with what they rest on."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from cards import tokens
from cards.charts import DPI, WIDTH, sized
from core.score_views import Board
from core.scoring import Score

MOST = 8
"""Lines of one group; the rest stands on the page."""
HEAD, LINE, FOOT = 1.15, 0.36, 0.4
"""Inches above, for each line and below."""


def score_picture(board: Board) -> bytes:
    """The PNG: a bar for each score, 样本不足 where there are too few, satisfaction and feedback beside it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and needed for this alone
    from matplotlib.figure import Figure

    groups = [(group, lines[:MOST]) for group, lines in board.groups]
    rows = sum(len(lines) + 1 for _, lines in groups) or 1
    height = HEAD + LINE * rows + FOOT
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=tokens.RAISED)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, FOOT / height, 1.0, LINE * rows / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(rows, 0)
    axes.set_axis_off()
    _groups(axes, groups, board)
    whole = board.whole
    told = f"发起 {whole['sponsored']} · 应召 {whole['called']} · 已反馈 {whole['fed_back']} · 未反馈 {whole['unfed']}"
    told += f" · 满意 {whole['pleased']}/{whole['rated']}"
    figure.text(0.03, 1 - 0.36 / height, board.title, fontproperties=sized(13))
    figure.text(0.03, 1 - 0.64 / height, told, fontproperties=sized(9), color=tokens.MUTED)
    for place, words in ((0.32, "得分"), (0.70, "满意"), (0.83, "已反馈/应召")):
        figure.text(place, 1 - 0.98 / height, words, fontproperties=sized(8), color=tokens.MUTED)
    figure.text(0.97, 0.12 / height, board.as_of, fontproperties=sized(8), color=tokens.MUTED, ha="right")
    held = BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()


def _groups(axes: Any, groups: list[tuple[str, list[Score]]], board: Board) -> None:
    row = 0
    if not groups:
        axes.text(0.03, 0.6, "这段时间没有联办工单。", fontproperties=sized(10), color=tokens.MUTED)
    for group, lines in groups:
        axes.text(0.03, row + 0.6, group, fontproperties=sized(9), color=tokens.MUTED, va="center")
        for one in lines:
            row += 1
            _line(axes, row + 0.5, one, board.names[one.unit])
        row += 1


def _line(axes: Any, middle: float, one: Score, name: str) -> None:
    """「1 水务局 ▇▇▇ 88.2   10/12   12/12」."""
    place = f"{one.rank} " if one.rank else "— "
    axes.text(0.03, middle, place + name, fontproperties=sized(10), color=tokens.INK, va="center")
    if one.score is not None:
        axes.barh(middle, 0.28 * one.score / 100, left=0.32, height=0.5, color=tokens.BRAND)
    left = 0.33 + 0.28 * (one.score or 0) / 100
    colour = tokens.MUTED if one.score is None else tokens.INK
    axes.text(left, middle, one.text, fontproperties=sized(9), color=colour, va="center")
    counts = one.counts
    for at, words in (
        (0.70, f"{counts['pleased']}/{counts['rated']}"),
        (0.83, f"{counts['fed_back']}/{counts['called']}"),
    ):
        axes.text(at, middle, words, fontproperties=sized(9), color=tokens.INK, va="center")
