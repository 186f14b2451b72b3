"""A changed calendar in one line a person: how many of their deadlines moved, and which comes first now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.execute import Command
from core.facade import Core
from core.models.cases import case_legs, cases
from core.models.record import events
from core.notices import staff_of
from core.plain import plain, scrub
from core.receipts import Done
from core.timewords import when

TITLE = "时限重算"


def tell_of_moved(core: Core, counted: Sequence[tuple[Command, Done]]) -> int:
    """Tell everybody at work on a leg that was counted anew; returns to how many people a line was written."""
    fresh = {command.leg: done.event for command, done in counted if command.leg is not None and not done.repeated}
    if not fresh:
        return 0
    legs = select(case_legs.c.id, case_legs.c.unit_id, case_legs.c.due_at, cases.c.no, cases.c.title)
    query = legs.join(cases, cases.c.id == case_legs.c.case_id).where(case_legs.c.id.in_(fresh))
    signed = select(events.c.leg_id, events.c.person_id).where(events.c.leg_id.in_(fresh), events.c.name == "signed")
    with core.engine.connect().execution_options(readonly=True) as tx:
        rows = tx.execute(query.order_by(case_legs.c.due_at)).all()
        signers = {row.leg_id: row.person_id for row in tx.execute(signed.order_by(events.c.id))}
    mine: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        for person in _at_work(core, row.unit_id, signers.get(row.id)):
            mine.setdefault(person, []).append(place)
    now, first = core.clock.now(), min(fresh.values())
    for person, places in mine.items():
        row = rows[places[0]]
        subject = f"{row.no[-6:]} {plain(scrub(row.title), 20)}，{when(now, row.due_at, closing=True)} 前办结"
        text = f"【{TITLE}】办公日有调整，您手上 {len(places):,} 件的时限已重算。最早的是 {subject}。"
        core.say(f"moved:{first}:{person}", person, text, TITLE)
    return len(mine)


def _at_work(core: Core, unit: int, signer: int | None) -> list[int]:
    """Whoever signed, if still at the unit, else its people."""
    audience = core.policy.audience
    staff = staff_of(core.directory().by_unit.get(unit, ()), audience["unit"], audience["unit_fallback"])
    return [one.person for one in staff if one.person == signer] or [one.person for one in staff]
