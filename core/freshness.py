"""Was the button drawn on today's face? If not: who did what, and when (C5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from core.errors import Stale
from core.joint_facts import HUSHED
from core.joint_work import JointWork
from core.models.people import people, posts, units
from core.models.record import events
from core.queries.timeline import title_of, who_did
from core.timewords import when
from core.work import Work

_RECENT = (
    select(
        events,
        people.c.name.label("person"),
        posts.c.title.label("title"),
        posts.c.person_id.label("holder"),
        units.c.short.label("unit"),
    )
    .outerjoin(people, people.c.id == events.c.person_id)
    .outerjoin(posts, posts.c.id == events.c.post_id)
    .outerjoin(units, units.c.id == posts.c.unit_id)
    .order_by(events.c.id.desc())
    .limit(40)
)
RECENT = {
    "case": _RECENT.where(events.c.case_id == bindparam("case")),
    "joint_order": _RECENT.where(events.c.joint_id == bindparam("case"), events.c.name.not_in(HUSHED)),
}
LEG = {"case": "leg_id", "joint_order": "joint_leg_id"}


def check_fresh(work: Work | JointWork, leg: dict[str, Any] | None, seen: int | None) -> None:
    """Raise Stale when the target moved on since its button was drawn; None as `seen` is not checked."""
    target = work.case if leg is None else leg
    if seen is None or seen == target["seq"]:
        return
    rows = [dict(row) for row in work.tx.execute(RECENT[work.flow], {"case": work.case["id"]}).mappings()]
    changed = next((row for row in rows if row[LEG[work.flow]] == (None if leg is None else leg["id"])), None)
    cause = changed["facts"].get("after") if changed else None
    act = next((row for row in rows if row["id"] == cause), changed)
    if act is None:
        raise Stale(who="系统", when=when(work.now, work.now), what="更新")
    raise Stale(who=who_did(act), when=when(work.now, act["at"]), what=title_of(act, work.world.policy, {}))
