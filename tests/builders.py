"""A valid world by default, varied by keyword: people of the practice district, cases, and acts on them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.sql.elements import ColumnElement

from core import Actor, Command, Core, Refusal
from core.models.record import audit_log
from core.people import HOTLINE
from core.ports import Envelope, Ticket, Undelivered
from core.receipts import Done

LEAD, OTHER = "city_management", "water"
"""A department with sub-units of its own, and another."""
BELOW, BELOW_TOO = "sanitation", "municipal_works"
"""Two sub-units of the first."""
ANSWERED: dict[str, Any] = {"connected": "connected", "contacted": "yes", "solved": "solved", "satisfied": "satisfied"}
UNSATISFIED: dict[str, Any] = {**ANSWERED, "solved": "not", "satisfied": "unsatisfied"}
MISSED: dict[str, Any] = {"connected": "no_answer"}

_numbers = itertools.count(1)


def fresh_key(kind: str = "test") -> str:
    """A key no other command of this run has."""
    return f"{kind}:{next(_numbers)}"


# --- people ---------------------------------------------------------------------------------------------------------


def person(core: Core, role: str, unit: str | None = None, nth: int = 0) -> Actor:
    """Somebody with this role (at this unit), read from the directory; `nth` takes the next one."""
    directory = core.directory()
    held = directory.by_unit[directory.by_word[unit]] if unit else directory.by_role[role]
    return [holder for holder in held if holder.role == role][nth].actor


def desk(core: Core, nth: int = 0) -> Actor:
    return person(core, "dispatcher", nth=nth)


def head(core: Core) -> Actor:
    return person(core, "desk_head")


def clerk(core: Core, unit: str = LEAD) -> Actor:
    return person(core, "unit_clerk", unit)


def caller(core: Core) -> Actor:
    return person(core, "caller")


def someone(core: Core, staff_id: str) -> Actor:
    """The person with this DingTalk staff id, with rights and further posts read now."""
    return core.actor_for("dingtalk", staff_id)


# --- cases ----------------------------------------------------------------------------------------------------------


def a_ticket(**fields: Any) -> Ticket:
    """An ordinary complaint taken by telephone."""
    usual: dict[str, Any] = {
        "outside_no": "", "revision": 1, "channel": "RX", "type": "complain", "title": "港口路积水",
        "content": "雨后港口路积水没过脚面，车辆难行。", "place": "港口路",
    }  # fmt: skip
    return Ticket(**{**usual, **fields})


def a_case(core: Core, *, key: str | None = None, by: Actor = HOTLINE, source: str = "feed", **fields: Any) -> int:
    """The id of a case just registered; `fields` are those of a Ticket."""
    return core.register(key or fresh_key("case"), a_ticket(**fields), by, source).case


def dispatched(core: Core, lead: str = LEAD, support: Sequence[str] = (), **fields: Any) -> int:
    """A case sent by the desk to `lead` and the supporting units."""
    case = a_case(core, **fields)
    act(core, desk(core), case, "dispatch", lead=lead, support="、".join(support))
    return case


def signed(core: Core, unit: str = LEAD, **fields: Any) -> int:
    """A case whose lead has signed."""
    case = dispatched(core, unit, **fields)
    act(core, clerk(core, unit), case, "sign", unit)
    return case


def reported(core: Core, unit: str = LEAD, **fields: Any) -> int:
    """A case whose only unit has reported: it waits for closing."""
    case = signed(core, unit, **fields)
    act(core, clerk(core, unit), case, "report", unit, result="已抽排，积水退去")
    return case


def confirmed(core: Core, unit: str = LEAD, **fields: Any) -> int:
    """A case done and waiting for the call-back."""
    case = reported(core, unit, **fields)
    act(core, desk(core), case, "confirm")
    return case


def closed(core: Core, **fields: Any) -> int:
    """A case closed after a satisfied call-back."""
    case = confirmed(core, **fields)
    act(core, caller(core), case, "record_call", **ANSWERED)
    return case


# --- acts -----------------------------------------------------------------------------------------------------------


def act(
    core: Core, who: Actor, case: int, action: str, leg: str | int | None = None, *, key: str | None = None,
    seen: int | None = None, source: str = "chat", **form: str,
) -> Done:  # fmt: skip
    """One act; `leg` is a unit's code (its latest leg) or an id, None for the case itself."""
    leg_id = leg_of(core, case, leg)["id"] if isinstance(leg, str) else leg
    return core.execute(Command(key or fresh_key(), case, action, who, form, leg_id, seen, source))


def refused(kind: type[Refusal], core: Core, *args: Any, **form: Any) -> Refusal:
    """The refusal of an act that must be refused; `args` and `form` are those of `act`."""
    with pytest.raises(Refusal) as caught:
        act(core, *args, **form)
    assert caught.value.kind == kind.__name__, f"{caught.value.kind}: {caught.value}"
    return caught.value


# --- what is on record ----------------------------------------------------------------------------------------------


def the_case(core: Core, case: int) -> dict[str, Any]:
    sheet = core.sheet(case)
    assert sheet is not None
    return dict(sheet.case)


def legs_of(core: Core, case: int) -> list[dict[str, Any]]:
    sheet = core.sheet(case)
    assert sheet is not None
    return [dict(leg) for leg in sheet.legs]


def leg_of(core: Core, case: int, unit: str) -> dict[str, Any]:
    """The latest leg of a unit, given by code."""
    unit_id = core.directory().by_word[unit]
    return [leg for leg in legs_of(core, case) if leg["unit_id"] == unit_id][-1]


def states(core: Core, case: int) -> tuple[str, ...]:
    """The state of the case, then of each leg in order."""
    return (the_case(core, case)["state"], *(leg["state"] for leg in legs_of(core, case)))


def events_of(core: Core, case: int) -> list[str]:
    """What happened, in order: case.registered, case.dispatched …"""
    sheet = core.sheet(case)
    assert sheet is not None
    return [f"{event['flow']}.{event['name']}" for event in sheet.events]


def rows(core: Core, table: Table, *where: ColumnElement[bool]) -> list[Any]:
    """Rows of a table as they lie, in the order of their first column."""
    with core.engine.connect() as tx:
        return list(tx.execute(select(table).where(*where).order_by(next(iter(table.columns)))).all())


def sizes(core: Core, *tables: Table) -> tuple[int, ...]:
    """How many rows each table holds."""
    with core.engine.connect() as tx:
        return tuple(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def last_entry(core: Core) -> Any:
    """The newest entry of the log."""
    return rows(core, audit_log)[-1]


# --- senders --------------------------------------------------------------------------------------------------------


class Post:
    """A far side in memory: keeps what was confirmed, fails as told."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.tried: list[Envelope] = []
        self.failures: list[Undelivered | Exception] = []
        self.down: Undelivered | None = None

    def send(self, letter: Envelope) -> None:
        self.tried.append(letter)
        if self.down is not None:
            raise self.down
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(letter)
