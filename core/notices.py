"""Event → letters, read from policy/notices.yaml: silent card updates for all, one loud line for whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from core import late
from core.holders import request_of
from core.models.record import events, letters
from core.plain import plain, scrub
from core.policy.notices import HOLDER, Baton
from core.queries.people import Directory, Holder
from core.repeats import said_once, told_lately
from core.texts import sms_body
from core.timewords import when
from core.watch import quiet_until
from core.work import Recorded, Work

NEW_LETTERS = insert(letters)
SENT_BY = (
    select(events.c.person_id)
    .where(events.c.case_id == bindparam("case"), events.c.name == "dispatched")
    .order_by(events.c.id.desc())
    .limit(1)
)
SIGNED_BY = (
    select(events.c.person_id)
    .where(events.c.leg_id == bindparam("leg"), events.c.name == "signed")
    .order_by(events.c.id.desc())
    .limit(1)
)


def letters_of(work: Work) -> None:
    """Write every letter this command causes."""
    if not work.recorded:
        return
    last = work.recorded[-1].id
    case = work.case["id"]
    rows = [
        letter(
            f"card:{last}",
            "dingtalk.card",
            "card",
            f"card:{case}",
            {"by": work.actor.person},
            work.now,
            case=case,
            event=last,
        )
    ]
    rows += _batons(work)
    rows += _results(work)
    late.put(work.tx, NEW_LETTERS, rows)


def letter(
    key: str,
    channel: str,
    kind: str,
    lane: str,
    body: dict[str, Any],
    now: datetime,
    *,
    case: int | None = None,
    event: int | None = None,
    hold_until: datetime | None = None,
) -> dict[str, Any]:
    """A row of the tray, due at once in real time; `hold_until` is business time (quiet hours)."""
    return {
        "key": key, "channel": channel, "kind": kind, "lane": lane, "event_id": event, "case_id": case, "body": body,
        "state": "due", "tries": 0, "due_at": datetime.now(UTC), "hold_until": hold_until, "leased_until": None,
        "lease": None, "error": None, "written_at": now, "sent_at": None,
    }  # fmt: skip


def _batons(work: Work) -> Iterator[dict[str, Any]]:
    case, told = work.case, set[int]()
    quiet = work.world.policy.quiet
    hold = None if case["urgency"] in quiet.but else quiet_until(work.now, quiet)
    for event in work.recorded:
        for number, baton in enumerate(work.world.policy.batons.get(event.key, ())):
            if baton.to == HOLDER:
                yield from _answers(work, event, number, baton)
            elif "sms" in baton.by:
                yield from _texts(work, event, number, baton, hold)
            if "chat" not in baton.by:
                continue
            people = {
                h.person: h for h in _recipients(work, event, baton.to) if h.dingtalk and h.person != work.actor.person
            }
            lately = told_lately(work, event, "baton", len(work.world.policy.batons[event.key]))
            reached = [holder for person, holder in people.items() if person not in told | lately]
            if not reached and lately & people.keys():
                work.answer = said_once(work)
            if reached:
                told |= {holder.person for holder in reached}
                body = {**addressed(reached), **_sentence(work, event, baton.words)}
                lane = f"say:{case['id']}:{event.id}:{number}"
                yield letter(
                    f"baton:{event.id}:{number}", "dingtalk.say", "say", lane, body, work.now,
                    case=case["id"], event=event.id, hold_until=hold,
                )  # fmt: skip


def _texts(work: Work, event: Recorded, number: int, baton: Baton, hold: datetime | None) -> Iterator[dict[str, Any]]:
    """One SMS a person, in a lane of its own: one that is held up holds up no other."""
    case, policy = work.case, work.world.policy
    template, values = policy.sms.templates[baton.template], _values(work, event)
    held = {holder.person for holder in _recipients(work, event, baton.to)} - {work.actor.person}
    for person in sorted(held):
        key = f"sms:{event.id}:{number}:{person}"
        body = sms_body(template, person, values, urgent=case["urgency"] in policy.quiet.but, no=case["no"])
        yield letter(key, "sms", "sms", key, body, work.now, case=case["id"], event=event.id, hold_until=hold)


def _answers(work: Work, event: Recorded, number: int, baton: Baton) -> Iterator[dict[str, Any]]:
    """To the holder whose request about their own data this case is (control F6), by day however urgent it was."""
    case, policy = work.case, work.world.policy
    if case["phone_index"] is None or not request_of(work.world.cipher, case):
        return
    key, hold = f"sms:{event.id}:{number}:{HOLDER}", quiet_until(work.now, policy.quiet)
    body = sms_body(policy.sms.templates[baton.template], None, _values(work, event), urgent=False, no=case["no"])
    yield letter(key, "sms", "sms", key, body, work.now, case=case["id"], event=event.id, hold_until=hold)


def addressed(holders: Iterable[Holder]) -> dict[str, Any]:
    """The address lines of a short message: people and the names DingTalk knows them by."""
    known = list(holders)
    return {"people": [holder.person for holder in known], "userIds": [holder.dingtalk for holder in known]}


def _values(work: Work, event: Recorded) -> dict[str, str]:
    """What a notice knows of its event (`policy.SAID`), fit for eyes that are not the reader's alone."""
    case = work.case
    leg = None if event.leg is None else work.leg(event.leg)
    due_at = (leg or case)["due_at"]
    until = when(work.now, due_at, closing=True) if due_at else ""
    return {
        "tail": case["no"][-6:],
        "title": plain(scrub(case["title"]), 20),
        "who": plain(work.actor.label),
        "what": event.name,
        "text": plain(scrub(event.text), 60),
        "until": f"{until} 前" if until else "",
        "due": f"期限{until}" if until else "",
    }


