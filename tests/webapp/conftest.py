"""The console over a small town, and people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.webapp import town as towns
from tests.webapp.visitor import Visitor
from webapp import create_app


@pytest.fixture
def town(tmp_path: Path, clock: StillClock) -> Iterator[towns.Town]:
    core = towns.build(SQLite().prepared(migrated, tmp_path), clock)
    yield towns.Town(core, clock)
    core.engine.dispose()


@pytest.fixture
def site(town: towns.Town) -> APIFlask:
    return create_app(town.core)


@pytest.fixture
def visit(site: APIFlask) -> Callable[..., Visitor]:
    """A browser nobody is signed in to; `visit("desk")` signs somebody in."""

    def visitor(login: str = "", address: str = "10.0.0.1") -> Visitor:
        one = Visitor(site, address)
        if login:
            one.sign_in(login)
        return one

    return visitor
