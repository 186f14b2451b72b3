"""The table policy/recall.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from core.policy import read

WEIGHTS = frozenset({"words", "meaning", "unit", "upper", "kind", "class", "town", "place"})


@dataclass(frozen=True, slots=True)
class RulingRules:
    """How many rulings are shown, among how many, from which nearness on; `weights` as in the table."""

    shown: int
    kept: int
    least: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """How many promises are shown; `metres` between coordinates, `near` between names (0 to 1), `days` back."""

    shown: int
    metres: float
    near: float
    days: int


@dataclass(frozen=True, slots=True)
class RecallPolicy:
    """recall.yaml. `endings`: ending → kind of place, longest first; `between`: words that name no place, `hinges`
    signs that are part of no name when they stand at its edge.
    """

    rulings: RulingRules
    promises: PromiseRules
    endings: Mapping[str, str]
    between: tuple[str, ...]
    hinges: str


@cache
def load_recall() -> RecallPolicy:
    """The table. Raises ValueError for a weight that is unknown or missing, or an ending of two kinds."""
    table = read("recall.yaml")
    weights = {name: float(weight) for name, weight in table["rulings"].pop("weights").items()}
    if set(weights) != WEIGHTS:
        raise ValueError(f"recall.yaml: weights are {', '.join(sorted(WEIGHTS))}")
    endings: dict[str, str] = {}
    for kind, words in table["endings"].items():
        for word in words:
            if endings.setdefault(word, kind) != kind:
                raise ValueError(f"recall.yaml: {word} ends two kinds of place")
    return RecallPolicy(
        RulingRules(**table["rulings"], weights=MappingProxyType(weights)),
        PromiseRules(**table["promises"]),
        MappingProxyType(dict(sorted(endings.items(), key=lambda one: -len(one[0])))),
        tuple(sorted(table["between"], key=len, reverse=True)),
        table["hinges"],
    )
