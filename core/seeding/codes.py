"""Codes for the practice library: one batch of stickers, most of them on licences by now, and people who scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import select

from core.facade import Core
from core.licences import LibraryAct
from core.models.codes import licence_codes
from core.models.licences import licences
from core.people import Actor
from core.policy.library import BATCH, CODE
from core.seeding.stage import Stage, Steps, hasty
from core.worktime import ONE_DAY, SHANGHAI, local_date

STICKERS, BOUND = 180, 152
A_DAY = 3
"""How often somebody scans a code on an office day, more or less."""
CLERK = "xy232"
WAYS = ("wechat", "wechat", "wechat", "web")
"""Where people scan: mostly in the official account."""


def seed_codes(core: Core, seed: int = 2026) -> int:
    """Stickers ordered, made and bound by the licence clerk; returns how many licences carry one.

    Nothing happens where there are codes already.
    """
    if core._read(lambda tx: tx.execute(select(licence_codes.c.id).limit(1)).first()):
        return 0
    ground = Core(core.settings, core.policy, hasty(core.engine), core.clock, core.vault)
    try:
        return _told(ground, Random(seed))
    finally:
        ground.engine.dispose()


def _told(core: Core, rng: Random) -> int:
    clerk = core.actor_for("dingtalk", CLERK)
    wanted = {"count": str(STICKERS), "layout": "a4", "note": "政务大厅窗口，新发证照随证贴码"}
    core.licences.write(LibraryAct("seed:codes", BATCH, "order", "", wanted, clerk, source="seed"))
    core.licences.codes.maker.work()
    made = core._read(lambda tx: tx.execute(select(licence_codes.c.code).order_by(licence_codes.c.id)).scalars().all())
    lines = _lines(core)
    _bind(core, clerk, made, rng.sample(lines, min(BOUND, len(lines))))
    return min(BOUND, len(lines))


def _bind(core: Core, clerk: Actor, codes: Sequence[str], lines: Sequence[str]) -> None:
    for code, line in zip(codes, lines, strict=False):
        core.licences.write(LibraryAct(f"seed:code:{code}", CODE, "bind", code, {"line": line}, clerk, source="seed"))


def _lines(core: Core) -> Sequence[str]:
    """Licences that may get a code, in the order of the library."""
    today = core.today()
    query = select(licences.c.line).where(licences.c.shown, licences.c.state == "valid")
    query = query.where(licences.c.valid_to.is_(None) | (licences.c.valid_to >= today)).order_by(licences.c.id)
    return core._read(lambda tx: tx.execute(query).scalars().all())


def looks(stage: Stage, days: int, seed: int = 2026) -> Steps:
    """People scan codes all the while: nearly all on licences, one in twenty a sticker that is on nothing yet."""
    rng, core = Random(seed), stage.core
    query = select(licence_codes.c.code, licence_codes.c.state).order_by(licence_codes.c.id)
    known = core._read(lambda tx: tx.execute(query).all())
    bound, free = ([row.code for row in known if row.state == state] for state in ("bound", "free"))
    first = local_date(stage.end - timedelta(days=days))
    for day in (first + number * ONE_DAY for number in range(days + 1) if bound and free):
        many = rng.randrange(2 * A_DAY + 1) if day.weekday() < 5 else rng.randrange(2)
        for at in sorted(
            datetime.combine(day, time(rng.randrange(8, 20), rng.randrange(60)), SHANGHAI) for _ in range(many)
        ):
            yield at
            core.licences.verdict_of_code(rng.choice(free if rng.random() < 0.05 else bound), channel=rng.choice(WAYS))
