"""Who hears of a moment of a joint order: joint.yaml's rows as letters, each person once, in the right words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from core import late
from core.joint_work import HEADS, JointWork, units_above
from core.notices import NEW_LETTERS, addressed, leaders_of, letter
from core.people import Actor
from core.plain import plain, scrub
from core.queries.people import Directory, Holder
from core.repeats import said_once, told_lately
from core.texts import sms_body
from core.timewords import when
from core.watch import quiet_until
from core.work import Recorded
from core.worktime import local_date

WAITING = ("invited", "coming", "reporting", "in_review")
UNSEEN = frozenset(
    {"urged", "unit_rated", "sponsor_rated", "overdue", "relaunched", "review_drafted", "review_kept",
     "basis_dropped"}
)  # fmt: skip
"""Events that change nothing a group shows."""
RULED = {"ruled_in": "参加", "ruled_out": "移出"}
Leg = dict[str, Any]


def letters_of_joint(work: JointWork) -> None:
    """Write every letter this command causes: one silent update of all copies, and the rows of joint.yaml."""
    last, order = work.recorded[-1].id, work.case["id"]
    about = {"case": work.case["no"], "title": plain(scrub(work.case["title"]), 20)}
    body = {"joint": order, "by": work.actor.person, **about}
    rows = [letter(f"joint:{last}", "dingtalk.card", "card", f"joint:{order}", body, work.now, event=last)]
    rows += _to_group(work, last)
    late.put(work.tx, NEW_LETTERS, [*rows, *_lines(work), *_texts(work)])


def _to_group(work: JointWork, last: int) -> Iterator[dict[str, Any]]:
    """The order's group brought to the truth, where policy gives it one; nothing for what a group does not show."""
    order = work.case
    if not work.world.policy.joint.group(local_date(order["raised_at"])).on:
        return
    if any(event.name not in UNSEEN for event in work.recorded):
        body = {"joint": order["id"], "case": order["no"], "title": plain(scrub(order["title"]), 20)}
        yield letter(f"group:{last}", "dingtalk.group", "card", f"group:{order['id']}", body, work.now, event=last)


def _lines(work: JointWork) -> Iterator[dict[str, Any]]:
    told, hold = {work.actor.person}, _held_until(work)
    for event in sorted(work.recorded, key=lambda one: one.leg is None):  # what is meant for one unit goes first
        for number, moment in enumerate(work.world.policy.joint.moments.get(event.key, ())):
            if "dingtalk" not in moment.by:
                continue
            holders = {one.person: one for one in recipients(work, event, moment.to) if one.dingtalk}
            lately = told_lately(work, event, "joint", len(work.world.policy.joint.moments[event.key]))
            reached = [one for person, one in holders.items() if person not in told | lately]
            if not reached and lately & holders.keys():
                work.answer = said_once(work)
            if reached:
                told |= {one.person for one in reached}
                body = {**addressed(reached), **_sentence(work, event, moment.words)}
                yield letter(
                    f"joint:{event.id}:{number}", "dingtalk.say", "say", f"say:joint:{event.id}:{number}", body,
                    work.now, event=event.id, hold_until=hold,
                )  # fmt: skip


def _texts(work: JointWork) -> Iterator[dict[str, Any]]:
    """One SMS a person, in a lane of its own: one that is held up holds up no other (R112, R120, R139)."""
    policy, order = work.world.policy, work.case
    told, hold, urgent = {work.actor.person}, _held_until(work), order["urgency"] in policy.quiet.but
    for event in work.recorded:
        for number, moment in enumerate(policy.joint.moments.get(event.key, ())):
            if "sms" not in moment.by:
                continue
            for leg, holder in _each(work, event, moment.to):
                if holder.person in told:
                    continue
                told.add(holder.person)
                key, values = f"sms:joint:{event.id}:{number}:{holder.person}", _values(work, event, leg)
                template = policy.sms.templates[moment.template]
                body = sms_body(template, holder.person, values, urgent=urgent, no=order["no"])
                yield letter(key, "sms", "sms", key, body, work.now, event=event.id, hold_until=hold)


