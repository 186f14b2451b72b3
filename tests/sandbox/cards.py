"""The card store: what the server holds, and what each person sees of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .wire import ApiError, Json

KEPT_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Placement:
    """One place where a card was delivered; `recipients` empty means everybody there sees it."""

    space_type: str
    space_id: str
    conversation_id: str
    carrier_id: str
    recipients: tuple[str, ...] = ()


@dataclass(slots=True)
class Card:
    """One card instance: the server's copy, each viewer's differences, and how it came to be so."""

    out_track_id: str
    template_id: str
    client_id: str
    callback_type: str
    user_id_type: int
    created_at: str
    public: dict[str, str] = field(default_factory=dict)
    private: dict[str, dict[str, str]] = field(default_factory=dict)
    space_models: dict[str, Any] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    version: int = 1
    overlays: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)

    def public_for(self, user_id: str) -> dict[str, str]:
        """Public data as this person's phone holds it."""
        return self.overlays.get(user_id, self.public)

    def seen_by(self, user_id: str) -> dict[str, str]:
        """Every variable as this person sees it: private wins over public."""
        return {**self.public_for(user_id), **self.private.get(user_id, {})}

    def differs_for(self, user_id: str) -> bool:
        """Does this person's phone show other public data than the server holds?"""
        return self.public_for(user_id) != self.public

    def note(self, at: str, kind: str, by: str, **facts: Any) -> None:
        """Write one line of history."""
        self.history.append({"at": at, "kind": kind, "by": by, "version": self.version, **facts})
        del self.history[:-KEPT_HISTORY]


class CardStore:
    """All cards by outTrackId, and the callbacks that are open on them."""

    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}
        self._open: dict[str, dict[str, tuple[str, float]]] = {}

    def get(self, out_track_id: object) -> Card:
        """The card with this id.

        Raises:
            ApiError: 400 param.outTrackIdEmpty, param.cardNotExist.
        """
        if not isinstance(out_track_id, str) or not out_track_id:
            raise ApiError(400, "param.outTrackIdEmpty")
        if out_track_id not in self.cards:
            raise ApiError(400, "param.cardNotExist", f"card {out_track_id} does not exist")
        return self.cards[out_track_id]

    def add(self, card: Card) -> None:
        """Keep a new card.

        Raises:
            ApiError: 400 param.cardAlreadyExist.
        """
        if card.out_track_id in self.cards:
            raise ApiError(400, "param.cardAlreadyExist", f"card {card.out_track_id} already exists")
        card.note(card.created_at, "create", "api", public=card.public, private=dict(card.private))
        self.cards[card.out_track_id] = card

    def update(
        self, card: Card, at: str, public: Mapping[str, str] | None, private: Mapping[str, Mapping[str, str]] | None,
        *, public_by_key: bool, private_by_key: bool,
    ) -> None:  # fmt: skip
        """The server copy changes for everybody: merged by key, or replaced (dingtalk.md §5.2, §10 no. 18)."""
        card.version += 1
        if public is not None:
            card.public = {**card.public, **public} if public_by_key else dict(public)
            card.overlays.clear()
            card.failures.clear()
        for user_id, values in (private or {}).items():
            held = card.private.get(user_id, {}) if private_by_key else {}
            card.private[user_id] = {**held, **values}
        by_key = {"updateCardDataByKey": public_by_key, "updatePrivateDataByKey": private_by_key}
        card.note(at, "update", "api", public=public, private=private, options=by_key)

    def answer(
        self, card: Card, at: str, user_id: str, public: Mapping[str, str] | None, private: Mapping[str, str] | None,
        *, public_by_key: bool, private_by_key: bool,
    ) -> None:  # fmt: skip
        """A callback's answer: public data for the clicker's phone alone, private data for their private map."""
        card.failures.pop(user_id, None)
        if public is not None:
            card.overlays[user_id] = {**card.public_for(user_id), **public} if public_by_key else dict(public)
        if private is not None:
            held = card.private.get(user_id, {}) if private_by_key else {}
            card.private[user_id] = {**held, **private}
        card.note(at, "answer", user_id, public=public, private=private)

    def opened(self, out_track_id: str, message_id: str, user_id: str) -> None:
        """A callback is on its way and unanswered."""
        self._open.setdefault(out_track_id, {})[message_id] = (user_id, time.monotonic())

    def closed(self, out_track_id: str, message_id: str) -> None:
        """It was answered, or nobody waits for it any more."""
        waiting = self._open.get(out_track_id, {})
        waiting.pop(message_id, None)
        if not waiting:
            self._open.pop(out_track_id, None)

    def waiting_on(self, out_track_id: str) -> list[tuple[str, str, float]]:
        """Open callbacks of a card: (message id, who clicked, ms ago)."""
        now = time.monotonic()
        return [(key, user, (now - at) * 1000) for key, (user, at) in self._open.get(out_track_id, {}).items()]

    def dump(self) -> list[dict[str, Any]]:
        """Plain rows for the state file."""
        return [asdict(card) for card in self.cards.values()]

    def load(self, rows: Iterable[dict[str, Any]]) -> None:
        """Rows of a state file."""
        for row in rows:
            places = [Placement(**{**p, "recipients": tuple(p["recipients"])}) for p in row["placements"]]
            card = Card(**{**row, "placements": places})
            self.cards[card.out_track_id] = card
