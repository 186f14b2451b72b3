"""The door of the registers: one amendment judged, written, recorded and receipted in one commit (house-style §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, func, insert, select

from core.canon import canonical
from core.commits import CommitLine, Job
from core.crypto import Cipher, Indexer
from core.entries import Entry, event_hash
from core.errors import NothingChanged, NotYours, Unknown
from core.models.record import events
from core.people import Actor
from core.policy.registers import ACTS, EVENTS, Register, load_registers
from core.ports import Clock
from core.receipts import Done, answered, keep_receipt, refuse
from core.register.checks import checked, checked_reason, stored
from core.register.choices import choices_of
from core.register.keepers import Desk, Row
from core.register.pages import ChangeView, RegisterView, history, opened, register_page, tabs_of
from core.register.shelf import SHELF
from core.sm import sm3
from core.work import World
from core.worktime import local_date

T = TypeVar("T")
NEW_EVENT = insert(events).returning(events.c.id)
NEVER_TOLD = frozenset({"phone", "layout", "form", "pairing"})
"""Fields no event keeps the value of: a phone is nobody's, a layout lies in its own version, a code is used up."""


@dataclass(frozen=True, slots=True)
class Amend:
    """One change to one register. `act`: add, change, retire or delete; `row` is the row's key, empty for a new one."""

    key: str
    register: str
    act: str
    row: str
    values: Mapping[str, str]
    actor: Actor
    reason: str = ""
    source: str = "web"


class Registers:
    """Everything an administrator keeps. `forget` drops what this process remembers of it once a change is on disk."""

    def __init__(
        self,
        engine: Engine,
        line: CommitLine,
        world: Callable[[], World],
        clock: Clock,
        sealing: tuple[Cipher, Indexer],
        forget: Callable[[], None],
    ) -> None:
        self._engine, self._line, self._world, self._clock = engine, line, world, clock
        self._sealing, self._forget = sealing, forget

    def write(self, amend: Amend) -> Done:
        """Make the change, or answer as before for a known key. Raises a Refusal, which is on record."""
        now, digest = self._clock.now(), _digest(amend)
        register = load_registers().get(amend.register)
        act = f"{register.name}.{amend.act}" if register else "register"
        what = f"{register.name if register else 'register'}:{amend.row[:40] if amend.row.isprintable() else ''}"
        job = Job(
            0,
            lambda tx: self._run(tx, amend, register, digest, now),
            lambda tx, no: refuse(tx, amend.key, digest, amend.actor, act, what, now, no),
        )
        done: Done = self._line.submit(job)
        self._forget()
        return done

    def page(self, actor: Actor, name: str = "", words: str = "", number: int = 1) -> RegisterView:
        """One page of a register as this reader may see it; the reader's first one when none is named.

        Raises NotYours.
        """
        world = self._world()
        first = next((one.name for one in tabs_of(actor)), "")
        register, today = opened(actor, name or first, world), local_date(self._clock.now())
        return self._read(lambda tx: register_page(tx, register, world, actor, today, words.strip(), number))

    def history(self, actor: Actor, name: str, row: str = "", number: int = 1) -> tuple[tuple[ChangeView, ...], int]:
        """The changes of a register or of one row, newest first, and how many there are. Raises NotYours."""
        world = self._world()
        register = opened(actor, name, world)
        return self._read(lambda tx: history(tx, register, world, row, number))

    def _read(self, run: Callable[[Connection], T]) -> T:
        with self._engine.connect().execution_options(readonly=True) as tx:
            return run(tx)

    def _run(
        self, tx: Connection, amend: Amend, register: Register | None, digest: str, now: datetime
    ) -> tuple[Done, Sequence[Entry]]:
        if earlier := answered(tx, amend.key, digest):
            return earlier, ()
        world = self._world()
        if register is None or amend.act not in register.acts:
            raise Unknown(what=ACTS.get(amend.act, "这个动作") if register else "这本登记册")
        if amend.actor.role not in register.writes:
            titles = [title for role, title in world.policy.roles.items() if role in register.writes]
            raise NotYours(holder="、".join(titles), action=f"{ACTS[amend.act]}{register.title}")
        desk = Desk(tx, register, amend.actor, local_date(now), world, *self._sealing)
        key, old, new = _act(desk, amend)
        reason = checked_reason(register, amend.act, amend.reason)
        facts = {"row": key, "called": _called(desk, new or old or {}), **_difference(register, old, new)}
        entry, event = _record(desk, amend, now, {**facts, **({"reason": reason} if reason else {})})
        sentence = f"已{ACTS[amend.act]}「{facts['called']}」"
        done = Done(event, 0, key, f"{register.name}.{EVENTS[amend.act]}", sentence)
        keep_receipt(tx, amend.key, digest, done, now)
        return done, (entry,)


