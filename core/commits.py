"""One commit for those who wait together: each job in its own savepoint, the log chained once, last."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core import chain
from core.entries import Entry
from core.errors import Busy, Refusal

log = structlog.get_logger()

MOST = 24  # jobs in one commit: enough to share a sync among a burst, few enough to hold no lock for long
TRIES = 3
FAULTS = (DBAPIError, PoolTimeout)


@dataclass(slots=True)
class Job:
    """Something to write: `run` gets the connection and returns its answer and its entries for the log.

    `refused` turns a refusal raised by `run` into what is recorded of it (a receipt and an entry); the refusal itself
    is still raised to the caller.
    """

    order: int
    run: Callable[[Connection], tuple[Any, Sequence[Entry]]]
    refused: Callable[[Connection, Exception], Sequence[Entry] | None]
    answer: Any = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class CommitLine:
    """Takes jobs from any thread; whoever finds the line free commits for all who wait (security-reliability §6)."""

    def __init__(self, engine: Engine, chain_key: bytes) -> None:
        self._engine, self._chain_key = engine, chain_key
        self._waiting: deque[Job] = deque()
        self._front = threading.Lock()

    def submit(self, job: Job) -> Any:
        """The job's answer once it is on disk; its refusal or fault is raised here. Busy when the database is."""
        self._waiting.append(job)
        while not job.done.is_set():
            with self._front:
                if not job.done.is_set():
                    self._commit(self._next())
        if job.error is not None:
            raise job.error
        return job.answer

    def _next(self) -> list[Job]:
        batch: list[Job] = []
        while self._waiting and len(batch) < MOST:
            batch.append(self._waiting.popleft())
        # Rows are locked in one order everywhere, so two processes cannot wait for each other.
        return sorted(batch, key=lambda job: job.order)

    def _commit(self, batch: list[Job]) -> None:
        try:
            self._run(batch)
        except Exception as fault:
            if len(batch) > 1:  # nothing of it was kept, or their receipts answer: whose fault it is shows alone
                for job in batch:
                    self._commit([job])
                return
            self._retry(batch[0], fault)
        except BaseException as fault:
            for job in batch:
                job.error = job.error or fault
        for job in batch:
            job.done.set()

    def _retry(self, job: Job, fault: Exception) -> None:
        """What the database refused is tried again, then it is Busy; any other fault is the job's own."""
        for _ in range(TRIES - 1):
            if not isinstance(fault, FAULTS):
                break
            try:
                self._run([job])
                return
            except Exception as again:
                fault = again
        job.error = fault
        if isinstance(fault, FAULTS):
            log.error("commit gave up", error=type(getattr(fault, "orig", None) or fault).__name__)
            job.error = Busy()
            job.error.__cause__ = fault

    def _run(self, batch: list[Job]) -> None:
        entries: list[Entry] = []
        with self._engine.begin() as tx:
            for job in batch:
                entries += self._one(tx, job)
            if entries:
                chain.append(tx, entries, self._chain_key)

    def _one(self, tx: Connection, job: Job) -> Sequence[Entry]:
        job.error = None
        try:
            with tx.begin_nested():
                job.answer, entries = job.run(tx)
                return entries
        except DBAPIError:
            raise
        except Exception as no:
            job.error = no
            with tx.begin_nested():
                entries = job.refused(tx, no) or ()
            if isinstance(no, Refusal):
                no.on_record = True
            return entries
