"""People with several posts (R102): where a case is theirs to read, and for which post their copies are drawn."""

from __future__ import annotations

from contextlib import suppress

from core import Actor, Core, Refusal
from core.errors import Unknown, WrongPost


def located(core: Core, actor: Actor, ref: str, *, unfinished: bool = False) -> tuple[int, Actor]:
    """The case a number or tail means, and the person at the post from which they may read it, the current one first.

    Raises:
        Unknown: none of their posts may, or there is none.
        Ambiguous: several, read from the current post.
    """
    try:
        return core.case_id(actor, ref, unfinished=unfinished), actor
    except Unknown:
        for post in actor.others:
            with suppress(Refusal):
                return core.case_id(actor.at(post), ref, unfinished=unfinished), actor.at(post)
        raise


def numbered(core: Core, actor: Actor, no: str) -> tuple[int, Actor]:
    """The same for a full number, as a card's own: one look-up. Raises Unknown."""
    try:
        return core.case_within(actor, no), actor
    except Unknown:
        for post in actor.others:
            with suppress(Refusal):
                return core.case_within(actor.at(post), no), actor.at(post)
        raise


def own_case(core: Core, actor: Actor, ref: str, *, unfinished: bool = False) -> int:
    """The case a number or tail means at the current post; `unfinished` as in `Core.case_id`.

    Raises:
        WrongPost: it belongs to another post of the same person, which is named.
        Unknown: it belongs to none.
        Ambiguous: there are several.
    """
    case_id, reader = located(core, actor, ref, unfinished=unfinished)
    if reader is not actor:
        raise WrongPost(post=f"{reader.unit_name} {reader.title}")
    return case_id


def drawn_for(core: Core, actor: Actor, reader: Actor, case_id: int) -> Actor:
    """The person at the post for which every copy they hold of this case is drawn, however it comes to them."""
    if not actor.others:
        return actor
    return next((one.actor for one in core.audience(case_id) if one.person == actor.person), reader)
