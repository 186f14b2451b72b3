"""One world for the tests of a module; whoever changes it puts it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.walls.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(SQLite().prepared(migrated, tmp_path_factory.mktemp("walls")), StillClock())
    yield made
    made.close()
