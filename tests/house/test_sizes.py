"""House-style §2: a module has one subject and 300 lines at most, a function fits on a screen."""

from __future__ import annotations

import ast

from tests.house.source import functions, modules, name_of

MODULE_LINES = 300
FUNCTION_LINES = 45


def test_no_module_has_two_subjects() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: lines for name, lines in sizes.items() if lines > MODULE_LINES} == {}


def test_every_function_fits_on_a_screen() -> None:
    long = [
        f"{name_of(path)}: {name} has {lines} lines"
        for path in modules()
        for name, lines in functions(path)
        if lines > FUNCTION_LINES
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    trees = {
        name_of(path): ast.parse(path.read_text(encoding="utf-8"))
        for path in modules("core", "cards", "bots", "webapp", "tests")
    }
    assert [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []
