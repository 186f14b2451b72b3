"""Sentences where no card can be: the plain message instead of a card, the help, what was done, the guesses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cards.plain import plain, scrub
from core.boards import DutyDay, Turn
from core.joint_views import JointView
from core.views import CaseView, Option

COMMANDS = (
    ("待办", "看您要办的件，超期的在前，再按剩余时间排"),
    ("超期", "看已经超期的件"),
    ("今日、已办、全部", "看其他几张单子"),
    ("查 0421", "按编号、尾号或几个字找件"),
    ("派 0421 水务局", "派发给一个单位，后面可写「协办 城管局」"),
    ("签收 0421", "签收派给本单位的件，几件一起写「签收 0421 0427」，全签发「全部签收」"),
    ("进展 0421 已到现场", "报一句办理进展"),
    ("办结 0421 已抽排完毕", "写明结果，报请办结"),
    ("退回 0421 不属本单位职责 依据 三定方案", "申请退回，原因和依据都要写"),
    ("稍后提醒 0421 明天上班时", "这一件先不提醒，也可写「1 小时后」「今天下班前」"),
    ("港口路积水好几天了，车过不去", "把事情直接说出来，会给您一张填好的登记单，您点「登记」才算数"),
    ("合并 0412 0427", "同一件事：把前一件并入后一件，写错了可「撤销合并 0412 原因」"),
    ("登记 港口路积水 地点 港口路 内容 下雨就积水", "登记一件，随后可写「电话」「姓名」"),
    ("时限 0421", "看时限怎么算的，一行一行说"),
    ("巡查", "看今天要走的巡查，点一下开始，路上拍照就能登记"),
    ("树旗", "需要几家一起办的事，填一张单子叫各单位到场"),
    ("联办", "看您的联办工单：等您响应的、您发起的、退回的、已办的"),
    ("报到 0421", "同意报到；到了现场发「签到 0421 所在位置」"),
    ("联办导出 0421 周例会通报", "把联办过程发给您，写上为什么；要 Word 就写「联办导出 0421 Word 周例会通报」"),
    ("联办报表", "看联办考核：换月份、看一个单位、点数字看工单"),
    ("统计", "看数字和图，点数字看它的件"),
    ("值班", "看今天和这一周指挥中心、本单位谁值班"),
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


def joint_fallback(view: JointView, base: str = "") -> tuple[str, str]:
    """The facts of a joint order's card in words (C9)."""
    subject = plain(scrub(view.title), 20)
    steps = "、".join(dict.fromkeys(move.title for move in view.moves if move.face == "main"))
    link = f"[查看联办过程]({_address(base)}/joint/{view.no})" if base else f"发送「查 {view.no}」打开卡片。"
    facts = [
        f"**【{view.state_title}】树党旗 · {subject}**",
        plain(f"{view.no} · 发起：{view.sponsor}"),
        plain(f"报到：{view.meet} {scrub(view.place)}"),
        plain(scrub(view.matter), 110),
        f"现在该谁：{plain(view.whose_move, 60)}" if view.whose_move else "",
        f"时限：{plain(view.left, 60)}" if view.left else "",
        f"{f'您可以：{steps}。' if steps else ''}{link}",
    ]
    return f"【{view.state_title}】{view.no[:4]}…{view.no[-4:]} {subject}", "\n\n".join(one for one in facts if one)


def said(done: Said, view: CaseView | None = None) -> str:
    """One line after an act: which case, and the core's sentence."""
    if view is None:
        return done.sentence
    return f"尾号 {view.tail} {plain(scrub(view.title), 20)}：{done.sentence}"


def help_lines() -> tuple[str, ...]:
    """The short commands (C12), one line each; everything here can also be done with buttons."""
    told = tuple(f"「{words}」 {meaning}" for words, meaning in COMMANDS)
    return ("不记命令也行，卡片上的按钮都能办。想打字，可以发：", *told, "数字是编号的尾号，编号也可以整个发来。")


def duty_lines(days: Sequence[DutyDay]) -> tuple[str, ...]:
    """Who is on duty: a line a day in bold, a line a turn; for today also that nobody is named."""
    told = list[str]()
    for day in days:
        told.append(f"**{'今天 ' if day.today else ''}{day.day}**")
        told += [_turn(turn) for turn in day.turns]
        if not day.turns:
            told.append("没有安排值班，请联系指挥中心负责人")
    return tuple(told)


def _turn(turn: Turn) -> str:
    note = f"（{plain(turn.note, 40)}）" if turn.note else ""
    return f"{plain(turn.unit, 12)} {turn.shift}：{plain(turn.name, 12)} {plain(turn.title, 16)}{note}"


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
