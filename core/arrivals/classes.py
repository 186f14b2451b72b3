"""Which class of the tree a text speaks of: pairs of characters, weighed by how few classes they occur in."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache

from core.policy import Policy, load_policy, read

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SLOT = re.compile(r"\{\w+\}")
OF_TITLE, OF_SAMPLE_TITLE, OF_SAMPLE = 3.0, 1.5, 0.4
SURE, OFFERED = 9.0, 3.0
"""A score that fills the field, and one that is worth offering."""


def likely_classes(text: str, most: int = 5) -> list[tuple[str, float]]:
    """Codes with their scores, best first; the samples of the seed speak for their class."""
    weights = _weights()
    found: defaultdict[str, float] = defaultdict(float)
    for pair in pairs(text):
        for code, weight in weights.get(pair, {}).items():
            found[code] += weight
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [(code, score) for code, score in ranked[:most] if score >= OFFERED]


def sure_class(text: str) -> str:
    """The one class a text speaks of; empty when there is none, or two as likely."""
    ranked = likely_classes(text, 2)
    if not ranked or ranked[0][1] < SURE or (len(ranked) > 1 and ranked[0][1] < 1.5 * ranked[1][1]):
        return ""
    return ranked[0][0]


def pairs(text: str) -> set[str]:
    """Every two neighbouring Chinese characters."""
    return {run[at : at + 2] for run in _HAN.findall(text) for at in range(len(run) - 1)}


@cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    policy: Policy = load_policy()
    raw: dict[str, Counter[str]] = defaultdict(Counter)
    for row in policy.classes.values():
        if row.level == 3:
            _add(raw[row.code], row.title, OF_TITLE)
    for sample in read("seed/appeals.yaml")["appeals"]:
        if sample["class"] in raw:
            _add(raw[sample["class"]], sample["title"], OF_SAMPLE_TITLE)
            _add(raw[sample["class"]], sample["content"], OF_SAMPLE)
    spread = Counter(pair for counted in raw.values() for pair in counted)
    weights: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for code, counted in raw.items():
        for pair, weight in counted.items():
            weights[pair][code] = min(weight, 4.0) * math.log(1 + len(raw) / spread[pair])
    return dict(weights)


def _add(into: Counter[str], text: str, weight: float) -> None:
    for pair in pairs(_SLOT.sub(" ", text)):
        into[pair] += weight  # type: ignore[assignment]
