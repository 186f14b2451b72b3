"""Existing papers brought in (R148–R152): manifest and ZIP read, matched, repaired, filed; bombs stay outside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from core import Core
from core.archive import ArchiveFilter, sheets, taking
from core.archive.naming import EXAMPLE, read_name
from core.archive.no import BatchOver, NothingMatched
from core.archive.taking import Taking
from core.arrivals.opening import WrongFile
from core.errors import NotScanned, NotYours, Unknown
from core.licences.sheets import OtherSheet
from core.models.archive import archive_documents, archive_items
from core.models.licences import subjects
from tests.builders import desk, rows
from tests.clock import StillClock
from tests.core.archive_room import a_paper, pdf, picture
from tests.core.library_room import COMPANY, PERSON, a_company, a_person, clerk
from tests.core.test_licence_sheets import sheet


def manifest(core: Core, kind: str, *given: Mapping[str, str]) -> bytes:
    """A filled manifest; papers' own fields are named `paper_…`."""
    fields = sheets.columns(kind, core.archive.categories())
    head = [f"{one.label}{'*' if one.required else ''}" for one in fields]
    return sheet(*([row.get(one.key, "") for one in fields] for row in given), head=head)


class OldName(zipfile.ZipInfo):
    """A name as Chinese Windows writes it: in GB18030, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), self.flag_bits


def zipped(files: Mapping[str, bytes], named: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> bytes:
    """A ZIP of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, raw in files.items():
            packed.writestr(named(name), raw, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def brought(core: Core, kind: str, rows_: bytes | None, files: Mapping[str, bytes] | None) -> str:
    token = core.archive.batches.bring(
        clerk(core), kind, ("清单.xlsx", rows_) if rows_ else None, zipped(files) if files else None
    )
    core.archive.taking.work()
    return token


def told(core: Core, token: str) -> dict[str, tuple[str, str]]:
    """File or holder → state and reason."""
    found = core.archive.batches.items(clerk(core), token)
    return {one.file or one.holder: (one.state, one.why) for one in found}


def item(core: Core, token: str, file: str) -> str:
    return next(one.token for one in core.archive.batches.items(clerk(core), token) if one.file == file)


def filed(core: Core, token: str) -> list[tuple[str, str]]:
    """Start it and let the clock file; holder and title of everything in the archive."""
    core.archive.batches.start(clerk(core), token)
    core.archive.taking.work()
    page = core.archive.documents(clerk(core), ArchiveFilter())
    return sorted((one.holder, one.title) for one in page.items)


@pytest.mark.parametrize(
    ("name", "kind", "number", "category", "title", "day"),
    [
        (EXAMPLE["company"], "company", "91110000600037341L", "ZT", "营业执照正本1", "2024-03-09"),
        (EXAMPLE["person"], "person", "11010519491231002X", "SF", "身份证人像面1", "2020-01-01"),
        ("91110000600037341l/租赁合同（2）.pdf", "company", "91110000600037341L", "CS", "租赁合同（2）", ""),
        ("椰风_食品许可证.jpg", "company", "", "XK", "椰风食品许可证", ""),
        ("11010519491231002x-ZT-20241399.png", "person", "11010519491231002X", "", "ZT20241399", ""),
    ],
)
def test_a_file_named_by_the_rule_tells_whose_it_is_what_and_of_when(
    core: Core, name: str, kind: str, number: str, category: str, title: str, day: str
) -> None:
    read = read_name(name, kind, core.archive.categories())
    assert (read.number, read.category, read.title, read.made_on) == (number, category, title, day)


@pytest.mark.parametrize("kind", ["company", "person"])
def test_each_kind_has_a_template_whose_own_header_is_understood(core: Core, kind: str) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheets.template(kind, core.archive.categories())))
    (head,) = book.get_sheet_by_index(0).to_python()
    labels = [f"{one.label}{'*' if one.required else ''}" for one in sheets.columns(kind)]
    assert head == labels
    assert len(set(head)) == len(head)
    with pytest.raises(OtherSheet):
        core.archive.batches.bring(clerk(core), kind, ("a.xlsx", sheet(["x"], head=["别的"])), None)


