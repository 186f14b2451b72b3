"""The registers (R100, R101): what an administrator keeps is checked, written once, on record, and seen everywhere."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from core import Actor, Core, Refusal
from core.errors import (
    AlreadyThere,
    BadField,
    DifferentBody,
    FieldMissing,
    InUse,
    LastOne,
    NothingChanged,
    NotYours,
    TooLong,
    Unknown,
)
from core.models.record import audit_log, events
from core.models.registers import service_types, sources
from core.policy import load_policy
from core.policy.registers import load_registers
from core.receipts import Done
from core.register import Amend
from core.register.shelf import SHELF
from tests.builders import a_case, desk, fresh_key, head, last_entry, person, rows
from tests.clock import StillClock
from tests.town import a_core

NEW = {"code": "YJ", "title": "应急值守电话", "short": "应急电话", "place": "13"}


def admin(core: Core) -> Actor:
    return person(core, "system_admin")


def amend(core: Core, register: str, act: str, row: str = "", **given: Any) -> Done:
    """One change by the system administrator, with a reason, unless said otherwise."""
    by, key = given.pop("by", None) or admin(core), given.pop("key", None) or fresh_key("amend")
    reason = given.pop("reason", "区里来文")
    return core.registers.write(Amend(key, register, act, row, given, by, reason))


def refused(kind: type[Refusal], core: Core, register: str, act: str, row: str = "", **given: Any) -> str:
    with pytest.raises(kind) as told:
        amend(core, register, act, row, **given)
    return str(told.value)


def offered(core: Core) -> list[str]:
    return [one.key for one in core.home(desk(core)).sources]


def test_a_new_district_begins_with_the_rows_of_the_policy(core: Core) -> None:
    printed = load_policy()
    assert core.policy.sources.keys() == printed.sources.keys()
    assert core.policy.service_types == dict(printed.service_types)
    assert core.policy.limits.rules == printed.limits.rules


def test_every_register_has_its_keeper_and_names_that_exist(core: Core) -> None:
    registers = load_registers()
    assert registers.keys() == SHELF.keys()
    for register in registers.values():
        assert register.called in register.fields
        assert set(register.listed) <= register.fields.keys()
        assert register.reason <= set(register.acts)
        assert (register.opens | register.writes) <= core.policy.roles.keys()


def test_a_new_source_is_offered_at_once_and_takes_cases(core: Core) -> None:
    before = offered(core)
    done = amend(core, "source", "add", **NEW)
    assert done.sentence == "已新增「应急值守电话」"
    assert offered(core) == [*before, "YJ"]
    case = a_case(core, channel="YJ")
    assert core.case_view(desk(core), case).channel_title == "应急值守电话"
    assert core.work(desk(core), "todo", channel="YJ").title == "待办 · 应急电话"


def test_the_order_of_the_register_is_the_order_on_the_phone(core: Core) -> None:
    amend(core, "source", "change", "ZJ", place="2")
    amend(core, "source", "change", "RX", place="9")
    assert offered(core) == ["WX", "ZJ", "SZ", "WG", "LY", "XX", "GW", "XF", "RX", "WB", "QY", "DB"]


def test_a_change_is_an_event_and_an_entry_that_hold_old_new_and_why(core: Core) -> None:
    amend(core, "source", "change", "WX", short="公众号", reason="名称太长")
    event = rows(core, events, events.c.flow == "source")[-1]
    assert (event.name, event.case_id, event.person_id) == ("changed", None, admin(core).person)
    assert event.facts == {
        "row": "WX", "called": "海口 12345 微信公众号", "old": {"short": "微信公众号"}, "new": {"short": "公众号"},
        "reason": "名称太长",
    }  # fmt: skip
    entry = last_entry(core)
    assert (entry.action, entry.object, entry.result, entry.event_id) == (
        "source.changed",
        "source:WX",
        "done",
        event.id,
    )
    assert core.verify_log().ok
    (change,), total = core.registers.history(admin(core), "source", "WX")
    assert (total, change.did, change.lines, change.reason) == (
        1, "修改", (("简称", "微信公众号", "公众号"),), "名称太长",
    )  # fmt: skip


def test_the_same_form_twice_is_one_change(core: Core) -> None:
    first, again = (amend(core, "source", "add", key="web:one", **NEW) for _ in range(2))
    assert (first.event, first.repeated, again.event, again.repeated) == (first.event, False, first.event, True)
    assert len(rows(core, events, events.c.flow == "source")) == 1
    with pytest.raises(DifferentBody):
        amend(core, "source", "add", key="web:one", **{**NEW, "title": "别的"})


def test_a_source_with_cases_is_never_deleted_but_retired_and_keeps_its_words(core: Core) -> None:
    case = a_case(core, channel="WX")
    assert (
        refused(InUse, core, "source", "delete", "WX")
        == "「海口 12345 微信公众号」已有 1 件办件，不能删除，请改为停用。"
    )
    assert amend(core, "source", "retire", "WX").sentence == "已停用「海口 12345 微信公众号」"
    assert "WX" in offered(core), "as long as a case of it is pending it can be opened"
    with pytest.raises(BadField):
        a_case(core, channel="WX")
    assert core.case_view(desk(core), case).channel_title == "海口 12345 微信公众号"
    amend(core, "source", "change", "WX", valid_to="")
    assert a_case(core, channel="WX") > case


def test_a_retired_source_without_pending_cases_leaves_the_phone(core: Core) -> None:
    amend(core, "source", "retire", "DB")
    assert "DB" not in offered(core)


def test_a_source_nobody_used_is_deleted_for_good(core: Core) -> None:
    amend(core, "source", "add", **NEW)
    amend(core, "source", "delete", "YJ")
    assert "YJ" not in core.policy.sources
    assert refused(Unknown, core, "source", "delete", "YJ").startswith("没有找到")
    assert [change.did for change in core.registers.history(admin(core), "source")[0]] == ["删除", "新增"]


def test_a_source_that_a_limit_names_is_not_deleted(core: Core) -> None:
    assert "数字城管" in refused(InUse, core, "source", "delete", "SZ")


def test_the_last_source_in_use_stays(core: Core) -> None:
    for code in list(core.policy.sources)[1:]:
        amend(core, "source", "retire", code)
    assert "最后一个" in refused(LastOne, core, "source", "retire", "RX")


def test_a_service_type_is_added_changed_retired_and_never_deleted(core: Core) -> None:
    amend(core, "service_type", "add", code="noise", title="噪声扰民", demand_type="complain")
    case = a_case(core, service_type="noise")
    assert rows(core, service_types, service_types.c.code == "noise")[0].demand_type == "complain"
    amend(core, "service_type", "change", "noise", title="噪声污染")
    assert core.policy.service_types["noise"] == "噪声污染"
    refused(Unknown, core, "service_type", "delete", "noise")
    amend(core, "service_type", "retire", "noise")
    assert core.policy.service_types["noise"] == "噪声污染", "an old case keeps its word"
    assert "noise" not in [one.code for one in core.policy.open_service_types(core.clock.now().date())]
    with pytest.raises(BadField):
        a_case(core, service_type="noise")
    assert core.case_view(desk(core), case).state == "pending"


@pytest.mark.parametrize(
    ("changes", "refusal", "sentence"),
    [
        ({"code": "yj"}, BadField, "「代码」填得不对：两个大写字母，写进办件编号。"),
        ({"code": ""}, FieldMissing, "请填写「代码」后再新增。"),
        ({"code": "RX"}, AlreadyThere, "代码「RX」已经有了，请换一个。"),
        ({"title": "信访"}, AlreadyThere, "名称「信访」已经有了，请换一个。"),
        ({"title": "长" * 31}, TooLong, "「名称」太长了，请控制在30字以内。"),
        ({"title": "电\x07话"}, BadField, "「名称」填得不对：含有不能显示的字符。"),
        ({"title": "电\n话"}, BadField, "「名称」填得不对：请写在一行里。"),
        ({"place": "第一"}, BadField, "「排列次序」填得不对：应是1到999的整数。"),
        ({"place": "0"}, BadField, "「排列次序」填得不对：应是1到999的整数。"),
        ({"place": "9" * 400}, BadField, "「排列次序」填得不对：应是1到999的整数。"),
        ({"valid_from": "明天"}, BadField, "「启用日期」填得不对：应形如 2026-03-09。"),
        ({"valid_from": "20260309"}, BadField, "「启用日期」填得不对：应在 2000 年到 2100 年之间。"),
        ({"valid_to": "2020-01-01"}, BadField, "「停用日期」填得不对：不能早于启用日期。"),
        ({"reason": "因" * 101}, TooLong, "「原因」太长了，请控制在100字以内。"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_in_one_sentence_and_changes_nothing(
    core: Core, changes: dict[str, str], refusal: type[Refusal], sentence: str
) -> None:
    before = rows(core, sources)
    assert refused(refusal, core, "source", "add", **{**NEW, **changes}) == sentence
    assert rows(core, sources) == before
    assert rows(core, events, events.c.flow == "source") == []
    assert last_entry(core).result == "refused"


def test_a_reason_is_asked_for_and_a_change_must_change_something(core: Core) -> None:
    assert (
        refused(FieldMissing, core, "source", "change", "WX", short="公众号", reason=" ") == "请填写「原因」后再修改。"
    )
    refused(NothingChanged, core, "source", "change", "WX", short="微信公众号")
    refused(Unknown, core, "source", "change", "不存在", short="公众号")
    refused(Unknown, core, "nothing", "add", **NEW)
    assert refused(Unknown, core, "source", "burn", "WX") == "没有找到「这个动作」，请核对后再试。"


@pytest.mark.parametrize("role", load_policy().roles)
def test_only_the_roles_of_the_declaration_look_and_write(core: Core, role: str) -> None:
    """Each role at each register: whoever may not write is refused before anything else is looked at."""
    who = person(core, role)
    for register, declared in load_registers().items():
        if role in declared.writes:
            refused((FieldMissing, Unknown), core, register, declared.acts[0], by=who)  # type: ignore[arg-type]
            continue
        assert declared.title in refused(NotYours, core, register, declared.acts[0], by=who)
        if role in declared.opens:
            assert core.registers.page(who, register).acts == ()
            continue
        with pytest.raises(NotYours):
            core.registers.page(who, register)
        with pytest.raises(NotYours):
            core.registers.history(who, register)


def test_another_process_sees_the_change_within_seconds(core: Core, clock: StillClock) -> None:
    other = a_core(str(core.engine.url.render_as_string(hide_password=False)), clock)
    try:
        assert "YJ" not in other.policy.sources
        amend(core, "source", "add", **NEW)
        seen = threading.Event()
        for _ in range(50):
            if "YJ" in other.policy.sources:
                seen.set()
                break
            threading.Event().wait(0.1)
        assert seen.is_set()
        assert a_case(other, channel="YJ")
    finally:
        other.engine.dispose()


def test_a_source_added_a_moment_ago_elsewhere_takes_cases_at_once(core: Core, clock: StillClock) -> None:
    other = a_core(str(core.engine.url.render_as_string(hide_password=False)), clock)
    try:
        assert "YJ" not in other.policy.sources
        amend(core, "source", "add", **NEW)
        assert a_case(other, channel="YJ")
        amend(core, "source", "retire", "YJ")
        with pytest.raises(BadField):
            a_case(other, channel="YJ")
    finally:
        other.engine.dispose()


def test_the_head_may_look_and_the_audit_finds_who_tried(core: Core) -> None:
    view = core.registers.page(head(core), "source")
    assert (view.acts, view.total) == ((), 12)
    refused(NotYours, core, "source", "add", by=head(core), **NEW)
    with core.engine.connect() as tx:
        entry = tx.execute(select(audit_log).order_by(audit_log.c.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.result, entry.reason) == ("source.add", "refused", "NotYours")
