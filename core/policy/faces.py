"""How the face of a licence is declared: paper, frame and parts in millimetres; and what is printed onto forms."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

SLOT = re.compile(r"\{(\w+)\}")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
DIGEST = re.compile(r"[0-9a-f]{64}")
SPOKEN = frozenset({"type_name", "validity", "identifier", "state"})
"""What a text may say beyond the columns of its type: 「2024年1月1日至2028年12月31日」 and the like."""
FRAMES = frozenset({"none", "plain", "double", "wave", "key"})
FONTS = frozenset({"serif", "sans"})
ALIGNS = frozenset({"left", "centre", "right"})
MOST_PARTS = 80
PAPER = (40.0, 420.0)
"""The shortest and the longest side of a paper, in millimetres."""


class WrongFace(ValueError):
    """A face that cannot be drawn; `why` is the Chinese sentence for whoever designs it, the text says where."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Part:
    """One thing on the paper, in millimetres from its upper left corner.

    `text` is written with `{slots}`; a `field` has a label and a value beside it, `label_width` wide; a `seal` is the
    issuer's, a `code` the licence's QR code, both `size` wide and high; a `line` or `box` has `width` and `height`.
    A text's `y` is the upper edge of its first character, `size` the height of a character; it wraps at `width` into
    at most `lines` lines, shrinks before it is cut, and stands in the middle of `height` where that is given.
    """

    kind: str
    x: float
    y: float
    size: float = 4.0
    width: float = 0.0
    height: float = 0.0
    text: str = ""
    field: str = ""
    label: str = ""
    label_width: float = 0.0
    lines: int = 1
    align: str = "left"
    font: str = "serif"
    bold: bool = False
    colour: str = "#1D2129"
    spacing: float = 0.0
    thickness: float = 0.3


@dataclass(frozen=True, slots=True)
class Frame:
    """The border: none, a plain or a double rule, a wave of fine lines, or a key pattern; `inset` from the edge."""

    style: str = "double"
    colour: str = "#8C6A2F"
    inset: float = 7.0


@dataclass(frozen=True, slots=True)
class Face:
    """The electronic face: paper in millimetres, ground colour, a background picture (its digest), frame and parts."""

    width: float
    height: float
    ground: str
    picture: str
    frame: Frame
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Print:
    """What is printed onto the issuer's own pre-printed paper: the variable texts, and nothing else."""

    width: float
    height: float
    parts: tuple[Part, ...]


KINDS: Mapping[str, str] = {
    "text": "文字",
    "field": "栏目",
    "seal": "印章",
    "code": "二维码",
    "line": "线",
    "box": "框",
}
WORDS: Mapping[str, str] = {
    "x": "左边距", "y": "上边距", "size": "大小", "width": "宽", "height": "高", "label_width": "标签宽",
    "spacing": "字距", "thickness": "线宽", "lines": "行数",
}  # fmt: skip
RANGES: Mapping[str, tuple[float, float]] = {
    "x": (0, 420), "y": (0, 420), "size": (1.5, 80), "width": (0, 420), "height": (0, 420), "label_width": (0, 200),
    "spacing": (0, 40), "thickness": (0.1, 5), "lines": (1, 20),
}  # fmt: skip


def read_face(row: Mapping[str, Any], names: Collection[str], where: str = "") -> Face:
    """A face from its table; `names` are the columns of the type. Raises WrongFace for the first thing wrong."""
    _known(row, {"paper", "ground", "picture", "frame", "parts"}, where)
    width, height = _paper(row.get("paper"), where)
    frame = row.get("frame", {})
    if not isinstance(frame, Mapping):
        raise WrongFace("边框写法不对", where)
    _known(frame, {"style", "colour", "inset"}, where)
    made = Frame(
        str(frame.get("style", "double")), str(frame.get("colour", "#8C6A2F")), _number(frame.get("inset", 7), where)
    )
    ground, picture = str(row.get("ground", "#FFFDF6")), str(row.get("picture", ""))
    if made.style not in FRAMES or not 0 <= made.inset <= 40:
        raise WrongFace("边框样式不认识，或离纸边太远", where)
    if not COLOUR.fullmatch(made.colour) or not COLOUR.fullmatch(ground):
        raise WrongFace("颜色应形如 #8C6A2F", where)
    if picture and not DIGEST.fullmatch(picture):
        raise WrongFace("底图不存在，请重新上传", where)
    return Face(width, height, ground, picture, made, _parts(row, names, (width, height), where, KINDS))


