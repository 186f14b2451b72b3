"""Search by words: two characters on every database, whatever else there is; and numbers that stop at 999+."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from core import Core, word_index
from core.models.cases import case_legs, cases
from core.people import HOTLINE
from core.queries import lists
from core.views import counted
from tests.builders import LEAD, OTHER, a_case, a_ticket, clerk, closed, desk, dispatched, fresh_key, person


def found(core: Core, words: str, who: Any = None) -> list[int]:
    return [item.id for item in core.find(who or desk(core), words, size=50).items]


def copies(core: Core, case: int, count: int, **changes: Any) -> None:
    """So many more cases like this one, with its parts, older than it and straight into the tables."""
    with core.engine.begin() as tx:
        row = dict(tx.execute(select(cases).where(cases.c.id == case)).mappings().one())
        legs = [dict(leg) for leg in tx.execute(select(case_legs).where(case_legs.c.case_id == case)).mappings()]
        del row["id"]
        for number in range(count):
            no = f"XYRX2024{number:010}"
            new = {**row, "no": no, "no_reversed": no[::-1], "outside_no": None, **changes}
            made = tx.execute(insert(cases).returning(cases.c.id), new).scalar_one()
            word_index.CASES.note(tx, made, (new[name] for name in word_index.CASES.columns))
            for leg in legs:
                tx.execute(insert(case_legs), {**{k: v for k, v in leg.items() if k != "id"}, "case_id": made})


# --- words ----------------------------------------------------------------------------------------------------------


def test_two_characters_find_what_is_over_by_the_index_alone(core: Core) -> None:
    over = closed(core, title="海口湾边垃圾成堆", content="三天没有清运", place="海口湾")
    closed(core)
    assert found(core, "垃圾") == found(core, "清运") == found(core, "口湾") == [over]
    with core.engine.begin() as tx:
        tx.execute(
            text("DELETE FROM case_words") if tx.dialect.name == "postgresql" else word_index.CASES.empty["sqlite"]
        )
    assert found(core, "垃圾") == [], "what is over is not read through, only looked up"
    with core.engine.begin() as tx:
        word_index.CASES.rebuild(tx)
    assert found(core, "垃圾") == [over]


def test_neighbours_must_stand_together(core: Core) -> None:
    closed(core, title="水头村停电", content="停电了，自来水正常", place="头村")
    assert found(core, "停水") == []
    assert found(core, "来水停") == [], "every pair is there, the word is not"


def test_every_word_must_be_there_and_letters_may_be_great_or_small(core: Core) -> None:
    both = closed(core, title="KTV 夜里太吵", content="港口路的店", place="港口路")
    closed(core, title="港口路积水", content="没过脚面", place="港口路")
    assert found(core, "港口路 ktv") == found(core, "ktv") == found(core, "Ktv　夜里") == [both]


def test_one_character_is_looked_for_in_what_is_open_and_in_the_newest(core: Core) -> None:
    done, waits = closed(core, title="井盖松动"), a_case(core, title="井盖丢失")
    assert found(core, "井") == [waits, done], "what is still open comes first"


def test_a_changed_text_is_found_by_its_new_words_alone(core: Core) -> None:
    case = a_case(core, outside_no="HK-1", title="路灯不亮", content="全黑", place="长流镇")
    ticket = a_ticket(outside_no="HK-1", revision=2, title="井盖松动", content="老人怕踩空", place="长流镇")
    core.register(fresh_key(), ticket, HOTLINE, "feed")
    with core.engine.begin() as tx:
        tx.execute(update(cases).values(state="archived"))
    assert found(core, "井盖") == found(core, "长流") == [case]
    assert found(core, "路灯") == []


def test_a_unit_finds_its_own_and_nothing_else(core: Core) -> None:
    case = closed(core, title="化粪池满溢")
    assert found(core, "粪池", clerk(core)) == [case]
    assert found(core, "粪池", clerk(core, OTHER)) == found(core, "粪", clerk(core, OTHER)) == []


def test_a_rare_word_is_found_under_a_mountain_of_common_ones(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    rare = closed(core, title="港口路白鹭受伤", place="港口路")
    copies(core, closed(core), 12)
    monkeypatch.setattr(lists, "READ", 5)
    assert found(core, "白鹭") == [rare]
    page = core.find(desk(core), "港口")
    assert (page.total, page.said) == (5, "5+"), "it says that there may be more"
    ours = core.find(clerk(core), "港口")
    assert ours.total >= 5
    assert core.find(clerk(core, OTHER), "港口").total == 0


# --- numbers --------------------------------------------------------------------------------------------------------


def test_a_number_of_cases_is_said_one_way() -> None:
    assert [counted(number) for number in (0, 7, 999, 1000, 1_000_000)] == ["0", "7", "999", "999+", "999+"]
    assert [counted(25, more=True), counted(0, more=True)] == ["25+", "0"]


def test_what_is_over_is_counted_to_a_limit_alike_on_the_card_and_in_the_list(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies(core, closed(core), 14)
    monkeypatch.setattr("core.queries.lists.MOST", 10)
    monkeypatch.setattr("core.views.MOST_SAID", 9)
    for who in (desk(core), clerk(core), person(core, "desk_head")):
        told = {tally.key: tally.said for tally in core.home(who).tallies}
        for key in ("done", "all"):
            page = core.work(who, key, page=99, size=4)
            assert page.said == told[key] == "9+"
            assert (page.page, page.pages) == (3, 3)


def test_what_is_over_comes_newest_first(core: Core) -> None:
    first, second = closed(core), closed(core)
    for who in (desk(core), clerk(core)):
        assert [item.id for item in core.work(who, "done").items] == [second, first]
        assert [item.id for item in core.work(who, "all").items] == [second, first]


def test_a_narrower_list_says_when_it_looked_at_the_newest_only(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    old = closed(core, channel="SZ")
    copies(core, closed(core), 6)
    monkeypatch.setattr(lists, "WALK", 5)
    monkeypatch.setattr(lists, "MOST", 4)
    assert [item.id for item in core.work(desk(core), "all", channel="SZ").items] == [old], "a source has its index"
    narrow = core.work(clerk(core), "all", channel="SZ")
    assert (narrow.total, narrow.more, narrow.said) == (0, True, "0")


@pytest.mark.parametrize("words", ["路积", "港口路", "SZ", "没过 车辆"])
def test_words_narrow_every_list(core: Core, words: str) -> None:
    waits, over = dispatched(core), closed(core)
    assert core.work(desk(core), "done", words=words).total == int(words != "SZ")
    assert core.work(clerk(core, LEAD), "done", words=words).total == int(words != "SZ")
    ids = [item.id for item in core.work(clerk(core, LEAD), "todo", words=words).items]
    assert ids == ([] if words == "SZ" else [waits])
    assert over not in ids


# --- the index ------------------------------------------------------------------------------------------------------


def test_pairs_are_of_letters_and_characters_that_stand_together() -> None:
    def said(*texts: str) -> list[str]:
        return [chr(pair >> 21) + chr(pair & (1 << 21) - 1) for pair in word_index.pairs(*texts)]

    assert said("积水，没过", "积水") == ["积水", "没过"]
    assert said("A1 路") == ["a1"]
    assert said("", "水") == []


@pytest.mark.parametrize("words", ['" OR "', "NOT 积", "words:积水 *", "积水)", "-积水", "^积水", "{积水}"])
def test_signs_of_the_index_mean_nothing(core: Core, words: str) -> None:
    closed(core)
    assert found(core, words) == []
