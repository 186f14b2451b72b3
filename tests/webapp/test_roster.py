"""组织导入 on the page and by command: sheets with bad rows, the address book over the wire, who confirms what."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from apiflask import APIFlask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bots.clock import Timetable
from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.contacts import AddressBook
from core.adapters.opus import Opus, build_opus
from core.models.people import people, posts, units
from core.ports import PartRead
from tests.clock import StillClock
from tests.conftest import PRACTICE
from tests.databases import ROOT, SQLite, migrated
from tests.sandbox.rig import Sandbox, started
from tests.sandbox.town import directory
from tests.town import a_core, settled
from tests.webapp.town import PEOPLE, UNITS, Town, build
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
NAMES = {code: name for code, name, *_ in UNITS}


@pytest.fixture(scope="module")
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox of this module's own: its address book is emptied and halved."""
    with started(*PRACTICE, manifests=ROOT / "cards/manifests") as running:
        yield running


@pytest.fixture
def book(own_sandbox: Sandbox) -> Sandbox:
    """The address book as the town is: everybody in the department of their first post."""
    own_sandbox.post("reset")
    gone = [row["userId"] for row in own_sandbox.get("people")]
    own_sandbox.post("people", left=gone)
    for at, (login, (name, held)) in enumerate(PEOPLE.items()):
        own_sandbox.add_people({"userId": login, "name": name, "unit": NAMES[held[0][0]], "mobile": f"1370000{at:04d}"})
    return own_sandbox


@pytest.fixture
def town(tmp_path: Path, clock: StillClock, book: Sandbox) -> Iterator[Town]:
    core = build(SQLite().prepared(migrated, tmp_path), clock, book.base)
    yield Town(core, clock)
    core.engine.dispose()


@pytest.fixture
def address_book(town: Town) -> AddressBook:
    return AddressBook(DingTalkApi(town.core.settings.dingtalk), pause_s=0.01)


def xlsx(*rows: tuple[str, ...], formula: str = "") -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as file:
        page = file.add_worksheet()
        for number, row in enumerate(rows):
            for at, cell in enumerate(row):
                page.write_string(number, at, cell)
        if formula:
            page.write_formula(len(rows), 0, formula, value="=cmd|' /C calc'!A0")
            page.write_string(len(rows), 1, "公式")
    return held.getvalue()


def upload(visitor: Visitor, raw: bytes, name: str = "人员.xlsx") -> TestResponse:
    page = visitor.get("/settings/directory").text
    hidden = {"csrf_token": hidden_value(page, "csrf_token"), "token": hidden_value(page, "token")}
    file = {"file": (io.BytesIO(raw), name)}
    answer = visitor.client.post("/settings/directory", data={**hidden, **file}, content_type="multipart/form-data")
    return visitor.get(answer.location) if answer.status_code == 303 else answer


def confirm(visitor: Visitor, number: int, **form: str) -> TestResponse:
    path = f"/settings/directory/{number}"
    return visitor.post(path, page=path, **{"wish": "apply", **form})


def known(town: Town, code: str) -> tuple[str, bool] | None:
    with town.core.engine.connect() as tx:
        row = tx.execute(select(people).where(people.c.code == code)).first()
        return (row.name, row.active) if row else None


HEAD = ("人员代码*", "姓名*", "手机", "钉钉账号", "在用", "单位", "角色", "职务")


def test_a_sheet_of_people_is_shown_before_anything_is_changed(visit: Visit, town: Town) -> None:
    sheet = xlsx(
        HEAD,
        ("wang_xm", "王小明", "19900001234", "wxm", "", "水务局", "经办人", "专办员"),
        ("wang_xm", "王小明", "", "", "", "市监局", "单位负责人", "副局长"),
        ("housing", "钟德峰", "", "", "否", "", "", ""),
        ("river", "符改名", "", "", "", "", "", ""),
        ("", "没有代码", "", "", "", "", "", ""),
        ("Bad Code", "代码不对", "", "", "", "", "", ""),
        ("zhou_a", "周一", "123", "", "", "", "", ""),
        ("zhou_b", "周二", "19900001234", "", "", "", "", ""),
        ("zhou_c", "周三", "", "", "", "没有的局", "经办人", "科员"),
        ("zhou_d", "周四", "", "", "", "水务局", "皇帝", "科员"),
        ("zhou_e", "=1+1", "", "", "", "", "", ""),
        ("zhou_f", "周六", "", "", "", "水务局", "", ""),
    )
    system, security = visit("system"), visit("security")
    page = upload(system, sheet).text
    for words in (
        "新增 王小明", "停用 钟德峰", "修改 符改名", "姓名 符河生 → 符改名", "第 6 行", "第 7 行", "十一位手机号",
        "与另一人的手机号重复",
        "没有「没有的局」这个单位", "没有「皇帝」这一项", "像是公式", "单位、角色、职务都要填", "确认 3 项",
        "另有 2 项由安全管理员确认",
    ):  # fmt: skip
        assert words in page, words
    assert "19900001234" not in page
    assert (known(town, "wang_xm"), known(town, "housing")) == (None, ("钟德峰", True))
    assert "已完成" in confirm(system, 1).text
    assert (known(town, "wang_xm"), known(town, "housing")) == (("王小明", True), ("钟德峰", False))
    assert known(town, "river") == ("符改名", True)
    with town.core.engine.connect() as tx:
        assert tx.execute(select(posts).where(posts.c.title == "副局长")).first() is None, "rights are not given yet"
    assert "确认 2 项" in security.get("/settings/directory/1").text
    assert "已完成" in confirm(security, 1).text
    actor = town.core.actor_for("dingtalk", "wxm")
    assert {actor.unit_name, *(post.unit_name for post in actor.others)} == {"水务局", "市监局"}


