"""One case as a view: what this reader may see and do, in the words of their side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from core.clocks import closing_deadline, explained
from core.crypto import Cipher, Unreadable, place
from core.deadlines import left_sentence, pace
from core.decide import offered
from core.people import Actor
from core.policy import PARTS, URGENCIES, FieldSpec
from core.policy.flow import Move
from core.queries.ahead import ahead
from core.queries.alike import together
from core.queries.marks import marks_of
from core.queries.masks import mask_address, mask_name, mask_phone
from core.queries.options import unit_options
from core.queries.sheets import Sheet
from core.queries.suggestions import told
from core.queries.timeline import tell, title_of, who_did
from core.timewords import when
from core.views import CaseView, Field, LegView, MoveView, Option, Tally
from core.watch import label_of
from core.work import World
from core.worktime import SHANGHAI

ENDED = ("closed", "archived")
DESK = ("dispatcher", "desk_head", "caller")


def case_view(sheet: Sheet, actor: Actor, world: World, cipher: Cipher, *, brief: bool = False) -> CaseView:
    """The case for one reader; who may read at all is decided before (`may_read`).

    `brief`: as much as a card has room for; how its deadlines come about is left out, and so are the parts of a form
    that a card has printed on it.
    """
    case, policy, now = sheet.case, world.policy, sheet.now
    own = _own_leg(sheet, actor)
    state = policy.flows["case_leg" if own else "case"].states[(own or case)["state"]]
    clock = own or _lead(sheet)
    live = case["state"] in ("dispatched", "handling") and (own is None or own["state"] not in ("settled", "released"))
    due_at = clock["due_at"] if clock is not None and live else None
    overdue = due_at is not None and now > due_at and not (clock and clock["state"] == "paused")
    names = {leg["id"]: world.directory.unit_name(leg["unit_id"]) for leg in sheet.legs}
    moves = tuple(_moves(sheet, actor, world, brief))
    may_send = any(field.name == "lead" for move in moves if move.leg is None for field in move.form)
    return CaseView(
        **_identity(case, world, now),
        **_caller(sheet, actor, cipher),
        state_title=state.title,
        tone="red" if overdue else state.tone,
        left=_left(clock, world, now) if live and clock is not None else "",
        overdue=overdue,
        due_at=due_at,
        whose_move=_whose_move(sheet, world),
        last=_last(sheet, world),
        result=case["reply"] or (own or {}).get("result") or "",
        marks=tuple(marks_of(sheet, own)),
        legs=tuple(_leg_view(leg, sheet, world, brief) for leg in sheet.legs),
        moves=moves,
        timeline=tell(sheet.events, policy, world.directory, names, now),
        units=unit_options(case, world, first=sheet.suggested(world))
        if any(f.kind == "SELECT" for m in moves for f in m.form)
        else (),
        rules=_explained(clock, sheet, world) if clock and not brief else (),
        calls=tuple(_call(call, world, now) for call in sheet.calls),
        **ahead(clock if live else None, policy, now),
        revisions=tuple(f"第 {r['revision']} 版：{r['title']}　{r['content']}" for r in sheet.revisions),
        suggestion=told(sheet.suggestion, sheet.legs, world) if may_send else None,
        **together(sheet, actor, world),
        flags=tuple(_flag(one, world) for one in sheet.flags if _may_open(one, actor)),
        joint_result=_joint_result(sheet),
    )


def _flag(row: Mapping[str, Any], world: World) -> Tally:
    return Tally(row["no"], world.policy.flows["joint_order"].states[row["state"]].title, 1)


def _may_open(row: Mapping[str, Any], actor: Actor) -> bool:
    """Whoever raised it, and the centre, which reads every joint order."""
    return actor.role in DESK or row["sponsor_unit"] == actor.unit


def _joint_result(sheet: Sheet) -> str:
    """What the units of the latest joint order fed back, while the case waits for its own result."""
    told = [row["facts"].get("text", "") for row in sheet.events if row["name"] == "joint_done"]
    return told[-1].partition("。")[2] if told and sheet.case["state"] not in ENDED else ""


def _identity(case: Mapping[str, Any], world: World, now: datetime) -> dict[str, Any]:
    """What the case is, the same for every reader."""
    policy = world.policy
    return {
        **{
            name: case[name] for name in ("id", "no", "seq", "title", "content", "state", "channel", "urgency", "place")
        },
        "tail": case["no"][-6:],
        "channel_title": policy.sources[case["channel"]].title
        if case["channel"] in policy.sources
        else case["channel"],
        "type_title": policy.types.get(case["type"], ""),
        "class_title": policy.class_title(case["class_code"]),
        "urgency_title": URGENCIES.get(case["urgency"], ""),
        "town": case["town"] or "",
        "outside_no": case["outside_no"] or "",
        "registered_at": case["registered_at"],
        "registered": when(now, case["registered_at"]),
        "lead": world.directory.unit_name(case["lead_unit"]),
        "provisional": bool(case["provisional"]),
        "ended": case["state"] in ENDED,
    }


def _own_leg(sheet: Sheet, actor: Actor) -> Mapping[str, Any] | None:
    if actor.role in DESK:
        return None
    mine = [leg for leg in sheet.legs if leg["unit_id"] == actor.unit and leg["state"] != "released"]
    return mine[-1] if mine else None


def _lead(sheet: Sheet) -> Mapping[str, Any] | None:
    live = [leg for leg in sheet.legs if leg["part"] == "lead" and leg["state"] != "released"]
    return live[-1] if live else None


def _left(leg: Mapping[str, Any], world: World, now: datetime) -> str:
    if leg["state"] == "paused":
        return "暂停计时中，恢复后顺延"
    return left_sentence(now, leg["due_at"], world.calendar, pace(world.rules[leg["rule"]].close, leg["hours"]))


def _caller(sheet: Sheet, actor: Actor, cipher: Cipher) -> dict[str, Any]:
    """Name, number and address, masked; a secret caller is hidden from all but the desk and the units at work."""
    case = sheet.case
    working = any(leg["unit_id"] == actor.unit and leg["state"] not in ("settled", "released") for leg in sheet.legs)
    at_desk = actor.role in DESK and actor.system is None  # another system reads like a stranger here
    if case["keep_secret"] and not at_desk and not working:
        return {"caller": "保密", "phone": "保密", "address": "保密"}
    name, phone, address = (_opened(case, column, cipher) for column in ("caller_name", "caller_phone", "address"))
    return {"caller": mask_name(name), "phone": mask_phone(phone), "address": mask_address(address)}


def _opened(case: Mapping[str, Any], column: str, cipher: Cipher) -> str:
    if not case[column]:
        return ""
    try:
        return cipher.open(case[column], place("cases", column, case["no"]))
    except Unreadable:
        return "无法读取"


def caller_in_full(case: Mapping[str, Any], cipher: Cipher) -> tuple[str, str, str]:
    """Name, number and address unmasked, for a reveal that is on record."""
    return _opened(case, "caller_name", cipher), _opened(case, "caller_phone", cipher), _opened(case, "address", cipher)


def _whose_move(sheet: Sheet, world: World) -> str:
    case, policy = sheet.case, world.policy
    state = policy.flows["case"].states[case["state"]]
    if sheet.leading is not None:
        return f"随主件尾号 {sheet.leading['no'][-6:]} 一并办理"
    if case["state"] in ("dispatched", "handling"):
        legs = policy.flows["case_leg"].states
        waiting = [
            f"{world.directory.unit_name(leg['unit_id'])}（{legs[leg['state']].title}）"
            for leg in sheet.legs
            if leg["state"] in ("to_sign", "handling", "paused")
        ]
        waiting += [
            f"{_reviewer(leg, sheet, world)}（{legs[leg['state']].title}）"
            for leg in sheet.legs
            if leg["state"] in ("returning", "adjudicating") or (leg["state"] == "reported" and leg["parent_id"])
        ]
        return "、".join(dict.fromkeys(waiting))
    return f"指挥中心（{state.title}）" if state.whose else ""


def _reviewer(leg: Mapping[str, Any], sheet: Sheet, world: World) -> str:
    if leg["state"] == "adjudicating" or leg["parent_id"] is None:
        return "指挥中心"
    upper = next(one for one in sheet.legs if one["id"] == leg["parent_id"])
    return world.directory.unit_name(upper["unit_id"])


def _last(sheet: Sheet, world: World) -> str:
    """What somebody did last, by whom and when, dated so that it stays true on a card that lies still."""
    flows = world.policy.flows
    told = (one for one in reversed(sheet.events) if not flows[one["flow"]].is_aside(one["name"]))
    acted = next((event for event in told if "after" not in event["facts"]), None)
    if acted is None:
        return ""
    at = acted["at"].astimezone(SHANGHAI)
    return f"{who_did(acted)} {at.month}月{at.day}日 {at:%H:%M} {title_of(acted, world.policy, {})}"


def _leg_view(leg: Mapping[str, Any], sheet: Sheet, world: World, brief: bool) -> LegView:
    state = world.policy.flows["case_leg"].states[leg["state"]]
    live = leg["state"] not in ("settled", "released", "reported")
    marks = [f"已催办 {leg['nudges']} 次"] if leg["nudges"] else []
    marks += ["延期待批"] if leg["extension"] == "asked" else []
    marks += [f"已延期 {leg['granted_days']} 天"] if leg["granted_days"] else []
    return LegView(
        id=leg["id"],
        seq=leg["seq"],
        unit=world.directory.unit_name(leg["unit_id"]),
        part=PARTS[leg["part"]],
        level=_level(leg, sheet),
        state=leg["state"],
        state_title=state.title,
        tone=state.tone,
        left=_left(leg, world, sheet.now) if live else "",
        overdue=live and leg["state"] != "paused" and sheet.now > leg["due_at"],
        due_at=leg["due_at"],
        original_due_at=leg["original_due_at"],
        extended=bool(leg["granted_days"]),
        explained=() if brief else _explained(leg, sheet, world),
        result=leg["result"] or "",
        marks=tuple(marks),
        warning=label_of(world.policy, leg, sheet.now),
    )


def _explained(leg: Mapping[str, Any], sheet: Sheet, world: World) -> tuple[str, ...]:
    """How the deadline of a leg comes about; a sub-unit's never lies behind that of the unit above it."""
    told = (leg, world.rules[leg["rule"]], world.calendar, sheet.pauses[leg["id"]])
    lines = explained(*told)
    upper = next((one for one in sheet.legs if one["id"] == leg["parent_id"]), None)
    if upper is None or leg["due_at"] >= closing_deadline(*told).at:
        return lines
    unit, until = world.directory.unit_name(upper["unit_id"]), when(sheet.now, leg["due_at"], closing=True)
    return (*lines, f"上一级 {unit} 的时限更早，以上一级为准：{until}")