def _act(desk: Desk, amend: Amend) -> tuple[str, Row | None, Row | None]:
    """Check the form and the law and write the row; returns its key and the row before and after."""
    keeper, register = SHELF[desk.register.name], desk.register
    old = None if amend.act == "add" else keeper.find(desk.tx, amend.row)
    if old is None and amend.act != "add":
        raise Unknown(what=register.title)
    checked_reason(register, amend.act, amend.reason)
    if amend.act == "delete" and old is not None:
        keeper.delete(desk, old)
        return old["key"], old, None
    if amend.act == "retire" and old is not None:
        new = keeper.retired(desk, old)
    else:
        new = checked(register, amend.act, amend.values, old, choices_of(desk.tx, register, desk.world), desk.today)
    if old is None:
        keeper.law(desk, None, new)
        return keeper.add(desk, new), None, new
    if not _difference(register, old, new)["new"]:
        raise NothingChanged()
    keeper.law(desk, old, new)
    keeper.change(desk, old, new)
    return old["key"], old, new


def _called(desk: Desk, row: Row) -> str:
    return SHELF[desk.register.name].said(desk, row)


def _difference(register: Register, old: Row | None, new: Row | None) -> dict[str, dict[str, Any]]:
    """The fields that differ, before and after; for a new row or one that goes, all that are filled."""
    before = {name: stored((old or {}).get(name)) for name in register.fields}
    after = {name: stored((new or {}).get(name)) for name in register.fields}
    changed = [name for name in register.fields if before[name] != after[name] and (before[name] or after[name])]
    told = {name: "已更改" for name in changed if name in NEVER_TOLD}
    return {
        "old": {name: before[name] for name in changed if name not in told and old is not None},
        "new": {**{name: after[name] for name in changed if new is not None}, **told} if new is not None else {},
    }


def _record(desk: Desk, amend: Amend, now: datetime, facts: dict[str, Any]) -> tuple[Entry, int]:
    """The event of the change and its entry in the log: ids and names of fields there, values in the event alone."""
    who, name = amend.actor, EVENTS[amend.act]
    seq = desk.tx.execute(select(func.count()).where(events.c.flow == desk.register.name)).scalar_one() + 1
    row = {
        "case_id": None, "leg_id": None, "flow": desk.register.name, "name": name, "at": now, "person_id": who.person,
        "post_id": who.post, "unit_id": who.unit, "from_state": None, "to_state": None, "seq": seq,
        "source": amend.source, "facts": facts,
    }  # fmt: skip
    event: int = desk.tx.execute(NEW_EVENT, row).scalar_one()
    digest = event_hash({**row, "id": event, "facts": canonical(facts)})
    action, what = f"{desk.register.name}.{name}", f"{desk.register.name}:{facts['row']}"
    entry = Entry(
        now, who.person, who.post, who.channel, who.address, action, what, "done", event_id=event, event_hash=digest
    )
    return entry, event


def _digest(amend: Amend) -> str:
    told = [amend.register, amend.act, amend.row, dict(amend.values), amend.reason, amend.actor.person]
    return sm3(canonical(told).encode("utf-8", "surrogatepass")).hex()
