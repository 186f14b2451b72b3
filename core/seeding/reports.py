"""分析研判 of the practice ground: the reports of past days, weeks and the month, and the one being written now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from core.models.briefings import briefings
from core.policy import read
from core.seeding.draws import Draws
from core.seeding.stage import Stage, Steps
from core.worktime import ONE_DAY, SHANGHAI, local_date

BACK = timedelta(days=35)
DAILY = timedelta(days=8)
"""How far back weekly and monthly reports reach, and daily ones."""
AFOOT = 50
"""Office minutes ago the report of the running week was begun."""


def reports(stage: Stage, seed: int = 2026) -> Steps:
    """Written on the mornings of office days by the desk, submitted by its head; nothing where reports are known."""
    core = stage.core
    if core._read(lambda tx: tx.execute(select(briefings.c.id).limit(1)).first()):
        return
    words, rng = read("seed/reports.yaml"), Draws(seed).rng
    stage.begin(_afoot(stage))
    first = local_date(max(stage.end - BACK, stage.now + ONE_DAY * 7))
    for ahead in range((local_date(stage.end) - first).days + 1):
        day = first + ahead * ONE_DAY
        for number, (kind, about) in enumerate(_due(stage, day)):
            yield datetime.combine(day, time(8, 36 + 5 * number, rng.randrange(60)), SHANGHAI)
            stage.begin(_one(stage, kind, about, words, rng))


def _due(stage: Stage, day: date) -> Iterator[tuple[str, date]]:
    """The reports of this morning, each with a day of what it is about: of what ended since the last office day."""
    calendar = stage.core.calendar()
    if not calendar.is_workday(day):
        return
    last = day - ONE_DAY
    while not calendar.is_workday(last):
        last -= ONE_DAY
    if stage.end - datetime.combine(day, time(), SHANGHAI) < DAILY:
        yield "day", last
    if last.isocalendar().week != day.isocalendar().week:
        yield "week", last
    if last.month != day.month:
        yield "month", last


def _one(stage: Stage, kind: str, about: date, words: Mapping[str, Sequence[str]], rng: Random) -> Steps:
    """Figures taken and the summary drafted by the desk; the head adds what they make of it, and submits."""
    core = stage.core
    yield stage.now
    core.measures.fold()
    number = core.briefings.begin(stage.desk().actor, kind, about)
    yield stage.now + timedelta(minutes=rng.randint(18, 55))
    head = stage.desk("desk_head").actor
    draft = core.briefings.draft(head, number)
    topic = draft.figures.topics[0].title if draft.figures.topics else "群众诉求"
    texts = {name: rng.choice(words[name]).format(topic=topic) for name in ("analysis", "advice")}
    core.briefings.submit(head, number, draft.seq, {**draft.texts, **texts})


def _afoot(stage: Stage) -> Steps:
    yield stage.ago(AFOOT)
    stage.core.measures.fold()
    stage.core.briefings.begin(stage.desk().actor, "week", local_date(stage.now))
