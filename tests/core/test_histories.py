"""Random histories of 总客服, two people on one card among them, against the plain model: no difference allowed."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

import pytest

from core import Actor, Command, Core, Refusal
from core.people import HOTLINE
from core.ports import Ticket
from tests.clock import StillClock
from tests.core.plain_model import Model

HISTORIES = int(os.environ.get("HISTORIES", "200"))
STEPS = 20
CASE_ACTIONS = (
    *("dispatch", "confirm", "record_call") * 4, "add_unit", "reassign", "close_directly", "send_back", "redo",
    "oversee", "nudge", "mark_invalid", "restore", "merge", "merge", "unmerge",
)  # fmt: skip
LEG_ACTIONS = (
    *("sign", "report", "confirm") * 4, *("return", "pass_down") * 2, "contact", "progress", "pass_on",
    "withdraw_return", "accept_return", "refuse_return", "rule_out", "rule_in", "ask_extension",
    "grant_extension", "refuse_extension", "pause", "resume", "send_back", "snooze",
)  # fmt: skip


@dataclass
class Cast:
    """Who plays: two dispatchers, a head, a caller, and a clerk for each unit; `children` is the tree of units."""

    people: list[tuple[str, str, Actor]]
    children: dict[str, str]
    ids: dict[str, int] = field(default_factory=dict)


def gather(core: Core) -> Cast:
    directory = core.directory()
    ids = {unit.code: unit.id for unit in directory.units.values()}
    desk = directory.by_role["dispatcher"][:2]
    people = [("dispatcher", "", holder.actor) for holder in desk]
    people += [("desk_head", "", directory.by_role["desk_head"][0].actor)]
    people += [("caller", "", next(h for h in directory.by_role["caller"]).actor)]
    for code in units_of(core):
        clerk = next(holder for holder in directory.by_unit[ids[code]] if holder.role == "unit_clerk")
        people += [("unit", code, clerk.actor)] * 2
    parents = {unit.id: unit.code for unit in directory.units.values()}
    children = {code: parents[directory.units[ids[code]].parent or 0] for code in units_of(core)}
    return Cast(people, children, ids)


def units_of(core: Core) -> tuple[str, ...]:
    """Two departments and two sub-units of the first."""
    directory = core.directory()
    first = directory.by_word["city_management"]
    return ("city_management", "water", *(unit.code for unit in directory.below(first)[:2]))


def a_form(chance: random.Random, action: str, units: tuple[str, ...], shelf: dict[str, Model]) -> dict[str, str]:
    lead, support = chance.choice(units), chance.choice(units)
    forms: dict[str, dict[str, str]] = {
        "dispatch": {"lead": lead} | ({"support": support} if support != lead and chance.random() < 0.4 else {}),
        "add_unit": {"support": support},
        "reassign": {"lead": lead, "reason": "职责所在"},
        "close_directly": {"reply": "已答复"},
        "send_back": {"reason": "未联系诉求人"},
        "record_call": chance.choice(
            [
                {"connected": "no_answer"},
                {"connected": "connected"},
                {"connected": "connected", "contacted": "yes", "solved": "solved", "satisfied": "satisfied"},
                {"connected": "connected", "contacted": "yes", "solved": "partly", "satisfied": "unsatisfied"},
            ]
        ),
        "redo": {"reason": "问题反弹"},
        "oversee": {"opinion": "请抓紧"},
        "mark_invalid": {"reason": "duplicate"},
        "restore": {"reason": "有新情况"},
        "merge": {"leading": chance.choice(list(shelf))},
        "unmerge": {"reason": "不是同一件事"},
        "contact": {"note": "已电话联系"},
        "progress": {"note": "正在处理"},
        "pass_on": {"lead": lead},
        "pass_down": {"lead": lead},
        "report": {"result": "已处理完毕"},
        "return": {"reason": "not_our_duty", "basis": "三定方案"}
        | ({"text": "新情况"} if chance.random() < 0.3 else {}),
        "refuse_return": {"reason": "属你单位职责"},
        "rule_out": {"basis": "权责清单"},
        "rule_in": {"basis": "权责清单"},
        "ask_extension": {"days": "2", "reason": "需施工", "basis": "施工合同"},
        "refuse_extension": {"reason": "理由不充分"},
        "pause": {"reason": "awaiting_citizen"},
        "snooze": {"wait": "closing"},
    }
    return forms.get(action, {})


def a_try(
    chance: random.Random, cast: Cast, model: Model, units: tuple[str, ...]
) -> tuple[str, str, Actor, str, int | None, dict[str, str]]:
    """Somebody trying something: mostly what the model says is theirs to do now, sometimes anything at all."""
    for patience in range(60 if chance.random() < 0.75 else 1, 0, -1):
        role, unit, actor = chance.choice(cast.people)
        on_leg = bool(model.legs) and chance.random() < 0.75
        action = chance.choice(LEG_ACTIONS if on_leg else CASE_ACTIONS)
        number = chance.randrange(len(model.legs)) if on_leg else None
        form = a_form(chance, action, units, model.shelf)
        if patience == 1 or model.would(role, unit, action, number, form) == "ok":
            break
    return role, unit, actor, action, number, form


def a_shelf(core: Core, cast: Cast, seed: int) -> dict[int, Model]:
    """Two cases that may be merged into each other, by id."""
    shelf: dict[str, Model] = {}
    found: dict[int, Model] = {}
    for copy_no in range(2):
        ticket = Ticket(f"H{seed}-{copy_no}", 1, "RX", "complain", "占道经营", "夜间占道经营扰民", "海秀西路")
        done = core.register(f"history:{seed}:case:{copy_no}", ticket, HOTLINE, "feed")
        found[done.case] = shelf[done.no] = Model(children=cast.children, no=done.no, shelf=shelf)
    return found


def one_history(core: Core, cast: Cast, seed: int) -> int:
    """Play one history and compare after every step; returns how many steps had an effect."""
    chance, units = random.Random(seed), units_of(core)
    models, told, acted = a_shelf(core, cast, seed), [], 0
    first, second = models
    for step in range(STEPS):
        case = second if chance.random() < 0.2 else first
        model = models[case]
        role, unit, actor, action, number, form = a_try(chance, cast, model, units)
        sheet = core.sheet(case)
        assert sheet is not None
        leg = sheet.legs[number] if number is not None else None
        seen = leg["seq"] if leg is not None else sheet.case["seq"]
        stale = chance.random() < 0.1
        command = Command(
            f"history:{seed}:{step}",
            case,
            action,
            actor,
            form,
            None if leg is None else leg["id"],
            seen - 1 if stale else seen,
        )
        expected = "Stale" if stale else model.do(role, unit, action, number, form)
        got = outcome(core, command)
        told.append((case == first, role, unit, action, number, form, expected, got))
        assert got == expected, f"seed {seed}, history {told}"
        assert outcome(core, command) == got, "the same key must get the same answer"
        for one in models:
            compare(core, one, models[one], f"seed {seed}, history {told}")
        acted += got == "ok"
    return acted


def outcome(core: Core, command: Command) -> str:
    try:
        core.execute(command)
    except Refusal as refusal:
        return refusal.kind
    return "ok"


def compare(core: Core, case: int, model: Model, message: str) -> None:
    sheet = core.sheet(case)
    assert sheet is not None
    assert sheet.case["state"] == model.state, message
    assert [leg["state"] for leg in sheet.legs] == [leg.state for leg in model.legs], message
    counted = (sheet.case["returns"], sheet.case["redos"], sheet.case["supervised"])
    assert counted == (model.returns, model.redos, model.supervised), message


@pytest.mark.long
def test_random_histories_equal_the_plain_model(core: Core, clock: StillClock) -> None:
    cast = gather(core)
    acted = sum(one_history(core, cast, seed) for seed in range(HISTORIES))
    print(f"{HISTORIES} histories, {acted} effective steps, seeds 0..{HISTORIES - 1}")
    assert acted > HISTORIES * 8
    assert core.verify_log().ok