def of_every_kind(core: Core) -> tuple[bytes, dict[str, bytes]]:
    """A manifest and files that come out in every way there is."""
    known = {**COMPANY, "legal": "", "address": "", "note": ""}
    listed = manifest(
        core,
        "company",
        {**known, "file": "执照.jpg", "category": "主体资格", "paper_title": "营业执照"},
        {**known, "file": "合同-扫描件1.pdf", "category": "场所证明", "paper_title": "租赁合同"},
        {**known, "file": "没有的.jpg", "category": "场所证明", "paper_title": "平面图"},
        {**known, "name": "别的名字", "file": "b.jpg", "category": "场所证明", "paper_title": "产权证"},
        {**known, "file": "c.jpg", "category": "场所证明", "paper_title": "照片", "paper_made_on": "2025-13-01"},
        {"name": "海南新店商贸有限公司", "number": "91110000600037341M"},
    )
    return listed, {
        "资料/执照.JPG": picture(1), "合同_扫描件1.pdf": pdf(), "b.jpg": picture(2), "c.jpg": picture(3),
        f"{COMPANY['number']}-许可证件-卫生许可证.jpg": picture(4), "陌生.jpg": picture(5), "坏.jpg": b"GIF89a",
    }  # fmt: skip


OF_EVERY_KIND = {
    "资料/执照.JPG": ("matched", ""),
    "合同_扫描件1.pdf": ("doubtful", "文件名只是相近，请核对是不是这一份"),
    "没有的.jpg": ("unmatched", "压缩包里没有这个文件"),
    "b.jpg": ("doubtful", "库里这个号码登记的是另一个名称"),
    "c.jpg": ("faulty", "「形成日期」应是日期，形如 2026-03-09"),
    "海南新店商贸有限公司": ("faulty", "「统一社会信用代码」应是 18 位代码，校验位不对，请核对"),
    f"{COMPANY['number']}-许可证件-卫生许可证.jpg": ("matched", ""),
    "陌生.jpg": ("unmatched", "文件名里没有统一社会信用代码，请补上是谁的"),
    "坏.jpg": ("faulty", "「资料」打不开：请用 JPG、PNG 图片或 PDF"),
}


def test_what_matched_what_did_not_and_what_is_in_doubt_is_shown_before_anything_is_written(core: Core) -> None:
    a_company(core)
    token = brought(core, "company", *of_every_kind(core))
    assert told(core, token) == OF_EVERY_KIND
    assert rows(core, archive_documents) == []
    assert len(rows(core, subjects)) == 1
    assert COMPANY["number"] not in str(rows(core, archive_items))


