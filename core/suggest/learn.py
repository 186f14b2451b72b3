"""Learning the text model from labelled messages: TF-IDF over hashed n-grams and a linear SVM, made likely by scale.

scikit-learn loads here and nowhere else: only the process that trains pays for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.suggest.grams import Counts, Keys, counted
from core.suggest.labelled import Labelled, TooLittle
from core.suggest.model import Floats, TextModel, weigh

LEAST = 2  # n-grams that one message alone holds teach nothing
MOST = 400_000
SLACK = 3.0
TELLING, SPARE = 0.3, 1.05  # how much it counts that an n-gram stands under few labels
HELD_BACK = 0.15
SHARPNESS = tuple(0.5 * step for step in range(1, 21))
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Counted:
    """A labelled message read into n-grams, once for all folds."""

    keys: Keys
    counts: Counts
    label: str


def count(rows: Sequence[Labelled]) -> list[Counted]:
    return [Counted(*counted(row.title, row.content), row.label) for row in rows]


def learn(rows: Sequence[Counted], sharpness: float | None = None, seed: int = 7) -> TextModel:
    """A model of all rows; how sharp its likelihoods are is given, or measured on a part of them. Raises TooLittle."""
    labels = tuple(sorted({row.label for row in rows}))
    if len(labels) < 2:
        raise TooLittle("至少要有两个单位的已办结办件才能训练")
    return _fit(rows, labels, _measured(rows, labels, seed) if sharpness is None else sharpness)


def _measured(rows: Sequence[Counted], labels: tuple[str, ...], seed: int) -> float:
    turn = np.random.default_rng(seed).permutation(len(rows))
    held = turn[: int(len(rows) * HELD_BACK)]
    rest = [rows[at] for at in turn[len(held) :]]
    if len(held) < 10 or len({row.label for row in rest}) < len(labels):
        return SHARPNESS[5]
    return _sharpness(_fit(rest, labels, 1.0), [rows[at] for at in held])


def _fit(rows: Sequence[Counted], labels: tuple[str, ...], sharpness: float) -> TextModel:
    from sklearn.svm import LinearSVC

    truth = np.array([labels.index(row.label) for row in rows])
    keys, rarity = _vocabulary(rows, truth, len(labels))
    machine = LinearSVC(C=SLACK, class_weight="balanced", tol=1e-2, random_state=0)
    machine.fit(_matrix(rows, keys, rarity), truth)
    weights, bias = machine.coef_, machine.intercept_
    if len(labels) == 2:  # one margin separates two labels: each gets its half
        weights, bias = np.vstack([-weights[0], weights[0]]) / 2, np.array([-bias[0], bias[0]]) / 2
    table = weights.T.astype(np.float16)
    return TextModel(labels, keys, rarity, table, bias.astype(np.float32), sharpness, len(rows))


def _vocabulary(rows: Sequence[Counted], truth: Numbers, labels: int) -> tuple[Keys, Floats]:
    """Every n-gram that at least two messages hold, the commonest of them, with its weight.

    The weight is how rare it is, and how telling: one that stands under every label alike says little of any.
    """
    together = np.concatenate([row.keys for row in rows])
    keys, where, held = np.unique(together, return_inverse=True, return_counts=True)
    least = LEAST
    if (held >= least).sum() > MOST:
        least = int(np.sort(held)[-MOST])
    kept = held >= least
    rarity = np.log((1 + len(rows)) / (1 + held[kept])) + 1
    whose = np.repeat(truth, [len(row.keys) for row in rows])
    sizes = np.bincount(truth, minlength=labels)
    share = np.zeros((int(kept.sum()), labels))
    for label in range(labels):
        share[:, label] = np.bincount(where[whose == label], minlength=len(keys))[kept] / max(1, sizes[label])
    share += 1 / len(rows)
    share /= share.sum(axis=1, keepdims=True)
    blur = -(share * np.log(share)).sum(axis=1) / np.log(labels)
    return keys[kept], (rarity * (SPARE - blur) ** TELLING).astype(np.float32)


def _matrix(rows: Sequence[Counted], keys: Keys, rarity: Floats) -> Any:
    from scipy.sparse import csr_matrix

    weighed = [weigh(keys, rarity, row.keys, row.counts) for row in rows]
    ends = np.cumsum([0, *(len(at) for at, _, _ in weighed)])
    columns = np.concatenate([at for at, _, _ in weighed])
    return csr_matrix((np.concatenate([one for _, one, _ in weighed]), columns, ends), shape=(len(rows), len(keys)))


def margins(model: TextModel, rows: Sequence[Counted]) -> Floats:
    """The margin of every row to every label."""
    told = np.zeros((len(rows), len(model.labels)), np.float32)
    table = model.weights.astype(np.float32)
    for number, row in enumerate(rows):
        at, weight, _ = weigh(model.keys, model.rarity, row.keys, row.counts)
        told[number] = weight @ table[at] + model.bias
    return told


def likelihoods(model: TextModel, rows: Sequence[Counted], sharpness: float | None = None) -> Floats:
    told = margins(model, rows) * (model.sharpness if sharpness is None else sharpness)
    raised = np.exp(told - told.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _sharpness(model: TextModel, rows: Sequence[Counted]) -> float:
    """The scale under which the likelihoods say the truth most honestly (least log loss)."""
    truth = np.array([model.labels.index(row.label) for row in rows])
    spots = np.arange(len(rows))

    def loss(scale: float) -> float:
        return float(-np.log(likelihoods(model, rows, scale)[spots, truth] + 1e-9).mean())

    return min(SHARPNESS, key=loss)
