"""The effects by which a warning or a reminder finds its hearers, and by which a person puts reminders off."""

from __future__ import annotations

from typing import Any

from core.notices import people_of
from core.timewords import when
from core.watch import after_rung, after_warning, has_put_off, told_lately
from core.watch import put_off as put_off_until
from core.work import Work


def tell_level(work: Work, held: dict[str, Any] | None) -> None:
    """A warning level is told once a case: who heard of it for another unit's part hears nothing again."""
    leg, key = _in_hand(held), work.form["level"]
    level = next(one for one in work.world.policy.warnings.levels if one.name == key)
    known = frozenset().union(*(told_lately(work.watched(one), key, work.now) for one in work.legs))
    work.hearers = [one for one in people_of(work, leg, level.tell) if one.person not in known]
    people = [one.person for one in work.hearers]
    work.set_leg(leg, watch=after_warning(leg["watch"] or {}, key, work.now, people))


def tell_rung(work: Work, held: dict[str, Any] | None) -> None:
    """A rung of the ladder is told to those who have not put it off; a put-off reminder to the one who did."""
    leg, key = _in_hand(held), work.form["rung"]
    one, directory = work.watched(leg), work.world.directory
    kind, _, person = key.partition(":")
    if kind == "snooze":
        work.hearers = list(directory.by_person.get(int(person), ()))[:1]
    else:
        rung = next(row for row in work.world.policy.ladder.rungs if row.key == key)
        hearers = people_of(work, leg, rung.tell)
        work.hearers = [holder for holder in hearers if not has_put_off(one, holder.person, work.now)]
        texted = people_of(work, leg, rung.sms)
        work.texted = [holder for holder in texted if not has_put_off(one, holder.person, work.now)]
    work.set_leg(leg, watch=after_rung(one, key, work.now))


def put_off(work: Work, held: dict[str, Any] | None) -> None:
    """稍后提醒: this person's reminders of this part wait, and come once at the moment chosen."""
    leg = _in_hand(held)
    until, watch = put_off_until(work.watched(leg), work.actor.person or 0, work.form["wait"], work.now)
    work.set_leg(leg, watch=watch)
    work.answer = f"好的，{when(work.now, until)} 再提醒您"


def _in_hand(leg: dict[str, Any] | None) -> dict[str, Any]:
    assert leg is not None, "a leg's effect runs with a leg in hand"
    return leg
