"""Codes as the office, a scanner and a stranger meet them. Writing goes through the library's door."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, select

from core.commits import CommitLine
from core.errors import Unknown
from core.licences import rows
from core.licences.codes import sheets
from core.licences.codes.drawing import Drawn, Pen, bar_code
from core.licences.codes.making import Maker
from core.licences.codes.no import BatchNotReady, NoSuchCode, NothingPicked, TooManyPicked
from core.licences.codes.stamp import Stamp, link_of, scanned
from core.licences.codes.views import BatchView, CodeVerdict, CodeView
from core.licences.codes.writing import BOUND, OVER, READY, STAGED, number_of
from core.licences.door import may_keep
from core.licences.views import LicenceView, Page
from core.models.codes import code_batches, licence_codes
from core.people import Actor
from core.policy.codes import code_rules
from core.policy.library import BATCH, CODE, LICENCE, library_rules

if TYPE_CHECKING:
    from core.licences.library import Whole

FILES = {
    "excel": (sheets.EXCEL, "编号.xlsx"),
    "pictures": (sheets.ZIP, "图片.zip"),
    "sheet": (sheets.PDF, "打印版.pdf"),
}
"""What a batch that is ready offers: media type and the end of its name."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way out."""

    name: str
    kind: str
    data: bytes


