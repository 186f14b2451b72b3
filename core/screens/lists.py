"""Lists of our own record as a screen may show them: what, where, who is on it. No person, no free text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from core.figures import HANDLED, Ask, told
from core.measures import asking, telling
from core.models.cases import cases
from core.models.joint import joint_legs, joint_orders
from core.policy.district import read_district
from core.policy.feed_rules import feed_rules
from core.policy.feeds import WAYS
from core.policy.measures import read_measures
from core.policy.topics import Own
from core.screens.own_cases import LEVELS, warned
from core.screens.own_rest import ALARM_LEVELS, ALARM_STATES, alarm_rows, stands
from core.screens.told import Look, stretch

Row = dict[str, Any]
List = Callable[[Look, Own, int], list[Row]]


def orders(look: Look, own: Own, most: int) -> list[Row]:
    """The newest cases; those of a state or a channel are asked of all there are, each along its own index."""
    query = select(*CASE_COLUMNS).order_by(cases.c.registered_at.desc(), cases.c.id.desc()).limit(most)
    policy = look.world.policy
    states = {code: one.title for code, one in policy.flows["case"].states.items()}
    sources = {code: one.short for code, one in policy.sources.items()}
    for column, known in ((cases.c.state, states), (cases.c.channel, sources)):
        if wanted := own.where.get(column.name):
            query = query.where(column.in_([code for code, title in known.items() if title == wanted]))
    return [_case(look, dict(row)) for row in look.tx.execute(query).mappings()]


CASE_COLUMNS = (
    cases.c.id, cases.c.no, cases.c.registered_at, cases.c.channel, cases.c.type, cases.c.class_code, cases.c.town,
    cases.c.lead_unit, cases.c.state,
)  # fmt: skip


def _case(look: Look, row: Mapping[str, Any]) -> Row:
    policy, directory = look.world.policy, look.world.directory

    def title(dim: str, value: str | None) -> str:
        return telling.title_of(dim, value or "", policy, directory)

    return {
        "at": row["registered_at"], "no": row["no"][-6:], "channel": title("channel", row["channel"]),
        "type": title("type", row["type"]), "class": title("class", (row["class_code"] or "")[:2]),
        "town": row["town"] or "未填", "unit": directory.unit_name(row["lead_unit"]) or "指挥中心",
        "state": policy.flows["case"].states[row["state"]].title,
    }  # fmt: skip


def joints(look: Look, _own: Own, most: int) -> list[Row]:
    """Joint orders, those not complete first, the newest of each."""
    done = joint_orders.c.state == "completed"
    query = select(joint_orders).order_by(done, joint_orders.c.id.desc()).limit(most)
    found = list(look.tx.execute(query).mappings())
    legs = select(joint_legs.c.order_id, joint_legs.c.unit_id).where(
        joint_legs.c.order_id.in_([row["id"] for row in found])
    )
    called: dict[int, list[str]] = {}
    for leg in look.tx.execute(legs.order_by(joint_legs.c.id)):
        called.setdefault(leg.order_id, []).append(look.world.directory.unit_name(leg.unit_id))
    states = look.world.policy.flows["joint_order"].states
    return [
        {
            "at": row["raised_at"], "no": row["no"][-6:], "town": row["town"] or "",
            "state": states[row["state"]].title, "sponsor": look.world.directory.unit_name(row["sponsor_unit"]),
            "units": "、".join(called.get(row["id"], ())),
        }
        for row in found
    ]  # fmt: skip


def warnings(look: Look, _own: Own, most: int) -> list[Row]:
    """Parts at a level, the gravest and soonest first."""
    found = sorted(warned(look), key=lambda one: (-one[0], one[1]["due_at"]))[:most]
    ids = [row["case_id"] for _, row in found]
    told_of = {
        row["id"]: dict(row) for row in look.tx.execute(select(*CASE_COLUMNS).where(cases.c.id.in_(ids))).mappings()
    }
    rows = []
    for level, leg in found:
        case = _case(look, told_of[leg["case_id"]])
        unit = look.world.directory.unit_name(leg["unit_id"])
        rows.append({**case, "at": leg["due_at"], "level": LEVELS[level], "unit": unit})
    return rows


def units(look: Look, own: Own, most: int) -> list[Row]:
    """Each unit's handling in the stretch, as the statistics page has it."""
    since, until = stretch(own, look.today)
    book, directory = read_measures(), look.world.directory
    ask = Ask(since, until, HANDLED)
    rows: list[Row] = []
    for unit, amounts in asking.by_unit(look.tx, ask, list(directory.units)).items():
        named = told(amounts)
        if named["received"]:
            cells = {one: telling.shown(book.measures[one], named, book.minimum) for one in UNIT_CELLS}
            row = {name: cell.text for name, cell in cells.items()}
            rows.append({"unit": directory.unit_name(unit), "count": named["received"], **row})
    return sorted(rows, key=lambda row: -row["count"])[:most]


UNIT_CELLS = ("received", "closed", "overdue", "on_time_rate")


def interfaces(look: Look, _own: Own, most: int) -> list[Row]:
    """Every dataset and how it stands, trouble first."""
    rows = sorted(stands(look), key=lambda one: (TROUBLE.index(one[1].state), one[0].title))
    return [
        {
            "name": one.title, "kind": WAYS[one.by], "at": stand.heard, "state": feed_rules().states[stand.state],
            "words": stand.words,
        }
        for one, stand in rows[:most]
    ]  # fmt: skip


def alarms(look: Look, own: Own, most: int) -> list[Row]:
    return alarm_rows(look, own)[:most]


def possible(look: Look, record: str, column: str) -> list[str]:
    """Every value a column of a list can have, in its own order, whether a row has it now or not; empty: not listed."""
    policy = look.world.policy
    flow = policy.flows["joint_order" if record == "joints" else "case"]
    known: Mapping[str, Iterable[str]] = {
        "channel": (one.short for one in policy.open_sources(look.today)), "type": policy.types.values(),
        "class": (one.title for code, one in policy.classes.items() if len(code) == 2),
        "town": read_district().towns, "level": reversed(LEVELS.values()),
        "state": (one.title for one in flow.states.values()),
    }  # fmt: skip
    own: Mapping[str, Mapping[str, Iterable[str]]] = {
        "alarms": {"level": ALARM_LEVELS, "state": ALARM_STATES},
        "interfaces": {"state": feed_rules().states.values(), "kind": WAYS.values()},
    }
    return list(dict.fromkeys(own.get(record, known).get(column, ())))


TROUBLE = ("failing", "stale", "due", "none", "fine")


LISTS: Mapping[str, List] = {
    "orders": orders, "joints": joints, "warnings": warnings, "units": units, "alarms": alarms,
    "interfaces": interfaces,
}  # fmt: skip
