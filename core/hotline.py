"""Bringing in what the 12345 platform holds: tickets since the last time, each through the intake door."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Busy, Refusal
from core.machines import Machines
from core.people import HOTLINE, Actor
from core.ports import Ticket, TicketSource
from core.pulled import Pulled, Untaken
from core.receipts import Done

FEED = "hotline"
MOST_PAGES = 50

Register = Callable[[str, Ticket, Actor, str], Done]
"""`Core.register`: key, ticket, actor, source."""


def ticket_key(ticket: Ticket) -> str:
    """The cause of a ticket, the same by push and by pull: twice is once."""
    return f"hotline:{ticket.outside_no}:{ticket.revision}"


def pull(source: TicketSource, register: Register, machines: Machines) -> Pulled:
    """Everything new since the kept cursor, page by page; the cursor moves only after its page is on disk.

    Raises what the source raises when it is away, and Busy when the database is; what came before that stays.
    """
    taken, known, refused = 0, 0, list[Untaken]()
    cursor = machines.cursor(FEED)
    for _ in range(MOST_PAGES):
        tickets, ahead = source.since(cursor)
        for ticket in tickets:
            if isinstance(ticket, Untaken):
                refused.append(ticket)
                continue
            try:
                done = register(ticket_key(ticket), ticket, HOTLINE, "feed")
            except Busy:
                raise
            except Refusal as refusal:
                refused.append(Untaken(ticket.outside_no, refusal))
            else:
                taken, known = taken + 1, known + done.repeated
        if ahead == cursor:
            break
        machines.keep_cursor(FEED, ahead)
        cursor = ahead
    return Pulled(taken, known, tuple(refused))
