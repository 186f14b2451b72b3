"""Every foreseeable no at the one door: one clear sentence, nothing changed, nothing lost."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core import Command, Core
from core.errors import (
    Ambiguous,
    BadField,
    FieldMissing,
    Malformed,
    MoveNotOpen,
    NoPost,
    NotKnownHere,
    TooLong,
    Unknown,
    UnknownUnit,
    WrongPost,
)
from core.models.people import people, posts
from core.models.record import events
from tests.builders import (
    LEAD,
    a_case,
    act,
    clerk,
    desk,
    dispatched,
    fresh_key,
    head,
    last_entry,
    leg_of,
    refused,
    rows,
    signed,
    someone,
    states,
)

# --- who and what is not known --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**63, 10**40])
def test_a_case_that_is_not_there_is_unknown(core: Core, number: int) -> None:
    refused(Unknown, core, desk(core), number, "dispatch", lead=LEAD)


def test_a_leg_of_another_case_is_unknown(core: Core) -> None:
    mine, other = dispatched(core), dispatched(core)
    refused(Unknown, core, clerk(core), mine, "sign", leg_of(core, other, LEAD)["id"])


@pytest.mark.parametrize("words", ["火星局", "局长", "%", "_", "' OR 1=1 --"])
def test_a_unit_nobody_knows_is_named_in_the_refusal(core: Core, words: str) -> None:
    refusal = refused(UnknownUnit, core, desk(core), a_case(core), "dispatch", other_unit=words)
    assert words[:20] in str(refusal)


def test_an_ambiguous_unit_offers_its_readings(core: Core) -> None:
    refusal = refused(Ambiguous, core, desk(core), a_case(core), "dispatch", other_unit="街道")
    assert "秀英街道" in str(refusal)
    assert "海秀街道" in str(refusal)


def test_the_wrong_post_is_told_which_one_is_right(core: Core) -> None:
    """R102: somebody with two posts acts from the one that does not hold the case."""
    case = dispatched(core, "sanitation_company")
    who = someone(core, "xy083")
    assert who.unit_name == "环卫所"
    refusal = refused(WrongPost, core, who, case, "sign", "sanitation_company")
    assert "环卫公司" in str(refusal)
    assert "岗位" in str(refusal)


def test_a_disabled_person_is_refused_at_once(core: Core) -> None:
    with core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.code == "p021").values(active=False))
    with pytest.raises(NotKnownHere):
        someone(core, "xy021")


def test_a_person_whose_posts_ended_is_refused_at_once(core: Core) -> None:
    who = someone(core, "xy021")
    with core.engine.begin() as tx:
        tx.execute(update(posts).where(posts.c.person_id == who.person).values(active=False))
    with pytest.raises(NoPost):
        someone(core, "xy021")


# --- what nobody should send ------------------------------------------------------------------------------------------


def test_ten_megabytes_of_text_are_refused_in_one_sentence(core: Core) -> None:
    case = signed(core)
    refusal = refused(TooLong, core, clerk(core), case, "report", LEAD, result="长" * 10_000_000)
    assert str(refusal) == "「办理结果」太长了，请控制在2000字以内。"
    assert states(core, case) == ("handling", "handling")


@pytest.mark.parametrize("field", ["lead", "other_unit", "support"])
def test_ten_megabytes_of_units_are_not_looked_up(core: Core, field: str) -> None:
    refused(TooLong, core, desk(core), a_case(core), "dispatch", **{"lead": LEAD, field: "城管局、" * 2_500_000})


@pytest.mark.parametrize("mark", ["\0", "\ud83d", "\x1b[2J"])
@pytest.mark.parametrize("field", ["lead", "other_unit", "support", "opinion"])
def test_text_that_cannot_be_stored_is_refused_and_changes_nothing(core: Core, field: str, mark: str) -> None:
    case = a_case(core)
    refused(BadField, core, desk(core), case, "dispatch", **{"lead": LEAD, field: f"城管{mark}局"})
    assert states(core, case) == ("pending",)
    assert last_entry(core).reason == "BadField"


def test_fields_nobody_asked_for_are_neither_read_nor_kept(core: Core) -> None:
    case = dispatched(core)
    act(core, clerk(core), case, "sign", LEAD, gift="\0\ud800", lead="火星局")
    assert rows(core, events, events.c.name == "signed")[0].facts == {}


@pytest.mark.parametrize("key", ["x" * 10_000, "web:\0", "web:\ud800", "web:\n"])
def test_a_key_that_cannot_be_kept_is_refused_and_logged(core: Core, key: str) -> None:
    case = dispatched(core)
    with pytest.raises(Malformed):
        core.execute(Command(key, case, "sign", clerk(core), {}, leg_of(core, case, LEAD)["id"]))
    assert states(core, case) == ("dispatched", "to_sign")
    assert last_entry(core).reason == "Malformed"


@pytest.mark.parametrize("action", ["dance", "签收\0\ud800", "x" * 10_000])
def test_an_action_nobody_knows_is_refused_in_one_sentence(core: Core, action: str) -> None:
    refusal = refused(MoveNotOpen, core, desk(core), a_case(core), action)
    assert len(str(refusal)) < 60


def test_a_required_field_is_asked_for_by_its_name(core: Core) -> None:
    case = dispatched(core)
    refusal = refused(FieldMissing, core, head(core), case, "oversee", key=fresh_key())
    assert str(refusal) == "请填写「督办意见」后再督办。"
