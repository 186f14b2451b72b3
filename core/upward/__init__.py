"""Sharing upward (2.3.4, 2.3.5): what changed since the last time goes to the provincial platform, row by row.

The log's own numbers are the cursor; it moves only after the platform has answered for every row before it. A row is
written down as offered, with its revision and the hash of its content, before it leaves: the same number and revision
are always the same content, so a repeat after a lost answer is known there as one. Content that did not change is not
sent again. What the platform refuses stays with its reason until the case changes or somebody sends it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.boards import UpwardView
from core.crypto import Sm4Cipher
from core.errors import Unknown
from core.people import Actor
from core.policy.upward import UpwardPolicy, load_upward
from core.ports import SharedRow, SharePlatform, TooBusy, Verdict
from core.upward import ledger
from core.upward.content import shown
from core.upward.ledger import Offer

LONGEST_WAIT = timedelta(hours=1)


class Wired(Protocol):
    """What of the core is needed here."""

    engine: Engine
    cipher: Sm4Cipher

    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...
    def note(
        self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip


class Upward:
    """Pushes what changed, tells how it stands, sends again. Keeps real time."""

    def __init__(self, core: Wired, policy: UpwardPolicy | None = None) -> None:
        self._core, self.policy = core, policy or load_upward()

    def push_if_due(self, platform: SharePlatform, keep_on: Callable[[], bool] = lambda: True) -> int:
        """The worker's part: push when it is time; returns how many rows the platform took."""
        state = self._core._read(ledger.state_of)
        due = state["next_at"] is None or state["next_at"] <= datetime.now(UTC)
        return self.push(platform, keep_on) if due else 0

    def push(self, platform: SharePlatform, keep_on: Callable[[], bool] = lambda: True) -> int:
        """Everything that changed, page by page, as long as the platform answers; what is left waits for the next time.

        Each row it took is on record in the log, by its number and by how many there were.
        """
        taken = 0
        for _ in range(self.policy.batches_a_run):
            if not keep_on():
                break
            with self._core.engine.begin() as tx:
                offers, seq, more = self._offer(tx)
            try:
                taken += self._carry(platform, offers)
            except TooBusy as fault:
                with self._core.engine.begin() as tx:
                    ledger.failed(tx, datetime.now(UTC), str(fault), self._wait(fault))
                break
            with self._core.engine.begin() as tx:
                ledger.moved(tx, datetime.now(UTC), seq, self.policy.every)
            if not more:
                break
        if taken:
            self._core.note(None, "upward.pushed", f"upward:{taken}", "done", channel="system")
        return taken

    def _offer(self, tx: Connection) -> tuple[list[Offer], int, bool]:
        """The rows to send now, written down as offered; how far the log is read with them; whether there is more."""
        state = ledger.locked(tx)
        seq, touched, more = ledger.touched(tx, state["seq"], self.policy.batch)
        again = ledger.wished(tx, self.policy.batch)
        found = shown(tx, sorted({*touched, *again}), self.policy, self._core.cipher)
        return ledger.offer(tx, found, datetime.now(UTC)), seq, more or len(again) == self.policy.batch

    def _carry(self, platform: SharePlatform, offers: Sequence[Offer]) -> int:
        """Send the rows of each resource in batches and keep each answer as it comes. Raises TooBusy."""
        taken = 0
        for resource in self.policy.resources:
            mine = [one for one in offers if one.shown.resource == resource]
            for start in range(0, len(mine), self.policy.batch):
                batch = mine[start : start + self.policy.batch]
                verdicts = _said(platform, resource, batch)
                if not {one.number for one in verdicts} & {one.shown.number for one in batch}:
                    raise TooBusy("对方没有逐行答复")
                with self._core.engine.begin() as tx:
                    taken += ledger.settle(tx, batch, verdicts, datetime.now(UTC))
        return taken

    def _wait(self, fault: TooBusy) -> Callable[[int], timedelta]:
        """How long to wait after so many failures in a row; never shorter than the platform asked for."""
        asked = min(timedelta(seconds=fault.wait_s), LONGEST_WAIT)
        return lambda failures: max(asked, self.policy.backoff[min(failures, len(self.policy.backoff)) - 1])

    # --- for people ---

    def view(self, page: int = 1, size: int = 30) -> UpwardView:
        """How it stands: the last time, what waits, what was refused and why (newest first)."""
        view: UpwardView = self._core._read(lambda tx: ledger.view(tx, page, size))
        return view

    def send_again(self, actor: Actor, row: int | None = None) -> int:
        """One refused row, or all of them, goes again with the next push, which is now due. Raises Unknown."""

        def run(tx: Connection) -> int:
            count = ledger.wish(tx, row, datetime.now(UTC))
            if row is not None and not count:
                raise Unknown(what="这一行")
            return count

        what = f"upward:{row}" if row is not None else "upward:all"
        count: int = self._core._write(actor, "upward.resent", what, run)
        return count


def _said(platform: SharePlatform, resource: str, batch: Sequence[Offer]) -> Sequence[Verdict]:
    """What the platform says of a batch; one it will not have is halved until the row at fault stands alone, refused.

    Raises TooBusy.
    """
    try:
        return platform.push(resource, [SharedRow(one.shown.number, one.revision, one.shown.content) for one in batch])
    except TooBusy as fault:
        if not fault.unfit:
            raise
        if len(batch) == 1:
            return [Verdict(batch[0].shown.number, batch[0].revision, "refused", str(fault))]
    half = len(batch) // 2
    return [*_said(platform, resource, batch[:half]), *_said(platform, resource, batch[half:])]
