"""The truth when somebody could not be reached (C16): the sender hears it, with whom to ring instead."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, String, cast, literal, select

from core.crypto import place
from core.facade import Core
from core.models.cases import cases
from core.models.people import people
from core.models.record import letters
from core.notices import SENT_BY, staff_of
from core.plain import plain, scrub
from core.queries.masks import mask_phone
from core.queries.people import Holder

TITLE = "未送达"
MOST = 50


class Unreached:
    """Finds lines that reached nobody, and says so once a line."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def tell_of_dead_lines(self) -> int:
        """Lines about a case that were given up by the relay; returns how many were told of."""
        told = letters.alias("told")
        marked = literal("unreached:").concat(cast(letters.c.id, String)).concat(":0")
        known = select(told.c.id).where(told.c.key == marked).exists()
        dead = (letters.c.state == "dead", letters.c.kind == "say", letters.c.case_id.is_not(None), ~known)
        query = select(letters.c.id, letters.c.key, letters.c.case_id, letters.c.body).where(*dead).limit(MOST)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            rows = [row for row in tx.execute(query) if not row.key.startswith("unreached:")]
        return sum(self.tell(row.id, row.case_id, row.body.get("people") or ()) for row in rows)

    def tell(self, letter_id: int, case_id: int, unreached: Sequence[int]) -> bool:
        """Write to whoever sent the case that these people did not hear; False when it was said before."""
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            case = tx.execute(select(cases.c.no, cases.c.title).where(cases.c.id == case_id)).one()
            sender = tx.execute(SENT_BY, {"case": case_id}).scalar_one_or_none()
            ways = [self._way(tx, person) for person in unreached]
        desk = [one for one in self._core.directory().by_role.get("dispatcher", ()) if one.person not in unreached]
        hearers = [one for one in desk if one.person == sender] or desk
        text = f"【{TITLE}】{case.no[-6:]} {plain(scrub(case.title), 20)}：{'；'.join(ways)}。"
        said = False
        for number, holder in enumerate(hearers):
            key = f"unreached:{letter_id}:{number}"
            said |= self._core.say(
                key, holder.person, text, f"【{TITLE}】{plain(scrub(case.title), 16)}", case.no, case_id
            )
        return said

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
