"""The 一体化平台: its licences, page by page (R185).

Its own document is not at hand; this dialect is our proposal: `GET /licences?since=&limit=` with a bearer token answers
`{"records": [...], "next": "…"}`, a record being what `core.licences.arriving` reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.adapters.http import Http, Unreachable
from core.ports import SourceAway
from core.settings import Settings

LONGEST = 200


class ServicePlatform:
    """Reads licences since a cursor."""

    def __init__(self, address: str, token: str, http: Http | None = None) -> None:
        self._http = http or Http(address, {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def since(self, cursor: str, most: int) -> tuple[Sequence[Any], str]:
        """A page however large the platform makes it, for what it gave is not given again. Raises SourceAway."""
        try:
            told = json.loads(self._http.get("/licences", {"since": cursor, "limit": most}).body)
        except Unreachable as fault:
            raise SourceAway(str(fault)) from None
        except (ValueError, RecursionError):
            raise SourceAway("对方回复的不是 JSON") from None
        records = told.get("records") if isinstance(told, dict) else None
        if not isinstance(records, list):
            raise SourceAway("证照列表的格式不对")
        return records, _cursor(told.get("next"))


def _cursor(ahead: object) -> str:
    """Where to go on: words or a number; none at the end, as far as that is told. Raises SourceAway."""
    told = "" if ahead is None or isinstance(ahead, bool) else ahead
    if not isinstance(told, str | int) or len(str(told)) > LONGEST:
        raise SourceAway("证照列表的格式不对")
    return str(told)


def build_service_platform(settings: Settings) -> ServicePlatform | None:
    """The platform the settings name; None when no address is set."""
    platform = settings.service_platform
    return ServicePlatform(platform.address, platform.token.get_secret_value()) if platform.address else None
