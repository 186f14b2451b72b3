"""House-style rule 9: one refusal, one Chinese sentence of at most forty characters that says what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from core.errors import Busy, Refusal
from tests.house.source import modules, name_of

LONGEST = 40
FACT = re.compile(r"\{[a-z_]+\}")
HALF_WIDTH = re.compile(r"[,;:!?()\"']")


def kinds(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every refusal there is, wherever it is defined."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def all_kinds() -> list[type[Refusal]]:
    for path in modules():
        if "(Refusal)" in path.read_text(encoding="utf-8"):
            import_module(name_of(path).removesuffix(".py").replace("/", "."))
    return sorted(set(kinds()), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_a_refusal_is_one_short_chinese_sentence(kind: type[Refusal]) -> None:
    words = FACT.sub("", kind.text)
    assert len(words) <= LONGEST
    assert kind.text.endswith("。")
    assert words.count("。") == 1
    assert "！" not in words
    assert not HALF_WIDTH.search(words)
    assert 400 <= kind.status < 500 or kind is Busy