def test_a_verdict_is_written_part_by_part_shown_at_once_and_the_same_after_a_crash_between(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def cut_off(self: Taking, head: Any, part: Any, last: bool) -> bool:
        if part[0][1]["place"] > 4:
            raise Killed
        return whole(self, head, part, last)

    a_company(core)
    whole, given = Taking._write_down, of_every_kind(core)
    monkeypatch.setattr(taking, "WRITTEN", 2)
    with monkeypatch.context() as broken:
        broken.setattr(Taking, "_write_down", cut_off)
        with pytest.raises(Killed):
            brought(core, "company", *given)
    (view,) = core.archive.batches.latest(clerk(core))
    assert view.state == "reading"
    assert brought(core, "company", *given) == view.token
    assert core.archive.batches.view(clerk(core), view.token).state == "checked"
    assert told(core, view.token) == OF_EVERY_KIND
    assert sorted(row.place for row in rows(core, archive_items)) == list(range(1, 10))


def test_what_did_not_match_is_repaired_and_filed_and_brought_twice_changes_nothing(
    core: Core, clock: StillClock
) -> None:
    a_company(core)
    files = {"陌生.jpg": picture(5), "x.pdf": pdf()}
    listed = manifest(
        core, "company", {**COMPANY, "file": "合同.pdf", "category": "场所证明", "paper_title": "租赁合同"}
    )
    token = brought(core, "company", listed, files)
    batches, actor = core.archive.batches, clerk(core)
    with pytest.raises(NothingMatched):
        batches.start(actor, token)
    assert batches.mend(actor, token, item(core, token, "合同.pdf"), {"file": item(core, token, "x.pdf")}) == "matched"
    strange = item(core, token, "陌生.jpg")
    assert batches.mend(actor, token, strange, {"number": "1"}) == "faulty"
    fixed = {"number": COMPANY["number"], "category": "ZT", "paper_title": "营业执照"}
    assert batches.mend(actor, token, strange, fixed) == "matched"
    assert filed(core, token) == [(COMPANY["name"], "租赁合同"), (COMPANY["name"], "营业执照")]
    assert batches.view(actor, token).counts == {"done": 2}
    assert brought(core, "company", listed, files) == token
    again = brought(core, "company", None, {f"{COMPANY['number']}-主体资格-执照.jpg": picture(5)})
    ((state, why),) = told(core, again).values()
    assert (state, why[:8]) == ("same", "同一份文件已存为")
    assert core.verify_log().ok
    clock.advance(days=5)
    batches.wipe()
    assert (batches.view(actor, token).state, rows(core, archive_items)) == ("done", [])
    assert brought(core, "company", listed, files) != token


def test_a_row_whose_file_is_broken_takes_another_one(core: Core) -> None:
    a_company(core)
    listed = manifest(core, "company", {**COMPANY, "file": "坏.jpg", "category": "主体资格", "paper_title": "执照"})
    token = brought(core, "company", listed, {"坏.jpg": b"GIF89a", "另一张.jpg": picture(5)})
    whole = {"file": item(core, token, "另一张.jpg")}
    assert core.archive.batches.mend(clerk(core), token, item(core, token, "坏.jpg"), whole) == "matched"


def test_nothing_is_said_of_a_file_while_the_scanner_is_away(core: Core) -> None:
    def away(raw: bytes, name: str) -> None:
        raise NotScanned()

    a_company(core)
    name, core.archive.scan = f"{COMPANY['number']}-主体资格-执照.jpg", away
    token = brought(core, "company", None, {name: picture(1)})
    assert core.archive.batches.view(clerk(core), token).state == "reading"
    core.archive.scan = core.scan
    core.archive.taking.work()
    assert told(core, token) == {name: ("matched", "")}


def test_a_row_that_names_files_without_end_is_refused(core: Core) -> None:
    names = ";".join(f"{at}.jpg" for at in range(3000))
    listed = manifest(core, "company", *[{**COMPANY, "file": names}] * 3)
    with pytest.raises(WrongFile, match="文件名太多"):
        core.archive.batches.bring(clerk(core), "company", ("清单.xlsx", listed), None)


def test_basics_register_the_new_and_change_the_known_only_with_a_yes(core: Core) -> None:
    a_person(core)
    new = {"name": "符海生", "number": "110105194912310038", "phone": "19900016666"}
    token = brought(core, "person", manifest(core, "person", new, {**PERSON, "address": "秀华路9号"}, PERSON), None)
    found = core.archive.batches.items(clerk(core), token)
    assert [(one.state, one.number) for one in found] == [
        ("matched", "110105********0038"), ("doubtful", "110105********002X"), ("same", "110105********002X"),
    ]  # fmt: skip
    assert core.archive.batches.mend(clerk(core), token, found[1].token, {"act": "sure"}) == "matched"
    core.archive.batches.start(clerk(core), token)
    core.archive.taking.work()
    page = core.licences.subjects(clerk(core), "person")
    told_ = {one.name: {field.key: field.value for field in one.fields} for one in page.items}
    assert told_[PERSON["name"]]["address"] == "秀华路9号"
    assert told_[new["name"]]["phone"] == "199****6666"


def test_a_zip_from_a_chinese_desktop_and_two_files_of_one_content_are_understood(core: Core) -> None:
    company = a_company(core)
    a_paper(core, company, raw=picture(9))
    name = f"{COMPANY['number']}-场所证明-平面图"
    raw = zipped({f"{name}.jpg": picture(1), f"{name}副本.jpg": picture(1), "Thumbs.db": b"x"}, OldName)
    token = core.archive.batches.bring(clerk(core), "company", None, raw)
    core.archive.taking.work()
    assert [one[0] for one in told(core, token).values()] == ["matched", "same"]
    assert f"{name}.jpg" in told(core, token)


def bomb() -> bytes:
    return zipped({"a.jpg": b"\0" * 40_000_000})


@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"PK no zip", "ZIP 格式"), (bomb(), "压缩得异常"), (zipped({f"{n}.jpg": b"x" for n in range(2001)}), "2,000")],
)
def test_a_bomb_is_refused_before_anything_of_it_is_unpacked(core: Core, raw: bytes, says: str) -> None:
    with pytest.raises(WrongFile, match=says):
        core.archive.batches.bring(clerk(core), "company", None, raw)


def test_a_dropped_or_forgotten_batch_keeps_nothing_and_nobody_else_sees_one(core: Core, clock: StillClock) -> None:
    batches, actor, name = core.archive.batches, clerk(core), f"{COMPANY['number']}-主体资格-执照.jpg"
    first = brought(core, "company", None, {name: picture(1)})
    with pytest.raises(Unknown):
        batches.view(desk(core), first)
    with pytest.raises(NotYours):
        batches.bring(desk(core), "company", None, zipped({name: picture(2)}))
    batches.drop(actor, first)
    with pytest.raises(BatchOver):
        batches.start(actor, first)
    second = brought(core, "company", None, {name: picture(1)})
    assert second != first
    clock.advance(days=5)
    assert batches.wipe() == 1
    assert core.files.sweep() >= 2
    assert rows(core, archive_items) == []
    assert [path for path in Path(core.settings.files.address).rglob("*") if path.is_file()] == []
