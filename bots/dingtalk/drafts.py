"""The draft card answered: 登记, 修改, 放弃; each on its writer's own draft, and only on their click (C12)."""

from __future__ import annotations

from bots.dingtalk.clicks import Click
from bots.dingtalk.faces import Faces
from bots.replies import sentence_of
from cards import Face
from core import Actor, Core, Refusal

HEAD = "draft:"


class DraftDesk:
    """Clicks on draft cards. Plain synchronous code."""

    def __init__(self, core: Core, faces: Faces) -> None:
        self._core, self._faces = core, faces

    def answer(self, click: Click, actor: Actor) -> Face:
        """The draft as it is after the click, with a line about it. Raises Unknown for a draft of somebody else."""
        token = click.track.removeprefix(HEAD).partition(":")[0]
        try:
            note = self._act(click, actor, token)
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", f"draft:{token}" if token.isprintable() else "draft", refusal)
            note = sentence_of(refusal)
        return self._faces.draft(actor, token, note)

    def _act(self, click: Click, actor: Actor, token: str) -> str:
        drafts = self._core.arrivals.drafts
        if click.action == "register":
            return drafts.confirm(actor, token)
        if click.action == "change":
            drafts.change(actor, token, click.form)
            return "已改好，请再核对一遍"
        drafts.drop(actor, token)
        return "已放弃"
