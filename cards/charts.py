"""A chart as a picture for the chat, drawn with our own font: the lines of one table and the rates above them."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cards import tokens
from core.figures import HANDLED, Line, Stats

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

MOST = 10
WIDTH, DPI = 7.2, 150
PARTS = {
    HANDLED: (("received", "承办", tokens.BRAND), ("closed", "已办结", tokens.OK), ("overdue", "超期", tokens.ALARM)),
    "registered": (
        ("registered", "登记", tokens.BRAND), ("done", "已办结", tokens.OK), ("late", "超期", tokens.ALARM),
    ),
}  # fmt: skip


@cache
def _font() -> FontProperties:
    """Noto Sans SC from our package, never a font of the machine."""
    from matplotlib.font_manager import FontProperties

    with as_file(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf") as path:
        return FontProperties(fname=str(path))


def chart(stats: Stats, dim: str) -> bytes:
    """The PNG of one chapter: three bars a line, and in words above what they come to."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and needed for this alone
    from matplotlib.figure import Figure

    chapter = stats.chapter(dim)
    lines = chapter.lines[:MOST]
    figure = Figure(figsize=(WIDTH, 1.75 + 0.52 * max(2, len(lines))), dpi=DPI, facecolor=tokens.RAISED)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _bars(axes, lines, stats.ask.kind)
    told = " · ".join(f"{cell.title} {_told(cell)}" for cell in stats.head[:6])
    height = figure.get_figheight()
    figure.text(0.03, 1 - 0.32 / height, f"{stats.scope} · {chapter.title} · {stats.period}", fontproperties=sized(13))
    figure.text(0.03, 1 - 0.60 / height, told, fontproperties=sized(9), color=tokens.MUTED)
    figure.text(0.97, 0.10 / height, stats.as_of, fontproperties=sized(8), color=tokens.MUTED, ha="right")
    figure.subplots_adjust(left=0.2, right=0.94, top=1 - 1.0 / height, bottom=0.56 / height)
    held = BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()


def _told(cell: Any) -> str:
    if len(cell.parts) == 1:
        return str(cell.text)
    return f"{cell.text}（{cell.parts[0][0]:,}/{cell.parts[1][0]:,}）"


def _bars(axes: Any, lines: tuple[Line, ...], kind: str) -> None:
    for place, (measure, title, colour) in enumerate(PARTS[kind]):
        rows = [number + 0.26 * (place - 1) for number in range(len(lines))]
        values = [_value(line, measure) for line in lines]
        drawn = axes.barh(rows, values, height=0.24, color=colour, label=title)
        axes.bar_label(drawn, [f"{value:,}" if value else "" for value in values], padding=3, fontproperties=sized(8))
    axes.set_yticks(range(len(lines)), [f"{line.title} {line.share}".strip() for line in lines])
    for label in (*axes.get_yticklabels(), *axes.get_xticklabels()):
        label.set_fontproperties(sized(9))
    axes.invert_yaxis()
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(colors=tokens.INK, length=0)
    axes.grid(axis="x", color=tokens.LINE)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.legend(
        prop=sized(9), ncols=3, frameon=False, loc="lower left", bbox_to_anchor=(-0.2, 1.0), borderaxespad=0.1,
        handlelength=1.0,
    )  # fmt: skip


def _value(line: Line, measure: str) -> int:
    return int(next((cell.number or 0 for cell in line.cells if cell.measure == measure), 0))


def sized(size: float) -> FontProperties:
    """Our own font in this size, in points."""
    font = _font().copy()
    font.set_size(size)
    return font
