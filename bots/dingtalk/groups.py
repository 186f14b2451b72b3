"""The group of a joint order on DingTalk: made once, its card pinned, its people following it (dingtalk.md §5.4)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.fates import UNSAFE, ApiFault, Withheld
from bots.dingtalk.wire import SPACE_PREFIX, Wire, undelivered_in, update
from cards import Face, joint_group_face
from cards.withheld import group_withheld
from core import Core
from core.joint_groups import GroupSheet
from core.ports import Envelope, Undelivered

log = logging.getLogger("bots.dingtalk.groups")

CREATE = "/v1.0/im/sceneGroup/create"
ADD, DELETE = "/v1.0/im/sceneGroup/member/add", "/v1.0/im/sceneGroup/member/delete"
ROBOT = "/v1.0/robot/groups/orgRobots/add"
UNPIN = "/v1.0/card/tops/close"
WRONG_USER = ("userId", "user_id", "60121")
"""What the word for a refused call says when one of the people in it is nobody any more."""

Call = Callable[[Sequence[str]], None]


class GroupSender:
    """Channel dingtalk.group: a letter names an order, whose group is brought to the truth by calls."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api
        self._wire = Wire(core.settings.dingtalk)

    def send(self, letter: Envelope) -> None:
        """Make, fill, show and pin what is not yet so. Raises Undelivered; what was done by then is kept.

        Each call may be repeated after an answer that never came: the group by our own name for it, the card by its
        track, people and robot because being in a group twice is being in it.
        """
        if not self._core.settings.dingtalk.group_template:
            return
        sheet = self._fresh(letter)
        if sheet is None or sheet.ended or (sheet.over and not sheet.conversation):
            return
        if not sheet.conversation:
            sheet = self._make(letter, sheet)
        if not sheet.robot_in:
            self._let_robot_in(sheet)
        self._follow(sheet)
        shown = self._show(sheet)
        if sheet.over:
            self._end(sheet)
        if not shown:
            raise Withheld()

    def _fresh(self, letter: Envelope) -> GroupSheet | None:
        return self._core.joint_groups.sheet(int(letter.body["joint"]))

    def _make(self, letter: Envelope, sheet: GroupSheet) -> GroupSheet:
        """The group by our own name: asked for again, with the same people, it is the same one."""
        first = sheet.members or sheet.joining
        if not sheet.members:
            self._core.joint_groups.keep(sheet, members={"users": list(first)})
        self._with_those_still_here(first, lambda users: self._create(sheet, users))
        made = self._fresh(letter)
        if made is None:
            raise Undelivered("again", f"{CREATE}: policy has changed meanwhile")
        return made

    def _create(self, sheet: GroupSheet, users: Sequence[str]) -> None:
        body = {
            "title": sheet.title,
            "template_id": self._core.settings.dingtalk.group_template,
            "owner_user_id": sheet.owner,
            "user_ids": ",".join(users),
            "uuid": sheet.name,
        }
        named = self._api.ask("POST", CREATE, body).get("open_conversation_id")
        if not isinstance(named, str) or not named:
            raise ApiFault("again", "no conversation in the answer", CREATE)
        self._core.joint_groups.made(sheet, named, tuple(dict.fromkeys([sheet.owner, *users])))

    def _let_robot_in(self, sheet: GroupSheet) -> None:
        """Only a robot that is in the group may show cards there; one that already is, is."""
        body = {"openConversationId": sheet.conversation, "robotCode": self._core.settings.dingtalk.robot_code}
        try:
            self._api.ask("POST", ROBOT, body)
        except ApiFault as fault:
            if fault.fate != "never":
                raise
            log.warning("the robot was not let into %s: %s", sheet.name, fault)
        self._core.joint_groups.keep(sheet, robot_in=True)

    def _follow(self, sheet: GroupSheet) -> None:
        """Whoever's unit has agreed or was ruled in joins; whoever's unit has left, leaves."""
        members = list(sheet.members)
        if sheet.joining:
            members += self._with_those_still_here(sheet.joining, lambda users: self._change(ADD, sheet, users))
            self._core.joint_groups.keep(sheet, members={"users": members})
        if sheet.leaving:
            self._with_those_still_here(sheet.leaving, lambda users: self._change(DELETE, sheet, users))
            members = [user for user in members if user not in sheet.leaving]
            self._core.joint_groups.keep(sheet, members={"users": members})

    def _change(self, path: str, sheet: GroupSheet, users: Sequence[str]) -> None:
        if users:
            self._api.ask("POST", path, {"open_conversation_id": sheet.conversation, "user_ids": ",".join(users)})

    def _with_those_still_here(self, users: Sequence[str], call: Call) -> Sequence[str]:
        """The people with whom the call worked: one whom DingTalk no longer knows spoils it for all."""
        try:
            call(users)
        except ApiFault as fault:
            if not any(word in fault.code for word in WRONG_USER):
                raise
            users = [user for user in users if self._api.knows(user)]
            call(users)
        return users

    def _show(self, sheet: GroupSheet) -> bool:
        """The card in the chat and above it, one instance for both; then only what changed (dingtalk.md §5.3).

        False when its title had to be withheld.
        """
        base, shown = self._core.settings.web.public_address, True
        face = joint_group_face(sheet.view, base=base)
        if face.fingerprint() == sheet.face_hash:
            return True
        try:
            self._put(sheet, face)
        except ApiFault as fault:
            if fault.code != UNSAFE:
                raise
            self._put(sheet, joint_group_face(group_withheld(sheet.view), base=base))
            shown = False
        self._core.joint_groups.keep(sheet, face_hash=face.fingerprint())
        return shown

    def _put(self, sheet: GroupSheet, face: Face) -> None:
        if sheet.face_hash:
            self._api.update(update(track_of(sheet), face.public, {}))
        else:
            self._deliver(sheet, face)

    def _deliver(self, sheet: GroupSheet, face: Face) -> None:
        spaces = f"{SPACE_PREFIX}IM_GROUP.{sheet.conversation};ONE_BOX.{sheet.conversation}"
        body = self._wire.pinned(track_of(sheet), face, spaces, sheet.pinned_until)
        try:
            failed = undelivered_in(self._api.create_and_deliver(body).get("deliverResults"))
        except ApiFault as fault:
            if fault.code != "param.cardAlreadyExist":
                raise
            self._api.update(update(track_of(sheet), face.public, {}))  # an earlier call had worked
            return
        if failed:
            raise Undelivered("again", f"{track_of(sheet)} not shown: {'; '.join(sorted(set(failed.values())))}")

    def _end(self, sheet: GroupSheet) -> None:
        """The pinned card is taken down once; one that is not there any more is down."""
        try:
            self._api.ask("POST", UNPIN, {}, {"outTrackId": track_of(sheet), "openConversationId": sheet.conversation})
        except ApiFault as fault:
            if fault.fate != "never":
                raise
            log.warning("nothing pinned in %s: %s", sheet.name, fault)
        self._core.joint_groups.done(sheet)


def track_of(sheet: GroupSheet) -> str:
    """The card of a group, named like one's own cards: 「joint_group:<number of the order>」."""
    return f"joint_group:{sheet.name}"
