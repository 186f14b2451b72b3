"""A flow is a table: states, moves, and the proof that the table makes sense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Presence = str  # "required" | "optional"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a flow; `title` is what people read."""

    name: str
    title: str
    final: bool = False
    tone: str = "blue"
    whose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One row: who may take which step from where to where, on what form, under which guards.

    `to` is a state name, or `same` for an act that leaves the state alone. `only_if` picks between rows that share
    an action and a state (first match wins); `when` holds guards that refuse with a sentence. `do` names effects.
    `aside` is a move beside the work: it leaves `seq` alone, so no button or half-filled form goes stale by it.
    """

    action: str
    title: str
    sources: tuple[str, ...]
    to: str
    by: tuple[str, ...]
    event: str
    form: Mapping[str, Presence] = field(default_factory=dict)
    only_if: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    face: str = "more"
    style: str = "default"
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A checked flow; `rows[action, state]` lists the candidate moves in order."""

    name: str
    title: str
    initial: str
    states: Mapping[str, State]
    moves: tuple[Move, ...]
    rows: Mapping[tuple[str, str], tuple[Move, ...]]

    def candidates(self, action: str, state: str) -> tuple[Move, ...]:
        return self.rows.get((action, state), ())

    def title_of(self, action: str) -> str | None:
        return next((move.title for move in self.moves if move.action == action), None)

    def is_aside(self, event: str) -> bool:
        """Whether an event came of a move beside the work: nobody handled anything by it."""
        return any(move.aside for move in self.moves if move.event == event)

    def offered(self, state: str) -> Iterable[Move]:
        """The moves open from `state`, each action once, in table order."""
        seen: set[str] = set()
        for move in self.moves:
            if state in move.sources and move.action not in seen:
                seen.add(move.action)
                yield move


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary a flow table may use."""

    guards: frozenset[str]
    effects: frozenset[str]
    standings: frozenset[str]
    glossary: frozenset[str]


def read_flow(table: Mapping[str, Any]) -> Flow:
    """A `Flow` from its YAML table; raises ValueError naming the row that is malformed."""
    states = {
        name: State(
            name,
            row["title"],
            bool(row.get("final", False)),
            row.get("tone", "blue"),
            tuple(row.get("whose", ())),
        )
        for name, row in table["states"].items()
    }
    moves = tuple(_move(row) for row in table["moves"])
    rows: dict[tuple[str, str], tuple[Move, ...]] = {}
    for move in moves:
        for state in move.sources:
            rows[move.action, state] = (*rows.get((move.action, state), ()), move)
    return Flow(
        table["flow"], table["title"], table["initial"], MappingProxyType(states), moves, MappingProxyType(rows)
    )


_KEYS = {"action", "title", "from", "to", "by", "event", "form", "if", "when", "do", "face", "style", "aside"}


def _move(row: Mapping[str, Any]) -> Move:
    if unknown := set(row) - _KEYS:
        raise ValueError(f"move {row.get('action')}: unknown columns {sorted(unknown)}")
    return Move(
        action=row["action"],
        title=row["title"],
        sources=tuple(row["from"]),
        to=row["to"],
        by=tuple(row["by"]),
        event=row["event"],
        form=MappingProxyType(dict(row.get("form", {}))),
        only_if=tuple(row.get("if", ())),
        when=tuple(row.get("when", ())),
        do=tuple(row.get("do", ())),
        face=row.get("face", "more"),
        style=row.get("style", "default"),
        aside=bool(row.get("aside", False)),
    )


def faults(flow: Flow, words: Words) -> list[str]:
    """Everything wrong with the table; empty means it is proved."""
    found = [f"{flow.name}: unknown initial state {flow.initial}"] if flow.initial not in flow.states else []
    for move in flow.moves:
        found += _word_faults(flow, move, words)
    for (action, state), candidates in flow.rows.items():
        found += [
            f"{flow.name}.{action} from {state}: two rows collide" for earlier in candidates[:-1] if not earlier.only_if
        ]
    return found + _shape_faults(flow)


def _word_faults(flow: Flow, move: Move, words: Words) -> list[str]:
    where = f"{flow.name}.{move.action}"
    targets = {move.to} - {"same"}
    checks = (
        ("state", (*move.sources, *targets), frozenset(flow.states)),
        ("guard", (*move.only_if, *move.when), words.guards),
        ("effect", move.do, words.effects),
        ("standing", move.by, words.standings),
        ("word", (move.action, move.event, *move.form), words.glossary),
    )
    return [f"{where}: unknown {kind} {name}" for kind, names, known in checks for name in names if name not in known]


def _shape_faults(flow: Flow) -> list[str]:
    reached, frontier = {flow.initial}, [flow.initial]
    while frontier:
        state = frontier.pop()
        for move in flow.moves:
            if state in move.sources and move.to not in reached and move.to != "same":
                reached.add(move.to)
                frontier.append(move.to)
    leaves = {state for move in flow.moves if move.to != "same" for state in move.sources}
    found = [f"{flow.name}: state {name} cannot be reached" for name in flow.states if name not in reached]
    found += [
        f"{flow.name}: state {state.name} is a dead end"
        for state in flow.states.values()
        if not state.final and state.name not in leaves
    ]
    return found
