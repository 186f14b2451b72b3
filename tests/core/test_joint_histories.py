"""Random histories of joint orders with up to six units against the plain model.

Among them: two people on one card at the same moment, answers that come late, rulings that race with closing, redo
while the ratings run.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from core import Actor, Command, Core, Refusal
from core.people import CLOCK
from core.queries.joint_sheet import JointSheet
from tests.core.joint_model import LEG_OPEN, OPEN, SPONSOR, Leg, Order, Who

HISTORIES = int(os.environ.get("HISTORIES", "200"))
STEPS = 26
UNITS = ("water", "housing", "transport", "ecology", "planning", "xiuying")
"""All in charge of one district leader, and each with clerks and a head of its own."""
KINDS = ("two at once", "one card", "ruling and closing", "redo in rating", "late answer")
"""What must occur in a tenth as many histories at the least."""
RARE = ("close_over", "adjust", "urge", "remind", "hand_on", "redo", "redo_all", "end_rating", "refuse_close",
        "send_back", "refuse_late")  # fmt: skip


@dataclass(frozen=True)
class Player:
    who: Who
    actor: Actor


def gather(core: Core) -> list[Player]:
    directory = core.directory()
    found: list[Player] = []
    for code in (SPONSOR, *UNITS):
        for holder in directory.by_unit[directory.by_word[code]]:
            if holder.role in ("unit_clerk", "unit_head"):
                found.append(Player(Who("unit", code, holder.role == "unit_head"), holder.actor))
    inside = directory.by_word["water"]
    for role, kind in (("district_leader", "leader"), ("contact_person", "contact")):
        for holder in directory.by_role[role]:
            found.append(Player(Who(kind, here=inside in holder.actor.in_charge), holder.actor))
    found.append(Player(Who("centre"), directory.by_role["dispatcher"][0].actor))
    found.append(Player(Who("clock"), CLOCK))
    return found


def a_form(
    chance: random.Random, core: Core, action: str, model: Order, leg: int | None, sheet: JointSheet
) -> tuple[dict[str, str], dict[str, str]]:
    """The form as the core gets it, and what it means to the model."""
    if action == "adjust":
        day, place = chance.choice((1, 2, 3)), chance.choice(("港口路", "海秀路"))
        return {"meet_at": f"3月{9 + day}日 15:00", "place": place}, {"day": str(day), "place": place}
    if action == "close_over":
        unfed = model.unfed() if chance.random() < 0.8 else [0, 99]
        ids = [sheet.legs[n]["id"] if n < len(sheet.legs) else n for n in unfed]
        return {"unfed": ",".join(map(str, ids)) or "0"}, {"confirmed": ",".join(map(str, unfed))}
    if action == "hand_on" and leg is not None:
        unit = model.legs[leg].unit if chance.random() < 0.7 else "market"
        holder = chance.choice(core.directory().by_unit[core.directory().by_word[unit]])
        by_name = {"other_person": f"{core.directory().unit_name(holder.unit)}{holder.name}"}
        named = by_name if chance.random() < 0.3 else {"next_person": str(holder.person)}
        return {**named, "note": "请接着办"}, {"known": "yes" if unit != "market" else ""}
    if action in ("rate_unit", "rate_sponsor"):
        pleased, why = chance.choice(("pleased", "displeased")), chance.choice(("", "来晚了"))
        form = {"pleased": pleased, "displeasure": why}
        return form, form
    if action == "report":
        form = {"measures": "抽排", "result": "已通", "next_step": chance.choice(("", "三日内复查"))}
        return form, form
    forms = {
        "keep_promise": {"note": "已复查"},
        "drop_basis": {"basis_file": "no-such-file"},
        "refuse": {"reason": "不属本单位职责", "basis": "三定方案"},
        "contest": {"reason": "属你单位职责"},
        "rule_in": {"basis": "权责清单"},
        "check_in_late": {"place": "现场", "note": "忘了签到"},
        "refuse_late": {"reason": "当时不在现场"},
        "send_back": {"reason": "写清楚"},
        "redo": {"reason": "没有做完"},
        "redo_all": {"reason": "没有做完"},
        "refuse_close": {"reason": "再看看"},
        "relaunch": {"units": "水务局", "meet_at": "3月20日 9:00", "flag_reason": "emergency"},
    }
    return forms.get(action, {}), {}


@dataclass(frozen=True)
class Try:
    """Somebody trying something, with the face their button was drawn on."""

    player: Player
    action: str
    leg: int | None
    given: dict[str, str]
    meant: dict[str, str]
    seen: int

    def command(self, key: str, order: int, sheet: JointSheet) -> Command:
        leg = None if self.leg is None else sheet.legs[self.leg]["id"]
        return Command(key, order, self.action, self.player.actor, self.given, leg, self.seen, flow="joint_order")

    def on(self, model: Order) -> str:
        return model.do(self.player.who, self.action, self.leg, self.meant, self.seen)


def one_history(core: Core, second: Core, cast: list[Player], seed: int, kinds: Counter[str]) -> int:
    """Play one history and compare after every step; returns how many steps had an effect.

    Now and then two people act at the same moment, each through a core of their own: what comes of it must be what one
    of the two orders gives. `kinds` counts the situations that must occur.
    """
    chance = random.Random(seed)
    codes = chance.sample(UNITS, chance.randint(1, len(UNITS)))
    raiser = next(one.actor for one in cast if one.who == Who("unit", SPONSOR))
    form = {
        "title": "港口路积水", "flag_kind": "water", "flag_reason": "beyond_us", "matter": "查清积水原因并排除",
        "units": "、".join(codes), "meet_at": "3月10日 15:00", "place": "港口路",
    }  # fmt: skip
    order, model = core.joints.raise_flag(f"joint:{seed}", form, raiser).case, Order([Leg(code) for code in codes])
    told: list[object] = []
    acted, sheet = 0, core.joints.sheet(order)
    for step in range(STEPS):
        wishes: list[Wish | None] = [*wished(chance, model)]
        tries = [a_try(chance, core, cast, model, sheet, wish=one) for one in wishes or [None]]
        if not wishes and chance.random() < 0.2:
            tries.append(a_try(chance, core, cast, model, sheet, tries[0].leg if chance.random() < 0.5 else None))
        note(kinds, model, tries)
        commands = [one.command(f"joint:{seed}:{step}:{n}", order, sheet) for n, one in enumerate(tries)]
        got = at_once((core, second), commands)
        ways = [way_of(model, tries), *([way_of(model, tries[::-1])] if len(tries) > 1 else [])]
        told.append(([(one.player.who, one.action, one.leg, one.meant) for one in tries], got))
        fitting = [one for outcomes, one in zip([ways[0][0], *(way[0][::-1] for way in ways[1:])], ways, strict=True)
                   if outcomes == got]  # fmt: skip
        assert fitting, f"seed {seed}, got {got}, expected one of {[way[0] for way in ways]}, history {told}"
        assert at_once((core, second), commands) == got, "the same key must get the same answer"
        sheet = core.joints.sheet(order)
        now = stand(sheet)
        found = next((one for _, one in fitting if stand_of(one) == now), None)
        assert found is not None, f"seed {seed}: {now} ≠ {[stand_of(one) for _, one in fitting]}, history {told}"
        model = found
        acted += got.count("ok")
    return acted


Wish = tuple[str, int | None]


def wished(chance: random.Random, model: Order) -> list[Wish]:
    """What chance alone would bring too seldom: a ruling beside a closing, a redo while the ratings run."""
    disputed = [n for n, leg in enumerate(model.legs) if leg.state == "disputed"]
    if disputed and model.state not in ("to_rate", "completed") and chance.random() < 0.4:
        ending = "approve_close" if model.state == "close_review" else "close_over"
        return [(chance.choice(("rule_in", "rule_out")), chance.choice(disputed)), (ending, None)]
    fed = [n for n, leg in enumerate(model.legs) if leg.state == "fed_back"]
    if fed and model.state == "to_rate" and chance.random() < 0.3:
        return [chance.choice((("redo", chance.choice(fed)), ("redo_all", None)))]
    return []


def way_of(model: Order, tries: list[Try]) -> tuple[list[str], Order]:
    """What the model says when they act in this order, and how it stands then."""
    after = model.copy()
    return [one.on(after) for one in tries], after


def at_once(cores: tuple[Core, Core], commands: list[Command]) -> list[str]:
    """The outcomes of commands given at the same moment, each through its own core."""
    if len(commands) == 1:
        return [outcome(cores[0], commands[0])]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(outcome, cores, commands))


def note(kinds: Counter[str], model: Order, tries: list[Try]) -> None:
    """Count the situations that the histories are there for."""
    acts = {one.action for one in tries}
    rules = acts & {"rule_in", "rule_out"}
    kinds["two at once"] += len(tries) > 1
    kinds["one card"] += len(tries) > 1 and len({one.leg for one in tries}) == 1
    kinds["ruling and closing"] += bool(rules) and (
        model.state == "close_review" or bool(acts & {"close", "close_over", "approve_close"})
    )
    kinds["redo in rating"] += model.state == "to_rate" and bool(acts & {"redo", "redo_all"})
    for one in tries:
        late = one.leg is not None and (model.legs[one.leg].overdue > 0 or model.state not in ("answering", "signing"))
        kinds["late answer"] += one.action in ("accept", "refuse", "check_in_late", "report") and late


def a_try(
    chance: random.Random, core: Core, cast: list[Player], model: Order, sheet: JointSheet, rival: int | None = None,
    wish: Wish | None = None,
) -> Try:  # fmt: skip
    """Somebody trying something: mostly what the model says is theirs to do now, sometimes anything at all.

    `rival`: the leg somebody else acts on at this moment; `wish`: what it is to be.
    """
    for patience in range(12 if chance.random() < 0.85 else 1, 0, -1):
        leg = rival if rival is not None else chance.randrange(len(model.legs)) if chance.random() < 0.75 else None
        table, state = (OPEN, model.state) if leg is None else (LEG_OPEN, model.legs[leg].state)
        usual = [action for action, states in table.items() if state in states and action not in RARE]
        action = chance.choice(usual if usual and patience > 1 and chance.random() < 0.9 else [*table])
        action, leg = wish or (action, leg)
        given, meant = a_form(chance, core, action, model, leg, sheet)
        answers = {who: model.would(who, action, leg, meant) for who in {one.who for one in cast}}
        willing = [one for one in cast if answers[one.who] == "ok"]
        theirs = [one for one in cast if answers[one.who] != "NotYours"]
        player = chance.choice(willing if willing and patience > 1 else theirs if wish and theirs else cast)
        if willing or wish:
            break
    seq = sheet.order["seq"] if leg is None else sheet.legs[leg]["seq"]
    return Try(player, action, leg, given, meant, seq - 1 if chance.random() < 0.08 else seq)


def outcome(core: Core, command: Command) -> str:
    try:
        core.execute(command)
    except Refusal as refusal:
        return refusal.kind
    return "ok"


def stand(sheet: JointSheet) -> list[object]:
    """How an order stands, in every word the model has for it."""
    legs = [
        (
            leg["state"], leg["seq"], leg["barred"], leg["late"], leg["round"], leg["overdue"],
            leg["shown_at"] is not None, leg["due_at"] is not None, sheet.facts.leg(leg["id"]).promised,  # type: ignore[union-attr]
        )
        for leg in sheet.legs
    ]  # fmt: skip
    head = sheet.order
    began, met = head["check_in_from"] is not None, head["met_at"] is not None
    return [(head["state"], head["seq"], began, met, len(sheet.later)), *legs]


def stand_of(model: Order) -> list[object]:
    """The same of the model."""
    running = ("invited", "return_review", "disputed", "reporting")
    legs = [
        (
            leg.state,
            leg.seq,
            leg.barred,
            leg.late,
            leg.round,
            leg.overdue,
            leg.shown,
            leg.state in running,
            leg.promised,
        )
        for leg in model.legs
    ]
    return [(model.state, model.seq, model.began, model.met, model.children), *legs]


@pytest.mark.long
def test_random_histories_of_joint_orders_equal_the_plain_model(core: Core, second: Core) -> None:
    cast, kinds = gather(core), Counter[str]()
    acted = sum(one_history(core, second, cast, seed, kinds) for seed in range(HISTORIES))
    print(f"{HISTORIES} histories, {acted} effective steps, seeds 0..{HISTORIES - 1}; {dict(kinds)}")
    assert acted > HISTORIES * 12
    assert {name for name in KINDS if kinds[name] < HISTORIES // 10} == set(), kinds
    assert core.verify_log().ok
