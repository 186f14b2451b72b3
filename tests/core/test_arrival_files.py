"""Files of strangers: bombs, wrong kinds and odd cells end in one sentence, in little time (controls D1–D3)."""

from __future__ import annotations

import csv
import io
import resource
import time
import zipfile
import zlib
from struct import pack

import pytest
import xlsxwriter
from PIL import Image

from core.arrivals import reading
from core.arrivals.opening import WrongFile, open_photo, open_sheet
from core.policy.arrivals import arrival_rules
from tests.core import old_sheets

PHOTO, SHEET = arrival_rules().photo, arrival_rules().sheet
CONTENT = "[Content_Types].xml"


def picture(size: tuple[int, int] = (3000, 2000), kind: str = "JPEG", **more: object) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, "teal").save(held, kind, **more)
    return held.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG whose head promises so many pixels."""

    def part(name: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(name + body))

    head = part(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\0" * 10_000_000)) + part(b"IEND", b"")


def archive(*parts: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts:
            file.writestr(name, body)
    return held.getvalue()


def workbook(*rows: tuple[object, ...]) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    return held.getvalue()


def test_a_photo_is_made_anew_without_where_and_when_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010E] = "金鼎路 66 号 19900001234"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    fresh = open_photo(picture(exif=exif.tobytes()), PHOTO)
    with Image.open(io.BytesIO(fresh)) as shown:
        assert shown.format == "JPEG"
        assert not shown.getexif()
        assert (shown.width, shown.height) == (1280, 1920)
    assert b"19900001234" not in fresh
    assert open_photo(picture(kind="PNG"), PHOTO).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "JPG"), (b"GIF89a" + b"\0" * 100, "JPG"), (b"<svg onload=alert(1)>", "JPG"), (b"MZ" + b"\0" * 100, "JPG"),
        (picture()[:500], "JPG"), (b"\xff\xd8\xff" + b"\0" * 1000, "JPG"), (png_of(20_000, 20_000), "尺寸"),
        (b"\xff\xd8\xff" + b"\0" * (10 * 2**20), "太大"),
    ],
    ids=["empty", "gif", "svg", "program", "cut", "noise", "flood", "large"],
)  # fmt: skip
def test_what_is_no_photo_is_refused_soon(raw: bytes, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(WrongFile, match=why) as no:
        open_photo(raw, PHOTO)
    assert time.monotonic() - began < 30
    assert len(str(no.value)) <= 40


def test_a_sheet_is_read_as_a_person_sees_it() -> None:
    rows = open_sheet(
        workbook(("标题", "电话"), ("路灯不亮", "013900001234"), ("积水", 19900001234), (True, 1.5)), SHEET
    )
    assert rows == [["标题", "电话"], ["路灯不亮", "013900001234"], ["积水", "19900001234"], ["是", "1.5"]]


def test_a_sheet_of_an_old_program_is_read_alike() -> None:
    """A day and a number as a person sees them, merged cells said in each row, no formula worked out."""
    assert open_sheet(old_sheets.SHEET, SHEET, "来件.XLS") == [
        ["标题", "内容", "登记时间", "数量", "电话"],
        ["港口路积水", "雨停两小时水还没退", "2026-03-09 09:30", "12", "19900001234"],
        ["", "", "", "1.5", ""],
        ["合并的标题", "甲", "", "", ""],
        ["合并的标题", "乙", "", "", ""],
    ]


def test_a_number_that_lost_its_last_digits_says_so() -> None:
    rows = open_sheet(workbook(("证号",), (460100199001011234,), ("460100199001011234",)), SHEET)
    assert rows[1][0].startswith("\0")
    assert rows[2] == ["460100199001011234"]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_either_coding(coding: str) -> None:
    rows = open_sheet('标题,电话\r\n"港口路,积水",013900001234\r\n\r\n'.encode(coding), SHEET)
    assert rows[:2] == [["标题", "电话"], ["港口路,积水", "013900001234"]]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (archive((CONTENT, b""), ("xl/worksheets/sheet1.xml", b"\0" * 90_000_000)), "压缩得异常"),
        (archive((CONTENT, b""), *((f"xl/{n}.xml", b"") for n in range(1001))), "文件太多"),
        (archive((CONTENT, b""), *((f"xl/{n}.xml", b"\0" * 11_000_000) for n in range(10))), "压缩得异常"),
        (archive((CONTENT, b""), ("xl/../../etc/passwd", b"")), "请用模板"),
        (archive((CONTENT, b""), ("xl/vbaProject.bin", b"")), "请用模板"),
        (archive(("readme.txt", b"hello")), "请用模板"), (b"PK\x03\x04" + b"\0" * 100, "请用模板"),
        (workbook(("a",))[:-40], "请用模板"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "请用模板"), (reading.OLD + b"\0" * 600, "请用模板"),
        (old_sheets.SHEET[:3000], "请用模板"), (old_sheets.SHEET + reading.MACROS, "请用模板"),
        (old_sheets.VAST, "展开后太大"), (b"a,b\0c\n", "请用模板"),
        (b"\xff\xfe\xff" * 50, "请用模板"), (b'"open', "请用模板"), (b"x" * (10 * 2**20 + 1), "太大"),
        (b"a\n" * 5002, "行数太多"),
    ],
    ids=[
        "bomb", "entries", "bombs", "outside", "macro", "zip", "head", "cut", "old", "xls", "old cut",
        "old macro", "vast", "nul", "noise", "quote", "large",
        "rows",
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_refused_soon(raw: bytes, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(WrongFile, match=why) as no:
        open_sheet(raw, SHEET)
    assert time.monotonic() - began < 30
    assert len(str(no.value)) <= 40


def test_an_entity_bomb_inside_a_sheet_is_never_expanded() -> None:
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    )
    good = zipfile.ZipFile(io.BytesIO(workbook(("标题",))))
    parts = [(one, evil if one.endswith("sheet1.xml") else good.read(one)) for one in good.namelist()]
    try:
        read = open_sheet(archive(*parts), SHEET)
    except WrongFile:
        read = []
    assert "aaaa" not in str(read)


def with_part(name: str, body: bytes) -> bytes:
    """A good sheet with one part more."""
    good = zipfile.ZipFile(io.BytesIO(workbook(("标题", "内容", "地点"), ("积水", "水没退", "港口路"))))
    return archive(*((one, good.read(one)) for one in good.namelist()), (name, body))


def test_what_a_sheet_refers_to_elsewhere_is_never_asked_for() -> None:
    """Links to other books and addresses are parts like any other: read past, with the network closed."""
    link = b'<Relationships><Relationship Id="r" TargetMode="External" Target="http://10.0.0.1/x"/></Relationships>'
    rows = open_sheet(with_part("xl/externalLinks/_rels/externalLink1.xml.rels", link), SHEET, "a.xlsx")
    assert rows[1] == ["积水", "水没退", "港口路"]


def test_of_a_formula_only_the_words_it_shows_are_taken() -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ("标题", "内容"))
        page.write_formula(1, 0, '=HYPERLINK("http://10.0.0.1","点我")', None, "点我")
    assert open_sheet(held.getvalue(), SHEET, "a.xlsx")[1] == ["点我", ""]


def test_a_book_of_many_sheets_and_a_row_of_many_cells_stay_small() -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        for number in range(200):
            book.add_worksheet().write_row(0, 0, ("标题", f"{number}"))
    assert open_sheet(held.getvalue(), SHEET, "a.xlsx") == [["标题", "0"]]
    assert {len(row) for row in open_sheet(workbook(("列",) * 16_000, ("x",) * 16_000), SHEET)} == {64}


def test_what_is_written_once_in_cells_merged_downwards_counts_for_each_of_their_rows() -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        book.add_worksheet("说明")
        page = book.add_worksheet("工单")
        page.merge_range(0, 1, 0, 3, "热线工单汇总表")
        page.write_row(1, 1, ("标题", "镇街", "备注"))
        for row in (2, 3, 5):
            page.write(row, 1, f"积水 {row}")
        page.merge_range(2, 2, 4, 2, "秀英街道")
        page.merge_range(3, 3, 3, 4, "急")
    assert open_sheet(held.getvalue(), SHEET, "a.xlsx") == [
        ["热线工单汇总表", "", ""], ["标题", "镇街", "备注"], ["积水 2", "秀英街道", ""], ["积水 3", "秀英街道", "急"],
        [], ["积水 5", "", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_a_csv_is_read_however_a_spreadsheet_saves_it(code: str, sign: str) -> None:
    rows = [["标题", "内容", "地点"], ["积水", '水没退，"很深"；绕行, 慢', "港口路"]]
    held = io.StringIO()
    held.write("热线汇总\n")
    csv.writer(held, delimiter=sign).writerows(rows)
    raw = held.getvalue().encode(code)
    raw = b"\xfe\xff" + raw if code == "utf-16-be" else raw
    assert open_sheet(raw, SHEET, "a.csv") == [["热线汇总"], *rows]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (workbook(("标题",)), "a.csv"), (workbook(("标题",)), "a.xlsm"), ("标题\n积水".encode(), "a.xlsx"),
        ("标题\n积水".encode(), "a.exe"), ("标题\n积水".encode(), "没有后缀"), (picture((9, 9)), "a.csv"),
        (old_sheets.SHEET, "a.xlsx"), (old_sheets.SHEET, "a.csv"), (workbook(("标题",)), "a.xls"),
        (old_sheets.SHEET, "a.doc"),
        (b"GIF89a/*" + workbook(("标题",)), "a.xlsx"), ("标题\n积水".encode(), "a.csv.html"),
    ],
)  # fmt: skip
def test_a_name_and_its_bytes_tell_the_same_kind(raw: bytes, name: str) -> None:
    with pytest.raises(WrongFile, match="请用模板另存为"):
        open_sheet(raw, SHEET, name)


def test_the_parent_stays_small_whatever_the_child_is_given() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = archive((CONTENT, b""), ("xl/worksheets/sheet1.xml", b"\0" * 90_000_000))
    after_making = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for raw in (bomb, png_of(20_000, 20_000)):
        with pytest.raises(WrongFile):
            open_photo(raw, PHOTO) if raw.startswith(b"\x89") else open_sheet(raw, SHEET)
    assert after_making >= before
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - after_making < 40_000, "kilobytes"
