"""What was read, judged and put right by what must hold: check characters, days, fixed phrases. Plain values.

Nothing is changed silently: whatever differs from what the engine saw comes with a note in the clerk's words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric, uscc

from core.policy.reading import ReadRules, flat

CODE = re.compile(r"[0-9A-Z]{15,20}")
DAY = re.compile(r"(\d{4})\s*[年\-./]\s*(\d{1,2})\s*[月\-./]\s*(\d{1,2})\s*[日号]?")
OPEN_ENDED = re.compile(r"长期|永久|无固定期限|不约定期限")
FORBIDDEN = str.maketrans({"O": "0", "Q": "0", "I": "1", "Z": "2", "S": "5", "V": "U"})
"""Letters no credit code holds, and what they were printed as (GB 32100)."""
FIRST_YEAR, LAST_YEAR = 1900, 2150
SLIPS = 2
"""Characters of a fixed phrase that may have come out wrong."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A text put right: what it is now, how far to trust it (a factor, or a floor where a check proves it), why."""

    text: str
    factor: float = 1.0
    floor: float = 0.0
    notes: tuple[str, ...] = ()
    proved: bool = False


def mend(kind: str, text: str, rules: ReadRules) -> Mended:
    """The text of a field of this kind put right."""
    plain = unicodedata.normalize("NFKC", text).strip()
    match kind:
        case "uscc" | "id_number":
            return _code(kind, plain, rules)
        case "date":
            return _day(plain)
        case "term":
            return _term(plain)
        case "number":
            return Mended(re.sub(r"\s", "", plain).strip(":：.,。"))
    return _text(_marks(text.strip()), rules.phrases)


def _code(kind: str, plain: str, rules: ReadRules) -> Mended:
    """A code with a check character; one that fails is tried with one letter that looks alike (R190)."""
    packed = re.sub(r"[\s\-·.]", "", plain.upper())
    found = CODE.search(packed)
    if found is None:
        return Mended(packed, 0.4, notes=("不是 18 位代码，请核对",))
    code = found[0]
    proves = is_credit_code if kind == "uscc" else is_id_number
    if proves(code):
        return Mended(code, floor=0.99, proved=True)
    if kind == "uscc" and proves(changed := code.translate(FORBIDDEN)):
        return Mended(changed, floor=0.97, notes=(_said(code, changed),), proved=True)
    tried = {other for other in _one_off(kind, code, rules) if proves(other)}
    tried = {other for other in tried if kind == "uscc" and _is_organisation(other[8:17])} or tried
    if len(tried) == 1:
        mended = tried.pop()
        return Mended(mended, 0.85, notes=(_said(code, mended),), proved=True)
    many = f"有 {len(tried)} 种改法都对得上，请看图核对" if tried else "请看图核对"
    why = "校验位不对" if len(code) == 18 else f"是 {len(code)} 位，应为 18 位"
    return Mended(code, 0.4, notes=(f"{why}，{many}",))


def is_credit_code(code: str) -> bool:
    """A credit code (GB 32100) with six figures for its district and the right check character."""
    return len(code) == 18 and code[2:8].isdecimal() and bool(uscc.is_valid(code))


def is_id_number(code: str) -> bool:
    """A citizen's number (GB 11643): a day somebody was born on, and the right check character."""
    shaped = re.fullmatch(r"\d{17}[\dX]", code) is not None and ric.calc_check_digit(code) == code[-1]
    return shaped and day_of(f"{code[6:10]}-{code[10:12]}-{code[12:14]}") is not None


def _is_organisation(code: str) -> bool:
    """The nine characters inside a credit code have a check character of their own (GB 11714)."""
    total = sum(weight * int(letter, 36) for weight, letter in zip((3, 7, 9, 10, 5, 8, 4, 2), code, strict=False))
    return code[8] == "0123456789X0"[11 - total % 11]


def _one_off(kind: str, code: str, rules: ReadRules) -> Iterator[str]:
    """Every code that differs in one character which looks alike; the figures of a citizen's number stay."""
    for at, letter in enumerate(code):
        for other in rules.alike.get(letter, "") if kind == "uscc" or not letter.isdecimal() else "":
            yield code[:at] + other + code[at + 1 :]


def _said(before: str, after: str) -> str:
    places = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    told = "、".join(f"第 {at + 1} 位「{before[at]}」改为「{after[at]}」" for at in places)
    return f"{told}，校验位才对得上"


def day_of(text: str) -> date | None:
    """The first day told in a text; None for none, or one that never was."""
    for found in DAY.finditer(text):
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            continue
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    return None


def days_of(text: str) -> list[date]:
    """Every day told in a text, in order."""
    return [day for found in DAY.finditer(text) if (day := day_of(found[0])) is not None]


def chinese(day: date) -> str:
    """A day as papers write it."""
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def _digits(text: str) -> str:
    """Letters that stand for figures in a day, and the blanks in it."""
    return re.sub(r"\s+", "", text).translate(str.maketrans("OoDlI|", "000111"))


def _day(plain: str) -> Mended:
    if OPEN_ENDED.search(plain):
        return Mended("长期")
    day = day_of(_digits(plain))
    return Mended(chinese(day)) if day else Mended(plain, 0.4, notes=("不是一个完整的日期，请核对",))


def _term(plain: str) -> Mended:
    packed = _digits(plain)
    days, without_end = days_of(packed), OPEN_ENDED.search(packed)
    if len(days) >= 2:
        if days[1] < days[0]:
            return Mended(f"{chinese(days[0])}至{chinese(days[1])}", 0.4, notes=("止期早于起期，请核对",))
        return Mended(f"{chinese(days[0])}至{chinese(days[1])}")
    if days and without_end:
        return Mended(f"{chinese(days[0])}至{without_end[0]}")
    if without_end:
        return Mended(without_end[0])
    return Mended(plain, 0.5, notes=("没有读到完整的起止日期，请核对",))


def _marks(text: str) -> str:
    """Blanks out of Chinese text; commas and colons between Chinese characters as Chinese is written."""
    packed = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)
    for one, other in (",，", ":：", ";；"):
        packed = re.sub(rf"(?<=[^\x00-\x7f]){one}", other, packed)
    return packed.strip("=＝|")


def _text(text: str, phrases: Sequence[str]) -> Mended:
    """A fixed phrase of which a character or two came out wrong, as it is always printed."""
    notes = list[str]()
    for phrase in phrases:
        for at in range(len(text) - len(phrase) + 1):
            said = text[at : at + len(phrase)]
            wrong = sum(one != other for one, other in zip(said, phrase, strict=True))
            if 0 < wrong <= SLIPS and flat(said) != flat(phrase):
                text = text[:at] + phrase + text[at + len(phrase) :]
                notes.append(f"「{said}」按固定用语改为「{phrase}」")
    return Mended(text, 0.97 if notes else 1.0, notes=tuple(notes))
