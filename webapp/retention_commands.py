"""`flask --app webapp retention …`: what is past its date, erase it now, hold a case back, release it."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from core import Refusal
from core.timewords import day_words
from core.worktime import local_date
from webapp.context import the_core

retention = AppGroup("retention", help="保存期限：列出到期的数据、立即清除、暂缓清除某件。")


@retention.command("list", help="只列出到期多少，不清除。")
@with_appcontext
def due() -> None:
    core = the_core()
    for one in core.retention.due():
        day = day_words(local_date(one.before), local_date(core.clock.now()))
        click.echo(f"{one.keeping.title}：{one.keeping.start}早于{day}的 {one.count:,} 条")


@retention.command("run", help="清除到期的数据，每一批都记入操作日志；可随时中断后再来。")
@with_appcontext
def run() -> None:
    core = the_core()
    titles = {one.keeping.name: one.keeping.title for one in core.retention.due()}
    done = core.retention.run()
    for name, count in done.items():
        click.echo(f"已清除 {titles[name]}：{count:,} 条")
    if not done:
        click.echo("没有到期的数据。")


@retention.command("hold", help="暂缓清除一件，写明原因（如诉讼、信访复查）。")
@click.argument("number")
@click.argument("reason")
@with_appcontext
def hold(number: str, reason: str) -> None:
    try:
        the_core().retention.hold(number, reason)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{number} 暂缓清除。")


@retention.command("release", help="解除暂缓，期限照常计算。")
@click.argument("number")
@with_appcontext
def release(number: str) -> None:
    try:
        the_core().retention.release(number)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{number} 已解除暂缓。")
