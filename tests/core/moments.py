"""Moments as the tests write them: local, readable, to the second."""

from datetime import datetime

from core.deadlines import SHANGHAI


def at(text: str) -> datetime:
    """A local moment written as 2026-03-06 16:20."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def local(moment: datetime) -> str:
    """The same way back, with seconds."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
