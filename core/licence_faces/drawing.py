"""Draws the face of a licence: the declared face and the words of one → a picture, at any resolution (R187–R189)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image, ImageDraw

from core.licence_faces.frames import border
from core.licence_faces.seals import seal
from core.licence_faces.setting import ASCENT, LEADING, Line, advance, fitted, font, spread, width_of
from core.licence_faces.values import FaceValues
from core.policy.faces import Face, Part

PREVIEW_DPI, PRINT_DPI = 150, 300
INCH = 25.4
GAP = 3.0
"""Millimetres between a label and its value."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the caller brings to a face: the licence's code, and the background of its template."""

    code: Image.Image | None = None
    ground: Image.Image | None = None


NO_PICTURES = Pictures()


def draw(
    face: Face, shown: FaceValues, dpi: int, pictures: Pictures = NO_PICTURES, practice: bool = True
) -> Image.Image:
    """The face without a mark; whatever leaves the platform goes through `marks.marked` first."""
    size = (round(face.width * dpi / INCH), round(face.height * dpi / INCH))
    image = Image.new("RGB", size, face.ground)
    if pictures.ground is not None:
        image.paste(pictures.ground.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    mask = border(face.frame, face.width, face.height, dpi)
    if mask is not None:
        image.paste(face.frame.colour, (0, 0), mask)
    sheet = Sheet(image, dpi / INCH, shown, pictures, practice)
    for part in sorted(face.parts, key=lambda part: part.kind == "seal"):
        sheet.put(part)
    return image


def lines_of(part: Part, shown: FaceValues) -> list[Line]:
    """A text of a face or a print template as it is set, line by line, in millimetres."""
    text = shown.say(part.text) if part.kind == "text" else shown.word(part.field)
    if not text:
        return []
    return _set(part, text, part.x, part.width)


def _set(part: Part, text: str, left: float, width: float) -> list[Line]:
    size, lines = fitted(text, part.font, part.size, width, part.lines, part.spacing)
    spacing = part.spacing * size / part.size
    block = size * (1 + (len(lines) - 1) * LEADING)
    room = part.height or (part.size if part.lines == 1 else block)
    top = part.y + (room - block) / 2
    placed = []
    for place, line in enumerate(lines):
        long = width_of(line, part.font, size, spacing)
        spare = (width - long) if width else -long
        x = left + {"left": 0.0, "centre": spare / 2, "right": spare}[part.align]
        placed.append(Line(line, x, top + place * size * LEADING, size))
    return placed


class Sheet:
    """One face being drawn; every measure is in millimetres, `unit` pixels each."""

    def __init__(self, image: Image.Image, unit: float, shown: FaceValues, pictures: Pictures, practice: bool) -> None:
        self._image, self._unit, self._shown = image, unit, shown
        self._pictures, self._practice = pictures, practice
        self._draw = ImageDraw.Draw(image)

    def put(self, part: Part) -> None:
        PUT[part.kind](self, part)

    def text(self, part: Part) -> None:
        for line in lines_of(part, self._shown):
            self._line(part, line)

    def field(self, part: Part) -> None:
        """A label, spread over its width, and the value beside it."""
        natural = width_of(part.label, part.font, part.size)
        size = part.size * min(1.0, part.label_width / natural) if natural and part.label_width else part.size
        for sign, off in spread(part.label, part.font, size, part.label_width):
            self._line(part, Line(sign, part.x + off, part.y + (part.size - size) * ASCENT, size))
        text = self._shown.word(part.field)
        left = part.x + part.label_width + (GAP if part.label else 0)
        width = part.width - (left - part.x) if part.width else 0.0
        if text:
            for line in _set(part, text, left, width):
                self._line(part, line)

    def _line(self, part: Part, line: Line) -> None:
        lettering = font(part.font, max(1, round(line.size * self._unit)))
        stroke = max(1, round(line.size * self._unit * 0.022)) if part.bold else 0
        spacing = part.spacing * line.size / part.size
        base = (line.y + line.size * ASCENT) * self._unit
        if not spacing:
            at = (line.x * self._unit, base)
            self._draw.text(at, line.text, part.colour, font=lettering, anchor="ls", stroke_width=stroke)
            return
        x = line.x
        for sign in line.text:
            at = (x * self._unit, base)
            self._draw.text(at, sign, part.colour, font=lettering, anchor="ls", stroke_width=stroke)
            x += advance(part.font, sign) * line.size + spacing

    def seal(self, part: Part) -> None:
        stamp = seal(self._shown.word("issuer"), round(part.size * self._unit), self._practice)
        self._image.paste(stamp, self._at(part.x, part.y), stamp)

    def code(self, part: Part) -> None:
        """The licence's code on white; nothing where the licence has none yet."""
        if self._pictures.code is None:
            return
        side = round(part.size * self._unit)
        plain = self._pictures.code.convert("L").resize((side, side), Image.Resampling.NEAREST)
        self._image.paste(plain.convert("RGB"), self._at(part.x, part.y))

    def line(self, part: Part) -> None:
        ends = (part.x, part.y, part.x + part.width, part.y + part.height)
        self._draw.line([edge * self._unit for edge in ends], fill=part.colour, width=self._thick(part))

    def box(self, part: Part) -> None:
        edges = (part.x, part.y, part.x + part.width, part.y + part.height)
        self._draw.rectangle([round(edge * self._unit) for edge in edges], outline=part.colour, width=self._thick(part))

    def _thick(self, part: Part) -> int:
        return max(1, round(part.thickness * self._unit))

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * self._unit), round(y * self._unit)


PUT: Mapping[str, Callable[[Sheet, Part], None]] = MappingProxyType(
    {
        "text": Sheet.text,
        "field": Sheet.field,
        "seal": Sheet.seal,
        "code": Sheet.code,
        "line": Sheet.line,
        "box": Sheet.box,
    }
)
