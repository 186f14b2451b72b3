"""Invented views for the drawings: what a card looks like in use, with people and cases nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from core.boards import DigestView, DraftView, PatrolView, WalkView
from core.figures import Ask, Chapter, Line, Shown, Stats
from core.people import PostView
from core.views import (
    CaseView,
    Field,
    HomeView,
    LegView,
    MoveView,
    Option,
    Tally,
    TimelineLine,
    WorkItem,
    WorkPage,
)

SENT = datetime(2026, 3, 9, 1, 5, tzinfo=UTC)
DUE = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
LEFT = "还剩 1 个工作日 3 小时（周三 17:30 前）"
SOURCES = (
    ("RX", "热线电话", 12), ("WX", "微信公众号", 5), ("SZ", "数字城管", 7), ("WG", "综治网格", 3),
    ("LY", "领导留言板", 2), ("XX", "区长信箱", 1), ("GW", "互联网督查", 0), ("XF", "信访", 2),
    ("WB", "窗口反映", 1), ("QY", "企业热线", 4), ("DB", "代表委员", 1), ("ZJ", "自行登记", 0),
)  # fmt: skip


def a_leg() -> LegView:
    """The water bureau's part, just sent."""
    return LegView(
        id=71, seq=3, unit="水务局", part="主办", level=1, state="to_sign", state_title="待签收", tone="orange",
        left=LEFT, overdue=False, due_at=DUE, original_due_at=DUE, extended=False, explained=(), result="", marks=(),
    )  # fmt: skip


def a_move(
    action: str, title: str, *form: Field, face: str = "more", style: str = "default", leg: int | None = 71
) -> MoveView:
    """A step of that leg (or, with leg None, of the case)."""
    return MoveView(action, title, face, style, leg, 3, form)


def a_case() -> CaseView:
    """A flooded street, dispatched to the water bureau, as its clerk reads it."""
    units = (Option("water", "水务局"), Option("city_management", "城管局"), Option("housing", "住建局"))
    lead = Field("lead", "转给", "SELECT", True, units)
    moves = (
        a_move("sign", "签收", face="main", style="primary"),
        a_move("pass_on", "转办", lead),
        a_move("return", "退回", style="danger"),
        a_move("snooze", "稍后提醒", Field("wait", "什么时候再提醒", "SELECT", True)),
    )
    told = TimelineLine(SENT, "09:05", "指挥中心 陈某", "派发", "请当天到现场抽排", "case.dispatched", "web", 42)
    return CaseView(
        id=7, no="XYRX20260309004213", seq=2, tail="4213", title="港口路积水", state="dispatched", state_title="待签收",
        content="港口路公交站旁积水没过脚踝，下班时段电动车无法通行，希望尽快抽排并检查雨水口。", tone="orange",
        channel="RX", channel_title="12345 热线电话", type_title="求助", class_title="城市水务 · 道路积水",
        urgency="urgent", urgency_title="紧急", place="海秀街道港口路", town="海秀街道", outside_no="", caller="王*",
        phone="138****5678", address="海秀街道港口路公交站旁", registered_at=SENT, registered="3月9日 周一 08:58",
        lead="水务局", left=LEFT, overdue=False, due_at=DUE, provisional=False, whose_move="水务局 经办人", ended=False,
        last="指挥中心 陈某 09:05 派发给水务局", result="", marks=("紧急",), legs=(a_leg(),), moves=moves,
        timeline=(told,), units=units, rules=(), calls=(), revisions=(), warning="△ 黄色预警",
        next_at=DUE, next_told="单位负责人",
    )  # fmt: skip


def an_item(number: int, todo: str, state_title: str, title: str, *, overdue: bool = False) -> WorkItem:
    """One row of a work list."""
    left = "已超期 2 小时（原定 今天 11:30）" if overdue else LEFT
    return WorkItem(
        id=number, no=f"XYRX2026030900{number:04d}", tail=f"{number:04d}", title=title, state="dispatched",
        state_title=state_title, tone="orange", channel="RX", channel_title="热线电话", place="海秀街道", lead="水务局",
        left=left, overdue=overdue, due_at=DUE, registered_at=SENT, urgency="normal", todo=todo,
    )  # fmt: skip


def a_page() -> WorkPage:
    """The first page of 待办."""
    items = (
        an_item(4176, "签收", "待签收", "美俗路井盖松动", overdue=True),
        an_item(4213, "签收", "待签收", "港口路积水"),
        an_item(4188, "办理", "办理中", "金滩路排水口异味"),
        an_item(4190, "办理", "办理中", "滨海大道路面塌陷"),
        an_item(4201, "审核", "待审核", "丘海大道水管漏水"),
    )
    return WorkPage("待办", items, 19, 1, 3, (("签收", 6), ("办理", 11), ("审核", 2)))


def a_home() -> HomeView:
    """The home card of somebody with two posts."""
    tallies = (
        ("today", "今日", 9),
        ("todo", "待办", 19),
        ("done", "已办", 1204),
        ("all", "全部", 1223),
        ("overdue", "超期", 1),
    )
    posts = (
        PostView(5, 3, "水务局", "unit_clerk", "经办人", current=True),
        PostView(9, 4, "海秀街道", "contact_person", "联系人"),
    )
    return HomeView(
        "李某", "水务局 经办人", "3月9日 周一 09:40", tuple(Tally(*one) for one in tallies),
        tuple(Tally(*one) for one in SOURCES), posts,
    )  # fmt: skip


