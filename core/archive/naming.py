"""The rule by which existing papers are named, read back: 「号码-分类-资料名称-日期-序号.jpg」 (R148, R150, R152).

Folders count like parts of the name, so 「号码/分类/资料名称.pdf」 says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.archive.views import Category
from core.crypto import normalise
from core.licences.checks import read_day

PARTS = re.compile(r"[-_—－＿/\\\s]+")
NUMBER = re.compile(r"[0-9A-Z]{15,20}")
DAY = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
SERIAL = re.compile(r"\d{1,3}|[（(]\d{1,3}[)）]")
RULE = "号码-分类-资料名称-日期-序号"
EXAMPLE = {
    "company": "91110000600037341L-主体资格-营业执照正本-20240309-1.jpg",
    "person": "11010519491231002X-身份证明-身份证人像面-20200101-1.jpg",
}


@dataclass(frozen=True, slots=True)
class NameRead:
    """What a file's name says; `choices`: the categories it may be of when it says more than one."""

    number: str
    category: str
    choices: tuple[str, ...]
    title: str
    made_on: str


def read_name(path: str, kind: str, kinds: Sequence[Category]) -> NameRead:
    """The name of one file, folders included, for papers of companies or of persons."""
    stem = path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1] else path
    parts = [part for part in PARTS.split(stem) if part]
    number = next((normalise(one).upper() for one in parts if NUMBER.fullmatch(normalise(one).upper())), "")
    rest = [one for one in parts if normalise(one).upper() != number]
    made_on = next((day for one in rest if (day := _day(one))), "")
    rest = [one for one in rest if not _day(one) and not SERIAL.fullmatch(one)]
    serial = next((one.strip("()（）") for one in reversed(parts) if SERIAL.fullmatch(one)), "")
    offered = [one for one in kinds if one.takes(kind)]
    named = [one for one in offered for part in rest if part in (one.title, one.code)]
    words = rest if not named else [part for part in rest if part not in (named[0].title, named[0].code)]
    found = named[:1] or _by_words(" ".join(rest), offered)
    title = "".join(words) or (found[0].title if found else "")
    return NameRead(
        number, found[0].code if len(found) == 1 else "", tuple(one.code for one in found) if len(found) > 1 else (),
        f"{title}{serial}"[:60] if title else "", made_on,
    )  # fmt: skip


def _by_words(text: str, kinds: Iterable[Category]) -> list[Category]:
    """The categories one of whose words stands in a text, those with the longest word."""
    hits = [(max((len(word) for word in one.words if word in text), default=0), one) for one in kinds]
    longest = max((length for length, _ in hits), default=0)
    return [one for length, one in hits if length == longest and longest]


def _day(text: str) -> str:
    found = DAY.fullmatch(text)
    day = read_day("-".join(found.groups())) if found else None
    return day.isoformat() if day else ""
