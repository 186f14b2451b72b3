"""The directory kept in step with others (A6): who is who, who leaves, what a bad answer never leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from core import Actor, Core, Refusal
from core.crypto import place
from core.errors import NotKnownHere, NotYours
from core.models.people import people, posts, sessions, units
from core.models.record import audit_log, letters
from core.models.roster import directory_imports, directory_links
from core.ports import OutsideDirectory, OutsidePerson, OutsideUnit, PartRead
from core.roster.known import read_known
from core.roster.plan import HELD, Line, PlanView
from core.roster.rosters import ImportOver, LeavingUnconfirmed, RosterBroken, RosterEmpty
from tests.builders import dispatched

MOBILE = "1380000{:04d}"


class Source:
    """An outside directory of our own making: everybody of the practice district to begin with."""

    def __init__(self, core: Core, name: str = "dingtalk") -> None:
        self.name, self.core, self.fault = name, core, ""
        with core.engine.connect() as tx:
            self.units = [OutsideUnit(f"D{row.id}", row.name, "") for row in tx.execute(select(units))]
            home: dict[int, str] = {}
            for post in tx.execute(select(posts).where(posts.c.active).order_by(posts.c.id)):
                home.setdefault(post.person_id, f"D{post.unit_id}")
            found = tx.execute(select(people).where(people.c.active).order_by(people.c.id)).all()
        userids = {holder.person: holder.dingtalk for held in core.directory().by_person.values() for holder in held}
        self.people = [
            OutsidePerson(
                f"union-{row.id}", row.name,
                core.cipher.open(row.phone_sealed, place("people", "phone", row.code)) if row.phone_sealed else "",
                userids.get(row.id, "") if name == "dingtalk" else "", (home[row.id],),
            )
            for row in found if row.id in home
        ]  # fmt: skip

    def whole(self) -> OutsideDirectory:
        if self.fault:
            raise PartRead(self.fault)
        return OutsideDirectory(tuple(self.units), tuple(self.people))

    def change(self, at: int, **values: object) -> OutsidePerson:
        self.people[at] = replace(self.people[at], **values)  # type: ignore[arg-type]
        return self.people[at]

    def at(self, role: str) -> int:
        """The place of somebody with this role."""
        holder = self.core.directory().by_role[role][0]
        return next(n for n, one in enumerate(self.people) if one.id == f"union-{holder.person}")


@pytest.fixture
def source(core: Core) -> Source:
    return Source(core)


@pytest.fixture
def system(core: Core) -> Actor:
    return core.directory().by_role["system_admin"][0].actor


@pytest.fixture
def security(core: Core) -> Actor:
    return core.directory().by_role["security_admin"][0].actor


@pytest.fixture
def linked(core: Core, source: Source) -> Source:
    """The source after a first sync: everybody is known by an id that stays."""
    view = core.rosters.sync(source)
    assert (view.state, view.plan.lines, view.plan.faults) == ("done", (), ())
    return source


def lines(view: PlanView, register: str, act: str) -> list[Line]:
    return [line for line in view.plan.lines if (line.register, line.act) == (register, act)]


def active(core: Core) -> int:
    with core.engine.connect() as tx:
        return len(tx.execute(select(people.c.id).where(people.c.active)).all())


def told(core: Core) -> list[str]:
    """What administrators were told, newest last."""
    with core.engine.connect() as tx:
        rows = tx.execute(select(letters).where(letters.c.key.like("roster%")).order_by(letters.c.id)).all()
        return [core.cipher.open(row.body["sealed"], place("letters", "body", row.key)) for row in rows]


def clerk_of(source: Source, skip: int = 0) -> int:
    found = (n for n, one in enumerate(source.people) if _role(source, one) == "unit_clerk")
    return [*found][skip]


def _role(source: Source, one: OutsidePerson) -> str:
    held = source.core.directory().by_person.get(int(one.id.removeprefix("union-")), ())
    return held[0].role if held else ""


def test_everybody_already_known_changes_nothing_and_is_linked(core: Core, linked: Source) -> None:
    with core.engine.connect() as tx:
        kept = tx.execute(select(directory_links).where(directory_links.c.kind == "person")).all()
    assert len(kept) == len(linked.people) > 100


def test_an_empty_answer_removes_nobody_and_is_an_alarm(core: Core, linked: Source) -> None:
    before, linked.people = active(core), []
    with pytest.raises(RosterEmpty, match="没有改动任何人"):
        core.rosters.sync(linked)
    assert active(core) == before
    assert "名单是空的" in told(core)[-1]


def test_an_answer_that_broke_off_removes_nobody_and_is_an_alarm(core: Core, linked: Source) -> None:
    before, linked.fault = active(core), "钉钉回复 15"
    with pytest.raises(RosterBroken):
        core.rosters.sync(linked)
    assert active(core) == before
    assert "没有从「钉钉通讯录」读到完整的名单" in told(core)[-1]
    with core.engine.connect() as tx:
        noted = tx.execute(select(audit_log).where(audit_log.c.action == "roster.broken")).all()
    assert len(noted) == 1


def test_a_halved_answer_removes_nobody_even_when_confirmed(core: Core, linked: Source, system: Actor) -> None:
    before, gone = active(core), linked.people[::2]
    linked.people = linked.people[1::2]
    view = core.rosters.sync(linked)
    assert len(lines(view, "person", "retire")) == len(gone)
    assert all(line.state == HELD for line in lines(view, "person", "retire"))
    assert active(core) == before
    assert "同步" in told(core)[-1]
    with pytest.raises(ImportOver):
        core.rosters.apply(system, view.id, leaving_confirmed=True)
    assert active(core) == before


def test_a_tenth_missing_waits_for_a_word_on_the_page(core: Core, linked: Source, system: Actor) -> None:
    before, keep = active(core), {linked.at(role) for role in ("system_admin", "security_admin", "audit_admin")}
    gone = [n for n in range(len(linked.people)) if n not in keep][: len(linked.people) // 10]
    linked.people = [one for n, one in enumerate(linked.people) if n not in gone]
    view = core.rosters.sync(linked)
    assert (view.state, view.must_confirm, active(core)) == ("checked", True, before)
    assert f"停用 {len(gone)} 人" in told(core)[-1]
    with pytest.raises(LeavingUnconfirmed, match=str(len(gone))):
        core.rosters.apply(system, view.id)
    assert active(core) == before
    after = core.rosters.apply(system, view.id, leaving_confirmed=True)
    refused = [line for line in after.plan.lines if line.state == "refused"]
    assert active(core) == before - len(gone) + len(refused)
    assert all(line.told for line in refused)


def test_one_who_left_is_disabled_by_the_clock_through_the_registers_door(core: Core, linked: Source) -> None:
    at = clerk_of(linked)
    one = linked.people.pop(at)
    with core.engine.begin() as tx:
        row = {"token_hash": "x", "person_id": int(one.id[6:]), "confirm_tries": 0}
        moment = core.clock.now()
        tx.execute(sessions.insert().values(**row, created_at=moment, seen_at=moment))
    view = core.rosters.sync(linked)
    assert [line.called for line in lines(view, "person", "retire")] == [one.name]
    with pytest.raises(NotKnownHere):
        core.actor_for("dingtalk", one.dingtalk)
    with core.engine.connect() as tx:
        assert tx.execute(select(sessions).where(sessions.c.person_id == int(one.id[6:]))).first() is None
        log = tx.execute(select(audit_log).where(audit_log.c.action == "person.retired")).one()
    assert (log.actor_person, log.channel) == (None, "system")
    linked.people.insert(at, one)
    core.rosters.sync(linked)
    assert core.actor_for("dingtalk", one.dingtalk).name == one.name, "whoever comes back is the same person"


def test_a_new_name_is_the_same_person(core: Core, linked: Source) -> None:
    one = linked.change(clerk_of(linked), name="符改名")
    view = core.rosters.sync(linked)
    assert "→ 符改名" in lines(view, "person", "change")[0].says
    assert core.actor_for("dingtalk", one.dingtalk).name == "符改名"


def test_a_new_account_and_number_are_the_same_person_by_the_id_that_stays(core: Core, linked: Source) -> None:
    was = linked.people[clerk_of(linked)]
    linked.change(clerk_of(linked), dingtalk="new-account", phone=MOBILE.format(1))
    core.rosters.sync(linked)
    assert core.actor_for("dingtalk", "new-account").person == int(was.id[6:])
    with pytest.raises(NotKnownHere):
        core.actor_for("dingtalk", was.dingtalk)


def test_the_same_name_alone_is_somebody_else(core: Core, linked: Source, system: Actor) -> None:
    twin = linked.people[clerk_of(linked)]
    linked.people.append(OutsidePerson("union-twin", twin.name, MOBILE.format(2), "twin", twin.units))
    view = core.rosters.sync(linked)
    assert [line.called for line in lines(view, "person", "add")] == [twin.name]
    with pytest.raises(Refusal, match="没有在用的岗位"):
        core.actor_for("dingtalk", "twin")


def test_a_number_finds_a_person_of_another_directory(core: Core) -> None:
    """OPUS knows neither our ids nor DingTalk's: the number is found by its blind index, with the name agreeing."""
    opus = Source(core, "opus")
    numbered = [one for one in opus.people if one.phone]
    opus.people = numbered
    view = core.rosters.sync(opus)
    assert (view.plan.lines, len(view.plan.faults)) == ((), 0)
    with core.engine.connect() as tx:
        kept = select(directory_links).where(directory_links.c.source == "opus", directory_links.c.kind == "person")
        assert len(tx.execute(kept).all()) == len(numbered)
    at = next(n for n, one in enumerate(opus.people) if one.phone)
    opus.people.append(replace(opus.people[at], id="union-new", name="另一个人"))
    told_again = core.rosters.look(None, opus)
    assert "重复" in core.rosters.view(None, told_again).plan.faults[0].why


