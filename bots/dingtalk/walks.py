"""The patrol card answered: a walk begun by a tap on its line, ended with 走完了."""

from __future__ import annotations

from bots.dingtalk.clicks import Click
from bots.dingtalk.faces import Faces
from bots.replies import sentence_of
from cards import Face
from core import Actor, Core, Refusal


class WalkDesk:
    """Clicks on patrol cards; each answer brings the clicker's day as it is now. Plain synchronous code."""

    def __init__(self, core: Core, faces: Faces) -> None:
        self._core, self._faces = core, faces

    def answer(self, click: Click, actor: Actor) -> Face:
        """The day after the click, with a line about it."""
        walk = click.number("walk") or 0
        try:
            if click.action == "finish":
                note = self._core.patrols.finish(actor, walk, click.form.get("note", ""))
            else:
                note = self._core.patrols.begin(actor, walk)
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", f"walk:{walk}", refusal)
            note = sentence_of(refusal)
        return self._faces.patrol(actor, note)
