"""Who may look at a screen: whoever is signed in, by their post; and a wall that an administrator let in, as itself."""

from __future__ import annotations

from flask import g

from core.policy.topics import Topic
from webapp.context import the_core


def reader_role() -> str | None:
    """The role topics are chosen for; None is a wall, which sees what is for everyone."""
    actor = g.get("actor")
    return actor.role if actor is not None else None


def topics_of_reader() -> list[Topic]:
    """What this reader may look at, in order."""
    return the_core().screens.for_reader(reader_role())
