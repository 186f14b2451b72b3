"""`flask --app webapp upward …`: push to the provincial platform now, or say how it stands."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from core.adapters.province import build_province
from core.timewords import when
from webapp.context import the_core

upward = AppGroup("upward", help="省公共数据共享平台：立即推送一轮，或查看推送情况。")


@upward.command("push", help="现在推送一轮；对方不通时以 1 退出，没推上去的留到下一轮。")
@with_appcontext
def push() -> None:
    core = the_core()
    platform = build_province(core.settings)
    if platform is None:
        raise click.ClickException("没有设置省平台的地址（province.address）。")
    taken = core.upward.push(platform)
    view = core.upward.view()
    click.echo(f"推送 {taken:,} 条；被拒 {view.failed:,} 条，等待 {view.waiting:,} 件。")
    if view.error:
        raise click.ClickException(f"没有推完：{view.error}。下一轮从断点继续。")


@upward.command("status", help="上次推送时间、等待和被拒的条数，以及最近被拒的原因。")
@with_appcontext
def status() -> None:
    core = the_core()
    view = core.upward.view()
    last = "还没有推送过" if view.pushed_at is None else f"上次推送 {when(core.clock.now(), view.pushed_at)}"
    click.echo(f"{last}；已推送 {view.sent:,} 条，等待 {view.waiting:,} 件，被拒 {view.failed:,} 条。")
    for row in view.rows:
        click.echo(f"{row.number} 第 {row.revision} 版：{row.why}")
