"""What a unit's refusal rests on, as a file (R126): kept with its part, and read by those who judge the refusal."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, func, insert, select

from core import late
from core.archive.papers import open_paper
from core.errors import MoveNotOpen, Unknown
from core.files import Files
from core.joint_errors import BasisFull, NoneToAnswer, WhichRefusal
from core.joint_work import open_order
from core.joints import Joints
from core.models.arrivals import attachments
from core.notices import NEW_LETTERS, letter
from core.on_site import OnSite
from core.people import Actor
from core.plain import plain, scrub
from core.ports import Clock
from core.sm import sm3
from core.work import World

T = TypeVar("T")
REFUSE, REFUSABLE = frozenset({"refuse"}), "invited"
WISH = "附依据材料"


class Whole(Protocol):
    """What of the core this needs."""

    @property
    def clock(self) -> Clock: ...

    @property
    def files(self) -> Files: ...

    @property
    def joints(self) -> Joints: ...

    @property
    def on_site(self) -> OnSite: ...

    def world(self) -> World: ...
    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class JointBases:
    """Takes such files in and hands them out. Thread-safe."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    def only_one(self, actor: Actor) -> int:
        """The only order that waits for this person's answer. Raises NoneToAnswer, WhichRefusal."""
        waiting = self._core.on_site.waiting(actor, REFUSABLE)
        if not waiting:
            raise NoneToAnswer()
        if len(waiting) > 1:
            raise WhichRefusal(count=len(waiting), tail=waiting[0][2])
        return waiting[0][0]

    def may_bring(self, actor: Actor, order_id: int) -> tuple[int, str]:
        """The leg that this person may refuse now, and the tail of the order. Raises NotCalled, MoveNotOpen."""
        leg, _, tail = self._core.on_site.part_for(actor, order_id, REFUSE, WISH)
        return leg, tail

    def keep(self, key: str, actor: Actor, order_id: int, raw: bytes) -> tuple[int, str]:
        """Keep a picture or a PDF with the part this person may refuse; returns how many lie there, and the tail.

        The same key, and the same file, is kept once. A picture is drawn anew, a PDF stays as it came. Raises
        NotCalled, MoveNotOpen, WrongFile, UnsafePaper, BasisFull.
        """
        if (earlier := self._earlier(key, order_id)) is not None:
            return earlier
        leg, tail = self.may_bring(actor, order_id)
        paper = open_paper(raw, lambda _raw: "")  # whoever brings a file has had it scanned: form and robot alike
        file, digest = self._core.files.keep(paper.data, paper.kind), sm3(paper.data).hex()
        most, now = self._core.world().policy.joint.basis_files, self._core.clock.now()
        known = select(attachments.c.id).where(attachments.c.joint_leg_id == leg, attachments.c.basis_digest == digest)

        def run(tx: Connection) -> int:
            order, legs = open_order(tx, order_id)  # locked: nothing is added once the refusal is on record
            state = next(one["state"] for one in legs if one["id"] == leg)
            many = _count(tx, leg)
            if tx.execute(known).first() is not None:
                return many
            if state != REFUSABLE:
                title = self._core.world().policy.flows["joint_leg"].states[state].title
                raise MoveNotOpen(state=title, action=WISH)
            if many >= most:
                raise BasisFull(most=most)
            row: dict[str, Any] = {
                "token": secrets.token_urlsafe(12), "key": key, "draft_id": None, "case_id": None, "joint_leg_id": leg,
                "person_id": actor.person, "kind": paper.kind, "size": len(paper.data), "file": file, "sealed": None,
                "at": now, "basis_digest": digest,
            }  # fmt: skip
            tx.execute(insert(attachments), row)
            late.put(tx, NEW_LETTERS, [_to_cards(key, order, now)])
            return many + 1

        count: int = self._core._write(actor, "basis.kept", f"joint_leg:{leg}", run)
        return count, tail

    def _earlier(self, key: str, order_id: int) -> tuple[int, str] | None:
        """What was answered when this key brought its file: a form sent twice hears the same again."""

        def look(tx: Connection) -> tuple[int, str] | None:
            query = select(attachments.c.joint_leg_id).where(
                attachments.c.key == key, attachments.c.basis_digest.is_not(None)
            )
            leg = tx.execute(query).scalar()
            return None if leg is None else (_count(tx, leg), open_order(tx, order_id, locked=False)[0]["no"][-6:])

        return self._core._read(look)

    def file(self, actor: Actor, order_id: int, leg: int, token: str) -> tuple[bytes, str]:
        """The file and its media type, for whoever may read that part. Raises Unknown, missing and foreign alike."""
        view = self._core.joints.view(actor, order_id)
        held = next((one.basis for one in view.legs if one.id == leg), ())
        if not any(one.token == token for one in held):
            raise Unknown(what="这份依据材料")
        query = select(attachments.c.file, attachments.c.kind).where(
            attachments.c.joint_leg_id == leg, attachments.c.token == token
        )
        row = self._core._read(lambda tx: tx.execute(query).one())
        return self._core.files.get(row.file), row.kind


def _to_cards(key: str, order: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The copies brought to the truth: its own unit's tell how many files there are, and offer to take one back."""
    body = {"joint": order["id"], "case": order["no"], "title": plain(scrub(order["title"]), 20)}
    return letter(f"joint:basis:{key}", "dingtalk.card", "card", f"joint:{order['id']}", body, now)


def _count(tx: Connection, leg: int) -> int:
    """How many such files lie with a leg."""
    lies_here = (attachments.c.joint_leg_id == leg, attachments.c.basis_digest.is_not(None))
    return int(tx.execute(select(func.count()).select_from(attachments).where(*lies_here)).scalar_one())
