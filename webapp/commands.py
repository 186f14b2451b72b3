"""The hands of the operator: `flask --app webapp …` seeds, verifies, backs up, restores, rotates keys, feeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import cast

import click
import yaml
from apiflask import APIFlask
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import Connection

from core import Refusal
from core.adapters.hotline import build_hotline
from core.adapters.http import Unreachable
from core.crypto import Unreadable
from core.grants import grants
from core.hotline import pull
from core.licences.feed import SOURCE as LICENCES
from core.machines import Machines
from core.ports import FileMissing
from core.sealed import reseal
from core.seeding.district import WrongDistrict, read_district
from core.settings import WrongSettings
from core.untaken import tell_of_untaken
from webapp.accounts import open_account
from webapp.backup_commands import backup, restore_file
from webapp.context import the_core
from webapp.replay import replay
from webapp.retention_commands import retention
from webapp.roster_commands import directory
from webapp.suggest_commands import suggest
from webapp.upward_commands import upward
from webapp.wechat_commands import wechat

OPENAPI_FILE = Path(__file__).parent / "static" / "openapi.json"
rollup = AppGroup("rollup", help="统计：从零重算。")
client = AppGroup("client", help="接口客户端：新增、换密钥、停用。")
feed = AppGroup("feed", help="12345 工单：拉取一次，或重放公开留言。")


def teach_commands(app: Flask) -> None:
    """Give the application its commands."""
    app.cli.commands.pop("spec", None)  # the library's own; ours writes the same file in our spelling
    for command in _COMMANDS:
        app.cli.add_command(command)


def _machines() -> Machines:
    core = the_core()
    return Machines(core.engine, core.vault)


def _stop(sentence: object) -> click.ClickException:
    return click.ClickException(str(sentence))


@click.command("seed", help="写入练习用的组织、人员和办件；正式环境拒绝执行。")
@click.option("--cases", default=320, show_default=True, help="办件数。")
@click.option("--days", default=60, show_default=True, help="分布在多少天。")
@click.option("--force", is_flag=True, help="已有办件时仍再写入一批。")
@with_appcontext
def seed(cases: int, days: int, force: bool) -> None:
    from core import seeding  # heavy, and needed by this command alone

    try:
        text = seeding.seed(the_core(), cases=cases, days=days, force=force)
    except WrongSettings as fault:
        raise _stop(fault) from None
    click.echo(text)


@rollup.command("rebuild", help="把全部统计从记录从零重算一遍；期间页面写明正在汇总。")
@with_appcontext
def rebuild() -> None:
    core = the_core()
    core.note(None, "stats.rebuilt", "stats:all", "done", channel="cli")
    click.echo(f"统计已从零重算，共 {core.measures.rebuild():,} 步。")


@click.command("verify-log", help="核验操作日志；被改动时指出第一条并以 1 退出。")
@with_appcontext
def verify_log() -> None:
    verdict = the_core().verify_log()
    if not verdict.ok:
        where = "" if verdict.first_broken is None else f"（第 {verdict.first_broken} 条）"
        raise _stop(f"日志核验不通过{where}：{verdict.why}")
    click.echo(f"日志完好：核验 {verdict.checked} 条，末条为第 {verdict.head_seq} 条。")


@click.command("rotate-keys", help="把旧密钥加密的字段改用最新密钥重新加密，可重复执行。")
@with_appcontext
def rotate_keys() -> None:
    core = the_core()
    label = core.vault.current("data").label
    try:
        count, files = reseal(core.engine, core.vault), core.files.renew()
    except (Unreadable, FileMissing) as fault:
        core.note(None, "keys.rotated", f"key:{label}", "refused", "Unreadable", channel="cli")
        raise _stop(f"有字段打不开，其余已重新加密：{fault}") from None
    core.note(None, "keys.rotated", f"key:{label}", "done", channel="cli")
    click.echo(f"已用「{label}」重新加密 {count:,} 个字段、{files:,} 个文件。")


@click.command("openapi", help="重新生成接口说明文件 webapp/static/openapi.json。")
@click.option("--stdout", is_flag=True, help="只输出，不写文件。")
@with_appcontext
def openapi(stdout: bool) -> None:
    text = openapi_text(cast(APIFlask, current_app))
    if stdout:
        click.echo(text, nl=False)
        return
    OPENAPI_FILE.write_text(text, encoding="utf-8")
    click.echo("已写入 webapp/static/openapi.json。")


def openapi_text(app: APIFlask) -> str:
    """The OpenAPI document as it is committed."""
    return json.dumps(app.spec, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


@click.command("grants", help="列出给程序自己的数据库角色授权的语句（PostgreSQL），由建表的角色执行。")
@click.argument("role")
def grant(role: str) -> None:
    try:
        click.echo("\n".join(grants(role)))
    except Refusal as refusal:
        raise _stop(refusal) from None


@client.command("add", help="新增一个接口客户端，密钥只显示这一次。")
@click.argument("appid")
@click.argument("title")
def add_client(appid: str, title: str) -> None:
    _hand_out(appid, lambda machines, tx: machines.add_client(appid, title, tx), "client.added")


@client.command("rotate", help="换一把密钥；上一把在下次更换前仍可用。")
@click.argument("appid")
def rotate_client(appid: str) -> None:
    _hand_out(appid, lambda machines, tx: machines.rotate_client(appid, tx), "client.rotated")


@client.command("close", help="停用一个客户端，它的令牌立即失效。")
@click.argument("appid")
def close_client(appid: str) -> None:
    try:
        the_core().operate("client.closed", f"client:{appid[:40]}", lambda tx: _machines().close_client(appid, tx))
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"已停用「{appid}」。")


@client.command(
    "feeds",
    help="一个客户端只推送这些数据集（专题.数据集、专题.*，或 service_platform.licences 证照）；不写则恢复为只读办件。",
)
@click.argument("appid")
@click.argument("names", nargs=-1)
def allow_feeds(appid: str, names: tuple[str, ...]) -> None:
    known = the_core().feeds.datasets
    topics = {f"{one.topic}.*" for one in known.values()} | {LICENCES}
    if strange := [name for name in names if name not in known and name not in topics]:
        raise _stop(f"没有数据集「{strange[0][:80]}」。")
    what = f"client:{appid[:40]}"
    try:
        the_core().operate("client.feeds", what, lambda tx: _machines().allow_feeds(appid, names, tx))
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"「{appid}」只推送 {'、'.join(names)}。" if names else f"「{appid}」恢复为只读办件。")


@client.command("limit", help="一个客户端每分钟最多调用几次；不写次数则恢复为统一规定。")
@click.argument("appid")
@click.argument("calls", type=int, required=False)
def limit_client(appid: str, calls: int | None) -> None:
    what = f"client:{appid[:40]}"
    try:
        the_core().operate("client.limited", what, lambda tx: _machines().limit_client(appid, calls, tx))
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"「{appid}」每分钟最多 {calls:,} 次。" if calls else f"「{appid}」恢复为统一规定的次数。")


def _hand_out(appid: str, make: Callable[[Machines, Connection], str], action: str) -> None:
    try:
        secret = the_core().operate(action, f"client:{appid[:40]}", lambda tx: make(_machines(), tx))
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"appid：{appid}\nappsecret：{secret}\n密钥只显示这一次，请妥善保存。")


@click.command("import-district", help="从两份 YAML 文件导入本区的单位和人员，更正后可重复执行。")
@click.argument("units", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_district(units: Path, people: Path) -> None:
    from core import seeding

    try:
        rows = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (units, people)]
        count = seeding.import_district(the_core(), read_district(*rows))
    except (WrongDistrict, yaml.YAMLError, KeyError, TypeError, UnicodeError) as fault:
        raise _stop(f"文件有误，没有导入：{fault}") from None
    click.echo(f"已导入 {count} 人。登录控制台的账号请用「account」逐个开通。")


@click.command("account", help="为一个人开通控制台账号或重置密码，密码只显示这一次。")
@click.argument("code")
@with_appcontext
def account(code: str) -> None:
    core = the_core()
    try:
        password = core.operate("account.opened", f"person:{code}", lambda tx: open_account(tx, core.vault, code))
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"账号：{code}\n初始密码：{password}")


@click.command("calendar", help="临时放假或上班（如台风停工）：holiday、workday，usual 为恢复原状；期限随后自动重算。")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("kind", type=click.Choice(["holiday", "workday", "usual"]))
@click.argument("name", default="")
@with_appcontext
def calendar(day: datetime, kind: str, name: str) -> None:
    try:
        the_core().set_day(day.date(), kind, name.strip())
    except Refusal as refusal:
        raise _stop(refusal) from None
    click.echo(f"已记入日历：{day:%Y-%m-%d} {name or kind}。")


@feed.command("pull", help="从 12345 平台拉取一次。")
def pull_once() -> None:
    core = the_core()
    source = build_hotline(core.settings, lambda: core.policy)
    if source is None:
        raise _stop("没有设置 12345 平台的地址（hotline.address）。")
    try:
        pulled = pull(source, core.register, _machines())
    except (Unreachable, Refusal) as fault:
        raise _stop(f"没有拉取成功：{fault}。已收下的不受影响，下次从断点继续。") from None
    click.echo(f"收下 {pulled.taken} 张，其中 {pulled.known} 张已收过；拒收 {len(pulled.refused)} 张。")
    click.echo("".join(f"{one.outside_no or '没有编号'}：{one.why}\n" for one in pulled.refused), nl=False)
    tell_of_untaken(core, pulled.refused)


@feed.command("replay", help="把公开的群众留言按时间顺序作为 12345 工单推送到运行中的平台。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--speed", default=60.0, show_default=True, type=click.FloatRange(0.1, 60_000), help="每分钟多少条。")
@click.option("--limit", default=0, help="最多多少条，0 为全部。")
@click.option("--to", "address", default="", help="平台地址，默认取设置里的 web.public_address。")
def replay_file(file: Path, speed: float, limit: int, address: str) -> None:
    settings = the_core().settings
    sent = replay(file, settings.hotline, address or settings.web.public_address, per_minute=speed, limit=limit)
    click.echo(f"推送 {sent.pushed} 条：新登记 {sent.opened} 条，已收过 {sent.known} 条，拒收 {sent.refused} 条。")


_COMMANDS = (
    seed, import_district, account, calendar, rollup, verify_log, backup, restore_file, rotate_keys, openapi, grant,
    client, directory, feed, retention, suggest, upward, wechat,
)  # fmt: skip
