"""The events of a case, told in order by a person who was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.joint_views import basis_named
from core.models.people import people, posts, units
from core.models.record import events
from core.policy import Policy
from core.queries.people import COVERS, Directory
from core.timewords import when
from core.views import TimelineLine

EVENTS_TOLD = (
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
    .order_by(events.c.id)
)
"""Events with the names `who_did` tells them by, in order; whose they are is added by `where`."""
EVENTS = EVENTS_TOLD.where(events.c.case_id == bindparam("case"))
WORDS_SHOWN = (
    "connected", "contacted", "solved", "satisfied", "leading", "text", "reason", "basis", "opinion", "note",
    "measures", "result", "next_step", "reply", "days", "wait", "meet_at", "place",
)  # fmt: skip
KINDS = {"image/jpeg": "图片", "application/pdf": "PDF"}
SYSTEMS = {"feed": "12345 平台", "clock": "系统时钟"}


def kind_of(media: str) -> str:
    """A kept file's media type in a word."""
    return KINDS.get(media, "文件")


def read_events(tx: Connection, case_id: int) -> list[Mapping[str, Any]]:
    return [dict(row) for row in tx.execute(EVENTS, {"case": case_id}).mappings()]


def who_did(event: Mapping[str, Any]) -> str:
    """The person under their unit, 「水务局 王某」, 「王某（代）」 when they acted for another; or the machine."""
    if event["person"]:
        covers = event["holder"] is not None and event["holder"] != event["person_id"]
        return f"{event['unit'] or ''} {event['person']}{COVERS if covers else ''}".strip()
    return SYSTEMS.get(event["source"], "系统")


def tell(
    rows: Sequence[Mapping[str, Any]], policy: Policy, directory: Directory, legs: Mapping[int, str], now: datetime
) -> tuple[TimelineLine, ...]:
    """One line an event; `legs` names the unit of each leg."""
    return tuple(_line(row, policy, directory, legs, now) for row in rows)


def _line(
    row: Mapping[str, Any], policy: Policy, directory: Directory, legs: Mapping[int, str], now: datetime
) -> TimelineLine:
    return TimelineLine(
        at=row["at"],
        when=when(now, row["at"]),
        who=who_did(row),
        what=title_of(row, policy, legs),
        text=_text(row, policy, directory),
        name=f"{row['flow']}.{row['name']}",
        source=row["source"],
        id=row["id"],
        post=row["title"] or "",
        state=(row["to_state"] or "") if row["flow"] == "case" else "",
    )


def title_of(row: Mapping[str, Any], policy: Policy, legs: Mapping[int, str]) -> str:
    """What happened: the word on the button where a person pressed one, else the event's own word."""
    flow = policy.flows.get(row["flow"])
    made = (m.title for m in flow.moves if m.event == row["name"] and row["from_state"] in m.sources) if flow else ()
    said = next(iter(made), None) or policy.say(row["name"])
    unit = legs.get(row["leg_id"] or 0)
    return f"{said}（{unit}）" if unit and unit != row["unit"] else said


def _text(row: Mapping[str, Any], policy: Policy, directory: Directory) -> str:
    facts = row["facts"]
    parts = []
    if facts.get("units"):
        parts.append("、".join(directory.unit_name(unit) for unit in facts["units"]))
    flow = policy.flows.get(row["flow"])
    action = next((move.action for move in flow.moves if move.event == row["name"]), "") if flow else ""
    for name in WORDS_SHOWN:  # in the order in which the forms ask, whatever order the event keeps them in
        if value := facts.get(name):
            spec = policy.field(action, name) if name in policy.fields else None
            shown = spec.options.get(str(value), str(value)) if spec else str(value)
            parts.append(
                f"{spec.label}：{shown}" if spec and name not in ("note", "result", "reply", "text") else shown
            )
    if files := facts.get("basis_files"):
        named = "、".join(basis_named(kind_of(one["kind"]), one["sm3"]) for one in files)
        parts.append(f"依据材料 {len(files)} 份：{named}")
    return "；".join([*(part.rstrip("。") for part in parts[:-1]), *parts[-1:]])
