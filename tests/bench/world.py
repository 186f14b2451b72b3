"""A whole deployment for measuring: database, sandbox, and the product's processes; cards handed out by its worker."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from core import Core, build_core
from core.models.record import letters
from tests.bench.crowd import Clerk, crowd, directory
from tests.bench.databases import Databases
from tests.databases import ROOT
from tests.reliability.processes import Processes
from tests.sandbox.rig import Sandbox, started
from tests.sandbox.town import directory as practice_directory
from tests.town import settings_for, settled

PRACTICE = ("--app", "ding-practice:practice", "--corp-id", "ding-practice-corp", "--hotline-token", "practice")
MORNING = "2026-03-09T09:00:00+08:00"


@dataclass(slots=True)
class World:
    """Everything at hand: `core` is the bench's own look at the database."""

    url: str
    core: Core
    sandbox: Sandbox
    processes: Processes
    clerks: Sequence[Clerk]

    def waiting(self) -> int:
        """How many letters have not left yet."""
        query = select(func.count()).select_from(letters).where(letters.c.state == "due")
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return int(tx.execute(query).scalar_one())

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until every letter has left."""
        self.sandbox.until(lambda: self.waiting() == 0, seconds)


@contextmanager
def world(databases: Databases, clerks: int = 0, **settings: str) -> Iterator[World]:
    """A deployment with nobody's process started yet; business time is a Monday morning and runs."""
    with databases.fresh() as url, tempfile.TemporaryDirectory(prefix="bench-") as name:
        settled(url)
        folder = Path(name)
        book = folder / "directory.json"
        with _core(url, "") as core:
            people = crowd(core, clerks) if clerks else []
        book.write_text(json.dumps([*practice_directory(), *directory(people)], ensure_ascii=False), encoding="utf-8")
        with started("--directory", str(book), *PRACTICE, manifests=ROOT / "cards/manifests") as sandbox:
            sandbox.post("clock", set=MORNING)
            with _core(url, f"{sandbox.base}/sandbox/clock") as core:
                processes = Processes(url, sandbox, folder, **settings)
                try:
                    yield World(url, core, sandbox, processes, people)
                finally:
                    processes.stop()


@contextmanager
def _core(url: str, clock: str) -> Iterator[Core]:
    core = build_core(settings_for(url, clock={"address": clock}))
    try:
        yield core
    finally:
        core.engine.dispose()