def _level(leg: Mapping[str, Any], sheet: Sheet) -> int:
    parents = {one["id"]: one["parent_id"] for one in sheet.legs}
    level, upper = 0, leg["parent_id"]
    while upper is not None:
        level, upper = level + 1, parents[upper]
    return level


def _moves(sheet: Sheet, actor: Actor, world: World, brief: bool) -> Iterator[MoveView]:
    """What this reader may do now; a step whose only choices are none (no sub-unit to send down to) is not offered."""
    flows = world.policy.flows
    targets = [("case_leg", leg["id"], leg["seq"]) for leg in sheet.legs] + [("case", None, sheet.case["seq"])]
    for name, leg, seq in targets:
        for move in offered(world.policy, flows[name], actor, sheet.situation(leg)):
            view = _move_view(move, leg, seq, sheet, actor, world, brief)
            if all(field.options or not (field.required and field.kind == "SELECT") for field in view.form):
                yield view


def _move_view(
    move: Move, leg: int | None, seq: int, sheet: Sheet, actor: Actor, world: World, brief: bool
) -> MoveView:
    specs = ((name, presence, world.policy.field(move.action, name)) for name, presence in move.form.items())
    fields = tuple(
        _field(name, presence, spec, sheet, actor, world) for name, presence, spec in specs if spec.source or not brief
    )
    return MoveView(move.action, move.title, move.face, move.style, leg, seq, fields)


