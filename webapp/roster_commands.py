"""`flask --app webapp directory …`: compare a sheet, DingTalk or OPUS with the directory, and take in what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from core import Refusal
from core.roster.plan import Fault
from core.roster.rosters import ROSTER, told
from webapp.context import the_core

directory = AppGroup("directory", help="组织人员：从表格、钉钉通讯录或党政网组织目录导入。")


@directory.command(
    "import", help="WHAT 是 xlsx 或 csv 文件，或 dingtalk、opus。只比较并列出；加 --apply 才导入单位和人员。"
)
@click.argument("what")
@click.option("--apply", "do", is_flag=True, help="导入单位和人员；岗位仍由安全管理员在页面上确认。")
@with_appcontext
def take_in(what: str, do: bool) -> None:
    from webapp.admin.roster import source_of

    core = the_core()
    try:
        if what in ("dingtalk", "opus"):
            number = core.rosters.look(None, source_of(what))
        elif (file := Path(what)).is_file():
            number = core.rosters.bring(None, file.name[:80], file.read_bytes())
        else:
            raise click.ClickException(f"没有「{what}」这个文件，也不是 dingtalk 或 opus。")
        view = core.rosters.view(None, number)
        _say(view.plan.faults, view.plan.notes)
        click.echo(f"第 {number} 次导入：{told(view.plan)}。")
        if do:
            view = core.rosters.apply(ROSTER, number)
            for line in view.plan.lines:
                if line.state in ("refused", "held"):
                    click.echo(f"没有做：{line.called}，{line.told}")
            click.echo("已导入。" if view.state == "done" else f"单位和人员已导入，还有 {view.others} 项等页面确认。")
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    finally:
        core.calls.flush()


def _say(faults: Iterable[Fault], notes: Iterable[str]) -> None:
    for fault in faults:
        where = f"第 {fault.row} 行 " if fault.row else ""
        click.echo(f"{where}{fault.column}：{fault.why}")
    for note in notes:
        click.echo(note)
