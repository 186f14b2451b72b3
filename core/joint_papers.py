"""The process of a joint order as Word, PDF or CSV (C17): as its reader may read it, with a reason, on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.decide import check_text
from core.documents import CSV, DOCX, PDF, Document, Section, Table, Words, as_csv, as_docx, as_pdf
from core.errors import BadField, FieldMissing
from core.joint_views import FeedbackView, JointLegView, JointView
from core.joints import Joints
from core.people import Actor
from core.ports import Clock
from core.sm import sm3
from core.worktime import SHANGHAI

LONGEST_REASON = 100
KINDS = (("pdf", "PDF"), ("docx", "Word"), ("csv", "CSV 表格"))
HEAD = ("序", "时间", "谁", "做了什么", "内容")


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that was taken out; `kind` is its media type."""

    name: str
    kind: str
    data: bytes


class Whole(Protocol):
    """What of the core this needs."""

    @property
    def clock(self) -> Clock: ...

    @property
    def joints(self) -> Joints: ...

    def note(
        self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip


class JointPapers:
    """Papers of joint orders. Each is in the log before it is handed over."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    def take(self, actor: Actor, order: int, kind: str, reason: str) -> Paper:
        """The order's process in this format (pdf, docx, csv).

        Raises FieldMissing without a reason, BadField for another format, Unknown for an order that is not theirs.
        """
        reason = reason.strip()
        if not reason:
            raise FieldMissing(field="导出理由", action="导出")
        check_text("导出理由", reason, LONGEST_REASON)
        if kind not in dict(KINDS):
            raise BadField(field="格式", why="请从选项中选择")
        view, now = self._core.joints.view(actor, order), self._core.clock.now().astimezone(SHANGHAI)
        mark = f"{actor.unit_name} {actor.name} {now:%Y-%m-%d %H:%M} 导出，仅供工作使用"
        data, media = drawn(view, kind, mark)
        what = f"joint_order:{view.no}:{kind}:{sm3(data).hex()[:16]}"
        self._core.note(actor, "joint.exported", what, "done", reason, actor.channel, actor.address)
        return Paper(f"联办过程-{view.no}-{now:%Y%m%d-%H%M}.{kind}", media, data)


def drawn(view: JointView, kind: str, mark: str) -> tuple[bytes, str]:
    """The file and its media type."""
    if kind == "csv":
        return as_csv(timeline_table(view), mark), CSV
    paper = paper_of(view, mark)
    return (as_docx(paper), DOCX) if kind == "docx" else (as_pdf(paper), PDF)


def paper_of(view: JointView, mark: str) -> Document:
    """The whole order on paper: what it is, every unit's part, what happened, and the review where there is one."""
    facts = (
        ("编号", view.no), ("标题", view.title), ("状态", view.state_title), ("发起单位", view.sponsor),
        ("来源", f"{view.source} {view.case_no}".strip()), ("问题类型", view.kind), ("启动原因", view.reason),
        ("报到", f"{_at(view.meet_at)} {view.place}"), ("具体事项", view.matter),
        ("现在该谁", "" if view.ended else view.whose_move),
    )  # fmt: skip
    units = Table(
        ("单位", "状态", "签到", "反馈", "评价和说明"), tuple(_unit(leg) for leg in view.legs), (14, 12, 20, 32, 22)
    )
    sections = [
        Section(f"联办单位 {len(view.legs)} 个", (units,)),
        Section(f"过程 {len(view.timeline)} 条", (timeline_table(view),)),
        *_review(view),
    ]
    return Document(
        title="联办过程", subtitle=f"尾号 {view.tail} · {view.title}", mark=mark,
        facts=tuple((name, said) for name, said in facts if said), sections=tuple(sections),
    )  # fmt: skip


def _unit(leg: JointLegView) -> tuple[str, ...]:
    latest = leg.feedbacks[0] if leg.feedbacks else None
    told = (latest.measures, latest.result, latest.next_step, kept_words(latest)) if latest else ()
    fed = "\n".join(part for part in told if part)
    said = "\n".join(part for part in (leg.refusal, basis_words(leg), leg.answer, *leg.rated, *leg.marks) if part)
    return leg.unit, leg.state_title, leg.check_in, fed, said


def basis_words(leg: JointLegView) -> str:
    """「依据材料 1 份：PDF（SM3 3f2a…）」: the files of a refusal by kind and hash; empty without any."""
    return f"依据材料 {len(leg.basis)} 份：{'、'.join(one.named for one in leg.basis)}" if leg.basis else ""


def kept_words(fed: FeedbackView) -> str:
    """「下一步已做到（3月12日 10:00）：已换管」; empty while it is open."""
    return f"下一步已做到（{fed.kept}）：{fed.kept_note}" if fed.kept else ""


def timeline_table(view: JointView) -> Table:
    """Every event the reader may read, numbered, oldest first, with its date."""
    numbers = numbers_of(view)
    rows = tuple(
        (str(numbers[line.id]), _at(line.at), f"{line.who} {line.post}".strip(), line.what, line.text)
        for line in sorted(view.timeline, key=lambda line: line.id)
    )
    return Table(HEAD, rows, (6, 20, 22, 18, 34))


def numbers_of(view: JointView) -> Mapping[int, int]:
    """Event id → its number in the process, the oldest first."""
    return {line.id: place for place, line in enumerate(sorted(view.timeline, key=lambda line: line.id), 1)}


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _review(view: JointView) -> Iterator[Section]:
    """The review, each sentence with the numbers of the events it rests on; then the three questions."""
    review = view.review
    if review is None:
        return
    numbers = numbers_of(view)
    state = f"{review.kept_by} {_at(review.kept_at)} 确认" if review.kept_at else "待确认"
    blocks = [Words(f"因{review.why}，{_at(review.drafted_at)} 由系统照记录起草；{state}", quiet=True)]
    if review.words:
        blocks += [Words(review.words), Words("系统起草的原文和依据：", quiet=True)]
    for text, events in review.points:
        cited = "、".join(str(numbers[one]) for one in events if one in numbers)
        blocks.append(Words(f"{text}（依据：过程第 {cited} 条）" if cited else text))
    blocks += [Words(f"{asked}：{said}") for asked, said in review.lessons if said]
    yield Section("复盘", tuple(blocks))
