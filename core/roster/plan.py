"""A plan: what an import would change, line by line, before anything is changed; and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

READY, DONE, REFUSED, HELD = "ready", "done", "refused", "held"


@dataclass(frozen=True, slots=True)
class Line:
    """One change to one register. `row` is the key there, empty for a new row; `who` and `unit` name a post by codes.

    `link` is (kind, outside id): once the change is made, the source's id is known to be ours. `number` is the row of
    a sheet. `told`: why it was refused or is held back.
    """

    register: str
    act: str
    row: str
    called: str
    says: str
    values: Mapping[str, str] = field(default_factory=dict)
    who: str = ""
    unit: str = ""
    link: tuple[str, str] = ("", "")
    number: int = 0
    state: str = READY
    told: str = ""

    def ended(self, state: str, told: str = "") -> Line:
        return replace(self, state=state, told=told)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the source that cannot be taken: which row of a sheet (0: none), which column, why."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `links`: outside ids found to be people we have; `known`: of how many in that source."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str, int], ...] = ()
    known: int = 0
    seen: int = 0

    def count(self, register: str, act: str) -> int:
        return sum(line.register == register and line.act == act for line in self.lines)

    @property
    def leaving(self) -> int:
        return self.count("person", "retire")

    def packed(self) -> dict[str, Any]:
        """As plain values that can be stored."""
        return asdict(self)


def unpacked(raw: Mapping[str, Any]) -> Plan:
    """A stored plan."""
    lines = (Line(**{**one, "link": tuple(one["link"])}) for one in raw["lines"])
    links = (tuple(one) for one in raw["links"])
    return Plan(
        tuple(lines), tuple(Fault(**one) for one in raw["faults"]), tuple(raw["notes"]), tuple(links), raw["known"],
        raw["seen"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanView:
    """An import as its page shows it. `mine` counts the lines this reader may put into effect now."""

    id: int
    source: str
    name: str
    state: str
    title: str
    made_at: datetime
    plan: Plan
    mine: int
    others: int
    must_confirm: bool
    why: str
