"""流程: every flow as a diagram and a table, drawn from the tables the core judges by."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from core.policy import Policy
from core.policy.flow import Flow, Move
from webapp.auth import audience
from webapp.context import the_core
from webapp.diagram import Diagram, draw

flows = Blueprint("flows", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, in words."""

    title: str
    sources: str
    to: str
    by: str
    form: str
    when: str


@dataclass(frozen=True, slots=True)
class FlowPage:
    """One flow as its readers see it."""

    name: str
    title: str
    diagram: Diagram
    rows: tuple[Row, ...]


@flows.get("/flows")
@audience("flows")
def index() -> str:
    policy = the_core().policy
    return render_template("flows.html", flows=[_told(policy, flow) for flow in policy.flows.values()])


def _told(policy: Policy, flow: Flow) -> FlowPage:
    return FlowPage(flow.name, flow.title, draw(flow), tuple(_row(policy, flow, move) for move in flow.moves))


def _row(policy: Policy, flow: Flow, move: Move) -> Row:
    return Row(
        title=move.title,
        sources="、".join(flow.states[name].title for name in move.sources),
        to="不变" if move.to == "same" else flow.states[move.to].title,
        by="、".join(dict.fromkeys(policy.standings[name].title for name in move.by)),
        form=_form(policy, move) or "—",
        when="、".join(policy.say(name) for name in (*move.only_if, *move.when)) or "—",
    )


def _form(policy: Policy, move: Move) -> str:
    """「必填：主办单位；可填：意见」."""
    parts = []
    for word, need in (("必填", "required"), ("可填", "optional")):
        labels = [policy.field(move.action, name).label for name, presence in move.form.items() if presence == need]
        parts += [f"{word}：{'、'.join(labels)}"] if labels else []
    return "；".join(parts)
