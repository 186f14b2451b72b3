"""joint.*: a flag raised to sixteen people, what a whole order costs in calls, and twenty orders at one instant."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cards import joint_face, joint_group_face
from core import Actor, Done
from core.models.joint import joint_orders
from core.models.record import letters
from core.policy import read
from core.queries.people import Holder
from tests.bench.handover import PLATFORM_S
from tests.bench.world import World
from tests.sandbox.wire import Json

UNITS = ("water", "housing", "transport", "ecology", "planning", "xiuying", "haixiu_street", "fire")
SPONSOR = "city_management"
ORDERS, LATEST_S, WITHIN_S = 20, 2.0, 60.0
PEOPLE = 2 * len(UNITS)
FORM = {
    "title": "港口路围墙倒塌", "flag_kind": "safety", "flag_reason": "beyond_us", "matter": "查清原因，定下清运办法",
    "units": "、".join(UNITS), "meet_at": "3月10日 15:00", "place": "港口路公交站旁",
}  # fmt: skip
FED = {"measures": "关阀止漏", "result": "渗漏已止", "next_step": "三日内换管"}
WARM = "热身"
PLEASED = {"pleased": "pleased"}
OF_GROUP = ("state", "tone", "meeting", "left", "units", "foot")
PRIVATE = ("state", "tone", "whose_move", "seq", "leg")
FOR: Mapping[str, str] = {
    "POST /v1.0/card/instances/createAndDeliver": "the card to everybody on it, or one's own",
    "POST /v1.0/card/instances/deliver": "the card to whoever joins later",
    "PUT /v1.0/card/instances": "every copy after an act, and the group's card where it shows the act",
    "POST /v1.0/robot/oToMessages/batchSend": "a line to those whose turn it is",
    "POST /v1.0/im/sceneGroup/create": "the order's group",
    "POST /v1.0/robot/groups/orgRobots/add": "the robot let into the group",
    "POST /v1.0/im/sceneGroup/member/add": "a unit that agreed let into the group",
    "POST /v1.0/card/tops/close": "the pinned card taken down at the end",
}


class Cast:
    """Who acts in an order: the sponsor's clerk and head, and those of each unit."""

    def __init__(self, scene: World) -> None:
        self._directory = scene.core.directory()
        self.sponsor, self.sponsor_head = self.hand(SPONSOR, "unit_clerk"), self.hand(SPONSOR, "unit_head")
        self.clerks = {unit: self.hand(unit, "unit_clerk") for unit in UNITS}
        self.heads = {unit: self.hand(unit, "unit_head") for unit in UNITS}

    def hand(self, unit: str, role: str) -> Holder:
        held = self._directory.by_unit[self._directory.by_word[unit]]
        return next(one for one in held if one.role == role)

    @property
    def called(self) -> set[str]:
        """The user ids of both people of each unit."""
        return {one.dingtalk for one in (*self.clerks.values(), *self.heads.values())}

    def sponsors(self, count: int) -> list[Holder]:
        """Clerks of other units, who raise flags of their own."""
        clerks = (
            one
            for one in self._directory.by_role["unit_clerk"]
            if one.dingtalk not in {*self.called, self.sponsor.dingtalk}
        )
        found = list({one.person: one for one in clerks if one.unit is not None}.values())[:count]
        assert len(found) == count, "the district has too few clerks"
        return found


# --- ready to tap ---------------------------------------------------------------------------------------------------


def ready_times(scene: World, runs: int) -> list[float]:
    """Seconds from raising a flag with eight units to sixteen cards and sixteen SMS handed over, each time."""
    scene.processes.start(scene.processes.worker)
    scene.sandbox.set_faults(sms_slow=PLATFORM_S)
    cast = Cast(scene)
    _ready(scene, cast, -1)  # files warm, connections open
    return [_ready(scene, cast, number) for number in range(runs)]


def _ready(scene: World, cast: Cast, number: int) -> float:
    before = len(scene.sandbox.get("sms")["texts"])
    began = time.monotonic()
    done = _raised(scene, cast.sponsor.actor, number)
    scene.settle(60)
    took = time.monotonic() - began
    assert len(scene.sandbox.get("sms")["texts"]) - before == PEOPLE, "one SMS each"
    (card,) = [one for one in scene.sandbox.get("cards") if one["outTrackId"].startswith(done.no)]
    assert cast.called <= set(card["viewers"]), "everybody called has the card"
    return took


def _raised(scene: World, actor: Actor, number: int) -> Done:
    form = {**FORM, "title": f"{FORM['title']}{number + 1}"}
    return scene.core.joints.raise_flag(f"bench:flag:{number}", form, actor)


# --- calls of a whole order -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whole:
    """What an order cost from raising to the last rating: calls by what they are for; the longest a copy was behind."""

    calls: Mapping[str, int]
    behind_s: float

    @property
    def counted(self) -> int:
        return sum(self.calls.values())


