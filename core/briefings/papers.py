"""A submitted briefing as Word or PDF: its frozen figures and words, who took it and when on every page, on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.briefing_views import BEFORE, YEAR, BriefingView, FigureRow, FigureSheet
from core.briefings.wording import RED, TOPICS, WORST
from core.decide import check_text
from core.documents import DOCX, PDF, Document, Section, Table, Words, as_docx, as_pdf
from core.errors import BadField, FieldMissing
from core.people import Actor
from core.sm import sm3
from core.worktime import SHANGHAI

if TYPE_CHECKING:
    from core.briefings import Wired

LONGEST_REASON = 100
KINDS = (("docx", "Word"), ("pdf", "PDF"))
LISTS = {TOPICS: "诉求最多的几类", WORST: "按时办结率靠后的单位", RED: "红色预警"}


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that was taken out; `kind` is its media type."""

    name: str
    kind: str
    data: bytes


class Papers:
    """Briefings on paper. Each is in the log before it is handed over."""

    def __init__(self, core: Wired) -> None:
        self._core = core

    def take(self, actor: Actor, view: BriefingView, kind: str, reason: str) -> Paper:
        """The briefing in this format (docx, pdf). Raises FieldMissing without a reason, BadField."""
        reason = reason.strip()
        if not reason:
            raise FieldMissing(field="导出理由", action="导出")
        check_text("导出理由", reason, LONGEST_REASON)
        if kind not in dict(KINDS):
            raise BadField(field="格式", why="请从选项中选择")
        now = self._core.clock.now().astimezone(SHANGHAI)
        mark = f"{actor.unit_name} {actor.name} {now:%Y-%m-%d %H:%M} 导出，仅供工作使用"
        paper = paper_of(view, mark)
        data, media = (as_docx(paper), DOCX) if kind == "docx" else (as_pdf(paper), PDF)
        what = f"briefing:{view.id}:{kind}:{sm3(data).hex()[:16]}"
        self._core.note(actor, "briefing.exported", what, "done", reason, actor.channel, actor.address)
        name = f"{view.kind_title}-{view.period.since:%Y%m%d}-{now:%Y%m%d-%H%M}.{kind}"
        return Paper(name, media, data)


def paper_of(view: BriefingView, mark: str) -> Document:
    """Words first, then every figure with what it is compared to, the lists, and what the drafted words rest on."""
    sheet = view.figures
    least = Words(f"不足 {sheet.least} 件的不算比率，写「样本不足」。", quiet=True)
    drafted = tuple(Words(_told(sheet, number), quiet=True) for number in range(len(sheet.sentences)))
    facts = (
        ("期间", view.period.title), ("数字截至", f"{sheet.as_of.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        ("提交", f"{view.by} {view.filed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"), ("校验码", view.digest),
    )  # fmt: skip
    return Document(
        title=view.title, subtitle="秀英区社会治理指挥中心", mark=mark, facts=facts,
        sections=(
            *(Section(title, (Words(text),)) for title, text in view.texts),
            Section("主要数字", (_figures(sheet), least)),
            *_lists(sheet),
            Section("综述起草依据", drafted),
        ),
    )  # fmt: skip


def _figures(sheet: FigureSheet) -> Table:
    rows = tuple(
        (one.title, _cell(one), one.before.text, one.change(BEFORE) or "—", one.year.text, one.change(YEAR) or "—")
        for one in sheet.rows
    )
    head = ("指标", "本期", sheet.before_title, "比较", sheet.year_title, "比较")
    return Table(head, rows, (22, 22, 14, 14, 14, 14))


def _cell(row: FigureRow) -> str:
    fraction = row.fraction
    return f"{row.now.text}（{fraction}）" if fraction and row.now.parts[-1] else row.now.text


def _lists(sheet: FigureSheet) -> Iterator[Section]:
    topics = tuple((one.title, f"{one.now:,}", one.share, f"{one.before:,}", f"{one.year:,}") for one in sheet.topics)
    worst = tuple((one.unit, one.rate, f"{one.of:,} / {one.per:,}", one.before) for one in sheet.worst)
    yield _listed(TOPICS, ("诉求分类", "件数", "占登记", sheet.before_title, sheet.year_title), topics)
    yield _listed(WORST, ("单位", "按时办结率", "按时 / 应办结", sheet.before_title), worst)
    red = tuple((one.no, one.title, one.unit, one.why, one.at, one.state) for one in sheet.red)
    more = f"，下列最近的 {len(red)} 件" if sheet.red_total > len(red) else ""
    said = f"共 {sheet.red_total:,} 件，{sheet.red_open:,} 件还没办结{more}。"
    widths = (20, 26, 14, 14, 14, 12)
    yield _listed(RED, ("编号", "标题", "单位", "原因", "预警时间", "现在"), red, widths, said)


def _listed(
    name: str, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...] = (), said: str = ""
) -> Section:
    """A list under its heading, or that there is nothing in it."""
    if not rows:
        return Section(LISTS[name], (Words("没有。", quiet=True),))
    return Section(LISTS[name], (*((Words(said, quiet=True),) if said else ()), Table(head, rows, widths)))


def _told(sheet: FigureSheet, number: int) -> str:
    """A drafted sentence with the names of the figures it rests on."""
    one = sheet.sentences[number]
    names = [LISTS[key] if key in LISTS else sheet.row(key).title for key in one.rests_on]
    return f"{one.text}（依据：{'、'.join(names)}）"
