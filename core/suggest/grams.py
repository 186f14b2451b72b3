"""Texts as hashed character n-grams: plain numpy, so that a model holds numbers only and no words of anybody."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.suggest.plaintext import HAN, normal

Keys = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.float32]

SIZES = (1, 2, 3)
TITLE_WEIGHT = 2
_PRIME, _SHIFT, _FOLD = np.uint64(0x9E3779B97F4A7C15), np.uint64(29), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def grams(text: str, size: int) -> Keys:
    """The hash of every run of `size` characters of a normal text, in order."""
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    count = len(signs) - size + 1
    if count <= 0:
        return np.zeros(0, np.uint32)
    mixed = signs[:count] * _PRIME
    for step in range(1, size):
        mixed = (mixed ^ (mixed >> _SHIFT)) * _PRIME + signs[step : step + count] * _PRIME
    mixed = mixed * _PRIME + np.uint64(size)
    return ((mixed ^ (mixed >> _FOLD)) & _LOW).astype(np.uint32)


def counted(title: str, content: str) -> tuple[Keys, Counts]:
    """The n-grams of a message with how often each occurs, sorted; those of the title count double."""
    parts = [grams(text, size) for text in (normal(title),) * TITLE_WEIGHT + (normal(content),) for size in SIZES]
    keys, counts = np.unique(np.concatenate(parts), return_counts=True)
    return keys, counts.astype(np.float32)


def speakable(title: str, content: str) -> Iterator[tuple[str, int]]:
    """The two- and three-character Chinese runs of a message with their hashes: what may be named as a reason."""
    seen = set()
    for run in HAN.findall(f"{normal(title)}。{normal(content)}"):
        for size in (3, 2):
            for start, key in enumerate(grams(run, size)):
                if (word := run[start : start + size]) not in seen:
                    seen.add(word)
                    yield word, int(key)
