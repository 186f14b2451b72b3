"""The party and government network's directory (党政网 OPUS), read page by page.

Its real interface is not known to us; this dialect is our own proposal to its keepers: `GET /departments` and
`GET /persons` with `page` (from 1) and `size`, a bearer token, answers `{"version", "total", "page", "rows"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.adapters.http import Http, Unreachable
from core.ports import OutsideDirectory, OutsidePerson, OutsideUnit, PartRead
from core.settings import Settings

MOST = 200_000
T = TypeVar("T")


class Opus:
    """The whole directory, or PartRead: every page of one version, and as many rows as it said there are."""

    name = "opus"

    def __init__(self, address: str, token: str, size: int, http: Http | None = None) -> None:
        self._size = size
        self._http = http or Http(address, {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def whole(self) -> OutsideDirectory:
        """Raises PartRead."""
        try:
            version, units = self._all("/departments", _unit, "")
            _, people = self._all("/persons", _person, version)
        except Unreachable as fault:
            raise PartRead(str(fault)) from None
        except (KeyError, TypeError, ValueError):
            raise PartRead("对方回复的格式不对") from None
        return OutsideDirectory(tuple(units), tuple(people))

    def _all(self, path: str, read: Callable[[Mapping[str, Any]], T], version: str) -> tuple[str, list[T]]:
        rows: list[T] = []
        page = 1
        while True:
            answer = self._http.get(path, {"page": page, "size": self._size}).json()
            told, total, some = str(answer["version"]), int(answer["total"]), answer["rows"]
            version = version or told
            if told != version:
                raise PartRead("读到一半时对方的名单变了")
            if not isinstance(some, list) or int(answer["page"]) != page or not 0 <= total <= MOST:
                raise PartRead("对方回复的格式不对")
            rows.extend(read(row) for row in some)
            if len(rows) == total:
                return version, rows
            if len(rows) > total or not some:
                raise PartRead(f"对方说有 {total} 项，只给了 {len(rows)} 项")
            page += 1


def _unit(row: Mapping[str, Any]) -> OutsideUnit:
    return OutsideUnit(str(row["id"]), str(row["name"]), str(row.get("parent") or ""))


def _person(row: Mapping[str, Any]) -> OutsidePerson:
    return OutsidePerson(
        str(row["id"]), str(row["name"]), str(row.get("mobile") or ""), str(row.get("dingtalk") or ""),
        tuple(str(one) for one in row["departments"]), str(row.get("title") or ""), bool(row.get("leader")),
    )  # fmt: skip


def build_opus(settings: Settings) -> Opus | None:
    """The directory the settings name; None when no address is set."""
    opus = settings.opus
    return Opus(opus.address, opus.token.get_secret_value(), opus.page_size) if opus.address else None
