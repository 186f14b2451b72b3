"""What one case counts for: its rows and events in, its figures out. Pure, so that any case can be counted anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.figures import AMOUNTS, HANDLED, MACHINES, REGISTERED, WHOLE, Figure
from core.worktime import local_date

Row = Mapping[str, Any]
RUNNING = frozenset({"to_sign", "handling", "delegated", "returning", "adjudicating"})
HANDED_IN = frozenset({"reported", "settled"})
DONE = frozenset({"follow_up", "closed", "archived"})
PLEASED = frozenset({"satisfied", "basically"})
TELLING = ("reported", "reopened", "sent_back", "dispatched", "reassigned", "passed_on")
"""The events that figures are made of, beside the stamps on the legs."""
HANDOVERS = frozenset({"case.dispatched", "case.reassigned", "case_leg.passed_on"})


@dataclass(frozen=True, slots=True)
class Told:
    """One case as far as figures go: its row, its legs in order, its telling events and its call-backs."""

    case: Row
    legs: Sequence[Row]
    events: Sequence[Row]
    calls: Sequence[Row]

    @property
    def handovers(self) -> int:
        return sum(f"{one['flow']}.{one['name']}" in HANDOVERS for one in self.events)

    def reported_at(self, leg: Row) -> datetime | None:
        """When the leg was last handed in, if it still is."""
        if leg["state"] not in HANDED_IN:
            return None
        settled: datetime | None = leg["settled_at"]
        return max((one["at"] for one in self.events if self._of(one, leg, "reported")), default=settled)

    def was_redone(self, leg: Row) -> bool:
        return any(self._of(one, leg, "reopened") or self._of(one, leg, "sent_back") for one in self.events)

    @staticmethod
    def _of(event: Row, leg: Row, name: str) -> bool:
        return bool(event["leg_id"] == leg["id"] and event["name"] == name)


def count(told: Told, now: datetime) -> list[Figure]:
    """Every figure of one case: at each unit that had a part, at the district, and where it was registered."""
    lead = [leg for leg in told.legs if leg["part"] == "lead" and leg["parent_id"] is None]
    found = [_handled(told, WHOLE, lead, now)] if lead else []
    for unit in dict.fromkeys(leg["unit_id"] for leg in told.legs):
        found.append(_handled(told, unit, [leg for leg in told.legs if leg["unit_id"] == unit], now))
    late, turns_at = (found[0].amounts[AMOUNTS.index("overdue")], found[0].turns_at) if lead else (0, None)
    registered = told.case["registered_unit"] or MACHINES
    found += [_registered(told, unit, bool(late), turns_at) for unit in (WHOLE, registered)]
    return found


def _figure(
    kind: str, told: Told, unit: int, at: datetime, turns_at: datetime | None, amounts: Mapping[str, int]
) -> Figure:
    case = told.case
    values = (case["channel"], case["type"], (case["class_code"] or "")[:2], case["town"] or "")
    return Figure(
        kind, case["id"], unit, local_date(at), values, turns_at, tuple(int(amounts.get(name, 0)) for name in AMOUNTS)
    )


def _handled(told: Told, unit: int, legs: Sequence[Row], now: datetime) -> Figure:
    """A unit's handling of a case; of several parts one after the other the last that stayed is judged."""
    leg = ([one for one in legs if one["state"] != "released"] or list(legs))[-1]
    reported_at, running = told.reported_at(leg), leg["state"] in RUNNING
    late_now = running and leg["due_at"] < now
    overdue = late_now or (reported_at is not None and reported_at > leg["due_at"])
    closed = leg["state"] == "settled"
    amounts = {
        "received": 1,
        **_stamps(leg),
        "closed": closed,
        "on_time": closed and not overdue,
        "overdue": overdue,
        "overdue_open": late_now,
        "due": closed or overdue,
        "returned": any(one["returns"] for one in legs),
        "redone": any(told.was_redone(one) for one in legs),
        "moved_out": leg["state"] == "released",
        "open": leg["state"] not in ("settled", "released"),
        "close_minutes": _minutes(leg["sent_at"], reported_at) if closed else 0,
        "handovers": told.handovers,
        **(_answers(told) if leg["part"] == "lead" and closed else {}),
    }
    turns_at = leg["due_at"] if running and not late_now else None
    return _figure(HANDLED, told, unit, legs[0]["sent_at"], turns_at, amounts)


def _stamps(leg: Row) -> dict[str, int]:
    signed, contacted = leg["signed_at"], leg["contacted_at"]
    return {
        "signed": signed is not None,
        "signed_on_time": signed is not None and _by(signed, leg["receive_due_at"]),
        "contacted": contacted is not None,
        "contacted_on_time": contacted is not None and _by(contacted, leg["contact_due_at"]),
        "contact_minutes": _minutes(leg["sent_at"], contacted),
    }


def _answers(told: Told) -> dict[str, int]:
    """The last call-back that was answered; not reached is not satisfied (domain-rules §9)."""
    answered = [call for call in told.calls if call["connected"]]
    if not answered:
        return {}
    last = answered[-1]
    return {"reached": 1, "solved": last["solved"] == "solved", "satisfied": last["satisfied"] in PLEASED}


def _registered(told: Told, unit: int, late: bool, turns_at: datetime | None) -> Figure:
    case, sent = told.case, told.case["first_dispatched_at"] is not None
    closed, invalid = case["state"] in DONE, case["state"] == "invalid"
    amounts = {
        "received": 1,
        "dispatched": sent,
        "direct": closed and not sent,
        "closed": closed,
        "invalid": invalid,
        "open": not closed and not invalid,
        "overdue": late,
        "due": closed or late,
        "close_minutes": _minutes(case["registered_at"], case["finished_at"] or case["changed_at"]) if closed else 0,
        "handovers": told.handovers if sent else 0,
    }
    return _figure(REGISTERED, told, unit, case["registered_at"], turns_at, amounts)


def _by(at: datetime, limit: datetime | None) -> bool:
    return limit is None or at <= limit


def _minutes(since: datetime, until: datetime | None) -> int:
    return 0 if until is None else max(0, round((until - since).total_seconds() / 60))