def _sentence(work: Work, event: Recorded, words: str) -> dict[str, Any]:
    values = _values(work, event)
    text, subject = words.format(**values), values["title"]
    title = text[: text.find("】") + 1] + subject[:16] if "】" in text else subject
    return {"title": title, "text": text, "case": work.case["no"]}


def _recipients(work: Work, event: Recorded, to: str) -> list[Holder]:
    directory, leg = work.world.directory, None if event.leg is None else work.leg(event.leg)
    upper = work.leg(leg["parent_id"]) if leg is not None and leg["parent_id"] is not None else None
    if to == "above":
        to = "upper" if upper is not None else "desk"
    match to:
        case "desk":
            return _sender_first(work, list(directory.by_role.get("dispatcher", ())))
        case "desk_head" | "caller":
            return list(directory.by_role.get(to, ()))
        case "hearers":
            return work.hearers
        case "texted":
            return work.texted
        case "contacts":
            return [holder for one in _live(work) for holder in contacts_of(directory.by_unit.get(one["unit_id"], ()))]
        case "leg":
            return [] if leg is None else _signer_first(work, leg)
        case "upper":
            return [] if upper is None else _signer_first(work, upper)
        case "handlers":
            return [holder for one in _live(work) for holder in _signer_first(work, one)]
    return []


def _live(work: Work) -> list[dict[str, Any]]:
    """The legs somebody is working on."""
    return [one for one in work.legs if one["state"] not in ("settled", "released", "delegated")]


def contacts_of(held: Iterable[Holder]) -> list[Holder]:
    """The contact persons of a unit, or failing these its heads."""
    return staff_of(held, frozenset({"contact_person"}), frozenset({"unit_head"}))


def people_of(work: Work, leg: dict[str, Any], tell: Iterable[str]) -> list[Holder]:
    """Whom warnings.yaml and ladder.yaml mean, each person once, in that order."""
    directory, found = work.world.directory, list[Holder]()
    held = directory.by_unit.get(leg["unit_id"], ())
    for one in tell:
        match one:
            case "person":
                found += _signer_first(work, leg)
            case "post":
                found += unit_staff(work, leg["unit_id"])
            case "unit_head":
                found += staff_of(held, frozenset({"unit_head"}), frozenset({"contact_person"}))
            case "desk":
                found += _sender_first(work, list(directory.by_role.get("dispatcher", ())))
            case "desk_head":
                found += directory.by_role.get("desk_head", ())
            case "deputy_leader":
                found += leaders_of(directory, leg["unit_id"])
            case "contact":
                found += contacts_of(held)
    return list({holder.person: holder for holder in reversed(found)}.values())[::-1]


def leaders_of(directory: Directory, unit_id: int) -> list[Holder]:
    """The district leaders in charge of a unit, or else of the nearest unit above it."""
    leaders, unit = directory.by_role.get("district_leader", ()), directory.units.get(unit_id)
    while unit is not None:
        if found := [holder for holder in leaders if unit.id in holder.actor.in_charge]:
            return found
        unit = directory.units.get(unit.parent or 0)
    return []


def _sender_first(work: Work, desk: list[Holder]) -> list[Holder]:
    """The dispatcher who sent the case, if still there; else everyone on the desk."""
    person = work.tx.execute(SENT_BY, {"case": work.case["id"]}).scalar_one_or_none()
    mine = [holder for holder in desk if holder.person == person]
    return mine or desk


def _signer_first(work: Work, leg: dict[str, Any]) -> list[Holder]:
    staff = unit_staff(work, leg["unit_id"])
    person = work.tx.execute(SIGNED_BY, {"leg": leg["id"]}).scalar_one_or_none()
    mine = [holder for holder in staff if holder.person == person]
    return mine or staff


def unit_staff(work: Work, unit_id: int) -> list[Holder]:
    """Whoever handles cases for a unit: its clerks, or failing these its contact persons and heads."""
    audience, held = work.world.policy.audience, work.world.directory.by_unit.get(unit_id, ())
    return staff_of(held, audience["unit"], audience["unit_fallback"])


def staff_of(held: Iterable[Holder], first: frozenset[str], fallback: frozenset[str]) -> list[Holder]:
    holders = list(held)
    return [h for h in holders if h.role in first] or [h for h in holders if h.role in fallback]


def _results(work: Work) -> Iterator[dict[str, Any]]:
    """What goes back to the platform the case came from."""
    case = work.case
    if not case["outside_no"]:
        return
    for event in work.recorded:
        if event.key in work.world.policy.hand_back:
            body = {
                "outside_no": case["outside_no"], "event": event.key, "no": case["no"], "state": case["state"],
                "reply": case["reply"] or "", "outcome": case["outcome"] or "", "at": work.now.isoformat(),
            }  # fmt: skip
            lane = f"hotline:{case['outside_no']}"
            yield letter(
                f"result:{event.id}", "hotline", "result", lane, body, work.now, case=case["id"], event=event.id
            )
