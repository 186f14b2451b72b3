"""Papers read from a picture (R190): a form filled by the engine, confirmed by a person, the crop kept beside it.

Nothing of it is in the library before somebody confirmed every field as it now stands; what was read, and what that
person changed, stays beside the licence, sealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from core.canon import canonical
from core.crypto import place
from core.errors import Unknown
from core.licences.desk import LibraryAct, new_name
from core.licences.door import may_keep
from core.licences.no import ReadingOver
from core.models.pictures import licence_readings
from core.people import CLOCK, Actor
from core.policy.library import LICENCE
from core.policy.reading import Document, read_rules
from core.reading import Reading, read
from core.reading.mending import day_of, days_of
from core.receipts import RECEIPT, Done

if TYPE_CHECKING:
    from core.licences.library import Whole

OPEN, DONE, DROPPED = "open", "done", "dropped"
TITLES = {OPEN: "待确认", DONE: "已登记", DROPPED: "已放弃"}
SURE, FAIR, LOW, MISSING = "sure", "fair", "low", "missing"
JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field of the form: what was read as the form takes it, how sure, from where, what to know, its places.

    `level`: sure, fair, low or missing. `crop`: left, top, width, height in pixels of the picture, None for nowhere.
    """

    key: str
    label: str
    value: str
    level: str
    percent: int
    source: str
    notes: tuple[str, ...]
    crop: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A picture that was read, for whoever brought it. `type`: the kind of licence, "" for a paper that is none."""

    token: str
    document: str
    title: str
    type: str
    state: str
    state_title: str
    line: str
    fields: Mapping[str, ReadField]
    warnings: tuple[str, ...]
    changed: tuple[str, ...]
    wide: int
    high: int
    made_at: datetime


class Readings:
    """Takes pictures in, shows what was read, and writes what a person confirmed. Thread-safe."""

    def __init__(self, core: Whole, write: Callable[[LibraryAct], Done]) -> None:
        self._core, self._write = core, write

    def bring(self, actor: Actor, raw: bytes) -> str:
        """Read a picture; returns the token of what was read. Raises WrongPicture, ReaderBusy, NotALicence."""
        may_keep(self._core.policy, actor, "识别证照")
        told = read(raw)
        token, file, now = new_name(), self._core.files.keep(told.picture, JPEG), self._core.clock.now()
        row = {
            "token": token, "person_id": actor.person, "file": file, "document": told.paper.document.key,
            "state": OPEN, "line": None, "body": self._sealed(token, _body(told)), "made_at": now, "changed_at": now,
        }  # fmt: skip
        self._core._write(
            actor, "reading.made", f"reading:{token}", lambda tx: tx.execute(insert(licence_readings), row)
        )
        return token

    def view(self, actor: Actor, token: str, as_type: str = "") -> ReadingView:
        """What was read, as the form of its type or of another one has it. Raises NotYours, Unknown."""
        may_keep(self._core.policy, actor, "识别证照")
        row = self._core._read(lambda tx: _own(tx, actor, token))
        body = self._opened(row)
        documents = read_rules().documents
        document = documents.get(as_type) or documents[row["document"]]
        return ReadingView(
            row["token"], document.key, document.title, document.key if document.type else "", row["state"],
            TITLES[row["state"]], row["line"] or "", _form(document, body), tuple(body["warnings"]),
            tuple(body.get("changed", ())), body["wide"], body["high"], row["made_at"],
        )  # fmt: skip

    def picture(self, actor: Actor, token: str) -> bytes:
        """The picture it was read from, upright; looking at it is on record. Raises NotYours, Unknown."""
        may_keep(self._core.policy, actor, "识别证照")
        row = self._core._read(lambda tx: _own(tx, actor, token))
        if row["file"] is None:
            raise Unknown(what="这张图片")
        data = self._core.files.get(row["file"])
        self._core.note(actor, "reading.picture_read", f"reading:{row['token']}", "done")
        return data

    def latest(self, actor: Actor, most: int = 10) -> tuple[tuple[str, str, str, str, datetime], ...]:
        """What a person had read, newest first: token, title of the paper, whose it is, state in words, when."""
        mine = select(licence_readings).where(licence_readings.c.person_id == actor.person)
        query = mine.where(licence_readings.c.state != DROPPED).order_by(licence_readings.c.id.desc()).limit(most)
        documents = read_rules().documents
        rows = self._core._read(lambda tx: tx.execute(query).mappings().all())
        return tuple(
            (row["token"], documents[row["document"]].title, self._holder(row), TITLES[row["state"]], row["made_at"])
            for row in rows
        )

    def _holder(self, row: Mapping[Any, Any]) -> str:
        """Who holds it, as far as it was read."""
        return next((str(one["text"]) for one in self._opened(row)["fields"] if one["key"] == "holder"), "")

    def of_line(self, actor: Actor, line: str) -> str:
        """The token of the reading a licence was registered from, "" for one that was not read."""
        may_keep(self._core.policy, actor, "查看证照库")
        query = select(licence_readings.c.token).where(licence_readings.c.line == line).limit(1)
        return str(self._core._read(lambda tx: tx.execute(query).scalar()) or "")

    def confirm(self, actor: Actor, key: str, token: str, act: str, kind: str, values: Mapping[str, str]) -> Done:
        """Register it, or keep a draft, as the person now has it, with its picture. Raises what the form refuses."""
        row, known = self._core._read(lambda tx: (_own(tx, actor, token), tx.execute(RECEIPT, {"key": key}).first()))
        if row["state"] == DROPPED or (row["state"] == DONE and known is None):
            raise ReadingOver(how=TITLES[row["state"]])
        given = {**values, "type": kind, "files": row["file"] or "", "reading": row["token"]}
        done = self._write(LibraryAct(key, LICENCE, act, "", given, actor, source="ocr"))
        if "changed" not in (body := self._opened(row)):
            self._settle(actor, row, body, kind, values)
        return done

    def _settle(
        self, actor: Actor, row: Mapping[Any, Any], body: dict[str, Any], kind: str, values: Mapping[str, str]
    ) -> None:
        """What the person changed, kept beside what was read: the act itself took the reading (`keeping`)."""
        form = _form(read_rules().documents[kind], body)
        body["changed"] = sorted(key for key, one in form.items() if values.get(key, "").strip() != one.value)
        told = {"body": self._sealed(row["token"], body), "changed_at": self._core.clock.now()}
        mine = licence_readings.c.id == row["id"]
        self._core._write(
            actor, "reading.confirmed", f"reading:{row['token']}",
            lambda tx: tx.execute(update(licence_readings).where(mine).values(told)),
        )  # fmt: skip

    def drop(self, actor: Actor, token: str) -> None:
        """Keep nothing of it. Raises ReadingOver once it is registered, Unknown."""

        def run(tx: Connection) -> None:
            row = _own(tx, actor, token)
            if row["state"] == DONE:
                raise ReadingOver(how=TITLES[DONE])
            self._empty(tx, row)

        self._core._write(actor, "reading.dropped", f"reading:{token[:40]}", run)

    def wipe(self) -> int:
        """Readings nobody confirmed in time keep nothing of what was on the paper; returns how many."""
        since = self._core.clock.now() - read_rules().limits.keep
        old = select(licence_readings).where(licence_readings.c.state == OPEN, licence_readings.c.made_at < since)

        def run(tx: Connection) -> int:
            rows = tx.execute(old.limit(500).with_for_update()).mappings().all()
            for row in rows:
                self._empty(tx, row)
            return len(rows)

        if self._core._read(lambda tx: tx.execute(old.limit(1)).first()) is None:
            return 0
        gone: int = self._core._write(CLOCK, "reading.dropped", "reading:old", run)
        return gone

    def _empty(self, tx: Connection, row: Mapping[Any, Any]) -> None:
        nothing = {"fields": [], "warnings": [], "wide": 1, "high": 1}
        told = {
            "state": DROPPED, "file": None, "body": self._sealed(row["token"], nothing),
            "changed_at": self._core.clock.now(),
        }  # fmt: skip
        mine = (licence_readings.c.id == row["id"], licence_readings.c.state != DONE)
        if not tx.execute(update(licence_readings).where(*mine).values(told)).rowcount:  # confirmed at this moment
            raise ReadingOver(how=TITLES[DONE])

    def _sealed(self, token: str, body: Mapping[str, Any]) -> dict[str, str]:
        return {"sealed": self._core.cipher.seal(canonical(dict(body)), place("licence_readings", "body", token))}

    def _opened(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        where = place("licence_readings", "body", row["token"])
        body: dict[str, Any] = json.loads(self._core.cipher.open(row["body"]["sealed"], where))
        return body


def _own(tx: Connection, actor: Actor, token: str) -> Mapping[Any, Any]:
    """Open ones are their bringer's alone; what became a licence is the library's."""
    row = tx.execute(select(licence_readings).where(licence_readings.c.token == token)).mappings().first()
    if row is None or (row["person_id"] != actor.person and row["state"] != DONE):
        raise Unknown(what="这次识别")
    return row


def _body(told: Reading) -> dict[str, Any]:
    fields = [asdict(one) for one in told.paper.fields]
    return {"fields": fields, "warnings": list(told.paper.warnings), "wide": told.wide, "high": told.high}


def _form(document: Document, body: Mapping[str, Any]) -> dict[str, ReadField]:
    """Every field of the form with what was read for it; days as the form takes them."""
    read_as = {one["key"]: one for one in body["fields"]}
    if (term := read_as.get("term")) is not None:
        days = days_of(term["text"])
        if days and "valid_from" not in read_as:
            read_as["valid_from"] = {**term, "text": days[0].isoformat()}
        if "valid_to" not in read_as and (len(days) > 1 or term["text"].endswith(("长期", "永久", "期限"))):
            read_as["valid_to"] = {**term, "text": days[1].isoformat() if len(days) > 1 else "长期"}
    if document.type is None:
        wanted = [(one.key, one.label, one.kind) for one in document.fields]
    else:
        wanted = [(one.key, one.label, one.check) for one in document.type.columns]
    return {key: _field(key, label, check, read_as.get(key)) for key, label, check in wanted}


def _field(key: str, label: str, check: str, told: Mapping[str, Any] | None) -> ReadField:
    if told is None:
        return ReadField(key, label, "", MISSING, 0, "", (), None)
    day = day_of(told["text"]) if check == "date" else None
    value, rules = day.isoformat() if day else str(told["text"]), read_rules()
    level = SURE if told["sure"] >= rules.sure else FAIR if told["sure"] >= rules.fair else LOW
    crop = _around([point for box in told["boxes"] for point in box])
    return ReadField(key, label, value, level, round(100 * told["sure"]), told["source"], tuple(told["notes"]), crop)


def _around(points: Sequence[Sequence[float]]) -> tuple[int, int, int, int] | None:
    """What holds all these corners, with a little air, as left, top, width and height."""
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    left, top = max(0, int(min(xs)) - 6), max(0, int(min(ys)) - 4)
    return left, top, int(max(xs)) + 6 - left, int(max(ys)) + 4 - top
