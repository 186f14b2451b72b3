"""The menu of the account, 「证照查询」 (R156): made through the API, and made again only when it is another."""

from __future__ import annotations

from typing import Any

from bots.wechat.client import Platform

SCAN, HELP = "LICENCE_SCAN", "HELP"
MOST_FIRST, MOST_SUB, NAME_FIRST, NAME_SUB, URL_BYTES = 3, 5, 16, 60, 1024


def menu_of(site: str) -> dict[str, Any]:
    """The menu over the pages at `site`. A scan comes to us, for a code may hold anything; a page is a plain link."""
    return {
        "button": [
            {
                "name": "证照查询",
                "sub_button": [
                    {"type": "scancode_waitmsg", "name": "扫一扫", "key": SCAN},
                    {"type": "view", "name": "个人查询", "url": f"{site}/c/person"},
                    {"type": "view", "name": "企业查询", "url": f"{site}/c/company"},
                    {"type": "view", "name": "我的证照", "url": f"{site}/c/mine"},
                ],
            },
            {"type": "click", "name": "问一问", "key": HELP},
        ]
    }


def keep_menu(platform: Platform, site: str) -> bool:
    """Bring the platform's menu to ours; False when it was already. Raises WeChatFault."""
    wanted = menu_of(site)
    if _plain(platform.menu().get("button", [])) == _plain(wanted["button"]):
        return False
    platform.put_menu(wanted)
    return True


def _plain(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What counts of a menu, however the platform gives it back."""
    kept = ("type", "name", "key", "url")
    return [
        {**{name: one[name] for name in kept if one.get(name)}, "sub_button": _plain(_subs(one))} for one in buttons
    ]


def _subs(button: dict[str, Any]) -> list[dict[str, Any]]:
    subs = button.get("sub_button") or []
    return list(subs.get("list", [])) if isinstance(subs, dict) else list(subs)