def a_digest() -> DigestView:
    """A clerk's morning."""
    items = (
        an_item(4176, "签收", "待签收", "美俗路井盖松动", overdue=True),
        an_item(4188, "办理", "办理中", "金滩路排水口异味"),
    )
    tallies = (Tally("overdue", "已超期", 1), Tally("todo", "今天到期", 2), Tally("todo", "等您处理", 19))
    lines = ("岗位「海秀街道 联系人」还有待办 3 件，发送「岗位」切换",)
    return DigestView("morning", "早报", "李某", "水务局 经办人", "3月9日 周一", tallies, items, lines)


def a_patrol(state: str = "walking") -> PatrolView:
    """A street clerk's day: one walk done, one under way, one to come."""
    day, held = date(2026, 3, 9), ("海秀街道", "港口路沿线市容")
    first = WalkView(
        8, 3, *held, "港口路全线", "井盖、路灯、占道、积水", day, "done", "已巡查", "green", "李某", "今天 08:50", "",
        "李某、王某", 2, True,
    )  # fmt: skip
    second = replace(
        first, id=9, plan=4, title="秀华路早市", place="秀华路 21 号门前", look_for="占道经营、垃圾清运",
        state=state, state_title="巡查中", tone="blue", found=1, began="今天 09:20",
    )  # fmt: skip
    third = replace(
        first, id=10, plan=5, title="滨海公园夜灯", place="滨海公园东门", state="due", state_title="待巡查",
        tone="orange", who="", began="", found=0,
    )  # fmt: skip
    return PatrolView("李某", "海秀街道 经办人", "3月9日 周一", (first, second, third), second)


def a_closed_case() -> CaseView:
    """The same case, answered and closed."""
    done = "3 台泵车抽排，清掏雨水口 6 处，15:20 积水退尽，已电话答复。"
    leg = replace(a_leg(), state="settled", state_title="已办结", tone="green", left="", result=done)
    return replace(
        a_case(), state="closed", state_title="已办结", tone="green", left="", whose_move="", ended=True, result=done,
        moves=(), legs=(leg,), last="回访员 符某 3月10日 10:12 回访：满意", calls=("首次：满意",), marks=(),
    )  # fmt: skip


def a_case_to_close() -> CaseView:
    """The same case with everything handed in, as the dispatcher reads it before closing."""
    done = "3 台泵车抽排，清掏雨水口 6 处，15:20 积水退尽，已电话答复。"
    leg = replace(a_leg(), state="reported", state_title="待审核", result=done)
    moves = (
        a_move("confirm", "办结", face="main", style="primary", leg=None),
        a_move("send_back", "退回重办", face="main", leg=None),
        a_move("oversee", "督办", leg=None),
        a_move("reveal", "查看号码", leg=None),
    )
    return replace(
        a_case(), state="closing", state_title="待办结", result=done, moves=moves, legs=(leg,),
        whose_move="指挥中心调度员", warning="", next_at=None, last="水务局 林某 15:40 办结：积水已退", timeline=(),
    )  # fmt: skip


def a_stats() -> Stats:
    """A month of the water bureau's work, by source."""
    head = (
        _count("received", "承办", 40), _count("closed", "已办结", 35), _count("overdue", "超期", 3),
        _rate("closing_rate", "办结率", 35, 37), _rate("on_time_rate", "按时办结率", 34, 37),
        _rate("overdue_rate", "超期率", 3, 37),
    )  # fmt: skip
    lines = tuple(
        _source(*one) for one in (("RX", "热线电话", 21, 2), ("WX", "微信公众号", 12, 0), ("SZ", "数字城管", 7, 1))
    )
    ask, chapter = Ask(date(2026, 2, 8), date(2026, 3, 9)), Chapter("channel", "按来源", lines)
    return Stats(
        ask, "水务局", "截至 今天 09:40", True, "2月8日—3月9日", head, (chapter,), ((2, "水务局"),), "day", "承办"
    )


def _source(code: str, title: str, number: int, late: int) -> Line:
    cells = (
        _count("received", "承办", number), _count("closed", "已办结", number - 1), _count("overdue", "超期", late),
        _rate("closing_rate", "办结率", number - 1, number),
    )  # fmt: skip
    return Line(code, title, cells, number, f"{number / 40:.1%}")


def _count(measure: str, title: str, number: int) -> Shown:
    return Shown(measure, title, f"{number:,}", number, ((number, measure),))


def _rate(measure: str, title: str, of: int, per: int) -> Shown:
    amount = {"closing_rate": "closed", "on_time_rate": "on_time", "overdue_rate": "overdue"}[measure]
    return Shown(measure, title, f"{of / per:.1%}", round(of / per * 100, 1), ((of, amount), (per, "due")))


def a_draft() -> DraftView:
    """What the bot understood of a sentence and a photo, before anybody said yes."""
    rows = (
        ("地点", "港口路公交站旁边"), ("镇街社区", "海秀街道 海港社区"), ("性质", "求助 · 一般"),
        ("分类", "供水排水 · 排水 · 路面积水"), ("来源", "单位自行登记与领导交办"), ("诉求人", "王* 138****5678"),
    )  # fmt: skip
    values = {
        "title": "港口路公交站旁边下雨就积水", "place": "港口路公交站旁边", "type": "help", "urgency": "normal",
        "channel": "ZJ", "class_code": "030201",
    }  # fmt: skip
    return DraftView(
        "d", "open", "待确认", "orange", rows, "港口路公交站旁边下雨就积水，电动车都过不去，希望尽快抽排。", (), values,
        (Option("help", "求助"), Option("complain", "投诉")), (Option("ZJ", "自行登记"), Option("RX", "热线电话")),
        (Option("030201", "路面积水"), Option("030202", "雨水井堵塞")), 1, "",
    )  # fmt: skip


def a_done_draft() -> DraftView:
    """The same, confirmed."""
    return replace(
        a_draft(), state="registered", state_title="已登记", tone="green", rows=(), content="",
        case_no="XYZJ20260309004213",
    )  # fmt: skip
