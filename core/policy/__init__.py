"""What an official could change by memo, read from YAML, cross-checked and frozen before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.guards import CHOICES, GUARDS
from core.people import RELATIONS, Standing
from core.policy.desk import DeskPolicy, read_desk
from core.policy.duties import DutyList, duty_faults, load_duties
from core.policy.flow import Flow, Words, faults, read_flow
from core.policy.joint import JointPolicy, joint_faults, read_joint
from core.policy.limits import LimitPolicy, read_limits
from core.policy.notices import Baton, QuietHours, SaidOnce, notice_faults, read_batons, read_once, read_quiet
from core.policy.texting import SmsPolicy, read_sms
from core.policy.watching import Digests, Ladder, Warnings, read_digests, read_ladder, read_warnings
from core.policy.workdays import load_yaml, read_calendar
from core.worktime import Calendar

HERE = Path(__file__).parent


class PolicyFault(Exception):
    """The tables contradict each other; the message lists every place."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One form field: label, DingTalk field kind, longest text in characters, fixed options or where they come from."""

    label: str
    kind: str
    limit: int
    options: Mapping[str, str]
    source: str
    hint: str


@dataclass(frozen=True, slots=True)
class Source:
    """One of the channels an appeal comes from (R101, R104); `valid_to` is the first day it is no longer offered."""

    code: str
    title: str
    short: str
    valid_from: date = date.min
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One kind of service, below one demand type (R100); `valid_to` is the first day it is no longer offered."""

    code: str
    title: str
    demand_type: str
    valid_from: date = date.min
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One code of the three-level classification, with the unit that usually leads."""

    code: str
    title: str
    level: int
    lead: str


@dataclass(frozen=True, slots=True)
class Policy:
    """All tables, proved. What a register keeps (sources, service types, limits) is laid over them as it is now.

    `sources` and `service_types` hold every code there ever was, so that an old case keeps its words; a form offers
    `open_sources` and `open_service_types`.
    """

    flows: Mapping[str, Flow]
    standings: Mapping[str, Standing]
    reads: Mapping[str, str]
    registers: frozenset[str]
    raises: frozenset[str]
    pages: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]
    exclusive: frozenset[str]
    fields: Mapping[str, FieldSpec]
    action_fields: Mapping[tuple[str, str], FieldSpec]
    batons: Mapping[str, tuple[Baton, ...]]
    audience: Mapping[str, frozenset[str]]
    hand_back: frozenset[str]
    quiet: QuietHours
    said_once: SaidOnce
    limits: LimitPolicy
    warnings: Warnings
    ladder: Ladder
    digests: Digests
    sms: SmsPolicy
    joint: JointPolicy
    calendar: Calendar
    desk: DeskPolicy
    sources: Mapping[str, Source]
    types: Mapping[str, str]
    service_types: Mapping[str, str]
    service_rows: Mapping[str, ServiceType]
    classes: Mapping[str, ClassRow]
    glossary: Mapping[str, str]
    duties: DutyList
    choices: Mapping[str, Mapping[str, str]]

    def field(self, action: str, name: str) -> FieldSpec:
        return self.action_fields.get((action, name)) or self.fields[name]

    def say(self, word: str) -> str:
        """The Chinese of an identifier; the identifier itself when the glossary has none."""
        return self.glossary.get(word, word)

    def open_sources(self, day: date) -> tuple[Source, ...]:
        """What may be chosen on this day, in the order of the register."""
        return tuple(source for source in self.sources.values() if source.holds_on(day))

    def open_service_types(self, day: date, demand_type: str = "") -> tuple[ServiceType, ...]:
        """What may be chosen on this day, for one demand type or for all."""
        rows = self.service_rows.values()
        return tuple(one for one in rows if one.holds_on(day) and demand_type in ("", one.demand_type))

    def class_title(self, code: str | None) -> str:
        """「道路积水」 with its parents: 「城市水务 · 排水 · 道路积水」; empty for an unknown code."""
        rows = [
            self.classes[code[:size]]
            for size in (2, 4, 6)
            if code and len(code) >= size and code[:size] in self.classes
        ]
        return " · ".join(row.title for row in rows)


URGENCIES = MappingProxyType({"normal": "一般", "urgent": "紧急", "critical": "特急"})
PARTS = MappingProxyType({"lead": "主办", "support": "协办", "below": "下级"})


def read(name: str) -> Any:
    """One YAML table of this folder."""
    return load_yaml(HERE / name)


