"""Every move × every reader × every stage of a case: what is offered, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from bots.dingtalk.answers import Answers
from core import Actor, Command, Core
from core.errors import Malformed, MoveNotOpen, NotYours, Refusal, Unknown, WrongPost
from core.models.record import events
from core.views import CaseView
from tests.walls.stages import NAMES, Stages
from tests.walls.world import READERS, World

pytestmark = pytest.mark.xdist_group("walls-moves")
TABLE = yaml.safe_load((Path(__file__).parent / "moves.yaml").read_text(encoding="utf-8"))
PEOPLE = [name for name in READERS if name not in ("nobody", "no_post", "half", "token")]
CODES = {"水务局": "water", "河道站": "river", "海秀街道": "street"}
JUDGED = (Unknown, NotYours, WrongPost, MoveNotOpen, Malformed)
"""Refusals for who asks or where the case stands; any other would mean that the person was let in to the form."""


@pytest.fixture(scope="module")
def stages(world: World) -> Stages:
    return Stages(world)


def cells(table: Mapping[str, Any], stage: str) -> dict[str, str]:
    """What each reader may do at a stage of this table."""
    told = {reader: what for readers, what in table["stages"][stage].items() for reader in readers.split()}
    return {**dict.fromkeys(table["never"], "unknown"), **told}


def test_every_stage_has_every_reader() -> None:
    assert tuple(TABLE["stages"]) == NAMES
    for stage in NAMES:
        assert set(cells(TABLE, stage)) == set(PEOPLE), stage


@pytest.mark.parametrize("stage", NAMES)
def test_at_this_stage_each_reader_may_do_what_the_table_says(world: World, stages: Stages, stage: str) -> None:
    core, case = world.core, stages.bring(stage)
    whole = core.case_view(world.actor("dispatcher"), case)
    wrong = {}
    for reader, wanted in cells(TABLE, stage).items():
        actor = core.actor_for("dingtalk", READERS[reader])
        given = told(core, actor, case)
        if given != (wanted if wanted in ("sees", "unknown") else " ".join(sorted(wanted.split()))):
            wrong[reader] = f"{wanted!r} expected, {given!r} offered"
        wrong |= let_in(core, actor, whole, set(given.split()), reader)
    assert wrong == {}


def told(core: Core, actor: Actor, case: int) -> str:
    try:
        view = core.case_view(actor, case)
    except Unknown:
        return "unknown"
    return " ".join(sorted(name_of(view, move.action, move.leg) for move in view.moves)) or "sees"


def name_of(view: CaseView, action: str, leg: int | None) -> str:
    return action if leg is None else f"{action}@{CODES[next(one.unit for one in view.legs if one.id == leg)]}"


def let_in(core: Core, actor: Actor, whole: CaseView, given: set[str], reader: str) -> dict[str, str]:
    """Every move of both flows that was not offered, sent all the same: what went through, or reached the form."""
    flows, through = core.policy.flows, {}
    before = happened(core)
    targets = [("case", None, whole.state), *(("case_leg", leg.id, leg.state) for leg in whole.legs)]
    for flow, leg, state in targets:
        for action in {move.action for move in flows[flow].moves}:
            name = name_of(whole, action, leg)
            shut = not flows[flow].candidates(action, state)  # closed to everybody, so two people are enough to ask
            if name in given or (shut and reader not in ("dispatcher", "lead")):
                continue
            try:
                core.execute(Command(f"{reader}:{whole.no}:{name}", whole.id, action, actor, {}, leg, source="chat"))
                through[f"{reader} {name}"] = "done"
            except JUDGED:
                pass
            except Refusal as refusal:
                if reader not in TABLE["theirs"].get(action, "").split():
                    through[f"{reader} {name}"] = refusal.kind
    if happened(core) != before:
        through[reader] = "something happened"
    return through


def happened(core: Core) -> int:
    with core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(events)).scalar_one())


@pytest.mark.parametrize("reader", ["stranger", "strange_head", "far_contact", "far_leader", "system", "audit"])
def test_a_card_of_others_reads_like_a_card_of_no_case(world: World, stages: Stages, reader: str) -> None:
    """A forwarded card, a forged number: the answer to any button is the same for a foreign and for a missing case."""
    answers, core = Answers(world.core), world.core
    no = world.town.no(stages.signed())
    before = happened(core)
    for action in ("sign", "case_nudge", "case_reveal", "report"):
        told = []
        for number in (no, "XYZJ20260309999999"):
            content = f'{{"cardPrivateData": {{"actionIds": ["{action}"], "params": {{"seq": "1", "case_seq": "1"}}}}}}'
            data = {"userId": READERS[reader], "outTrackId": f"{number}:1", "content": content}
            told.append(str(answers.answer(f"{reader}:{number}:{action}", data)).replace(number, "…"))
        assert told[0] == told[1], action
        assert "没有找到" in told[0] or "岗位" in told[0], told[0]
    assert happened(core) == before
