"""What the DingTalk contract tests share: one sandbox process a run, and a fresh database beside it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.dingtalk_rig import Rig, Sandbox, a_rig, sandbox_process
from tests.contract.story_rig import Stage, open_stage
from tests.databases import SQLite
from tests.sandbox.rig import Sandbox as RunningSandbox
from tests.town import settled


@pytest.fixture(scope="session")
def practice() -> Iterator[Sandbox]:
    """The sandbox in a process of its own."""
    with sandbox_process() as running:
        yield running


@pytest.fixture
def rig(practice: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """Everybody has a phone, no case exists, no bot listens yet."""
    with a_rig(practice, tmp_path) as built:
        yield built


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(
    request: pytest.FixtureRequest, running_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """One deployment for a module of stories, on each kind of database: every story brings cases of its own."""
    aloud = getattr(request.module, "ALOUD", False)
    if request.param == "sqlite":
        url = SQLite().prepared(settled, tmp_path_factory.mktemp("story"))
        yield from open_stage(url, running_sandbox, aloud=aloud)
        return
    with request.getfixturevalue("postgresql").database(settled) as url:
        yield from open_stage(url, running_sandbox, aloud=aloud)
