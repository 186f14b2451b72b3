"""Whom another system named → the name by which the console knows them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select

from core.errors import NotKnownHere, PhoneShared
from core.models.people import identities, people
from core.vouching import Vouched


def web_name(tx: Connection, who: Vouched, index: Callable[[str, str], str]) -> str:
    """The person's name on the channel "web"; a number is found by its blind index, no sealed one is opened.

    Raises NotKnownHere for strangers and the disabled, PhoneShared for a number that is not one person's.
    """
    query = select(identities.c.outside_id).join(people, people.c.id == identities.c.person_id)
    query = query.where(identities.c.channel == "web", people.c.active)
    if who.by == "phone":
        query = query.where(people.c.phone_index == index(who.value, "phone"))
    else:
        outside = identities.alias()
        query = query.join(outside, outside.c.person_id == people.c.id)
        query = query.where(outside.c.channel == who.channel, outside.c.outside_id == who.value)
    found = tx.execute(query.limit(2)).scalars().all()
    if len(found) > 1:
        raise PhoneShared()
    if not found:
        raise NotKnownHere()
    return str(found[0])
