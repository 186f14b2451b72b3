"""Typical joint orders, for the pictures of their cards and the stored faces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.flag_views import FlagLook, FlagView, Promise, UnitChoice
from core.joint_views import FeedbackView, JointGroupView, JointLegView, JointPage, JointRow, JointTab, JointView
from core.views import Field, MoveView, Option

MEET = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)


def a_joint_leg(number: int, unit: str, state: str, title: str, tone: str = "blue", **more: object) -> JointLegView:
    """One unit's part."""
    leg = JointLegView(
        id=number, seq=2, unit=unit, state=state, state_title=title, tone=tone, full=True, own=False, left="",
        overdue=False, late=False, holder="", refusal="", answer="", check_in="", feedbacks=(), rated=(), marks=(),
    )  # fmt: skip
    return replace(leg, **more)  # type: ignore[arg-type]


def a_move(action: str, title: str, leg: int | None, style: str = "default", face: str = "main") -> MoveView:
    """A button, without its form."""
    return MoveView(action, title, face, style, leg, 2)


def a_joint(**more: object) -> JointView:
    """An order that the city management office raised from a case, seen by nobody in particular."""
    legs = (
        a_joint_leg(31, "水务局", "invited", "待响应", "orange", left="还剩 1 小时（今天 10:00 前）"),
        a_joint_leg(32, "住建局", "coming", "待签到"),
        a_joint_leg(33, "海秀街道", "disputed", "待判定", "red"),
    )
    view = JointView(
        id=7, no="XYDQ20260309000020", tail="000020", seq=1, side="sponsor", state="answering", state_title="响应中",
        tone="orange", title="港口路围墙倒塌压占道路", kind="安全隐患", reason="群众反映强烈，本单位独立解决不了",
        matter="围墙倒塌压住半幅路面，请水务局查渗漏、住建局查结构、街道疏导居民，当场定下清运和加固办法。",
        place="港口路公交站旁", meet_at=MEET, meet="明天 15:00", sponsor="城管局", raised="今天 09:00",
        case_no="XYRX20260309000011", before=(), later=(), whose_move="水务局（待响应）、分管区领导（待判定）",
        last="住建局 钟某 3月9日 09:12 同意报到", left="", overdue=False, ended=False, legs=legs, moves=(), timeline=(),
    )  # fmt: skip
    return replace(view, **more)  # type: ignore[arg-type]


def a_joint_group(**more: object) -> JointGroupView:
    """The same order as its group reads it while the units answer."""
    view = JointGroupView(
        no="XYDQ20260309000020", tail="000020", title="港口路围墙倒塌压占道路", state_title="响应中", tone="orange",
        sponsor="城管局", place="海秀街道 港口路", meet_at=MEET, met=False,
        due_at=datetime(2026, 3, 9, 2, 0, tzinfo=UTC),
        units=(("水务局", "待响应"), ("住建局", "已响应"), ("海秀街道", "待判定")), ended=False,
    )  # fmt: skip
    return replace(view, **more)  # type: ignore[arg-type]


def a_joint_group_over() -> JointGroupView:
    """And when all is done."""
    units = (("水务局", "已反馈"), ("住建局", "已反馈"), ("海秀街道", "已移出"))
    return a_joint_group(state_title="已完成", tone="grey", met=True, due_at=None, units=units, ended=True)


def a_joint_unit() -> JointView:
    """The water bureau has to answer."""
    legs = a_joint().legs
    moves = (
        a_move("accept", "同意报到", 31, "primary"),
        a_move("refuse", "不报到", 31, "danger"),
        replace(
            a_move("hand_on", "转下一处理人", 31, face="more"),
            form=(Field("next_person", "下一处理人", "SELECT", True, (Option("21", "水务局 韩某"),)),),
        ),
    )
    return a_joint(
        side="unit", state_title="待响应", moves=moves, legs=(replace(legs[0], own=True), *legs[1:]),
        left=legs[0].left, last="城管局 梁某 3月9日 09:00 已树旗",
    )  # fmt: skip


def a_joint_sponsor() -> JointView:
    """The sponsor at the meeting: one unit asks for a late check-in."""
    fed = FeedbackView("第 1 轮", "今天 16:20", "查明渗漏点两处，已关阀", "墙根排干，渗漏已止", "三日内换管")
    legs = (
        a_joint_leg(
            31, "水务局", "fed_back", "已反馈", "green", check_in="3月10日 15:02 港口路公交站旁", feedbacks=(fed,)
        ),
        a_joint_leg(
            32,
            "住建局",
            "late_asked",
            "补卡待审",
            "orange",
            check_in="补卡 3月10日 15:40 现场（手机没电），待发起单位同意",
        ),
        a_joint_leg(33, "海秀街道", "reporting", "待反馈", "orange", marks=("判定参加",)),
    )
    moves = (
        a_move("approve_late", "同意补卡", 32, "primary"),
        a_move("refuse_late", "不同意补卡", 32),
        a_move("close", "联办办结", None, "primary"),
        a_move("close_over", "按未反馈办结", None, "danger", "more"),
        a_move("urge", "催办", None, face="more"),
    )
    return a_joint(
        state="working", state_title="处置中", tone="blue", legs=legs, moves=moves,
        whose_move="发起单位（补卡待审）、海秀街道（待反馈）", last="水务局 谢某 3月10日 16:31 审批通过",
    )  # fmt: skip


