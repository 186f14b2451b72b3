"""Photos: taken in fresh and sealed, kept with the draft and then the case, shown to whoever may read the case (D4)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from core.arrivals.house import House
from core.arrivals.opening import WrongFile, open_photo
from core.crypto import place
from core.errors import Unknown
from core.models.arrivals import attachments, drafts
from core.people import Actor
from core.policy.arrivals import arrival_rules

JPEG = "image/jpeg"


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
        fresh = open_photo(raw, arrival_rules().photo)

        def run(tx: Connection) -> bool:
            if tx.execute(select(attachments.c.id).where(attachments.c.key == key)).first():
                return False
            self._insert(tx, key, actor, draft, fresh)
            return True

        kept: bool = self._house._write(actor, "photo.kept", f"draft:{draft}", run)
        return kept

    def _insert(self, tx: Connection, key: str, actor: Actor, draft: str, fresh: bytes) -> None:
        own = select(drafts).where(drafts.c.token == draft, drafts.c.person_id == actor.person)
        row = tx.execute(own).first()
        if row is None or row.state != "open":
            raise Unknown(what="这张登记单")
        held = tx.execute(select(func.count()).where(attachments.c.draft_id == row.id)).scalar_one()
        if held >= arrival_rules().photo.most:
            raise WrongFile(what="图片", why=f"一件最多{arrival_rules().photo.most}张")
        token = secrets.token_urlsafe(12)
        sealed = self._house.cipher.seal(base64.b64encode(fresh).decode(), place("attachments", "sealed", token))
        values = {
            "token": token, "key": key, "draft_id": row.id, "case_id": None, "person_id": actor.person, "kind": JPEG,
            "size": len(fresh), "sealed": sealed, "at": self._house.clock.now(),
        }  # fmt: skip
        tx.execute(insert(attachments), values)

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
        query = select(attachments.c.sealed).where(attachments.c.case_id == case_id, attachments.c.token == token)
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            sealed = tx.execute(query).scalar()
        if sealed is None:
            raise Unknown(what="这张图片")
        return base64.b64decode(self._house.cipher.open(sealed, place("attachments", "sealed", token)))