def test_a_sheet_of_units_adds_them_from_the_top_down(visit: Visit, town: Town) -> None:
    head = ("代码*", "全称", "简称", "类别", "排名分组", "上级单位", "办公时间", "职责词", "在用")
    hours = next(iter(town.core.calendar().hours.values())).title
    sheet = xlsx(
        head,
        ("forest", "秀英区林业局", "林业局", "部门", "部门", "区政府", hours, "林地、古树", ""),
        ("tree", "秀英区古树管护站", "古树站", "部门", "部门", "林业局", hours, "", ""),
        ("odd", "秀英区奇怪局", "奇怪局", "部门", "部门", "还没有的局", hours, "", ""),
        ("river", "", "河道管理站", "", "", "", "", "", ""),
    )
    system = visit("system")
    page = upload(system, sheet).text
    assert "没有「还没有的局」这个单位" in page
    assert "已完成" in confirm(system, 1).text
    with town.core.engine.connect() as tx:
        rows = {row.code: row for row in tx.execute(select(units))}
    assert rows["tree"].parent_id == rows["forest"].id
    assert rows["river"].short == "河道管理站"
    assert "odd" not in rows


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "打不开"), (b"PK\x03\x04rubbish", "打不开"), ("甲,乙\n1,2\n".encode(), "要有「姓名」"),
        ("姓名\n王五\n".encode(), "缺少「人员代码」"), ("姓名,姓名,人员代码\n".encode(), "写了两次"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_one_sentence(visit: Visit, raw: bytes, why: str) -> None:
    answer = upload(visit("system"), raw, "x.csv")
    assert answer.status_code == 422
    assert why in answer.text


def test_a_formula_cell_is_read_as_what_it_shows_and_refused(visit: Visit) -> None:
    page = upload(visit("system"), xlsx(HEAD, formula="=1+1")).text
    assert "第 2 行" in page
    assert "像是公式" in page


def test_only_the_two_administrators_may(visit: Visit, town: Town) -> None:
    head = visit("head")
    for path in ("/settings/directory", "/settings/directory/1"):
        assert head.get(path).status_code == 403
    assert "组织导入" not in head.get("/settings").text
    assert "组织导入" in visit("system").get("/settings").text
    assert visit("desk").get("/settings/directory").status_code == 403
    assert visit("system").get("/settings/directory/99").status_code == 404
    assert visit("system").get("/settings/directory/template-person.xlsx").data[:2] == b"PK"
    assert visit("system").client.post("/settings/directory/1", data={"wish": "apply"}).status_code == 400


def test_the_address_book_is_read_level_by_level_and_page_by_page(address_book: AddressBook, book: Sandbox) -> None:
    many = [{"userId": f"m{n}", "name": f"众{n}", "unit": "秀英区水务局/大科室"} for n in range(230)]
    book.add_people(*many)
    whole = address_book.whole()
    assert len(whole.people) == len(PEOPLE) + 230
    office = next(unit for unit in whole.units if unit.name == "大科室")
    above = next(unit for unit in whole.units if unit.id == office.parent)
    assert (above.name, above.parent) == ("秀英区水务局", "")
    assert {one.units for one in whole.people if one.name.startswith("众")} == {(office.id,)}


@pytest.mark.parametrize(
    "fault",
    [
        {"http": {"prefix": "/topapi/v2/user/list", "status": 500}}, {"truncated": {"prefix": "/topapi/v2/user"}},
        {"html": {"prefix": "/topapi/v2/department"}}, {"empty": {"prefix": "/topapi/v2/user"}},
        {"http": {"prefix": "/topapi/v2/user/list", "status": 200, "body": {"errcode": 0, "result": None}}},
        {"http": {"prefix": "/topapi/v2/user/list", "status": 200,
                  "body": {"errcode": 0, "result": {"list": [], "has_more": True, "next_cursor": 0}}}},
        {"http": {"prefix": "/topapi/v2/user/list", "status": 200, "body": {"errcode": 60011, "errmsg": "no"}}},
    ],
)  # fmt: skip
def test_a_book_that_breaks_off_is_none(address_book: AddressBook, book: Sandbox, fault: dict[str, object]) -> None:
    book.set_faults(**fault)
    with pytest.raises(PartRead, match=r"^钉钉[\u4e00-\u9fff]+( \d+| [\w.]+\.[\w.]+)?$"):
        address_book.whole()


def test_too_fast_for_dingtalk_is_asked_again_slower(address_book: AddressBook, book: Sandbox) -> None:
    calls = {"n": 0}
    plain = address_book._api.ask_old

    def sometimes(path: str, body: dict[str, object]) -> object:
        calls["n"] += 1
        if calls["n"] in (2, 3):
            book.set_faults(http={"prefix": "/topapi", "status": 200, "body": {"errcode": 90018, "errmsg": "qps"}})
        else:
            book.set_faults(http=None)
        return plain(path, body)

    address_book._api.ask_old = sometimes  # type: ignore[method-assign]
    assert len(address_book.whole().people) == len(PEOPLE)


def test_opus_is_read_to_its_end_or_not_at_all(book: Sandbox) -> None:
    def opus(token: str = "practice", size: int = 3) -> Opus:
        return Opus(f"{book.base}/opus", token, size)

    assert len(opus().whole().people) == len(PEOPLE)
    for wrong in ({"total": 999}, {"total": 2}, {"restless": True}, {"persons": [{"id": "x"}]}):
        book.post("reset")
        book.post("opus", **wrong)
        with pytest.raises(PartRead):
            opus().whole()
    book.post("reset")
    with pytest.raises(PartRead):
        opus(token="wrong").whole()
    book.set_faults(http={"prefix": "/opus/persons", "status": 503})
    with pytest.raises(PartRead):
        opus().whole()


def test_the_page_reads_dingtalk_and_a_big_loss_needs_a_tick(visit: Visit, town: Town, book: Sandbox) -> None:
    extra = [{"userId": f"x{n}", "name": f"新{n}", "unit": "秀英区水务局"} for n in range(20)]
    book.add_people(*extra)
    system = visit("system")
    look = "/settings/directory/from/dingtalk"
    assert system.post(look, page="/settings/directory").location == "/settings/directory/1"
    assert "已完成" in confirm(system, 1).text
    book.post("people", left=[f"x{n}" for n in range(5)])
    assert system.post(look, page="/settings/directory").location == "/settings/directory/2"
    page = system.get("/settings/directory/2").text
    assert "确认停用 5 人" in page
    refused = confirm(system, 2)
    assert (refused.status_code, "请勾选确认" in refused.text) == (422, True)
    assert known(town, "x0") == ("新0", True)
    assert confirm(system, 2, leaving="yes").status_code == 200
    assert (known(town, "x0"), known(town, "x9")) == (("新0", False), ("新9", True))
    book.post("people", left=[row["userId"] for row in book.get("people")])
    empty = system.post(look, page="/settings/directory")
    assert (empty.status_code, "名单是空的" in empty.text) == (409, True)
    book.set_faults(http={"prefix": "/topapi", "status": 500})
    broken = system.post(look, page="/settings/directory")
    assert (broken.status_code, "没有改动任何人" in broken.text) == (424, True)
    assert known(town, "x9") == ("新9", True)


def test_the_clock_follows_the_address_book(town: Town, address_book: AddressBook, book: Sandbox) -> None:
    timetable = Timetable(town.core, lambda: True, None, directories=[address_book])
    timetable.follow_directory(address_book)
    book.post("people", left=["housing"])
    timetable.follow_directory(address_book)
    assert known(town, "housing") == ("钟德峰", False)
    book.set_faults(http={"prefix": "/topapi", "status": 500})
    timetable.follow_directory(address_book)
    assert known(town, "water") == ("韩德玲", True)


def test_by_command(town: Town, site: APIFlask, tmp_path: Path) -> None:
    run = site.test_cli_runner().invoke
    file = tmp_path / "people.csv"
    file.write_text("人员代码,姓名\nwang_xm,王小明\n,没有代码\n", encoding="utf-8")
    told = run(args=["directory", "import", str(file)])
    assert told.exit_code == 0
    assert "第 3 行" in told.output
    assert "新增 1 人" in told.output
    assert known(town, "wang_xm") is None
    assert "已导入" in run(args=["directory", "import", str(file), "--apply"]).output
    assert known(town, "wang_xm") == ("王小明", True)
    for source in ("dingtalk", "opus"):
        assert run(args=["directory", "import", source]).exit_code == 0
    assert "也不是" in run(args=["directory", "import", "nowhere"]).output


def test_the_practice_district_agrees_with_its_own_address_book(
    tmp_path: Path, clock: StillClock, book: Sandbox
) -> None:
    book.post("people", left=list(PEOPLE))
    book.add_people(*directory())
    core = a_core(SQLite().prepared(settled, tmp_path), clock, book.base)
    try:
        for source in (AddressBook(DingTalkApi(core.settings.dingtalk)), build_opus(core.settings)):
            assert source
            view = core.rosters.sync(source)
            assert (view.state, view.plan.lines, view.plan.faults) == ("done", (), ())
            assert view.plan.seen == len(directory())
    finally:
        core.engine.dispose()
