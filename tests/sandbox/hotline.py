"""A stand-in for the 12345 hotline: tickets to pull, results to hand back."""

from __future__ import annotations

from .wire import ControlError, Json


class Hotline:
    """Ticket revisions in the order they happened, and the results received."""

    def __init__(self) -> None:
        self.tickets: list[Json] = []
        self.results: list[Json] = []

    def add(self, ticket: Json) -> Json:
        """A new ticket, or a new revision of one.

        Raises:
            ControlError: no ticket_no, or a revision that is not newer.
        """
        number = ticket.get("ticket_no")
        if not isinstance(number, str) or not number:
            raise ControlError("工单要有 ticket_no")
        last = max((int(t["revision"]) for t in self.tickets if t["ticket_no"] == number), default=0)
        kept = {**ticket, "revision": int(ticket.get("revision") or last + 1)}
        if kept["revision"] <= last:
            raise ControlError(f"工单 {number} 已有第 {last} 版，请给更大的 revision")
        self.tickets.append(kept)
        return kept

    def since(self, cursor: int, limit: int) -> Json:
        """Revisions after a cursor, oldest first, and where to go on."""
        page = self.tickets[cursor : cursor + limit]
        return {"tickets": page, "next": str(cursor + len(page)), "more": cursor + len(page) < len(self.tickets)}