def _each(work: JointWork, event: Recorded, to: str) -> Iterator[tuple[Leg | None, Holder]]:
    """Whom a row means, each with the part that is told to them: what all units hear, each hears of its own part."""
    if to == "every_pair":
        yield from ((leg, one) for leg in _told_legs(work) for one in pair_of(work, leg["unit_id"]))
    else:
        leg = None if event.leg is None else work.leg(event.leg)
        yield from ((leg, one) for one in recipients(work, event, to))


def _held_until(work: JointWork) -> datetime | None:
    """Until when quiet hours hold a line or an SMS back; what is urgent does not wait (domain-rules §20)."""
    quiet = work.world.policy.quiet
    return None if work.case["urgency"] in quiet.but else quiet_until(work.now, quiet)


def _values(work: JointWork, event: Recorded, leg: Leg | None) -> dict[str, str]:
    """What a moment knows (`policy.joint.SAID`), fit for eyes that are not the reader's alone."""
    order, due_at = work.case, leg["due_at"] if leg else None
    unit = work.world.directory.unit_name(leg["unit_id"]) if leg else ""
    state = work.world.policy.flows["joint_leg"].states[leg["state"]].title if leg else ""
    return {
        "tail": order["no"][-6:],
        "title": plain(scrub(order["title"]), 20),
        "who": plain(said_by(work.actor)),
        "unit": unit,
        "state": state,
        "step": unit + state,
        "text": plain(scrub(event.text), 60),
        "until": f"{when(work.now, due_at, closing=True)} 前" if due_at else "",
        "meet": f"{when(work.now, order['meet_at'])} {plain(scrub(order['place']), 24)}",
        "result": RULED.get(event.name, ""),
        "draft": work.draft,
    }


def _sentence(work: JointWork, event: Recorded, words: str) -> dict[str, Any]:
    values = _values(work, event, None if event.leg is None else work.leg(event.leg))
    text = words.format(**values)
    return {"title": text[: text.find("】") + 1] + values["title"][:16], "text": text, "case": work.case["no"]}


def said_by(actor: Actor) -> str:
    """「水务局 王某」; a contact person who rules says for whom: 「区政府 苏某（代分管区领导）」."""
    on_behalf = actor.role == "contact_person" and bool(actor.in_charge)
    return actor.label + ("（代分管区领导）" if on_behalf else "")


def recipients(work: JointWork, event: Recorded, to: str) -> list[Holder]:
    """Whom a row of joint.yaml means."""
    directory, leg = work.world.directory, None if event.leg is None else work.leg(event.leg)
    match to:
        case "pair":
            return pair_of(work, leg["unit_id"]) if leg else []
        case "every_pair":
            return [one for each in _told_legs(work) for one in pair_of(work, each["unit_id"])]
        case "raters":
            fed_back = [each for each in work.legs if each["state"] == "fed_back"]
            return [one for each in fed_back for one in _at_work(work, each)]
        case "hands":
            return [one for each in _told_legs(work) for one in _hand(work, each)]
        case "waiting":
            return _waiting(work)
        case "sponsor":
            return sponsor_of(work.case, directory)
        case "sponsor_pair":
            return pair_of(work, work.case["sponsor_unit"])
        case "sponsor_head":
            return heads_of(work.case["sponsor_unit"], directory) or pair_of(work, work.case["sponsor_unit"])
        case "head":
            return heads_of(leg["unit_id"], directory) if leg else []
        case "next":
            return _hand(work, leg) if leg else []
        case "rulers":
            return rulers_of(leg["unit_id"], directory) if leg else []
        case "centre":
            roles = sorted(work.world.policy.joint.centre)
            return [holder for role in roles for holder in directory.by_role.get(role, ())]
        case "late_pair":
            return _late_pair(work, leg) if leg else []
    return _late(work, leg) if leg else []


