"""What may not lie about in the tree: unfinished work, paths of one machine, files nobody expects at the top."""

from __future__ import annotations

import re

from tests.house.source import ROOT, modules, name_of

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|raise NotImpl" r"emented(Error)?)\b")
MACHINE = re.compile(r"""["'\s(=](/root|/work|/home/\w|/Users/|/tmp)(/|["'\s])""")
LOUD = re.compile("[\u4e00-\u9fff]！")
TOP = {
    "Makefile", "Procfile", "README.md", "LICENSE", "config.yaml", "pyproject.toml", "requirements.lock",
    "core", "cards", "bots", "webapp", "migrations", "tests", "var",
}  # fmt: skip
TEXTS = {".py", ".md", ".yaml", ".toml", ".html", ".css", ".js", ".j2", ".mako", ".json", ".svg", ""}


def lines() -> list[tuple[str, str]]:
    """Every line of source and text with the place where it stands."""
    folders = ("core", "cards", "bots", "webapp", "migrations", "tests", ".ci")
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.name in TOP]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        (f"{name_of(path)}:{number}", line)
        for path in [*tops, *files]
        if path.suffix in TEXTS and not {"__pycache__", "node_modules", "vendor"} & set(path.parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


def test_nothing_is_left_unfinished() -> None:
    assert [place for place, line in lines() if UNFINISHED.search(line)] == []


def test_no_line_knows_the_machine_it_was_written_on() -> None:
    assert [place for place, line in lines() if MACHINE.search(line)] == []


def test_the_top_of_the_tree_holds_only_what_belongs_there() -> None:
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - TOP == set()


def test_no_product_line_raises_its_voice() -> None:
    assert [name_of(path) for path in modules() if LOUD.search(path.read_text(encoding="utf-8"))] == []
