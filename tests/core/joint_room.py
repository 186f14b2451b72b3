"""A joint order valid by default: the city management office calls the water and the housing bureau."""

from __future__ import annotations

from typing import Any

from core import Actor, Command, Core
from core.models.record import letters
from core.receipts import Done
from tests.builders import LEAD, OTHER, clerk, fresh_key, person, rows

SPONSOR, FIRST, SECOND = LEAD, OTHER, "housing"
FORM = {
    "title": "港口路积水", "flag_kind": "water", "flag_reason": "beyond_us", "matter": "查清积水原因并排除",
    "units": f"{FIRST}、{SECOND}", "meet_at": "3月10日 15:00", "place": "港口路公交站",
}  # fmt: skip
PLEASED = {"pleased": "pleased"}
DISPLEASED = {"pleased": "displeased", "displeasure": "来得太晚"}
FED = {"measures": "抽排积水", "result": "积水已退", "next_step": "汛前清掏"}
REFUSAL = {"reason": "不属本单位职责", "basis": "三定方案第三条"}


def an_order(core: Core, **fields: str) -> int:
    """The id of an order just raised by the clerk of SPONSOR."""
    return core.joints.raise_flag(fresh_key("flag"), {**FORM, **fields}, clerk(core, SPONSOR)).case


def head(core: Core, unit: str) -> Actor:
    return person(core, "unit_head", unit)


def leg_of(core: Core, order: int, unit: str) -> dict[str, Any]:
    unit_id = core.directory().by_word[unit]
    return next(leg for leg in core.joints.sheet(order).legs if leg["unit_id"] == unit_id)


def move(core: Core, who: Actor, order: int, action: str, unit: str = "", **form: str) -> Done:
    """One act on the order, or on a unit's part of it."""
    leg = leg_of(core, order, unit)["id"] if unit else None
    return core.execute(Command(fresh_key(), order, action, who, form, leg, flow="joint_order"))


def states(core: Core, order: int) -> tuple[str, ...]:
    """The state of the order, then of each part."""
    sheet = core.joints.sheet(order)
    return (sheet.order["state"], *(leg["state"] for leg in sheet.legs))


def on_site(core: Core, **fields: str) -> int:
    """Both units came and checked in."""
    order = an_order(core, **fields)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "accept", unit)
    move(core, clerk(core), order, "start_check_in")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "check_in", unit)
    return order


def fed_back(core: Core, **fields: str) -> int:
    """The meeting is over and both units' leaders approved what was fed back."""
    order = on_site(core, **fields)
    move(core, clerk(core), order, "end_meeting")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "report", unit, **FED)
        move(core, head(core, unit), order, "approve", unit)
    return order


def closed(core: Core, **fields: str) -> int:
    """Closed and approved: both sides may rate."""
    order = fed_back(core, **fields)
    move(core, clerk(core), order, "close")
    move(core, head(core, SPONSOR), order, "approve_close")
    return order


def lines(core: Core) -> list[tuple[int, str]]:
    """Every line said so far: to whom, in which words."""
    said = rows(core, letters, letters.c.channel == "dingtalk.say")
    return [(one, row.body["text"]) for row in said for one in row.body["people"]]
