"""The joint order card: one instance for sponsor, units and leaders; what differs between them is private."""

from __future__ import annotations

from collections.abc import Iterable

from cards.buttons import switches
from cards.card import Face, Row, array, fit, flag, note_values
from cards.plain import clean, plain, scrub
from cards.text import until
from core.joint_views import FeedbackView, JointLegView, JointView
from core.timewords import clock, day_words
from core.views import MoveView, Option
from core.worktime import local_date

TEMPLATE = "joint"
ORDER_PREFIX = "order_"
TITLE, BODY, LINE, MOST_UNITS = 20, 110, 60, 8
PROMISED = "keep_promise"


def action_id(flow: str, action: str) -> str:
    """The id a flow's move has on the card; moves of the order have the prefix `order_`, which never changes."""
    return f"{ORDER_PREFIX}{action}" if flow == "joint_order" else action


def joint_move_of(card_action: str) -> tuple[str, str]:
    """The inverse: (flow, action), such as ("joint_leg", "accept") or ("joint_order", "close")."""
    if card_action.startswith(ORDER_PREFIX):
        return "joint_order", card_action.removeprefix(ORDER_PREFIX)
    return "joint_leg", card_action


def joint_face(view: JointView, note: str = "", *, base: str = "") -> Face:
    """The order as its reader sees it; `note` is the private line, `base` the console's address for the link."""
    moves, leg, others = offer(view)
    state, tone, left = _standing(view, moves, leg)
    subject = plain(scrub(view.title), TITLE)
    alert = " · ".join(part for part in (f"【{state}】{view.no[:4]}…{view.no[-4:]} {subject}", until(left)) if part)
    return Face(
        TEMPLATE,
        _public(view, subject, base),
        {
            "state": state,
            "tone": tone,
            "whose_move": fit(_whose_move(view)),
            "left": fit(left),
            "has_left": flag(bool(left)),
            "units": _units(view),
            **_details(view, leg),
            "seq": str(leg.seq) if leg else "",
            "leg": str(leg.id) if leg else "",
            **_about(view, leg, others),
            **switches(TEMPLATE, {_name(move): move for move in moves}),
            **_options(moves),
            **_phone(view, base),
            "has_where": flag(bool(view.where_media)),
            "where": fit(view.where_media),
            "foot": plain(scrub(view.last), LINE),
            **note_values(note),
        },
        alert=alert,
    )


def _whose_move(view: JointView) -> str:
    if not view.ended:
        return f"现在该谁：{clean(view.whose_move, LINE)}"
    step = next((move.title for move in view.moves if move.action == PROMISED), "")
    return f"已结束；写下的下一步做到后，请点「{step}」" if step else "已结束，不用再操作"


def _name(move: MoveView) -> str:
    return action_id("joint_order" if move.leg is None else "joint_leg", move.action)


def offer(view: JointView) -> tuple[tuple[MoveView, ...], JointLegView | None, int]:
    """The moves on the card, the one part its buttons act on, and how many further parts wait for this reader.

    A card carries one `leg`: the reader's own, else the first on which a main step is theirs.
    """
    held = {leg.id: [move for move in view.moves if move.leg == leg.id] for leg in view.legs}
    waiting = [leg for leg in view.legs if any(move.is_awaited for move in held[leg.id])]
    own = [leg for leg in waiting if leg.own] or waiting or [leg for leg in view.legs if held[leg.id]]
    chosen = own[0] if own else None
    others = sum(leg is not chosen for leg in waiting)
    return tuple(m for m in view.moves if m.leg is None or (chosen and m.leg == chosen.id)), chosen, others


def _standing(view: JointView, moves: Iterable[MoveView], leg: JointLegView | None) -> tuple[str, str, str]:
    """State words, tone and time left: those of the part in hand when the next step is on it, else the order's."""
    main = [move for move in moves if move.is_awaited]
    if leg is not None and main and all(move.leg is not None for move in main) and view.state != "to_rate":
        return leg.state_title, leg.tone, leg.left
    return view.state_title, view.tone, "" if view.ended else view.left


def _public(view: JointView, subject: str, base: str) -> dict[str, str]:
    at = f"{day_words(local_date(view.meet_at), local_date(view.meet_at))} {clock(view.meet_at)}"
    rows = [
        ("发起单位", view.sponsor), ("问题类型", view.kind), ("启动原因", view.reason),
        ("来源", f"12345 工单 尾号 {view.case_no[-6:]}" if view.case_no else "自主新建"),
        ("接续", f"上一次联办 尾号 {view.earlier.tail}" if view.earlier else ""),
    ]  # fmt: skip
    return {
        "number": view.no,
        "order_seq": str(view.seq),
        "title": f"树党旗 · {subject}",
        "subtitle": fit(f"尾号 {view.tail} · 发起：{view.sponsor}"),
        "meeting": fit(f"报到：{at} {plain(scrub(view.place), 30)}"),
        "body": fit(plain(scrub(view.matter), BODY)),
        "rows": _rows(rows),
        "has_link": flag(bool(base)),
        "link": f"{base.rstrip('/')}/joint/{view.no}" if base else "",
    }