def whole_order(scene: World) -> Whole:
    """Carry one order with eight units through all its steps by card, with bot and worker at work."""
    cast = Cast(scene)
    scene.sandbox.post("meter", reset=True)
    done = _raised(scene, cast.sponsor.actor, 0)
    track, behind = f"{done.no}:1", [_follow(scene, done.case, f"{done.no}:1")]
    for user, action, form in _acts(cast):
        answer = scene.sandbox.click(user, track, action, **({"form": form} if form else {}))
        assert answer["code"] == 200, f"{action} was not answered: {answer}"
        assert not answer["refused"], answer
        behind.append(_follow(scene, done.case, track))
    assert scene.core.joints.sheet(done.case).order["state"] == "completed"
    time.sleep(1.0)  # nothing may trickle in behind
    counted = {api: count for api, count in scene.sandbox.get("meter")["api"].items() if api in FOR}
    assert sum(counted.values()) == scene.sandbox.get("meter")["counted"], "a call that has no name here"
    return Whole(counted, max(behind))


def _acts(cast: Cast) -> list[tuple[str, str, Mapping[str, str]]]:
    """Every act of the plain life of an order, by whom, in turn."""
    sponsor, head = cast.sponsor.dingtalk, cast.sponsor_head.dingtalk
    clerks = [one.dingtalk for one in cast.clerks.values()]
    nothing: Mapping[str, str] = {}
    found = [(user, "accept", nothing) for user in clerks]
    found += [(sponsor, "order_start_check_in", nothing), *((user, "check_in", nothing) for user in clerks)]
    found += [(sponsor, "order_end_meeting", nothing)]
    for unit in UNITS:
        found += [(cast.clerks[unit].dingtalk, "report", FED), (cast.heads[unit].dingtalk, "approve", nothing)]
    found += [(sponsor, "order_close", nothing), (head, "order_approve_close", nothing)]
    for user in clerks:
        found += [(user, "rate_sponsor", PLEASED), (sponsor, "rate_unit", PLEASED)]
    return found


def _follow(scene: World, order: int, track: str) -> float:
    """Seconds until every holder sees the truth of the core. Raises AssertionError: not soon."""
    began = time.monotonic()
    scene.sandbox.until(lambda: _all_right(scene, order, track) and _group_right(scene, order), 30)
    return time.monotonic() - began


def _group_right(scene: World, order: int) -> bool:
    """Everybody who should be in the group is, and its card shows the truth."""
    sheet = scene.core.joint_groups.sheet(order)
    if sheet is None or not sheet.face_hash or sheet.joining or sheet.leaving:
        return False
    face, seen = joint_group_face(sheet.view), scene.sandbox.face(f"joint_group:{sheet.name}", sheet.owner)["variables"]
    return all(seen.get(name) == face.public[name] for name in OF_GROUP)


def _all_right(scene: World, order: int, track: str) -> bool:
    held = next((one for one in scene.sandbox.get("cards") if one["outTrackId"] == track), None)
    readers = scene.core.joints.audience(order)
    if held is None or held["differs"] or not {one.dingtalk for one in readers} <= set(held["viewers"]):
        return False
    views = scene.core.joints.views(order, [one.actor for one in readers])
    for reader, view in zip(readers, views, strict=True):
        face, seen = joint_face(view), scene.sandbox.face(track, reader.dingtalk)["variables"]
        if any(seen.get(name) != face.private[name] for name in PRIVATE):
            return False
    return True


# --- a burst --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rush:
    """What became of twenty orders at once; `slowest_ms` of any click from the common instant."""

    clicks: int
    in_time: int
    slowest_ms: float
    seconds: float
    lost: int
    doubled: int

    @property
    def share(self) -> float:
        return self.in_time / self.clicks


def rush(scene: World) -> Rush:
    """Twenty flags raised by card, answered by all units and checked in, each step by everybody at one instant."""
    cast = Cast(scene)
    _warm(scene, cast)
    sponsors = [one.dingtalk for one in cast.sponsors(ORDERS)]
    for user in sponsors:
        scene.sandbox.say(user, "树旗")
    scene.settle(60)
    began = time.monotonic()
    answers = _burst(scene, [_flag(scene, user, number) for number, user in enumerate(sponsors)])
    tracks = scene.sandbox.until(lambda: _raised_now(scene), 60)
    everybody = [(one.dingtalk, track) for track in tracks for one in cast.clerks.values()]
    _wait(scene, tracks, cast.called)
    answers += _burst(scene, [_press(user, track, "accept") for user, track in everybody])
    _wait(scene, tracks, cast.called)
    starts = [_press(user, track, "order_start_check_in") for user, track in zip(sponsors, tracks, strict=True)]
    answers += _burst(scene, starts)
    _wait(scene, tracks, cast.called)
    answers += _burst(scene, [_press(user, track, "check_in") for user, track in everybody])
    took = time.monotonic() - began
    scene.settle(120)
    states = Counter(leg["state"] for track in tracks for leg in _legs(scene, cast, track))
    assert states == {"on_site": ORDERS * len(UNITS)}, states
    latencies = [row["latency_ms"] or float("inf") for row in answers]
    in_time = sum(late <= LATEST_S * 1e3 for late in latencies)
    assert not any(row["refused"] for row in answers)
    return Rush(len(answers), in_time, max(latencies), took, _lost(scene, tracks, cast.called), _doubled(scene))


