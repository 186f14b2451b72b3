"""Frames read by the SDK, which stumbles over a time that is no number and over data that is no JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

T = TypeVar("T", covariant=True)
TIMES = ("time", "eventBornTime")  # nothing of ours reads them
NEEDED = ("messageId", "topic")
NAMES = {name.lower(): name for name in (*NEEDED, "eventId", "eventType", "eventCorpId", "contentType")}
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)


class Kind(Protocol[T]):
    """SystemMessage, EventMessage or CallbackMessage of the SDK."""

    def from_dict(self, frame: Any, /) -> T: ...


def read(kind: Kind[T], frame: Mapping[str, Any]) -> T:
    """The message in a frame; what the SDK cannot read is set right first, so that `disconnect` is obeyed, a ping is
    answered and an act is done whatever stands beside it. Data that is no JSON arrives as its text, and names of
    headers in another case are those they mean.
    """
    headers = frame.get("headers")
    if isinstance(headers, Mapping) and not all(name in headers for name in NEEDED):
        frame = {**frame, "headers": {NAMES.get(name.lower(), name): value for name, value in headers.items()}}
    try:
        return kind.from_dict(frame)
    except UNREADABLE:
        return kind.from_dict(_mended(frame))


def _mended(frame: Mapping[str, Any]) -> dict[str, Any]:
    headers, data = frame.get("headers"), frame.get("data")
    told = headers if isinstance(headers, Mapping) else {}
    kept = {name: value for name, value in told.items() if name not in TIMES}
    return {**frame, "headers": kept, "data": data if _is_json(data) else json.dumps(data)}


def _is_json(data: object) -> bool:
    try:
        json.loads(data)  # type: ignore[arg-type]
    except UNREADABLE:
        return False
    return True
