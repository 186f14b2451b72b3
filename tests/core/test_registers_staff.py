"""Units, people, posts, duty, absence cover, calendar and limits: the registers by which rights and clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bots.clock import Timetable
from core import Actor, Core, Refusal
from core.crypto import place
from core.errors import (
    AlreadyThere,
    BadField,
    FieldMissing,
    LastOne,
    NoPost,
    NotKnownHere,
    NotYours,
    OwnRights,
    RolesExclude,
    StillNeeded,
)
from core.models.people import identities, people, posts, sessions, units
from core.models.record import events
from core.receipts import Done
from core.register import Amend
from tests.builders import (
    LEAD,
    OTHER,
    a_case,
    act,
    caller,
    clerk,
    desk,
    dispatched,
    events_of,
    fresh_key,
    head,
    leg_of,
    person,
    rows,
    someone,
)
from tests.clock import StillClock
from tests.core.moments import local

TYPHOON = "2026-03-11"


def amend(core: Core, by: Actor, register: str, act_: str, row: str = "", **given: Any) -> Done:
    """One change with a reason, unless said otherwise."""
    reason = given.pop("reason", "区里来文")
    return core.registers.write(Amend(fresh_key("amend"), register, act_, row, given, by, reason))


def refused(no: type[Refusal], core: Core, by: Actor, register: str, act_: str, row: str = "", /, **given: Any) -> str:
    with pytest.raises(no) as told:
        amend(core, by, register, act_, row, **given)
    return str(told.value)


def system(core: Core) -> Actor:
    return person(core, "system_admin")


def security(core: Core) -> Actor:
    return person(core, "security_admin")


def code_of(core: Core, who: Actor) -> str:
    return str(rows(core, people, people.c.id == who.person)[0].code)


def signed_in(core: Core, who: Actor) -> None:
    now = datetime.now(UTC)
    with core.engine.begin() as tx:
        tx.execute(
            sessions.insert().values(
                token_hash=fresh_key("hash"), person_id=who.person, post_id=None, confirm_hash=None, confirm_tries=0,
                created_at=now, seen_at=now,
            )
        )  # fmt: skip


# --- people and posts ---


def test_a_person_is_entered_gets_a_post_and_works(core: Core) -> None:
    done = amend(core, system(core), "person", "add", code="p900", name="林晓", phone="19900000900", dingtalk="xy900")
    assert done.sentence == "已新增「林晓」"
    with pytest.raises(NoPost):
        someone(core, "xy900")
    (row,) = rows(core, people, people.c.code == "p900")
    unit = core.directory().by_word[OTHER]
    given = {"person_id": str(row.id), "unit_id": str(unit), "role": "unit_clerk", "title": "专办员"}
    assert amend(core, security(core), "post", "add", **given).sentence == "已新增「水务局 专办员 林晓」"
    assert someone(core, "xy900").unit_name == "水务局"
    event = rows(core, events, events.c.flow == "person")[-1]
    assert event.facts["new"]["phone"] == "已更改"
    assert "19900000900" not in str(rows(core, events)) + str(core.registers.page(system(core), "person", "林晓"))
    assert core.cipher.open(row.phone_sealed, place("people", "phone", "p900")) == "19900000900"


def test_whoever_is_disabled_is_out_at_once(core: Core) -> None:
    who = clerk(core)
    signed_in(core, who)
    amend(core, system(core), "person", "retire", code_of(core, who), reason="退休")
    assert rows(core, sessions, sessions.c.person_id == who.person) == []
    with pytest.raises(NotKnownHere):
        core.actor_for("web", str(who.person))
    assert who.person not in core.directory().by_person
    amend(core, system(core), "person", "change", code_of(core, who), active="yes", reason="返聘")
    assert core.actor_for("web", str(who.person)).post == who.post


def test_a_dingtalk_name_belongs_to_one_person(core: Core) -> None:
    one, other = clerk(core), clerk(core, OTHER)
    (taken,) = rows(core, identities, identities.c.person_id == other.person, identities.c.channel == "dingtalk")
    told = refused(AlreadyThere, core, system(core), "person", "change", code_of(core, one), dingtalk=taken.outside_id)
    assert told.startswith("钉钉账号")
    amend(core, system(core), "person", "change", code_of(core, one), dingtalk="new-name")
    assert someone(core, "new-name").person == one.person


def test_a_role_that_ends_ends_its_sessions_and_its_rights(core: Core) -> None:
    who = desk(core)
    signed_in(core, who)
    amend(core, security(core), "post", "change", str(who.post), role="caller", reason="轮岗")
    assert rows(core, sessions, sessions.c.person_id == who.person) == []
    assert core.actor_for("web", str(who.person)).role == "caller"
    with pytest.raises(NotYours):
        act(core, core.actor_for("web", str(who.person)), a_case(core), "dispatch", lead=LEAD)


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin"])
def test_administrators_roles_exclude_each_other_and_every_other(core: Core, role: str) -> None:
    unit = str(core.directory().by_word[OTHER])
    for who in (clerk(core), person(core, "audit_admin" if role != "audit_admin" else "system_admin")):
        given = {"person_id": str(who.person), "unit_id": unit, "role": role, "title": "管理员"}
        assert "不能与其他岗位由同一人担任" in refused(RolesExclude, core, security(core), "post", "add", **given)


def test_nobody_changes_their_own_rights_and_no_administrator_is_the_last_to_go(core: Core) -> None:
    own = security(core)
    given = {"person_id": str(own.person), "unit_id": str(own.unit), "role": "audit_admin", "title": "审计"}
    refused(OwnRights, core, own, "post", "add", **given)
    refused(OwnRights, core, own, "post", "retire", str(own.post))
    refused(OwnRights, core, system(core), "person", "retire", code_of(core, system(core)))
    assert "审计管理员" in refused(LastOne, core, own, "post", "retire", str(person(core, "audit_admin").post))
    assert "审计管理员" in refused(
        LastOne, core, system(core), "person", "retire", code_of(core, person(core, "audit_admin"))
    )


def test_roles_change_only_with_a_reason_and_by_the_security_administrator(core: Core) -> None:
    post = str(clerk(core).post)
    refused(FieldMissing, core, security(core), "post", "change", post, role="unit_head", reason="")
    for who in (system(core), head(core), person(core, "audit_admin")):
        refused(NotYours, core, who, "post", "change", post, role="unit_head")


# --- units ---


def test_a_unit_enters_the_tree_and_receives_cases(core: Core) -> None:
    upper = str(core.directory().by_word[LEAD])
    amend(
        core, system(core), "unit", "add", code="night_market", name="秀英区夜市管理站", short="夜市站",
        kind="department", group="部门", parent_id=upper, hours="default", duties="夜市、摊位",
    )  # fmt: skip
    directory = core.directory()
    (unit,) = directory.find_units("夜市站")
    assert (directory.unit_name(unit.parent), unit.duties) == ("城管局", ("夜市", "摊位"))
    refused(AlreadyThere, core, system(core), "unit", "change", "night_market", short="城管局")


def test_a_unit_that_is_still_needed_stays_and_the_tree_has_no_rings(core: Core) -> None:
    dispatched(core)
    assert "1 件在办" in refused(StillNeeded, core, system(core), "unit", "retire", LEAD)
    assert "下属单位" in refused(StillNeeded, core, system(core), "unit", "change", OTHER, active="no")
    below = str(core.directory().by_word["sanitation"])
    refused(BadField, core, system(core), "unit", "change", LEAD, parent_id=below)
    assert rows(core, units, units.c.code == LEAD)[0].active


# --- absence cover ---


def away(core: Core, who: Actor, cover: Actor, first: str = "2026-03-09", last: str = "2026-03-11") -> Done:
    return amend(
        core, head(core), "absence", "add", post_id=str(who.post), cover_id=str(cover.person), first_day=first,
        last_day=last, note="年休假",
    )  # fmt: skip


def test_the_cover_holds_the_post_for_these_days_and_no_longer(core: Core, clock: StillClock) -> None:
    who, cover = clerk(core, OTHER), clerk(core)
    away(core, who, cover)
    case = dispatched(core, OTHER)
    assert cover.person in {reader.person for reader in core.audience(case)}
    acting = core.actor_for("dingtalk", rows_of(core, cover))
    (covered,) = [post for post in acting.others if post.id == who.post]
    assert covered.label.endswith("（代）")
    acting = core.switch_post(fresh_key("switch"), acting, covered.id)
    act(core, acting, case, "sign", OTHER)
    view = core.case_view(desk(core), case)
    assert any(f"{cover.name}（代）" in line.who for line in view.timeline)
    assert not any("（代）" in line.who for line in view.timeline if cover.name not in line.who)
    clock.set("2026-03-12 09:00")
    core.forget()
    back = core.actor_for("dingtalk", rows_of(core, cover))
    assert (back.post, [post.id for post in back.others if post.id == who.post]) == (cover.post, [])
    assert cover.person not in {reader.person for reader in core.audience(case)}


def test_whoever_covers_for_somebody_becomes_no_administrator_meanwhile(core: Core) -> None:
    given = {"code": "p901", "name": "林晓"}
    amend(core, system(core), "person", "add", **given)
    (row,) = rows(core, people, people.c.code == "p901")
    with core.engine.connect() as tx:
        assert tx.execute(posts.select().where(posts.c.person_id == row.id)).all() == []
    post = str(clerk(core, OTHER).post)
    days = {"first_day": "2026-03-10", "last_day": "2026-03-11"}
    amend(core, head(core), "absence", "add", post_id=post, cover_id=str(row.id), **days)
    unit = str(core.directory().by_word[OTHER])
    wanted = {"person_id": str(row.id), "unit_id": unit, "role": "audit_admin", "title": "审计"}
    refused(RolesExclude, core, security(core), "post", "add", **wanted)


def rows_of(core: Core, who: Actor) -> str:
    mine = (identities.c.person_id == who.person, identities.c.channel == "dingtalk")
    return str(rows(core, identities, *mine)[0].outside_id)


def test_a_cover_is_somebody_else_for_days_to_come_once(core: Core) -> None:
    who, cover = clerk(core, OTHER), clerk(core)
    with pytest.raises(BadField, match="不能是本人"):
        away(core, who, who)
    with pytest.raises(BadField, match="不能早于第一天"):
        away(core, who, cover, "2026-03-12", "2026-03-10")
    with pytest.raises(BadField, match="已经过去"):
        away(core, who, cover, "2026-03-01", "2026-03-02")
    with pytest.raises(RolesExclude):
        away(core, security(core), cover)
    away(core, who, cover)
    with pytest.raises(AlreadyThere):
        away(core, who, caller(core), "2026-03-11", "2026-03-20")
    assert rows(core, posts, posts.c.id == who.post)[0].active


# --- calendar, duty, limits ---


def test_a_typhoon_day_entered_at_noon_moves_deadlines_and_the_timeline_says_so(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    clock.set("2026-03-11 12:00")
    amend(core, head(core), "calendar_day", "add", day=TYPHOON, kind="holiday", name="台风停工")
    Timetable(core, lambda: True, None).follow_the_calendar()
    assert local(leg_of(core, case, LEAD)["due_at"]) == "2026-03-17 17:30:00"
    assert events_of(core, case)[-1] == "case_leg.recounted"
    view = core.case_view(clerk(core), case)
    assert any("台风停工，不计" in line for line in view.rules)
    assert "重算" in view.timeline[-1].what or "日历" in view.timeline[-1].what
    refused(AlreadyThere, core, head(core), "calendar_day", "add", day=TYPHOON, kind="workday", name="补班")
    amend(core, head(core), "calendar_day", "delete", TYPHOON, reason="台风未登陆")
    Timetable(core, lambda: True, None).follow_the_calendar()
    assert local(leg_of(core, case, LEAD)["due_at"]) == "2026-03-16 17:30:00"


def test_the_duty_roster_names_who_is_there(core: Core) -> None:
    who = desk(core)
    given = {"day": "2026-03-14", "shift": "night", "post_id": str(who.post), "note": "带班：主任"}
    amend(core, head(core), "duty_turn", "add", **given)
    refused(AlreadyThere, core, head(core), "duty_turn", "add", **given)
    (row,) = core.registers.page(head(core), "duty_turn").rows
    assert row.cells[:2] == ("2026年3月14日", "夜班")
    assert who.name in row.cells[2]
    refused(NotYours, core, system(core), "duty_turn", "delete", row.key)
    amend(core, head(core), "duty_turn", "delete", row.key, reason="调班")
    assert core.registers.page(head(core), "duty_turn").total == 0


def test_a_limit_changes_from_a_day_on_and_older_cases_keep_theirs(core: Core, clock: StillClock) -> None:
    before = dispatched(core)
    amend(core, head(core), "limit", "change", "ordinary", valid_from="2026-03-16", close="3 个工作日")
    same_day = dispatched(core)
    clock.set("2026-03-16 09:00")
    after = dispatched(core)
    assert [leg_of(core, case, LEAD)["rule"] for case in (before, same_day, after)] == [
        "ordinary", "ordinary", "ordinary@20260316",
    ]  # fmt: skip
    assert local(leg_of(core, after, LEAD)["due_at"]) == "2026-03-19 17:30:00"
    assert any("3 个工作日（2026年3月16日起施行）" in line for line in core.case_view(clerk(core), after).rules)
    act(core, clerk(core), before, "sign", LEAD)
    (change,), _ = core.registers.history(head(core), "limit")
    assert ("办结", "5 个工作日", "3 个工作日") in change.lines


@pytest.mark.parametrize(
    "given",
    [
        {"valid_from": "2026-03-09", "close": "3 个工作日"},
        {"valid_from": "2026-03-16", "close": "三天"},
        {"valid_from": "2026-03-16", "close": "0 个工作日"},
        {"valid_from": "", "close": "3 个工作日"},
    ],
    ids=str,
)
def test_a_limit_of_yesterday_or_without_a_number_is_refused(core: Core, given: dict[str, str]) -> None:
    refused((BadField, FieldMissing), core, head(core), "limit", "change", "ordinary", **given)  # type: ignore[arg-type]
    assert core.policy.limits.rules.keys() == core.printed.limits.rules.keys()


def test_the_register_of_each_tab_opens_for_its_readers(core: Core) -> None:
    for who in (system(core), security(core), head(core)):
        for one in core.registers.page(who).tabs:
            view = core.registers.page(who, one.name)
            assert len(view.heads) == len(one.listed)
            assert core.registers.history(who, one.name) == ((), 0)
