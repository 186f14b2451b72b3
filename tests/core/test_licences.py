"""证照库: one door for subjects and licences, versions that point on, states, masks, and a record of who looked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select, text

from core import Core, Refusal
from core.errors import AlreadyThere, BadField, FieldMissing, NothingChanged, NotYours, TooLong, Unknown
from core.licences import LicenceFilter
from core.licences.no import (
    ChangedMeanwhile,
    HasLicences,
    NameTooShort,
    NotInState,
    NotTheirs,
    OtherName,
)
from core.licences.numbers import is_identifier
from core.models.licences import licences, subjects
from core.models.record import audit_log, receipts
from core.policy import read
from core.seeding.licences import seed_licences
from tests.builders import desk, head, last_entry, rows
from tests.clock import StillClock
from tests.core.library_room import COMPANY, FOOD, NURSE, PERSON, a_company, a_licence, a_person, act, clerk


def refused(kind: type[Refusal], core: Core, book: str, does: str, row: str = "", /, **given: Any) -> str:
    with pytest.raises(kind) as told:
        act(core, book, does, row, **given)
    return str(told.value)


def raw_database(core: Core) -> str:
    """Everything in every table, as text."""
    with core.engine.connect().execution_options(readonly=True) as tx:
        told = [json.dumps([list(map(str, row)) for row in tx.execute(select(t))], ensure_ascii=False) for t in TABLES]
    return "".join(told)


TABLES = (subjects, licences, audit_log, receipts)


# --- companies and persons ---


def test_a_company_is_found_by_code_by_whole_name_and_by_two_of_its_characters(core: Core) -> None:
    token = a_company(core)
    for words in (COMPANY["number"], COMPANY["number"].lower(), COMPANY["name"], "椰风", "餐饮 海南", COMPANY["phone"]):
        assert [one.token for one in core.licences.subjects(clerk(core), "company", words).items] == [token], words
    for words in ("椰林", "餐饮 椰林", "%", "91110000600037341M"):
        assert core.licences.subjects(clerk(core), "company", words).items == ()
    assert core.licences.subjects(clerk(core), "person", "椰风").items == ()


def test_a_person_is_found_by_number_and_by_whole_name_and_shown_masked(core: Core) -> None:
    token = a_person(core)
    for words in (PERSON["number"], PERSON["number"].lower(), PERSON["name"]):
        (view,) = core.licences.subjects(clerk(core), "person", words).items
        assert (view.token, view.name) == (token, PERSON["name"])
        assert (view.number, view.phone) == ("110105********002X", "199****7777")
    assert core.licences.subjects(clerk(core), "person", "海棠").items == ()


def test_a_number_in_full_is_an_act_with_a_reason_on_record(core: Core) -> None:
    token = a_person(core)
    assert core.licences.subject(clerk(core), token, reason="核对原件").number == PERSON["number"]
    entry = last_entry(core)
    assert (entry.action, entry.object, entry.reason) == ("subject.revealed", f"subject:{token}", "核对原件")


def test_a_changed_name_is_found_and_the_old_one_is_not(core: Core) -> None:
    token = a_company(core)
    act(core, "subject", "change", token, name="海南粤海食品有限公司")
    found = core.licences.subjects
    assert found(clerk(core), "company", "椰风").items == ()
    assert [one.token for one in found(clerk(core), "company", "粤海").items] == [token]
    assert core.licences.history(clerk(core), "subject", token)[0].fields == ("企业名称",)


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (FieldMissing, {"name": " "}, "请填写「企业名称」后再新增企业。"),
        (BadField, {"number": "91110000600037341M"}, "校验位不对"),
        (BadField, {"phone": "12345678901"}, "应是十一位手机号"),
        (TooLong, {"name": "长" * 101}, "「企业名称」太长了，请控制在100字以内。"),
        (BadField, {"name": "海南\x00公司"}, "含有不能显示的字符"),
        (BadField, {"address": "秀华路\n8号"}, "请写在一行里"),
        (Unknown, {"kind": "ship"}, "企业或个人"),
    ],
)
def test_a_wrong_form_is_one_sentence_and_changes_nothing(
    core: Core, kind: type[Refusal], given: dict[str, str], said: str
) -> None:
    assert said in refused(kind, core, "subject", "add", **{**COMPANY, **given})
    assert rows(core, subjects) == []


def test_a_number_is_registered_once_and_the_refusal_does_not_write_it_down(core: Core) -> None:
    a_person(core)
    said = refused(AlreadyThere, core, "subject", "add", **PERSON)
    assert "110105********002X" in said
    assert PERSON["number"] not in raw_database(core)


def test_one_key_adds_one_company_and_only_the_clerk_adds_any(core: Core) -> None:
    first, again = (act(core, "subject", "add", key="web:1", **COMPANY) for _ in range(2))
    assert again.no == first.no
    assert again.repeated
    for by in (desk(core), head(core)):
        assert "证照管理员" in refused(NotYours, core, "subject", "add", by=by, **{**COMPANY, "name": "另一家"})
        with pytest.raises(NotYours):
            core.licences.subjects(by, "company")
    assert len(rows(core, subjects)) == 1


def test_two_clerks_at_one_company_do_not_write_over_each_other(core: Core) -> None:
    token = a_company(core)
    seen = core.licences.subject(clerk(core), token).seq
    act(core, "subject", "change", token, seen=seen, note="甲改的")
    refused(ChangedMeanwhile, core, "subject", "change", token, seen=seen, note="乙改的")
    assert core.licences.subject(clerk(core), token).fields[-1].value == "甲改的"
    refused(NothingChanged, core, "subject", "change", token, note="甲改的")


def test_a_company_with_a_licence_is_not_deleted_from_under_it(core: Core) -> None:
    token = a_company(core)
    line = a_licence(core, token)
    refused(FieldMissing, core, "subject", "delete", token, reason="")
    assert "还有 1 份" in refused(HasLicences, core, "subject", "delete", token)
    act(core, "licence", "cancel", line)
    act(core, "subject", "delete", token)
    assert core.licences.subjects(clerk(core), "company").items == ()
    assert core.licences.verdict(line).holder == COMPANY["name"]
    assert act(core, "subject", "add", **COMPANY).no == token  # the same company comes back to its licences


def test_a_subject_without_any_licence_is_deleted_for_good(core: Core) -> None:
    token = a_company(core)
    act(core, "subject", "delete", token)
    assert rows(core, subjects) == []
    assert core.licences.companies("椰风").items == ()
    assert core.verify_log().ok


# --- licences ---


def test_a_licence_gets_an_identifier_its_term_and_its_days(core: Core, clock: StillClock) -> None:
    line = a_licence(core, a_company(core))
    view = core.licences.licence(clerk(core), line)
    assert is_identifier(view.identifier)
    assert view.identifier.split(".")[-2] == "001"
    assert (view.state_title, view.term, view.usable) == ("有效", "2025-12-01 至 2030-11-30", True)
    clock.set("2030-12-01 09:00")
    late = core.licences.verdict(line)
    assert (late.state, late.verdict, late.days_left, late.usable) == ("expired", "已过有效期", -1, False)


def test_serial_numbers_of_a_type_follow_each_other(core: Core) -> None:
    token = a_company(core)
    lines = [a_licence(core, token, number=f"JY1460199000000{n}") for n in (1, 2, 3)]
    said = [core.licences.verdict(line).identifier.split(".")[7] for line in lines]
    assert said == ["000000001", "000000002", "000000003"]


def test_a_change_is_a_new_version_and_the_old_one_stays_and_points_on(core: Core) -> None:
    line = a_licence(core, a_company(core))
    first = core.licences.licence(clerk(core), line)
    act(core, "licence", "change", line, scope="冷食类食品制售", reason="增加经营项目")
    now = core.licences.licence(clerk(core), line)
    assert (now.version, now.state, now.identifier[:-6]) == (2, "valid", first.identifier[:-6])
    old = core.licences.licence(clerk(core), token=first.token)
    assert (old.state_title, old.newest) == ("已换版", False)
    assert {one.key: one.value for one in old.fields}["scope"] == "热食类食品制售"
    assert [one.version for one in now.history] == [2, 1]
    with core.engine.connect().execution_options(readonly=True) as tx:
        assert tx.execute(select(func.count()).where(licences.c.newer_id.is_not(None))).scalar_one() == 1
    told = core.licences.history(clerk(core), "licence", line)
    assert [(one.did, one.fields, one.reason) for one in told] == [
        ("变更", ("经营项目",), "增加经营项目"), ("登记", (), "来文更正"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        (["suspend"], "suspended"), (["suspend", "resume"], "valid"), (["cancel"], "cancelled"),
        (["suspend", "cancel"], "cancelled"),
    ],
)  # fmt: skip
def test_states_follow_the_table_and_every_scan_reads_the_state_of_today(
    core: Core, acts: list[str], state: str
) -> None:
    line = a_licence(core, a_company(core))
    for name in acts:
        act(core, "licence", name, line)
    assert core.licences.verdict(line).state == state


@pytest.mark.parametrize(
    ("before", "name"),
    [("cancel", "change"), ("cancel", "resume"), ("cancel", "cancel"), ("", "resume"), ("suspend", "suspend")],
)
def test_what_the_table_does_not_allow_is_refused(core: Core, before: str, name: str) -> None:
    line = a_licence(core, a_company(core))
    if before:
        act(core, "licence", before, line)
    assert "不能" in refused(NotInState, core, "licence", name, line, scope="别的")
    assert refused(FieldMissing, core, "licence", "suspend", line, reason=" ")


def test_a_draft_is_nobodys_business_until_it_is_issued(core: Core) -> None:
    token = a_company(core)
    line = act(core, "licence", "draft", **{"subject": token, **FOOD}).no
    with pytest.raises(Unknown):
        core.licences.verdict(line)
    assert core.licences.company(token)[1] == ()
    act(core, "licence", "edit", line, scope="糕点")
    act(core, "licence", "issue", line)
    assert core.licences.verdict(line).state == "valid"
    other = act(core, "licence", "draft", **{"subject": token, **FOOD, "number": "JY14601990000009"}).no
    act(core, "licence", "discard", other)
    assert len(rows(core, licences)) == 1


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (FieldMissing, {"number": ""}, "请填写「许可证编号」"),
        (BadField, {"number": "JY9460199"}, "写法不对"),
        (BadField, {"issued_on": "2025-02-30"}, "应是日期"),
        (BadField, {"issued_on": "2026-03-10"}, "不能晚于今天"),
        (BadField, {"valid_to": "2025-11-30"}, "不能早于有效期起"),
        (FieldMissing, {"legal_person": ""}, "法定代表人"),
        (Unknown, {"type": "flying_licence"}, "这种证照"),
        (Unknown, {"subject": "nobody"}, "企业或个人"),
        (TooLong, {"case_no": "1" * 41}, "办件编号"),
        (Unknown, {"files": "0" * 64}, "这张图片"),
    ],
)
def test_a_wrong_licence_is_one_sentence_and_changes_nothing(
    core: Core, kind: type[Refusal], given: dict[str, str], said: str
) -> None:
    token = a_company(core)
    assert said in refused(kind, core, "licence", "issue", **{"subject": token, **FOOD, **given})
    assert rows(core, licences) == []


def test_a_number_is_given_once_in_its_type_and_again_once_cancelled(core: Core) -> None:
    token = a_company(core)
    line = a_licence(core, token)
    refused(AlreadyThere, core, "licence", "issue", **{"subject": token, **FOOD})
    act(core, "licence", "cancel", line)
    again = a_licence(core, token)
    assert core.licences.find_licence("food_business", FOOD["number"]) == again


def test_a_holder_not_known_yet_is_registered_with_the_licence(core: Core) -> None:
    given = {**FOOD, "holder": COMPANY["name"], "holder_code": COMPANY["number"]}
    line = act(core, "licence", "issue", **given).no
    token = core.licences.find_subject("company", COMPANY["number"])
    assert core.licences.verdict(line).subject == token
    other = {**given, "number": "JY14601990000002", "holder": "海南别的公司"}
    refused(OtherName, core, "licence", "issue", **other)
    assert "个人" in refused(NotTheirs, core, "licence", "issue", **{**NURSE, "subject": token or ""})


def test_open_ended_is_said_in_words_and_unlimited_types_need_none(core: Core) -> None:
    token = a_company(core)
    assert core.licences.verdict(a_licence(core, token, valid_to="长期")).valid_to is None


# --- lists ---


def test_the_list_is_narrowed_by_case_number_day_of_issue_type_state_and_holder(core: Core) -> None:
    token = a_company(core)
    first = a_licence(core, token)
    second = a_licence(
        core,
        token,
        number="JY14601990000002",
        issued_on="2026-01-05",
        case_no="XYBJ2026010500002",
        valid_to="2026-03-01",
    )
    third = act(core, "licence", "issue", **{**NURSE, "subject": a_person(core)}).no
    act(core, "licence", "suspend", third)

    def found(**wanted: Any) -> list[str]:
        return [one.line for one in core.licences.licences(clerk(core), LicenceFilter(**wanted)).items]

    assert found() == [third, second, first]
    assert found(case_no="XYBJ2025120100001") == [first]
    assert found(words="XYBJ2026010500002") == [second]
    day = core.licences.verdict(first).issued_on
    assert found(issued_from=day, issued_to=day) == [third, first]
    assert found(type="nurse") == [third]
    assert [found(state=state) for state in ("valid", "expired", "suspended")] == [[first], [second], [third]]
    assert found(words="椰风") == [second, first]
    assert found(words=PERSON["number"]) == found(words=NURSE["number"]) == found(words=PERSON["name"]) == [third]
    assert found(words=core.licences.verdict(first).identifier) == [first]
    assert found(words="没有的") == []


# --- who may see what ---


def test_anybody_reads_a_companys_licence_and_of_a_persons_the_verdict(core: Core) -> None:
    view = core.licences.verdict(a_licence(core, a_company(core)))
    assert (view.holder, view.number, view.case_no) == (COMPANY["name"], FOOD["number"], "")
    line = act(core, "licence", "issue", **{**NURSE, "subject": a_person(core)}).no
    masked = core.licences.verdict(line)
    assert (masked.holder, masked.number) == ("欧***", "********0001")
    with pytest.raises(Unknown):
        core.licences.company(masked.subject)


def test_a_number_that_holds_an_id_number_is_masked_for_everybody(core: Core) -> None:
    values = {
        "type": "special_operation", "number": f"T{PERSON['number']}", "issued_on": "2025-12-01",
        "work_class": "电工作业", "project": "低压电工作业", "first_on": "2025-12-01",
    }  # fmt: skip
    line = act(core, "licence", "issue", **{**values, "subject": a_person(core)}).no
    shown = (core.licences.verdict(line).number, core.licences.licence(clerk(core), line).number)
    assert all(PERSON["number"][6:14] not in number for number in shown)


def test_a_person_is_found_by_anybody_who_knows_both_number_and_name(core: Core) -> None:
    line = act(core, "licence", "issue", **{**NURSE, "subject": a_person(core)}).no
    assert [one.line for one in core.licences.of_person(PERSON["number"], PERSON["name"])] == [line]
    assert core.licences.of_person(PERSON["number"], "欧阳") == ()
    assert core.licences.of_person("110105194912310020", PERSON["name"]) == ()


def test_the_holder_sees_their_own_by_phone_and_nobody_elses(core: Core) -> None:
    mine, other = a_person(core), a_company(core)
    line = act(core, "licence", "issue", **{**NURSE, "subject": mine}).no
    foreign = a_licence(core, other)
    assert [one.token for one in core.licences.of_phone(PERSON["phone"])] == [mine]
    assert core.licences.of_phone("19900019999") == ()
    assert core.licences.ends_with(mine, "002x")
    assert not core.licences.ends_with(mine, "0020")
    assert not core.licences.ends_with("nobody", "----")
    assert [(one.line, one.number) for one in core.licences.of_holder([mine])] == [(line, NURSE["number"])]
    with pytest.raises(Unknown):
        core.licences.held([mine], foreign)


def test_companies_are_searched_by_two_characters_at_least_and_never_by_one(core: Core) -> None:
    token = a_company(core)
    assert [one.token for one in core.licences.companies("椰风").items] == [token]
    assert core.licences.companies("欧阳").items == ()
    with pytest.raises(NameTooShort):
        core.licences.companies("椰")
    assert core.licences.companies("椰风").items[0].phone == ""


def test_pictures_are_kept_sealed_shown_to_staff_and_holder_and_taken_away_with_a_reason(core: Core) -> None:
    mine = a_person(core)
    line = act(core, "licence", "issue", **{**NURSE, "subject": mine}).no
    name = core.files.keep(b"\xff\xd8\xff picture", "image/jpeg")
    act(core, "licence", "picture", line, files=name)
    refused(NothingChanged, core, "licence", "picture", line, files=name)
    (picture,) = core.licences.licence(clerk(core), line).pictures
    assert core.licences.picture(clerk(core), picture.token) == b"\xff\xd8\xff picture"
    assert core.licences.held_picture([mine], picture.token) == b"\xff\xd8\xff picture"
    assert core.licences.verdict(line).pictures == ()
    with pytest.raises(Unknown):
        core.licences.held_picture([a_company(core)], picture.token)
    refused(FieldMissing, core, "licence", "unpicture", line, picture=picture.token, reason="")
    act(core, "licence", "unpicture", line, picture=picture.token)
    assert core.licences.licence(clerk(core), line).pictures == ()


def test_no_name_and_no_number_of_a_person_lies_in_plain_anywhere(core: Core) -> None:
    act(core, "licence", "issue", **{**NURSE, "subject": a_person(core)})
    core.licences.subject(clerk(core), core.licences.find_subject("person", PERSON["number"]) or "")
    told = raw_database(core)
    assert all(value not in told for value in (PERSON["name"], PERSON["number"], PERSON["phone"], NURSE["number"]))


def test_the_practice_library_holds_hundreds_of_many_types_and_is_on_record(core: Core) -> None:
    assert seed_licences(core) == 600
    assert seed_licences(core) == 0
    assert len({one.type for one in rows(core, licences)}) >= 20
    assert core.verify_log().ok
    with core.engine.connect().execution_options(readonly=True) as tx:
        assert tx.execute(text("SELECT count(DISTINCT identifier) FROM licences")).scalar_one() == 600
        assert tx.execute(select(func.count()).select_from(subjects)).scalar_one() == 300
        query = select(subjects.c.id, subjects.c.name, licences.c.type).join(
            licences, licences.c.subject_id == subjects.c.id
        )
        for _, name, kind in tx.execute(query.where(subjects.c.kind == "company")):
            trade = next(row for said, row in read("seed/licences.yaml")["companies"]["trades"].items() if said in name)
            assert kind in ("business_licence", *trade["holds"]), f"{name} holds {kind}"
    (found,) = core.licences.companies("椰风羊山").items
    assert core.licences.company(found.token)[1]
