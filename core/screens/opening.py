"""From a number of our own to what is behind it: cases or joint orders, on the page that lists them to this reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from core.figures import DIMS, HANDLED, REGISTERED
from core.policy.measures import read_measures
from core.policy.records import read_records
from core.policy.topics import Metric, Own
from core.screens.own_cases import FIGURES
from core.screens.told import stretch

CASES, LIST, ORDERS, JOINTS = "cases", "list", "orders", "joints"
"""The pages: cases behind a figure, the desk's list, orders behind a score, the list of joint orders."""
STOCKS = {"open_now": (REGISTERED, "open"), "overdue_now": (HANDLED, "overdue_open")}
JOINT: Mapping[str, str] = {
    "joint_raised": "sponsored", "joint_called": "called", "joint_answered_rate": "responded_in_time",
    "joint_came_rate": "checked_in", "joint_fed_rate": "fed_in_time", "joint_pleased_rate": "pleased",
}  # fmt: skip


def opens(metric: Metric, today: date, town: str = "") -> str:
    """「page?query」 of what is behind a number, of one town if named; empty where nothing is or no page lists it."""
    own = metric.of
    if not isinstance(own, Own) or (town and (own.where or own.measure == "finished")):
        return ""
    days = {name: day.isoformat() for name, day in zip(("since", "until"), stretch(own, today), strict=True)}
    if own.measure in FIGURES or own.measure in STOCKS:
        return _of_cases(own, days, town)
    if own.where:
        return ""
    if own.measure == "finished":
        return f"{LIST}?{urlencode({'key': 'done', **{f'ended_{name}': day for name, day in days.items()}})}"
    if own.measure in JOINT:
        return f"{ORDERS}?{urlencode({**days, 'what': JOINT[own.measure]})}"
    return f"{JOINTS}?{urlencode({'list': 'running'})}" if own.measure == "joint_open" else ""


def _of_cases(own: Own, days: Mapping[str, str], town: str) -> str:
    """Narrowed by one value of one dimension, which is all the page can say."""
    narrow = {dim: values for dim, values in own.where.items() if dim in DIMS}
    chosen = [(dim, one) for dim, values in narrow.items() for one in ([values] if isinstance(values, str) else values)]
    if len(own.where) > len(narrow) or len(chosen) > 1:
        return ""
    if town:
        chosen = [("town", town)]
    if own.measure in STOCKS:
        kind, amount = STOCKS[own.measure]
    else:
        measure = read_measures().measures[read_records().at.get(own.measure, {}).get("whole", own.measure)]
        kind, amount = (HANDLED if HANDLED in measure.kinds else REGISTERED), measure.of
    asked = {"kind": kind, **days, "amount": amount}
    return f"{CASES}?{urlencode(asked | ({'dim': chosen[0][0], 'value': chosen[0][1]} if chosen else {}))}"
