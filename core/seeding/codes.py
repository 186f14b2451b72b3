"""Codes for the practice library: one batch of stickers, most of them on licences by now, and what people scanned."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import select

from core.facade import Core
from core.licences import LibraryAct
from core.models.codes import licence_codes
from core.models.licences import licences
from core.people import Actor
from core.policy.library import BATCH, CODE
from core.seeding.stage import hasty

STICKERS, BOUND, LOOKS = 180, 152, 76
CLERK = "xy232"
WAYS = ("wechat", "wechat", "wechat", "web")
"""Where people scan: mostly in the official account."""


def seed_codes(core: Core, seed: int = 2026) -> int:
    """Stickers ordered, made and bound by the licence clerk, then looked at; returns how many licences carry one.

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
    for _ in range(LOOKS):
        # one in twenty is a sticker nobody has put on anything yet
        free = rng.random() < 0.05
        core.licences.verdict_of_code(rng.choice(made[BOUND:] if free else made[:BOUND]), channel=rng.choice(WAYS))
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
