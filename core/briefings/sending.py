"""A submitted briefing brought to people as a card in their own chat, each once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core import tray
from core.briefing_views import BriefingView
from core.errors import FieldMissing, NotYours
from core.notices import letter
from core.people import Actor
from core.policy.briefings import BriefingPolicy
from core.queries.people import Holder
from core.watch import quiet_until

if TYPE_CHECKING:
    from core.briefings import Wired


class Sending:
    """Writes the letters; the sender draws each card when it leaves."""

    def __init__(self, core: Wired, policy: BriefingPolicy) -> None:
        self._core, self._policy = core, policy

    def send(self, actor: Actor, view: BriefingView, groups: Iterable[str]) -> str:
        """One card to each person of these groups who has DingTalk and has not got it yet; returns what was done.

        Raises NotYours, FieldMissing when no group is named.
        """
        if actor.role not in self._policy.sends:
            raise NotYours(holder="指挥中心负责人", action="发送报告")
        wanted = set(groups)
        roles = {role for one in self._policy.hears if one.name in wanted for role in one.roles}
        if not roles:
            raise FieldMissing(field="发给谁", action="发送")
        what = f"briefing:{view.id}:{','.join(sorted(wanted & {one.name for one in self._policy.hears}))}"
        sent: int = self._core._write(actor, "briefing.sent", what, lambda tx: self._write(tx, view, self._whom(roles)))
        return f"已发给 {sent} 人。" if sent else "这些人都收到过了，没有再发。"

    def _whom(self, roles: Iterable[str]) -> list[Holder]:
        directory = self._core.directory()
        found = [holder for role in sorted(roles) for holder in directory.by_role.get(role, ()) if not holder.cover]
        return list({holder.person: holder for holder in found if holder.dingtalk}.values())

    def _write(self, tx: Connection, view: BriefingView, people: Iterable[Holder]) -> int:
        now = self._core.clock.now()
        hold = quiet_until(now, self._core.world().policy.quiet)
        sent = 0
        for holder in people:
            key = f"briefing:{view.id}:{holder.person}"
            body = {"person": holder.person, "briefing": view.id}
            row = letter(
                key, "dingtalk.card", "briefing", f"person:{holder.person}", tray.closed(self._core.cipher, key, body),
                now, hold_until=hold,
            )  # fmt: skip
            sent += tray.write(tx, [row])
        return sent
