"""The policy as it is now: what the registers keep, laid over the printed tables, fresh within seconds everywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.models.registers import limits, service_types, sources
from core.policy import Policy, ServiceType, Source, read
from core.policy.limits import LimitPolicy, load_limits

LIFE_S = 3.0
SOURCES = select(sources).order_by(sources.c.place, sources.c.code)
SERVICE_TYPES = select(service_types).order_by(service_types.c.valid_from, service_types.c.code)
LIMITS = select(limits).order_by(limits.c.valid_from, limits.c.id)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """A policy and the rows it was laid from; equal rows keep the same policy."""

    policy: Policy
    rows: tuple[Sequence[Any], ...]


def overlaid(tx: Connection, printed: Policy, known: Known | None) -> Known:
    """The printed tables with sources, service types and limits as the registers have them."""
    rows = tuple(tx.execute(query).all() for query in (SOURCES, SERVICE_TYPES, LIMITS))
    if known is not None and known.rows == rows:
        return known
    kinds = {row.code: ServiceType(**row._mapping) for row in rows[1]}
    policy = replace(
        printed,
        sources=MappingProxyType({row.code: _source(row) for row in rows[0]}),
        service_types=MappingProxyType({code: kind.title for code, kind in kinds.items()}),
        service_rows=MappingProxyType(kinds),
        limits=limits_of([printed_row(row) for row in rows[2]]),
    )
    return Known(policy, rows)


def _source(row: Any) -> Source:
    return Source(row.code, row.title, row.short, row.valid_from, row.valid_to)


def printed_row(row: Any) -> dict[str, Any]:
    """A row of the register of limits as limits.yaml would print it."""
    until = {"until": row.valid_until} if row.valid_until else {}
    return {"id": row.id, "title": row.title, "from": row.valid_from, **until, **row.terms}


def limits_of(rows: Sequence[dict[str, Any]]) -> LimitPolicy:
    """The table of limits over these rows, proved. Raises ValueError, as for the printed table."""
    return load_limits({**_printed_limits(), "rows": list(rows)}, "limits")


@cache
def _printed_limits() -> dict[str, Any]:
    return {name: value for name, value in read("limits.yaml").items() if name != "rows"}


class PolicyCache:
    """The latest policy, read again when older than a few seconds (real time) or told to forget. Thread-safe.

    While the database is away the policy stays what it was: a label must not turn one failure into two.
    """

    def __init__(self, load: Callable[[Known | None], Known], max_age_s: float = LIFE_S) -> None:
        self._load, self._max_age_s = load, max_age_s
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._latest: Known | None = None

    def __call__(self) -> Policy:
        latest = self._latest
        if latest is None or time.monotonic() - self._read_at >= self._max_age_s:
            with self._lock:
                latest = self._fresh()
        return latest.policy

    def _fresh(self) -> Known:
        if self._latest is None or time.monotonic() - self._read_at >= self._max_age_s:
            try:
                self._latest = self._load(self._latest)
            except (DBAPIError, PoolTimeout) as fault:
                if self._latest is None:
                    raise
                log.warning("registers not read again", error=type(fault).__name__)
            self._read_at = time.monotonic()
        return self._latest

    def forget(self) -> None:
        self._read_at = float("-inf")
