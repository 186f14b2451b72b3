"""A paper understood: which kind it is, what each of its fields says, and how far that may be trusted (R190).

What the engine read is held against what must agree with it: the code printed on the paper, check characters, days,
the names of the kinds of licence we know. A paper that is none of them is refused in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rapidfuzz.fuzz import ratio

from core.errors import Refusal
from core.policy.reading import Document, ReadField, ReadRules, flat
from core.reading.labels import labels_of
from core.reading.mending import CODE, Mended, chinese, day_of, is_credit_code, mend
from core.reading.pieces import Piece, Point, pieces_of, text_in_order
from core.reading.values import Value, values_of

OCR, CODE_ON_IT, BOTH = "ocr", "code", "both"
TITLE_LIKE = 84
"""How alike a line must be to the name of a licence (of 100)."""
URL_CODE = re.compile(r"(?:uniscid|cid|tyshxydm|uscc)=([0-9A-Z]{18})", re.I)
AKIN = 0.6
NUMBERED = re.compile(
    r"[（(]?[\u4e00-\u9fa5]{1,10}[)）]?[\u4e00-\u9fa5]{0,8}字?[〔\[（(]?[\dA-Z〔〕\[\]（）()第\-—]{6,30}号"
)


class NotALicence(Refusal):
    text = "没有认出这是哪一种证照{seen}，请换一张拍全、拍正的图片，或手工登记。"
    status = 422


@dataclass(frozen=True, slots=True)
class FieldRead:
    """One field: its text as papers write it, trust from 0 to 1, from where, what was put right, where it stands.

    `boxes`: the corners of each piece it was read from, in pixels of the upright picture. `source`: ocr, code, both.
    """

    key: str
    label: str
    text: str
    sure: float
    source: str
    notes: tuple[str, ...] = ()
    boxes: tuple[tuple[Point, ...], ...] = ()
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was read: its kind, its fields in order, what to be careful about as a whole."""

    document: Document
    fields: tuple[FieldRead, ...]
    warnings: tuple[str, ...]
    text: str

    def field(self, key: str) -> FieldRead | None:
        return next((one for one in self.fields if one.key == key), None)


def understand(lines: Sequence[Mapping[str, Any]], codes: Sequence[str], rules: ReadRules) -> Paper:
    """The paper these lines and codes were seen on. Raises NotALicence."""
    pieces = pieces_of(lines, rules.simplified)
    document = _kind(pieces, rules)
    labels = labels_of(pieces, document.fields)
    values = values_of(pieces, labels, rules.boilerplate)
    found = {key: _read(document, key, value, rules) for key, value in values.items()}
    _search_code(document, pieces, found, rules)
    _search_number(document, pieces, found)
    _day_at_foot(document, pieces, labels, found)
    fields, warnings = _against_codes(document, found, codes, rules)
    _borrow(document, fields)
    warnings += _against_itself(fields)
    order = [one.key for one in document.fields]
    told = sorted((one for one in fields.values() if one.text), key=lambda one: order.index(one.key))
    if not told:
        raise NotALicence(seen="")
    return Paper(document, tuple(told), tuple(warnings), text_in_order(pieces))


