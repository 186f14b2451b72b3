"""Who hears of an event, by which channel, in which words: the rows of notices.yaml, proved against sms.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from core.policy.texting import SmsPolicy, read_span
from core.policy.workdays import check_columns

CHANNELS = frozenset({"chat", "sms"})
"""How a row may reach its people."""
HOLDER = "holder"
"""An audience outside the house: who asked about their own data, of a case that is such a request (control F6)."""
SAID = frozenset({"tail", "title", "who", "what", "text", "until", "due"})
"""What every notice knows of its event: the holes its words and its template may have."""


@dataclass(frozen=True, slots=True)
class Baton:
    """One short line for one audience when an event passes the turn on (C2).

    `by` names its channels: chat says `words`, sms sends `template` of sms.yaml.
    """

    to: str
    words: str
    by: frozenset[str] = frozenset({"chat"})
    template: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When reminders wait for the morning (domain-rules §20), and the urgencies that do not wait; local times."""

    begins: time
    ends: time
    but: frozenset[str]


@dataclass(frozen=True, slots=True)
class SaidOnce:
    """Events whose words, said again by one unit within this time, are no second message (domain-rules §20)."""

    within: timedelta
    events: frozenset[str]

    @property
    def minutes(self) -> int:
        return self.within // timedelta(minutes=1)


def read_once(row: Mapping[str, Any]) -> SaidOnce:
    """Which repeats are one message. Raises ValueError naming the place at fault."""
    where = "notices.yaml said_once"
    check_columns(row, {"within", "events"}, {"within", "events"}, where)
    return SaidOnce(read_span(row["within"], where), frozenset(row["events"]))


def read_quiet(row: Mapping[str, Any]) -> QuietHours:
    """The quiet hours of the product."""
    return QuietHours(time.fromisoformat(row["from"]), time.fromisoformat(row["to"]), frozenset(row["except"]))


def read_batons(event: str, rows: Iterable[Mapping[str, Any]]) -> tuple[Baton, ...]:
    """The rows of one event. Raises ValueError naming the event at fault."""
    return tuple(_baton(row, event) for row in rows)


def _baton(row: Mapping[str, Any], event: str) -> Baton:
    """A row of notices.yaml. Raises ValueError: a channel nobody knows, or one without what it says."""
    where = f"notices.yaml {event}"
    check_columns(row, {"to", "by", "words", "template"}, {"to"}, where)
    by = frozenset(row.get("by", ("chat",)))
    if not by or by - CHANNELS:
        raise ValueError(f"{where} column by: known are {', '.join(sorted(CHANNELS))}")
    if ("chat" in by) != ("words" in row) or ("sms" in by) != ("template" in row):
        raise ValueError(f"{where}: chat needs words, sms needs template, and neither stands without its channel")
    if row["to"] == HOLDER and "chat" in by:
        raise ValueError(f"{where}: a holder has no chat with us")
    return Baton(row["to"], row.get("words", ""), by, row.get("template", ""))


def notice_faults(batons: Mapping[str, tuple[Baton, ...]], sms: SmsPolicy) -> list[str]:
    """Rows that send a template nobody wrote, or one that needs more than a notice knows; empty is proved."""
    found = []
    for event, rows in batons.items():
        for name in (row.template for row in rows if row.template):
            template = sms.templates.get(name)
            if template is None:
                found.append(f"notices: {event} sends template {name}, which sms.yaml does not have")
            else:
                lacks = sorted(template.limits.keys() - SAID)
                found += [f"notices: {event} has no value {value} for template {name}" for value in lacks]
    return found
