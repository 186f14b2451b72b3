"""The rows of a sheet: which column is which field, and each row judged like the form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.arrivals.fields import RULES, USUAL, Filled, flat
from core.arrivals.opening import WrongFile
from core.policy.arrivals import HeaderRules

COLUMNS = (
    "title", "content", "place", "town", "community", "channel", "outside_no", "type", "service_type", "class_code",
    "urgency", "caller_name", "caller_phone", "address", "keep_secret", "wants_reply", "hard", "sensitive", "parent_no",
)  # fmt: skip
"""The columns of the template, in order; 标题, 内容 and 地点 have to be there."""
NEEDED = ("title", "content", "place")
_BRACKET = re.compile(r"[(\[【].*[)\]】]$")
LOST = "数字太长，已被表格软件改写，请把该列设为文本重填。"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet, numbered as the sheet numbers it; `faults` by the column's label, empty for the whole row."""

    number: int
    given: Mapping[str, str]
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Meant:
    """The field a column name stands for; `is_own` when it is spelled as in the template."""

    name: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Header:
    """The row of column names: its place from 0, column → field, the columns nothing is taken from, and fields that
    two columns claim with equal right (→ the names of both).
    """

    at: int
    columns: Mapping[int, str]
    unused: tuple[str, ...] = ()
    twice: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def header_of(lines: Sequence[Sequence[str]], rules: HeaderRules) -> Header:
    """The first row that names every needed column; a title or a note may stand above it.

    Raises:
        WrongFile: a needed column is missing, or two columns are the same field.
    """
    known = _spellings(rules)
    tried = [_named(at, cells, known) for at, cells in enumerate(lines[: rules.within])] or [Header(0, {})]
    best = next((one for one in tried if not _missing(one)), None) or max(tried, key=lambda one: len(one.columns))
    for name, (first, second) in best.twice.items():
        both = f"（{first}、{second}）" if first != second else ""
        raise WrongFile(what="表格", why=f"「{RULES[name].label}」列写了两次{both}，请只留一列")
    if missing := _missing(best):
        lacks = "".join(f"「{RULES[name].label}」" for name in missing)
        raise WrongFile(what="表格", why=f"第 {best.at + 1} 行缺少{lacks}列，请用模板")
    return best


def _missing(header: Header) -> list[str]:
    return [name for name in NEEDED if name not in header.columns.values()]


def _named(at: int, cells: Sequence[str], known: Mapping[str, Meant]) -> Header:
    """The columns of a row; where two would be one field, our own name goes before another's."""
    meant = [_meant(label, known) for label in cells]
    own = {one.name for one in meant if one and one.is_own}
    found = dict[int, str]()
    twice = dict[str, tuple[str, str]]()
    for place, one in enumerate(meant):
        if one is None or (one.name in own and not one.is_own):
            continue
        if one.name in found.values():
            first = next(column for column, name in found.items() if name == one.name)
            twice.setdefault(one.name, (flat(cells[first]), flat(cells[place])))
        else:
            found[place] = one.name
    unused = tuple(flat(label)[:20] for place, label in enumerate(cells) if place not in found and label.strip())
    return Header(at, found, unused, twice)


def _spellings(rules: HeaderRules) -> Mapping[str, Meant]:
    others = {_bare(word): Meant(name, False) for name, words in rules.columns.items() for word in words}
    return others | {_bare(RULES[name].label): Meant(name, True) for name in COLUMNS}


def _meant(label: str, known: Mapping[str, Meant]) -> Meant | None:
    """The field a column is: by its whole name, or without the bracket behind it."""
    text = _bare(label)
    return known.get(text) or known.get(_BRACKET.sub("", text).strip("*:"))


def _bare(label: str) -> str:
    """A column name without blanks, stars and colons, in narrow signs."""
    return unicodedata.normalize("NFKC", flat(label)).replace(" ", "").strip("*:")


def checked(
    lines: Sequence[Sequence[str]], header: Header, understood: Callable[[Mapping[str, str]], Filled]
) -> Iterator[Row]:
    """Every row below the header that holds anything; one that says the same as another is a fault of the later one."""
    columns = header.columns
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for number, cells in enumerate(lines[header.at + 1 :], header.at + 2):
        if not any(cell.strip() for cell in cells):
            continue
        lost = [name for at, name in columns.items() if at < len(cells) and cells[at].startswith("\0")]
        given = {name: cells[at] if at < len(cells) else "" for at, name in columns.items()}
        given = _completed({name: "" if name in lost else text for name, text in given.items()})
        faults = {RULES[name].label: why for name, why in understood(given).faults.items() if name not in lost}
        faults |= {RULES[name].label: LOST for name in lost}
        same = tuple(sorted(given.items()))
        if same in seen:
            faults[""] = f"与第 {seen[same]} 行完全相同，请删去一行。"
        seen.setdefault(same, number)
        yield Row(number, given, faults)


def _completed(given: Mapping[str, str]) -> dict[str, str]:
    """What is usual where the sheet is silent: the source and kind, and an answer for whoever left a number."""
    full = {**given, **{name: text for name, text in USUAL.items() if not given.get(name, "").strip()}}
    if not full.get("wants_reply", "").strip():
        full["wants_reply"] = "1" if full.get("caller_phone", "").strip() else ""
    if not full.get("caller_phone", "").strip():
        full["anonymous"] = "1"
    return full
