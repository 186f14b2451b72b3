"""The sketch of who is where, brought to DingTalk before the cards that show it are drawn (R129)."""

from __future__ import annotations

import logging

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.fates import ApiFault
from core import Core

log = logging.getLogger("bots.dingtalk.sender")
TITLE = "谁在哪里（手机自报，供参考）"


class WhereSketch:
    """Uploads a joint order's sketch when it has changed. It lies inside DingTalk alone, at no public address."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api

    def refresh(self, order: int) -> None:
        """A sketch that cannot be brought there now is no reason to hold back the card, which says it in words."""
        spots, digest = self._core.on_site.where(order)
        if not spots:
            return
        from cards.whereabouts import where_picture  # heavy, and needed for this alone

        try:
            media = self._api.upload_image(where_picture(spots, TITLE))
        except ApiFault as fault:
            log.warning("the sketch of who is where stays as it was: %s", fault)
            return
        self._core.on_site.keep_where(order, digest, media)
