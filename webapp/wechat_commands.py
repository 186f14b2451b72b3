"""`flask --app webapp wechat …`: the menu of the account put right, and whether the platform knows us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup, with_appcontext

from core import Core
from webapp.context import the_core

if TYPE_CHECKING:
    from bots.wechat.client import Platform

wechat = AppGroup("wechat", help="微信公众号：把底部菜单改成规定的样子，或检查能否连上微信。")


@wechat.command("menu", help="把公众号底部菜单改成「证照查询」；已经一样就不动。可重复执行。")
@with_appcontext
def menu() -> None:
    from bots.wechat.client import WeChatFault
    from bots.wechat.menu import keep_menu

    core = the_core()
    try:
        changed = keep_menu(_platform(core), core.settings.web.public_address.rstrip("/"))
    except WeChatFault as fault:
        raise click.ClickException(f"菜单没有改：{fault}。") from None
    if changed:
        core.note(None, "wechat.menu_made", "wechat:menu", "done", channel="cli")
    click.echo("菜单已更新，手机上最多五分钟后看到。" if changed else "菜单已经是规定的样子，没有改动。")


@wechat.command("check", help="取一次访问令牌并读菜单：AppSecret、IP 白名单和网络是否都对。")
@with_appcontext
def check() -> None:
    from bots.wechat.client import WeChatFault

    try:
        buttons = _platform(the_core()).menu().get("button", [])
    except WeChatFault as fault:
        raise click.ClickException(f"没有连上微信：{fault}。") from None
    names = "、".join(one["name"] for one in buttons) or "还没有菜单"
    click.echo(f"已连上微信。现在的菜单：{names}。")


def _platform(core: Core) -> Platform:
    from bots.wechat.client import Platform

    if not core.settings.wechat.app_id:
        raise click.ClickException("没有设置微信公众号（wechat.app_id）。")
    return Platform(core.settings.wechat, core.citizens.shelf)
