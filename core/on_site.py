"""Showing up at a joint order's meeting: the sponsor's code, the phone's check-in page, who is where (R129, R130)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from core.canon import canonical
from core.errors import MoveNotOpen, NotYours, Unknown
from core.execute import Command
from core.joint_errors import CheckInNotStarted, CheckInOver, CodeUnread, NotCalled
from core.joint_views import HereView, JointLegView, JointView, SpotView
from core.joint_work import open_order
from core.joints import Joints, Whole
from core.models.joint import joint_legs, joint_orders
from core.people import Actor
from core.queries.joint_sheet import is_handed
from core.queries.joint_spots import spots
from core.receipts import Done
from core.showing import LONGEST, Code
from core.sm import sm3

PHONE = frozenset({"scan_in", "check_in_here", "check_in", "check_in_late"})
"""What the phone's page may do."""
TOLD = frozenset({"report", "keep_promise"})
"""The moves that photos go with."""
SAID = {
    "invited": "本单位还没有响应，请先在卡片上同意报到。", "return_review": "本单位不报到，正等发起单位审核。",
    "disputed": "本单位应否参加，正等分管区领导判定。", "late_asked": "补卡已申请，等发起单位同意。",
    "no_feedback": "这一单已办结，本单位记为未反馈。", "released": "本单位已移出这一单，不用到场。",
}  # fmt: skip


