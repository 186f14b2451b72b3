"""What a run of the core told its database: every statement with its parameters, in the transactions it was told in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event


@dataclass(slots=True)
class Transaction:
    """One transaction of one thread: its statements as the driver got them, savepoints included, and how it ended."""

    thread: str
    steps: list[tuple[str, Any, bool]] = field(default_factory=list)
    committed: bool = False


class Recorder:
    """Listens on an engine. Cheap enough to leave on while the clock runs: one append a statement."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []
        self._open: dict[int, Transaction] = {}

    @contextmanager
    def listening(self, engine: Engine) -> Iterator[None]:
        """Record everything told through `engine` during the with-block."""
        hooks: dict[str, Callable[..., Any]] = {
            "before_cursor_execute": self._statement,
            "commit": self._commit,
            "rollback": self._rollback,
        }
        for name, hook in hooks.items():
            event.listen(engine, name, hook)
        try:
            yield
        finally:
            for name, hook in hooks.items():
                event.remove(engine, name, hook)

    def _statement(
        self, connection: Connection, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        transaction = self._open.get(id(connection))
        if transaction is None:
            transaction = self._open[id(connection)] = Transaction(threading.current_thread().name)
        transaction.steps.append((text, parameters, many))

    def _commit(self, connection: Connection) -> None:
        if (done := self._open.pop(id(connection), None)) is not None:
            done.committed = True
            self.transactions.append(done)

    def _rollback(self, connection: Connection) -> None:
        if (done := self._open.pop(id(connection), None)) is not None:
            self.transactions.append(done)
