"""Views for the faces: valid by default, varied by keyword; the moves come from the flow tables, as in life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cards.case_template import flows
from cards.flow_template import personal
from core.people import PostView
from core.policy import load_policy
from core.policy.flow import Move
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

DUE = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
SENT = datetime(2026, 3, 9, 1, 5, tzinfo=UTC)
LEFT = "还剩 1 个工作日 3 小时（周三 17:30 前）"
UNITS = (Option("water", "水务局"), Option("city_management", "城管局"))


def a_leg(id: int = 71, state: str = "to_sign", **varied: Any) -> LegView:
    """One unit's part, in any state of the flow."""
    words = load_policy().flows["case_leg"].states[state]
    leg = LegView(
        id=id, seq=3, unit="水务局", part="主办", level=0, state=state, state_title=words.title, tone=words.tone,
        left=LEFT, overdue=False, due_at=DUE, original_due_at=DUE, extended=False, explained=(), result="", marks=(),
    )  # fmt: skip
    return replace(leg, **varied)


def a_case(state: str = "dispatched", **varied: Any) -> CaseView:
    """A case in any state, read by nobody in particular: no moves unless given."""
    words = load_policy().flows["case"].states[state]
    told = TimelineLine(SENT, "3月9日 09:05", "指挥中心 陈某", "派发", "请当天到现场", "case.dispatched", "web", 42)
    case = CaseView(
        id=7, no="XYRX20260309004213", seq=2, tail="004213", title="港口路积水", state=state, state_title=words.title,
        content="港口路公交站旁积水没过脚踝，希望尽快抽排。", tone=words.tone, channel="RX", urgency="urgent",
        channel_title="12345 热线电话", type_title="求助", class_title="城市水务 · 道路积水", urgency_title="紧急",
        place="海秀街道港口路", town="海秀街道", outside_no="", caller="王*", phone="138****5678",
        address="海秀街道港口路****", registered_at=SENT, registered="今天 09:05", lead="水务局", left=LEFT,
        overdue=False, due_at=DUE, provisional=False, whose_move="水务局（待签收）",
        last="指挥中心 陈某 今天 09:05 派发", result="",
        marks=("紧急",), ended=state in ("closed", "archived", "invalid"), legs=(a_leg(),), moves=(), timeline=(told,),
        units=UNITS, rules=(), calls=(), revisions=(),
    )  # fmt: skip
    return replace(case, **varied)


def moves(flow: str, *actions: str, leg: int = 71, seq: int = 3) -> tuple[MoveView, ...]:
    """Some moves of a flow as a reader is offered them; with no names, every move a person may ever take."""
    table = next(one for one in flows() if one.name == flow)
    rows = [move for move in personal(table) if not actions or move.action in actions]
    assert not actions or len(rows) == len(actions), "an action is missing from the flow table"
    return tuple(_offered(move, leg if flow == "case_leg" else None, seq) for move in rows)


def _offered(move: Move, leg: int | None, seq: int) -> MoveView:
    return MoveView(move.action, move.title, move.face, move.style, leg, seq, tuple(_fields(move)))


def _fields(move: Move) -> Iterable[Field]:
    policy = load_policy()
    for name, presence in move.form.items():
        spec = policy.field(move.action, name)
        options = UNITS if spec.source else tuple(Option(value, text) for value, text in spec.options.items())
        yield Field(name, spec.label, spec.kind, presence == "required", options, spec.hint)


def an_item(number: int = 4213, **varied: Any) -> WorkItem:
    """One row of a work list."""
    item = WorkItem(
        id=number, no=f"XYRX2026030900{number:04d}", tail=f"00{number:04d}", title="港口路积水", state="dispatched",
        state_title="待签收", tone="orange", channel="RX", channel_title="热线电话", place="海秀街道", lead="水务局",
        left=LEFT, overdue=False, due_at=DUE, registered_at=SENT, urgency="normal", todo="签收",
    )  # fmt: skip
    return replace(item, **varied)


def a_page(items: Iterable[WorkItem] | None = None, **varied: Any) -> WorkPage:
    """One page of 待办."""
    rows = tuple(items) if items is not None else (an_item(4213), an_item(4188, todo="办理", state_title="办理中"))
    return replace(WorkPage("待办", rows, len(rows), 1, 1, (("签收", 1), ("办理", 1)) if rows else ()), **varied)


def a_home(**varied: Any) -> HomeView:
    """The home of somebody with two posts."""
    tallies = (
        ("today", "今日", 9),
        ("todo", "待办", 19),
        ("done", "已办", 1204),
        ("all", "全部", 1223),
        ("overdue", "超期", 0),
    )
    posts = (
        PostView(5, 3, "水务局", "unit_clerk", "经办人", current=True),
        PostView(9, 4, "海秀街道", "contact_person", "联系人"),
    )
    sources = tuple(Tally(one.code, one.short, place) for place, one in enumerate(load_policy().sources.values()))
    home = HomeView("李某", "水务局 经办人", "截至 09:40", tuple(Tally(*one) for one in tallies), sources, posts)
    return replace(home, **varied)
