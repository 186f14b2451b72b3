"""One commit for those who wait together, the log chained once, last; who spoils it for the others is tried alone."""

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

from core import chain, early, late
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
    is still raised to the caller. `early`, if any, reads what jobs of this kind ask first for all of them, by their
    `order` and `key`; those that are `ahead` lock their rows before all others, because they may go on to lock theirs.
    """

    order: int
    run: Callable[[Connection], tuple[Any, Sequence[Entry]]]
    refused: Callable[[Connection, Exception], Sequence[Entry] | None]
    key: str = ""
    early: Callable[[Connection, Sequence[Job]], None] | None = None
    ahead: bool = False
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
        self._finish([job])
        if job.error is not None:
            raise job.error
        return job.answer

    def submit_all(self, jobs: Sequence[Job]) -> list[Any]:
        """Each job's answer once it is on disk, or the refusal or fault it met."""
        self._finish(jobs)
        for job in jobs:
            if job.error is not None and not isinstance(job.error, Exception):
                raise job.error
        return [job.error or job.answer for job in jobs]

    def _finish(self, jobs: Sequence[Job]) -> None:
        self._waiting.extend(jobs)
        for job in jobs:
            while not job.done.is_set():
                with self._front:
                    if not job.done.is_set():
                        self._commit(self._next())

    def _next(self) -> list[Job]:
        batch: list[Job] = []
        while self._waiting and len(batch) < MOST:
            batch.append(self._waiting.popleft())
        # Rows are locked in one order everywhere, so two processes cannot wait for each other.
        return sorted(batch, key=lambda job: job.order)

    def _commit(self, batch: list[Job]) -> None:
        try:
            self._together(batch)
        except Exception as fault:
            self._one_by_one(batch, fault)
        except BaseException as fault:
            for job in batch:
                job.error = job.error or fault
        for job in batch:
            job.done.set()

    def _together(self, batch: list[Job]) -> None:
        """In the fewest statements; what a job's own fault spoils is done over with a savepoint a job."""
        try:
            self._run(batch, self._trusting)
        except FAULTS:
            raise
        except Exception:
            self._run(batch, self._careful)

    def _one_by_one(self, batch: list[Job], fault: Exception) -> None:
        """Nothing of the batch was kept, or their receipts answer: whose fault it is shows when each is tried alone."""
        if len(batch) == 1:
            self._retry(batch[0], fault)
            return
        for job in batch:
            self._commit([job])

    def _retry(self, job: Job, fault: Exception) -> None:
        """What the database refused is tried again, then it is Busy; any other fault is the job's own."""
        for _ in range(TRIES - 1):
            if not isinstance(fault, FAULTS):
                break
            try:
                self._run([job], self._careful)
                return
            except Exception as again:
                fault = again
        job.error = fault
        if isinstance(fault, FAULTS):
            log.error("commit gave up", error=type(getattr(fault, "orig", None) or fault).__name__)
            job.error = Busy()
            job.error.__cause__ = fault

    def _run(self, batch: list[Job], how: Callable[[Connection, Job], Sequence[Entry]]) -> None:
        entries: list[Entry] = []
        with self._engine.begin() as tx, late.waiting(tx), early.asking(tx):
            if how == self._trusting:
                _ask_early(tx, batch)
            for job in batch:
                job.error = None
                if job.early is None:
                    late.settle(tx)
                entries += how(tx, job)
            late.settle(tx)
            if entries:
                chain.append(tx, entries, self._chain_key)

    def _trusting(self, tx: Connection, job: Job) -> Sequence[Entry]:
        """Without a savepoint: only a refusal before anything was written may be recorded beside the others' work."""
        try:
            job.answer, entries = job.run(tx)
            return entries
        except Refusal as no:
            if not no.untouched:
                raise
            return self._refused(tx, job, no)

    def _careful(self, tx: Connection, job: Job) -> Sequence[Entry]:
        """In a savepoint: what it wrote before a refusal or a fault is taken back, what is recorded of it stays."""
        try:
            with tx.begin_nested():
                job.answer, entries = job.run(tx)
                late.settle(tx)
                return entries
        except DBAPIError:
            raise
        except Exception as no:
            late.drop(tx)
            return self._refused(tx, job, no)

    @staticmethod
    def _refused(tx: Connection, job: Job, no: Exception) -> Sequence[Entry]:
        job.error = no
        with tx.begin_nested():
            entries = job.refused(tx, no) or ()
        if isinstance(no, Refusal):
            no.on_record = True
        return entries


def _ask_early(tx: Connection, batch: Sequence[Job]) -> None:
    """Each kind of job asks for all of its own; a job alone of its kind asks for itself, later."""
    for ask in dict.fromkeys(
        job.early for job in sorted(batch, key=lambda job: not job.ahead) if job.early is not None
    ):
        alike = [job for job in batch if job.early is ask]
        if len(alike) > 1:
            ask(tx, alike)
