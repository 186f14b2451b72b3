"""A photo sent to the bot: fetched by its code, opened at arm's length, kept with a draft, a feedback or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bots.dingtalk.api import FILE, DingTalkApi
from bots.dingtalk.fates import ApiFault
from bots.replies import sentence_of
from core import Actor, Core, Refusal
from core.errors import Unknown
from core.policy.arrivals import arrival_rules
from core.ports import Envelope, Undelivered

NOT_FETCHED = "图片没有取到，请再发一次"
MOST_TRIES = 5
"""Tries, some three minutes of them, for a file on a host that does not give it: its code may not live longer."""


class PhotoTaker:
    """Letters of kind `photo`: what the bot wrote down when the picture came, carried out by the relay."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api

    def take(self, letter: Envelope) -> None:
        """Keep the photo, or tell its writer why not. Raises Undelivered when the platform may answer later."""
        body = letter.body
        person = int(body["person"])
        what = f"joint_leg:{body['leg']}" if "leg" in body else f"draft:{body['draft']}"
        try:
            actor = self._core.actor_for("dingtalk", str(body["userId"]))
            raw = self._api.picture(str(body["code"]), arrival_rules().photo.most_bytes)
            self._core.scan(raw, "图片")
            self._keep(letter.key, actor, body, raw)
        except Refusal as refusal:
            self._core.note_refusal(None, "photo", what, refusal, "dingtalk")
            self._core.say(f"photo:{letter.key}", person, sentence_of(refusal), "图片")
        except ApiFault as fault:
            is_elsewhere = fault.api == FILE
            if fault.fate == "never" or (is_elsewhere and letter.tries >= MOST_TRIES):
                self._core.say(f"photo:{letter.key}", person, NOT_FETCHED, "图片")
                return
            raise Undelivered("again", str(fault), alone=is_elsewhere) from None

    def _keep(self, key: str, actor: Actor, body: Mapping[str, Any], raw: bytes) -> None:
        """With the draft; or with the feedback its sender may report on now, who is told so. Raises Refusal."""
        if "leg" not in body:
            self._core.arrivals.photos.keep(key, actor, str(body["draft"]), raw)
            return
        order = int(body["joint"])
        if body.get("basis"):
            self._keep_basis(key, actor, order, int(body["person"]), raw)
            return
        for post in (actor, *(actor.at(other) for other in actor.others)):
            with suppress(Unknown):
                view = self._core.joints.view(post, order)
                leg, title = self._core.on_site.report_of(post, order)
                count = self._core.arrivals.photos.keep_for_leg(key, actor, leg, raw)
                told = f"尾号 {view.tail} 的反馈已附图片 {count} 张，{title}时一并提交"
                self._core.say(f"photo:{key}", int(body["person"]), told, "图片")
                return
        raise Unknown(what="联办工单")

    def _keep_basis(self, key: str, actor: Actor, order: int, person: int, raw: bytes) -> None:
        """With the part its sender may refuse now (R126), who is told so. Raises Refusal."""
        count, tail = self._core.joint_bases.keep(key, actor, order, raw)
        self._core.say(
            f"photo:{key}",
            person,
            f"尾号 {tail} 已附依据材料 {count} 份，点「不报到」时一并提交，带错了可在卡片上撤回",
            "图片",
        )