def _warm(scene: World, cast: Cast) -> None:
    """An order raised and answered before the crowd comes, as on any bot that has worked since morning."""
    scene.sandbox.say(cast.sponsor.dingtalk, "树旗")
    scene.settle(60)
    flag = _flag(scene, cast.sponsor.dingtalk, ORDERS)  # at a place none of the crowd speaks of
    _burst(scene, [{**flag, "form": {**flag["form"], "title": WARM}}])
    scene.settle(60)
    track = next(track for _, track in _orders(scene, WARM))
    _burst(scene, [_press(one.dingtalk, track, "accept") for one in cast.clerks.values()])
    scene.settle(60)


def _raised_now(scene: World) -> list[str]:
    """The cards of the crowd's orders in the order of their sponsors, once all are raised."""
    found = dict(_orders(scene, FORM["title"]))
    return [found[f"{FORM['title']}{number + 1}"] for number in range(ORDERS)] if len(found) == ORDERS else []


def _orders(scene: World, title: str) -> list[tuple[str, str]]:
    """Title and card of each order whose title begins so."""
    query = select(joint_orders.c.title, joint_orders.c.no).where(joint_orders.c.title.startswith(title))
    with scene.core.engine.connect().execution_options(readonly=True) as tx:
        return [(row.title, f"{row.no}:1") for row in tx.execute(query)]


def _flag(scene: World, user: str, number: int) -> Json:
    cards = scene.sandbox.get("cards")
    track = next(
        one["outTrackId"] for one in cards if one["outTrackId"].startswith("joint_new:") and user in one["viewers"]
    )
    place = known_places()[number]  # of its own: where an order is under way, a flag is read over before it goes up
    return {**_press(user, track, "raise"), "form": {**FORM, "title": f"{FORM['title']}{number + 1}", "place": place}}


def known_places() -> list[str]:
    """Names of places, each of another place than the rest."""
    return [row["name"] for row in read("seed/places.yaml") if row["kind"] in ("estate", "village")]


def _press(user: str, track: str, action: str) -> Json:
    return {"userId": user, "outTrackId": track, "action": action}


def _burst(scene: World, clicks: Sequence[Json]) -> list[Any]:
    told: list[Any] = scene.sandbox.post("burst", clicks=list(clicks))["results"]
    return told


def _wait(scene: World, tracks: Sequence[str], people: set[str]) -> None:
    """Until everybody has the cards as they are now."""

    def here() -> bool:
        held = {one["outTrackId"]: set(one["viewers"]) for one in scene.sandbox.get("cards")}
        return scene.waiting() == 0 and all(people <= held.get(track, set()) for track in tracks)

    scene.sandbox.until(here, 60)


def _legs(scene: World, cast: Cast, track: str) -> list[dict[str, Any]]:
    order = scene.core.joints.find(next(iter(cast.clerks.values())).actor, track.partition(":")[0])
    return list(scene.core.joints.sheet(order).legs)


def _lost(scene: World, tracks: Sequence[str], people: set[str]) -> int:
    """Letters that did not leave, cards somebody called does not have or sees old, SMS that nobody got."""
    with scene.core.engine.connect().execution_options(readonly=True) as tx:
        states = Counter(tx.execute(select(letters.c.state)).scalars())
    stuck = sum(count for state, count in states.items() if state not in ("sent", "merged"))
    held = {one["outTrackId"]: one for one in scene.sandbox.get("cards")}
    unseen = sum(len(people - set(held[track]["viewers"])) + len(held[track]["differs"]) for track in tracks)
    return stuck + unseen + ORDERS * PEOPLE - len({(one["phone_number"], one["text"]) for one in _texts(scene)})


def _doubled(scene: World) -> int:
    """SMS that came twice, lines said twice to one person, cards that stand twice in a chat."""
    told = Counter((one["phone_number"], one["text"]) for one in _texts(scene))
    with scene.core.engine.connect().execution_options(readonly=True) as tx:
        bodies = tx.execute(select(letters.c.body).where(letters.c.channel == "dingtalk.say")).scalars().all()
    users = {user for body in bodies for user in body["userIds"]}
    for user in users | set(Cast(scene).called):
        for chat in scene.sandbox.phone(user)["chats"]:
            for line in chat["messages"]:
                if line["from"] == "robot":
                    told[user, str(line["content"])] += 1
    return sum(count - 1 for count in told.values())


def _texts(scene: World) -> list[Any]:
    found: list[Any] = scene.sandbox.get("sms")["texts"]
    return [one for one in found if FORM["title"] in one["text"]]
