"""A card as a picture, drawn from its manifest and sample values with our own font: what to draw in the console."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from cards import tokens
from cards.manifest import Manifest, buttons

SCALE, WIDTH, PAD = 2, 344, 16
INNER = WIDTH - 2 * PAD
TALLEST = 2_000
HEAVY = "\0"  # around bold words, once markdown has been read
Values = Mapping[str, str]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans SC from our package, never a font of the machine; `size` in points of the card."""
    with as_file(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf") as path:
        return ImageFont.truetype(str(path), size * SCALE)


def card(manifest: Manifest, values: Values) -> Image.Image:
    """One card with these values of its variables."""
    sheet = Pen()
    for block in manifest.layout:
        if "if" not in block or values.get(block["if"]) == "true":
            BLOCKS[block["show"]](sheet, block, values)
    return sheet.framed()


def row(cards: Sequence[Image.Image]) -> Image.Image:
    """Cards side by side on the chat's ground, with few enough colours to stay small on disk."""
    gap = PAD * SCALE
    size = (sum(one.width + gap for one in cards) + gap, max(one.height for one in cards) + 2 * gap)
    sheet, left = Image.new("RGB", size, tokens.GROUND), gap
    for one in cards:
        sheet.paste(one, (left, gap))
        left += one.width + gap
    return sheet.quantize(200, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)


class Pen:
    """Draws downwards: every method leaves `top` where the next block begins. Measures are points of the card."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, TALLEST * SCALE), tokens.RAISED)
        self.draw = ImageDraw.Draw(self.image)
        self.top = PAD

    def framed(self) -> Image.Image:
        """The card so far, cut to its height, with its border."""
        height = (self.top + PAD - tokens.STEP) * SCALE
        frame = Image.new("RGB", (WIDTH * SCALE, height), tokens.GROUND)
        mask = Image.new("L", frame.size, 0)
        box, radius = (0, 0, frame.width - 1, height - 1), tokens.RADIUS_CARD * SCALE
        ImageDraw.Draw(mask).rounded_rectangle(box, radius, fill=255)
        frame.paste(self.image.crop((0, 0, frame.width, height)), (0, 0), mask)
        ImageDraw.Draw(frame).rounded_rectangle(box, radius, outline=tokens.LINE, width=SCALE)
        return frame

    def word(self, at: tuple[float, float], text: str, size: int, ink: str, *, bold: bool = False) -> float:
        """One line at (x, y); returns its width."""
        self.draw.text((at[0] * SCALE, at[1] * SCALE), text, ink, font(size), stroke_width=0.5 * SCALE if bold else 0)
        return width(text, size)

    def para(
        self, text: str, size: int, ink: str, *, left: int = PAD, room: int = INNER, bold: bool = False, most: int = 6
    ) -> None:
        """Wrapped text of at most `most` lines; a part between two NUL characters is bold."""
        height = round(size * 1.5)
        for line in wrapped(text, size, room)[:most]:
            x: float = left
            for part, heavy in line:
                x += self.word((x, self.top), part, size, ink, bold=bold or heavy)
            self.top += height

    def box(self, x: float, y: float, wide: float, high: float, fill: str, line: str = "", radius: int = 4) -> None:
        """A rounded rectangle, with an outline when `line` is a colour."""
        shape = (x * SCALE, y * SCALE, (x + wide) * SCALE, (y + high) * SCALE)
        self.draw.rounded_rectangle(shape, radius * SCALE, fill, line or None, SCALE)

    def tag(self, right: float, y: float, text: str, tone: str) -> float:
        """A state tag that ends at `right`; returns where it begins."""
        ink, ground = tokens.TONES.get(tone, tokens.TONES["grey"])
        wide = width(text, tokens.SIZE_NOTE) + 12
        self.box(right - wide, y, wide, 22, ground)
        self.word((right - wide + 6, y + 2), text, tokens.SIZE_NOTE, ink)
        return right - wide

    def rule(self) -> None:
        """A thin line across the card."""
        self.box(PAD, self.top, INNER, 0.5, tokens.LINE, radius=0)
        self.top += 2 * tokens.STEP


@cache
def width(text: str, size: int) -> float:
    """Of one line, in points of the card."""
    return font(size).getlength(text) / SCALE


def wrapped(text: str, size: int, room: float) -> list[list[tuple[str, bool]]]:
    """Lines of (text, bold) runs that fit into `room` points."""
    lines: list[list[tuple[str, bool]]] = [[]]
    used = 0.0
    for place, part in enumerate(text.split(HEAVY)):
        heavy, run = place % 2 == 1, ""
        for one in part:
            step = width(one, size)
            if used + step > room:
                lines[-1].append((run, heavy))
                lines.append([])
                run, used = "", 0.0
            run, used = run + one, used + step
        lines[-1].append((run, heavy))
    return lines


def shortened(text: str, size: int, room: float) -> str:
    """The text, or as much of it as fits with 「…」."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def _header(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    room: float = WIDTH - PAD
    if tag := values.get(block.get("tag", ""), ""):
        room = pen.tag(WIDTH - PAD, pen.top + 1, tag, values.get(block["tone"], "grey")) - 8
    pen.word((PAD, pen.top - 3), shortened(values[block["title"]], 18, room - PAD), 18, tokens.INK, bold=True)
    pen.top += 30


def _muted(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    pen.para(values[block["text"]], 13, tokens.MUTED)
    pen.top += tokens.STEP


def _emphasis(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    pen.para(values[block["text"]], tokens.SIZE_SMALL, tokens.INK, bold=True)
    pen.top += tokens.STEP


def _markdown(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    pen.top += tokens.STEP
    pen.para(values[block["text"]].replace("**", HEAVY), tokens.SIZE_SMALL, tokens.INK)
    pen.top += 2 * tokens.STEP


def _private(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    lines = wrapped(values[block["text"]], 13, INNER - 24)
    ink, ground = tokens.TONES["yellow"]
    pen.box(PAD, pen.top, INNER, 20 * len(lines) + 28, ground)
    pen.word((PAD + 12, pen.top + 5), "仅您可见", tokens.SIZE_NOTE, ink, bold=True)
    pen.top += 24
    pen.para(values[block["text"]], 13, ink, left=PAD + 12, room=INNER - 24)
    pen.top += 3 * tokens.STEP


def _rows(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    for one in json.loads(values[block["of"]]):
        pen.word((PAD, pen.top), shortened(one["k"], 13, 76), 13, tokens.MUTED)
        pen.para(one["v"], 13, tokens.INK, left=PAD + 84, room=INNER - 84, most=2)
        pen.top += 2
    pen.top += tokens.STEP


def _list(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    rows = json.loads(values[block["of"]])
    if columns := block.get("columns", 0):
        _tiles(pen, rows, columns)
        return
    for one in rows:
        if caption := one.get("caption"):
            pen.word((PAD, pen.top), caption, tokens.SIZE_NOTE, tokens.BRAND, bold=True)
            pen.top += 22
        _list_row(pen, one)


def _list_row(pen: Pen, one: Mapping[str, str]) -> None:
    left: float = WIDTH - PAD
    if tag := one.get("tag"):
        left = pen.tag(left, pen.top + 2, tag, one.get("tone", "grey")) - 8
    ink = tokens.INK if "sub" in one else tokens.BRAND
    pen.word((PAD, pen.top), shortened(one["title"], tokens.SIZE_SMALL, left - PAD), tokens.SIZE_SMALL, ink)
    if sub := one.get("sub"):
        pen.word((PAD, pen.top + 22), shortened(sub, tokens.SIZE_NOTE, INNER), tokens.SIZE_NOTE, tokens.MUTED)
    pen.top += 46 if "sub" in one else 30
    pen.rule()


def _tiles(pen: Pen, rows: Sequence[Mapping[str, str]], columns: int) -> None:
    gap = 2 * tokens.STEP
    wide = (INNER - gap * (columns - 1)) / columns
    high = 56 if any("tag" in one and "tone" in one for one in rows) else tokens.TARGET
    for place, one in enumerate(rows):
        x, y = PAD + place % columns * (wide + gap), pen.top + place // columns * (high + gap)
        pen.box(x, y, wide, high, tokens.GROUND)
        _tile(pen, one, x, y, wide, high)
    pen.top += -(-len(rows) // columns) * (high + gap) + tokens.STEP


def _tile(pen: Pen, one: Mapping[str, str], x: float, y: float, wide: float, high: float) -> None:
    if "tone" in one:  # a large figure over its word
        ink = tokens.TONES[one["tone"]][0]
        pen.word((x + (wide - width(one["tag"], 18)) / 2, y + 3), one["tag"], 18, ink, bold=True)
        pen.word((x + (wide - width(one["title"], 12)) / 2, y + 32), one["title"], 12, tokens.MUTED)
    elif "tag" in one:  # a word with its number
        pen.word((x + 8, y + high / 2 - 9), one["title"], 12, tokens.INK)
        ink = tokens.MUTED if one["tag"] == "0" else tokens.BRAND
        pen.word((x + wide - 8 - width(one["tag"], 13), y + high / 2 - 10), one["tag"], 13, ink, bold=one["tag"] != "0")
    else:
        pen.word((x + (wide - width(one["title"], 14)) / 2, y + high / 2 - 11), one["title"], 14, tokens.BRAND)


def _buttons(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    shown = [one for one in buttons(block) if values.get(one["if"]) == "true"]
    gap = 2 * tokens.STEP
    wide = (INNER - gap * (len(shown) - 1)) / max(len(shown), 1)
    looks = {"primary": (tokens.RAISED, tokens.BRAND, ""), "danger": (tokens.ALARM, tokens.RAISED, tokens.ALARM)}
    for place, one in enumerate(shown):
        ink, fill, line = looks.get(one["style"], (tokens.INK, tokens.RAISED, tokens.LINE))
        x, size = PAD + place * (wide + gap), tokens.SIZE_BODY
        pen.box(x, pen.top, wide, tokens.TARGET, fill, line)
        pen.word((x + (wide - width(one["title"], size)) / 2, pen.top + 10), one["title"], size, ink)
    pen.top += tokens.TARGET + gap if shown else 0


def _more(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    pen.word((PAD, pen.top), block["title"], 13, tokens.MUTED)
    x, y = PAD + width(block["title"], 13) + 6, pen.top + 8
    pen.draw.line([(p[0] * SCALE, p[1] * SCALE) for p in ((x, y), (x + 4, y + 4), (x + 8, y))], tokens.MUTED, SCALE)
    pen.top += 26
    shown = [one for one in buttons(block) if values.get(one["if"]) == "true"]
    for start in range(0, len(shown), 3):
        _buttons(pen, {"actions": shown[start : start + 3]}, values)


def _link(pen: Pen, block: Mapping[str, Any], _values: Values) -> None:
    pen.word((PAD, pen.top), block["text"], tokens.SIZE_SMALL, tokens.BRAND)
    pen.top += 28


def _image(pen: Pen, _block: Mapping[str, Any], _values: Values) -> None:
    """A frame where DingTalk shows the picture."""
    pen.box(PAD, pen.top, INNER, 120, tokens.GROUND, tokens.LINE)
    pen.word((PAD + (INNER - width("图片", 13)) / 2, pen.top + 50), "图片", 13, tokens.MUTED)
    pen.top += 120 + 2 * tokens.STEP


def _foot(pen: Pen, block: Mapping[str, Any], values: Values) -> None:
    pen.rule()
    pen.para(values[block["text"]], tokens.SIZE_NOTE, tokens.MUTED, most=2)


BLOCKS: Mapping[str, Callable[[Pen, Mapping[str, Any], Values], None]] = {
    "header": _header,
    "muted": _muted,
    "markdown": _markdown,
    "emphasis": _emphasis,
    "rows": _rows,
    "private": _private,
    "list": _list,
    "buttons": _buttons,
    "more": _more,
    "link": _link,
    "image": _image,
    "foot": _foot,
}