def a_joint_signing() -> JointView:
    """The sponsor at the meeting place: one unit has scanned, one stands two kilometres away."""
    legs = (
        a_joint_leg(
            31,
            "水务局",
            "on_site",
            "已签到",
            "green",
            check_in="3月10日 15:02 港口路公交站旁 · 扫码 · 距会场 22 米",
            came="扫码 22 米",
        ),
        a_joint_leg(
            32,
            "住建局",
            "on_site",
            "已签到",
            "green",
            check_in="3月10日 15:06 港口路公交站旁 · 定位 · 距会场 1.9 公里",
            came="定位 1.9 公里",
        ),
        a_joint_leg(33, "海秀街道", "coming", "待签到", marks=("判定参加",)),
    )
    moves = (a_move("end_meeting", "会议结束", None, "primary"), a_move("urge", "催办", None, face="more"))
    return a_joint(
        state="signing", state_title="签到中", tone="blue", legs=legs, moves=moves, whose_move="海秀街道（待签到）",
        last="住建局 钟某 3月10日 15:06 定位签到", where_media="@lADPDgQ9qYy0nKrNAyDNAyA", has_point=True,
    )  # fmt: skip


def a_joint_leader() -> JointView:
    """The district leader has to rule."""
    refusal = "围墙属开发商所有，不属街道职责，依据：物业管理条例第二十条"
    legs = a_joint().legs
    disputed = replace(
        legs[2], refusal=refusal, answer="墙在街道管辖的背街小巷", left="还剩 1 个工作日（明天 17:30 前）"
    )
    moves = (a_move("rule_in", "判定参加", 33, "primary"), a_move("rule_out", "判定移出", 33))
    return a_joint(side="leader", moves=moves, legs=(*legs[:2], disputed))


def a_joint_page() -> JointPage:
    """What a unit finds under 联办."""
    row = JointRow(
        "XYDQ20260309000020", "000020", "港口路围墙倒塌压占道路", "12345 工单", "待响应", "orange", "城管局",
        "水务局、住建局、海秀街道", "港口路公交站旁", "明天 15:00", "还剩 1 小时（今天 10:00 前）", False,
        "3月9日 09:00 城管局 梁某 已树旗", "今天 09:00",
    )  # fmt: skip
    other = replace(row, no="XYDQ20260306000034", tail="000034", title="美俗路夜市占道", state_title="待反馈", left="")
    tabs = (JointTab("called", "联动工单", 2), JointTab("raised", "我发起的", 1), JointTab("returned", "退回", 0),
            JointTab("done", "已办", 14))  # fmt: skip
    return JointPage("called", "联动工单", tabs, (row, other), 2, 1, 1)


def a_joint_page_raised() -> JointPage:
    """What a unit raised itself, of both sources."""
    (row, other), tabs = a_joint_page().rows, a_joint_page().tabs
    own = replace(other, source="自主新建", last="3月9日 10:40 水务局 韩某 报进展")
    sources = (JointTab("raised", "全部来源", 2), JointTab("raised.12345", "12345 工单", 1),
               JointTab("raised.own", "自主新建", 1))  # fmt: skip
    return JointPage("raised", "我发起的", tabs, (row, own), 2, 1, 1, sources, "raised")


def a_flag() -> FlagView:
    """A flag held back: two matters are still open at its place."""
    here = (
        Promise(
            "XYDQ20260306000034", "000034", "港口路围墙倒塌", "港口路与爱华路口", "处置中", "blue", "城管局",
            "水务局、住建局", "3月6日", ("水务局 3月7日 下一步：三日内换管",),
        ),
        Promise(
            "XYDQ20260210000008", "000008", "港口路雨水井改造", "爱华路口（港口路）", "已完成", "grey", "海秀街道",
            "水务局", "2月10日", ("水务局 2月13日 下一步：汛前清掏雨水井",),
        ),
    )  # fmt: skip
    rows = (
        ("报到时间", "明天 15:00"), ("报到地点", "港口路爱华路口"), ("联办单位", "水务局、交通局"),
        ("事项", "路面塌陷，请水务局查渗漏、交通局定绕行办法。"),
    )  # fmt: skip
    return FlagView("held", "港口路路面塌陷", rows, FlagLook(here, ("水务局（000034）",), ("公安分局", "住建局")))


def some_choices() -> tuple[UnitChoice, ...]:
    """Units called last, and two groups."""
    return (
        UnitChoice("最近联办", ("水务局", "住建局", "海秀街道")),
        UnitChoice("防汛组", ("水务局", "应急局", "供电局"), "3", True),
        UnitChoice("消防联查", ("消防大队", "公安分局", "住建局"), "1"),
    )
