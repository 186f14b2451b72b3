"""The rows of a sheet: which column is which field, and each row judged like the form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.arrivals.fields import RULES, USUAL, Filled, flat
from core.arrivals.opening import WrongFile

COLUMNS = (
    "title", "content", "place", "town", "community", "channel", "outside_no", "type", "service_type", "class_code",
    "urgency", "caller_name", "caller_phone", "address", "keep_secret", "wants_reply", "hard", "sensitive", "parent_no",
)  # fmt: skip
"""The columns of the template, in order; 标题, 内容 and 地点 have to be there."""
NEEDED = ("title", "content", "place")
LOST = "数字太长，已被表格软件改写，请把该列设为文本重填。"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet, numbered as the sheet numbers it; `faults` by the column's label, empty for the whole row."""

    number: int
    given: Mapping[str, str]
    faults: Mapping[str, str]


def mapping_of(header: Sequence[str]) -> Mapping[int, str]:
    """Column → field. Raises WrongFile when a needed one is missing or one stands there twice."""
    names = {rule.label: name for name, rule in RULES.items()}
    found: dict[int, str] = {}
    for at, label in enumerate(header):
        name = names.get(flat(label).replace(" ", "").rstrip("*＊").removesuffix("（必填）"))
        if name in found.values():
            raise WrongFile(what="表格", why=f"「{RULES[name or ''].label}」列写了两次")
        if name in COLUMNS:
            found[at] = name
    missing = [RULES[name].label for name in NEEDED if name not in found.values()]
    if missing:
        raise WrongFile(what="表格", why=f"第一行缺少「{missing[0]}」列，请用模板")
    return found


def checked(
    lines: Sequence[Sequence[str]], columns: Mapping[int, str], understood: Callable[[Mapping[str, str]], Filled]
) -> Iterator[Row]:
    """Every row that holds anything; one that says the same as another is a fault of the later one."""
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for number, cells in enumerate(lines, 2):
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


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
