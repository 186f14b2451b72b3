"""What pages may know of a hot spot: only what its reader may see of its cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spot:
    """One hot spot for one reader: every number counts the cases this reader may see.

    `warning`: none | proposed | accepted | dismissed; `decided` says by whom and when, with the reason.
    """

    id: int
    name: str
    level: str
    level_title: str
    warning: str
    decided: str
    may_decide: bool
    total: int
    open: int
    week: int
    usual: float
    growth: float
    days: tuple[int, ...]
    places: tuple[tuple[str, int], ...]
    units: tuple[str, ...]
    newest: datetime


@dataclass(frozen=True, slots=True)
class SpotPage:
    """The hot spots of one reader, the most urgent first, and when they were last looked for."""

    spots: tuple[Spot, ...]
    as_of: datetime | None
