"""The four properties of DA/T 70 judged over one volume: authentic, complete, usable, safe, each check by its name.

Files are read and opened here, outside any transaction; what is found names checks and running numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.archive.desk import body_of, statement
from core.archive.papers import look_again
from core.archive.views import Finding
from core.arrivals.opening import WrongFile
from core.crypto import Cipher, Sm2Signer, Unreadable
from core.errors import Unknown
from core.files import Files
from core.licences.checks import tidy
from core.policy.archive import archive_rules
from core.sm import sm3

Row = Mapping[Any, Any]
HEADS = {"image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}
FALSE_DAY = "形成日期在今天之后"


@dataclass(frozen=True, slots=True)
class Held:
    """A volume as it lies: its papers in their newest version, numbers withdrawn, lines on record."""

    volume: Row
    documents: Sequence[Row]
    withdrawn: frozenset[int]
    recorded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checker:
    """Judges volumes; `files` and the keys are the product's own, `infection` says what a scanner finds in bytes."""

    files: Files
    cipher: Cipher
    signer: Sm2Signer
    infection: Callable[[bytes], str]

    def judge(self, held: Held, moment: str, today: date) -> list[Finding]:
        """Everything that is wrong at this moment, in the order of the running numbers."""
        asked = {key for key, check in archive_rules().checks.items() if moment in check.moments}
        found = [*_numbers(held), *(one for row in held.documents for one in self._paper(held, row, today))]
        return [one for one in found if one.check in asked]

    def _paper(self, held: Held, row: Row, today: date) -> Iterator[Finding]:
        at = row["place"]
        yield from (Finding(check, at, why) for check, why in self._registered(held, row, today))
        try:
            data = self.files.get(row["file"])
        except Unknown:
            yield Finding("content", at, "文件不在库里，或已被改动")
            return
        yield from (Finding(check, at, why) for check, why in _content(row, data))
        if why := self.infection(data):
            yield Finding("virus", at, f"文件{why}")

    def _registered(self, held: Held, row: Row, today: date) -> Iterator[tuple[str, str]]:
        """What is registered of a paper, without its file."""
        rules = archive_rules()
        try:
            fields = body_of(self.cipher, "archive_documents", row)
        except Unreadable:
            yield "fields", "登记项打不开，密文已被改动"
            return
        if not self.signer.verify(statement(row, fields), row["signature"]):
            yield "signature", "签名和登记项、文件对不上"
        yield from (("fields", f"「{fault.label}」{fault.why}") for fault in tidy(rules.fields, fields)[1])
        if row["made_on"] is not None and row["made_on"] > today:
            yield "fields", FALSE_DAY
        if empty := [rules.label(key) for key in rules.needed if not fields.get(key)]:
            yield "metadata", f"还没有填{'、'.join(empty)}"
        if row["line"] not in held.recorded:
            yield "steps", "日志里没有存入的记录"


def _numbers(held: Held) -> Iterator[Finding]:
    """Running numbers from 1 without a gap; one that was withdrawn with its reason is none."""
    there = {row["place"] for row in held.documents} | held.withdrawn
    for missing in sorted(set(range(1, held.volume["last"] + 1)) - there):
        yield Finding("numbers", missing, "缺这一件，也没有撤出的记录")


def _content(row: Row, data: bytes) -> Iterator[tuple[str, str]]:
    """The file of a paper against what is registered of it."""
    if sm3(data).hex() != row["digest"]:
        yield "digest", "文件的摘要和存入时不同"
    if len(data) != row["size"]:
        yield "agrees", "文件大小和登记的不同"
    if row["kind"] not in HEADS or not data.startswith(HEADS[row["kind"]]):
        yield "format", "文件格式和登记的不同"
        return
    try:
        told = look_again(data, row["kind"])
    except WrongFile as fault:
        yield "opens", str(fault).rstrip("。")
        return
    if told["pages"] != row["pages"]:
        yield "agrees", f"登记 {row['pages']} 页，实有 {told['pages']} 页"
    if told["foreign"]:
        yield "foreign", "文件夹带了脚本、附件或多余内容"
