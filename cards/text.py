"""Sentences where no card can be: the plain message instead of a card, the help, what was done, the guesses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cards.plain import plain, scrub
from core.views import CaseView, Option, WorkPage

COMMANDS = (
    ("待办", "看您要办的件，按剩余时间排"),
    ("超期", "看已经超期的件"),
    ("今日、已办、全部", "看其他几张单子"),
    ("查 0421", "按编号、尾号或几个字找件"),
    ("派 0421 水务局", "派发给一个单位，后面可写「协办 城管局」"),
    ("签收 0421", "签收派给本单位的件"),
    ("进展 0421 已到现场", "报一句办理进展"),
    ("办结 0421 已抽排完毕", "写明结果，报请办结"),
    ("退回 0421 不属本单位职责 依据 三定方案", "申请退回，原因和依据都要写"),
    ("稍后提醒 0421 明天上班时", "这一件先不提醒，也可写「1 小时后」「今天下班前」"),
    ("港口路积水好几天了，车过不去", "把事情直接说出来，会给您一张填好的登记单，您点「登记」才算数"),
    ("合并 0412 0427", "同一件事：把前一件并入后一件，写错了可「撤销合并 0412 原因」"),
    ("登记 港口路积水 地点 港口路 内容 下雨就积水", "登记一件，随后可写「电话」「姓名」"),
    ("时限 0421", "看时限怎么算的，一行一行说"),
    ("统计", "看数字和图，点数字看它的件"),
    ("岗位", "看您的岗位并切换"),
    ("退订早报", "早上的汇总不再发，发「订阅早报」恢复"),
    ("首页", "数字、来源和切换岗位"),
)


class Said(Protocol):
    """What was done, in the core's own sentence."""

    @property
    def sentence(self) -> str: ...


def until(left: str) -> str:
    """「周三 17:30 前」 out of the sentence of time left; of an overdue one, how long it is over."""
    if not left.endswith("）"):
        return left
    amount, _, moment = left.removesuffix("）").rpartition("（")
    return amount if "原定" in moment else moment


def fallback(view: CaseView, base: str = "") -> tuple[str, str]:
    """Title and markdown with the card's facts, for when the card cannot be shown (C9); citizen text is escaped."""
    subject = plain(scrub(view.title), 20)
    facts = [
        f"**【{view.state_title}】{subject}**",
        plain(f"{view.no} · {view.channel_title} · {scrub(view.place)}"),
        plain(scrub(view.content), 110),
        f"现在该谁：{plain(view.whose_move, 60)}" if view.whose_move and not view.ended else "",
        f"时限：{plain(view.left, 60)}" if view.left and not view.ended else "",
        plain(view.warning) if not view.ended else "",
        f"办理结果：{plain(scrub(view.result), 160)}" if view.result else "",
        _next_step(view, base),
    ]
    return f"【{view.state_title}】{view.no[:4]}…{view.no[-4:]} {subject}", "\n\n".join(one for one in facts if one)


def page_text(page: WorkPage, base: str = "") -> tuple[str, str]:
    """Title and markdown of a work list, for when its card cannot be shown."""
    lines = [f"**{plain(page.title)} {page.said} 件**"]
    for item in page.items:
        facts = (item.state_title, f"尾号 {item.tail}", plain(scrub(item.title), 20), plain(until(item.left)))
        lines.append(" · ".join(part for part in facts if part))
    if page.pages > 1:
        lines.append(f"第 {page.page} / {page.pages} 页")
    lines.append(f"[在网页上查看]({_address(base)}/cases)" if base else "发送「查 尾号」打开一件。")
    return f"{plain(page.title)} {page.said} 件", "\n\n".join(lines)


def said(done: Said, view: CaseView | None = None) -> str:
    """One line after an act: which case, and the core's sentence."""
    if view is None:
        return done.sentence
    return f"尾号 {view.tail} {plain(scrub(view.title), 20)}：{done.sentence}"


def help_lines() -> tuple[str, ...]:
    """The short commands (C12), one line each; everything here can also be done with buttons."""
    told = tuple(f"「{words}」 {meaning}" for words, meaning in COMMANDS)
    return ("不记命令也行，卡片上的按钮都能办。想打字，可以发：", *told, "数字是编号的尾号，编号也可以整个发来。")


def guess_lines(words: str, guesses: Sequence[Option]) -> tuple[str, ...]:
    """What to say to words nobody understood: up to three readings, none of them acted upon."""
    asked = f"没有听明白「{plain(words, 20)}」"
    if not guesses:
        return (f"{asked}。发送「帮助」看看能做什么。",)
    return (f"{asked}，您是想说：", *_numbered(guesses[:3]))


def _numbered(guesses: Iterable[Option]) -> tuple[str, ...]:
    return tuple(f"发送「{plain(one.value, 40)}」：{plain(one.text, 30)}" for one in guesses)


def _next_step(view: CaseView, base: str) -> str:
    steps = "、".join(dict.fromkeys(move.title for move in view.moves if move.face == "main"))
    can = f"您可以：{steps}。" if steps and not view.ended else ""
    link = f"[查看办理过程]({_address(base)}/cases/{view.no})" if base else f"发送「{view.tail}」打开卡片。"
    return f"{can}{link}"


def _address(base: str) -> str:
    return base.rstrip("/")
