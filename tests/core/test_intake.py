"""Opening a case (domain-rules §2.5): its number, its revisions, one case a ticket, and nothing personal in plain."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core import Core
from core.errors import BadField, DifferentBody, FieldMissing, TooLong
from core.models.cases import cases, revisions
from core.models.record import audit_log, events
from core.numbers import is_number
from core.people import HOTLINE
from tests.builders import a_case, a_ticket, act, clerk, desk, dispatched, events_of, fresh_key, rows
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.town import a_core

NAME, PHONE, ADDRESS, MAIL = "欧阳秀英", "13876543210", "港口路 88 号 3 单元 502", "ouyang@example.test"


def number(core: Core, case: int) -> str:
    return str(case_of(core, case)["no"])


# --- numbers --------------------------------------------------------------------------------------------------------


def check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10 as the standard words it."""
    product = 10
    for digit in digits:
        product = 2 * ((product + int(digit)) % 10 or 10) % 11
    return str((11 - product) % 10)


def test_a_number_is_channel_day_sequence_and_check_digit(core: Core) -> None:
    no = number(core, a_case(core, channel="SZ"))
    assert re.fullmatch(r"XYSZ2026030900001\d", no)
    assert no[-1] == check_digit(no[4:-1])
    assert is_number(no)


def test_one_wrong_digit_or_two_swapped_make_no_number(core: Core) -> None:
    no = number(core, a_case(core))
    for at in range(4, 18):
        assert not is_number(no[:at] + str((int(no[at]) + 1) % 10) + no[at + 1 :])
    for at in range(4, 17):
        swapped = no[:at] + no[at + 1] + no[at] + no[at + 2 :]
        assert swapped == no or not is_number(swapped)


@pytest.mark.parametrize("text", ["", "XY", "12345", "XYRX", "XYRX２０２６０３０９０００１５"])
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    assert not is_number(text)


def test_the_sequence_counts_the_day_over_all_channels_and_begins_anew(core: Core, clock: StillClock) -> None:
    first = [number(core, a_case(core, channel=channel))[12:17] for channel in ("RX", "WX", "RX")]
    clock.set("2026-03-09 23:59")
    last = number(core, a_case(core))
    clock.set("2026-03-10 00:00")
    assert [*first, last[12:17], number(core, a_case(core))[4:17]] == [
        "00001", "00002", "00003", "00004", "2026031000001",
    ]  # fmt: skip


def test_cases_opened_together_all_get_numbers_of_their_own(core: Core, clock: StillClock) -> None:
    other = a_core(core.engine.url.render_as_string(hide_password=False), clock)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: a_case((core, other)[n % 2]), range(16)))
    other.engine.dispose()
    assert sorted(number(core, case)[12:17] for case in made) == [f"{n:05d}" for n in range(1, 17)]


# --- revisions --------------------------------------------------------------------------------------------------------


def arrives(core: Core, revision: int, content: str, **fields: Any) -> Any:
    ticket = a_ticket(outside_no="HK1", revision=revision, content=content, **fields)
    return core.register(f"hotline:HK1:{revision}", ticket, HOTLINE, "feed")


def history(core: Core) -> list[tuple[int, str]]:
    return [(row.revision, row.content) for row in sorted(rows(core, revisions), key=lambda row: row.revision)]


def test_a_newer_revision_changes_the_text_and_keeps_the_old_one(core: Core) -> None:
    first, second = arrives(core, 1, "积水"), arrives(core, 2, "积水更深")
    assert second.case == first.case
    assert (case_of(core, first.case)["revision"], case_of(core, first.case)["content"]) == (2, "积水更深")
    assert history(core) == [(1, "积水")]
    assert events_of(core, first.case) == ["case.registered", "case.revised"]


def test_an_older_revision_that_arrives_late_is_only_history(core: Core) -> None:
    case = arrives(core, 3, "第三版").case
    assert arrives(core, 1, "第一版").repeated
    assert case_of(core, case)["content"] == "第三版"
    assert history(core) == [(1, "第一版")]
    assert events_of(core, case) == ["case.registered"]


def test_the_same_revision_twice_changes_nothing(core: Core) -> None:
    first, again = arrives(core, 1, "积水"), arrives(core, 1, "积水")
    assert (again.event, again.case, again.repeated) == (first.event, first.case, True)
    assert len(rows(core, cases)) == 1


def test_the_same_revision_by_another_road_is_known_too(core: Core) -> None:
    first = arrives(core, 1, "积水")
    again = core.register("push:77", a_ticket(outside_no="HK1", content="积水"), HOTLINE, "feed")
    assert (again.case, again.repeated) == (first.case, True)


def test_one_key_with_another_text_is_refused(core: Core) -> None:
    case = arrives(core, 1, "积水").case
    with pytest.raises(DifferentBody):
        arrives(core, 1, "换了内容")
    assert case_of(core, case)["content"] == "积水"


def test_a_revision_reaches_a_closed_or_working_case_without_moving_it(core: Core) -> None:
    case = dispatched(core, outside_no="HK1")
    arrives(core, 2, "补充")
    assert case_of(core, case)["state"] == "dispatched"
    assert any("补充" in line or "积水" in line for line in core.case_view(desk(core), case).revisions)


