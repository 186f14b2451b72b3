"""Sets of pictures (R167): named by rule or packed in a ZIP, matched with licences, shown, repaired, then confirmed.

Bringing one keeps the files beside the library; the clock opens each picture at arm's length. Nothing is written to a
licence before the clerk has seen what belongs where, and then every licence changes by its own act, on record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from core.canon import canonical
from core.crypto import place
from core.errors import Refusal, Unknown
from core.licences.desk import LibraryAct
from core.licences.door import may_keep
from core.licences.picture_files import Brought, unpacked
from core.licences.picture_keeping import Kept, keep
from core.licences.picture_names import MATCHED, Names
from core.licences.picture_views import (
    BRINGING,
    CHECKED,
    DONE,
    DROPPED,
    LEFT,
    READING,
    REFUSED,
    RUNNING,
    SECTIONS,
    THERE,
    TITLES,
    WAITING,
    SetView,
    counts_of,
    item_view,
    set_view,
)
from core.models.licences import licence_pictures
from core.models.pictures import picture_items, picture_sets
from core.people import CLOCK, Actor
from core.policy.library import library_rules
from core.receipts import Done

if TYPE_CHECKING:
    from core.licences.library import Whole

SHOWN = 200
PART = 200
"""Pictures of a set written down in one commit."""


class SetOver(Refusal):
    text = "这批图片{how}，不能再改。"


class NoneMatched(Refusal):
    text = "还没有一张图片对上证照，请先改名或指定证照。"
    status = 422


class PictureSets:
    """Takes sets of pictures in. Only who brought one sees it."""

    def __init__(self, core: Whole, write: Callable[[LibraryAct], Done]) -> None:
        self.core, self.act, self._write = core, write, core._write

    def bring(self, actor: Actor, files: Sequence[Brought]) -> int:
        """Keep a set of pictures aside; the same files are the same set. Returns its id. Raises WrongFile."""
        may_keep(self.core.policy, actor, "导入证照图片")
        kept = list(keep(self.core.files, unpacked(files, library_rules().picture_set)))
        digest = hashlib.sha256()
        for one in sorted(kept, key=lambda one: (one.name, one.digest)):
            digest.update(one.name.encode("utf-8", "replace") + b"\0" + one.digest)
        known = self._known(actor, digest.hexdigest())
        return known if known is not None else self._bring(actor, digest.hexdigest(), kept)

    def _known(self, actor: Actor, digest: str) -> int | None:
        mine = (picture_sets.c.digest == digest, picture_sets.c.person_id == actor.person)
        query = select(picture_sets.c.id).where(*mine, picture_sets.c.state.not_in((BRINGING, DROPPED, DONE)))
        found = self.core._read(lambda tx: tx.execute(query.limit(1)).scalar())
        return None if found is None else int(found)

    def _bring(self, actor: Actor, digest: str, kept: Sequence[Kept]) -> int:
        """The set written down part by part, each in its own commit; the last one lets the clock begin."""
        what, now = f"pictures:{digest[:12]}", self.core.clock.now()
        head = {
            "person_id": actor.person, "post_id": actor.post, "digest": digest, "state": BRINGING, "total": len(kept),
            "settled": 0, "made_at": now, "changed_at": now,
        }  # fmt: skip
        new = insert(picture_sets).returning(picture_sets.c.id)
        made: int = self._write(actor, "pictures.brought", what, lambda tx: int(tx.execute(new, head).scalar_one()))
        for at in range(0, len(kept), PART):
            items, last = self._guessed(made, at, kept[at : at + PART]), at + PART >= len(kept)
            self._write(actor, "pictures.brought", f"pictures:{made}", self._inserted(made, items, last=last))
        return made

    def _guessed(self, made: int, at: int, kept: Sequence[Kept]) -> list[dict[str, Any]]:
        """Rows of a part with what their names mean, found while nobody waits for it."""
        return self.core._read(lambda tx: [self._item(self._names(tx), made, n, one) for n, one in enumerate(kept, at)])

    def _item(self, names: Names, made: int, at: int, one: Kept) -> dict[str, Any]:
        guess, where = names.guess(one.name), f"{made}.{at}"
        body = {"name": one.name, "guess": guess.state, "why": one.why or guess.why, "lines": list(guess.lines)}
        return {
            "set_id": made, "place": where, "state": WAITING if one.file else REFUSED, "file": one.file, "line": None,
            "body": self.sealed(where, {**body, "lines": body["lines"] if one.file else []}),
        }  # fmt: skip

    def _inserted(self, made: int, items: Sequence[dict[str, Any]], *, last: bool) -> Callable[[Connection], None]:
        def run(tx: Connection) -> None:
            tx.execute(insert(picture_items), items)
            if last:
                self.turn(tx, made, READING)

        return run

    def _names(self, tx: Connection) -> Names:
        return Names(tx, self.core.cipher, self.core.indexer, library_rules().picture_set.near)

    # --- repairing, confirming ---

    def rename(self, actor: Actor, set_id: int, item: int, name: str) -> None:
        """What the name would have been by the rule: matched anew. Raises SetOver, Unknown."""

        def run(tx: Connection) -> None:
            row, body = self._open_item(tx, actor, set_id, item)
            guess = self._names(tx).guess(name[:120])
            body |= {"name": name[:120], "guess": guess.state, "why": guess.why, "lines": list(guess.lines)}
            self.stand(tx, row, body)

        self._write(actor, "pictures.renamed", f"pictures:{set_id}", run)

    def choose(self, actor: Actor, set_id: int, item: int, line: str) -> None:
        """The licence a picture goes to, one of those offered; "" for none: it stays out. Raises SetOver, Unknown."""

        def run(tx: Connection) -> None:
            row, body = self._open_item(tx, actor, set_id, item)
            if not line:
                tx.execute(update(picture_items).where(picture_items.c.id == row["id"]).values(state=LEFT, line=None))
                return
            if line not in body["lines"]:
                raise Unknown(what="这份证照")
            self.stand(tx, row, {**body, "guess": MATCHED, "why": "", "lines": [line]})

        self._write(actor, "pictures.chosen", f"pictures:{set_id}", run)

    def _open_item(
        self, tx: Connection, actor: Actor, set_id: int, item: int
    ) -> tuple[Mapping[Any, Any], dict[str, Any]]:
        head = _own(tx, actor, set_id)
        if head["state"] != CHECKED:
            raise SetOver(how=TITLES[head["state"]])
        mine = (picture_items.c.set_id == set_id, picture_items.c.id == item)
        row = tx.execute(select(picture_items).where(*mine).with_for_update()).mappings().first()
        if row is None or row["file"] is None:
            raise Unknown(what="这张图片")
        return row, self.opened(row)

    def stand(self, tx: Connection, row: Mapping[Any, Any], body: dict[str, Any]) -> None:
        """How an opened picture stands by its guess; one its licence already has changes nothing."""
        state, line = body["guess"], body["lines"][0] if body["guess"] == MATCHED else None
        if line is not None and self._is_there(tx, row, line):
            state, body["why"] = THERE, "这份证照已有同一张图片"
        told = {"state": state, "line": line, "body": self.sealed(row["place"], body)}
        tx.execute(update(picture_items).where(picture_items.c.id == row["id"]).values(told))

    @staticmethod
    def _is_there(tx: Connection, row: Mapping[Any, Any], line: str) -> bool:
        same = (licence_pictures.c.line == line, licence_pictures.c.file == row["file"])
        if tx.execute(select(licence_pictures.c.id).where(*same, licence_pictures.c.removed_at.is_(None))).first():
            return True
        twin = (picture_items.c.set_id == row["set_id"], picture_items.c.line == line, picture_items.c.id != row["id"])
        query = select(picture_items.c.id).where(*twin, picture_items.c.file == row["file"])
        return tx.execute(query.where(picture_items.c.state == MATCHED)).first() is not None

    def start(self, actor: Actor, set_id: int) -> None:
        """Let the clock put the matched pictures to their licences. Raises NoneMatched, SetOver, Unknown."""

        def run(tx: Connection) -> None:
            head = _own(tx, actor, set_id)
            if head["state"] in (RUNNING, DONE):
                return
            if head["state"] != CHECKED:
                raise SetOver(how=TITLES[head["state"]])
            if not counts_of(tx, set_id).get(MATCHED):
                raise NoneMatched()
            self.turn(tx, set_id, RUNNING, settled=0)

        self._write(actor, "pictures.started", f"pictures:{set_id}", run)

    def drop(self, actor: Actor, set_id: int) -> None:
        """Keep nothing of it. Raises SetOver once it is being put in, Unknown."""

        def run(tx: Connection) -> None:
            head = _own(tx, actor, set_id)
            if head["state"] in (RUNNING, DONE):
                raise SetOver(how=TITLES[head["state"]])
            self._empty(tx, set_id)

        self._write(actor, "pictures.dropped", f"pictures:{set_id}", run)

    def wipe(self) -> int:
        """Sets nobody confirmed in time keep nothing, and those put in keep no copies; returns how many."""
        since = self.core.clock.now() - library_rules().picture_set.keep
        old = select(picture_sets.c.id).where(
            picture_sets.c.state.in_((BRINGING, READING, CHECKED)), picture_sets.c.made_at < since
        )
        ids = self.core._read(lambda tx: list(tx.execute(old).scalars()))
        for one in ids:
            self._write(CLOCK, "pictures.dropped", f"pictures:{one}", self._emptied(one))
        done = select(picture_sets.c.id).where(picture_sets.c.state == DONE, picture_sets.c.changed_at < since)
        spent = picture_items.c.set_id.in_(done)
        if self.core._read(lambda tx: tx.execute(select(picture_items.c.id).where(spent).limit(1)).first()):
            self._write(
                CLOCK, "pictures.wiped", "pictures:old", lambda tx: tx.execute(delete(picture_items).where(spent))
            )
        return len(ids)

    def _emptied(self, set_id: int) -> Callable[[Connection], None]:
        return lambda tx: self._empty(tx, set_id)

    def _empty(self, tx: Connection, set_id: int) -> None:
        tx.execute(delete(picture_items).where(picture_items.c.set_id == set_id))
        self.turn(tx, set_id, DROPPED)

    def turn(self, tx: Connection, set_id: int, state: str, **more: int) -> None:
        """The set in another state."""
        values = {"state": state, "changed_at": self.core.clock.now(), **more}
        tx.execute(update(picture_sets).where(picture_sets.c.id == set_id).values(values))

    # --- for the clock beside it ---

    def sealed(self, where: str, body: Mapping[str, Any]) -> dict[str, str]:
        """What is known of a picture, as its column keeps it."""
        return {"sealed": self.core.cipher.seal(canonical(dict(body)), place("picture_items", "body", where))}

    def opened(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """What is known of a picture."""
        where = place("picture_items", "body", row["place"])
        body: dict[str, Any] = json.loads(self.core.cipher.open(row["body"]["sealed"], where))
        return body

    # --- looking ---

    def view(self, actor: Actor, set_id: int) -> SetView:
        """A set as who brought it sees it. Raises Unknown."""

        def read(tx: Connection) -> SetView:
            head, items = _own(tx, actor, set_id), list[tuple[Mapping[Any, Any], dict[str, Any]]]()
            for state in SECTIONS:
                mine = (picture_items.c.set_id == set_id, picture_items.c.state == state)
                query = select(picture_items).where(*mine).order_by(picture_items.c.id).limit(SHOWN)
                items += [(row, self.opened(row)) for row in tx.execute(query).mappings()]
            called = self._names(tx).called([line for _, body in items for line in body["lines"]])
            seen = [item_view(row, body, called) for row, body in items]
            told = {state: tuple(one for one in seen if one.state == state) for state in SECTIONS}
            return set_view(head, counts_of(tx, set_id), told)

        found: SetView = self.core._read(read)
        return found

    def picture(self, actor: Actor, set_id: int, item: int) -> bytes:
        """One opened picture of a set, for who brought it. Raises Unknown."""

        def read(tx: Connection) -> str | None:
            _own(tx, actor, set_id)
            mine = (picture_items.c.set_id == set_id, picture_items.c.id == item)
            shown = picture_items.c.state.not_in((WAITING, REFUSED))
            return tx.execute(select(picture_items.c.file).where(*mine, shown)).scalar()

        name = self.core._read(read)
        if name is None:
            raise Unknown(what="这张图片")
        return self.core.files.get(name)

    def latest(self, actor: Actor, most: int = 10) -> tuple[SetView, ...]:
        """The sets a person brought, newest first, without their pictures."""
        query = select(picture_sets).where(picture_sets.c.person_id == actor.person)
        query = query.order_by(picture_sets.c.id.desc()).limit(most)
        return tuple(set_view(row, {}, {}) for row in self.core._read(lambda tx: tx.execute(query).mappings().all()))


def _own(tx: Connection, actor: Actor, set_id: int) -> Mapping[Any, Any]:
    mine = (picture_sets.c.id == set_id, picture_sets.c.person_id == actor.person)
    row = tx.execute(select(picture_sets).where(*mine)).mappings().first()
    if row is None:
        raise Unknown(what="这批图片")
    return row
