"""Letters that should have left and did not: those who run the place hear of it, once (G6)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.boards import Late
from core.facade import Core
from core.models.record import letters
from core.timewords import span_sentence

PAGE = "tray"
KEY = "late-letters:"
AGAIN = timedelta(hours=1)
"""How soon a further alarm may follow: a relay that stumbles on and off is one trouble, not many."""


class LateLetters:
    """The look at the tray. One alarm for one trouble: the next only after the tray was well again."""

    def __init__(self, core: Core) -> None:
        self._core, self._told = core, False

    def check(self) -> int:
        """Tell whoever may open the page of letters; returns how many people were told now."""
        late = self._core.late_letters()
        if late is None:
            self._told = False
            return 0
        if self._told or self._told_lately():
            return 0
        self._told = True
        now = self._core.clock.now()
        key, text = f"{KEY}{now.timestamp():.0f}", f"{self.told(late)}，请到控制台「消息」查看原因。"
        return sum(self._core.say(f"{key}:{one}", one, text, "消息告警") for one in self._people())

    def told(self, late: Late) -> str:
        """How many wait and how long, in words."""
        waited = span_sentence(self._core.clock.now() - late.since)
        return f"有 {late.count:,} 条消息该发没有发出，最早的已等 {waited}"

    def _people(self) -> list[int]:
        directory, roles = self._core.directory(), sorted(self._core.policy.pages[PAGE])
        return list(dict.fromkeys(one.person for role in roles for one in directory.by_role.get(role, ())))

    def _told_lately(self) -> bool:
        """Whether another worker, or this one before a restart, said it a short while ago."""
        recent = letters.c.written_at > self._core.clock.now() - AGAIN
        query = select(letters.c.id).where(letters.c.key.startswith(KEY), recent).limit(1)
        return self._core._read(lambda tx: tx.execute(query).first()) is not None