def _at_work(sheet: Sheet, actor: Actor) -> frozenset[int]:
    """Units that a unit cannot pass the case on to, for they have it already; the centre may name any."""
    live = frozenset(leg["unit_id"] for leg in sheet.legs if leg["state"] not in ("settled", "released"))
    return live if actor.unit in live else frozenset()


CHOICES_FROM: Mapping[str, Callable[[Sheet, Actor, World], tuple[Option, ...]]] = {
    "units": lambda sheet, actor, world: unit_options(
        sheet.case, world, _at_work(sheet, actor), sheet.suggested(world)
    ),
    "below": lambda _sheet, actor, world: tuple(Option(u.code, u.short) for u in world.directory.below(actor.unit)),
}


def _field(name: str, presence: str, spec: FieldSpec, sheet: Sheet, actor: Actor, world: World) -> Field:
    options = tuple(Option(value, text) for value, text in spec.options.items())
    if spec.source:
        options = CHOICES_FROM[spec.source](sheet, actor, world)
    return Field(name, spec.label, spec.kind, presence == "required", options, spec.hint)


def _call(call: Mapping[str, Any], world: World, now: datetime) -> str:
    at = when(now, call["at"])
    if not call["connected"]:
        return f"{at} 第 {call['round']} 轮回访：未接通"
    fields = world.policy.fields
    answers = "，".join(
        f"{fields[name].label}：{fields[name].options.get(call[name], '未答')}"
        for name in ("contacted", "solved", "satisfied")
    )
    first = "首次" if call["round"] == 1 else "重办后"
    return f"{at} {first}回访：{answers}" + (f"；{call['opinion']}" if call["opinion"] else "")
