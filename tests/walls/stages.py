"""A case at every stage of its life among the same people, for asking who may do what next."""

from __future__ import annotations

from typing import Any

from core.ports import Ticket
from tests.walls.world import World

REASON: dict[str, Any] = {"reason": "not_our_duty", "basis": "三定方案第四条"}
ANSWERED: dict[str, Any] = {"connected": "connected", "contacted": "yes", "solved": "solved", "satisfied": "satisfied"}


class Stages:
    """Brings fresh cases to a stage. Registered by housing, led by water, with the river station and the street."""

    def __init__(self, world: World) -> None:
        self.town, self._count = world.town, 100

    def bring(self, stage: str) -> int:
        """A fresh case at this stage; returns its id."""
        case: int = getattr(self, stage)()
        return case

    def pending(self) -> int:
        self._count += 1
        ticket = Ticket(
            "", 1, "ZJ", "complain", f"第{self._count}号井盖松动", "夜里有响声。", f"秀华路 {self._count} 号"
        )
        actor = self.town.actor("housing")
        return self.town.core.register(f"stage:{self._count}", ticket, actor, "web").case

    def dispatched(self) -> int:
        case = self.pending()
        self.town.act("desk", case, "dispatch", lead="water", support="海秀街道")
        return case

    def signed(self) -> int:
        case = self.dispatched()
        self._leg(case, "sign")
        return case

    def delegated(self) -> int:
        case = self.dispatched()
        self._leg(case, "pass_down", lead="river")
        return case

    def below_handling(self) -> int:
        case = self.delegated()
        self._leg(case, "sign", "river")
        return case

    def below_reported(self) -> int:
        case = self.below_handling()
        self._leg(case, "report", "river", result="已清运")
        return case

    def below_returning(self) -> int:
        case = self.delegated()
        self._leg(case, "return", "river", **REASON)
        return case

    def paused(self) -> int:
        case = self.signed()
        self._leg(case, "pause", reason="no_access")
        return case

    def extension_asked(self) -> int:
        case = self.signed()
        self._leg(case, "ask_extension", days="2", reason="需要停水施工", basis="施工方案")
        return case

    def returning(self) -> int:
        case = self.dispatched()
        self._leg(case, "return", **REASON)
        return case

    def adjudicating(self) -> int:
        case = self.returning()
        self.town.act("desk", case, "refuse_return", self.town.leg("water", case), reason="属你单位职责")
        self._leg(case, "return", **REASON, text="现场复核在界桩以东")
        return case

    def reported(self) -> int:
        case = self.signed()
        self._leg(case, "report", result="已修好")
        return case

    def closing(self) -> int:
        case = self.reported()
        self._leg(case, "sign", "street")
        self._leg(case, "report", "street", result="已配合")
        return case

    def follow_up(self) -> int:
        case = self.closing()
        self.town.act("desk", case, "confirm")
        return case

    def closed(self) -> int:
        case = self.follow_up()
        self.town.act("caller", case, "record_call", **ANSWERED)
        return case

    def archived(self) -> int:
        case = self.closed()
        self.town.act("desk", case, "archive")
        return case

    def invalid(self) -> int:
        case = self.pending()
        self.town.act("desk", case, "mark_invalid", reason="no_content")
        return case

    def merged(self) -> int:
        leading, case = self.dispatched(), self.pending()
        self.town.act("desk", case, "merge", leading=self.town.no(leading))
        return case

    def _leg(self, case: int, action: str, login: str = "water", **form: str) -> None:
        self.town.act(login, case, action, leg=self.town.leg(login, case), **form)


NAMES = (
    "pending", "dispatched", "signed", "delegated", "below_handling", "below_reported", "below_returning", "paused",
    "extension_asked", "returning", "adjudicating", "reported", "closing", "follow_up", "closed", "archived", "invalid",
    "merged",
)  # fmt: skip
