"""Arrivals: what people bring in by hand, judged by one set of rules wherever they bring it (R084, R094)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.arrivals.fields import Filled, Towns, fill
from core.crypto import Cipher
from core.execute import Done
from core.people import Actor
from core.policy import Policy
from core.ports import Clock, Ticket
from core.queries.people import DirectoryCache


class House(Protocol):
    """What arrivals ask of the wired core."""

    policy: Policy
    engine: Engine
    clock: Clock
    directory: DirectoryCache

    @property
    def cipher(self) -> Cipher: ...

    def register(self, key: str, ticket: Ticket, actor: Actor, source: str = "web") -> Done: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Arrivals:
    """The hand-filled half of intake."""

    def __init__(self, house: House) -> None:
        self._house = house

    def fill(self, given: Mapping[str, str], *, caller_needed: bool = True) -> Filled:
        """A form understood: its values, every fault beside its field, the ticket when there is none."""
        return fill(self._house.policy, self.towns(), given, caller_needed=caller_needed)

    def towns(self) -> Towns:
        """The towns and communities of the district, by the names people know them by."""
        directory = self._house.directory()
        memo: Towns | None = directory.memo.get("towns")
        if memo is None:
            active = [unit for unit in directory.units.values() if unit.active]
            names = {unit.id: unit.short for unit in active if unit.kind == "town"}
            memo = Towns(
                frozenset(names.values()),
                {unit.short: names.get(unit.parent or 0, "") for unit in active if unit.kind == "community"},
            )
            directory.memo["towns"] = memo
        return memo
