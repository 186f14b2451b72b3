"""How long each step of 树党旗 may take, who the people of a unit are, who hears of what: joint.yaml, frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from string import Formatter
from types import MappingProxyType
from typing import Any

from core.deadlines import Limit
from core.policy.texting import SmsPolicy

STEPS = ("respond", "review", "rule", "feedback", "rate")
RECIPIENTS = frozenset(
    {"pair", "every_pair", "sponsor", "sponsor_pair", "sponsor_head", "head", "next", "rulers", "centre", "late",
     "late_pair", "waiting", "raters", "hands"}
)  # fmt: skip
CHANNELS = frozenset({"dingtalk", "sms"})
AFTER = frozenset({"quiet", "leave"})
BEGINNING = "joint_order.raised"
"""The one event of an order that no move makes."""
SAID = frozenset({"tail", "title", "who", "unit", "state", "step", "text", "until", "meet", "result", "draft"})
"""What every moment knows: the holes its words and its template may have."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line for one audience at one moment (§7.3 rule 11): to whom, on which channels, in which words.

    dingtalk says `words`, sms sends `template` of sms.yaml.
    """

    to: str
    by: tuple[str, ...]
    words: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Whether an order has a DingTalk group, what becomes of it (`quiet`, `leave`), for how many days it is pinned."""

    on: bool = False
    after: str = "quiet"
    pin_days: int = 60


@dataclass(frozen=True, slots=True)
class Showing:
    """Showing up: how long a code is shown, how much later it counts, how long a page may keep it; `near` in metres."""

    code: timedelta
    grace: timedelta
    keep: timedelta
    near: int


@dataclass(frozen=True, slots=True)
class JointPolicy:
    """joint.yaml. `limits` are in order of their first day; `deputy` and `contact` are roles, the first held wins.

    `group_words`: state of a part → what its group reads of it. `basis_files`: how many files a refusal may rest on.
    """

    limits: tuple[tuple[date, Mapping[str, Limit]], ...]
    approval: bool
    deputy: tuple[str, ...]
    contact: tuple[str, ...]
    centre: frozenset[str]
    showing: Showing
    moments: Mapping[str, tuple[Moment, ...]]
    groups: tuple[tuple[date, GroupRule], ...] = ()
    group_words: Mapping[str, str] = field(default_factory=dict)
    basis_files: int = 3

    def group(self, day: date) -> GroupRule:
        """What holds for the group of an order raised on this day; none before the first row."""
        in_force = [rule for begins, rule in self.groups if begins <= day]
        return in_force[-1] if in_force else GroupRule()

    def limit(self, step: str, day: date) -> Limit:
        """How long a step that begins on this day may take."""
        in_force = [row for begins, row in self.limits if begins <= day] or [self.limits[0][1]]
        return in_force[-1][step]


def read_joint(table: Mapping[str, Any]) -> JointPolicy:
    """The table frozen. Raises ValueError naming what is unknown."""
    rows = sorted(table["limits"], key=lambda row: row["from"])
    moments = {event: tuple(_moment(event, row) for row in rows) for event, rows in table["moments"].items()}
    return JointPolicy(
        tuple((row["from"], MappingProxyType({step: Limit.parse(row[step]) for step in STEPS})) for row in rows),
        bool(table["close_needs_approval"]),
        tuple(table["deputy"]),
        tuple(table["contact"]),
        frozenset(table["centre"]),
        _showing(table["showing"]),
        MappingProxyType(moments),
        tuple((row["from"], _group(row)) for row in sorted(table.get("groups", ()), key=lambda row: row["from"])),
        MappingProxyType(dict(table.get("group_words", {}))),
        _basis_files(table),
    )


def _basis_files(table: Mapping[str, Any]) -> int:
    most = int(table["basis_files"])
    if not 1 <= most <= 9:
        raise ValueError("joint.yaml: a refusal rests on 1 to 9 files at the most")
    return most


def _group(row: Mapping[str, Any]) -> GroupRule:
    if row["after"] not in AFTER or not 1 <= row["pin_days"] <= 365:
        raise ValueError(f"joint.yaml: a group is left {' or '.join(sorted(AFTER))}, and pinned for 1 to 365 days")
    return GroupRule(bool(row["made"]), row["after"], int(row["pin_days"]))


def _showing(row: Mapping[str, int]) -> Showing:
    if not 5 <= row["code_seconds"] <= 300 or min(row.values()) < 0:
        raise ValueError("joint.yaml: a code is shown for 5 to 300 seconds, and no time of showing is negative")
    return Showing(
        timedelta(seconds=row["code_seconds"]), timedelta(seconds=row["grace_seconds"]),
        timedelta(hours=row["keep_hours"]), row["near_metres"],
    )  # fmt: skip


def _moment(event: str, row: Mapping[str, Any]) -> Moment:
    if row["to"] not in RECIPIENTS or not set(row["by"]) <= CHANNELS:
        raise ValueError(f"joint.yaml: {event} is told to unknown {row['to']} by {row['by']}")
    if ("dingtalk" in row["by"]) != ("words" in row) or ("sms" in row["by"]) != ("template" in row):
        raise ValueError(f"joint.yaml: {event} for {row['to']}: dingtalk needs words, sms needs template, not without")
    return Moment(row["to"], tuple(row["by"]), row.get("words", ""), row.get("template", ""))


def joint_faults(policy: JointPolicy, events: set[str], roles: Mapping[str, str], sms: SmsPolicy) -> Iterator[str]:
    """What the table says wrongly about flows, roles, and the templates of SMS."""
    yield from (f"joint: no flow has event {name}" for name in policy.moments if name not in events | {BEGINNING})
    held = {*policy.deputy, *policy.contact, *policy.centre}
    yield from (f"joint: unknown role {role}" for role in sorted(held - set(roles)))
    for event, row in ((event, row) for event, rows in policy.moments.items() for row in rows):
        if row.template and row.template not in sms.templates:
            yield f"joint: {event} sends template {row.template}, which sms.yaml does not have"
            continue
        holes = {hole for _, hole, _, _ in Formatter().parse(row.words) if hole}
        holes |= sms.templates[row.template].limits.keys() if row.template else set()
        yield from (f"joint: {event} has no value {hole} for {row.to}" for hole in sorted(holes - SAID))
