"""One command's unit of work: the locked case, its legs, what has changed so far and what will be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, bindparam, insert, select, update

from core import late, word_index
from core.canon import canonical
from core.casefacts import case_facts
from core.clocks import closing_deadline, pauses_of, start_clocks
from core.crypto import Cipher
from core.deadlines import Pause, due
from core.entries import Entry, event_hash
from core.errors import Refusal
from core.facts import CaseFacts, Leading, Situation
from core.joint_facts import Plan
from core.levels import Leg
from core.models.cases import call_backs, case_legs, cases
from core.models.record import events
from core.people import Actor
from core.policy import Policy
from core.policy.limits import LimitRule
from core.queries.people import Directory, Holder, Unit
from core.showing import Codes
from core.watch import WATCHED, refreshed
from core.worktime import Calendar, local_date

MISSED = select(call_backs.c.at).where(
    call_backs.c.case_id == bindparam("case"), call_backs.c.round == bindparam("round"), ~call_backs.c.connected
)
CHANGE_CASE = update(cases).where(cases.c.id == bindparam("row"))
CHANGE_LEG = update(case_legs).where(case_legs.c.id == bindparam("row"))
NEW_EVENT = insert(events).returning(events.c.id)
NEW_LEG = insert(case_legs).returning(case_legs.c.id)
PAUSES = (
    select(events.c.name, events.c.at, events.c.facts)
    .where(events.c.leg_id == bindparam("leg"), events.c.name.in_(("paused", "resumed")))
    .order_by(events.c.id)
)


@dataclass(frozen=True, slots=True)
class World:
    """What every unit of work shares at one moment: the tables, the calendar, the directory."""

    policy: Policy
    calendar: Calendar
    directory: Directory
    rules: Mapping[str, LimitRule]
    cipher: Cipher
    codes: Codes


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event just written, as notices need it."""

    id: int
    flow: str
    name: str
    leg: int | None
    text: str

    @property
    def key(self) -> str:
        return f"{self.flow}.{self.name}"


