"""What people search for, kept out of addresses: a name or a number goes by POST and stands in the address sealed.

Addresses end up in histories, bookmarks and the logs of proxies (controls F4, A8). The sealed words open for the person
who sought them alone; they need no row in the database and last as long as the key.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from core.crypto import Unreadable, place
from webapp.context import the_actor, the_core

LONGEST = 60
LONGEST_TOKEN = 600
_TO_ADDRESS, _FROM_ADDRESS = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")


def token_of(words: str) -> str:
    """The words as they may stand in an address; nothing for none."""
    words = " ".join(words.split())[:LONGEST]
    if not words:
        return ""
    label, _, body = the_core().cipher.seal(words, _place()).partition(":")
    return f"{label}.{body.rstrip('=').translate(_TO_ADDRESS)}"


def words_of(token: str) -> str | None:
    """The words behind a token of this person; None for anything else, such as words typed into the address."""
    label, _, body = token[:LONGEST_TOKEN].partition(".")
    whole = body.translate(_FROM_ADDRESS) + "=" * (-len(body) % 4)
    try:
        return the_core().cipher.open(f"{label}:{whole}", _place())
    except (Unreadable, ValueError):
        return None


def words_asked() -> tuple[str, bool]:
    """The words of this request's address, and whether what stands there could be read."""
    token = request.args.get("q", "")
    found = words_of(token) if token else ""
    return found or "", found is not None


def sealed_query(query: Mapping[str, str | int]) -> dict[str, str | int]:
    """A query with its words sealed, for a link."""
    words = str(query.get("q", ""))
    return {**query, "q": token_of(words)} if words else dict(query)


def _place() -> str:
    return place("address", "q", the_actor().person)
