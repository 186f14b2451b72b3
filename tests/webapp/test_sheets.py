"""从表格导入 without a browser: the whole file checked first, all or only what is in order, nothing twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from core.models.arrivals import import_rows
from core.models.cases import cases
from core.plain import as_cell
from core.policy.arrivals import arrival_rules
from tests.payloads import CELLS
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
HEAD = "标题*,内容*,地点*,问题来源,诉求性质,紧急程度,联系电话,来件编号,疑难\n"
GOOD = "港口路积水,雨停两小时水没退,港口路公交站,热线电话,投诉,紧急,013900001234,00123,是\n"
OTHER = "路灯不亮,晚上很黑,秀华路,,,,,,\n"
BAD = ",没有标题,秀华路,火星,投诉,一般,12,,\n"


def count(town: Town) -> int:
    with town.core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(cases)).scalar_one())


def bring(visitor: Visitor, text: str | bytes, name: str = "诉求.csv") -> TestResponse:
    csrf = hidden_value(visitor.get("/intake/sheets").text, "csrf_token")
    raw = text.encode() if isinstance(text, str) else text
    return post(visitor, csrf, raw, name)


def post(visitor: Visitor, csrf: str, raw: bytes, name: str = "诉求.csv") -> TestResponse:
    """An upload as a browser sends it, encoded here: the test client would leave its large bodies open."""
    file = FileStorage(io.BytesIO(raw), filename=name)
    boundary, body = encode_multipart({"csrf_token": csrf, "token": "t" * 24, "file": file})
    kind = f'multipart/form-data; boundary="{boundary}"'
    return visitor.client.post(
        "/intake/sheets", input_stream=io.BytesIO(body), content_length=len(body), content_type=kind
    )


def decide(visitor: Visitor, page: str, wish: str) -> TestResponse:
    return visitor.post(page, page, wish=wish)


def test_a_sheet_in_order_is_registered_once_however_often_it_is_brought(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    page = bring(desk, HEAD + GOOD + OTHER).location
    assert "全部登记 2 件" in desk.get(page).text
    assert count(town) == 0
    decide(desk, page, "all")
    assert town.core.arrivals.imports.work() == 2
    assert desk.get(f"{page}/progress").json == {"state": "done", "settled": 2, "good": 2}
    assert bring(desk, HEAD + GOOD + OTHER).location == page
    decide(desk, page, "all")
    assert town.core.arrivals.imports.work() == 0
    assert count(town) == 2
    (item,) = town.core.find(town.actor("desk"), "港口路积水").items
    assert item.no.startswith("XYRX")
    view = town.core.case_view(town.actor("desk"), item.id)
    assert (view.outside_no, view.urgency, view.phone) == ("00123", "urgent", "013****1234")
    with town.core.engine.connect() as tx:
        assert list(tx.execute(select(import_rows.c.body)).scalars()) == [{}, {}]


def test_faults_are_told_by_row_column_and_reason(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    page = bring(desk, HEAD + GOOD + BAD + GOOD).location
    text = desk.get(page).text
    for words in ("请填写「标题」后再登记。", "请从列表中选择", "应是5到20位数字", "与第 2 行完全相同"):
        assert words in text
    rows = list(csv.reader(io.StringIO(desk.get(f"{page}/faults.csv").data.decode("utf-8-sig"))))
    assert rows[0] == ["行", "列", "原因"]
    assert [row[:2] for row in rows[1:]] == [["3", "标题"], ["3", "问题来源"], ["3", "联系电话"], ["4", "整行"]]
    assert decide(desk, page, "all").status_code == 422
    assert town.core.arrivals.imports.work() == 0
    decide(desk, page, "good")
    assert town.core.arrivals.imports.work() == 1
    assert count(town) == 1


FOREIGN = (
    "秀英区 12345 热线工单汇总,,,,,,\n填报：热线办,,,,,,\n"
    "序号,工单编号,诉求标题,诉求内容（必填）,事发地点：,来电人,手机号码（本人）,受理时间\n"
    "1,HX001,港口路积水,雨停两小时水没退,港口路公交站,王小明,139 0000 1234,2026/3/10\n"
)


def test_a_sheet_from_elsewhere_is_understood_by_what_others_call_our_columns(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    page = bring(desk, FOREIGN).location
    assert "这几列没有对上，登记时不带入：序号、受理时间。" in desk.get(page).text
    decide(desk, page, "all")
    assert town.core.arrivals.imports.work() == 1
    (item,) = town.core.find(town.actor("desk"), "港口路积水").items
    view = town.core.case_view(town.actor("desk"), item.id)
    assert (view.place, view.outside_no, view.phone) == ("港口路公交站", "HX001", "139****1234")
    assert "这几列没有对上" in desk.get(page).text


def test_a_fault_below_a_title_is_told_by_the_row_the_sheet_shows(visit: Visit) -> None:
    desk = visit("desk")
    page = bring(desk, FOREIGN.replace("139 0000 1234", "无")).location
    rows = list(csv.reader(io.StringIO(desk.get(f"{page}/faults.csv").data.decode("utf-8-sig"))))
    assert rows[1:] == [["4", "联系电话", "「联系电话」填得不对：应是5到20位数字。"]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("标题,诉求标题,内容,地点\n甲,乙,丙,丁\n", ""),
        ("标题,内容,地点,手机,电话\n甲,乙,丙,1,2\n", "「联系电话」列写了两次（手机、电话），请只留一列。"),
        ("汇总\n标题,诉求内容\n甲,乙\n", "第 2 行缺少「地点」列，请用模板。"),
    ],
)
def test_two_columns_of_one_field_are_taken_only_when_one_is_spelled_as_ours(
    visit: Visit, town: Town, text: str, why: str
) -> None:
    answer = bring(visit("desk"), text)
    assert (answer.status_code, why in answer.text) == (422 if why else 303, True)


def test_a_sheet_given_up_leaves_nothing(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    page = bring(desk, HEAD + GOOD).location
    decide(desk, page, "drop")
    with town.core.engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(import_rows)).scalar_one() == 0
    assert decide(desk, page, "all").status_code == 409
    assert bring(desk, HEAD + GOOD).location != page
    assert count(town) == 0


def test_a_sheet_is_its_bringers_and_no_second_person_brings_it_again(visit: Visit, town: Town) -> None:
    desk, water = visit("desk"), visit("water")
    page = bring(desk, HEAD + GOOD).location
    assert water.get(page).status_code == 404
    assert water.get(f"{page}/faults.csv").status_code == 404
    decide(desk, page, "all")
    town.core.arrivals.imports.work()
    answer = bring(water, HEAD + GOOD)
    assert "这份表格已由陈文兰导入" in answer.text
    assert count(town) == 1


def test_a_sheet_nobody_confirmed_is_wiped_in_time(visit: Visit, town: Town) -> None:
    page = bring(visit("desk"), HEAD + GOOD).location
    town.clock.advance(seconds=arrival_rules().draft.keep.total_seconds() + 1)
    assert town.core.arrivals.imports.wipe() == 1
    with town.core.engine.connect() as tx:
        assert tx.execute(select(import_rows.c.body)).scalar_one() == {}
    assert "已放弃" in visit("desk").get(page).text


@pytest.mark.parametrize(
    ("raw", "name", "why"),
    [
        (b"", "a.csv", "请用模板"), (b"\0" * 100, "a.xlsx", "请用模板"), (b"PK\x03\x04 nothing", "a.xlsx", "请用模板"),
        ("姓名,年龄\n张三,3\n".encode(), "a.csv", "请用模板"), ("标题,标题\n".encode(), "a.csv", "写了两次"),
        ((HEAD + OTHER * 5001).encode(), "a.csv", "行数太多"), (b"x" * (10 * 2**20 + 1), "a.csv", "文件太大"),
    ],
    ids=["empty", "nul", "zip", "other", "twice", "rows", "large"],
)  # fmt: skip
def test_what_is_no_sheet_of_ours_is_told_in_one_sentence(
    visit: Visit, town: Town, raw: bytes, name: str, why: str
) -> None:
    answer = bring(visit("desk"), raw, name)
    assert (answer.status_code, why in answer.text) == (422, True)
    assert count(town) == 0


def test_only_this_page_takes_a_large_body_and_only_from_people_signed_in(visit: Visit, town: Town) -> None:
    desk, leader = visit("desk"), visit("leader")
    long = HEAD + "".join(f"积水{n},{'水' * 800},港口路,,,,,,\n" for n in range(800))
    assert len(long.encode()) > 1_500_000
    assert bring(desk, long).status_code == 303
    assert bring(desk, b"x" * (12 * 2**20)).status_code == 413
    for visitor in (visit(), leader):
        assert post(visitor, "x", long.encode()).status_code in (400, 403, 413)
    assert desk.post("/intake", "/intake", content="水" * 500_000).status_code == 413
    assert count(town) == 0


def test_the_template_reads_as_it_was_meant(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    answer = desk.get("/intake/sheets/template.xlsx")
    rows = list(CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).iter_rows())
    assert rows[0][:3] == ["标题*", "内容*", "地点*"]
    page = bring(desk, answer.data, "模板.xlsx").location
    assert "全部登记 1 件" in desk.get(page).text


@pytest.mark.parametrize("cell", [*CELLS, "+1", "-1", "\r=1", "\n=1", "\0=1"])
def test_no_cell_goes_out_as_a_formula(cell: str) -> None:
    assert as_cell(cell) == f"'{cell}"
    assert as_cell("积水") == "积水"
