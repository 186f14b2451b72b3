"""What the platform says of a menu: its limits with their codes (wechat-sms.md §3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .wechat import WeChatError

CLICKS = {
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
    "location_select",
}  # fmt: skip
OTHERS = {"view", "media_id", "view_limited", "article_id", "article_view_limited", "miniprogram"}


def check_menu(menu: Any) -> list[dict[str, Any]]:
    """The buttons of a menu. Raises WeChatError with the code of the first limit it breaks."""
    buttons = menu.get("button") if isinstance(menu, dict) else None
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise WeChatError(40016, "invalid button size")
    for button in buttons:
        subs = button.get("sub_button") or []
        if not 1 <= len(str(button.get("name", "")).encode()) <= 16:
            raise WeChatError(40018, "invalid button name size")
        if subs and (button.get("type") or len(subs) > 5):
            raise WeChatError(40023 if len(subs) > 5 else 40017, "invalid sub button size or type")
        for one in subs:
            _sub(one)
        if not subs:
            _button(button, 40017, 40019, 40020)
    return buttons


def _sub(button: dict[str, Any]) -> None:
    if not 1 <= len(str(button.get("name", "")).encode()) <= 60:
        raise WeChatError(40025, "invalid sub button name size")
    if button.get("sub_button"):
        raise WeChatError(40022, "invalid sub button level")
    _button(button, 40024, 40026, 40027)


def _button(button: dict[str, Any], kind: int, key: int, url: int) -> None:
    if button.get("type") not in CLICKS | OTHERS:
        raise WeChatError(kind, "invalid button type")
    if button["type"] in CLICKS and not 1 <= len(str(button.get("key", "")).encode()) <= 128:
        raise WeChatError(key, "invalid button key size")
    if button["type"] == "view":
        link = str(button.get("url", ""))
        if not 1 <= len(link.encode()) <= 1024:
            raise WeChatError(url, "invalid button url size")
        if urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).hostname:
            raise WeChatError(40055, "invalid button url domain")