@dataclass(slots=True)
class Work:
    """Mutable for the length of one savepoint; nothing outside sees it before the commit."""

    flow: ClassVar[str] = "case"
    leg_flow: ClassVar[str] = "case_leg"

    tx: Connection
    world: World
    now: datetime
    actor: Actor
    source: str
    form: Mapping[str, str]
    case: dict[str, Any]
    legs: list[dict[str, Any]]
    targets: tuple[Unit, ...] = ()
    support: tuple[Unit, ...] = ()
    recorded: list[Recorded] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    case_changes: dict[str, Any] = field(default_factory=dict)
    leg_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    hearers: list[Holder] = field(default_factory=list)  # whom a warning or a rung is told to
    texted: list[Holder] = field(default_factory=list)  # who gets an SMS besides
    answer: str = ""  # what the actor reads, where an effect knows better than the move's own sentence
    step: Callable[[str, dict[str, Any]], None] = lambda _action, _leg: None  # a leg's own move, made for the case
    elsewhere: Callable[[int, str, Mapping[str, str]], None] = lambda _case, _action, _form: None  # another case's
    plan: Plan | None = None  # the joint order that a raised flag opens
    leading: Leading | Refusal | None = None  # the case this one is to be merged into, or why none is meant
    led: int = 0
    in_company: bool = False  # other cases go with this one
    _facts: CaseFacts | None = None
    _missed: tuple[datetime, ...] | None = None
    _words: list[str] | None = None  # the text as it was, once it is another
    _pauses: dict[int, list[Pause]] = field(default_factory=dict)

    # --- reading ---

    def leg(self, leg_id: int) -> dict[str, Any]:
        return next(leg for leg in self.legs if leg["id"] == leg_id)

    def facts(self) -> CaseFacts:
        if self._facts is None:
            self._facts = case_facts(self.world.rules, self.case, self.legs, self._missed or ())
        return self._facts

    def situation(self, leg_id: int | None) -> Situation:
        directory = self.world.directory
        return Situation(
            case=self.facts(),
            leg=None if leg_id is None else self.facts().leg(leg_id),
            form=self.form,
            now=self.now,
            targets=tuple(unit.id for unit in (*self.targets, *self.support)),
            parents={unit.id: unit.parent for unit in directory.units.values()} if self.targets else None,
            window_open=self._window_open(),
            leading=self.leading,
            led=self.led,
        )

    def know_missed_calls(self) -> None:
        rows = self.tx.execute(MISSED, {"case": self.case["id"], "round": self.case["redos"] + 1}).scalars()
        self._missed, self._facts = tuple(rows), None

    def _window_open(self) -> bool:
        if not self._missed:
            return True
        limits = self.world.policy.limits
        oldest = sorted(self._missed)[-(limits.callback_attempts - 1) :][0]
        return self.now <= due(oldest, limits.callback_within, self.world.calendar).at

    def pauses(self, leg: Mapping[str, Any]) -> list[Pause]:
        if leg["id"] not in self._pauses:
            rows = self.tx.execute(PAUSES, {"leg": leg["id"]}).all()
            told = [(row.name, row.at, row.facts.get("reason", "")) for row in rows]
            self._pauses[leg["id"]] = pauses_of(told, leg["clock_from"])
        return self._pauses[leg["id"]]

    def rule(self, leg: Mapping[str, Any]) -> LimitRule:
        return self.world.rules[leg["rule"]]

    def watched(self, leg: Mapping[str, Any]) -> Leg:
        return Leg(self.world.policy, self.world.calendar, self.rule(leg), self.case, leg)

    # --- changing ---

    def set_case(self, **values: Any) -> None:
        if self._words is None and not values.keys().isdisjoint(word_index.CASES.columns):
            self._words = self._texts()
        self.case.update(values)
        self.case_changes.update(values)
        self._facts = None

    def set_leg(self, leg: dict[str, Any], **values: Any) -> None:
        leg.update(values)
        self.leg_changes.setdefault(leg["id"], {}).update(values)
        self._facts = None

    def add_leg(self, unit: Unit, part: str, parent: int | None) -> dict[str, Any]:
        """A new leg for `unit` with its own clock, in force from now."""
        case = self.case
        rule = self.world.policy.limits.rule_for(
            case["channel"], case["type"], case["urgency"],
            hard=case["hard"], redo=case["redos"] > 0, supervised=case["supervised"], on=local_date(self.now),
        )  # fmt: skip
        clocks = start_clocks(rule, self.now, self.world.calendar, unit.hours)
        at, provisional = clocks.close.at, clocks.close.provisional
        if parent is not None:
            at = min(at, self.leg(parent)["due_at"])
        leg = {
            "case_id": case["id"], "unit_id": unit.id, "parent_id": parent, "part": part, "state": "to_sign", "seq": 1,
            "rule": rule.id, "hours": unit.hours, "sent_at": self.now, "clock_from": self.now,
            "return_until": clocks.return_until, "receive_due_at": clocks.receive, "contact_due_at": clocks.contact,
            "due_at": at, "original_due_at": at, "provisional": provisional, "signed_at": None, "contacted_at": None,
            "settled_at": None, "paused_at": None, "returns": 0, "return_refused": False, "extension": "none",
            "asked_days": 0, "granted_days": 0, "extensions": 0, "nudges": 0, "result": None,
            "look_at": None, "watch": None,
        }  # fmt: skip
        leg["id"] = self.tx.execute(NEW_LEG, leg).scalar_one()
        self.legs.append(leg)
        self._facts = None
        return leg

    def restart_clock(self, leg: dict[str, Any], *, redo: bool = False, supervised: bool = False) -> None:
        """A leg that begins a new limit now (redo, supervision): rule, start and deadline change together."""
        case = self.case
        rule = self.world.policy.limits.rule_for(
            case["channel"], case["type"], case["urgency"],
            hard=case["hard"], redo=redo, supervised=supervised, on=local_date(self.now),
        )  # fmt: skip
        self._pauses.pop(leg["id"], None)
        self.set_leg(leg, rule=rule.id, clock_from=self.now, granted_days=0)
        self.refresh_deadline(leg)
        self.set_leg(leg, original_due_at=leg["due_at"])

    def refresh_deadline(self, leg: dict[str, Any]) -> None:
        """The leg's deadline re-derived from its rule, its pauses and the days granted; the case follows its lead."""
        deadline = closing_deadline(leg, self.rule(leg), self.world.calendar, self.pauses(leg))
        at = deadline.at if leg["parent_id"] is None else min(deadline.at, self.leg(leg["parent_id"])["due_at"])
        self.set_leg(leg, due_at=at, provisional=deadline.provisional)
        if leg["part"] == "lead":
            self.set_case(due_at=deadline.at, provisional=deadline.provisional)

    def recount(self, leg: dict[str, Any]) -> None:
        """Every deadline of the leg from its own starts, by the calendar as it is now; the original one too."""
        rule, calendar, was = self.rule(leg), self.world.calendar, leg["original_due_at"]
        original = due(leg["clock_from"], rule.close, calendar, leg["hours"]).at
        if leg["parent_id"] is not None:
            original = min(original, self.leg(leg["parent_id"])["original_due_at"])
        if leg["clock_from"] == leg["sent_at"]:  # a redo or a supervision begins a limit of its own, not these
            sent = start_clocks(rule, leg["sent_at"], calendar, leg["hours"])
            self.set_leg(leg, receive_due_at=sent.receive, contact_due_at=sent.contact, return_until=sent.return_until)
        self.set_leg(leg, original_due_at=original)
        self.refresh_deadline(leg)
        if leg["part"] == "lead" and self.case["original_due_at"] == was:
            self.set_case(original_due_at=original)

    def record(
        self, flow: str, name: str, leg: dict[str, Any] | None, came: str, went: str, facts: dict[str, Any]
    ) -> int:
        """Write one event and note its entry in the log; returns the event's id.

        The first event is what somebody did; the others follow from it and say so (`after`).
        """
        target = self.case if leg is None else leg
        if self.recorded:
            facts = {**facts, "after": self.recorded[0].id}
        row = {
            "case_id": self.case["id"], "leg_id": None if leg is None else leg["id"], "flow": flow, "name": name,
            "at": self.now, "person_id": self.actor.person, "post_id": self.actor.post, "unit_id": self.actor.unit,
            "from_state": came, "to_state": went, "seq": target["seq"], "source": self.source, "facts": facts,
        }  # fmt: skip
        event_id: int = self.tx.execute(NEW_EVENT, row).scalar_one()
        digest = event_hash({**row, "id": event_id, "facts": canonical(facts)})
        self.entries.append(self._entry(f"{flow}.{name}", leg, event_id, digest))
        text = next((facts[name] for name in ("text", "reason", "opinion", "note", "basis") if facts.get(name)), "")
        self.recorded.append(Recorded(event_id, flow, name, None if leg is None else leg["id"], str(text)))
        return event_id

    def _entry(self, action: str, leg: dict[str, Any] | None, event_id: int, digest: str) -> Entry:
        who, what = self.actor, self.case["no"] if leg is None else f"{self.case['no']}/{leg['id']}"
        return Entry(
            self.now, who.person, who.post, who.channel, who.address, action, what, "done", event_id=event_id,
            event_hash=digest,
        )  # fmt: skip

    def flush(self) -> None:
        """Write the changed columns of the case and of each changed leg."""
        if self.recorded:
            self.set_case(changed_at=self.now)
            self._look_ahead()
        if self.case_changes:
            late.put(self.tx, CHANGE_CASE, [{"row": self.case["id"], **self.case_changes}])
        if self._words is not None:
            word_index.CASES.change(self.tx, self.case["id"], self._words, self._texts())
            self._words = None
        for leg_id, values in self.leg_changes.items():
            late.put(self.tx, CHANGE_LEG, [{"row": leg_id, **values}])
        self.case_changes, self.leg_changes = {}, {}

    def _texts(self) -> list[str]:
        return [self.case[name] for name in word_index.CASES.columns]

    def _look_ahead(self) -> None:
        """When each leg next makes itself heard; one that is over is silent."""
        for leg in self.legs:
            if leg["state"] in WATCHED or leg["look_at"] is not None:
                look_at, watch = refreshed(self.watched(leg), self.now)
                if (look_at, watch) != (leg["look_at"], leg["watch"]):
                    self.set_leg(leg, look_at=look_at, watch=watch)
