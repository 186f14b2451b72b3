"""What arrivals ask of the house they stand in: the wired core, and the district's names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.arrivals.fields import Towns
from core.arrivals.guess import Spot
from core.crypto import Cipher
from core.files import Files
from core.people import Actor
from core.policy import Policy, read
from core.ports import Clock, Ticket
from core.queries.people import Directory, DirectoryCache
from core.receipts import Done
from core.views import CaseView
from core.work import World
from core.worktime import local_date


class Wired(Protocol):
    """The parts of the core that are used here."""

    engine: Engine
    clock: Clock
    files: Files
    directory: DirectoryCache

    @property
    def policy(self) -> Policy: ...

    @property
    def cipher(self) -> Cipher: ...

    def world(self) -> World: ...

    def case_view(self, actor: Actor, case_id: int) -> CaseView: ...

    def register(self, key: str, ticket: Ticket, actor: Actor, source: str = "web") -> Done: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class House:
    """The wired core with the names of the district worked out once a directory."""

    def __init__(self, core: Wired) -> None:
        self.core, self.engine, self.clock = core, core.engine, core.clock
        self.cipher, self.register, self._write = core.cipher, core.register, core._write

    @property
    def policy(self) -> Policy:
        """As the registers have it now."""
        return self.core.policy

    def today(self) -> date:
        """The local day by the business clock."""
        return local_date(self.clock.now())

    def towns(self) -> Towns:
        """The towns and communities of the district, by the names people know them by."""
        directory = self.core.directory()
        memo: Towns | None = directory.memo.get("towns")
        if memo is None:
            memo = directory.memo["towns"] = _towns(directory)
        return memo

    def spots(self) -> tuple[Spot, ...]:
        """The gazetteer in the names people use, and every community by its own."""
        directory = self.core.directory()
        memo: tuple[Spot, ...] | None = directory.memo.get("spots")
        if memo is None:
            shorts = {unit.code: unit.short for unit in directory.units.values()}
            named = [
                Spot(row["name"], shorts.get(row["town"], ""), shorts.get(row["community"], ""))
                for row in read("seed/places.yaml")
            ]
            ours = [Spot(name, town, name) for name, town in self.towns().communities.items()]
            memo = directory.memo["spots"] = (*named, *ours)
        return memo


def _towns(directory: Directory) -> Towns:
    active = [unit for unit in directory.units.values() if unit.active]
    names = {unit.id: unit.short for unit in active if unit.kind == "town"}
    return Towns(
        frozenset(names.values()),
        {unit.short: names.get(unit.parent or 0, "") for unit in active if unit.kind == "community"},
    )
