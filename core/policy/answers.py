"""What citizens ask in the chat and what they are told: answers.yaml as frozen tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.workdays import check_columns

FEWEST_ASKED = 3
LONGEST = 600
"""Characters of an answer: with its link it stays under what one reply may carry (wechat-sms.md §2.5)."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page an answer may point at."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing people ask: how they put it, what they are told, and the page that goes with it, if any."""

    id: str
    title: str
    ask: tuple[str, ...]
    say: str
    page: Page | None


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """The whole table. `least`: how alike a question must be (0 to 1) and `ahead` of the next to be answered; from
    `unsure` up two titles are offered, below it nothing was understood.
    """

    least: float
    unsure: float
    ahead: float
    words: Mapping[str, str]
    answers: tuple[Answer, ...]
    pages: Mapping[str, Page]

    def spelt(self, text: str) -> str:
        """Every word of like meaning in one spelling, signs and blanks gone."""
        return _meanings(self).sub(lambda found: self.words[found[0]], re.sub(r"[^\w]+|_", "", text.lower()))


@cache
def load_answers() -> AnswerBook:
    """The table of the product. Raises ValueError naming the row at fault."""
    return read_answers(read("answers.yaml"))


def read_answers(table: Mapping[str, Any]) -> AnswerBook:
    """Check and freeze."""
    columns = {"least", "unsure", "ahead", "pages", "words", "answers"}
    check_columns(table, columns, columns, "answers.yaml")
    pages = {name: Page(**row) for name, row in table["pages"].items()}
    answers = tuple(_answer(row, pages) for row in table["answers"])
    twice = {one.id for one in answers if [other.id for other in answers].count(one.id) > 1}
    if twice:
        raise ValueError(f"answers.yaml: {'、'.join(sorted(twice))} stands twice")
    if not 0 < table["unsure"] <= table["least"] < 1 or not 0 <= table["ahead"] < 1:
        raise ValueError("answers.yaml: unsure, least and ahead lie between 0 and 1, unsure not above least")
    words = MappingProxyType({str(word): str(meant) for word, meant in table["words"].items()})
    least, unsure, ahead = (float(table[name]) for name in ("least", "unsure", "ahead"))
    return AnswerBook(least, unsure, ahead, words, answers, MappingProxyType(pages))


def _answer(row: Mapping[str, Any], pages: Mapping[str, Page]) -> Answer:
    where = f"answers.yaml {row.get('id')}"
    check_columns(row, {"id", "title", "ask", "say", "page"}, {"id", "title", "ask", "say"}, where)
    if len(row["ask"]) < FEWEST_ASKED or not all(str(one).strip() for one in row["ask"]):
        raise ValueError(f"{where}: asked in {FEWEST_ASKED} ways at least")
    if not 0 < len(row["say"].strip()) <= LONGEST:
        raise ValueError(f"{where}: says 1 to {LONGEST} characters")
    if row.get("page") and row["page"] not in pages:
        raise ValueError(f"{where}: no page {row['page']!r}")
    ask = tuple(str(one) for one in row["ask"])
    return Answer(row["id"], row["title"], ask, row["say"].strip(), pages.get(row.get("page", "")))


@cache
def _meanings_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)")


def _meanings(book: AnswerBook) -> re.Pattern[str]:
    return _meanings_of(tuple(book.words))
