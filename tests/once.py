"""What a test process works out once, however many tests build a core and a site: each is a function of its input."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2.low_level import hash_secret_raw
from flask import Flask
from httpx import create_ssl_context
from httpx._transports import default as httpx_transport
from jinja2 import FileSystemBytecodeCache
from pydantic_settings import YamlConfigSettingsSource
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from core import bootstrap, crypto, db
from core.effects import EFFECTS
from core.policy import Policy, faults_of, load_policy
from core.policy.workdays import LOADER
from core.queries import lists
from core.queries.counts import Counts
from core.reads import Reads

_read_of: dict[tuple[Any, ...], dict[str, Any]] = {}
_read = Rule.compile
_wire = Reads.__init__

STATEMENTS = 2000
"""So many are kept as SQL; a process in service keeps 500, on one kind of database and for one deployment."""
_statements: LRUCache[Any, Any] = LRUCache(STATEMENTS)


def remember(templates: Path) -> None:
    """Work each of these out once a process; pages compiled into the folder `templates` outlive it."""
    templates.mkdir(exist_ok=True)
    patch = pytest.MonkeyPatch()
    patch.setattr(bootstrap, "faults_of", _faults_once)
    patch.setattr(YamlConfigSettingsSource, "_read_file", _yaml_once)
    patch.setattr(Rule, "compile", _route_once)
    patch.setattr(crypto, "hash_secret_raw", lru_cache(maxsize=512)(hash_secret_raw))
    patch.setattr(httpx_transport, "create_ssl_context", lru_cache(create_ssl_context))
    patch.setattr(db, "create_engine", _engine_that_knows)
    patch.setattr(Reads, "__init__", _reads_that_know)
    kept = FileSystemBytecodeCache(str(templates))  # by name and text of a template: one site a test, one set of pages
    patch.setitem(Flask.jinja_options, "bytecode_cache", kept)


@cache
def _faults_as_read() -> list[str]:
    return list(faults_of(load_policy(), EFFECTS))


def _faults_once(policy: Policy, effects: Iterable[str]) -> list[str]:
    """The tables as they were read are proved once a process, as in service; any others whenever asked for."""
    return _faults_as_read() if policy is load_policy() else list(faults_of(policy, effects))


@cache
def _yaml_as_read(path: Path, _written_ns: int) -> str:
    return json.dumps(yaml.load(path.read_text("utf-8"), LOADER))


def _yaml_once(_source: object, path: Path) -> Any:
    """What a settings file holds, parsed once a process for as long as nobody writes to it."""
    return json.loads(_yaml_as_read(path, path.stat().st_mtime_ns)) or {}


def _route_once(rule: Rule) -> None:
    """A route is read, and what writes its addresses is compiled, by its words; bound to each site's own route.

    Its converters serve every site: none of them looks at the map it was made for.
    """
    if rule.defaults:
        return _read(rule)  # written into the code by the route's own converters
    known = rule.__dict__
    key = (rule.rule, rule.merge_slashes, rule.host, rule.subdomain, rule.map is not None and rule.map.host_matching)
    if key not in _read_of:
        _read(rule)
        _read_of[key] = {name: known[name] for name in ("_parts", "_trace", "_converters", "arguments")}
        _read_of[key] |= {name: known[name].__func__ for name in ("_build", "_build_unknown")}
        return None
    told = _read_of[key]
    known |= {name: told[name].__get__(rule) if name.startswith("_build") else copy(told[name]) for name in told}
    return None


class _Statements:
    """An engine's share of the statements written as SQL before: one kind of database writes them one way."""

    def __init__(self, engine: Engine) -> None:
        self._kind = (engine.dialect.name, engine.dialect.driver)

    def get(self, key: tuple[Any, ...]) -> Any:
        return _statements.get((self._kind, *key[1:]))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        _statements[self._kind, *key[1:]] = compiled


def _engine_that_knows(*args: Any, **options: Any) -> Engine:
    """Every engine finds the SQL of every statement that an engine of this process has written, as in service."""
    engine = create_engine(*args, **options)
    engine._compiled_cache = _Statements(engine)  # type: ignore[assignment]  # SQLAlchemy asks no more of it
    return engine


class _KnownCounts(Counts):
    """Their statements, kept for every core of the process and for each length of lists that a test asks for."""

    def __init__(self) -> None:
        """Nothing of its own."""

    @property
    def _kept(self) -> dict[Hashable, Any]:  # type: ignore[override]
        return _kept_of(lists.MOST)


@cache
def _kept_of(_most: int) -> dict[Hashable, Any]:
    return {}


def _reads_that_know(reads: Reads, policy: Policy, *rest: Any) -> None:
    """The numbers of the tables as they were read are put into words once a process, as in service."""
    _wire(reads, policy, *rest)
    if policy is load_policy():
        reads._counts = _KnownCounts()