def _kind(pieces: Sequence[Piece], rules: ReadRules) -> Document:
    """By its title, the largest that is one; else by labels no other paper has together. Raises NotALicence."""
    highs = sorted(piece.high for piece in pieces)
    usual = highs[(len(highs) - 1) // 2] if highs else 0.0
    best: tuple[float, int, Document] | None = None
    for piece in pieces:
        said = flat(piece.text)
        if piece.high < 1.15 * usual or not 3 <= len(said) <= 30:
            continue
        for one in rules.documents.values():
            name = flat(one.title)
            alike = 100.0 if name in said and len(said) <= len(name) + 8 else ratio(name, said)
            if alike >= TITLE_LIKE and (best is None or (alike, len(name)) > best[:2]):
                best = alike, len(name), one
    if best is not None:
        return best[2]
    for one in rules.documents.values():
        if one.least_labels and len(labels_of(pieces, one.fields)) >= one.least_labels:
            return one
    largest = max(pieces, key=lambda piece: piece.high, default=None)
    raise NotALicence(seen=f"，图上最大的字是「{largest.text[:20]}」" if largest is not None else "，图上没有看到字")


def _read(document: Document, key: str, value: Value, rules: ReadRules) -> FieldRead:
    field = next(one for one in document.fields if one.key == key)
    return _mended(field, value, mend(field.kind, value.text, rules))


def _mended(field: ReadField, value: Value, told: Mended) -> FieldRead:
    text = re.sub(r"\s", "", told.text) if field.person else told.text
    sure = max(value.score * told.factor, told.floor)
    return FieldRead(field.key, field.label, text, min(sure, 1.0), OCR, told.notes, value.boxes, value.text)


def _search_code(document: Document, pieces: Sequence[Piece], found: dict[str, FieldRead], rules: ReadRules) -> None:
    """A credit code that proves itself is one, wherever on the paper it stands."""
    field, known = document.field("holder_code"), found.get("holder_code")
    if field is None or field.kind != "uscc" or (known is not None and known.sure >= rules.fair):
        return
    for piece in pieces:
        for code in CODE.findall(flat(piece.text).upper()):
            told = mend("uscc", code, rules)
            if told.proved:
                found[field.key] = _mended(field, Value(code, piece.score, (piece.box,)), told)
                return


def _search_number(document: Document, pieces: Sequence[Piece], found: dict[str, FieldRead]) -> None:
    """The number of a licence that stands there without a label: written as this type's are, or as …字…号."""
    field, kind = document.field("number"), document.type
    if field is None or kind is None or document.number_is_code or "number" in found:
        return
    for piece in pieces:
        text = re.sub(r"\s", "", piece.text)
        if (kind.number.pattern is not None and kind.number.fits(text)) or NUMBERED.fullmatch(text):
            found["number"] = FieldRead(
                "number", field.label, text, 0.95 * piece.score, OCR, (), (piece.box,), piece.text
            )
            return


def _day_at_foot(
    document: Document, pieces: Sequence[Piece], labels: Sequence[object], found: dict[str, FieldRead]
) -> None:
    """The day of issue under the seal, where no label announces it: its figures, whole or one by one."""
    field = document.field("issued_on")
    if field is None or ((known := found.get("issued_on")) is not None and day_of(known.text)):
        return
    bottom = max((piece.bottom for piece in pieces), default=0.0)
    used = {box for one in found.values() for box in one.boxes}
    low = [
        one for one in pieces
        if one.middle > 0.55 * bottom and one.box not in used and len(one.text) <= 14 and re.search(r"\d", one.text)
    ]  # fmt: skip
    for one in low:
        if day := day_of(re.sub(r"\s", "", one.text)):
            found["issued_on"] = FieldRead(
                "issued_on", field.label, chinese(day), one.score, OCR, (), (one.box,), one.text
            )
            return
    for one in low:
        if re.match(r"(19|20)\d\d", flat(one.text)) and (made := _gathered(one, low)):
            day, parts = made
            score, boxes = min(part.score for part in parts), tuple(dict.fromkeys(part.box for part in parts))
            raw = " ".join(part.text for part in parts)
            found["issued_on"] = FieldRead("issued_on", field.label, chinese(day), 0.95 * score, OCR, (), boxes, raw)
            return


def _gathered(year: Piece, low: Sequence[Piece]) -> tuple[date, list[Piece]] | None:
    """Year, month and day printed apart from each other, more or less in one row."""
    row = [
        one for one in low if one.left >= year.left and abs(one.middle - year.middle) < 1.6 * max(year.high, one.high)
    ]
    row.sort(key=lambda one: one.left)
    digits = [(figure, one) for one in row for figure in re.findall(r"\d+", flat(one.text))]
    if len(digits) < 3 or len(digits[0][0]) != 4 or any(len(figure) > 2 for figure, _ in digits[1:3]):
        return None
    day = day_of("-".join(figure for figure, _ in digits[:3]))
    return (day, [one for _, one in digits[:3]]) if day else None


def _borrow(document: Document, found: dict[str, FieldRead]) -> None:
    """What the paper says once and the form asks twice."""
    for field in document.fields:
        if field.same and field.key not in found and field.same in found:
            found[field.key] = replace(found[field.same], key=field.key, label=field.label)
    if "holder" not in found and "operator" in found and (holder := document.field("holder")) is not None:
        found["holder"] = replace(found["operator"], key="holder", label=holder.label)
    if document.number_is_code and "number" not in found and "holder_code" in found:
        number = next(one for one in document.fields if one.key == "number")
        found["number"] = replace(found["holder_code"], key="number", label=number.label)


def told_by_codes(document: Document, codes: Sequence[str], rules: ReadRules) -> tuple[dict[str, str], str]:
    """Fields that codes on the paper spell out, and the credit code they carry or link to."""
    told, code = dict[str, str](), ""
    for text in codes:
        for line in text.splitlines():
            name, _, value = line.replace("：", ":").partition(":")
            field = document.field(name) if 1 < len(name) < 20 and value and not value.startswith("//") else None
            if field is not None:
                told[field.key] = mend(field.kind, value, rules).text
        linked = URL_CODE.search(text)
        bare = next((one for one in CODE.findall(text) if is_credit_code(one)), "")
        code = code or (linked[1].upper() if linked else bare)
    if "holder_code" in told and not is_credit_code(told["holder_code"]):
        del told["holder_code"]  # 91440...: cut short for privacy
    return told, code


def _against_codes(
    document: Document, found: Mapping[str, FieldRead], codes: Sequence[str], rules: ReadRules
) -> tuple[dict[str, FieldRead], list[str]]:
    told, code = told_by_codes(document, codes, rules)
    fields, warnings = dict(found), list[str]()
    if code and "holder_code" in fields:
        told.setdefault("holder_code", code)
    elif code and document.field("holder_code") is not None:
        told["holder_code"] = code
    for key, value in told.items():
        field = document.field(key)
        if field is None or not value:
            continue
        fields[key] = _compared(field, fields.get(key), value)
        if fields[key].sure < rules.fair and key == "holder_code":
            warnings.append("证上印的统一社会信用代码与二维码里的不一致，请核实真伪")
    return fields, warnings


def _compared(field: ReadField, read: FieldRead | None, value: str) -> FieldRead:
    """What was printed against what the code says: the same, a reading mended by it, or a contradiction."""
    if read is None:
        return FieldRead(field.key, field.label, value, 0.99, CODE_ON_IT, ("取自证上的二维码",))
    one, other = flat(read.text), flat(value)
    if one == other:
        return replace(read, sure=max(read.sure, 0.99), source=BOTH)
    coded = field.kind in ("uscc", "id_number", "number")
    alike = ratio(one, other) / 100
    slip = coded and len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 2
    if slip or (not coded and alike >= AKIN):
        return replace(
            read, text=value, sure=0.96, source=CODE_ON_IT, notes=(f"识别为「{read.text[:40]}」，按二维码改正",)
        )
    return replace(
        read, sure=min(read.sure, 0.3), notes=(*read.notes, f"二维码里是「{value[:40]}」，与证面不一致，请核对")
    )


def _against_itself(fields: dict[str, FieldRead]) -> list[str]:
    """Days that cannot follow each other, and a number that tells another birthday than the paper."""
    told = list[str]()
    founded, issued = fields.get("founded_on"), fields.get("issued_on")
    if founded and issued and (begun := day_of(founded.text)) and (day := day_of(issued.text)) and day < begun:
        fields["issued_on"] = replace(issued, sure=min(issued.sure, 0.4), notes=(*issued.notes, "早于成立日期，请核对"))
    born, number = fields.get("born_on"), fields.get("holder_code")
    day = day_of(born.text) if born else None
    if day and number and len(number.text) == 18 and number.text[6:14] != day.strftime("%Y%m%d"):
        told.append("身份证号里的出生日期与证上印的不一致，请核实")
    return told
