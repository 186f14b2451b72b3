"""A push of WeChat is claimed before it is worked on, so that three deliveries have one effect (wechat-sms.md §2.6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.crypto import Cipher, place, token_hash
from core.models.citizens import wechat_pushes
from core.policy.citizens import Citizens

Write = Callable[[Callable[[Connection], Any]], Any]
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of claiming: `mine` to work on, else `reply` of the try before (None: it is still at work)."""

    mine: bool
    reply: str | None = None


class Pushes:
    """The claimed pushes; their keys lie as hashes, their replies sealed."""

    def __init__(self, write: Write, policy: Citizens, cipher: Cipher, now: Callable[[], datetime]) -> None:
        self._write, self._policy, self._cipher, self._now = write, policy, cipher, now

    def claim(self, key: str) -> Claim:
        """Take a push, or learn what was answered. One still at work is waited for a moment, then reply is None.

        A try that finds the work of a process that died takes it over.
        """
        name, ends = token_hash(key), time.monotonic() + self._policy.push_wait.total_seconds()
        while True:
            claim: Claim = self._write(lambda tx: self._claimed(tx, name))
            if claim.mine or claim.reply is not None or time.monotonic() >= ends:
                return claim
            time.sleep(LOOK_AGAIN_S)

    def _claimed(self, tx: Connection, name: str) -> Claim:
        now = self._now()
        row = tx.execute(select(wechat_pushes).where(wechat_pushes.c.key_hash == name)).first()
        if row is None:
            try:
                with tx.begin_nested():
                    tx.execute(insert(wechat_pushes), {"key_hash": name, "claimed_at": now, "reply": None})
            except IntegrityError:
                return Claim(False)
            tx.execute(delete(wechat_pushes).where(wechat_pushes.c.claimed_at < now - self._policy.push_kept))
            return Claim(True)
        if row.reply is not None:
            return Claim(False, self._cipher.open(row.reply, place("wechat_pushes", "reply", name)))
        if row.claimed_at > now - self._policy.push_takeover:
            return Claim(False)
        same = (wechat_pushes.c.id == row.id, wechat_pushes.c.claimed_at == row.claimed_at)
        return Claim(tx.execute(update(wechat_pushes).where(*same).values(claimed_at=now)).rowcount == 1)

    def answered(self, key: str, reply: str) -> None:
        """Keep what was answered (empty: nothing to say) for the tries that follow."""
        name = token_hash(key)
        sealed = self._cipher.seal(reply, place("wechat_pushes", "reply", name))
        mine = wechat_pushes.c.key_hash == name
        self._write(lambda tx: tx.execute(update(wechat_pushes).where(mine).values(reply=sealed)))
