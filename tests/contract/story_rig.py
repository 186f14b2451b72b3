"""The stage of the stories: one running deployment, people with phones, and taps that are checked as they happen."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

import bots.worker
from bots.clock import Timetable
from cards.case import move_of
from cards.joint import joint_move_of
from core import Core, Done
from core.models.cases import case_legs, cases
from core.models.joint import joint_legs, joint_orders
from core.models.people import people, posts, units
from core.models.record import events
from core.ports import Ticket
from tests.clock import MONDAY, StillClock
from tests.live import Live
from tests.sandbox.rig import Sandbox
from tests.town import a_core
from tests.webapp.machine_room import Platform, a_ticket, machine_app

DESK, SECOND_DESK, HEAD, CALLER, LEADER = "xy011", "xy012", "xy009", "xy015", "xy001"
"""Two dispatchers, the head of the centre, a caller, and the district leader for building and traffic."""
WATER, CITY, HOUSING, TRANSPORT, DRAINAGE, STREET = "xy023", "xy021", "xy025", "xy027", "xy091", "xy121"
"""Clerks: of the water bureau (with a second post at the river station), of three more units, and of a street."""
RECENT = 8  # messages of a chat among which a reply is looked for

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as it stands in the record: what, on whose part, signed by which person at which post."""

    id: int
    name: str
    leg: int | None
    to: str
    person: str
    post: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one tap: the private line and, when it brought one, the redrawn face."""

    note: str
    face: Mapping[str, str]
    redrawn: bool
    message: str
    notes: tuple[str, ...]


class Person:
    """Somebody with a phone. Every tap and message is acknowledged with code 200; how soon is measured by the bench."""

    def __init__(self, stage: Stage, user: str) -> None:
        self.stage, self.user = stage, user

    def messages(self, latest: int = 0) -> list[dict[str, Any]]:
        """What the robot sent to this person, oldest first; with `latest`, only the end of each chat."""
        chats = self.stage.sandbox.get(f"phone/{self.user}", limit=latest)["chats"]
        found: list[dict[str, Any]] = [line for chat in chats for line in chat["messages"] if line["from"] == "robot"]
        return found

    def lines(self, latest: int = 0) -> list[str]:
        """The words among them."""
        return [words for _, words in self._words(latest)]

    def _words(self, latest: int) -> list[tuple[str, str]]:
        told = [(line["id"], line["content"]) for line in self.messages(latest) if line["kind"] != "card"]
        return [(name, str(content.get("text") or content.get("content") or "")) for name, content in told]

    def tracks(self, head: str = "") -> list[str]:
        """This person's cards whose number begins so, oldest first."""
        cards = self.stage.sandbox.get("cards")
        mine = [str(one["outTrackId"]) for one in cards if self.user in one["viewers"]]
        return [track for track in mine if track.startswith(head)]

    def card(self, no: str) -> str:
        """This person's latest card of a case; whoever holds none asks for it in chat."""
        if not self.tracks(no):
            self.say(f"查 {no}")
        return self.tracks(no)[-1]

    def face(self, track: str) -> dict[str, str]:
        """The values of one card as this person sees them now."""
        found: dict[str, str] = self.stage.sandbox.face(track, self.user)["variables"]
        return found

    def rows(self, track: str) -> list[dict[str, str]]:
        """The rows of the list on a home or list card."""
        face = self.face(track)
        return [*json.loads(face["items_a"] or "[]"), *json.loads(face["items_b"] or "[]")]

    def buttons(self, track: str) -> set[str]:
        """The actions this person can press on a card."""
        return {one["action"] for one in self.stage.sandbox.face(track, self.user)["buttons"]}

    def tap(self, track: str, action: str, form: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """Press a button that is there; returns when everybody's copy has followed."""
        if "params" not in more:
            assert action in self.buttons(track), f"{self.user} has no button {action}: {self.face(track)}"
        answer = self.press(track, action, form, **more)
        self.stage.settle()
        return answer

    def press(self, track: str, action: str, form: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """Send a click, whether the button is there or not; waits for nobody."""
        given = {"form": dict(form)} if form else {}
        with self.stage.live.undisturbed():
            result = self.stage.sandbox.click(self.user, track, action, **given, **more)
        assert result["code"] == 200, result
        assert not result["refused"], result
        response = result["response"]
        private = response["userPrivateData"]["cardParamMap"]
        notes = tuple(one["response"]["userPrivateData"]["cardParamMap"]["note"] for one in result["answers"])
        return Answer(private["note"], self.face(track), "cardData" in response, result["messageId"], notes)

    def say(self, text: str, **more: Any) -> str:
        """Write to the robot; returns the words that come back, "" when a card came."""
        before = {name for name, _ in self._words(RECENT)}
        result = self.stage.sandbox.say(self.user, text, **more)
        assert result["code"] == 200, result
        self.stage.settle()
        return "\n".join(words for name, words in self._words(RECENT) if name not in before)

    def home(self) -> str:
        """A fresh home card."""
        assert self.say("首页") == ""
        return self.tracks("home:")[-1]


class Stage:
    """One deployment at work for the length of a module."""

    def __init__(self, live: Live, core: Core, clock: StillClock) -> None:
        self.live, self.core, self.clock, self.sandbox = live, core, clock, live.sandbox
        self.platform = Platform(machine_app(core).test_client())

    def __getitem__(self, user: str) -> Person:
        return Person(self, user)

    def settle(self) -> None:
        """Wait until every letter that is due has left."""
        self.live.settle()

    def push(self, title: str = "港口路下雨就积水", **changes: Any) -> str:
        """The 12345 platform pushes an appeal under its signature; returns the number it got here."""
        ticket = a_ticket(ticket_no=f"S{next(_numbers):06}", title=title, **{"urgency": "normal", **changes})
        answer = self.platform.push(ticket)
        assert answer.status_code == 200, answer.text
        (taken,) = answer.json["accepted"]
        return str(taken["case_no"])

    def case(self, title: str = "港口路下雨就积水", **changes: Any) -> Done:
        """The same, with its card on the phones of the desk."""
        no = self.push(title, **changes)
        self.settle()
        return Done(0, self.core.case_id(self.core.actor_for("dingtalk", DESK), no), no, "case.registered", "")

    def own_case(self, user: str) -> Done:
        """A unit's own clerk registers what a citizen told them at the counter."""
        actor = self.core.actor_for("dingtalk", user)
        ticket = Ticket("", 1, "ZJ", "complain", "流动摊贩占道", "早市摊贩占了盲道。", "秀华路 21 号门前")
        done = self.core.register(f"web:own-{next(_numbers)}", ticket, actor, "web")
        self.settle()
        return done

    def sent_to(self, *units: str, **changes: Any) -> Done:
        """A case dispatched by card: the first unit leads, the others support."""
        done = self.case(**changes)
        form = {"lead": units[0], "support": "、".join(units[1:])}
        self[DESK].tap(f"{done.no}:1", "case_dispatch", {name: value for name, value in form.items() if value})
        return done

    def facts(self, case: int) -> list[Fact]:
        """The record of one case, oldest first."""
        query = (
            select(events, people.c.name.label("who"), posts.c.title.label("post"), units.c.short.label("unit"))
            .outerjoin(people, people.c.id == events.c.person_id)
            .outerjoin(posts, posts.c.id == events.c.post_id)
            .outerjoin(units, units.c.id == posts.c.unit_id)
            .where(events.c.case_id == case)
            .order_by(events.c.id)
        )
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(query).all()
        posts_of = [" ".join(part for part in (row.unit, row.post) if part) for row in rows]
        return [
            Fact(row.id, f"{row.flow}.{row.name}", row.leg_id, row.to_state, row.who or "", post)
            for row, post in zip(rows, posts_of, strict=True)
        ]

    def counts(self) -> tuple[int, ...]:
        """How much is in the record: cases, joint orders, parts of either, events, and the sum of every version."""
        parts = (cases, case_legs, joint_orders, joint_legs)
        asked = [select(func.count()).select_from(table) for table in (*parts, events)]
        asked += [select(func.coalesce(func.sum(table.c.seq), 0)) for table in parts]
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return tuple(int(tx.execute(one).scalar_one()) for one in asked)

    def warnings(self) -> list[dict[str, Any]]:
        """What the platform found wrong with us since the start."""
        found: list[dict[str, Any]] = self.sandbox.get("warnings")
        return found

    def differing(self, no: str) -> list[str]:
        """Cards of a case on which somebody sees something else than the server holds."""
        cards = [one for one in self.sandbox.get("cards") if one["outTrackId"].startswith(no)]
        return [f"{one['outTrackId']}: {one['differs']}" for one in cards if one["differs"]]

    @contextmanager
    def fault(self, **faults: Any) -> Iterator[None]:
        """Fault switches for the length of a with-block."""
        self.sandbox.set_faults(**faults)
        try:
            yield
        finally:
            self.sandbox.set_faults(**dict.fromkeys(faults))

    def until(self, check: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true answer of `check()`; AssertionError when none comes in time."""
        return self.sandbox.until(check, seconds)


def shown(face: Mapping[str, str], action: str) -> dict[str, str]:
    """What a button of a card sends along, as the face has it now."""
    if "order_seq" in face:
        names = ("order_seq",) if joint_move_of(action)[0] == "joint_order" else ("seq", "leg")
    else:
        names = ("case_seq",) if move_of(action)[0] == "case" else ("seq", "leg")
    return {name: face[name] for name in names}


def silent(_timetable: Timetable) -> None:
    """A job that says nothing."""


def open_stage(url: str, sandbox: Sandbox, *, aloud: bool = False) -> Iterator[Stage]:
    """The deployment on a prepared database, with an emptied sandbox; its relay looks for letters more often.

    Unless `aloud`, nothing is said of its own accord (reminders, digests), so that what a story hears is its answer.
    """
    sandbox.post("reset")
    sandbox.set_faults(patient=True)
    clock = StillClock(MONDAY)
    core = a_core(url, clock, sandbox.base, dingtalk={"calls_per_second": 500.0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bots.worker, "IDLE_S", 0.03)
        patch.setattr(bots.worker, "CARD_PAUSE_S", 0.0)  # a tap is undisturbed until it has its answer
        live = Live(core, clock, sandbox)
        for job in () if aloud else ("speak_up", "write_digests"):
            patch.setattr(Timetable, job, silent)
        live.start()
        yield Stage(live, core, clock)
        live.stop()
    core.engine.dispose()
