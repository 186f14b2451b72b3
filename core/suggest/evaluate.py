"""How good a suggestion is: folds that never part a message from its twin, and what abstaining buys."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.suggest.labelled import Labelled
from core.suggest.learn import count, learn, likelihoods
from core.suggest.model import Floats

FOLDS = 5
LEVELS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_SIGN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Level:
    """One point of the abstention curve: speaking only from `least` on, how often one speaks and is right."""

    least: float
    spoken: float
    right: float


@dataclass(frozen=True, slots=True)
class Marks:
    """The figures of a set of judgements. `macro_f1` counts every label alike; `levels` is the abstention curve."""

    rows: int
    labels: int
    macro_f1: float
    top1: float
    top3: float
    levels: tuple[Level, ...]
    seconds: float = 0.0
    megabytes: float = 0.0


def groups(rows: Sequence[Labelled]) -> list[int]:
    """A number for each row, the same for rows with one key or one text, so that twins stay together."""
    above = list(range(len(rows)))

    def top(at: int) -> int:
        while above[at] != at:
            above[at] = above[above[at]]
            at = above[at]
        return at

    seen: dict[tuple[str, str], int] = {}
    for at, row in enumerate(rows):
        body, whole = _SIGN.sub("", row.content), _SIGN.sub("", row.title + row.content)
        for mark in {("text", body), ("text", whole)} | ({("key", row.key)} if row.key else set()):
            above[top(at)] = top(seen.setdefault(mark, at))
    return [top(at) for at in range(len(rows))]


def folds(rows: Sequence[Labelled], number: int = FOLDS, seed: int = 7) -> list[int]:
    """The fold of each row; a group lies in one fold as a whole."""
    held = groups(rows)
    turn = np.random.default_rng(seed).permutation(sorted(set(held)))
    fold = {int(group): place % number for place, group in enumerate(turn)}
    return [fold[group] for group in held]


def cross_validate(rows: Sequence[Labelled], number: int = FOLDS) -> Marks:
    """Learn on all folds but one, judge that one, for each; every row is judged once by a model that never saw it."""
    began, fold, read = time.process_time(), np.array(folds(rows, number)), count(rows)
    labels = sorted({row.label for row in rows})
    told, size = np.zeros((len(rows), len(labels)), np.float32), 0
    sharpness: float | None = None  # measured within the first fold's own lessons, then kept: half the work
    for one in range(number):
        model = learn([read[at] for at in np.flatnonzero(fold != one)], sharpness)
        sharpness = model.sharpness
        judged = np.flatnonzero(fold == one)
        columns = np.array([labels.index(label) for label in model.labels])
        told[np.ix_(judged, columns)] = likelihoods(model, [read[at] for at in judged])
        size = max(size, len(model.packed()))
    truth = [labels.index(row.label) for row in rows]
    return marks(told, truth, time.process_time() - began, size / 1_000_000)


def marks(told: Floats, truth: Sequence[int], seconds: float = 0.0, megabytes: float = 0.0) -> Marks:
    """The figures of likelihoods against the truth."""
    right, first = np.array(truth), told.argmax(axis=1)
    three = np.argsort(-told, axis=1, kind="stable")[:, :3]
    hit, sure = first == right, told.max(axis=1)
    levels = []
    for least in LEVELS:
        spoken = sure >= least
        levels.append(Level(least, float(spoken.mean()), float(hit[spoken].mean()) if spoken.any() else 1.0))
    top3 = float((three == right[:, None]).any(axis=1).mean())
    f1 = macro_f1(first.tolist(), right.tolist())
    return Marks(len(right), told.shape[1], f1, float(hit.mean()), top3, tuple(levels), seconds, megabytes)


def macro_f1(said: Iterable[object], truth: Iterable[object]) -> float:
    """The mean over all true labels of F1, each label alike however rare."""
    hit, wrong, missed = defaultdict[object, int](int), defaultdict[object, int](int), defaultdict[object, int](int)
    for one, right in zip(said, truth, strict=True):
        if one == right:
            hit[right] += 1
        else:
            wrong[one] += 1
            missed[right] += 1
    labels = {*hit, *missed}
    scores = [2 * hit[label] / (2 * hit[label] + wrong[label] + missed[label]) for label in labels]
    return sum(scores) / len(scores) if scores else 0.0
