"""One joint order as a view: what this reader may see and do, in the words of their side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.deadlines import left_sentence
from core.decide import offered
from core.joint_facts import BLIND, LESSONS, OWN_ONLY
from core.joint_guards import unfed_names, unfed_word
from core.joint_views import BasisView, ChainLink, FeedbackView, JointLegView, JointView, PhotoView, ReviewView
from core.joint_work import unit_names
from core.people import Actor
from core.policy.flow import Move
from core.queries.joint_chain import MOST
from core.queries.joint_sheet import JointSheet, is_handed, sees_all, side_of
from core.queries.joint_spots import came_words, check_in_words, spots
from core.queries.timeline import kind_of, tell, title_of, who_did
from core.timewords import day_words, when
from core.views import Field, MoveView, Option, TimelineLine
from core.work import World
from core.worktime import SHANGHAI, local_date

UNTOLD = BLIND | {"work_begun"}  # the end of the meeting has said it for all
REVIEWERS = frozenset({"sponsor", "centre", "leader"})
"""Who reads a review, which tells of every unit."""
PHONE = "phone"  # moves of the phone's own check-in page, no button elsewhere
MIN, MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MOST_COLLEAGUES = 300
ON_BEHALF = "（代分管区领导）"
WAITS = {
    "invited": "{unit}", "coming": "{unit}", "reporting": "{unit}", "in_review": "{unit}领导",
    "return_review": "发起单位", "late_asked": "发起单位", "disputed": "分管区领导",
}  # fmt: skip


def joint_view(sheet: JointSheet, actor: Actor, world: World) -> JointView:
    """The order for one reader; who may read at all is decided before (`side_of`)."""
    order, policy = sheet.order, world.policy
    side = side_of(actor, order, sheet.legs, world)
    legs = tuple(_leg_view(leg, sheet, actor, side, world) for leg in sheet.legs)
    own = next((leg for leg in legs if leg.own), None)
    state = policy.flows["joint_order"].states[order["state"]]
    at_unit = own is not None and side == "unit" and order["state"] not in ("to_rate", "completed")
    told = [row for row in sheet.events if row["name"] not in UNTOLD and _is_theirs(row, legs)]
    clock = own.left if own else next((leg.left for leg in legs if leg.overdue), "")
    if order["state"] == "to_rate" and order["rate_until"] is not None:
        clock = left_sentence(sheet.now, order["rate_until"], world.calendar)
    return JointView(
        id=order["id"], no=order["no"], tail=order["no"][-6:], seq=order["seq"], side=side, state=order["state"],
        state_title=own.state_title if own and at_unit else state.title,
        tone=own.tone if own and at_unit else state.tone,
        title=order["title"], matter=order["matter"], place=order["place"], meet_at=order["meet_at"],
        kind=policy.fields["flag_kind"].options.get(order["kind"], order["kind"]),
        reason=policy.fields["flag_reason"].options.get(order["reason"], order["reason"]),
        meet=when(sheet.now, order["meet_at"]), sponsor=world.directory.unit_name(order["sponsor_unit"]),
        raised=when(sheet.now, order["raised_at"]), case_no=sheet.case_no,
        before=_chain(sheet.earlier[-MOST:], None, world), older=len(sheet.earlier) > MOST,
        later=_chain(sheet.later[:MOST], order, world), newer=len(sheet.later) > MOST,
        whose_move=_whose_move(sheet, world), last=_last(told, sheet, world),
        left=clock, overdue=any(leg.overdue for leg in ((own,) if own else legs)),
        ended=order["state"] == "completed", legs=legs, moves=tuple(_moves(sheet, actor, world)),
        timeline=tuple(_timeline(told, sheet, world)),
        review=_review(sheet, world) if side in REVIEWERS else None,
        spots=tuple(spots(sheet, [leg.id for leg in legs if leg.full], world)),
        has_point=bool(order["meet_spot"]),
        where_media=(order["where_media"] or "").partition(" ")[2] if side in ("sponsor", "centre") else "",
    )  # fmt: skip


def _review(sheet: JointSheet, world: World) -> ReviewView | None:
    row = sheet.review
    if row is None:
        return None
    kept = [one for one in sheet.events if one["name"] == "review_kept"]
    policy, said = world.policy, row["lessons"] or {}
    return ReviewView(
        why=row["why"], points=tuple((text, tuple(ids)) for text, ids in row["points"]["points"]),
        words=row["words"] or "",
        lessons=tuple((policy.field("keep_review", name).label, said.get(name, "")) for name in LESSONS),
        drafted=when(sheet.now, row["drafted_at"]), drafted_at=row["drafted_at"],
        kept=when(sheet.now, row["kept_at"]) if row["kept_at"] else "", kept_at=row["kept_at"],
        kept_by=_who(kept[-1], sheet) if kept and row["kept_at"] else "",
    )  # fmt: skip


def _is_theirs(row: Mapping[str, Any], legs: tuple[JointLegView, ...]) -> bool:
    if row["joint_leg_id"] is None:
        return True
    leg = next(one for one in legs if one.id == row["joint_leg_id"])
    return leg.own if row["name"] in OWN_ONLY else leg.full


def _chain(rows: Sequence[Mapping[str, Any]], told: Mapping[str, Any] | None, world: World) -> tuple[ChainLink, ...]:
    """Orders of a chain as they are told, after `told`; each that goes on from another than the last one says so."""
    states, found = world.policy.flows["joint_order"].states, list[ChainLink]()
    tails: dict[int, str] = {} if told is None else {told["id"]: told["no"][-6:]}
    for row in rows:
        last = told["id"] if told is not None else row["earlier_id"]
        of = tails.get(row["earlier_id"], "") if row["earlier_id"] != last else ""
        day = local_date(row["raised_at"])
        found.append(ChainLink(row["no"], row["no"][-6:], states[row["state"]].title, day_words(day, day), of))
        told, tails[row["id"]] = row, row["no"][-6:]
    return tuple(found)


def _leg_view(leg: Mapping[str, Any], sheet: JointSheet, actor: Actor, side: str, world: World) -> JointLegView:
    state = world.policy.flows["joint_leg"].states[leg["state"]]
    full = sees_all(actor, side, leg, world)
    overdue = leg["due_at"] is not None and sheet.now > leg["due_at"]
    held = world.directory.by_person.get(leg["person_id"] or 0, ())
    refusal = "，".join(part for part in (leg["reason"], f"依据：{leg['basis']}" if leg["basis"] else "") if part)
    marks = [f"超时 {leg['overdue']} 次"] if leg["overdue"] else []
    marks += ["判定参加"] if leg["barred"] else []
    marks += ["补卡"] if leg["late"] else []
    feedbacks = tuple(_feedbacks(leg, sheet, world)) if full else ()
    marks += ["下一步已做到"] if feedbacks and feedbacks[0].kept else []
    return JointLegView(
        id=leg["id"], seq=leg["seq"], unit=world.directory.unit_name(leg["unit_id"]), state=leg["state"],
        state_title=state.title, tone="red" if overdue else state.tone, full=full,
        own=side != "sponsor" and (leg["unit_id"] == actor.unit or is_handed(actor, leg)),
        left=left_sentence(sheet.now, leg["due_at"], world.calendar) if leg["due_at"] and full else "",
        overdue=overdue and full, late=leg["late"],
        holder=held[0].name if held and full else "",
        refusal=refusal if full else "", answer=(leg["answer"] or "") if full else "",
        check_in=check_in_words(leg, sheet, world) if full else "",
        came=came_words(leg, sheet) if full else "",
        feedbacks=feedbacks,
        photos=tuple(_waiting_photos(leg, sheet, world)) if full else (),
        basis=tuple(_basis(leg, sheet, actor, world)) if full else (),
        rated=tuple(_rated(leg, sheet, side, world)) if full else (),
        marks=tuple(marks) if full else (),
        precedents=sheet.precedents.get(leg["id"], ()) if full else (),
    )  # fmt: skip


def _feedbacks(leg: Mapping[str, Any], sheet: JointSheet, world: World) -> Iterator[FeedbackView]:
    """The latest first; a photo belongs to what was said first after it was brought, a report or a step done."""
    rows = [row for row in sheet.feedbacks if row["leg_id"] == leg["id"]]
    told, since = [], MIN
    for row in rows:
        photos = tuple(photos_between(leg["id"], since, row["at"], sheet, world))
        since = row["kept_at"] or row["at"]
        told.append((row, photos, tuple(photos_between(leg["id"], row["at"], since, sheet, world))))
    for place, (row, photos, later) in enumerate(reversed(told)):
        title = f"第 {row['round']} 轮" + ("" if place == 0 else "，此前的反馈")
        yield FeedbackView(
            title, when(sheet.now, row["at"]), row["measures"], row["result"], row["next_step"] or "", photos,
            when(sheet.now, row["kept_at"]) if row["kept_at"] else "", row["kept_note"] or "", later,
        )  # fmt: skip


def _basis(leg: Mapping[str, Any], sheet: JointSheet, actor: Actor, world: World) -> Iterator[BasisView]:
    """The files of a refusal; while it may still be made, its own unit's alone to see, and nobody's if it never was."""
    own = leg["unit_id"] == actor.unit or is_handed(actor, leg)
    if leg["reason"] is None and not (own and leg["state"] == "invited"):
        return
    for row in sheet.photos:
        if row["joint_leg_id"] == leg["id"] and row["basis_digest"]:
            who = world.directory.person_name(row["person_id"])
            yield BasisView(row["token"], kind_of(row["kind"]), row["basis_digest"], who, row["at"])


def _waiting_photos(leg: Mapping[str, Any], sheet: JointSheet, world: World) -> Iterator[PhotoView]:
    said = (row["kept_at"] or row["at"] for row in sheet.feedbacks if row["leg_id"] == leg["id"])
    latest = max(said, default=MIN)
    yield from photos_between(leg["id"], latest, MAX, sheet, world)


def photos_between(leg: int, since: datetime, until: datetime, sheet: JointSheet, world: World) -> Iterator[PhotoView]:
    """The photos brought after one report and up to the next."""
    for row in sheet.photos:
        if row["joint_leg_id"] == leg and since < row["at"] <= until and not row["basis_digest"]:
            yield PhotoView(row["token"], world.directory.person_name(row["person_id"]), row["at"])


def _rated(leg: Mapping[str, Any], sheet: JointSheet, side: str, world: World) -> Iterator[str]:
    """The two ratings once shown; before that, only to a side that it has given its own."""
    rows = {row["side"]: row for row in sheet.ratings if row["leg_id"] == leg["id"]}
    if leg["shown_at"] is not None:
        words = world.policy.fields["pleased"].options
        for name, title in (("sponsor", "发起单位评"), ("unit", "联办单位评")):
            row = rows.get(name)
            said = (
                words.get(row["satisfied"], "") + (f"：{row['reason']}" if row["reason"] else "") if row else "未评价"
            )
            yield f"{title} {said}"
    elif side in rows:
        yield "本单位已评价，双方都评后同时公布"


def _whose_move(sheet: JointSheet, world: World) -> str:
    state = sheet.order["state"]
    if state == "close_review":
        return f"{world.directory.unit_name(sheet.order['sponsor_unit'])}领导（审批办结）"
    if state == "to_rate":
        return "发起单位和联办单位（双向评价）"
    if state == "completed":
        return ""
    states = world.policy.flows["joint_leg"].states
    waiting = [
        f"{WAITS[leg['state']].format(unit=world.directory.unit_name(leg['unit_id']))}（{states[leg['state']].title}）"
        for leg in sheet.legs
        if leg["state"] in WAITS and not (leg["state"] == "coming" and state == "answering")
    ]
    step = {"answering": "开始签到", "signing": "会议结束", "working": "联办办结"}[state]
    sponsor = world.directory.unit_name(sheet.order["sponsor_unit"])
    return "、".join(dict.fromkeys(waiting)) or f"{sponsor}（{step}）"


def _last(told: list[Mapping[str, Any]], sheet: JointSheet, world: World) -> str:
    """最新进展: what somebody did last, dated so that it stays true on a card that lies still."""
    acted = next((row for row in reversed(told) if "after" not in row["facts"]), None)
    if acted is None:
        return ""
    at, names = acted["at"].astimezone(SHANGHAI), unit_names(sheet.legs, world.directory)
    what = title_of({**acted, "leg_id": acted["joint_leg_id"]}, world.policy, names)
    return f"{_who(acted, sheet)} {at.month}月{at.day}日 {at:%H:%M} {what}"


def _who(row: Mapping[str, Any], sheet: JointSheet) -> str:
    """Who did it; a ruling by the contact person says on whose behalf."""
    mine = any(
        one["on_behalf"] and (one["leg_id"], one["at"]) == (row["joint_leg_id"], row["at"]) for one in sheet.rulings
    )
    return who_did(row) + (ON_BEHALF if mine and row["name"] in ("ruled_in", "ruled_out") else "")


def _timeline(told: list[Mapping[str, Any]], sheet: JointSheet, world: World) -> Iterator[TimelineLine]:
    names = {leg["id"]: world.directory.unit_name(leg["unit_id"]) for leg in sheet.legs}
    rows = [{**row, "leg_id": row["joint_leg_id"]} for row in told]
    for row, line in zip(told, tell(rows, world.policy, world.directory, names, sheet.now), strict=True):
        yield replace(line, who=_who(row, sheet))


def _moves(sheet: JointSheet, actor: Actor, world: World) -> Iterator[MoveView]:
    """What this reader may do now; a step whose only choices are none is not offered."""
    flows = world.policy.flows
    targets: list[tuple[str, int | None, int]] = [("joint_leg", leg["id"], leg["seq"]) for leg in sheet.legs]
    for name, leg, seq in [*targets, ("joint_order", None, sheet.order["seq"])]:
        for move in offered(world.policy, flows[name], actor, sheet.situation(leg, world)):
            if move.face == PHONE:
                continue
            fields = tuple(_field(move, one, leg, sheet, world) for one in move.form)
            if all(one.options or not (one.required and one.kind == "SELECT") for one in fields):
                yield MoveView(move.action, move.title, move.face, move.style, leg, seq, fields)


def _field(move: Move, name: str, leg: int | None, sheet: JointSheet, world: World) -> Field:
    spec = world.policy.field(move.action, name)
    options = tuple(Option(value, text) for value, text in spec.options.items())
    if spec.source == "unfed" and sheet.facts.unfed:
        now = sheet.situation(None, world)
        options = (Option(unfed_word(now), f"{unfed_names(now)} 记为未反馈"),)
    if spec.source == "bases":
        options = tuple(_basis_options(sheet, leg, world))
    if spec.source == "colleagues" and leg is not None:
        options = colleagues(sheet.facts.leg(leg).unit if sheet.facts.leg(leg) else 0, world)  # type: ignore[union-attr]
    return Field(name, spec.label, spec.kind, move.form[name] == "required", options, spec.hint)


def _basis_options(sheet: JointSheet, leg: int | None, world: World) -> Iterator[Option]:
    """「图片 1 赵敏 今天 10:20」: the files of a part, named as its page names them."""
    held = [row for row in sheet.photos if row["joint_leg_id"] == leg and row["basis_digest"]]
    for place, row in enumerate(held, 1):
        who = world.directory.person_name(row["person_id"])
        yield Option(row["token"], f"{kind_of(row['kind'])} {place} {who} {when(sheet.now, row['at'])}")


def colleagues(unit_id: int, world: World) -> tuple[Option, ...]:
    """The people of a unit and of those under it, unit by unit (R127)."""
    directory = world.directory
    own = sorted(directory.within(unit_id), key=lambda unit: (unit != unit_id, unit))
    held = {one.person: one for unit in reversed(own) for one in directory.by_unit.get(unit, ())}
    found = [one for unit in own for one in directory.by_unit.get(unit, ()) if held.get(one.person) is one]
    return tuple(
        Option(str(one.person), f"{directory.unit_name(one.unit)} {one.name}") for one in found[:MOST_COLLEAGUES]
    )