def test_a_number_of_two_people_is_nobodys(core: Core, linked: Source) -> None:
    first = next(n for n, one in enumerate(linked.people) if one.phone)
    before, number = active(core), linked.people[first].phone
    linked.people.append(OutsidePerson("union-x", "新来的", number, "new-x", ()))
    view = core.rosters.sync(linked)
    assert {fault.column for fault in view.plan.faults} == {"新来的", linked.people[first].name[:20]}
    assert (active(core), view.plan.leaving) == (before, 0), "whoever is in doubt is not gone"


def test_a_number_that_passed_to_a_new_name_is_asked_about(core: Core) -> None:
    opus = Source(core, "opus")
    at = next(n for n, one in enumerate(opus.people) if one.phone)
    opus.change(at, name="换了人")
    view = core.rosters.view(None, core.rosters.look(None, opus))
    assert "手机号已登记在" in next(fault for fault in view.plan.faults if fault.column == "换了人").why


def test_another_department_waits_for_the_security_administrator(
    core: Core, linked: Source, system: Actor, security: Actor
) -> None:
    at = clerk_of(linked)
    mover = linked.people[at]
    elsewhere = next(unit for unit in linked.units if unit.id not in mover.units)
    linked.change(at, units=(elsewhere.id,))
    person = int(mover.id[6:])
    before = core.actor_for("dingtalk", mover.dingtalk)
    view = core.rosters.sync(linked)
    assert (view.state, core.actor_for("dingtalk", mover.dingtalk).unit) == ("checked", before.unit)
    assert (core.rosters.view(system, view.id).mine, core.rosters.view(security, view.id).mine) == (0, 2)
    assert core.rosters.apply(system, view.id).state == "checked", "a right is not a system administrator's to give"
    assert core.rosters.apply(security, view.id).state == "done"
    after = core.actor_for("dingtalk", mover.dingtalk)
    assert (after.person, after.role, after.unit) == (person, before.role, int(elsewhere.id[1:]))
    assert after.others == ()


