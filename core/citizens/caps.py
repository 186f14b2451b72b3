"""How often somebody may ask, counted over hours and days in the database (controls C5, C6; threats T6, T8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from core.crypto import Indexer
from core.errors import Refusal
from core.models.citizens import citizen_counts
from core.policy.citizens import Cap, Citizens

Write = Callable[[Callable[[Connection], Any]], Any]
LONGEST = timedelta(hours=25)


class AskedTooOften(Refusal):
    """A cap of citizens.yaml is reached; `wait_s` says for how many seconds to wait."""

    text = "今天查得太频繁了，请过{wait}再试，急事请拨 12345。"
    status = 429


class Caps:
    """Rolling counts. Who and whom are kept as keyed hashes only."""

    def __init__(self, write: Write, policy: Citizens, indexer: Indexer, now: Callable[[], datetime]) -> None:
        self._write, self._policy, self._indexer, self._now = write, policy, indexer, now

    def take(self, kind: str, who: Mapping[str, str], once: str = "") -> Mapping[str, int]:
        """Count one ask of a kind; `who` says for each of its caps' WHO which phone, address, caller or subject.

        Returns how often each was counted within its longest span, this time included; what came with the same cause
        `once` before is counted no more, and empty comes back. Raises AskedTooOften; then nothing was counted.
        """
        caps = self._policy.caps[kind]
        names = {one: self._indexer.index(f"{kind}:{one}:{who.get(one, '')}", "citizen.counts") for one in _in(caps)}
        cause = self._indexer.index(f"{kind}:once:{once}", "citizen.counts") if once else ""
        told: Mapping[str, int] = self._write(lambda tx: self._taken(tx, caps, names, cause))
        return told

    def _taken(self, tx: Connection, caps: tuple[Cap, ...], names: Mapping[str, str], cause: str) -> Mapping[str, int]:
        now, counted = self._now(), dict[str, int]()
        for name in sorted(names.values()):  # in one order, so that two processes cannot wait for each other
            if tx.dialect.name == "postgresql":
                tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
        if cause and tx.execute(select(citizen_counts.c.id).where(citizen_counts.c.name == cause).limit(1)).first():
            return counted
        for cap in sorted(caps, key=lambda cap: cap.span):
            mine = (citizen_counts.c.name == names[cap.who], citizen_counts.c.at > now - cap.span)
            count, first = tx.execute(select(func.count(), func.min(citizen_counts.c.at)).where(*mine)).one()
            if count >= cap.most:
                wait = cap.span - (now - first)
                raise AskedTooOften(wait=said(wait), wait_s=max(1, int(wait.total_seconds())))
            counted[cap.who] = count + 1
        counts = [*names.values(), *([cause] if cause else ())]
        tx.execute(insert(citizen_counts), [{"name": name, "at": now} for name in counts])
        tx.execute(delete(citizen_counts).where(citizen_counts.c.at < now - LONGEST))
        return counted


def _in(caps: tuple[Cap, ...]) -> list[str]:
    return list(dict.fromkeys(cap.who for cap in caps))


def said(wait: timedelta) -> str:
    """「40 秒」「12 分钟」「3 小时」, rounded up."""
    seconds = max(1, int(wait.total_seconds()))
    if seconds < 60:
        return f" {seconds} 秒"
    return f" {-(-seconds // 60)} 分钟" if seconds < 3600 else f" {-(-seconds // 3600)} 小时"
