"""Which licence a picture belongs to, by its file's name: holder and kind of licence, or the number of one (R167).

「统一社会信用代码或名称_证照名称_序号.jpg」, 「证照编号.jpg」, 「办件编号_证照名称.jpg」; or a folder a holder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.fuzz import ratio
from sqlalchemy import Connection, select

from core.crypto import Cipher, Indexer, normalise
from core.licences import rows
from core.licences.desk import opened
from core.licences.keeping import number_index
from core.licences.masks import STAFF, shown_name, shown_number
from core.licences.numbers import is_credit_code, is_id_number
from core.licences.picture_files import words_of
from core.models.licences import licences, subjects
from core.policy.licences import licence_types

MATCHED, DOUBTFUL, UNMATCHED = "matched", "doubtful", "unmatched"
MOST = 8
"""Licences that are offered for one doubtful picture."""
SHORTEST = 4
"""Characters of a name that another may be said to be like."""
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a name means: matched with one licence, doubtful between several, or unmatched, and why in a sentence."""

    state: str
    why: str
    lines: tuple[str, ...] = ()


class Names:
    """Names understood in one transaction; what was asked once is not asked again."""

    def __init__(self, tx: Connection, cipher: Cipher, indexer: Indexer, near: int) -> None:
        self._tx, self._cipher, self._indexer, self._near = tx, cipher, indexer, near
        self._types = {kind.name: key for key, kind in licence_types().items()}
        self._holders: dict[str, Sequence[Row]] = {}

    def guess(self, name: str) -> Guess:
        """The licence a file of this name belongs to."""
        words = words_of(name)
        kinds = [self._types[word] for word in words if word in self._types]
        rest = [word for word in words if word not in self._types]
        if len(kinds) > 1:
            return Guess(UNMATCHED, "文件名里写了两种证照")
        if not rest:
            return Guess(UNMATCHED, "文件名里没有写明是谁的，也没有证照编号")
        for word in rest:
            if found := self._numbered(word):
                return self._chosen(found, kinds, f"编号「{word}」")
        for word in rest:
            if found := self._held(word):
                return self._chosen(found, kinds, "持证人名下")
        return self._like(rest, kinds)

    def _numbered(self, word: str) -> Sequence[Row]:
        """Licences of this number or case number; a credit code means its holder."""
        number = normalise(word).upper()
        if is_credit_code(number) or is_id_number(number):
            return ()
        by = (licences.c.number_index == number_index(self._indexer, word), licences.c.case_no == word)
        for where in by:
            query = rows.WITH_HOLDER.where(where, licences.c.shown, licences.c.state.not_in(("draft", *rows.OVER)))
            if found := self._tx.execute(query.limit(MOST + 1)).mappings().all():
                return found
        return ()

    def _held(self, word: str) -> Sequence[Row]:
        """Licences of the holder with this number or exactly this name."""
        if word not in self._holders:
            number = normalise(word).upper()
            if is_credit_code(number) or is_id_number(number):
                where = subjects.c.number_index == self._indexer.index(number, "subject_number")
            else:
                where = subjects.c.name_index == self._indexer.index(word, "subject_name")
            self._holders[word] = self._of(
                self._tx.execute(select(subjects.c.id).where(where, ~subjects.c.gone)).scalars()
            )
        return self._holders[word]

    def _of(self, ids: Any) -> Sequence[Row]:
        told = list(ids)
        return [row for row in rows.licences_of(self._tx, told) if row["state"] not in rows.OVER] if told else ()

    def _chosen(self, found: Sequence[Row], kinds: Sequence[str], what: str) -> Guess:
        """The one of these that is of the kind the name says; several are for a person to tell apart."""
        fitting = [row for row in found if not kinds or row["type"] == kinds[0]]
        if len(fitting) == 1:
            return Guess(MATCHED, "", (fitting[0]["line"],))
        if not fitting:
            kind = licence_types()[kinds[0]].name
            return Guess(DOUBTFUL, f"{what}没有{kind}，另有 {len(found)} 份别的证照", self._lines(found))
        return Guess(DOUBTFUL, f"{what}有 {len(fitting)} 份，文件名没有说是哪一份", self._lines(fitting))

    def _like(self, words: Sequence[str], kinds: Sequence[str]) -> Guess:
        """A company whose name is nearly the one that was written."""
        word = max(words, key=len)
        number = normalise(word).upper()
        if len(number) == 18 and number[:17].isalnum() and number.isascii():
            known = is_credit_code(number) or is_id_number(number)
            return Guess(UNMATCHED, "库里没有这个号码的持证人" if known else "号码的校验位不对，请核对")
        if len(word) < SHORTEST:
            return Guess(UNMATCHED, f"库里没有「{word}」的证照")
        near = self._nearest(word)
        if not near:
            return Guess(UNMATCHED, f"库里没有「{word[:30]}」的证照")
        found = [row for row in self._of(one["id"] for one in near) if not kinds or row["type"] == kinds[0]]
        if not found:
            return Guess(UNMATCHED, f"库里有名称相近的「{near[0]['name']}」，名下没有这种证照")
        return Guess(DOUBTFUL, f"库里没有「{word[:30]}」，有名称相近的「{near[0]['name']}」", self._lines(found))

    def _nearest(self, word: str) -> list[Row]:
        """Companies whose names are like the word, the likest first; sought by its beginning, middle and end."""
        third = max(2, len(word) // 3)
        asked = {word[:third], word[third : 2 * third], word[-third:]}
        ids = [rows.companies_named(self._tx, piece, 50) for piece in sorted(asked) if len(piece) > 1]
        found: dict[int, Row] = {}
        for one in ids:
            query = select(subjects.c.id, subjects.c.name).where(subjects.c.id.in_(one))
            found |= {row["id"]: row for row in self._tx.execute(query).mappings()}
        liked = [(ratio(word, str(row["name"])), row) for row in found.values()]
        return [row for like, row in sorted(liked, key=lambda pair: -pair[0]) if like >= self._near][:3]

    @staticmethod
    def _lines(found: Sequence[Row]) -> tuple[str, ...]:
        return tuple(row["line"] for row in found[:MOST])

    def called(self, lines: Sequence[str]) -> dict[str, str]:
        """These licences in words a clerk tells apart: kind, holder, number."""
        told: dict[str, str] = {}
        names, wanted = licence_types(), list(dict.fromkeys(lines))
        for at in range(0, len(wanted), 200):
            query = rows.WITH_HOLDER.where(licences.c.line.in_(wanted[at : at + 200]), licences.c.shown)
            for row in self._tx.execute(query).mappings():
                holder = {"body": row["holder_body"], "token": row["holder_token"]}
                name = row["holder_name"] or opened(self._cipher, "subjects", holder)["name"]
                number = shown_number(opened(self._cipher, "licences", row)["number"], row["holder_kind"], STAFF)
                who = shown_name(name, row["holder_kind"], STAFF)
                told[row["line"]] = f"{names[row['type']].name} · {who} · {number}"
        return told
