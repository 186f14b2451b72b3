"""A photo sent to the bot: fetched by its code, opened at arm's length, kept with its writer's draft."""

from __future__ import annotations

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.fates import ApiFault
from bots.replies import sentence_of
from core import Core, Refusal
from core.policy.arrivals import arrival_rules
from core.ports import Envelope, Undelivered

NOT_FETCHED = "图片没有取到，请再发一次"


class PhotoTaker:
    """Letters of kind `photo`: what the bot wrote down when the picture came, carried out by the relay."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api

    def take(self, letter: Envelope) -> None:
        """Keep the photo, or tell its writer why not. Raises Undelivered when the platform may answer later."""
        body = letter.body
        person = int(body["person"])
        try:
            actor = self._core.actor_for("dingtalk", str(body["userId"]))
            raw = self._api.picture(str(body["code"]), arrival_rules().photo.most_bytes)
            self._core.arrivals.photos.keep(letter.key, actor, str(body["draft"]), raw)
        except Refusal as refusal:
            self._core.note_refusal(None, "photo", f"draft:{body['draft']}", refusal, "dingtalk")
            self._core.say(f"photo:{letter.key}", person, sentence_of(refusal), "图片")
        except ApiFault as fault:
            if fault.fate == "never":
                self._core.say(f"photo:{letter.key}", person, NOT_FETCHED, "图片")
                return
            raise Undelivered("again", str(fault)) from None
