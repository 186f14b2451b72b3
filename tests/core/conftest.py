"""What the core's tests share: a second process on the same database, and a room in which a relay works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import Core, outbox
from core.db import connect
from tests.clock import StillClock
from tests.core.mail_room import MailRoom, Moving
from tests.town import a_core


@pytest.fixture
def room(migrated_url: str, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailRoom]:
    """A relay, its tray on each kind of database, and its time."""
    moving = Moving()
    monkeypatch.setattr(outbox, "real_now", moving)
    engine = connect(migrated_url)
    yield MailRoom(engine, clock, moving)
    engine.dispose()


@pytest.fixture
def second(core: Core, clock: StillClock) -> Iterator[Core]:
    """The same product in another process: its own queue for commits and its own connections."""
    other = a_core(core.engine.url.render_as_string(hide_password=False), clock)
    yield other
    other.engine.dispose()
