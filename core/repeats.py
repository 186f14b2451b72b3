"""The same words of one unit to the same person within a while are one message; every act stays on record (§20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from core import late
from core.joint_work import JointWork
from core.models.record import events, letters
from core.work import Recorded, Work

_LATELY = (events.c.name == bindparam("name"), events.c.unit_id == bindparam("unit"), events.c.at >= bindparam("since"))
OF_CASE = select(events.c.id, events.c.facts).where(events.c.case_id == bindparam("subject"), *_LATELY)
OF_JOINT = select(events.c.id, events.c.facts).where(events.c.joint_id == bindparam("subject"), *_LATELY)
LINES = select(letters.c.body).where(
    letters.c.key.in_(bindparam("keys", expanding=True)), letters.c.state.not_in(("dead", "given_up"))
)


def told_lately(work: Work | JointWork, event: Recorded, keys: str, rows: int) -> frozenset[int]:
    """The persons to whom the actor's unit said just this of the same case or order a moment ago.

    `keys`: how the key of a line begins, before the event's id; `rows`: how many lines an event of this kind may have.
    What could not be delivered was not said.
    """
    once = work.world.policy.said_once
    if event.key not in once.events:
        return frozenset()
    late.settle(work.tx)  # lines of the same commit may be among them
    asked = {"subject": work.case["id"], "name": event.name, "unit": work.actor.unit, "since": work.now - once.within}
    found = work.tx.execute(OF_CASE if isinstance(work, Work) else OF_JOINT, asked).all()
    own = next(_words(row.facts) for row in found if row.id == event.id)
    earlier = [row.id for row in found if row.id != event.id and _words(row.facts) == own]
    named = [f"{keys}:{one}:{number}" for one in earlier for number in range(rows)]
    bodies = work.tx.execute(LINES, {"keys": named}).scalars() if named else ()
    return frozenset(person for body in bodies for person in body["people"])


def said_once(work: Work | JointWork) -> str:
    """What the actor reads when everybody meant has heard the same a moment ago."""
    return f"已记录；{work.world.policy.said_once.minutes} 分钟内已告知过对方，不再重复发消息"


def _words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was said with an act, whatever it followed from."""
    return {name: value for name, value in facts.items() if name != "after"}
