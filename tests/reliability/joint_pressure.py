"""Joint orders raised, answered, worked on, closed and rated while processes die; and what lies on the phones then."""

from __future__ import annotations

import queue
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from core import Core
from core.models.record import letters
from core.models.sms import sms_sends
from tests.contract.story_rig import CITY
from tests.contract.test_story_joint import FORM
from tests.reliability.plot import JOINT, PLACES, Play, an_order
from tests.reliability.pressure import PAUSE_S, Pressure
from tests.sandbox.rig import Sandbox

RAISED, AGAIN = "已树旗，编号 ", "（补发）"
"""How the answer to 树旗 begins; how a line ends whose first try may have arrived without our hearing of it."""
LINES = select(letters.c.id, letters.c.body, letters.c.tries).where(letters.c.channel == "dingtalk.say")
OPEN = sms_sends.c.state.in_(("sending", "unknown"))

Heard = Counter[tuple[str, str]]
"""(Person at DingTalk, words) → how often."""


class JointPressure(Pressure):
    """Somebody presses 树旗 on one form card after another, and on those that have raised one already."""

    plot = JOINT

    def __init__(self, core: Core, sandbox: Sandbox, cards: list[str]) -> None:
        super().__init__(core, sandbox)
        self._places = dict(zip(cards, PLACES, strict=False))
        self._fresh: queue.Queue[str] = queue.Queue()
        for card in cards:
            self._fresh.put(card)

    def play(self, no: str) -> Play:
        return an_order(self.core, no)

    def _begin_one(self, *, fresh: bool) -> None:
        known = list(self.acks.pushed.copy())
        try:
            card = self._fresh.get_nowait() if fresh or not known else known[-1]
        except queue.Empty:
            card = known[-1] if known else ""
        form = {**FORM, "title": f"围墙倒塌 {card[-3:]}", "place": self._places.get(card, "")}
        while card and not self._hopeless.is_set():
            name, note = self._tap(CITY, card, "raise", form)
            if name:
                assert note.startswith(RAISED), note
                self._note({card: note.removeprefix(RAISED)[:18]})
                return
            time.sleep(PAUSE_S)


def form_cards(sandbox: Sandbox, number: int) -> list[str]:
    """So many form cards on the phone of the sponsor."""
    for _ in range(number):
        assert sandbox.say(CITY, "树旗")["code"] == 200
    return sandbox.until(lambda: len(found := _cards(sandbox)) == number and found, 60)  # type: ignore[no-any-return]


def _cards(sandbox: Sandbox) -> list[str]:
    cards = [str(one["outTrackId"]) for one in sandbox.get("cards") if CITY in one["viewers"]]
    return [track for track in cards if track.startswith("joint_new:")]


# --- what must be on the phones -------------------------------------------------------------------------------------


def written(core: Core) -> tuple[Heard, Heard]:
    """What the tray holds for whom: all lines to be said, and those among them that a dead worker had in hand."""
    users = {person: held[0].dingtalk for person, held in core.directory().by_person.items()}
    with core.engine.connect().execution_options(readonly=True) as tx:
        rows = tx.execute(LINES).all()
    every, again = Heard(), Heard()
    for row in rows:
        told = Heard((str(users[one]), str(row.body["text"])) for one in row.body["people"])
        every += told
        again += told if row.tries > 1 else Heard()
    return every, again


def heard(sandbox: Sandbox) -> tuple[Heard, Heard]:
    """What lies on everybody's phone: lines of the robot, and cards by their number."""
    lines, cards = Heard(), Heard()
    for user in {one["userId"] for one in sandbox.get("people")}:
        for message in (line for chat in sandbox.phone(user)["chats"] for line in chat["messages"]):
            content = message["content"]
            if message["kind"] == "card":
                cards[user, str(content["outTrackId"])] += 1
            elif message["from"] == "robot":
                lines[user, str(content.get("text") or content.get("content") or "").removesuffix(AGAIN)] += 1
    return lines, cards


def open_sms(core: Core) -> int:
    """How many SMS are on record of which nobody knows yet whether the platform has them."""
    with core.engine.connect().execution_options(readonly=True) as tx:
        return len(tx.execute(select(sms_sends.c.id).where(OPEN)).all())


def ten_minutes_pass(core: Core) -> None:
    """For the SMS a dead worker had in hand: the platform is asked again, late enough to be believed."""
    then = datetime.now(UTC) - timedelta(minutes=11)
    with core.engine.begin() as tx:
        tx.execute(update(sms_sends).where(OPEN).values(handed_at=then, look_at=then))


def texts(core: Core, sandbox: Sandbox) -> tuple[Counter[str], Counter[str]]:
    """How many SMS were to go to whom, and which came on which phone."""
    with core.engine.connect().execution_options(readonly=True) as tx:
        bodies = tx.execute(select(letters.c.body).where(letters.c.channel == "sms")).scalars().all()
    meant = Counter(f"{body['template']} {person}" for body in bodies for person in body["people"])
    came = Counter(f"{row['phone_number']} {row['text']}" for row in sandbox.get("sms")["texts"])
    return meant, came
