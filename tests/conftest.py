"""What every test may ask for: databases, a core, a clock that stands still, the product at work in a sandbox."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.nodeid import coerce_node_id
from argon2.low_level import hash_secret_raw
from hypothesis import settings

from core import Core, crypto
from tests.clock import StillClock
from tests.databases import HOME, ROOT, PostgreSQL, Prepare, SQLite, migrated
from tests.once import remember
from tests.requirements import Proofs
from tests.sandbox.rig import Sandbox, started
from tests.sandbox.town import directory
from tests.town import a_core, settled

if TYPE_CHECKING:
    from tests.live import Live

PRACTICE = ("--app", "ding-practice:practice", "--corp-id", "ding-practice-corp", "--hotline-token", "practice")
"""The sandbox as config.yaml knows it."""

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

for name in [name for name in os.environ if name.startswith("APP_")]:
    del os.environ[name]
os.environ["APP_CONFIG"] = str(ROOT / "config.yaml")
HOME.mkdir(exist_ok=True)
sys.dont_write_bytecode = False  # many tests start processes, and each would compile the product anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(HOME))  # tmp_path lies beside the prepared databases


WITH_CHROMIUM = frozenset({"browser", "ground", "pages"})
"""Fixtures that open Chromium: what uses one is tried once more, for a machine too busy to draw in time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proof", metavar="FILE", help="write which requirements the run proved")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Proofs(config), "proofs")
    remember(HOME / "templates")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes begins first; what needs Chromium is tried once more, a module of it with one Chromium."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        if WITH_CHROMIUM & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flaky(reruns=1))
            if item.get_closest_marker("xdist_group") is None:
                item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if config.getoption("loadgroup", False):
            _keep_together(item)


def pytest_collection_finish(session: pytest.Session) -> None:
    """The tests and all they import live as long as the process, which is not to look for garbage among them.

    It spent a seventh of its time there; what a test leaves behind is found as soon as before.
    """
    gc.collect()
    gc.freeze()


def _keep_together(item: pytest.Item) -> None:
    """Behind a test's name stands its group, by which the run is shared out among processes.

    pytest-xdist 3.8 writes it where pytest 9.2 no longer looks (its issue 1386), which strews the tests of a module
    over all processes, and whatever the module prepares is prepared in each of them.
    """
    marker = item.get_closest_marker("xdist_group")
    if marker is not None and not item.nodeid.endswith(ending := f"@{marker.args[0]}"):
        item._id = coerce_node_id(item.nodeid + ending)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with every table and trigger, and nobody in it."""
    yield from _prepared(request, tmp_path, migrated)


@pytest.fixture(params=["sqlite", "postgresql"])
def town_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with everybody in it, and no cases."""
    yield from _prepared(request, tmp_path, settled)


def _prepared(request: pytest.FixtureRequest, folder: Path, prepare: Prepare) -> Iterator[str]:
    if request.param == "sqlite":
        yield SQLite().prepared(prepare, folder)
        return
    with request.getfixturevalue("postgresql").database(prepare) as url:
        yield url


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every password is stretched whenever it is asked for, as in service: for tests of how long that takes."""
    monkeypatch.setattr(crypto, "hash_secret_raw", hash_secret_raw)


@pytest.fixture
def clock() -> StillClock:
    """Monday 2026-03-09, 09:00 in Shanghai, until the test moves it."""
    return StillClock()


@pytest.fixture
def core(town_url: str, clock: StillClock) -> Iterator[Core]:
    """A core among the people of the practice district, on each kind of database."""
    built = a_core(town_url, clock)
    yield built
    built.engine.dispose()


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox process for the session, with the practice district in its address book."""
    book = tmp_path_factory.mktemp("sandbox") / "directory.json"
    book.write_text(json.dumps(directory(), ensure_ascii=False), encoding="utf-8")
    with started("--directory", str(book), *PRACTICE, manifests=ROOT / "cards/manifests") as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox, emptied: no chats, cards, faults, tickets or counts."""
    running_sandbox.post("reset")
    return running_sandbox


@pytest.fixture
def live(town_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[Live]:
    """Core, bot and worker at work against the sandbox, on each kind of database."""
    from tests.live import Live  # with bot and worker: loaded by the tests that need them

    core = a_core(town_url, clock, sandbox.base)
    running = Live(core, clock, sandbox)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        core.engine.dispose()
