"""The truth when somebody could not be reached (C16): the sender hears it, with whom to ring instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, String, cast, literal, or_, select

from core.crypto import place
from core.facade import Core
from core.joint.notices import pair, sponsor_of
from core.models.cases import cases
from core.models.joint import joint_orders
from core.models.people import people
from core.models.record import events, letters
from core.notices import SENT_BY, staff_of
from core.plain import plain, scrub
from core.queries.masks import mask_phone
from core.queries.people import Holder

TITLE = "未送达"
MOST = 50
IN_WORDS, LATER = "fallback:joint:", "held:"
"""How the key of a line begins that stands in for a joint order's card, and of one that flow control held back."""
ABOUT = or_(
    letters.c.case_id.is_not(None),
    events.c.joint_id.is_not(None),
    *(letters.c.key.startswith(head) for head in (IN_WORDS, f"{LATER}{IN_WORDS}", f"{LATER}joint:")),
)
LINES = (
    select(letters.c.id, letters.c.key, letters.c.case_id, letters.c.body, events.c.joint_id)
    .outerjoin(events, events.c.id == letters.c.event_id)
    .where(ABOUT, letters.c.key.not_like("unreached:%"))
    .order_by(letters.c.id)
)
"""The lines about a case or a joint order, save those that say that another one reached nobody."""


@dataclass(frozen=True, slots=True)
class _About:
    """What a line was about, and who is told that it reached nobody."""

    no: str
    title: str
    hearers: tuple[Holder, ...]
    case: int | None


class Unreached:
    """Finds lines that reached nobody, and says so once a line."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def tell_of_dead_lines(self) -> int:
        """Lines about a case or a joint order that were given up by the relay; returns how many were told of."""
        told = letters.alias("told")
        marked = literal("unreached:").concat(cast(letters.c.id, String)).concat(":0")
        known = select(told.c.id).where(told.c.key == marked).exists()
        dead = (letters.c.state == "dead", letters.c.kind == "say", ~known)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(LINES.where(*dead).limit(MOST)).all()
        return sum(self._tell(row, row.body.get("people") or ()) for row in rows)

    def tell(self, letter_id: int, missed: Sequence[int]) -> bool:
        """Write to whoever sent it that this line did not reach these people; False when it was said before, or when
        the line was about no case and no joint order.
        """
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(LINES.where(letters.c.id == letter_id)).first()
        return row is not None and self._tell(row, missed)

    def _tell(self, row: Any, missed: Sequence[int]) -> bool:
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            if row.case_id is not None:
                about = self._case(tx, row.case_id, missed)
            else:
                about = self._order(tx, row.joint_id or _order_of(tx, row.key), missed)
            ways = [self._way(tx, person) for person in missed]
        subject = plain(scrub(about.title), 20)
        text, head = f"【{TITLE}】{about.no[-6:]} {subject}：{'；'.join(ways)}。", f"【{TITLE}】{subject[:16]}"
        said = False
        for number, holder in enumerate(about.hearers):
            said |= self._core.say(f"unreached:{row.id}:{number}", holder.person, text, head, about.no, about.case)
        return said

    def _case(self, tx: Connection, case_id: int, missed: Sequence[int]) -> _About:
        """A case: the dispatcher who sent it, else the desk."""
        case = tx.execute(select(cases.c.no, cases.c.title).where(cases.c.id == case_id)).one()
        sender = tx.execute(SENT_BY, {"case": case_id}).scalar_one_or_none()
        desk = [one for one in self._core.directory().by_role.get("dispatcher", ()) if one.person not in missed]
        mine = [one for one in desk if one.person == sender] or desk
        return _About(case.no, case.title, tuple(mine), case_id)

    def _order(self, tx: Connection, order_id: int, missed: Sequence[int]) -> _About:
        """A joint order: who raised it, else the two people of their unit, else the coordination centre."""
        order = dict(tx.execute(select(joint_orders).where(joint_orders.c.id == order_id)).mappings().one())
        rules, directory = self._core.policy.joint, self._core.directory()
        circles = (
            sponsor_of(order, directory),
            pair(rules.deputy, rules.contact, order["sponsor_unit"], directory),
            [one for role in sorted(rules.centre) for one in directory.by_role.get(role, ())],
        )
        reached = ([one for one in circle if one.person not in missed] for circle in circles)
        return _About(order["no"], order["title"], tuple(next((circle for circle in reached if circle), ())), None)

    def _way(self, tx: Connection, person: int) -> str:
        """「城管局 梁志兰（手机 199****0021）没有收到消息，请打电话，或联系同单位的符明楠」."""
        held = self._core.directory().by_person.get(person, ())
        who = f"{self._core.directory().unit_name(held[0].unit)} {held[0].name}" if held else "一位同事"
        row = tx.execute(select(people.c.code, people.c.phone_sealed).where(people.c.id == person)).first()
        if row is not None and row.phone_sealed:
            number = self._core.cipher.open(row.phone_sealed, place("people", "phone", row.code))
            who += f"（手机 {mask_phone(number)}）"
        other = self._contact(held[0]) if held else None
        return f"{who}没有收到消息，请打电话" + (f"，或联系同单位的{other.name}" if other else "")

    def _contact(self, missed: Holder) -> Holder | None:
        """The contact person or head of the same unit."""
        held = self._core.directory().by_unit.get(missed.unit, ())
        others = [one for one in held if one.person != missed.person]
        found = staff_of(others, frozenset({"contact_person"}), frozenset({"unit_head", "unit_clerk"}))
        return found[0] if found else None


def _order_of(tx: Connection, key: str) -> int:
    """The order of a line that is tied to it by its key alone: fallback:joint:7:…, held:joint:<event>:…"""
    parts = key.removeprefix(LATER).split(":")
    if parts[0] == "fallback":
        return int(parts[2])
    return int(tx.execute(select(events.c.joint_id).where(events.c.id == int(parts[1]))).scalar_one())