def test_a_department_below_a_unit_is_that_unit(core: Core, linked: Source) -> None:
    at = clerk_of(linked)
    linked.units.append(OutsideUnit("office", "办公室", linked.people[at].units[0]))
    linked.change(at, units=("office",))
    linked.people.append(OutsidePerson("union-n", "新来的", MOBILE.format(3), "new-n", ("office",), "科员"))
    view = core.rosters.sync(linked)
    assert lines(view, "post", "retire") == []
    assert "科员" in lines(view, "post", "add")[0].says


def test_a_department_nobody_knows_is_named(core: Core, linked: Source) -> None:
    linked.units.append(OutsideUnit("odd", "筹备办", ""))
    linked.people.append(OutsidePerson("union-n", "新来的", MOBILE.format(3), "new-n", ("odd",)))
    view = core.rosters.sync(linked)
    assert any("「筹备办」没有对应的单位" in note for note in view.plan.notes)
    assert lines(view, "post", "add") == []


def test_whoever_leaves_open_work_behind_is_reported(core: Core, linked: Source) -> None:
    dispatched(core)
    with core.engine.connect() as tx:
        known = read_known(tx, "dingtalk")
    unit = next(iter(known.open_work))
    staff = [one for one in known.people.values() if one.active and any(post.unit == unit for post in one.posts)]
    with core.engine.begin() as tx:
        tx.execute(people.update().where(people.c.id.in_([one.id for one in staff[1:]])).values(active=False))
    linked.people = [one for one in linked.people if one.id != f"union-{staff[0].id}"]
    view = core.rosters.view(None, core.rosters.look(None, linked))
    assert any("件在办，请先安排接手" in note for note in view.plan.notes)


