"""A register as its page shows it: the rows in words, what this reader may do, and the history of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Text, func, select, type_coerce

from core.canon import canonical
from core.errors import NotYours
from core.models.people import people, posts, units
from core.models.record import events
from core.people import Actor
from core.policy.registers import ACTS, EVENTS, Column, Register, load_registers
from core.register.checks import Choices, in_form, in_words
from core.register.choices import choices_of
from core.register.keepers import Row
from core.register.shelf import SHELF
from core.views import Option
from core.work import World

SIZE = 50
DID = {name: ACTS[act] for act, name in EVENTS.items()}
NO_VALUE = "已更改"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form, with what may be chosen; `value` is what it holds now."""

    column: Column
    options: tuple[Option, ...]
    value: str = ""


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its cells under the listed fields, and its form as it stands."""

    key: str
    called: str
    cells: tuple[str, ...]
    form: tuple[FormField, ...]
    in_use: bool
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisterView:
    """One page of a register for one reader; `acts` are the reader's, `tabs` every register the reader may open."""

    register: Register
    tabs: tuple[Register, ...]
    heads: tuple[str, ...]
    rows: tuple[RowView, ...]
    blank: tuple[FormField, ...]
    acts: tuple[str, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: who, when, which row, old → new field by field, and why."""

    at: datetime
    who: str
    did: str
    called: str
    lines: tuple[tuple[str, str, str], ...]
    reason: str


def tabs_of(actor: Actor) -> tuple[Register, ...]:
    """The registers this reader may open, in the order of their tabs."""
    return tuple(one for one in load_registers().values() if actor.role in one.opens and not one.apart)


def opened(actor: Actor, name: str, world: World) -> Register:
    """The register of that name. Raises NotYours for one that is not this reader's, or is none."""
    register = load_registers().get(name)
    found = register if register and actor.role in register.opens else None
    if found is None:
        roles = register.opens if register else frozenset[str]()
        holder = "、".join(title for role, title in world.policy.roles.items() if role in roles) or "管理员"
        raise NotYours(holder=holder, action="查看这本登记册")
    return found


def register_page(
    tx: Connection, register: Register, world: World, actor: Actor, today: date, words: str, number: int
) -> RegisterView:
    """The rows whose words contain `words`, those in use first."""
    keeper, choices = SHELF[register.name], choices_of(tx, register, world)
    acts = register.acts if actor.role in register.writes else ()
    seen = [row for row in keeper.all(tx) if keeper.seen(world, actor, row)]
    rows = sorted(seen, key=lambda row: not keeper.in_use(row, today))
    told = [(row, _cells(register, row, choices)) for row in rows]
    found = [(row, cells) for row, cells in told if not words or any(words in cell for cell in (*cells, row["key"]))]
    pages = max(1, -(-len(found) // SIZE))
    number = min(max(1, number), pages)
    shown = found[(number - 1) * SIZE : number * SIZE]
    return RegisterView(
        register, tabs_of(actor), tuple(register.fields[name].label for name in register.listed),
        tuple(_row_view(register, row, cells, choices, today, acts) for row, cells in shown),
        _form(register, {}, choices, today) if "add" in acts else (), acts, len(found), number, pages,
    )  # fmt: skip


def _cells(register: Register, row: Row, choices: Choices) -> tuple[str, ...]:
    return tuple(in_words(register.fields[name], row[name], choices.get(name, {})) for name in register.listed)


def _row_view(
    register: Register, row: Row, cells: tuple[str, ...], choices: Choices, today: date, acts: Sequence[str]
) -> RowView:
    live = SHELF[register.name].in_use(row, today)
    called = cells[register.listed.index(register.called)] if register.called in register.listed else row["key"]
    may = tuple(act for act in acts if act != "add" and (act != "retire" or live))
    return RowView(row["key"], called, cells, _form(register, row, choices, today) if may else (), live, may)


def _form(register: Register, row: Mapping[str, Any], choices: Choices, today: date) -> tuple[FormField, ...]:
    """The fields of the form for a row, or for a new one: fixed ones only then, 在用 only later."""
    new = not row
    fields = []
    for name, column in register.fields.items():
        if (column.fixed and not new) or (column.kind == "flag" and new):
            continue
        value = "" if column.anew else in_form(column, today if new and column.now else row.get(name))
        options = tuple(Option(code, title) for code, title in choices.get(name, {}).items())
        fields.append(FormField(column, options, value))
    return tuple(fields)


def history(
    tx: Connection, register: Register, world: World, key: str, number: int
) -> tuple[tuple[ChangeView, ...], int]:
    """The changes of a register, or of one of its rows, newest first; and how many there are."""
    where = [events.c.flow == register.name]
    if key:
        where.append(type_coerce(events.c.facts, Text).contains(f'"row":{canonical(key)}', autoescape=True))
    query = (
        select(events, people.c.name.label("who"), posts.c.title.label("post"), units.c.short.label("unit"))
        .outerjoin(people, people.c.id == events.c.person_id)
        .outerjoin(posts, posts.c.id == events.c.post_id)
        .outerjoin(units, units.c.id == posts.c.unit_id)
        .where(*where)
        .order_by(events.c.id.desc())
    )
    total = tx.execute(select(func.count()).select_from(events).where(*where)).scalar_one()
    choices = choices_of(tx, register, world)
    rows = tx.execute(query.limit(SIZE).offset((max(1, number) - 1) * SIZE)).all()
    return tuple(_change(register, row, choices) for row in rows), total


def _change(register: Register, row: Any, choices: Choices) -> ChangeView:
    old, new = row.facts["old"], row.facts["new"]
    lines = tuple(
        (column.label, _word(column, old.get(name), choices), _word(column, new.get(name), choices))
        for name, column in register.fields.items()
        if name in old or name in new
    )
    who = " ".join(part for part in (row.unit, row.post, row.who) if part) or "系统"
    return ChangeView(row.at, who, DID[row.name], row.facts["called"], lines, row.facts.get("reason", ""))


def _word(column: Column, value: Any, choices: Choices) -> str:
    return value if value == NO_VALUE else in_words(column, value, choices.get(column.name, {}))
