"""The helper beside the dispatcher: makes suggestions before a case is opened, learns from how cases ended."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Engine

from core.people import Actor
from core.policy.duties import TOWN
from core.ports import Clock
from core.queries.accuracy import Accuracy, accuracy
from core.suggest import rows, shelf
from core.suggest.labelled import Labelled, TooLittle
from core.suggest.ranking import Ranking
from core.suggest.suggester import Suggester
from core.work import World
from core.worktime import local_date

if TYPE_CHECKING:
    from core.suggest.evaluate import Marks
    from core.suggest.model import TextModel

log = structlog.get_logger()

LOOK_AGAIN_S = 20.0  # how long the model in use may be an older one
JUDGED = 0.2  # the newest part of the closed cases a new model is judged by
Write = Callable[..., Any]


class Suggestions:
    """Dispatch suggestions of one Core. Thread-safe; numpy and scikit-learn load only where they are used."""

    def __init__(self, engine: Engine, clock: Clock, world: Callable[[], World], write: Write, key: bytes) -> None:
        self._engine, self._clock, self._world, self._write, self._key = engine, clock, world, write, key
        self._lock = threading.Lock()
        self._model: tuple[float, int | None, TextModel | None] = (float("-inf"), None, None)
        self._ranking: tuple[object, Ranking] | None = None

    def make(self, case_id: int | None = None, most: int = 100) -> int:
        """Make the suggestions that are missing: of one case, or of all that wait. Returns how many."""
        with self._engine.connect().execution_options(readonly=True) as tx:
            found = rows.waiting(tx, most, case_id)
        if not found:
            return 0
        world, listed = self._world(), self._world().policy.duties
        number, model = self._in_use()
        suggester = self._suggester(world, model)
        units = rows.open_units(world.directory)
        told = [(case, suggester.suggest(rows.matter_of(case, world.directory), units)) for case in found]
        with self._engine.begin() as tx:
            for case, proposal in told:
                rows.keep(tx, case, proposal, world.directory, number, listed.version, self._clock.now())
        return len(told)

    def before_drawing(self, case_id: int) -> None:
        """The suggestion of a case whose card is about to be drawn; a card never waits for one that fails."""
        try:
            self.make(case_id)
        except Exception:
            log.exception("no suggestion made", case=case_id)

    def accuracy(self) -> Accuracy:
        """How good the suggestions of ninety days were."""
        with self._engine.connect().execution_options(readonly=True) as tx:
            return accuracy(tx, self._world(), self._clock.now())

    def ask_for_training(self, actor: Actor | None) -> None:
        """Wish for a new model from the closed cases; the worker learns it. On record."""
        now = self._clock.now()
        self._write(actor, "suggest.training_asked", "model:cases", lambda tx: shelf.ask(tx, "cases", now))

    def train_if_asked(self) -> bool:
        """In the worker: learn what was wished for. True when there was a wish."""
        with self._engine.connect().execution_options(readonly=True) as tx:
            row = shelf.asked(tx)
        if row is None:
            return False
        world = self._world()
        with self._engine.connect().execution_options(readonly=True) as tx:
            labelled = shelf.closed_cases(tx, world.directory, world.policy.duties.sure.least_cases)
        self._learn(row, labelled, by_time=True)
        return True

    def train_labelled(self, labelled: Sequence[Labelled], source: str) -> dict[str, Any]:
        """Learn from labelled messages now. Returns the figures. Raises TooLittle.

        A label is a unit by any of its names, or one that the duty list knows.
        """
        now, labelled = self._clock.now(), self._named(labelled)
        row = self._write(None, "suggest.training_asked", f"model:{source[:40]}", lambda tx: shelf.ask(tx, source, now))
        return self._learn(row, labelled, by_time=False)

    def duties_alone(self, labelled: Sequence[Labelled]) -> Marks:
        """The figures of the duty list without any training."""
        from core.suggest.judge import of_duties

        world = self._world()
        return of_duties(self._named(labelled), self._suggester(world, None), world.policy.duties)

    def _named(self, labelled: Sequence[Labelled]) -> list[Labelled]:
        """Labels by their unit codes. Raises TooLittle naming a label that is neither a unit nor known."""
        world, told = self._world(), []
        for row in labelled:
            unit = world.directory.by_word.get(row.label)
            if unit is None and row.label not in world.policy.duties.labels and row.label != TOWN:
                raise TooLittle(f"「{row.label[:20]}」不是单位，也不是认识的标签")
            told.append(row if unit is None else replace(row, label=world.directory.units[unit].code))
        return told

    def _learn(self, row: int, labelled: Sequence[Labelled], *, by_time: bool) -> dict[str, Any]:
        """Judge on a part held back, then learn from everything; a model worse than the duty list is put aside."""
        from core.suggest.learn import count, learn

        try:
            figures = self._judged(labelled, by_time=by_time)
            model = learn(count(labelled))
        except TooLittle as fault:
            why, now = str(fault), self._clock.now()
            self._write(None, "suggest.trained", f"model:{row}", lambda tx: shelf.fail(tx, row, why, now), "TooLittle")
            raise
        better = figures["top1"] >= figures["duties_top1"]
        now = self._clock.now()
        self._write(
            None, "suggest.trained", f"model:{row}",
            lambda tx: shelf.put(tx, row, model, figures, better, self._key, now),
        )  # fmt: skip
        self.forget()
        return {**figures, "in_use": better, "model": row}

    def forget(self) -> None:
        """Look for the model in use anew at the next suggestion."""
        self._model = (float("-inf"), None, None)

    def _judged(self, labelled: Sequence[Labelled], *, by_time: bool) -> dict[str, Any]:
        """The figures of a model that has not seen the newest fifth (a drawn fifth of a file), and of duties alone."""
        from core.suggest.judge import judged

        held = list(labelled)  # newest first
        if not by_time:
            random.Random(7).shuffle(held)
        cut = max(1, int(len(held) * JUDGED))
        world = self._world()
        return judged(held[cut:], held[:cut], self._suggester(world, None), world.policy.duties)

    def _suggester(self, world: World, model: TextModel | None) -> Suggester:
        listed, day = world.policy.duties, local_date(self._clock.now())
        if self._ranking is None or self._ranking[0] != (listed.version, day):
            leads = {row.code: row.lead for row in world.policy.classes.values() if row.lead}
            self._ranking = ((listed.version, day), Ranking(listed, day, leads))
        return Suggester(listed, self._ranking[1], rows.uppers(world.directory), model)

    def _in_use(self) -> tuple[int | None, TextModel | None]:
        """The model in use, looked for again every twenty seconds; one that is not as it was put is not used."""
        with self._lock:
            looked_at, number, model = self._model
            if time.monotonic() - looked_at >= LOOK_AGAIN_S:
                with self._engine.connect().execution_options(readonly=True) as tx:
                    newest = shelf.latest(tx)
                    if newest != number:
                        number, model = newest, self._loaded(tx, newest)
                self._model = (time.monotonic(), number, model)
            return (number, model) if model is not None else (None, None)

    def _loaded(self, tx: Connection, row: int | None) -> TextModel | None:
        if row is None:
            return None
        from core.suggest.model import BadModel

        try:
            return shelf.load(tx, row, self._key)
        except BadModel as fault:
            log.error("text model refused", model=row, why=str(fault))
            return None
