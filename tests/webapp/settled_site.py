"""The console over the settled practice town, for tests that sign people in: import its fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import Core, seeding
from tests.clock import StillClock
from tests.databases import SQLite
from tests.town import a_core, settled
from tests.webapp.visitor import Visitor
from webapp import create_app

Visit = Callable[[str], Visitor]
"""Login → somebody signed in."""


@pytest.fixture
def core(tmp_path: Path, clock: StillClock) -> Iterator[Core]:
    built = a_core(SQLite().prepared(settled, tmp_path), clock)
    yield built
    built.engine.dispose()


@pytest.fixture
def visit(core: Core) -> Visit:
    site = create_app(core)

    def visitor(login: str) -> Visitor:
        one = Visitor(site)
        one.sign_in(login, seeding.PASSWORD)
        return one

    return visitor


def no_of(core: Core, order: int) -> str:
    """The number of a joint order."""
    return str(core.joints.sheet(order).order["no"])
