"""A flow as a picture: states down one spine, steps ahead on the right of it, steps back on the left.

One layout serves a phone and a desk, because it is hardly wider than a phone. Moves that lead to the same state under
the same name share one lane, so the picture has as many lines as a person would draw.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.policy.flow import Flow

NODE_W, NODE_H, STEP = 88, 34, 68
LANE, GAP, EDGE, R = 19, 8, 10, 7
CHAR = 13


@dataclass(frozen=True, slots=True)
class Node:
    """One state: its upper left corner, its word, its tone; `kind` is initial, final or empty."""

    x: float
    y: float
    title: str
    tone: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """One lane: path, the points where steps join it, and its label: upright in the lane, or rows beside an arrow."""

    path: str
    joins: tuple[str, ...]
    back: bool
    label: tuple[tuple[float, float, str], ...]
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything the template draws, in the units of its view box."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    node_w: int = NODE_W
    node_h: int = NODE_H


@dataclass(frozen=True, slots=True)
class Bus:
    """Steps from several states to one, under one name."""

    title: str
    sources: tuple[int, ...]
    to: int

    @property
    def first(self) -> int:
        return min(*self.sources, self.to)

    @property
    def last(self) -> int:
        return max(*self.sources, self.to)

    @property
    def back(self) -> bool:
        return self.to < min(self.sources)

    @property
    def straight(self) -> bool:
        return self.sources == (self.to - 1,)


def draw(flow: Flow) -> Diagram:
    """The diagram of a flow; moves that leave the state alone are left to the table."""
    order = list(flow.states)  # the table lists them in the order of a case's life
    buses = _buses(flow, order)
    ahead = _lanes([bus for bus in buses if not bus.back and not bus.straight])
    back = _lanes([bus for bus in buses if bus.back])
    left = EDGE + LANE * len(back)
    width = left + NODE_W + GAP + LANE * len(ahead) + EDGE
    lines = [_straight(bus, left) for bus in buses if bus.straight]
    lines += [_lane(bus, left + NODE_W, GAP + LANE * (n + 1), False) for n, lane in enumerate(ahead) for bus in lane]
    lines += [_lane(bus, left, -LANE * (n + 1), True) for n, lane in enumerate(back) for bus in lane]
    nodes = tuple(_node(flow, name, left, row) for row, name in enumerate(order))
    return Diagram(width, EDGE * 2 + STEP * (len(order) - 1) + NODE_H, nodes, tuple(lines))


def _buses(flow: Flow, order: list[str]) -> list[Bus]:
    """One bus for each name and target; names that run between the same states share one."""
    place = {name: row for row, name in enumerate(order)}
    reached: dict[tuple[str, int, str], set[int]] = {}
    for move in flow.moves:
        for source in move.sources:
            if move.to not in ("same", source):
                at, to = place[source], place[move.to]
                side = "back" if to < at else "straight" if to == at + 1 else "ahead"
                reached.setdefault((move.title, to, side), set()).add(at)
    shared: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for (title, to, _), sources in reached.items():
        shared.setdefault((tuple(sorted(sources)), to), []).append(title)
    return [Bus("·".join(titles), sources, to) for (sources, to), titles in shared.items()]


def _lanes(buses: Iterable[Bus]) -> list[list[Bus]]:
    """Short reaches next to the spine; a lane takes another bus where it is free."""
    lanes: list[list[Bus]] = []
    for bus in sorted(buses, key=lambda one: (one.last - one.first, one.first)):
        free = next((lane for lane in lanes if all(_apart(bus, other) for other in lane)), None)
        if free is None:
            lanes.append([bus])
        else:
            free.append(bus)
    return lanes


def _apart(one: Bus, other: Bus) -> bool:
    return one.last < other.first or other.last < one.first


def _node(flow: Flow, name: str, left: float, row: int) -> Node:
    state = flow.states[name]
    kind = "initial" if name == flow.initial else "final" if state.final else ""
    return Node(left, EDGE + STEP * row, state.title, state.tone, kind)


def _middle(row: int) -> float:
    return EDGE + STEP * row + NODE_H / 2


def _straight(bus: Bus, left: float) -> Line:
    """The arrow to the next state, its names in two lines to the right of it."""
    x, y = left + NODE_W / 2, EDGE + STEP * bus.sources[0] + NODE_H
    titles = bus.title.split("·")
    half = -(-len(titles) // 2)
    words = [row for row in ("·".join(titles[:half]), "·".join(titles[half:])) if row]
    top = y + (STEP - NODE_H) / 2 - CHAR * (len(words) - 1) / 2
    label = tuple((x + 7, top + CHAR * at, row) for at, row in enumerate(words))
    return Line(f"M{x} {y}V{y + STEP - NODE_H - 2}", (), False, label, beside=True)


def _lane(bus: Bus, side: float, reach: float, back: bool) -> Line:
    """A lane from each source out to `reach` beside the spine and along it to the target."""
    x, sign = side + reach, 1 if reach > 0 else -1
    out, into = (7, -7) if not back else (-7, 7)
    end = _middle(bus.to) + into
    ends = [_middle(row) + out for row in bus.sources]
    far = max(ends) if back else min(ends)
    turn = -R if back else R
    near = x - sign * R
    path = f"M{side} {far}H{near}Q{x} {far} {x} {far + turn}V{end - turn}Q{x} {end} {near} {end}H{side + sign * 2}"
    joins = tuple(f"M{side} {y}H{near}Q{x} {y} {x} {y + turn}" for y in ends if y != far)
    return Line(path, joins, back, tuple(_upright(bus.title, x, (far + end) / 2)))


def _upright(title: str, x: float, middle: float) -> Iterable[tuple[float, float, str]]:
    top = middle - CHAR * (len(title) - 1) / 2
    return ((x, top + CHAR * place, letter) for place, letter in enumerate(title))
