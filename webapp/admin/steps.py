"""The way of a case through its states, with the moment each was reached: what happened, not what should have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.policy.flow import Flow
from core.views import CaseView

ASIDE = ("archived", "invalid", "merged")
"""States that are no station of the usual way: shown once a case is there."""


@dataclass(frozen=True, slots=True)
class Step:
    """One state. `at` is when the case last came to it, None for one still ahead."""

    title: str
    at: datetime | None
    now: bool


def steps(flow: Flow, view: CaseView) -> tuple[Step, ...]:
    """The states the case has been in and, while it runs, those still ahead, in the order of the flow."""
    reached, last = {flow.initial: view.registered_at}, flow.initial
    for line in view.timeline:
        if line.state and line.state != last:
            last = line.state
            reached[last] = line.at
    order = [name for name in flow.states if name not in ASIDE or name in reached or name == view.state]
    here = order.index(view.state)
    behind = [name for name in order[: here + 1] if name in reached]
    ahead = [] if view.ended or view.state in ASIDE else order[here + 1 :]
    return (
        *(Step(flow.states[name].title, reached[name], name == view.state) for name in behind),
        *(Step(flow.states[name].title, None, False) for name in ahead),
    )
