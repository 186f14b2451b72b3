"""岗位切换 (R102): a person acts from one post at a time, and everything they do is signed by person and post."""

from __future__ import annotations

import pytest

from core import Core
from core.errors import NotYours, Unknown, WrongPost
from core.models.record import audit_log, events
from core.people import Actor
from tests.builders import a_case, act, desk, dispatched, fresh_key, refused, rows, someone, states

TWO_POSTS = "xy083"  # a clerk of the sanitation office, who also supervises at the sanitation company
FIRST, SECOND = "sanitation", "sanitation_company"


def switched(core: Core, who: Actor) -> Actor:
    return core.switch_post(fresh_key("switch"), who, who.others[0].id)


def test_a_person_begins_at_their_first_post_and_knows_the_others(core: Core) -> None:
    who = someone(core, TWO_POSTS)
    assert who.unit_name == "环卫所"
    assert [post.unit_name for post in who.others] == ["环卫公司"]
    assert [(post.unit_name, post.current) for post in core.posts(who)] == [("环卫所", True), ("环卫公司", False)]


def test_after_switching_the_other_post_acts_and_signs(core: Core) -> None:
    case = dispatched(core, SECOND)
    who = someone(core, TWO_POSTS)
    refused(WrongPost, core, who, case, "sign", SECOND)
    now = switched(core, who)
    act(core, now, case, "sign", SECOND)
    row = rows(core, events, events.c.case_id == case, events.c.name == "signed")[0]
    assert (row.person_id, row.post_id, row.unit_id) == (who.person, who.others[0].id, who.others[0].unit)
    entry = rows(core, audit_log, audit_log.c.event_id == row.id)[0]
    assert (entry.actor_person, entry.actor_post) == (who.person, who.others[0].id)
    assert "环卫公司 王晓荣" in core.case_view(desk(core), case).timeline[2].who


def test_each_act_keeps_the_post_it_was_done_from(core: Core) -> None:
    mine, theirs = dispatched(core, FIRST), dispatched(core, SECOND)
    who = someone(core, TWO_POSTS)
    act(core, who, mine, "sign", FIRST)
    now = switched(core, who)
    act(core, now, theirs, "sign", SECOND)
    signed = rows(core, events, events.c.name == "signed")
    assert [row.person_id for row in signed] == [who.person] * 2
    assert [row.post_id for row in signed] == [who.post, now.post]


def test_the_choice_is_remembered_on_that_channel_alone(core: Core) -> None:
    who = someone(core, TWO_POSTS)
    switched(core, who)
    assert someone(core, TWO_POSTS).unit_name == "环卫公司"
    assert core.actor_for("web", str(who.person)).unit_name == "环卫所"


def test_switching_back_is_switching_too_and_both_are_logged(core: Core) -> None:
    who = someone(core, TWO_POSTS)
    back = switched(core, switched(core, who))
    assert back.post == who.post
    entries = rows(core, audit_log, audit_log.c.action == "post.switched")
    assert [(entry.actor_person, entry.result) for entry in entries] == [(who.person, "done")] * 2
    assert core.verify_log().ok


@pytest.mark.parametrize("post", [0, 999_999])
def test_a_post_that_is_not_theirs_is_refused_and_logged(core: Core, post: int) -> None:
    who = someone(core, TWO_POSTS)
    for wanted in (post, desk(core).post or 0):
        with pytest.raises(Unknown):
            core.switch_post(fresh_key("switch"), who, wanted)
    assert someone(core, TWO_POSTS).post == who.post
    assert rows(core, audit_log, audit_log.c.action == "post.switched")[-1].result == "refused"


def test_a_post_gives_only_its_own_rights(core: Core) -> None:
    """The other posts of a person are a hint in the refusal, never a right."""
    case = a_case(core)
    who = someone(core, TWO_POSTS)
    refused(NotYours, core, who, case, "dispatch", lead=FIRST)
    mine = dispatched(core, FIRST)
    now = switched(core, who)
    refused(WrongPost, core, now, mine, "sign", FIRST)
    assert states(core, mine) == ("dispatched", "to_sign")
    assert core.work(now, "all").total == 0


def test_lists_follow_the_post(core: Core) -> None:
    dispatched(core, SECOND)
    who = someone(core, TWO_POSTS)
    assert core.home(who).tallies[1].count == 0
    assert core.home(switched(core, who)).tallies[1].count == 1
