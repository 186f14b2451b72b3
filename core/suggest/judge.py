"""Judging on a part held back: the model, and beside it the duty list alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.policy.duties import DutyList
from core.suggest.evaluate import Marks, marks
from core.suggest.labelled import Labelled, TooLittle
from core.suggest.learn import count, learn, likelihoods
from core.suggest.model import TextModel
from core.suggest.ranking import Matter
from core.suggest.shelf import figures_of
from core.suggest.suggester import Suggester

LEAST = 20


def judged(taught: Sequence[Labelled], held: Sequence[Labelled], alone: Suggester, listed: DutyList) -> dict[str, Any]:
    """The figures of a model taught by `taught` on `held`, and those of the duty list. Raises TooLittle."""
    if len(taught) < LEAST:
        raise TooLittle(f"可用的件只有 {len(taught) + len(held)} 件，再多办结一些才能训练")
    model = learn(count(taught))
    own = of_model(model, held)
    duties = of_duties(held, alone, listed)
    return {**figures_of(own), "duties_top1": round(duties.top1, 4), "duties_top3": round(duties.top3, 4)}


def of_model(model: TextModel, held: Sequence[Labelled]) -> Marks:
    """The figures of a model; a label it never met counts as missed."""
    labels = sorted({*model.labels, *(row.label for row in held)})
    told = np.zeros((len(held), len(labels)), np.float32)
    told[:, [labels.index(label) for label in model.labels]] = likelihoods(model, count(held))
    return marks(told, [labels.index(row.label) for row in held])


def of_duties(held: Sequence[Labelled], alone: Suggester, listed: DutyList) -> Marks:
    """The figures of the duty list alone. A label that stands for several units is met by any of them."""
    labels = sorted({row.label for row in held})
    units = {label: listed.labels.get(label, (label,)) for label in labels}
    told, began = np.zeros((len(held), len(labels)), np.float32), time.process_time()
    for number, row in enumerate(held):
        shares = alone.by_duty(Matter(row.title, row.content, town="@town"))
        for at, label in enumerate(labels):
            told[number, at] = sum(shares.get(unit, 0.0) for unit in units[label])
    return marks(told, [labels.index(row.label) for row in held], time.process_time() - began)
