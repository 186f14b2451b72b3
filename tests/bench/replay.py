"""The same statements without us: what a run of the core told its database, told again by the bare driver."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

from tests.bench.recording import Transaction

SQLITE_RULES = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
POSTGRESQL_OPTIONS = (
    "-c statement_timeout=4000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 "
    "-c synchronous_commit=on"
)


class Raw(Protocol):
    """A connection of the bare driver."""

    def run(self, transaction: Transaction) -> None: ...

    def close(self) -> None: ...


class RawSQLite:
    """sqlite3 under the commit rules of the product."""

    def __init__(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        for rule in SQLITE_RULES:
            self._connection.execute(f"PRAGMA {rule}")

    def run(self, transaction: Transaction) -> None:
        _tell(self._connection.cursor(), transaction)
        if self._connection.in_transaction:  # a single question is asked without one
            self._connection.execute("COMMIT" if transaction.committed else "ROLLBACK")

    def close(self) -> None:
        self._connection.close()


class RawPostgreSQL:
    """psycopg under the commit rules of the product."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""), options=POSTGRESQL_OPTIONS)

    def run(self, transaction: Transaction) -> None:
        _tell(self._connection.cursor(), transaction)
        if transaction.committed:
            self._connection.commit()
        else:
            self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


def _tell(cursor: Any, transaction: Transaction) -> None:
    for text, parameters, many in transaction.steps:
        if many:
            cursor.executemany(text, parameters)
        else:
            cursor.execute(text, parameters)
            if cursor.description is not None:
                cursor.fetchall()


def connection(url: str) -> Raw:
    """A bare connection to the database at `url`."""
    return RawSQLite(url) if url.startswith("sqlite") else RawPostgreSQL(url)


def replay(url: str, transactions: Sequence[Transaction]) -> float:
    """Tell everything again, each transaction by the thread that told it, in the recorded order; seconds it took.

    The order is kept because later transactions name rows of earlier ones; a thread hands on to the next at once.
    """
    names = sorted({one.thread for one in transactions})
    raws = {name: connection(url) for name in names}
    gates = {name: threading.Semaphore(0) for name in names}
    faults: list[BaseException] = []

    def tell(name: str) -> None:
        gates[name].acquire()
        try:
            for number, transaction in enumerate(transactions):
                if transaction.thread != name:
                    continue
                if number and transactions[number - 1].thread != name:
                    gates[name].acquire()
                raws[name].run(transaction)
                if number + 1 < len(transactions) and transactions[number + 1].thread != name:
                    gates[transactions[number + 1].thread].release()
        except BaseException as fault:
            faults.append(fault)
            for gate in gates.values():
                gate.release()

    threads = [threading.Thread(target=tell, args=(name,), name=name) for name in names]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    for gate in gates.values():
        gate.release()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    for raw in raws.values():
        raw.close()
    if faults:
        raise faults[0]
    return took
