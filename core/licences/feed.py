"""Licences from the 一体化平台, pulled or pushed (R185): each through the library's door, or refused with a reason.

A record is known by its id and revision there: the same again changes nothing, an older one never undoes a newer, and
one that was refused is tried again when it comes again or when a clerk asks for it, because the map may have changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, insert, select, update

from core.canon import canonical
from core.crypto import place
from core.errors import Busy, NothingChanged, Refusal, Unknown
from core.licences.arriving import FRAME, ID, Meant, NotReadable, Told, meant, read_told
from core.licences.desk import LibraryAct
from core.licences.door import may_keep
from core.licences.masks import STAFF, shown_name, shown_number
from core.models.licence_feed import licence_arrivals
from core.models.licences import licences
from core.people import Actor
from core.policy.library import LICENCE
from core.policy.licence_feed import licence_map
from core.policy.licences import COMPANY, licence_types
from core.ports import LicenceSource, SourceAway
from core.sm import sm3

if TYPE_CHECKING:
    from core.licences.library import Library, Whole

PLATFORM = Actor(None, None, None, "service_platform", "一体化平台", system="service_platform", channel="platform")
SOURCE = "service_platform.licences"
"""Under which name the feeds remember how far it was read."""
PAGE = 30
TAKEN, REFUSED, SETTLED, PULLED = "taken", "refused", "settled", "pull"
"""What became of a record; settled: it could not be read, and has come again since in a shape that can."""
MOST_KEPT = 20_000
"""Characters of an unreadable record that are kept; of a longer one only that it came."""
ACTS = {"suspended": "suspend", "cancelled": "cancel", "valid": "resume"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one record: accepted, duplicate (known, or older than what is known) or rejected with a reason."""

    id: str
    revision: int
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """One licence of theirs, for a clerk: holder and number as an office may see them. `unread`: it cannot be tried
    again as it lies here.
    """

    id: int
    outside_id: str
    revision: int
    type: str
    holder: str
    number: str
    state: str
    why: str
    strange: str
    line: str | None
    way: str
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class FeedView:
    """The page: how the source stands, how many were taken, refused and settled, and some of them."""

    heard_at: datetime | None
    failures: int
    error: str
    taken: int
    refused: int
    settled: int
    rows: tuple[ArrivalView, ...]


