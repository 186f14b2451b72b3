"""`flask --app webapp backup` and `restore`: the database in one sealed file, its files beside it, and the way back."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from core import Core
from core.adapters.files import folder_of_files
from core.backup import BackupFault, back_up
from core.file_copies import BESIDE, copy_files
from core.restore import restore
from webapp.context import the_core


@click.command("backup", help="把全部数据和文件加密备份到一个目录，并回读一遍；同一目录再备份时，文件只补新的。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def backup(folder: Path) -> None:
    core = the_core()
    names, beside = core.files.names(), folder_of_files(folder / BESIDE, core.vault)
    first = copy_files(names, core.files.store, beside)  # before the rows: what is swept meanwhile they may still name
    try:
        path = back_up(core.engine, core.vault, folder)
    except BackupFault as fault:
        raise click.ClickException(str(fault)) from None
    done = first.and_then(copy_files(sorted(set(core.files.names()) - set(names)), core.files.store, beside))
    core.note(None, "backup.made", f"file:{path.name}", "done", channel="cli")
    click.echo(f"已备份：{path}（{path.stat().st_size:,} 字节）")
    click.echo(f"文件 {done.new + done.held:,} 个在 {folder / BESIDE}，这次新增 {done.new:,} 个，逐个读过。")
    if done.missing:
        raise click.ClickException(f"备份已写好，但文件库里本来就缺 {_counted(done.missing)}，请先查明原因。")
    if not (verdict := core.verify_log()).ok:
        raise click.ClickException(
            f"备份已写好，但操作日志核验不通过：{verdict.why}请先查明原因，恢复时会拒绝这份备份。"
        )


@click.command("restore", help="把备份恢复到一个空库，核对行数、日志、密文和每个文件；文件从备份旁的 files 目录补齐。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore_file(file: Path) -> None:
    core = the_core()
    try:
        done = restore(core.engine, core.vault, file)
    except BackupFault as fault:
        raise click.ClickException(str(fault)) from None
    core.note(None, "backup.restored", f"file:{file.name}", "done", channel="cli")
    click.echo(f"已恢复 {done.rows:,} 行；日志 {done.entries:,} 条完好；{done.sealed} 类密文可以打开。")
    _bring_files(core, file.parent / BESIDE)


def _bring_files(core: Core, folder: Path) -> None:
    """What the rows name and the file store lacks, from beside the backup. Raises ClickException."""
    done = copy_files(core.files.names(), folder_of_files(folder, core.vault), core.files.store)
    if done.missing:
        raise click.ClickException(f"数据已恢复，但缺 {_counted(done.missing)}，请一并恢复文件库。")
    click.echo(f"文件 {done.new + done.held:,} 个都在，补回 {done.new:,} 个，逐个读过。")


def _counted(missing: tuple[str, ...]) -> str:
    return f"{len(missing):,} 个文件，首个是「{missing[0][:12]}…」"
