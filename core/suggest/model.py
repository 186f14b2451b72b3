"""The text model at work: numbers in, likelihood of each label out; numpy alone, nothing that could run code."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from core.suggest.grams import Counts, Keys, counted, speakable

Floats = npt.NDArray[np.float32]
FORMAT = 1
REASONS = 12  # the strongest words looked at for a reason


class BadModel(Exception):
    """The stored model is not what was stored, or not a model."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one message: the likelihood of each label, and the share of it the model knew."""

    likely: dict[str, float]
    known: float

    def ranked(self) -> list[tuple[str, float]]:
        return sorted(self.likely.items(), key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True, slots=True)
class TextModel:
    """A linear model over hashed n-grams. `keys` are sorted; a row of `weights` belongs to each."""

    labels: tuple[str, ...]
    keys: Keys
    rarity: Floats
    weights: npt.NDArray[np.float16]
    bias: Floats
    sharpness: float
    learnt_from: int

    def judge(self, title: str, content: str) -> Opinion:
        """The likelihood of every label; they add up to one."""
        keys, counts = counted(title, content)
        at, weight, known = weigh(self.keys, self.rarity, keys, counts)
        margins = weight @ self.weights[at].astype(np.float32) + self.bias
        raised = np.exp(self.sharpness * (margins - margins.max()))
        shares = raised / raised.sum()
        return Opinion(dict(zip(self.labels, shares.tolist(), strict=True)), known)

    def words(self, title: str, content: str, label: str, most: int = 2) -> list[str]:
        """The words of the message that speak most for `label`; only words other messages hold as well are known."""
        column, told = self.labels.index(label), list(speakable(title, content))
        keys = np.array([key for _, key in told], np.uint32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        rows = self.weights[at].astype(np.float32)
        force = np.where(self.keys[at] == keys, self.rarity[at] * (rows[:, column] - rows.mean(axis=1)), 0.0)
        found = [(float(force[place]), told[place][0]) for place in np.argsort(-force, kind="stable")[:REASONS]]
        chosen: list[str] = []
        for weight, word in found:
            if weight <= 0 or len(chosen) == most:
                break
            if not any(set(word) & set(other) for other in chosen):
                chosen.append(word)
        return chosen

    def packed(self) -> bytes:
        """The model as one compressed file of plain arrays."""
        file = BytesIO()
        np.savez_compressed(
            file, format=np.array([FORMAT]), labels=np.array(self.labels), keys=self.keys, rarity=self.rarity,
            weights=self.weights, bias=self.bias, rest=np.array([self.sharpness, self.learnt_from], np.float64),
        )  # fmt: skip
        return file.getvalue()


def weigh(known: Keys, rarity: Floats, keys: Keys, counts: Counts) -> tuple[npt.NDArray[np.intp], Floats, float]:
    """TF-IDF of one message: which rows, with which weight (length one), and what share of its n-grams is known."""
    if not len(known) or not len(keys):
        return np.zeros(0, np.intp), np.zeros(0, np.float32), 0.0
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    hit = known[at] == keys
    weight = (1 + np.log(counts[hit])) * rarity[at[hit]]
    length = float(np.linalg.norm(weight)) or 1.0
    share = float(counts[hit].sum() / counts.sum())
    return at[hit], (weight / length).astype(np.float32), share


def unpacked(content: bytes) -> TextModel:
    """A model from its file. Raises BadModel; objects that could run code are never read."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            if int(file["format"][0]) != FORMAT:
                raise BadModel("another format")
            labels: Sequence[str] = [str(label) for label in file["labels"]]
            model = TextModel(
                tuple(labels), file["keys"], file["rarity"], file["weights"], file["bias"], float(file["rest"][0]),
                int(file["rest"][1]),
            )  # fmt: skip
    except (ValueError, KeyError, OSError, EOFError, IndexError, BadZipFile, zlib.error) as fault:
        raise BadModel(str(fault)) from None
    if model.weights.shape != (len(model.keys), len(labels)) or model.rarity.shape != model.keys.shape:
        raise BadModel("arrays do not fit together")
    return model
