"""Duty list and text model together: up to three units with what speaks for each, or the word that it is unsure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.policy.duties import TOWN, DutyList
from core.suggest.ranking import Call, Matter, Ranking, likely

if TYPE_CHECKING:
    from core.suggest.model import Opinion, TextModel

MOST = 3
HARDLY = 0.001  # a unit less likely than that is not named


@dataclass(frozen=True, slots=True)
class Proposed:
    """One unit: how likely, the words and the duty line (its id, or empty) that speak for it."""

    unit: str
    share: float
    words: tuple[str, ...]
    duty: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is suggested for one case. `known`: the share of its text the model had met; None without a model."""

    units: tuple[Proposed, ...]
    sure: bool
    known: float | None


class Suggester:
    """Judges one matter after the other. `upper` names for each sub-unit the unit the centre sends to."""

    def __init__(
        self, listed: DutyList, ranking: Ranking, upper: Mapping[str, str], model: TextModel | None = None
    ) -> None:
        self._listed, self._ranking, self._upper, self._model = listed, ranking, upper, model

    def suggest(self, matter: Matter, open_units: Collection[str]) -> Proposal:
        """Up to three of the open units; `sure` by the policy of the duty list."""
        calls = self._ranking.calls(matter)
        by_duty = self._lifted(likely(calls))
        opinion = self._model.judge(matter.title, matter.content) if self._model else None
        shares = self._mixed(by_duty, opinion, matter.town)
        ranked = sorted(((share, unit) for unit, share in shares.items() if unit in open_units), reverse=True)
        named = [self._proposed(unit, share, calls, matter) for share, unit in ranked[:MOST] if share >= HARDLY]
        sure = bool(named) and named[0].share >= self._listed.sure.least
        return Proposal(tuple(named), sure, opinion.known if opinion else None)

    def by_duty(self, matter: Matter) -> dict[str, float]:
        """What the duty list alone says of each unit."""
        return self._lifted(likely(self._ranking.calls(matter)))

    def _lifted(self, shares: Mapping[str, float]) -> dict[str, float]:
        """The share of a sub-unit counts for the unit above it, which hands the case down."""
        lifted: dict[str, float] = defaultdict(float)
        for unit, share in shares.items():
            lifted[self._upper.get(unit, unit)] += share
        return lifted

    def _mixed(self, by_duty: Mapping[str, float], opinion: Opinion | None, town: str) -> dict[str, float]:
        """The two opinions weighed; a text of words the model hardly knows is left to the duty list."""
        sure = self._listed.sure
        if opinion is None or opinion.known < sure.known_words:
            return dict(by_duty)
        mixed: dict[str, float] = defaultdict(float)
        for unit, share in by_duty.items():
            mixed[unit] += (1 - sure.model) * share
        for label, share in opinion.likely.items():
            for unit, part in self._units_of(label, by_duty, town).items():
                mixed[unit] += sure.model * share * part
        return mixed

    def _units_of(self, label: str, by_duty: Mapping[str, float], town: str) -> dict[str, float]:
        """The units a label stands for; a label of many is shared out as the duty list has them."""
        if label == TOWN:
            return {town: 1.0} if town else {}
        units = self._listed.labels.get(label, (label,))
        weights = {unit: by_duty.get(unit, 0.0) + 0.01 for unit in units}
        total = sum(weights.values())
        return {unit: weight / total for unit, weight in weights.items()}

    def _proposed(self, unit: str, share: float, calls: list[Call], matter: Matter) -> Proposed:
        call = next((one for one in calls if self._upper.get(one.unit, one.unit) == unit), None)
        words = call.words if call else ()
        if not words and self._model and (label := self._label_of(unit, matter.town)):
            words = tuple(self._model.words(matter.title, matter.content, label))
        return Proposed(unit, round(share, 4), words, call.duty.id if call else "")

    def _label_of(self, unit: str, town: str) -> str:
        labels = self._model.labels if self._model else ()
        if unit in labels:
            return unit
        if unit == town and TOWN in labels:
            return TOWN
        return next((label for label in labels if unit in self._listed.labels.get(label, ())), "")