class OnSite:
    """What the sponsor's and the attendants' phones ask for. Thread-safe."""

    def __init__(self, core: Whole, joints: Joints, photo_bytes: Callable[[int, str], bytes]) -> None:
        self._core, self._joints, self._photo_bytes = core, joints, photo_bytes

    def shown(self, actor: Actor, order_id: int) -> tuple[Code, datetime]:
        """The code to show at this moment, and the moment. Raises Unknown, NotYours, CheckInNotStarted, CheckInOver."""
        now = self._core.clock.now()
        view = self._joints.view(actor, order_id)
        if view.side != "sponsor":
            raise NotYours(holder="发起单位", action="出示签到码")
        if view.state == "answering":
            raise CheckInNotStarted()
        if view.state != "signing":
            raise CheckInOver()
        world = self._core.world()
        return world.codes.code(order_id, now, world.policy.joint.showing.code), now

    def order_of(self, code: str) -> int:
        """Whose order a scanned code is. Raises CodeUnread."""
        read = self._core.world().codes.read(code) if len(code) <= LONGEST else None
        if read is None:
            raise CodeUnread()
        return read.order

    def page(self, actor: Actor, order_id: int) -> HereView:
        """The phone's page of an order for somebody of a unit that was called. Raises NotCalled."""
        leg, view = self._own(actor, order_id)
        now = self._core.clock.now()
        proof = self._core.world().codes.page(order_id, actor.person or 0, now)
        return HereView(
            view.no, view.tail, view.title, view.sponsor, view.meet, view.place, leg.unit, leg.state, leg.state_title,
            leg.check_in, _said(view, leg), tuple(_ways(view, leg)), proof,
        )  # fmt: skip

    def act(self, key: str, actor: Actor, order_id: int, action: str, form: Mapping[str, str]) -> Done:
        """A check-in for the unit this person answers for, through the one door. Raises Refusal."""
        if action not in PHONE:
            raise Unknown(what="这一步")
        order, legs = self._core._read(lambda tx: open_order(tx, order_id, locked=False))
        leg = next((one for one in legs if _is_own(actor, one)), None)
        if leg is None:
            raise NotCalled()
        return self._core.execute(
            Command(key, order["id"], action, actor, form, leg["id"], source="web", flow="joint_order")
        )

    def waiting(self, actor: Actor, state: str) -> list[tuple[int, int, str]]:
        """The parts in this state that are this person's, as (order, leg, tail of the number), the oldest first."""
        mine = or_(joint_legs.c.unit_id == actor.unit, joint_legs.c.person_id == actor.person)
        query = (
            select(joint_legs.c.order_id, joint_legs.c.id, joint_orders.c.no)
            .join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)
            .where(joint_legs.c.state == state, mine)
            .order_by(joint_legs.c.id)
            .limit(20)
        )
        if actor.role not in self._core.world().policy.standings["joint_unit"].roles:
            return []
        return [(row.order_id, row.id, row.no[-6:]) for row in self._core._read(lambda tx: tx.execute(query).all())]

    def report_of(self, actor: Actor, order_id: int) -> tuple[int, str]:
        """The leg on which this person may report now or tell a next step done, and which of the two in words.

        Raises NotCalled, MoveNotOpen.
        """
        leg, title, _ = self.part_for(actor, order_id, TOLD, "附反馈图片")
        return leg, title

    def part_for(self, actor: Actor, order_id: int, moves: Collection[str], wish: str) -> tuple[int, str, str]:
        """The leg on which this person may make one of these moves now, that move's title, the tail of the number.

        `wish` names in words what was to be done. Raises NotCalled, MoveNotOpen.
        """
        leg, view = self._own(actor, order_id)
        title = next((move.title for move in view.moves if move.action in moves and move.leg == leg.id), None)
        if title is None:
            raise MoveNotOpen(state=leg.state_title, action=wish)
        return leg.id, title, view.tail

    def photo(self, actor: Actor, order_id: int, leg: int, token: str) -> bytes:
        """A photo of a unit's feedback, for whoever may read that. Raises Unknown, missing and foreign alike."""
        view = self._joints.view(actor, order_id)
        found = next((one for one in view.legs if one.id == leg), None)
        told = found.feedbacks if found else ()
        held = (found.photos, *(one.photos + one.kept_photos for one in told)) if found else ()
        if not any(one.token == token for photos in held for one in photos):
            raise Unknown(what="这张图片")
        return self._photo_bytes(leg, token)

    def where(self, order_id: int) -> tuple[tuple[SpotView, ...], str]:
        """Where all units were, for the sketch on the card, and what tells this sketch from another.

        Nothing when no card shows one, or the card shows this one already.
        """
        sheet = self._joints.sheet(order_id)
        found = tuple(spots(sheet, [leg["id"] for leg in sheet.legs], self._core.world()))
        digest = sm3(canonical([asdict(spot) for spot in found]).encode()).hex()[:16]
        known = (sheet.order["where_media"] or "").partition(" ")[0]
        return ((), "") if not found or known == digest else (found, digest)

    def keep_where(self, order_id: int, digest: str, media: str) -> None:
        """Remember under which name the sketch lies at DingTalk."""
        change = update(joint_orders).where(joint_orders.c.id == order_id).values(where_media=f"{digest} {media}")
        with self._core.engine.begin() as tx:
            tx.execute(change)

    def set_point(self, key: str, actor: Actor, order_id: int, spot: str) -> Done:
        """The meeting is where the sponsor's phone stands; asks nobody for a fresh page. Raises Refusal."""
        form = {"spot": spot}
        return self._core.execute(Command(key, order_id, "set_point", actor, form, source="web", flow="joint_order"))

    def _own(self, actor: Actor, order_id: int) -> tuple[JointLegView, JointView]:
        for post in (actor, *(actor.at(other) for other in actor.others)):
            try:
                view = self._joints.view(post, order_id)
            except Unknown:
                continue
            if view.own is not None:
                return view.own, view
        raise NotCalled()


def _is_own(actor: Actor, leg: Mapping[str, Any]) -> bool:
    units = {actor.unit, *(post.unit for post in actor.others)}
    return leg["unit_id"] in units or is_handed(actor, leg)


def _said(view: JointView, leg: JointLegView) -> str:
    """What this phone reads when there is nothing to do here, or what to do first."""
    if leg.state == "coming":
        if view.state == "answering":
            return "发起单位还没有开始签到，开始后会收到通知。"
        return "" if view.state == "signing" else "会议已结束，没有签到的请补卡并写明原因。"
    return SAID.get(leg.state, "")


def _ways(view: JointView, leg: JointLegView) -> list[str]:
    if leg.state != "coming" or view.state == "answering":
        return []
    return ["scan", "here", "place", "late"] if view.state == "signing" else ["late"]
