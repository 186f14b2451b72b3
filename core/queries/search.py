"""Search: cases meant by a number, a tail, an outside number, a phone number, or words, whatever history holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, false, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from core import word_index
from core.crypto import Indexer
from core.models.cases import cases

LONGEST_WORDS = 200
LIVE = ("pending", "dispatched", "handling", "closing")
AFTER_EVERY_SIGN = "ZZZZZ"  # sorts behind whatever may follow the digits of a reversed number
BLANKS, PREFIX = re.compile(r"[\s　-]"), re.compile(r"^(尾号|编号|工单|办件)[:：]?")
NUMBER = re.compile(r"XY[A-Z]{2}\d{14}", re.ASCII)
TEXTS = tuple(cases.c[name] for name in word_index.CASES.columns)
Ids = Select[Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody looks for, read: conditions an index answers by itself, and the words a text must hold."""

    exact: tuple[ColumnElement[bool], ...] = ()
    text: tuple[str, ...] = ()


def full_number(said: str) -> str:
    """The order number, when nothing else was said; else nothing."""
    plain = PREFIX.sub("", BLANKS.sub("", said[:LONGEST_WORDS]).upper())
    return plain if NUMBER.fullmatch(plain) else ""


def words_of(said: str, indexer: Indexer, channels: Iterable[str]) -> Words:
    """A full number means itself alone; a tail has four digits or more; words must all stand in the text."""
    plain = BLANKS.sub("", said).upper()
    if not plain or len(said) > LONGEST_WORDS or not plain.isprintable():
        return Words()  # nothing was asked for, or nothing a person could have written
    if number := full_number(said):
        return Words((cases.c.no == number,))
    tail = PREFIX.sub("", plain)
    exact: list[ColumnElement[bool]] = []
    if re.fullmatch(r"(XY[A-Z]{2})?\d{4,18}", tail):
        exact.append(cases.c.no_reversed.between(tail[::-1], tail[::-1] + AFTER_EVERY_SIGN))
    if re.fullmatch(r"1\d{10}", tail):
        exact.append(cases.c.phone_index == indexer.index(tail, "phone"))
    if len(plain) >= 4:  # by every channel, for that is how the index begins
        exact.append(and_(cases.c.channel.in_(sorted(channels)), cases.c.outside_no == said.strip()))
    return Words(tuple(exact), () if tail.isdecimal() else tuple(said.split()))


def means(words: Words) -> ColumnElement[bool]:
    """Whether a case is what was looked for; for cases found otherwise, one by one."""
    return or_(false(), *words.exact, *_held(words))


def _held(words: Words) -> list[ColumnElement[bool]]:
    """All the words in the text of a case, signs meaning themselves, letters great or small."""
    every = []
    for word in words.text:
        pattern = "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
        cased = word.lower() != word.upper()  # most words have no great and small, and are compared much faster then
        every.append(or_(*(c.ilike(pattern, escape="\\") if cased else c.like(pattern, escape="\\") for c in TEXTS)))
    return [and_(*every)] if every else []


def candidates(tx: Connection, words: Words, most: int, own: Ids | None) -> tuple[Ids, bool]:
    """The cases that are meant, and whether there may be more: of the index `most` are read, of what is open all.

    When the index holds more than that, the reader's `own` newest are read too. One character alone is looked for in
    the newest only.
    """
    arms, more = [select(cases.c.id).where(one) for one in words.exact], False
    if held := _held(words):
        arms.append(select(cases.c.id).where(cases.c.state.in_(LIVE), *held))
        if asked := word_index.pairs(*words.text):
            indexed, size = word_index.CASES.holders(tx, asked, most)
        else:
            indexed, size = select(cases.c.id).order_by(cases.c.id.desc()).limit(most), most
        more = size >= most
        # then the pairs are the words
        plain = len(asked) <= word_index.MOST_ASKED and all(len(word) == 2 and word.isalnum() for word in words.text)
        arms.append(select(indexed.subquery()) if plain else _read(indexed, held))
        arms += [_read(own, held)] if more and own is not None else []
    if not arms:
        return select(cases.c.id).where(false()), False
    return select(union_all(*arms).subquery()), more


def _read(ids: Ids, held: list[ColumnElement[bool]]) -> Ids:
    these = ids.subquery()
    return select(cases.c.id).join(these, these.c.id == cases.c.id).where(*held)
