"""Print to pre-printed paper (R187): a PDF of the variable texts alone, each within half a millimetre."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from PIL import Image

from core.licence_faces.drawing import NO_PICTURES, Pictures, lines_of
from core.licence_faces.setting import ASCENT, FONT_NAMES, Line, width_of
from core.licence_faces.values import FaceValues
from core.policy.faces import Part, Print

PAGE = f"""
#let page_ = json(bytes(sys.inputs.page))
#set page(width: page_.width * 1mm, height: page_.height * 1mm, margin: 0mm)
#set text(lang: "zh", hyphenate: false, cjk-latin-spacing: none, kerning: false, ligatures: false,
  top-edge: {ASCENT}em, bottom-edge: -{1 - ASCENT:.2f}em)
#for one in page_.lines {{
  place(top + left, dx: one.x * 1mm, dy: one.y * 1mm,
    box(box(width: 0mm) + text(font: one.font, size: one.size * 1mm, tracking: one.spacing * 1mm,
      stroke: if one.bold {{ 0.022em + black }} else {{ none }}, one.text)))
}}
#for one in page_.strokes {{
  place(top + left, line(start: (one.at(0) * 1mm, one.at(1) * 1mm), end: (one.at(2) * 1mm, one.at(3) * 1mm),
    stroke: 0.2mm))
}}
#for one in page_.codes {{
  place(top + left, dx: one.x * 1mm, dy: one.y * 1mm,
    image(bytes(one.png), width: one.size * 1mm, height: one.size * 1mm, scaling: "pixelated"))
}}
"""
RUNS = re.compile(r"[\w\s\x20-\x7e]+|.")
"""Letters and digits together, every other mark by itself."""
MOST_OFF = 20.0
"""How far a printer may be off, in millimetres."""
ARM, FROM_EDGE = 8.0, 20.0


@dataclass(frozen=True, slots=True)
class Offset:
    """How much further right and down this printer must print, in millimetres; negative is left and up."""

    right: float = 0.0
    down: float = 0.0


def print_page(
    template: Print, shown: FaceValues, offset: Offset = Offset(), pictures: Pictures = NO_PICTURES
) -> bytes:
    """One page, the size of the paper, as PDF."""
    lines, codes = [], []
    for part in template.parts:
        if part.kind == "code":
            codes += _code(part, offset, pictures.code)
            continue
        for line in lines_of(part, shown):
            spacing = part.spacing * line.size / part.size
            said = {"size": line.size, "font": FONT_NAMES[part.font], "bold": part.bold, "spacing": spacing}
            place = {"y": line.y + offset.down}
            lines += [
                {"text": text, "x": line.x + offset.right + off, **place, **said}
                for text, off in _runs(line, part.font, spacing)
            ]
    return _pdf(template, lines, (), codes)


def trial_page(template: Print, offset: Offset = Offset()) -> bytes:
    """A cross near each corner, exactly 20 mm from both edges, to measure how far a printer is off."""
    strokes, far = [], (template.width - FROM_EDGE, template.height - FROM_EDGE)
    for x in (FROM_EDGE, far[0]):
        for y in (FROM_EDGE, far[1]):
            right, down = x + offset.right, y + offset.down
            strokes += [(right - ARM, down, right + ARM, down), (right, down - ARM, right, down + ARM)]
    said = (
        f"打印测试：按实际大小打印，不缩放。左上角十字的中心到左边、上边应各为 {FROM_EDGE:g} 毫米。",
        "量得多少，就把「应为减去量得」填到打印机的「右移」「下移」里：量得 18.5 毫米，填 1.5。",
        f"本页已按右移 {offset.right:g} 毫米、下移 {offset.down:g} 毫米打印。",
    )
    lines = [
        {
            "text": text, "x": 30.0, "y": 34.0 + 7 * place, "size": 3.6, "font": FONT_NAMES["sans"], "bold": False,
            "spacing": 0.0,
        }
        for place, text in enumerate(said)
    ]  # fmt: skip
    return _pdf(template, lines, strokes, ())


def _runs(line: Line, font: str, spacing: float) -> Iterator[tuple[str, float]]:
    """The line in pieces, each with its distance from the line's left edge: marks stand alone.

    A typesetter moves neighbouring Chinese marks together; a form has its boxes where they were printed.
    """
    off = 0.0
    for run in RUNS.findall(line.text):
        yield run, off
        off += width_of(run, font, line.size, spacing) + spacing


def _code(part: Part, offset: Offset, code: Image.Image | None) -> list[dict[str, Any]]:
    if code is None:
        return []
    out = io.BytesIO()
    code.convert("1").save(out, "PNG")
    place = {"x": part.x + offset.right, "y": part.y + offset.down, "size": part.size}
    return [{**place, "png": list(out.getvalue())}]


def _pdf(
    template: Print,
    lines: Sequence[dict[str, Any]],
    strokes: Sequence[tuple[float, ...]],
    codes: Sequence[dict[str, Any]],
) -> bytes:
    page = {
        "width": template.width, "height": template.height, "lines": lines, "strokes": strokes, "codes": codes,
    }  # fmt: skip
    # a compiler of its own for each page: one compiler is not to be shared by threads; the fonts are read once
    compiler = typst.Compiler(PAGE.encode(), font_paths=_fonts(), sys_inputs={"page": json.dumps(page)})
    made = compiler.compile(format="pdf", timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("one page was expected")
    return made


@cache
def _fonts() -> typst.Fonts:
    folder = str(files("pylopdf_fonts_zh_cn"))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