def _told_legs(work: JointWork) -> list[dict[str, Any]]:
    """The legs that are still in, or were until they were closed over."""
    return [leg for leg in work.legs if leg["state"] != "released"]


def _hand(work: JointWork, leg: Leg) -> list[Holder]:
    """To whom the leg was handed on, if it was."""
    return list(work.world.directory.by_person.get(leg["person_id"] or 0, ())[:1])


def _at_work(work: JointWork, leg: Leg) -> list[Holder]:
    return [*_hand(work, leg), *pair_of(work, leg["unit_id"])]


def _waiting(work: JointWork) -> list[Holder]:
    """Everybody whose step somebody waits for; where no unit's is, the sponsor's."""
    directory, found = work.world.directory, list[Holder]()
    for leg in work.legs:
        if leg["state"] in WAITING:
            found += _at_work(work, leg)
        if leg["state"] == "in_review":
            found += heads_of(leg["unit_id"], directory)
        if leg["state"] == "disputed":
            found += rulers_of(leg["unit_id"], directory)
        if leg["state"] in ("return_review", "late_asked"):
            found += sponsor_of(work.case, directory)
    return found or sponsor_of(work.case, directory)


def _late(work: JointWork, leg: dict[str, Any]) -> list[Holder]:
    """Whose step is overdue: the unit's people, the sponsor's for a review, the leader's for a ruling."""
    if leg["state"] == "return_review":
        return [*sponsor_of(work.case, work.world.directory), *_late_pair(work, leg)]
    return _late_pair(work, leg) if leg["state"] == "disputed" else _at_work(work, leg)


def _late_pair(work: JointWork, leg: dict[str, Any]) -> list[Holder]:
    """The two people of the unit whose step it is; of a ruling, the leader and their contact person."""
    if leg["state"] == "disputed":
        return rulers_of(leg["unit_id"], work.world.directory)
    return pair_of(work, work.case["sponsor_unit"] if leg["state"] == "return_review" else leg["unit_id"])


def pair_of(work: JointWork, unit_id: int) -> list[Holder]:
    """分管领导 and 联系人 of a unit: the first holders of the roles joint.yaml names; one person may be both."""
    return pair(work.world.policy.joint.deputy, work.world.policy.joint.contact, unit_id, work.world.directory)


def pair(deputy: Sequence[str], contact: Sequence[str], unit_id: int, directory: Directory) -> list[Holder]:
    held = directory.by_unit.get(unit_id, ())
    found = [_first(deputy, held), _first(contact, held)]
    return list({one.person: one for one in found if one is not None}.values())


def _first(roles: Sequence[str], held: Iterable[Holder]) -> Holder | None:
    holders = list(held)
    return next((one for role in roles for one in holders if one.role == role), None)


def sponsor_of(order: dict[str, Any], directory: Directory) -> list[Holder]:
    """Who raised it, while they are at the sponsor's unit; else whoever works there."""
    held = [one for one in directory.by_person.get(order["person_id"], ()) if one.unit == order["sponsor_unit"]]
    return held[:1] or [one for one in directory.by_unit.get(order["sponsor_unit"], ()) if one.role == "unit_clerk"]


def heads_of(unit_id: int, directory: Directory) -> list[Holder]:
    """The leaders of a unit, or of the nearest one above that has any."""
    for unit in units_above(unit_id, directory):
        if found := [one for one in directory.by_unit.get(unit, ()) if one.role in HEADS]:
            return found
    return []


def rulers_of(unit_id: int, directory: Directory) -> list[Holder]:
    """The district leader over a unit, and their contact person (R119, R120)."""
    above = set(units_above(unit_id, directory))
    contacts = [one for one in directory.by_role.get("contact_person", ()) if one.actor.in_charge & above]
    return [*leaders_of(directory, unit_id), *contacts]
