"""What the command centre of the practice ground keeps by hand: its duty roster, the city's rankings, unit groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from core.models.registers import duty_turns
from core.policy import read
from core.register import Amend
from core.seeding.stage import Stage, Steps
from core.worktime import ONE_DAY, SHANGHAI, local_date

AMONG = 4
"""The districts of the city that are ranked."""


def kept_by_hand(stage: Stage) -> Steps:
    """Entered by the head of the desk as it becomes known; nothing where a roster is known already."""
    if stage.core._read(lambda tx: tx.execute(select(duty_turns.c.id).limit(1)).first()):
        return
    told = read("seed/desk.yaml")
    yield stage.office(stage.now)
    for row in told["groups"]:
        _group(stage, row)
    for row in told["ranks"]:
        stage.begin(_ranked(stage, row))
    first = local_date(stage.end) + told["duty"]["from"] * ONE_DAY
    yield datetime.combine(first - ONE_DAY, time(16, 20), SHANGHAI)
    desk = stage.core.directory().by_role["dispatcher"]
    for number in range(told["duty"]["to"] - told["duty"]["from"] + 1):
        for shift, place in (("day", 2 * number), ("night", 2 * number + 1)):
            post = str(desk[place % len(desk)].post)
            given = {"day": (first + number * ONE_DAY).isoformat(), "shift": shift, "post_id": post}
            _amend(stage, "duty_turn", given | {"note": told["duty"]["note"]})


def _group(stage: Stage, row: Mapping[str, Any]) -> None:
    words = stage.core.directory().by_word
    members = ",".join(str(words[code]) for code in row["units"])
    _amend(stage, "unit_group", {"title": row["title"], "members": members})


def _ranked(stage: Stage, row: Mapping[str, Any]) -> Steps:
    """A place of a month before, entered on a day of the month after it."""
    month = local_date(stage.end)
    for _ in range(row["months"]):
        month = month.replace(day=1) - ONE_DAY
    after = month + ONE_DAY
    yield stage.office(max(stage.now, datetime.combine(after.replace(day=row["day"]), time(9), SHANGHAI)))
    given = {"month": f"{month:%Y-%m}", "place": str(row["place"]), "among": str(AMONG), "score": row["score"]}
    _amend(stage, "city_rank", given | {"item": row["item"], "paper": f"海口市{month.month}月份通报"})


def _amend(stage: Stage, register: str, given: Mapping[str, str]) -> None:
    key = ":".join(("practice", register, *given.values()))[:120]
    stage.core.registers.write(Amend(key, register, "add", "", given, stage.desk("desk_head").actor, "", source="seed"))
