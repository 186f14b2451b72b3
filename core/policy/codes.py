"""The rules of the codes on licences: codes.yaml as frozen values (R180–R186, domain-rules §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read

VOID, REFUSE = "void", "refuse"
LEVELS = ("M", "Q")


@dataclass(frozen=True, slots=True)
class Layout:
    """A print sheet in millimetres: the page, its grid of stickers, and the side of the code with its quiet zone."""

    key: str
    title: str
    page: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    gap: tuple[float, float]
    code: float

    @property
    def on_page(self) -> int:
        return self.columns * self.rows


@dataclass(frozen=True, slots=True)
class CodeWord:
    """What a reader is told of a code: a title, a colour, a sentence."""

    key: str
    title: str
    tone: str
    say: str


@dataclass(frozen=True, slots=True)
class CodeRules:
    """All of codes.yaml. `second`: what happens to the code a licence has when another is bound: void or refuse.

    `batch`, `picked`, `faces`, `note`: codes of a batch, licences of one download, of one with their
    faces, characters of a batch's purpose. `level` is
    the error correction, `border` in modules, `pixels` a module. `revoked`: versions of the signing key and why.
    """

    issuer: str
    issuer_name: str
    second: str
    batch: int
    picked: int
    faces: int
    note: int
    level: str
    border: int
    pixels: int
    layouts: Mapping[str, Layout]
    revoked: Mapping[int, str]
    verdicts: Mapping[str, CodeWord]


@cache
def code_rules() -> CodeRules:
    """The rules as printed. Raises ValueError naming the first thing wrong."""
    return read_codes(read("codes.yaml"))


def read_codes(table: Mapping[str, Any]) -> CodeRules:
    """Check and freeze."""
    issuer, printed, most = table["issuer"], table["print"], table["most"]
    layouts = {key: _layout(key, row) for key, row in table["layouts"].items()}
    named = {key: {**row, "say": row["say"].format(issuer=issuer["name"])} for key, row in table["verdicts"].items()}
    words = {key: CodeWord(key, **row) for key, row in named.items()}
    rules = CodeRules(
        issuer["code"], issuer["name"], table["second"], most["batch"], most["picked"], most["faces"], most["note"],
        printed["level"], printed["border"], printed["pixels"], MappingProxyType(layouts),
        MappingProxyType(dict(table["revoked"])), MappingProxyType(words),
    )  # fmt: skip
    if not (isinstance(rules.issuer, str) and rules.issuer.isdigit() and len(rules.issuer) == 6):
        raise ValueError("codes.yaml issuer: expected six digits in quotes")
    if rules.second not in (VOID, REFUSE) or rules.level not in LEVELS or rules.border < 4:
        raise ValueError("codes.yaml: unknown second or level, or a quiet zone below four modules")
    if not 1 <= rules.batch <= 99_999:
        raise ValueError("codes.yaml most.batch: expected 1 to 99999")
    return rules


def _layout(key: str, row: Mapping[str, Any]) -> Layout:
    pairs = {name: (float(row[name][0]), float(row[name][1])) for name in ("page", "label", "gap")}
    one = Layout(**{**row, **pairs, "key": key})
    wide = one.columns * one.label[0] + (one.columns - 1) * one.gap[0]
    high = one.rows * one.label[1] + (one.rows - 1) * one.gap[1]
    if wide > one.page[0] or high > one.page[1] or one.code > min(one.label):
        raise ValueError(f"codes.yaml layouts.{key}: the stickers do not fit on the page")
    return one
