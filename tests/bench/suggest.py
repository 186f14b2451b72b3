"""suggest.*: five folds over the public appeals, the duty list alone, and what one suggestion costs.

The data lie outside this tree; without them the part says so and measures nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from core.policy import load_policy
from core.suggest.evaluate import Marks, cross_validate
from core.suggest.files import read_labelled
from core.suggest.judge import of_duties
from core.suggest.labelled import Labelled
from core.suggest.learn import count, learn
from core.suggest.model import TextModel, unpacked
from core.suggest.ranking import Matter, Ranking
from core.suggest.suggester import Suggester
from tests.bench.figures import Figure
from tests.databases import ROOT

FOLDER = Path(os.environ.get("BENCH_DATA", ROOT.parent / "shared" / "data")) / "appeals"
RAW, SEGMENTED = FOLDER / "taidi_labelled_dev.csv", FOLDER / "taidi_segmented_dev.csv.gz"
ANY = "any"
MESSAGES = 400


def figures() -> Iterator[Figure]:
    """Every figure, or none and a sentence when the data are not there."""
    if not (RAW.exists() and SEGMENTED.exists()):
        print(f"suggest: no appeals in {FOLDER}; set BENCH_DATA to the folder that holds appeals/")
        return
    raw = read_labelled(RAW)
    rows = raw + read_labelled(SEGMENTED)
    yield from _folds(cross_validate(rows))
    yield from _duties(raw)
    yield from _cost(raw, learn(count(rows)))


def _folds(told: Marks) -> Iterator[Figure]:
    how = f"5 folds of {told.rows} raw and segmented messages, twins and equal texts on one side"
    yield Figure(ANY, "suggest.macro_f1", told.macro_f1, "share", how, at_least=0.915)
    yield Figure(ANY, "suggest.top3", told.top3, "share", how, at_least=0.995)
    for level in told.levels[1:]:
        name, said = f"suggest.right_at_{level.least:.1f}", f"spoken for {level.spoken:.1%} of the messages"
        yield Figure(ANY, name, level.right, "share", f"abstaining below {level.least}: {said}")
    yield Figure(ANY, "suggest.folds_seconds", told.seconds, "s", "learning and judging the five folds, processor time")


def _duties(raw: list[Labelled]) -> Iterator[Figure]:
    told, how = of_duties(raw, _suggester(None), load_policy().duties), f"{len(raw)} raw messages, no training at all"
    yield Figure(ANY, "suggest.duties_only_f1", told.macro_f1, "share", how)
    yield Figure(ANY, "suggest.duties_only_top1", told.top1, "share", how)
    yield Figure(ANY, "suggest.duties_only_top3", told.top3, "share", how)


def _cost(raw: list[Labelled], model: TextModel) -> Iterator[Figure]:
    packed = model.packed()
    suggester = _suggester(unpacked(packed))
    units = frozenset(code for codes in load_policy().duties.labels.values() for code in codes)
    matters = [Matter(row.title, row.content) for row in raw[:MESSAGES]]
    suggester.suggest(matters[0], units)
    began = time.process_time()
    for matter in matters:
        suggester.suggest(matter, units)
    spent = (time.process_time() - began) / len(matters) * 1000
    how = f"duty list and model with reasons, {len(matters)} raw messages, processor time of one thread"
    yield Figure(ANY, "suggest.ms", spent, "ms", how, at_most=5)
    yield Figure(ANY, "suggest.mb", len(packed) / 1_000_000, "MB", "the stored model of all messages, numbers only")


def _suggester(model: TextModel | None) -> Suggester:
    listed = load_policy().duties
    return Suggester(listed, Ranking(listed, max(duty.valid_from for duty in listed.duties)), {}, model)
