"""calls.per_case: what the plain life of a case with one unit costs in calls, every copy right soon after each act."""

from __future__ import annotations

import time
from dataclasses import dataclass

from cards.case import case_face
from core.people import HOTLINE
from core.ports import Ticket
from tests.bench.world import World
from tests.reliability.plot import CASE_STEPS

LATEST_S = 5.0
PUBLIC = ("case_seq", "foot")
PRIVATE = ("state", "tone", "whose_move", "left", "seq", "leg")


@dataclass(frozen=True, slots=True)
class Life:
    """What one case cost from registration to the end, and the longest that any copy was behind an act, in seconds."""

    calls: int
    behind_s: float


def one_life(scene: World, number: int) -> Life:
    """Carry one case through its plain life by card, with bot and worker at work."""
    scene.sandbox.post("meter", reset=True)
    ticket = Ticket(f"L{number}", 1, "RX", "complain", "港口路积水", "雨后积水没过脚面。", "港口路")
    done = scene.core.register(f"bench:life:{number}", ticket, HOTLINE, "feed")
    behind = [_follow(scene, done.case, done.no)]
    for step in CASE_STEPS:
        form = dict(step.form)
        answer = scene.sandbox.click(step.user, f"{done.no}:1", step.action, **({"form": form} if form else {}))
        if answer["code"] != 200:
            raise AssertionError(f"{step.action} was not answered: {answer}")
        behind.append(_follow(scene, done.case, done.no))
    time.sleep(1.0)  # nothing may trickle in behind
    counted: int = scene.sandbox.get("meter")["counted"]
    return Life(counted, max(behind))


def _follow(scene: World, case: int, no: str) -> float:
    """Seconds until every holder sees the truth of the core and what the server holds.

    Raises:
        AssertionError: not within five seconds.
    """
    began = time.monotonic()
    scene.sandbox.until(lambda: _all_right(scene, case, no), LATEST_S + 5)
    return time.monotonic() - began


def _all_right(scene: World, case: int, no: str) -> bool:
    track = f"{no}:1"
    cards = {one["outTrackId"]: one for one in scene.sandbox.get("cards")}
    readers = scene.core.audience(case)
    held = cards.get(track)
    if held is None or held["differs"] or not {reader.dingtalk for reader in readers} <= set(held["viewers"]):
        return False
    views = scene.core.case_views(case, [reader.actor for reader in readers])
    for reader, view in zip(readers, views, strict=True):
        face, seen = case_face(view), scene.sandbox.face(track, reader.dingtalk)["variables"]
        wanted = {name: face.public[name] for name in PUBLIC} | {name: face.private[name] for name in PRIVATE}
        if any(seen.get(name) != value for name, value in wanted.items()):
            return False
    return True
