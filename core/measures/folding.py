"""Folding events into rollups: what changed since the last fold is counted anew, and the difference is added.

The log's own numbers are the cursor: they rise in the order of commits, which the ids of events need not. A case is
always counted whole, so folding the same event twice changes nothing, and a rebuild from zero gives the same rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.figures import ALL, AMOUNTS, DIMS, NOTHING, Amounts, Figure, plus
from core.measures.counting import TELLING, Told, count
from core.models.cases import call_backs, case_legs, cases
from core.models.measures import figures, rollup_state, rollups
from core.models.record import audit_log, events

NAME = "figures"
MOST = 200  # cases of one fold: some milliseconds under the lock
MOST_ENTRIES = 400
CHUNK = 20_000
KEY = ("kind", "unit_id", "dim", "grain", "day", "value")

CASE_COLUMNS = (
    "id", "state", "channel", "type", "class_code", "town", "registered_at", "registered_unit", "finished_at",
    "changed_at", "first_dispatched_at",
)  # fmt: skip
LEG_COLUMNS = (
    "id", "case_id", "unit_id", "parent_id", "part", "state", "sent_at", "receive_due_at", "contact_due_at", "due_at",
    "signed_at", "contacted_at", "settled_at", "returns",
)  # fmt: skip


def fold(tx: Connection, now: datetime, most: int = MOST) -> bool:
    """One step, under the lock of the state row; True when there is more to fold."""
    state = locked(tx)
    walked = _to_walk(tx, state, most)
    seq, event, touched = _touched(tx, _end_of_log(tx) if state["next_case"] == 0 else state["seq"])
    turned = tx.execute(select(figures.c.case_id).where(figures.c.turns_at < now).limit(most)).scalars().all()
    for some in _chunks(sorted({*walked, *touched, *turned}), most):
        refresh(tx, some, now)
    next_case = walked[-1] + 1 if walked else None
    more = bool(walked) or len(turned) >= most or _behind(tx, seq)
    values = {"seq": seq, "event_id": event or state["event_id"], "next_case": next_case}
    at = state["at"] if more else now
    tx.execute(update(rollup_state).where(rollup_state.c.name == NAME).values(**values, at=at))
    return more


def is_idle(tx: Connection, now: datetime, seconds: int) -> bool:
    """Nothing has happened, nothing has become overdue, and what is told of it is fresh enough."""
    state = tx.execute(select(rollup_state).where(rollup_state.c.name == NAME)).one()
    if state.at is None or state.next_case is not None or _behind(tx, state.seq):
        return False
    due = tx.execute(select(figures.c.id).where(figures.c.turns_at < now).limit(1)).first()
    return due is None and 0 <= (now - state.at).total_seconds() < seconds


def locked(tx: Connection) -> Mapping[str, Any]:
    """The one row of the state; whoever holds it folds."""
    mine = select(rollup_state).where(rollup_state.c.name == NAME).with_for_update()
    return dict(tx.execute(mine).mappings().one())


def begin(tx: Connection) -> None:
    """Count from zero: the next fold walks every case, and follows the log from where it ends by then."""
    locked(tx)
    fresh = {"seq": 0, "event_id": None, "next_case": 0, "at": None}
    tx.execute(update(rollup_state).where(rollup_state.c.name == NAME).values(**fresh))
    tx.execute(delete(rollups))


def forget(tx: Connection) -> bool:
    """Take some of the counted cases away; True when there are more."""
    last = tx.execute(select(figures.c.id).order_by(figures.c.id).offset(CHUNK - 1).limit(1)).scalar()
    tx.execute(delete(figures) if last is None else delete(figures).where(figures.c.id <= last))
    return last is not None


def refresh(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """Count these cases anew and add the difference to the rollups."""
    mine = tx.execute(select(figures).where(figures.c.case_id.in_(ids))).mappings()
    known = {_place(row): row for row in map(dict, mine)}
    changes: defaultdict[tuple[Any, ...], Amounts] = defaultdict(lambda: NOTHING)
    fresh, changed, gone = [], [], dict(known)
    for told in read(tx, ids):
        for figure in count(told, now):
            row = gone.pop((figure.case, figure.kind, figure.unit), None)
            before = None if row is None else _figure(row)
            if before == figure:
                continue
            _add(changes, figure, 1)
            if before is None or row is None:
                fresh.append(_row(figure))
            else:
                _add(changes, before, -1)
                changed.append({"row": row["id"], **_row(figure)})
    for row in gone.values():
        _add(changes, _figure(row), -1)
    _write(tx, fresh, changed, [row["id"] for row in gone.values()])
    _roll(tx, changes)


def read(tx: Connection, ids: Sequence[int]) -> Iterator[Told]:
    """What is on record about these cases as far as figures go, in four questions."""
    legs: defaultdict[int, list[Any]] = defaultdict(list)
    for leg in tx.execute(
        select(*(case_legs.c[name] for name in LEG_COLUMNS))
        .where(case_legs.c.case_id.in_(ids))
        .order_by(case_legs.c.id)
    ).mappings():
        legs[leg["case_id"]].append(leg)
    happened: defaultdict[int, list[Any]] = defaultdict(list)
    telling = select(events.c.case_id, events.c.leg_id, events.c.flow, events.c.name, events.c.at)
    for event in tx.execute(
        telling.where(events.c.case_id.in_(ids), events.c.name.in_(TELLING)).order_by(events.c.id)
    ).mappings():
        happened[event["case_id"]].append(event)
    calls: defaultdict[int, list[Any]] = defaultdict(list)
    asked = select(call_backs.c.case_id, call_backs.c.connected, call_backs.c.solved, call_backs.c.satisfied)
    for call in tx.execute(asked.where(call_backs.c.case_id.in_(ids)).order_by(call_backs.c.id)).mappings():
        calls[call["case_id"]].append(call)
    for case in tx.execute(select(*(cases.c[name] for name in CASE_COLUMNS)).where(cases.c.id.in_(ids))).mappings():
        yield Told(dict(case), legs[case["id"]], happened[case["id"]], calls[case["id"]])


def _to_walk(tx: Connection, state: Mapping[str, Any], most: int) -> Sequence[int]:
    if state["next_case"] is None:
        return ()
    query = select(cases.c.id).where(cases.c.id >= state["next_case"]).order_by(cases.c.id).limit(most)
    return tx.execute(query).scalars().all()


def _touched(tx: Connection, seq: int) -> tuple[int, int | None, set[int]]:
    """How far the log is read now, its last event, and the cases of the events in between."""
    query = (
        select(audit_log.c.seq, audit_log.c.event_id, events.c.case_id)
        .outerjoin(events, events.c.id == audit_log.c.event_id)
        .where(audit_log.c.seq > seq)
        .order_by(audit_log.c.seq)
        .limit(MOST_ENTRIES)
    )
    rows = tx.execute(query).all()
    told = [row.event_id for row in rows if row.event_id is not None]
    found = {row.case_id for row in rows if row.case_id is not None}
    return (rows[-1].seq if rows else seq), (told[-1] if told else None), found


def _end_of_log(tx: Connection) -> int:
    end: int = tx.execute(select(func.coalesce(func.max(audit_log.c.seq), 0))).scalar_one()
    return end


def _behind(tx: Connection, seq: int) -> bool:
    later = select(audit_log.c.seq).where(audit_log.c.seq > seq).limit(1)
    return tx.execute(later).first() is not None


def _chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _place(row: Mapping[str, Any]) -> tuple[int, str, int]:
    return row["case_id"], row["kind"], row["unit_id"]


def _figure(row: Mapping[str, Any]) -> Figure:
    channel, kind, klass, town = (row[name] for name in DIMS)
    return Figure(
        row["kind"], row["case_id"], row["unit_id"], row["day"], (channel, kind, klass, town), row["turns_at"],
        tuple(row[name] for name in AMOUNTS),
    )  # fmt: skip


def _row(figure: Figure) -> dict[str, Any]:
    return {
        "kind": figure.kind, "case_id": figure.case, "unit_id": figure.unit, "day": figure.day,
        **dict(zip(DIMS, figure.values, strict=True)), "turns_at": figure.turns_at,
        **dict(zip(AMOUNTS, figure.amounts, strict=True)),
    }  # fmt: skip


def _add(changes: defaultdict[tuple[Any, ...], Amounts], figure: Figure, sign: int) -> None:
    """A figure in every rollup it stands in: by day and by month, as a whole and by each dimension."""
    values = ((ALL, ""), *zip(DIMS, figure.values, strict=True))
    for grain, day in (("day", figure.day), ("month", figure.day.replace(day=1))):
        for dim, value in values:
            key = (figure.kind, figure.unit, dim, grain, day, value)
            changes[key] = plus(changes[key], figure.amounts, sign)


def _write(tx: Connection, fresh: list[Any], changed: list[Any], gone: Iterable[int]) -> None:
    if fresh:
        tx.execute(insert(figures), fresh)
    if changed:
        tx.execute(update(figures).where(figures.c.id == bindparam("row")), changed)
    if ids := list(gone):
        tx.execute(delete(figures).where(figures.c.id.in_(ids)))


def _roll(tx: Connection, changes: Mapping[tuple[Any, ...], Amounts]) -> None:
    rows = [
        {**dict(zip(KEY, key, strict=True)), **dict(zip(AMOUNTS, amounts, strict=True))}
        for key, amounts in sorted(changes.items())
        if any(amounts)
    ]
    if rows:
        new = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(rollups)
        added = {name: rollups.c[name] + new.excluded[name] for name in AMOUNTS}
        tx.execute(new.on_conflict_do_update(index_elements=list(KEY), set_=added), rows)
