"""Two months of practice cases up to now, every one through the doors, so that history, log and deadlines agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import Connection, func, select, update

from core.facade import Core
from core.levels import Leg
from core.models.cases import case_legs, cases
from core.models.joint import joint_legs
from core.models.record import letters
from core.seeding import kinds, plots
from core.seeding.codes import looks
from core.seeding.courses import COURSES, Course
from core.seeding.desk import kept_by_hand
from core.seeding.draws import CHANNELS, Draws
from core.seeding.joint import open_lanes, tell_flags
from core.seeding.kinds import Fits
from core.seeding.lately import lately, moment
from core.seeding.plots import Plot
from core.seeding.reports import reports
from core.seeding.scenes import SCENES
from core.seeding.stage import Stage
from core.seeding.stories import Story
from core.seeding.walks import patrols
from core.watch import hushed
from core.worktime import SHANGHAI, local_date

EVERYDAY: tuple[tuple[Fits, Plot, int, int], ...] = (
    (kinds.is_advice, plots.advice, 0, 66),
    (kinds.for_unit, plots.plain, 8, 10),
    (kinds.is_idea, plots.plain, 4, 13),
    (kinds.is_idea, plots.advice, 1, 9),
    (kinds.is_praise, plots.advice, 1, 2),
)
"""What, how, how many office days before now at least, how often: with courses and scenes near domain-rules §2.2."""

OFFICE_DAY = 390  # minutes


@dataclass(frozen=True, slots=True)
class Told:
    """How a seeding went: cases told, and acts that were refused (none, when tables and stories agree)."""

    cases: int
    refused: tuple[str, ...]


def seed_cases(core: Core, count: int = 320, days: int = 60, seed: int = 2026, *, busy: bool = False) -> Told:
    """About `count` cases over `days` up to the core's now, the same for the same seed and moment.

    `busy` adds what a living district has on top of them: more cases these days, patrols, reports of days and weeks.

    They go through `register` and `execute` with a clock that walks. Their letters do not go out, save the newest card
    of each open case, so that phones show the work at hand.
    """
    end = core.clock.now()
    stage = Stage(core, end - timedelta(days=days), end, Draws(seed))
    before = _last_letter(core)
    for story, plot in chain(_told(stage, count, days), lately(stage) if busy else ()):
        stage.begin(plot(story))
    tell_flags(stage)
    stage.begin(looks(stage, days))
    if busy:
        for steps in (kept_by_hand, patrols, reports):
            stage.begin(steps(stage))
    stage.run()
    with core.engine.begin() as tx:
        _calm(tx, before, end)
        _hush(tx, core, end)
        known = tx.execute(select(func.count()).select_from(cases)).scalar_one()
    return Told(known, tuple(stage.refused))


def _told(stage: Stage, count: int, days: int) -> Iterator[tuple[Story, Plot]]:
    """Every story with the moment it begins: the scenes of today, the rarer courses, and the everyday for the rest."""
    for scene in SCENES:
        for minutes in scene.ago:
            jitter = timedelta(seconds=stage.rng.randrange(300))
            at = jitter + (stage.ago(minutes) if minutes > 0 else stage.end + timedelta(minutes=minutes))
            channel = stage.rng.choice(("RX", "RX", "RX", "WX", "WG", "QY"))
            yield Story(stage, stage.draws.wish(scene.fits, at, channel), at), scene.plot
    told = sum(len(scene.ago) for scene in SCENES)
    share = min(1.0, count / 320)
    for course in COURSES:
        for _ in range(max(1, round(course.times * share))):
            yield _course(stage, course, days)
            told += 1
    for number in range(max(0, count - told)):
        yield _everyday(stage, days, number)


def _course(stage: Stage, course: Course, days: int) -> tuple[Story, Plot]:
    at = _moment(stage, days, course.days)
    return Story(stage, stage.draws.wish(course.fits, at, course.channel), at), course.plot


def _everyday(stage: Stage, days: int, number: int) -> tuple[Story, Plot]:
    """The first few see to it that each kind and each source occurs; the rest is chance."""
    kinds_first, sources_first = EVERYDAY[number : number + 1], [*CHANNELS][number : number + 1]
    chosen = kinds_first or stage.rng.choices(EVERYDAY, [row[-1] for row in EVERYDAY])
    fits, plot, room, _ = chosen[0]
    at = _moment(stage, days, room)
    return Story(stage, stage.draws.wish(fits, at, "".join(sources_first)), at), plot


def _moment(stage: Stage, days: int, room: int) -> datetime:
    """A moment of the period, by the rhythm of day and week, at least `room` office days before its end."""
    first = stage.end - timedelta(days=days)
    latest = max(stage.ago(room * OFFICE_DAY + 120), first + timedelta(days=2))
    while True:
        day = first + timedelta(days=stage.rng.randrange(days + 1))
        if day.astimezone(SHANGHAI).weekday() >= 5 and stage.rng.random() < 0.45:
            continue
        if first <= (at := moment(stage, local_date(day))) <= latest:
            return at


def _last_letter(core: Core) -> int:
    with core.engine.connect().execution_options(readonly=True) as tx:
        last: int = tx.execute(select(func.coalesce(func.max(letters.c.id), 0))).scalar_one()
        return last


def _calm(tx: Connection, before: int, now: datetime) -> None:
    """Mark what was written as merged, but for the newest card of what is open, which waits from now on."""
    newest = (
        select(func.max(letters.c.id))
        .join(cases, cases.c.id == letters.c.case_id)
        .where(
            letters.c.kind == "card",
            letters.c.id > before,
            cases.c.state.not_in(("closed", "archived", "invalid", "merged")),
        )
        .group_by(letters.c.case_id)
    )
    flags = select(func.max(letters.c.id)).where(letters.c.kind == "card", letters.c.lane.in_(open_lanes(tx)))
    kept = newest.union(flags.group_by(letters.c.lane))
    told = (letters.c.id > before, letters.c.state == "due", letters.c.id.not_in(kept))
    tx.execute(update(letters).where(*told).values(state="merged"))
    tx.execute(update(letters).where(letters.c.id > before, letters.c.state == "due").values(written_at=now))


def _hush(tx: Connection, core: Core, now: datetime) -> None:
    """What was due to be said up to now counts as said: nobody's phone rings for yesterday when practice begins."""
    tx.execute(update(joint_legs).where(joint_legs.c.look_at <= now).values(look_at=None))
    world = core.world()
    kept = (cases.c.urgency, cases.c.sensitive, cases.c.returns.label("case_returns"), cases.c.redos)
    query = select(case_legs, *kept).join(cases, cases.c.id == case_legs.c.case_id)
    for row in tx.execute(query.where(case_legs.c.look_at <= now)).mappings().all():
        leg = dict(row)
        one = Leg(world.policy, world.calendar, world.rules[leg["rule"]], {**leg, "returns": leg["case_returns"]}, leg)
        look_at, watch = hushed(one, now)
        tx.execute(update(case_legs).where(case_legs.c.id == leg["id"]).values(look_at=look_at, watch=watch))
