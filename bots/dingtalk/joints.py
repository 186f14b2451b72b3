"""The cards of 树党旗 answered: a step on a joint order, a flag raised, a list turned over."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import replace

from bots.dingtalk.clicks import Click
from bots.dingtalk.faces import Faces, note_only
from bots.replies import sentence_of
from cards import Face, joint_move_of, joint_new_face
from cards.joint import action_id
from cards.plain import plain, scrub
from core import Actor, Command, Core, Refusal
from core.errors import Malformed, NotYours, Unknown
from core.joint_errors import WhichReport
from core.receipts import Done

JOINT_NUMBERS = "XYDQ"
SENT = "已发到聊天里"
HELD = "这个地点还有 {count} 件没了的事，树旗单已发到聊天里，看过再树旗"
NAMED = re.compile(r"(?:报进展|反馈|图片|照片)?\s*(\d{4,6}|XYDQ\d{8,14})", re.ASCII | re.IGNORECASE)
"""Words beside a photo that say whose feedback it belongs to: 「反馈 000020」."""
BASIS = re.compile(r"(?:不报到)?\s*依据(?:材料)?\s*(\d{4,6}|XYDQ\d{8,14})?", re.ASCII | re.IGNORECASE)
"""Words beside a photo that say a refusal rests on it: 「依据 000020」, or 「依据」 where only one order waits."""
AGAIN = action_id("joint_order", "relaunch")
OLD = "按钮已失效，请重新打开卡片"


class JointDesk:
    """Clicks on the three cards of 树党旗. Plain synchronous code; the returned face goes to the clicker alone."""

    def __init__(self, core: Core, faces: Faces) -> None:
        self._core, self._faces = core, faces

    def answer(self, click: Click, actor: Actor, template: str) -> Face:
        """The clicked list or form as it is now, with a line about what was done. Raises Refusal."""
        return self._raise(click, actor) if template == "joint_new" else self._listed(click, actor)

    def press(self, click: Click, actor: Actor) -> Generator[Command, Done, Face]:
        """The order's card after a step on it, with a line about what was done; stops where it gives its command.

        Raises Refusal when there is no card to show.
        """
        order, event = self._core.joints.numbered(click.track.partition(":")[0]), None
        try:
            if click.action == AGAIN and (held := self._hold_again(click, actor, order)):
                return self._faces.joint(self._core.joints.own_view(actor, order), held)
            done = yield self._command(click, actor, order)
            note, event = done.sentence, done.event
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", f"joint_order:{order}", refusal)
            note = sentence_of(refusal)
        return self._faces.joint(self._core.joints.own_view(actor, order, event), note)

    @staticmethod
    def _command(click: Click, actor: Actor, order: int) -> Command:
        """The move the button stands for. Raises Malformed."""
        flow, action = joint_move_of(click.action)
        leg = click.number("leg") if flow == "joint_leg" else None
        seen = click.number("seq" if flow == "joint_leg" else "order_seq")
        if seen is None or (flow == "joint_leg" and leg is None):
            raise Malformed(why=OLD)
        return Command(click.key, order, action, actor, click.form, leg, seen, "chat", "joint_order")

    def own_copy(self, click: Click, actor: Actor) -> str:
        """From the group's card one's own, in one's own chat with the robot; returns the line. Raises Unknown."""
        order, _ = seen_from(self._core, actor, click.track.partition(":")[2])
        self._send(click, actor, "show", joint=order)
        return SENT

    def typed(self, key: str, actor: Actor, action: str, ref: str, rest: str) -> str:
        """A typed 报到 or 签到 carried out on one's own part; returns what the person reads. Raises Refusal."""
        order, _ = seen_from(self._core, actor, ref)
        view = self._core.joints.view(actor, order)
        if view.own is None:
            raise NotYours(holder="联办单位", action="报到和签到")
        form = {"place": rest} if action == "check_in" and rest else {}
        command = Command(key, order, action, actor, form, view.own.id, None, "chat", "joint_order")
        return f"尾号 {view.tail} {plain(scrub(view.title), 20)}：{self._core.execute(command).sentence}"

    def hold_first(self, click: Click, actor: Actor, case: int, leg: int | None) -> str:
        """A flag raised from a case where something is open at the place: held, and sent to be read over first.

        Returns what the clicker reads, or nothing when the flag may go up. A form that cannot be read is left to the
        door, which refuses it.
        """
        with suppress(Refusal):
            look = self._core.flags.read_over(actor, click.form, case)
            if look.promises:
                token = self._core.flags.hold(click.key, actor, click.form, case, leg)
                return self._held(click, actor, token, look.count)
        return ""

    def _hold_again(self, click: Click, actor: Actor, order: int) -> str:
        """The same for an order that goes on from a finished one, where it is this person's to do so now."""
        with suppress(Refusal):
            view, seen = self._core.joints.view(actor, order), click.number("order_seq")
            if seen == view.seq and any(move.action == "relaunch" for move in view.moves):
                look = self._core.flags.read_over(actor, click.form, order=order)
                if look.promises:
                    token = self._core.flags.hold(click.key, actor, click.form, order=order, seen=seen)
                    return self._held(click, actor, token, look.count)
        return ""

    def _held(self, click: Click, actor: Actor, token: str, count: int) -> str:
        """The held form on its way to the chat, and the line that says so."""
        body: dict[str, int | str] = {"userId": click.user, "post": actor.post or 0, "flag": token}
        self._core.reply(f"{click.key}:joint_new", actor.person or 0, "joint_new", body)
        return HELD.format(count=count)

    def brought_for(self, actor: Actor, text: str) -> dict[str, int | bool] | None:
        """What photos sent with these words are kept with: a refusal's basis (R126) or a feedback.

        None where they tell of something else. Raises Refusal.
        """
        if match := BASIS.fullmatch(text.strip()):
            bases = self._core.joint_bases
            order, post = seen_from(self._core, actor, match[1]) if match[1] else (bases.only_one(actor), actor)
            return {"joint": order, "leg": bases.may_bring(post, order)[0], "basis": True}
        found = self.reported_on(actor, text)
        return None if found is None else {"joint": found[0], "leg": found[1]}

    def reported_on(self, actor: Actor, text: str) -> tuple[int, int] | None:
        """The order and part whose feedback photos belong to: the one named beside them, or the only one waiting.

        None where they tell of something else. Raises Refusal.
        """
        if match := NAMED.fullmatch(text.strip()):
            with suppress(Unknown):
                order, post = seen_from(self._core, actor, match[1])
                return order, self._core.on_site.report_of(post, order)[0]
            return None
        if text.strip() or self._core.arrivals.drafts.just_begun(actor):
            return None
        waiting = self._core.on_site.waiting(actor, "reporting")
        if len(waiting) > 1:
            raise WhichReport(count=len(waiting), tail=waiting[0][2])
        return waiting[0][:2] if waiting else None

    def _raise(self, click: Click, actor: Actor) -> Face:
        """The form sent in, or what was held of it confirmed, changed or dropped."""
        flags, token = self._core.flags, click.params.get("flag", "")[:40]
        try:
            if click.action == "raise":
                if not flags.read_over(actor, click.form).promises:
                    done = self._core.joints.raise_flag(click.key, click.form, actor, sheet=click.track)
                    return joint_new_face(done.no, done.sentence)
                if earlier := self._core.joints.raised_on(click.track):  # what is open there is this card's own
                    return joint_new_face(earlier.no, earlier.sentence)
                token = flags.hold(click.key, actor, click.form)
                return self._faces.flag(actor, token)
            if click.action == "confirm":
                done = flags.confirm(actor, token, click.track)
                return self._faces.flag(actor, token, done.sentence)
            if click.action == "change":
                flags.change(actor, token, _with_pick(click.form))
                return self._faces.flag(actor, token, "已改好，请再核对一遍")
            flags.drop(actor, token)
            return self._faces.flag(actor, note="已放弃，没有发起")
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", "joint_order:new", refusal)
            with suppress(Refusal):
                return self._faces.flag(actor, token, sentence_of(refusal))
            return self._faces.flag(actor, note=sentence_of(refusal))

    def _listed(self, click: Click, actor: Actor) -> Face:
        if click.action == "list":
            return self._faces.joint_list(actor, click.params.get("key", "")[:20])
        if click.action == "flag":
            self._core.joints.may_raise(actor)
            self._send(click, actor, "joint_new")
            return self._still(actor)
        order = self._core.joints.find(actor, click.params.get("no", "")[:24])
        self._send(click, actor, "show", joint=order)
        return self._still(actor)

    def _still(self, actor: Actor) -> Face:
        """The list as the clicker turned it, with the line alone: which one that is the card does not say."""
        face = self._faces.joint_list(actor)
        return replace(face, private=note_only(face.template, SENT))

    def _send(self, click: Click, actor: Actor, kind: str, **what: int) -> None:
        """A further card for this person, by letter; the same click twice sends it once."""
        body = {"userId": click.user, "post": actor.post, **what}
        self._core.reply(f"{click.key}:{kind}", actor.person or 0, kind, body)


def _with_pick(form: Mapping[str, str]) -> dict[str, str]:
    """Units picked from the list count among those written."""
    units = "、".join(part for part in (form.get("pick", ""), form.get("units", "")) if part)
    return {**form, "units": units}


def seen_from(core: Core, actor: Actor, no: str) -> tuple[int, Actor]:
    """The order with this number, and the person at the post from which they may read it, the current one first.

    Raises Unknown when none of their posts may, or there is none.
    """
    for post in (actor, *(actor.at(other) for other in actor.others)):
        with suppress(Unknown):
            return core.joints.find(post, no), post
    raise Unknown(what="联办工单")


def drawn_at(core: Core, actor: Actor, reader: Actor, order: int) -> Actor:
    """The person at the post for which every copy they hold of this order's card is drawn, however it comes to them."""
    if not actor.others:
        return reader
    return next((one.actor for one in core.joints.audience(order) if one.person == actor.person), reader)
