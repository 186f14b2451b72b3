"""House-style §1: imports point at the law, and nothing in the product knows its tests."""

from __future__ import annotations

import ast
import logging.config
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.house.source import ROOT, modules, name_of


def test_imports_point_at_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    # The linter would set up logging for the whole process and silence every logger that tests read later.
    monkeypatch.setattr(logging.config, "dictConfig", lambda _config: None)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_product_never_imports_its_tests() -> None:
    assert [name_of(path) for path in modules() if "tests" in set(imported(path))] == []


def imported(path: Path) -> Iterator[str]:
    """The top-level packages a module imports, wherever in the module it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
