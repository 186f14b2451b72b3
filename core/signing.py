"""Several legs signed at once: one command and one receipt a leg, one outcome a case, the same from chat and page."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.boards import Outcome
from core.errors import MoveNotOpen, Refusal
from core.execute import Command
from core.facade import Core
from core.models.cases import case_legs, cases
from core.models.record import receipts
from core.people import Actor
from core.views import CaseView, WorkItem

REPEATED = timedelta(minutes=10)
"""How long after the first of its copies a cause may still come again."""


class Signing:
    """签收 for a unit's own parts of cases."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def waiting(self, actor: Actor, most: int) -> tuple[tuple[WorkItem, ...], int]:
        """The first cases that wait for this unit's signature, and how many do; none where no such list is kept."""
        if self._core.policy.desk.list_of(actor.role, "to_sign") is None:
            return (), 0
        page = self._core.work(actor, "to_sign", size=most)
        return page.items, page.total

    def signed_by(self, key: str, actor: Actor) -> list[int]:
        """The cases that this very cause has signed so far; read after `waiting`, the two miss none between them.

        Copies of one click run side by side, and each answers for the whole of it.
        """
        lately = case_legs.c.signed_at > self._core.clock.now() - REPEATED
        mine = (case_legs.c.unit_id == actor.unit, case_legs.c.state == "handling", lately)
        query = select(cases.c.id).join(case_legs, case_legs.c.case_id == cases.c.id).where(*mine)
        query = query.join(receipts, receipts.c.key == f"{key}:" + cases.c.no).order_by(cases.c.id)
        return self._core._read(lambda tx: list(tx.execute(query).scalars()))

    def sign(self, key: str, actor: Actor, case: int, source: str) -> Outcome:
        """Sign this unit's part of one case; a refusal is its outcome, and on record. Raises Unknown.

        A repeated key answers as before.
        """
        view = self._core.case_view(actor, case)
        try:
            leg = self._leg(view, actor)
            done = self._core.execute(Command(f"{key}:{view.no}", case, "sign", actor, {}, leg, None, source))
        except Refusal as refusal:
            self._core.note_refusal(actor, "sign", f"case:{case}", refusal)
            return Outcome(view.no, view.title, False, str(refusal))
        return Outcome(view.no, view.title, True, done.sentence)

    @staticmethod
    def _leg(view: CaseView, actor: Actor) -> int:
        """The part that waits for the signature; where none does, the one the law will refuse. Raises MoveNotOpen."""
        open_now = [move.leg for move in view.moves if move.action == "sign" and move.leg is not None]
        own = [leg.id for leg in view.legs if leg.unit == actor.unit_name]
        legs = open_now or own[-1:] or [leg.id for leg in view.legs[-1:]]
        if not legs:
            raise MoveNotOpen(state=view.state_title, action="签收")
        return legs[0]
