"""The citizen's side: pushes of WeChat taken once, what its platform lent us, caps, sign-in by SMS code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.citizens import lookups, requests, sign_in
from core.citizens.caps import Caps
from core.citizens.lookups import Lookups
from core.citizens.pushes import Pushes
from core.citizens.requests import Requests
from core.citizens.shelf import Shelf
from core.citizens.sign_in import SignIns
from core.citizens.visitors import Visitors
from core.commits import CommitLine, Job
from core.crypto import Sm4Cipher
from core.policy.citizens import load_citizens


class Wired(lookups.Wired, sign_in.Wired, requests.Wired, Protocol):
    """What of the core is needed here."""

    engine: Engine
    cipher: Sm4Cipher


def real_now() -> datetime:
    """The machine's clock: codes, caps and sessions live by it, whatever the business clock says."""
    return datetime.now(UTC)


class Citizens:
    """The parts, over one way to write: the line of the case door on SQLite, a transaction of its own elsewhere."""

    def __init__(self, core: Wired, line: CommitLine) -> None:
        self._engine, self._line = core.engine, line
        self.policy = load_citizens()

        def now() -> datetime:
            return real_now()  # looked up at each call, so that tests can move it

        self.pushes = Pushes(self.written, self.policy, core.cipher, now)
        self.shelf = Shelf(core.engine, self.written, core.cipher, now)
        self.caps = Caps(self.written, self.policy, core.indexer, now)
        self.visitors = Visitors(core.engine, self.written, self.policy, core.cipher, core.indexer, now)
        self.lookups = Lookups(core, self.caps)
        self.requests = Requests(core, self.caps, self.policy)
        self.sign_ins = SignIns(core, self.visitors, self.caps, self.written, now)

    def written(self, run: Callable[[Connection], Any]) -> Any:
        """Run something within one commit and return its answer. Raises Busy."""
        if self._engine.dialect.name == "sqlite":
            return self._line.submit(Job(0, lambda tx: (run(tx), ()), lambda _tx, _no: ()))
        with self._engine.begin() as tx:
            return run(tx)
