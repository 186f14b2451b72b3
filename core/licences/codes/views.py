"""What is shown of codes and batches: frozen, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.licences.views import LicenceView
from core.policy.codes import CodeWord


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code for staff: its printed number, its id, its state, the link on it, and whose it is (None: nobody's)."""

    code: str
    number: str
    batch: str
    state: str
    state_title: str
    tone: str
    link: str
    line: str | None
    seq: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch: how many codes were ordered, signed and drawn so far; how many are free, bound and void."""

    token: str
    number: str
    count: int
    made: int
    drawn: int
    state: str
    state_title: str
    tone: str
    layout: str
    note: str
    who: str
    ordered_at: datetime
    free: int = 0
    bound: int = 0
    void: int = 0

    @property
    def percent(self) -> int:
        """How much of the work is done: half of it is signing, half drawing."""
        return 100 if self.state == "ready" else min(99, 50 * (self.made + self.drawn) // self.count)


@dataclass(frozen=True, slots=True)
class CodeVerdict:
    """What anybody may know of a scanned code; `licence`, masked and of today, when it is bound to one."""

    word: CodeWord
    licence: LicenceView | None = None

    @property
    def state(self) -> str:
        """bound, free, void, unknown or forged."""
        return self.word.key
