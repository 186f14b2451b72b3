"""Labelled messages from a CSV file: our own columns, or those of the public 泰迪杯 files."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.suggest.labelled import Labelled

TITLES = ("标题", "留言主题", "title")
CONTENTS = ("内容", "诉求内容", "留言详情", "分词文本", "content")
LABELS = ("主办单位", "单位", "一级标签", "label")
KEYS = ("编号", "办件编号", "留言编号", "id")
COLUMNS = (
    f"标题（{'、'.join(TITLES[:2])}），内容（{'、'.join(CONTENTS[:4])}），标签（{'、'.join(LABELS[:3])}），编号可不填"
)
"""What a training file may hold; the content and the label are needed."""


class WrongFile(Exception):
    """The file cannot be read as labelled messages; the message names the line."""


def read_labelled(path: Path) -> list[Labelled]:
    """Every labelled message of a file. Raises WrongFile naming what is wrong; nothing is half read."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError):
        raise WrongFile(f"读不了「{path.name}」，请用 UTF-8 编码的 CSV 文件") from None
    csv.field_size_limit(1_000_000)
    try:
        rows = list(_rows(csv.DictReader(io.StringIO(text, newline=""))))
    except csv.Error as fault:
        raise WrongFile(f"「{path.name}」不是规范的 CSV：{fault}") from None
    if not rows:
        raise WrongFile(f"「{path.name}」里没有可用的行")
    return rows


def _rows(table: csv.DictReader[str]) -> Iterator[Labelled]:
    names = set(table.fieldnames or ())
    title, content, label, key = (
        next((n for n in known if n in names), "") for known in (TITLES, CONTENTS, LABELS, KEYS)
    )
    if not content or not label:
        raise WrongFile(f"缺少内容或标签一列。可用的列：{COLUMNS}")
    for number, row in enumerate(table, 2):
        if not (row.get(label) or "").strip() or not (row.get(content) or "").strip():
            raise WrongFile(f"第 {number} 行没有内容或没有标签")
        body = _cell(row, content)
        if content == "分词文本":
            body = body.replace(" ", "")
        yield Labelled(_cell(row, title), body, _cell(row, label), _cell(row, key))


def _cell(row: Mapping[str, str | None], name: str) -> str:
    return (row.get(name) or "").strip() if name else ""