class LicenceFeed:
    """Takes records in, and tells what came of them."""

    def __init__(self, core: Whole, library: Library) -> None:
        self._core, self._library = core, library

    # --- in ---

    def pull_if_due(self, source: LicenceSource, keep_on: Callable[[], bool] = lambda: True) -> int:
        """The worker's part: everything new since the kept cursor, when it is time. Returns how many were accepted.

        The cursor moves only after its page is on disk; a platform that is away is asked less and less.
        """
        feeds, book = self._core.feeds, licence_map()
        state, now = feeds.state(SOURCE), self._core.clock.now()
        if state is not None and state.next_at is not None and state.next_at > now:
            return 0
        cursor, accepted = state.cursor if state is not None else "", 0
        try:
            for _ in range(book.pages):
                records, ahead = source.since(cursor, book.page)
                accepted += sum(one.result == "accepted" for one in self.take_all(records, PULLED))
                more = bool(records) and bool(ahead) and ahead != cursor
                cursor = ahead or cursor
                feeds.asked(SOURCE, now if more else now + book.every, cursor=cursor)
                if not more or not keep_on():
                    break
        except SourceAway as fault:
            feeds.failed(SOURCE, str(fault))
        return accepted

    def take_all(self, records: Sequence[Any], way: str) -> list[Verdict]:
        """Each record judged on its own. Raises Busy when the database is; what came before that stays."""
        return [self._take(raw, way) for raw in records]

    def _take(self, raw: Any, way: str) -> Verdict:
        try:
            told = read_told(raw)
        except NotReadable as no:
            number, revision = (raw.get("id"), raw.get("revision")) if isinstance(raw, dict) else ("", 0)
            shape = number[:ID] if isinstance(number, str) and number.isprintable() else ""
            known = revision if type(revision) is int and 0 < revision < 2**31 else 0
            if way == PULLED:
                self._keep_unread(raw, shape, known, str(no))
            return Verdict(shape, known, "rejected", str(no))
        verdict = self._judge(told, way)
        self._settle_unread(told)
        return verdict

    def _judge(self, told: Told, way: str, *, asked: bool = False) -> Verdict:
        known, digest = self._known(told.id), sm3(canonical(told.body).encode()).hex()
        if known is not None and known.revision > told.revision:
            return Verdict(told.id, told.revision, "duplicate", "已有更新的版本")
        if known is not None and known.revision == told.revision and known.digest != digest:
            return Verdict(told.id, told.revision, "rejected", "同一版本内容不同")
        if known is not None and known.revision == told.revision and known.state == TAKEN and not asked:
            return Verdict(told.id, told.revision, "duplicate")
        tries = 0 if known is None or known.revision != told.revision else known.tries
        line, type_, strange, why = known.line if known is not None else None, "", "", ""
        try:
            said = meant(told, licence_map())
            type_, strange = said.kind.key, "、".join(said.strange)[:200]
            line = self._written(told, said, line, f"platform:{told.id}:{told.revision}:{tries}")
        except Busy:
            raise
        except Refusal as no:
            why = str(no)
        row = {
            "revision": told.revision, "digest": digest, "told_type": told.frame["type"][:60], "type": type_,
            "state": REFUSED if why else TAKEN, "why": why[:300], "strange": strange, "line": line, "way": way,
            "tries": tries + 1,
        }  # fmt: skip
        self._keep(told, row, known is None)
        return Verdict(told.id, told.revision, "rejected" if why else "accepted", why)

    def _written(self, told: Told, said: Meant, line: str | None, key: str) -> str:
        """Issue it, or change what differs; then bring its state to theirs. Returns its line. Raises a Refusal."""
        line = line or self._library.find_licence(said.kind.key, said.values.get("number", ""))
        if line is None:
            line = self._act(f"{key}:issue", "issue", "", {"type": said.kind.key, **said.values})
        elif self._state(line) != "cancelled":
            with suppress(NothingChanged):
                self._act(f"{key}:change", "change", line, said.values)
        now = self._state(line)
        if now != said.state:
            self._act(f"{key}:{said.state}", ACTS[said.state], line, {})
        return line

    def _act(self, key: str, act: str, line: str, values: Any) -> str:
        reason = "" if act == "issue" else licence_map().reason
        return self._library.write(LibraryAct(key, LICENCE, act, line, values, PLATFORM, reason, source="platform")).no

    def _state(self, line: str) -> str:
        mine = select(licences.c.state).where(licences.c.line == line, licences.c.shown)
        found = self._core._read(lambda tx: tx.execute(mine).scalar())
        if found is None:
            raise Unknown(what="这份证照")
        return str(found)

    def _known(self, outside_id: str) -> Row[Any] | None:
        mine = select(licence_arrivals).where(licence_arrivals.c.outside_id == outside_id)
        found: Row[Any] | None = self._core._read(lambda tx: tx.execute(mine).first())
        return found

    def _keep(self, told: Told, row: dict[str, Any], new: bool, body: dict[str, Any] | None = None) -> None:
        now = self._core.clock.now()
        sealed = self._core.cipher.seal(canonical(body or told.body), place("licence_arrivals", "body", told.id))
        whole = {**row, "body": {"sealed": sealed}, "changed_at": now}
        with self._core.engine.begin() as tx:
            if new:
                tx.execute(insert(licence_arrivals), {**whole, "outside_id": told.id, "came_at": now})
            else:
                mine = licence_arrivals.c.outside_id == told.id
                tx.execute(update(licence_arrivals).where(mine).values(**whole))

    def _keep_unread(self, raw: Any, shape: str, revision: int, why: str) -> None:
        """What was pulled is not given again, so what cannot be read of it stands on the page too, once."""
        text = canonical(raw).encode("utf-8", "replace").decode()  # a lone surrogate cannot be kept
        digest = sm3(text.encode()).hex()
        told = Told(_unread(shape or f"?{digest[:16]}"), revision, dict.fromkeys(FRAME, ""), {})
        before, readable = self._known(told.id), self._known(shape)
        if before is not None and (before.digest == digest or before.revision > revision > 0):
            return
        over = readable is not None and readable.revision >= revision > 0
        body = {**told.body, "unread": text[:MOST_KEPT] if len(text) <= MOST_KEPT else ""}
        row = {
            "revision": revision, "digest": digest, "told_type": "", "type": "",
            "state": SETTLED if over else REFUSED, "why": why[:300], "strange": "", "line": None, "way": PULLED,
            "tries": 1,
        }  # fmt: skip
        self._keep(told, row, before is None, body)

    def _settle_unread(self, told: Told) -> None:
        """A record that can be read has come: what could not be read of it so far is waited for no more."""
        table = licence_arrivals.c
        waits = (table.outside_id == _unread(told.id), table.state == REFUSED, table.revision <= told.revision)
        with self._core.engine.begin() as tx:
            tx.execute(update(licence_arrivals).where(*waits).values(state=SETTLED, changed_at=self._core.clock.now()))

    # --- for a clerk ---

    def again(self, actor: Actor, row: int) -> Verdict:
        """Try a refused one again, as it lies here. Raises NotYours, Unknown."""
        may_keep(self._core.policy, actor, "重新登记")
        mine = select(licence_arrivals).where(licence_arrivals.c.id == row, licence_arrivals.c.state == REFUSED)
        found = self._core._read(lambda tx: tx.execute(mine).first())
        if found is None:
            raise Unknown(what="这份证照")
        body = self._opened(found)
        if "unread" in body:  # the platform has to send it anew
            raise NotReadable(why=found.why.rstrip("。"))
        verdict = self._judge(read_told(body), found.way, asked=True)
        self._core.note(actor, "licence_feed.again", f"arrival:{row}", "done", verdict.result)
        return verdict

    def view(self, actor: Actor, state: str = "", page: int = 1) -> FeedView:
        """A page of what came, newest first. Raises NotYours."""
        may_keep(self._core.policy, actor, "查看")
        table = licence_arrivals.c
        mine = select(licence_arrivals).order_by(table.changed_at.desc(), table.id.desc())
        mine = mine.where(table.state == state) if state else mine
        rows = self._core._read(lambda tx: tx.execute(mine.limit(PAGE).offset(PAGE * (page - 1))).all())
        counts = select(table.state, func.count()).group_by(table.state)
        many = {row[0]: row[1] for row in self._core._read(lambda tx: tx.execute(counts).all())}
        source = self._core.feeds.state(SOURCE)
        heard, failures, error = (source.heard_at, source.failures, source.why) if source else (None, 0, "")
        shown = tuple(self._shown(row) for row in rows)
        taken, refused, settled = (many.get(one, 0) for one in (TAKEN, REFUSED, SETTLED))
        return FeedView(heard, failures, error, taken, refused, settled, shown)

    def _shown(self, row: Row[Any]) -> ArrivalView:
        body, kind = self._opened(row), licence_types().get(row.type)
        holder = kind.holder if kind is not None else COMPANY if len(body["holder"]) > 4 else "person"
        return ArrivalView(
            row.id, row.outside_id.strip(), row.revision, kind.name if kind else row.told_type,
            shown_name(body["holder"], holder, STAFF), shown_number(body["number"], holder, STAFF), row.state,
            row.why, row.strange, row.line, row.way, row.changed_at, "unread" in body,
        )  # fmt: skip

    def _opened(self, row: Row[Any]) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(
            self._core.cipher.open(row.body["sealed"], place("licence_arrivals", "body", row.outside_id))
        )
        return body


def _unread(outside_id: str) -> str:
    """Under which id the unreadable form of a record is kept: no id that can be read ends in a blank."""
    return f"{outside_id} "
