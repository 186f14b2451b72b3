"""Photos: taken in fresh, kept with a draft, a case or a unit's feedback, for whoever may read that (D4).

The picture lies in the file store, its row in the database; one that still lies in its row is moved by the clock.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from core.arrivals.house import House
from core.arrivals.opening import WrongFile, open_photo
from core.crypto import place
from core.errors import Unknown
from core.models.arrivals import attachments, drafts
from core.people import CLOCK, Actor
from core.policy.arrivals import arrival_rules

JPEG = "image/jpeg"
MOVED = 50
"""Pictures that are moved from the database to the file store in one commit."""
PICTURE = select(attachments.c.file, attachments.c.sealed)
Kept = tuple[str, int]
"""The name of a kept picture and its size in bytes."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a case, without its bytes."""

    token: str
    at: datetime
    who: str


class Photos:
    """Takes photos in and hands them out."""

    def __init__(self, house: House) -> None:
        self._house = house

    def keep(self, key: str, actor: Actor, draft: str, raw: bytes) -> bool:
        """Add a photo to one's own draft; False when this key brought it already. Raises WrongFile, Unknown."""
        fresh = self._fresh(raw)

        def run(tx: Connection) -> bool:
            if tx.execute(select(attachments.c.id).where(attachments.c.key == key)).first():
                return False
            self._insert(tx, key, actor, draft, fresh)
            return True

        kept: bool = self._house._write(actor, "photo.kept", f"draft:{draft}", run)
        return kept

    def _fresh(self, raw: bytes) -> Kept:
        """The picture made fresh, in the store before the database speaks of it. Raises WrongFile."""
        fresh = open_photo(raw, arrival_rules().photo)
        return self._house.core.files.keep(fresh, JPEG), len(fresh)

    def _insert(self, tx: Connection, key: str, actor: Actor, draft: str, fresh: Kept) -> None:
        own = select(drafts).where(drafts.c.token == draft, drafts.c.person_id == actor.person)
        row = tx.execute(own).first()
        if row is None or row.state != "open":
            raise Unknown(what="这张登记单")
        refuse_more_than(1 + tx.execute(select(func.count()).where(attachments.c.draft_id == row.id)).scalar_one())
        self._new(tx, key, actor, row.id, fresh)

    def _new(
        self, tx: Connection, key: str, actor: Actor, draft: int | None, fresh: Kept, leg: int | None = None
    ) -> str:
        token, (file, size) = secrets.token_urlsafe(12), fresh
        values = {
            "token": token, "key": key, "draft_id": draft, "case_id": None, "joint_leg_id": leg,
            "person_id": actor.person, "kind": JPEG, "size": size, "file": file, "sealed": None,
            "at": self._house.clock.now(),
        }  # fmt: skip
        tx.execute(insert(attachments), values)
        return token

    # --- beside a form that is not registered yet ---

    def hold(self, key: str, actor: Actor, raw: bytes) -> str:
        """Take a photo in for a form still being filled; returns the name by which its writer adds it to the case.

        The same key brings the same photo. Raises WrongFile.
        """
        fresh = self._fresh(raw)

        def run(tx: Connection) -> str:
            known = tx.execute(select(attachments.c.token).where(attachments.c.key == key)).scalar()
            return str(known) if known else self._new(tx, key, actor, None, fresh)

        token: str = self._house._write(actor, "photo.kept", "case:new", run)
        return token

    def held(self, actor: Actor, tokens: Sequence[str]) -> list[str]:
        """Those of these photos that are this person's and wait for a case, each once, in their order."""
        query = select(attachments.c.token).where(attachments.c.token.in_(tokens), *self._waiting(actor))
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            mine = set(tx.execute(query).scalars())
        return [token for token in dict.fromkeys(tokens) if token in mine]

    def attach(self, actor: Actor, tokens: Sequence[str], case_id: int) -> None:
        """Put held photos to the case their holder registered; said twice, it is done once. Raises WrongFile."""
        if not self.held(actor, tokens):
            return

        def run(tx: Connection) -> None:
            mine = (attachments.c.token.in_(tokens), *self._waiting(actor))
            tx.execute(update(attachments).where(*mine).values(case_id=case_id))
            refuse_more_than(tx.execute(select(func.count()).where(attachments.c.case_id == case_id)).scalar_one())

        self._house._write(actor, "photo.kept", f"case:{case_id}", run)

    def wipe(self) -> int:
        """Photos whose form was never registered go when a draft would; returns how many."""
        old = self._house.clock.now() - arrival_rules().draft.keep
        nobodys = (*_without_home(), attachments.c.at <= old)
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            if tx.execute(select(attachments.c.id).where(*nobodys).limit(1)).first() is None:
                return 0
        gone: int = self._house._write(
            CLOCK, "photo.wiped", "draft:old", lambda tx: tx.execute(delete(attachments).where(*nobodys)).rowcount
        )
        return gone

    @staticmethod
    def _waiting(actor: Actor) -> tuple[ColumnElement[bool], ...]:
        return attachments.c.person_id == actor.person, *_without_home()

    # --- with a unit's part of a joint order (R131) ---

    def keep_for_leg(self, key: str, actor: Actor, leg: int, raw: bytes) -> int:
        """Add a photo to a leg on which its sender reports now, which was checked; returns how many it has by then.

        The same key brings the same photo. Raises WrongFile.
        """
        fresh = self._fresh(raw)

        def run(tx: Connection) -> int:
            known = tx.execute(select(attachments.c.id).where(attachments.c.key == key)).first()
            many: int = tx.execute(_count_of_leg(leg)).scalar_one()
            if known is None:
                refuse_more_than(many + 1)
                self._new(tx, key, actor, None, fresh, leg)
            return many + int(known is None)

        count: int = self._house._write(actor, "photo.kept", f"joint_leg:{leg}", run)
        return count

    def attach_to_leg(self, actor: Actor, tokens: Sequence[str], leg: int) -> None:
        """Put held photos to the leg on which their holder just reported; said twice, it is done once."""
        if not self.held(actor, tokens):
            return

        def run(tx: Connection) -> None:
            mine = (attachments.c.token.in_(tokens), *self._waiting(actor))
            tx.execute(update(attachments).where(*mine).values(joint_leg_id=leg))

        self._house._write(actor, "photo.kept", f"joint_leg:{leg}", run)

    def of_leg(self, leg: int) -> int:
        """How many photos a leg has."""
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            return int(tx.execute(_count_of_leg(leg)).scalar_one())

    def bytes_of_leg(self, leg: int, token: str) -> bytes:
        """The picture of a leg whose reader was checked. Raises Unknown."""
        query = PICTURE.where(_shots_of(leg), attachments.c.token == token)
        return self._opened(query, token)

    # --- with a case ---

    def of_case(self, case_id: int) -> Sequence[Photo]:
        """The photos of a case whose reader was checked, oldest first."""
        query = select(attachments.c.token, attachments.c.at, attachments.c.person_id)
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(query.where(attachments.c.case_id == case_id).order_by(attachments.c.id)).all()
        directory = self._house.core.directory()
        return [Photo(row.token, row.at, directory.person_name(row.person_id)) for row in rows]

    def bytes_of(self, actor: Actor, case_id: int, token: str) -> bytes:
        """The picture itself, for somebody who may read its case. Raises Unknown, missing and foreign alike."""
        self._house.core.case_view(actor, case_id)
        query = PICTURE.where(attachments.c.case_id == case_id, attachments.c.token == token)
        return self._opened(query, token)

    def _opened(self, query: Select[Any], token: str) -> bytes:
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(query).first()
        if row is None:
            raise Unknown(what="这张图片")
        return self._house.core.files.get(row.file) if row.file else self._unsealed(row.sealed, token)

    def _unsealed(self, sealed: str, token: str) -> bytes:
        return base64.b64decode(self._house.cipher.open(sealed, place("attachments", "sealed", token)))

    def move(self) -> int:
        """Some of the pictures that lie in the database put into the file store, unchanged; returns how many."""
        query = select(attachments.c.id, attachments.c.token, attachments.c.sealed).where(attachments.c.file.is_(None))
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(query.order_by(attachments.c.id).limit(MOVED)).all()
        if not rows:
            return 0
        pictures = [self._unsealed(row.sealed, row.token) for row in rows]
        names = self._house.core.files.keep_all(pictures, JPEG)

        def run(tx: Connection) -> None:
            for row, name in zip(rows, names, strict=True):
                told = update(attachments).where(attachments.c.id == row.id, attachments.c.file.is_(None))
                tx.execute(told.values(file=name, sealed=None))

        self._house._write(CLOCK, "photo.moved", "photo:old", run)
        return len(rows)


def _without_home() -> tuple[ColumnElement[bool], ...]:
    """Photos that lie neither with a draft, nor a case, nor a unit's feedback yet."""
    return tuple(attachments.c[name].is_(None) for name in ("draft_id", "case_id", "joint_leg_id"))


def _count_of_leg(leg: int) -> Select[Any]:
    return select(func.count()).select_from(attachments).where(_shots_of(leg))


def _shots_of(leg: int) -> ColumnElement[bool]:
    """The photos of its feedback, without what its refusal rests on."""
    return and_(attachments.c.joint_leg_id == leg, attachments.c.basis_digest.is_(None))


def refuse_more_than(number: int) -> None:
    """A case has so many photos and no more. Raises WrongFile."""
    if number > arrival_rules().photo.most:
        raise WrongFile(what="图片", why=f"一件最多{arrival_rules().photo.most}张")
