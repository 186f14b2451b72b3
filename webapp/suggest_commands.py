"""`flask --app webapp suggest …`: learn from a labelled file, measure on one, say what a text would be suggested."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from webapp.context import the_core

suggest = AppGroup("suggest", help="派发建议：用标注文件训练、评估。列：标题、内容、主办单位（或 一级标签）、编号。")
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))


@suggest.command("train", help="用一个或几个标注 CSV 训练文本模型并启用；也认泰迪杯的列名和分词文本。")
@FILES
@with_appcontext
def train(files: tuple[Path, ...]) -> None:
    from core.suggest.files import WrongFile, read_labelled
    from core.suggest.labelled import TooLittle

    try:
        rows = [row for file in files for row in read_labelled(file)]
        told = the_core().suggest.train_labelled(rows, files[0].name)
    except (WrongFile, TooLittle) as fault:
        raise click.ClickException(str(fault)) from None
    use = "已启用" if told["in_use"] else "没有启用"
    click.echo(f"第 {told['model']} 个模型学了 {len(rows):,} 条，{told['labels']} 种标签，{use}。")
    click.echo(
        f"留出的 {told['rows']:,} 条：第一个就对 {told['top1']:.1%}，三个里有 {told['top3']:.1%}，"
        f"宏平均 F1 {told['macro_f1']:.3f}；只看职责清单 {told['duties_top1']:.1%} 和 {told['duties_top3']:.1%}。"
    )


@suggest.command("evaluate", help="五折交叉评估，同一条留言和它的分词文本总在一边；不改变正在用的模型。")
@FILES
@with_appcontext
def evaluate(files: tuple[Path, ...]) -> None:
    from core.suggest.evaluate import cross_validate
    from core.suggest.files import WrongFile, read_labelled
    from core.suggest.labelled import TooLittle

    try:
        rows = [row for file in files for row in read_labelled(file)]
        told, alone = cross_validate(rows), the_core().suggest.duties_alone(rows)
    except (WrongFile, TooLittle) as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(f"{told.rows:,} 条，{told.labels} 种标签，用时 {told.seconds:.0f} 秒，模型 {told.megabytes:.1f} 兆。")
    click.echo(f"宏平均 F1 {told.macro_f1:.4f}，第一个就对 {told.top1:.4f}，三个里有 {told.top3:.4f}。")
    click.echo(f"不训练，只看职责清单：第一个就对 {alone.top1:.4f}，三个里有 {alone.top3:.4f}。")
    for level in told.levels:
        click.echo(f"把握不到 {level.least:.1f} 就不说：说了 {level.spoken:.1%}，说的里面对 {level.right:.1%}。")
