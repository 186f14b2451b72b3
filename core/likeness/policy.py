"""The table policy/likeness.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from core.policy import read


@dataclass(frozen=True, slots=True)
class LikenessPolicy:
    """How far back, how many, from which likeness on; `words` maps each word to the one it is read as.

    `of_places` is what places have in common, `matters` are the words that name a matter.
    """

    days: int
    most: int
    score: float
    nearby: float
    same_caller: float
    fades: float
    one_matter: float
    of_places: tuple[str, ...]
    matters: frozenset[str]
    words: Mapping[str, str]


@cache
def load_likeness() -> LikenessPolicy:
    """The table. Raises ValueError when one word is said to mean two things."""
    table = dict(read("likeness.yaml"))
    words: dict[str, str] = {}
    for row in table.pop("same_meaning"):
        for word in row[1:]:
            if words.setdefault(word, row[0]) != row[0]:
                raise ValueError(f"likeness.yaml: {word} means two things")
    by_length = dict(sorted(words.items(), key=lambda pair: -len(pair[0])))
    matters, common = frozenset(table.pop("matters")), sorted(table.pop("of_places"), key=len, reverse=True)
    return LikenessPolicy(words=MappingProxyType(by_length), matters=matters, of_places=tuple(common), **table)