def read_print(row: Mapping[str, Any], names: Collection[str], where: str = "") -> Print:
    """A print template: texts only. Raises WrongFace for the first thing wrong."""
    _known(row, {"paper", "parts"}, where)
    width, height = _paper(row.get("paper"), where)
    return Print(width, height, _parts(row, names, (width, height), where, ("text", "code")))


def told(made: Face | Print) -> dict[str, Any]:
    """The table a face or a print template was read from, without what is usual."""
    parts = [_told_part(part) for part in made.parts]
    paper = [made.width, made.height]
    if isinstance(made, Print):
        return {"paper": paper, "parts": parts}
    frame = {"style": made.frame.style, "colour": made.frame.colour, "inset": made.frame.inset}
    return {"paper": paper, "ground": made.ground, "picture": made.picture, "frame": frame, "parts": parts}


def _told_part(part: Part) -> dict[str, Any]:
    usual = {one.name: one.default for one in fields(Part)}
    return {
        name: getattr(part, name)
        for name in usual
        if name in ("kind", "x", "y") or getattr(part, name) != usual[name]
    }  # fmt: skip


def _parts(
    row: Mapping[str, Any], names: Collection[str], paper: tuple[float, float], where: str, kinds: Collection[str]
) -> tuple[Part, ...]:
    given = row.get("parts")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PARTS:
        raise WrongFace(f"版面应有 1 到 {MOST_PARTS} 个元素", where)
    made = tuple(_part(one, names, f"{where} 第 {place} 个元素".strip(), kinds) for place, one in enumerate(given, 1))
    for place, part in enumerate(made, 1):
        if part.x > paper[0] or part.y > paper[1]:
            raise WrongFace(f"第 {place} 个元素在纸外", where)
    return made


def _part(row: Any, names: Collection[str], where: str, kinds: Collection[str]) -> Part:
    nth = where.rpartition(" 第 ")[2]
    nth = f"第 {nth}" if nth else "元素"
    if not isinstance(row, Mapping) or row.get("kind") not in kinds:
        raise WrongFace(f"{nth}的种类不认识", where)
    _known(row, {one.name for one in fields(Part)}, where)
    values = dict(row)
    for name, (least, most) in RANGES.items():
        if name in values:
            values[name] = _number(values[name], where)
            if not least <= values[name] <= most:
                raise WrongFace(f"{nth}的{WORDS[name]}应在 {least:g} 到 {most:g} 之间", where)
    if "x" not in values or "y" not in values:
        raise WrongFace(f"{nth}没有位置", where)
    values["lines"] = int(values.get("lines", 1))
    for name in ("text", "field", "label"):
        values[name] = str(values.get(name, ""))
        if len(values[name]) > 300 or not values[name].isprintable():
            raise WrongFace(f"{nth}的文字太长或有不能显示的字符", where)
    values["bold"] = values.get("bold") is True
    part = Part(**values)
    if part.font not in FONTS or part.align not in ALIGNS or not COLOUR.fullmatch(str(part.colour)):
        raise WrongFace(f"{nth}的字体、对齐或颜色不认识", where)
    if part.kind == "field" and part.field not in {*names, *SPOKEN}:
        raise WrongFace(f"{nth}引用的栏目「{part.field}」不存在", where)
    if part.kind == "text" and (unknown := [name for name in SLOT.findall(part.text) if name not in {*names, *SPOKEN}]):
        raise WrongFace(f"{nth}引用的栏目「{unknown[0]}」不存在", where)
    return part


def _paper(given: Any, where: str) -> tuple[float, float]:
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise WrongFace("纸张应写宽和高", where)
    width, height = (_number(one, where) for one in given)
    if not (PAPER[0] <= width <= PAPER[1] and PAPER[0] <= height <= PAPER[1]):
        raise WrongFace(f"纸张每边应在 {PAPER[0]:g} 到 {PAPER[1]:g} 毫米之间", where)
    return width, height


def _number(given: Any, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not abs(given) < 1000:
        raise WrongFace("尺寸应是数字", where)
    return float(given)


def _known(row: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(str(name)[:20] for name in set(row) - known):
        raise WrongFace(f"不认识的内容「{unknown[0]}」", where)
