"""Chance without memory: the same seed and the same whole numbers always throw the same."""

from __future__ import annotations

import math
import zlib

MASK = (1 << 64) - 1
ONE, TWO, THREE = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def seed_of(*words: object) -> int:
    """A seed for a name."""
    text = "\n".join(str(word) for word in words).encode()
    return zlib.crc32(text) << 32 | zlib.adler32(text)


def throw(seed: int, *numbers: int) -> float:
    """Evenly between 0 and 1 (never 1)."""
    state = seed
    for number in (*numbers, 1):
        state = (state + (number & MASK) + ONE) & MASK
        state = (state ^ state >> 30) * TWO & MASK
        state = (state ^ state >> 27) * THREE & MASK
        state ^= state >> 31
    return (state >> 11) / (1 << 53)


def bell(seed: int, *numbers: int) -> float:
    """About a normal deviate, cut at ±2.5."""
    total = sum(throw(seed, *numbers, turn) for turn in range(4))
    return max(-2.5, min(2.5, (total - 2) * math.sqrt(3)))


def wave(seed: int, place: float) -> float:
    """A smooth line between -1 and 1 that turns about once in each whole step of `place`."""
    step = math.floor(place)
    part = place - step
    part = part * part * (3 - 2 * part)
    return 2 * (throw(seed, step) * (1 - part) + throw(seed, step + 1) * part) - 1


def count(seed: int, mean: float, *numbers: int) -> int:
    """How many of a thing happen that happens `mean` times as a rule (Poisson; near enough when it is many)."""
    if mean > 40:
        return max(0, round(mean + bell(seed, *numbers) * math.sqrt(mean)))
    left, term, many = throw(seed, *numbers), math.exp(-mean), 0
    while left > term and many < 200:
        left -= term
        many += 1
        term *= mean / many
    return many


def choice(weights: dict[str, float], place: float) -> str:
    """The word at a place between 0 and 1."""
    left = place * sum(weights.values())
    for word, weight in weights.items():
        left -= weight
        if left < 0:
            return word
    return next(reversed(weights))
