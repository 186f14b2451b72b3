"""A stand-in for the 一体化平台 as the keeper of licences: what it issued or changed, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from .wire import Json


@dataclass
class ServicePlatform:
    """Records in the order they were issued or changed; `away`: this many requests get 503 first."""

    records: list[Json] = field(default_factory=list)
    asked: int = 0
    away: int = 0

    def since(self, cursor: int, most: int) -> Json:
        some = self.records[cursor : cursor + most]
        return {"records": some, "next": str(cursor + len(some))}