@cache
def load_policy() -> Policy:
    """Every table, read once. Raises ValueError for a malformed table; `faults_of` proves the whole."""
    names = ("permissions.yaml", "forms.yaml", "notices.yaml", "seed/words.yaml")
    permissions, forms, notices, words = (read(name) for name in names)
    choices = {name: MappingProxyType({row["value"]: row["text"] for row in rows}) for name, rows in words.items()}
    services, classes = read("seed/service_types.yaml"), read("seed/classes.yaml")["classes"]
    flows = [read_flow(read(f"flows/{path.name}")) for path in sorted((HERE / "flows").glob("*.yaml"))]
    return Policy(
        flows=MappingProxyType({flow.name: flow for flow in flows}),
        standings=MappingProxyType({name: _standing(name, row) for name, row in permissions["standings"].items()}),
        reads=MappingProxyType(permissions["reads"]),
        registers=frozenset(permissions["registers"]),
        raises=frozenset(permissions["raises"]),
        pages=MappingProxyType({page: frozenset(roles) for page, roles in permissions["pages"].items()}),
        roles=MappingProxyType(permissions["roles"]),
        exclusive=frozenset(permissions["exclusive"]),
        fields=MappingProxyType({name: _field(row, choices) for name, row in forms["fields"].items()}),
        action_fields=MappingProxyType(
            {(action, n): _field(row, choices) for action, rows in forms["actions"].items() for n, row in rows.items()}
        ),
        batons=MappingProxyType({event: read_batons(event, rows) for event, rows in notices["batons"].items()}),
        audience=MappingProxyType({name: frozenset(roles) for name, roles in notices["audience"].items()}),
        hand_back=frozenset(notices["hand_back"]),
        quiet=read_quiet(notices["quiet_hours"]),
        said_once=read_once(notices["said_once"]),
        limits=read_limits(),
        warnings=read_warnings(),
        ladder=read_ladder(),
        digests=read_digests(),
        sms=read_sms(),
        joint=read_joint(read("joint.yaml")),
        calendar=read_calendar(),
        desk=read_desk(read("desk.yaml")),
        sources=MappingProxyType({row["code"]: _source(row) for row in _in_order(read("seed/sources.yaml"))}),
        types=MappingProxyType({row["code"]: row["title"] for row in services["demand_types"]}),
        service_types=MappingProxyType({row["code"]: row["title"] for row in services["service_types"]}),
        service_rows=MappingProxyType({row["code"]: ServiceType(**row) for row in services["service_types"]}),
        classes=MappingProxyType({row["code"]: _class(row) for row in classes}),
        glossary=MappingProxyType({name: row["zh"] for name, row in read("glossary.yaml").items()}),
        duties=load_duties(read("duties.yaml")),
        choices=MappingProxyType(choices),
    )


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["order"])


def _standing(name: str, row: Mapping[str, Any]) -> Standing:
    return Standing(name, row["title"], frozenset(row["roles"]), row["relation"])


def _source(row: Mapping[str, Any]) -> Source:
    return Source(row["code"], row["title"], row["short"])


def _class(row: Mapping[str, Any]) -> ClassRow:
    return ClassRow(row["code"], row["title"], row["level"], row.get("lead", ""))


def _field(row: Mapping[str, Any], choices: Mapping[str, Mapping[str, str]]) -> FieldSpec:
    options = choices[row["choices"]] if "choices" in row else MappingProxyType({})
    return FieldSpec(row["label"], row["kind"], row["limit"], options, row.get("from", ""), row.get("hint", ""))


def faults_of(policy: Policy, effects: Iterable[str]) -> list[str]:
    """Everything the tables say wrongly about each other and about the named guards and effects; empty is proved."""
    words = Words(
        guards=frozenset(CHOICES) | frozenset(GUARDS),
        effects=frozenset(effects),
        standings=frozenset(policy.standings),
        glossary=frozenset(policy.glossary),
    )
    found: list[str] = []
    events = set()
    for flow in policy.flows.values():
        found += faults(flow, words)
        events |= {f"{flow.name}.{move.event}" for move in flow.moves}
        for move in flow.moves:
            found += [f"{flow.name}.{move.action}: field {n} is not drawn" for n in move.form if n not in policy.fields]
    found += [
        f"desk: {one.key} has unknown state {state}"
        for board in policy.desk.boards.values()
        for one in board
        for state in one.cases
        if state not in policy.flows["case"].states
    ]
    found += [
        f"notices: no flow has event {name}"
        for name in {*policy.batons, *policy.hand_back, *policy.said_once.events} - events
    ]
    found += notice_faults(policy.batons, policy.sms)
    found += joint_faults(policy.joint, events, policy.roles, policy.sms)
    units = frozenset(row["code"] for row in read("seed/units.yaml"))
    found += duty_faults(policy.duties, units, frozenset(policy.classes))
    return found + [
        f"permissions: standing {standing.name} has unknown relation {standing.relation}"
        for standing in policy.standings.values()
        if standing.relation not in RELATIONS
    ]
