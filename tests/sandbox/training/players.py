"""The hands of those whom nobody plays: they say words, press buttons and fill forms as their phones would."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..callbacks import Click, press
from ..clock import SHANGHAI
from ..phone import card_for
from ..talk import say
from ..wire import ApiError, ControlError, Json
from ..world import World
from .story import Event, Scenario
from .tasks import Owed

NUMBER = re.compile(r"XYDQ\d{14}")
FORM_CARD = "joint_new:"
MEETING_IN = timedelta(minutes=40)
LOOKS, LOOK_S = 60, 0.25


class Players:
    """Acts for the cast of one scenario, in words and by clicks only."""

    def __init__(self, world: World, scenario: Scenario, dice: random.Random) -> None:
        self._world, self._scenario, self._dice = world, scenario, dice

    def pause(self) -> timedelta:
        """How long somebody takes before they act."""
        return timedelta(minutes=self._dice.uniform(*self._scenario.pause))

    async def act(self, owed: Owed) -> tuple[str, str]:
        """Press one of the buttons of a duty; returns which one, and the line that came back (empty: no answer)."""
        action = self._chosen(owed)
        told = await self._press(owed.key[0], owed.key[1], action, self._form(owed, action))
        return action, note_of(told)

    async def raise_flag(self, user: str, event: Event) -> str:
        """Ask for the form, fill it in and raise the flag; the order's number, or empty when it did not come about."""
        track = await self._form_card(user)
        if not track:
            return ""
        raised = number_in(note_of(await self._press(user, track, "raise", filled(event, self._world))))
        if raised:
            return raised
        return number_in(note_of(await self._press(user, track, "confirm", None)))  # what is open there was read over

    async def _form_card(self, user: str) -> str:
        """The form card that comes when asked for by a word; one that lay there may have been used in any training."""
        before = set(self._form_cards(user))
        await say(self._world, {"userId": user, "text": "树旗"})
        for _ in range(LOOKS):
            fresh = [track for track in self._form_cards(user) if track not in before]
            if fresh:
                return fresh[-1]
            await asyncio.sleep(LOOK_S)
        return ""

    def _form_cards(self, user: str) -> list[str]:
        """The form cards on this phone, oldest first."""
        cards = self._world.cards.cards.items()
        return [track for track, card in cards if track.startswith(FORM_CARD) and user in self._world.viewers(card)]

    async def _press(self, user: str, track: str, action: str, form: Mapping[str, Any] | None) -> Json:
        try:
            return await press(self._world, Click(user, track, action, form=form))
        except (ControlError, ApiError):
            return {}

    def _chosen(self, owed: Owed) -> str:
        """One of the buttons that are there, by the scenario's shares."""
        shares = self._scenario.choose.get(owed.duty.name, {})
        wanted = {action: shares.get(action, 0) for action in owed.buttons}
        if not any(wanted.values()):
            return owed.buttons[0]
        return self._dice.choices(list(wanted), list(wanted.values()))[0]

    def _form(self, owed: Owed, action: str) -> dict[str, str] | None:
        """The words for a button's form: only fields it has, and what must be chosen as the card offers it."""
        user, track = owed.key[:2]
        manifest = self._world.manifests.get(self._world.cards.get(track).template_id)
        fields = manifest.params_of(action).get("form")
        if fields is None:
            return None
        words = self._scenario.form.get(action, {})
        told = {name: self._dice.choice(list(words[name])) for name in fields if name in words}
        if told.get("pleased") == "pleased":
            told.pop("displeasure", None)
        if "unfed" in fields:
            told["unfed"] = first_option(card_for(self._world, track, user)["variables"].get("unfed_options", ""))
        return told


def filled(event: Event, world: World) -> dict[str, str]:
    """The form of 树旗 for what happened; the meeting in a little while."""
    at = (world.clock.now() + MEETING_IN).astimezone(SHANGHAI)
    return {
        "title": event.title, "flag_kind": event.kind, "flag_reason": event.reason, "matter": event.matter,
        "units": "、".join(event.units), "meet_at": f"{at.month}月{at.day}日 {at:%H:%M}", "place": event.place,
    }  # fmt: skip


def note_of(told: Json) -> str:
    """The private line of an answer; empty when none came."""
    try:
        return str(told["response"]["userPrivateData"]["cardParamMap"]["note"])
    except (KeyError, TypeError):
        return ""


def number_in(note: str) -> str:
    """The number of the order that a line says was raised."""
    found = NUMBER.search(note)
    return found[0] if found and note.startswith("已树旗") else ""


def first_option(told: str) -> str:
    """The first choice of a select that the card carries itself."""
    try:
        return str(json.loads(told or "[]")[0]["value"])
    except (ValueError, LookupError, TypeError):
        return ""
