"""Why a draft can no longer be written upon."""

from __future__ import annotations

from core.errors import Refusal


class Overtaken(Refusal):
    text = "{who} {at}刚改过这份报告，您写的还在下面，核对后再保存。"


class BriefingGone(Refusal):
    text = "这份草稿已经提交或删除，您写的还在下面，可以先复制。"
    status = 410