def test_many_arrivals_at_once_wait(core: Core, linked: Source) -> None:
    for number in range(31):
        linked.people.append(
            OutsidePerson(f"union-n{number}", f"新人{number}", MOBILE.format(100 + number), f"n{number}", ())
        )
    before = active(core)
    assert core.rosters.sync(linked).state == "checked"
    assert active(core) == before


def test_a_plan_is_sealed_while_it_waits_and_gone_afterwards(core: Core, linked: Source, system: Actor) -> None:
    linked.people.append(OutsidePerson("union-n", "新来的", "13987654321", "new-n", linked.people[0].units))
    first = core.rosters.look(system, linked)
    assert core.rosters.look(system, linked) == first, "the same list, still waiting, is the same import"

    def stored() -> str:
        with core.engine.connect() as tx:
            return str(tx.execute(select(directory_imports).where(directory_imports.c.id == first)).one())

    assert "13987654321" not in stored()
    core.rosters.drop(system, first)
    assert "sealed" not in stored()
    with pytest.raises(ImportOver, match="已放弃"):
        core.rosters.apply(system, first)


def test_done_twice_is_done_once_and_others_may_not(core: Core, linked: Source, system: Actor) -> None:
    linked.people.append(OutsidePerson("union-n", "新来的", MOBILE.format(7), "new-n", ()))
    import_id = core.rosters.look(system, linked)
    before = active(core)
    clerk = core.directory().by_role["desk_head"][0].actor
    with pytest.raises(NotYours):
        core.rosters.view(clerk, import_id)
    with pytest.raises(NotYours):
        core.rosters.apply(clerk, import_id)
    core.rosters.apply(system, import_id)
    with pytest.raises(ImportOver):
        core.rosters.apply(system, import_id)
    assert active(core) == before + 1
