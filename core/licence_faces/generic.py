"""The face of a type that declares none: title, every field in its row, seal, code; laid out by how much there is."""

from __future__ import annotations

from functools import lru_cache

from core.licence_faces.setting import width_of
from core.policy.faces import Face, Frame, Part
from core.policy.licences import COMPANY, LicenceField, LicenceType

LEFT, RIGHT = 24.0, 273.0
TOP, BOTTOM = 58.0, 146.0
INK, BROWN = "#1D2129", "#7A5A22"
SHORT = 40
"""A field of so many characters shares its row with another."""
Row = tuple[LicenceField, ...]


@lru_cache(maxsize=256)
def generic_face(kind: LicenceType) -> Face:
    """A face for any type, landscape A4."""
    parts = [*_head(kind), *_table(kind), *_foot(kind)]
    frame = Frame("wave" if kind.holder == COMPANY else "double", "#9A7B3F" if kind.holder == COMPANY else "#1F5F8B")
    return Face(297.0, 210.0, "#FFFDF6", "", frame, tuple(parts))


def _head(kind: LicenceType) -> list[Part]:
    size = min(13.0, 200.0 / max(1, len(kind.name)))
    spacing = min(4.0, (210.0 - width_of(kind.name, "serif", size)) / max(1, len(kind.name)))
    return [
        Part(
            "text", LEFT, 24, size, RIGHT - LEFT, text=kind.name, align="centre", bold=True, spacing=max(0.0, spacing)
        ),
        Part("text", LEFT, 46, 4.6, RIGHT - LEFT, text=f"{kind.number.label}：{{number}}", align="right", font="sans"),
    ]


def _table(kind: LicenceType) -> list[Part]:
    """Rows of equal height between two rules; short fields stand in pairs when there are many."""
    told = [one for one in kind.columns if one.key not in ("number", "issuer", "issued_on", "valid_from", "valid_to")]
    rows = _rows(told)
    high = min(13.0, (BOTTOM - TOP) / max(1, len(rows)))
    size = min(5.2, high * 0.46)
    parts = [_rule(TOP)]
    for place, row in enumerate(rows):
        top = TOP + place * high
        wide = (RIGHT - LEFT) / len(row)
        for nth, one in enumerate(row):
            parts += _cell(one, LEFT + nth * wide, top, wide, high, size)
        parts.append(_rule(top + high))
    return parts


def _rows(told: list[LicenceField]) -> list[Row]:
    rows: list[Row] = []
    waiting: LicenceField | None = None
    for one in told:
        if len(told) <= 7 or one.max > SHORT * 3 or _long(one):
            rows.append((one,))
        elif waiting is None:
            waiting = one
        else:
            rows.append((waiting, one))
            waiting = None
    return [*rows, (waiting,)] if waiting is not None else rows


def _long(one: LicenceField) -> bool:
    return any(word in one.label for word in ("地址", "场所", "住所", "范围", "项目", "路线", "坐落", "地点"))


def _cell(one: LicenceField, left: float, top: float, wide: float, high: float, size: float) -> list[Part]:
    """Label and value side by side, each in the middle of its row, on two lines where they need them."""
    label = min(46.0, wide * 0.4)
    lines = max(1, int(high / size / 1.3)) if one.max > SHORT else min(2, max(1, int(high / size / 1.3)))
    return [
        Part(
            "text",
            left + 2,
            top,
            size,
            label - 4,
            high,
            one.label,
            lines=1 + (len(one.label) > 14),
            font="sans",
            colour=BROWN,
        ),
        Part("text", left + label, top, size, wide - label - 2, high, f"{{{one.key}}}", lines=lines),
    ]


def _rule(y: float) -> Part:
    return Part("line", LEFT, y, width=RIGHT - LEFT, colour="#C9B98F", thickness=0.25)


def _foot(kind: LicenceType) -> list[Part]:
    return [
        Part("code", LEFT, 154, 30),
        Part("text", 60, 158, 4.6, 100, text="有效期：{validity}", font="sans"),
        Part("text", 60, 167, 3.6, 110, text="电子证照标识：{identifier}", lines=2, font="sans", colour="#646F7D"),
        Part("text", 60, 178, 3.6, 110, text="扫描二维码核验真伪与当前状态", font="sans", colour="#646F7D"),
        Part("text", 176, 160, 5.2, 94, text="{issuer}", align="centre"),
        Part("text", 176, 171, 5.2, 94, text="{issued_on}", align="centre"),
        Part("seal", 204, 146, 40),
    ]