def _phone(view: JointView, base: str) -> dict[str, str]:
    """The phone's own pages of showing up: the code for the sponsor, the check-in for whoever still has to come."""
    shows = view.side == "sponsor" and view.state == "signing"
    comes = view.own is not None and view.own.state == "coming" and view.state in ("signing", "working")
    root = base.rstrip("/")
    return {
        "has_show": flag(bool(base) and shows), "show_link": f"{root}/joint/{view.no}/show" if base and shows else "",
        "has_here": flag(bool(base) and comes), "here_link": f"{root}/here/?no={view.no}" if base and comes else "",
    }  # fmt: skip


def _units(view: JointView) -> str:
    """Each unit and how far it is; beyond eight, how many more."""
    rows = [
        (leg.unit, " · ".join([leg.state_title, *_came(view, leg), *leg.marks[:2]])) for leg in view.legs[:MOST_UNITS]
    ]
    more = len(view.legs) - MOST_UNITS
    return _rows([*rows, ("另有", f"{more} 个单位，见联办过程" if more > 0 else "")])


def _came(view: JointView, leg: JointLegView) -> list[str]:
    """How and how far away a unit checked in, while the meeting goes on."""
    return [leg.came] if leg.came and view.state == "signing" else []


def _details(view: JointView, leg: JointLegView | None) -> dict[str, str]:
    """What only this reader's card may say of the part in hand: refusal, check-in, feedback, rating."""
    part = leg or view.own
    rows: list[tuple[str, str]] = []
    if part is not None:
        latest = part.feedbacks[0] if part.feedbacks else None
        rows += [
            ("处理人", part.holder),
            ("不报到", plain(scrub(part.refusal), LINE)),
            ("依据材料", f"{len(part.basis)} 份，{_basis(part)}" if part.basis else ""),
            ("审核", plain(part.answer, LINE)),
        ]
        rows += [(f"判例 {number}", one) for number, one in enumerate(part.precedents, 1)]
        rows += [("签到", plain(scrub(part.check_in), LINE))]
        rows += [(f"{part.unit}措施", plain(scrub(latest.measures), LINE))] if latest else []
        rows += [("结果", plain(scrub(latest.result), LINE)), *_step(latest)] if latest else []
        held = len(latest.photos) if latest else 0
        rows += [("反馈图片", f"{held} 张，见联办过程")] if held else []
        then = "说明做到" if part.state == "fed_back" else "报进展"
        held = len(part.photos) if part.own else 0
        rows += [("已附图片", f"{held} 张，{then}时一并提交")] if held else []
        rows += [("评价", plain(scrub("；".join(part.rated)), LINE))]
    told = _rows(rows)
    return {"details": told, "has_details": flag(told != "[]")}


def _basis(part: JointLegView) -> str:
    """Before the refusal they are its own unit's to send or to take back; then they are read where all is told."""
    return "点「不报到」时一并提交" if part.state == "invited" else "见联办过程"


def _step(fed: FeedbackView) -> list[tuple[str, str]]:
    """The next step, and what was told of it once it was done."""
    photos = f"，图片 {len(fed.kept_photos)} 张" if fed.kept_photos else ""
    done = f"{fed.kept} {plain(scrub(fed.kept_note), LINE)}{photos}" if fed.kept else ""
    return [("下一步", plain(scrub(fed.next_step), LINE)), ("已做到", done)]


def _about(view: JointView, leg: JointLegView | None, others: int) -> dict[str, str]:
    """Says whose part the buttons act on when it is not the reader's own, and that more wait behind it."""
    if leg is None or (leg.own and not others):
        return {"about": "", "has_about": "false"}
    more = f"；另有 {others} 个单位也等您处理，办完这一个就轮到" if others else ""
    return {"about": fit(f"下面的操作针对：{leg.unit}（{leg.state_title}）{more}"), "has_about": "true"}


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    told: list[Row] = [{"k": clean(k, 16), "v": clean(v, LINE)} for k, v in pairs if v]
    return array(told, shrink=("v",))


def _options(moves: Iterable[MoveView]) -> dict[str, str]:
    held: dict[str, tuple[Option, ...]] = {"unfed": (), "next_person": (), "basis_file": ()}
    for move in moves:
        for field in move.form:
            if field.name in held:
                held[field.name] = field.options
    names = {"unfed": "unfed_options", "next_person": "colleague_options", "basis_file": "basis_options"}
    return {
        names[field]: array(
            [{"value": one.value, "text": clean(one.text, 30)} for one in options],
            shrink=() if field == "next_person" else ("text",),  # half a name is nobody's: the rest are written out
        )
        for field, options in held.items()
    }
