"""The practice ground: everybody in one commit, corrected by the next, refused in production."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import Core, seeding
from core.crypto import check_password, place
from core.errors import NoPost
from core.machines import Machines
from core.models.archive import archive_documents
from core.models.cases import cases
from core.models.codes import licence_codes
from core.models.people import accounts, identities, people, posts, units
from core.seeding.district import District, PostRow, WrongDistrict, practice_district
from core.settings import WrongSettings
from tests.builders import rows
from tests.clock import StillClock
from tests.town import a_core


def count(core: Core, table: object) -> int:
    with core.engine.connect() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def with_person(code: str, **changes: object) -> District:
    """The practice district with one person told differently."""
    district = practice_district()
    rows = [replace(row, **changes) if row.code == code else row for row in district.people]  # type: ignore[arg-type]
    return replace(district, people=tuple(rows))


def test_everybody_of_the_tables_is_there(core: Core) -> None:
    district = practice_district()
    assert (count(core, units), count(core, people)) == (len(district.units), len(district.people))
    assert count(core, posts) == sum(len(person.posts) for person in district.people)
    clerk = core.actor_for("dingtalk", "xy125")
    assert (clerk.unit_name, clerk.role, len(clerk.others)) == ("长流镇", "unit_clerk", 2)
    assert core.actor_for("web", str(clerk.person)).post == clerk.post
    leader = core.actor_for("dingtalk", "xy001")
    assert {core.directory().units[unit].code for unit in leader.in_charge} >= {"city_management", "water"}


def test_phones_are_sealed_and_found_by_their_index(core: Core) -> None:
    with core.engine.connect() as tx:
        row = tx.execute(select(people).where(people.c.code == "p011")).one()
    assert "1990" not in row.phone_sealed
    assert core.cipher.open(row.phone_sealed, place("people", "phone", "p011")) == "19900000011"
    assert row.phone_index == core.indexer.index("199 0000 0011", "phone")


def test_the_console_and_the_interface_open_with_the_practice_secrets(core: Core) -> None:
    with core.engine.connect() as tx:
        stored = {row.login: row.password_hash for row in tx.execute(select(accounts))}
    assert set(stored) == set(seeding.LOGINS)
    assert check_password(seeding.PASSWORD, stored["p011"], core.vault)
    assert Machines(core.engine, core.vault).grant("practice", "practice").seconds > 0


def test_a_repeat_changes_nothing(core: Core) -> None:
    def everyone() -> list[object]:
        with core.engine.connect() as tx:
            tables = (units, posts, identities, accounts)
            return [list(tx.execute(select(table).order_by(table.c.id))) for table in tables]

    before = everyone()
    seeding.seed_people(core)
    assert everyone() == before
    assert core.verify_log().ok


def test_an_import_corrects_names_posts_and_staff_ids(core: Core) -> None:
    post = PostRow("water", "unit_clerk", "专办员", ())
    seeding.import_district(core, with_person("p125", name="苏玉涛", dingtalk="xy900", posts=(post,)))
    actor = core.actor_for("dingtalk", "xy900")
    assert (actor.name, actor.unit_name, actor.others) == ("苏玉涛", "水务局", ())
    seeding.import_district(core, with_person("p125", posts=()))
    with pytest.raises(NoPost):
        core.actor_for("dingtalk", "xy125")


def test_an_import_refuses_tables_that_contradict_each_other(core: Core) -> None:
    administrators = tuple(PostRow("command_center", role, "管理员", ()) for role in ("system_admin", "audit_admin"))
    with pytest.raises(WrongDistrict, match="an administrator holds no other role"):
        seeding.import_district(core, with_person("p017", posts=administrators))
    nowhere = (PostRow("moon", "king", "国王", ()),)
    with pytest.raises(WrongDistrict, match=r"no unit moon; person p020: no role king"):
        seeding.import_district(core, with_person("p020", posts=nowhere))
    district = practice_district()
    ring = tuple(replace(unit, parent="water") if unit.code == "drainage" else unit for unit in district.units)
    ring = tuple(replace(unit, parent="drainage") if unit.code == "water" else unit for unit in ring)
    with pytest.raises(WrongDistrict, match="ring"):
        seeding.import_district(core, replace(district, units=ring))
    twice = replace(district, people=(*district.people, district.people[0]))
    with pytest.raises(WrongDistrict, match="p001 twice"):
        seeding.import_district(core, twice)


def test_production_refuses_practice_data_but_takes_a_district(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "settings", core.settings.model_copy(update={"profile": "production"}))
    for refused in (seeding.seed, seeding.seed_people):
        with pytest.raises(WrongSettings, match="正式环境"):
            refused(core)
    assert seeding.import_district(core, practice_district()) == len(practice_district().people)


@pytest.mark.slow
def test_seed_fills_an_empty_ground_once(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    core = a_core(migrated_url, StillClock())
    said = seeding.seed(core, cases=66, days=40)
    assert said.startswith(f"已写入 {len(practice_district().people)} 名人员、")
    assert "p011  指挥中心 调度员（一席）" in said
    had = count(core, cases)
    assert count(core, archive_documents) > 40
    states = Counter(row.state for row in rows(core, licence_codes))
    assert states["bound"] > states["free"] > 0
    assert seeding.seed(core).startswith("已有")
    assert count(core, cases) == had
    seeding.seed(core, cases=50, days=40, force=True)
    assert count(core, cases) > had + 45
    assert core.verify_log().ok
    core.engine.dispose()
