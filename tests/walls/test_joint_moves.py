"""Every move × every reader × every stage of a joint order: what is offered, and what is refused (B1, B2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core import Actor, Command, Core
from core.errors import Refusal, Unknown
from core.joint_views import JointView
from core.people import CLOCK
from tests.walls.test_moves import JUDGED, PEOPLE, cells, happened
from tests.walls.world import READERS, World

pytestmark = pytest.mark.xdist_group("walls-joint")
TABLE = yaml.safe_load((Path(__file__).parent / "joint_moves.yaml").read_text(encoding="utf-8"))
CODES = {"市监局": "market", "海秀街道": "street"}
FED = {"measures": "查清来源", "result": "已整改", "next_step": "下月复查"}
PLEASED = {"pleased": "pleased"}
STAGES: dict[str, tuple[str, str, str, dict[str, str]] | None] = {
    # stage → who does what at which part, with which form
    "raised": None,
    "refused": ("market", "refuse", "market", {"reason": "不属本单位职责", "basis": "三定方案第三条"}),
    "disputed": ("water", "contest", "market", {"reason": "属你单位职责"}),
    "coming": ("market", "accept", "market", {}),
    "signing": ("water", "start_check_in", "", {}),
    "late_asked": ("market", "check_in_late", "market", {"place": "公交站旁", "note": "路上堵车"}),
    "on_site": ("market", "check_in", "market", {}),
    "reporting": ("water", "end_meeting", "", {}),
    "in_review": ("market", "report", "market", FED),
    "fed_back": ("market_head", "approve", "market", {}),
    "closing": ("water", "close_over", "", {"unfed": "{street}"}),
    "rating": ("water_head", "approve_close", "", {}),
    "one_rated": ("water", "rate_unit", "market", PLEASED),
    "done": ("market", "rate_sponsor", "market", PLEASED),
    "reviewed": ("clock", "draft_review", "", {"note": "超时 1 次"}),
}
AFTER = {"coming": "raised", "on_site": "signing"}
"""The stage before, where it is not the line above."""


class Orders:
    """Brings fresh joint orders to a stage: 水务局 called 市监局, and 海秀街道, which never answers."""

    def __init__(self, world: World) -> None:
        self._core, self._town, self._count = world.core, world.town, 0

    def bring(self, stage: str) -> int:
        """The id of a fresh order at this stage."""
        step = STAGES[stage]
        if step is None:
            self._count += 1
            form = {
                "title": f"第{self._count}处油烟扰民", "flag_kind": "ecology", "flag_reason": "beyond_us",
                "matter": "查清来源", "units": "市监局、海秀街道", "meet_at": "3月30日 15:00", "place": "公交站",
            }  # fmt: skip
            return self._core.joints.raise_flag(f"flag:{self._count}", form, self._town.actor("water")).case
        names = list(STAGES)
        order = self.bring(AFTER.get(stage) or names[names.index(stage) - 1])
        login, action, unit, form = step
        legs = {CODES[leg.unit]: leg.id for leg in self._core.joints.view(self._town.actor("desk"), order).legs}
        told = {name: value.format(**legs) for name, value in form.items()}
        actor, leg = CLOCK if login == "clock" else self._town.actor(login), legs.get(unit)
        self._core.execute(Command(f"{order}:{stage}", order, action, actor, told, leg, flow="joint_order"))
        return order


@pytest.fixture(scope="module")
def orders(world: World) -> Orders:
    return Orders(world)


def test_every_stage_has_every_reader() -> None:
    assert tuple(TABLE["stages"]) == tuple(STAGES)
    for stage in STAGES:
        assert set(cells(TABLE, stage)) == set(PEOPLE), stage


@pytest.mark.parametrize("stage", STAGES)
def test_at_this_stage_of_a_joint_order_each_reader_may_do_what_the_table_says(
    world: World, orders: Orders, stage: str
) -> None:
    core, order = world.core, orders.bring(stage)
    whole = core.joints.view(world.actor("dispatcher"), order)
    wrong = {}
    for reader, wanted in cells(TABLE, stage).items():
        actor = core.actor_for("dingtalk", READERS[reader])
        given = told(core, actor, order)
        if given != (wanted if wanted in ("sees", "unknown") else " ".join(sorted(wanted.split()))):
            wrong[reader] = f"{wanted!r} expected, {given!r} offered"
        wrong |= let_in(core, actor, whole, set(given.split()), reader)
    assert wrong == {}


def told(core: Core, actor: Actor, order: int) -> str:
    try:
        view = core.joints.view(actor, order)
    except Unknown:
        return "unknown"
    return " ".join(sorted(name_of(view, move.action, move.leg) for move in view.moves)) or "sees"


def name_of(view: JointView, action: str, leg: int | None) -> str:
    return action if leg is None else f"{action}@{CODES[next(one.unit for one in view.legs if one.id == leg)]}"


def let_in(core: Core, actor: Actor, whole: JointView, given: set[str], reader: str) -> dict[str, str]:
    """Every move that was not offered, sent all the same: what went through, or reached the form."""
    through, before = {}, happened(core)
    targets: list[tuple[str, int | None]] = [("joint_order", None), *(("joint_leg", leg.id) for leg in whole.legs)]
    for flow, leg in targets:
        for action in {move.action for move in core.policy.flows[flow].moves}:
            name = name_of(whole, action, leg)
            if name in given:
                continue
            form: dict[str, Any] = {"meet_at": "何时"} if action == "adjust" else {}
            try:
                command = Command(f"{reader}:{whole.no}:{name}", whole.id, action, actor, form, leg, flow="joint_order")
                core.execute(command)
                through[f"{reader} {name}"] = "done"
            except JUDGED:
                pass
            except Refusal as refusal:
                if reader not in TABLE["theirs"].get(action, "").split():
                    through[f"{reader} {name}"] = refusal.kind
    if happened(core) != before:
        through[reader] = "something happened"
    return through