class Codes:
    """`verdict` is for anybody, the rest for whoever keeps the library. Thread-safe."""

    def __init__(self, core: Whole, line: CommitLine, verdict: Callable[[str], LicenceView]) -> None:
        self._core, self._of_line = core, verdict
        self.stamp = Stamp(core.signer, code_rules())
        self._address = core.settings.web.public_address
        self.maker = Maker(core, line, self.stamp, self._address)

    # --- for anybody ---

    def verdict(self, text: str, payload: str = "", channel: str = "web", address: str = "") -> CodeVerdict:
        """What a scanned link (or its id and payload) means today: bound to a licence, free, void, unknown or forged.

        A payload that does not verify is forged whatever the id says. Every look at a known code is on record, with
        the `channel` and `address` it came by.
        """
        words, told = code_rules().verdicts, scanned(text)
        if told is None:
            return CodeVerdict(words["unreadable"])
        if self.stamp.judge(told.code, payload or told.payload) == "forged":
            return CodeVerdict(words["forged"])
        row = self._core._read(lambda tx: _known(tx, told.code))
        if row is None:
            return CodeVerdict(words["unknown"])
        if row["state"] != BOUND:
            self._core.note(None, "code.checked", f"{CODE}:{row['code']}", "done", channel=channel, address=address)
            return CodeVerdict(words[row["state"]])
        try:
            licence = self._of_line(row["line"])
        except Unknown:
            return CodeVerdict(words["unknown"])
        self._core.note(None, "licence.scanned", f"{LICENCE}:{row['line']}", "done", channel=channel, address=address)
        return CodeVerdict(words[BOUND], licence)

    # --- for the office ---

    def batches(self, actor: Actor, page: int = 1) -> Page[BatchView]:
        """Batches, newest first. Raises NotYours."""
        self._staff(actor)
        size = library_rules().limits.page

        def read(tx: Connection) -> tuple[rows.Found, Mapping[int, Mapping[str, int]]]:
            found = rows.page_of(tx, select(code_batches), (code_batches.c.id.desc(),), page, size)
            return found, _counts(tx, [row["id"] for row in found.rows])

        found, counts = self._core._read(read)
        items = tuple(self._batch(row, counts.get(row["id"], {})) for row in found.rows)
        return Page(items, found.total, max(1, page), max(1, -(-found.total // size)), found.more)

    def batch(self, actor: Actor, token: str) -> BatchView:
        """One batch. Raises NotYours, Unknown."""
        self._staff(actor)
        row, counts = self._core._read(lambda tx: _batch_at(tx, token))
        return self._batch(row, counts)

    def codes(self, actor: Actor, token: str, state: str = "", page: int = 1) -> Page[CodeView]:
        """The codes of a batch in the order of their numbers; of one state, if one is named. Raises Unknown."""
        self._staff(actor)
        size = library_rules().limits.page

        def read(tx: Connection) -> rows.Found:
            batch, _ = _batch_at(tx, token)
            query = select(licence_codes).where(
                licence_codes.c.batch_id == batch["id"], licence_codes.c.state != STAGED
            )
            query = query.where(licence_codes.c.state == state) if state else query
            return rows.page_of(tx, query, (licence_codes.c.id,), page, size)

        found = self._core._read(read)
        items = tuple(self._code(row) for row in found.rows)
        return Page(items, found.total, max(1, page), max(1, -(-found.total // size)), found.more)

    def code(self, actor: Actor, text: str) -> CodeView:
        """The code in what a hand scanner typed: its link, its id, or its printed number. Raises NoSuchCode."""
        self._staff(actor)
        told, plain = scanned(text), text.strip()
        if told is not None and self.stamp.judge(told.code, told.payload) == "forged":
            raise NoSuchCode()
        row = self._core._read(lambda tx: _known(tx, told.code) if told else _numbered(tx, plain))
        if row is None:
            raise NoSuchCode()
        return self._code(row)

    def of_line(self, actor: Actor, line: str) -> CodeView | None:
        """The code of a licence; None while it has none."""
        self._staff(actor)
        row = self._core._read(lambda tx: _of_lines(tx, [line]).get(line))
        return None if row is None else self._code(row)

    def file(self, actor: Actor, token: str, what: str) -> Download:
        """The Excel, the pictures or the print sheet of a batch, on record (R183, R184). Raises BatchNotReady."""
        self._staff(actor)
        row, _ = self._core._read(lambda tx: _batch_at(tx, token))
        if what not in FILES:
            raise Unknown(what="这个文件")
        if row["state"] != READY:
            raise BatchNotReady()
        kind, name = FILES[what]
        data = self._core.files.get(row[what])
        self._core.note(actor, f"code_batch.{what}_taken", f"{BATCH}:{token}", "done")
        return Download(f"证照码第{row['id']}批{name}", kind, data)

    def picture(self, actor: Actor, code: str, *, bars: bool = False) -> bytes:
        """One code as a PNG: QR, or Code 128 of its id (R186); on record. Raises NoSuchCode."""
        self._staff(actor)
        row = self._core._read(lambda tx: _known(tx, code))
        if row is None:
            raise NoSuchCode()
        self._core.note(actor, "code.taken", f"{CODE}:{code}", "done")
        return bar_code(code) if bars else self._pen().picture(self._pen().draw(self._link(row)))

    def link(self, line: str) -> str:
        """What the code of a licence says, for whoever draws its face; empty while it has none."""
        row = self._core._read(lambda tx: _of_lines(tx, [line]).get(line))
        return "" if row is None else self._link(row)

    def take(
        self, actor: Actor, lines: Sequence[str], what: str, layout: str = "a4", more: Extra = (),
        picked: Sequence[str] = (),
    ) -> Download:  # fmt: skip
        """The codes of many licences as a ZIP of pictures or a print sheet, on record (R172, R177, R186).

        `more`: further files of the ZIP by name. `picked`: further codes by their ids. Licences without a code and
        codes that are void are left out. Raises NothingPicked, TooManyPicked.
        """
        self._staff(actor)
        if len(lines) + len(picked) > code_rules().picked:
            raise TooManyPicked(limit=code_rules().picked)
        found = self._core._read(lambda tx: _of_lines(tx, lines))
        held = [found[line] for line in lines if line in found]
        held += self._core._read(lambda tx: _in_use(tx, picked)) if picked else ()
        if not held and not more:
            raise NothingPicked()
        pen = self._pen()
        drawn = [(number_of(row), pen.draw(self._link(row))) for row in held]
        for row in held:
            self._core.note(actor, "code.taken", f"{CODE}:{row['code']}", "done")
        if what == "sheet":
            one = code_rules().layouts.get(layout)
            if one is None:
                raise Unknown(what="这种版式")
            return Download("证照码打印版.pdf", sheets.PDF, sheets.print_sheet(one, drawn))
        return Download("证照码.zip", sheets.ZIP, self._zip(pen, drawn, more))

    def _zip(self, pen: Pen, drawn: Sequence[tuple[str, Drawn]], more: Extra) -> bytes:
        held = io.BytesIO()
        pictures = sheets.Pictures(held, self._core.clock.now())
        for number, one in drawn:
            pictures.add(f"{number}.png", pen.picture(one))
        for name, data in more:
            pictures.add(name, data)
        pictures.close()
        return held.getvalue()

    def _staff(self, actor: Actor) -> None:
        may_keep(self._core.policy, actor, "管理证照码")

    def _pen(self) -> Pen:
        return Pen(code_rules())

    def _link(self, row: Mapping[Any, Any]) -> str:
        return link_of(self._address, row["code"], row["payload"])

    def _code(self, row: Mapping[Any, Any]) -> CodeView:
        state = library_rules().code_states[row["state"]]
        batch = f"第 {row['batch_id']} 批" if row["batch_id"] else "单个生成"
        return CodeView(
            row["code"], number_of(row), batch, state.key, state.title, state.tone, self._link(row), row["line"],
            row["seq"], row["changed_at"],
        )  # fmt: skip

    def _batch(self, row: Mapping[Any, Any], counts: Mapping[str, int]) -> BatchView:
        state = library_rules().code_states[row["state"]]
        who = self._core.directory().person_name(row["person_id"]) or "系统"
        return BatchView(
            row["token"], str(row["id"]), row["count"], row["made"], row["drawn"], state.key, state.title, state.tone,
            code_rules().layouts[row["layout"]].title, row["note"], who, row["ordered_at"],
            counts.get("free", 0), counts.get(BOUND, 0), counts.get(OVER, 0),
        )  # fmt: skip


Extra = Sequence[tuple[str, bytes]]


def _known(tx: Connection, code: str) -> Mapping[Any, Any] | None:
    query = select(licence_codes).where(licence_codes.c.code == code, licence_codes.c.state != STAGED)
    return tx.execute(query).mappings().first()


def _numbered(tx: Connection, number: str) -> Mapping[Any, Any] | None:
    """By what is printed under a code: 000012-00042 or S000007."""
    batch, _, serial = number.partition("-")
    if number[:1].upper() == "S" and number[1:].isascii() and number[1:].isdigit() and len(number) < 15:
        where = and_(licence_codes.c.id == int(number[1:]), licence_codes.c.batch_id.is_(None))
    elif all(part.isascii() and part.isdigit() and len(part) < 10 for part in (batch, serial)):
        where = and_(licence_codes.c.batch_id == int(batch), licence_codes.c.serial == int(serial))
    else:
        return None
    return tx.execute(select(licence_codes).where(where, licence_codes.c.state != STAGED)).mappings().first()


def _of_lines(tx: Connection, lines: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
    query = select(licence_codes).where(licence_codes.c.line.in_(lines))
    return {row["line"]: row for row in tx.execute(query).mappings()}


def _in_use(tx: Connection, codes: Sequence[str]) -> Sequence[Mapping[Any, Any]]:
    """These codes but for those that are void, in the order they were made."""
    mine = (licence_codes.c.code.in_(codes), licence_codes.c.state.not_in((STAGED, OVER)))
    return tx.execute(select(licence_codes).where(*mine).order_by(licence_codes.c.id)).mappings().all()


def _batch_at(tx: Connection, token: str) -> tuple[Mapping[Any, Any], Mapping[str, int]]:
    row = tx.execute(select(code_batches).where(code_batches.c.token == token)).mappings().first()
    if row is None:
        raise Unknown(what="这一批码")
    return row, _counts(tx, [row["id"]]).get(row["id"], {})


def _counts(tx: Connection, batches: Sequence[int]) -> dict[int, dict[str, int]]:
    told: dict[int, dict[str, int]] = {}
    query = select(licence_codes.c.batch_id, licence_codes.c.state, func.count())
    query = query.where(licence_codes.c.batch_id.in_(batches)).group_by(licence_codes.c.batch_id, licence_codes.c.state)
    for batch, state, count in tx.execute(query):
        told.setdefault(batch, {})[state] = count
    return told
