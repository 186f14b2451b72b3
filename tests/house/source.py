"""The source as the house tests read it: which files there are, and what is in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "cards", "bots", "webapp")


def modules(*folders: str) -> list[Path]:
    """Every Python module below the folders, by default of the product."""
    return [path for folder in folders or PACKAGES for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    """The path as one would type it from the root."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a module with its number of lines, decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
