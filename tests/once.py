"""What a test process works out once, however many tests build a core and a site: each is a function of its input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2.low_level import hash_secret_raw
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from pydantic_settings import YamlConfigSettingsSource
from werkzeug.routing import Rule

from core import bootstrap, crypto
from core.effects import EFFECTS
from core.policy import Policy, faults_of, load_policy
from core.policy.workdays import LOADER

Build = Callable[..., tuple[str, str]]

_compiled: dict[tuple[Any, ...], Build] = {}
_compile = Rule._compile_builder


def remember(templates: Path) -> None:
    """Work each of these out once a process; pages compiled into the folder `templates` outlive it."""
    templates.mkdir(exist_ok=True)
    patch = pytest.MonkeyPatch()
    patch.setattr(bootstrap, "faults_of", _faults_once)
    patch.setattr(YamlConfigSettingsSource, "_read_file", _yaml_once)
    patch.setattr(Rule, "_compile_builder", _builder_once)
    patch.setattr(crypto, "hash_secret_raw", lru_cache(maxsize=512)(hash_secret_raw))
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


def _builder_once(rule: Rule, append_unknown: bool = True) -> Build:
    """What writes the addresses of a route: compiled by the words of the route, bound to each site's own route."""
    if rule.defaults:
        return _compile(rule, append_unknown)  # written into the code by the route's own converters
    key = (rule.rule, *rule._trace, append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]
