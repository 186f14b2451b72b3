"""A submitted briefing in a leader's chat: the card says what was frozen, and its link opens it."""

from __future__ import annotations

import json

from tests.builders import confirmed, desk, head
from tests.contract.dingtalk_rig import Rig


def test_a_leader_gets_the_card_of_a_briefing_once(rig: Rig) -> None:
    core = rig.core
    confirmed(core)
    core.measures.fold()
    draft = core.briefings.begin(desk(core), "day", core.today())
    number = core.briefings.submit(
        head(core), draft, core.briefings.draft(head(core), draft).seq, {"summary": "今天平稳。"}
    )
    view = core.briefings.one(head(core), number)
    for _ in range(2):
        core.briefings.sending.send(head(core), view, ["leaders"])
        rig.deliver()
    leader = next(one.dingtalk for one in core.directory().by_role["district_leader"] if one.dingtalk)
    (track,) = [one for one in rig.sandbox.cards_of(leader) if one.startswith("briefing:")]
    face = rig.sandbox.face(leader, track)
    assert face["title"] == "日报 · 2026年3月9日 周一"
    assert face["words"] == "今天平稳。"
    told = {row["k"]: row["v"] for row in json.loads(face["rows"])}
    assert told["登记"].startswith(f"{view.figures.row('registered.registered').now.text} 件")
    assert face["link"].endswith(f"/m/briefings/{number}")
    assert rig.sandbox.warnings() == []