def test_the_same_ticket_from_eight_threads_is_one_case(core: Core, clock: StillClock) -> None:
    other = a_core(core.engine.url.render_as_string(hide_password=False), clock)
    ticket = a_ticket(outside_no="HK1")

    def register(n: int) -> int:
        return (core, other)[n % 2].register(f"push:{n % 4}", ticket, HOTLINE, "feed").case

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(register, range(8)))) == 1
    other.engine.dispose()
    assert len(rows(core, cases)) == 1
    assert core.verify_log().ok


# --- what is taken in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "refusal", "label"),
    [
        ({"title": " "}, FieldMissing, "标题"),
        ({"content": ""}, FieldMissing, "内容"),
        ({"place": ""}, FieldMissing, "地点"),
        ({"title": "长" * 101}, TooLong, "标题"),
        ({"content": "长" * 10_000_000}, TooLong, "内容"),
        ({"place": "长" * 201}, TooLong, "地点"),
        ({"outside_no": "9" * 65}, TooLong, "来件编号"),
        ({"caller_phone": "1" * 41}, TooLong, "联系电话"),
        ({"more": {"note": "长" * 30_000}}, TooLong, "其他信息"),
        ({"title": "积水\0"}, BadField, "标题"),
        ({"content": "积水\ud83d"}, BadField, "内容"),
        ({"caller_name": "吴\x1b"}, BadField, "诉求人"),
        ({"more": {"note": "\ud83d"}}, BadField, "其他信息"),
        ({"outside_no": "HK\0"}, BadField, "来件编号"),
        ({"channel": "ZZ"}, BadField, "问题来源"),
        ({"type": "song"}, BadField, "诉求性质"),
        ({"urgency": "soon"}, BadField, "紧急程度"),
        ({"class_code": "999999"}, BadField, "诉求分类"),
        ({"revision": 0}, BadField, "版本"),
        ({"revision": 2**40}, BadField, "版本"),
    ],
)
def test_a_ticket_that_cannot_be_taken_in_is_refused_by_the_field(
    core: Core, fields: dict[str, Any], refusal: type[FieldMissing], label: str
) -> None:
    with pytest.raises(refusal, match=label):
        core.register(fresh_key(), a_ticket(**fields), HOTLINE, "feed")
    assert rows(core, cases) == []
    last = rows(core, audit_log)[-1]
    assert (last.action, last.result, last.reason) == ("case.registered", "refused", refusal.__name__)


def test_a_case_keeps_who_registered_it_and_where_it_came_from(core: Core) -> None:
    mine = clerk(core)
    case = case_of(core, a_case(core, by=mine, source="web", channel="ZJ"))
    assert (case["registered_by"], case["registered_unit"], case["channel"]) == (mine.post, mine.unit, "ZJ")
    assert rows(core, events)[0].source == "web"


# --- personal fields ------------------------------------------------------------------------------------------------


def personal(core: Core) -> int:
    return a_case(
        core, caller_name=NAME, caller_phone=PHONE, address=ADDRESS, more={"email": MAIL}, outside_no="HK7"
    )  # fmt: skip


def test_no_row_of_any_table_holds_a_name_a_number_or_an_address_in_plain(core: Core) -> None:
    case = personal(core)
    act(core, desk(core), case, "dispatch", lead="city_management")
    with core.engine.connect() as tx:
        for table in cases.metadata.sorted_tables:
            text = "\n".join(str(row) for row in tx.execute(table.select()))
            assert not any(secret in text for secret in (NAME, PHONE, ADDRESS, MAIL)), table.name


def test_the_database_file_itself_holds_none_of_it(core: Core) -> None:
    personal(core)
    if core.engine.dialect.name != "sqlite":
        pytest.skip("a server keeps its own files")
    path = Path(str(core.engine.url.database))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert "雨后港口路积水".encode() in raw, "the file is the right one"
    assert not any(secret.encode() in raw for secret in (NAME, PHONE, ADDRESS, MAIL))


def test_a_reader_sees_them_masked_and_a_reveal_is_on_record(core: Core) -> None:
    case = personal(core)
    view = core.case_view(desk(core), case)
    assert (view.caller, view.phone, view.address) == ("欧***", "138****3210", "港口路 ****")
    assert core.reveal(desk(core), case, fresh_key(), "回访核实") == (NAME, PHONE, ADDRESS)
    assert events_of(core, case)[-1] == "case.revealed"
    with pytest.raises(FieldMissing):
        core.reveal(desk(core), case, fresh_key(), "")


def test_a_secret_caller_stays_secret_to_those_not_at_work_on_it(core: Core) -> None:
    case = dispatched(core, "sanitation", caller_name=NAME, caller_phone=PHONE, keep_secret=True)
    above, at_work = (core.case_view(clerk(core, unit), case) for unit in ("city_management", "sanitation"))
    assert (above.caller, above.phone) == ("保密", "保密")
    assert at_work.phone == "138****3210"


def test_a_sealed_field_cannot_be_moved_to_another_case(core: Core) -> None:
    mine, other = personal(core), a_case(core, caller_name="吴小姐")
    with core.engine.begin() as tx:
        stolen = tx.execute(cases.select().where(cases.c.id == mine)).one().caller_name
        tx.execute(cases.update().where(cases.c.id == other).values(caller_name=stolen))
    assert NAME[0] not in core.case_view(desk(core), other).caller
