"""A training told: how far it is while it runs, and at its end what was late and who did what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ..wire import Json
from .tasks import Task

if TYPE_CHECKING:
    from .run import Run

LATEST = 12


def summary(run: Run) -> Json:
    """The state of a training as JSON."""
    now = run.ended or run.world.clock.now()
    mine = [one for one in (*run.flags, *run.tasks.values()) if one.part.user == run.part.user]
    person = run.world.directory.people.get(run.part.user)
    counted = [one for one in mine if one.how != "overtaken"]
    told: Json = {
        "scenario": run.scenario.name, "title": run.scenario.title, "part": run.part.name, "goal": run.part.goal,
        "userId": run.part.user, "name": person.name if person else run.part.user,
        "unit": f"{person.unit} · {person.title}" if person else "", "pace": run.pace, "paused": run.paused,
        "began": run.began.isoformat(), "minutes": _minutes(run.began, now), "limit": run.limit,
        "over": run.over, "events": len(run.scenario.events), "happened": len(run._raised),
        "orders": len(run.orders), "completed": sum(one.state == "已完成" for one in run.orders.values()),
        "mine": _score(counted, now), "open": [_task(run, one, now) for one in counted if one.ended is None],
        "reports": run.reports(), "acts": run.acts[-LATEST:],
    }  # fmt: skip
    if run.over:
        told |= {
            "late": [_task(run, one, now) for one in counted if one.is_late(now)],
            "people": _people(run, now), "each": [_order(run, no) for no in run.orders],
        }  # fmt: skip
    return told


def _score(tasks: Iterable[Task], now: datetime) -> Json:
    """How many steps were owed, done, done in time, late; and the minutes one took on average."""
    owed = list(tasks)
    done = [one for one in owed if one.how == "done"]
    late = sum(one.is_late(now) for one in owed)
    mean = sum(one.minutes(now) for one in done) / len(done) if done else 0.0
    return {
        "owed": len(owed), "done": len(done), "late": late, "in_time": sum(not one.is_late(now) for one in done),
        "mean": round(mean, 1),
    }  # fmt: skip


def _task(run: Run, task: Task, now: datetime) -> Json:
    order = run.orders.get(task.no)
    return {
        "no": task.no, "order": order.event.title if order else task.leg, "duty": task.duty.title,
        "since": task.opened.isoformat(), "minutes": round(task.minutes(now), 1), "within": task.duty.within,
        "late": task.is_late(now), "done": task.how == "done",
    }  # fmt: skip


def _people(run: Run, now: datetime) -> list[Json]:
    """Everybody of the cast: what they did, and how much of it late."""
    rows: list[Json] = []
    for part in run.scenario.cast:
        person = run.world.directory.people.get(part.user)
        tasks = [one for one in (*run.flags, *run.tasks.values()) if one.part is part and one.how != "overtaken"]
        did = sum(one["userId"] == part.user and one["done"] for one in run.acts)
        rows.append({
            "userId": part.user, "name": person.name if person else part.user, "unit": person.unit if person else "",
            "title": person.title if person else "", "mine": part.user == run.part.user, "did": did,
            **_score(tasks, now),
        })  # fmt: skip
    return rows


def _order(run: Run, no: str) -> Json:
    order = run.orders[no]
    acts = [one for one in order.acts if one["done"]]
    return {"no": no, "title": order.event.title, "state": order.state, "acts": acts}


def _minutes(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() / 60, 1)
