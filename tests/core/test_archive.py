"""审批资料电子文档库 (R147–R152, §14): papers in volumes, found by what stands in them, checked, offered again."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import zipfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update
from stdnum.cn import uscc

from core import Core
from core.adapters.scanning import EICAR
from core.archive import ArchiveFilter
from core.archive.no import CheckFailed, Expired, NotForReuse, NothingToFile, NotTheirPapers, SamePaper, VolumeElsewhere
from core.archive.papers import UnsafePaper
from core.arrivals.opening import WrongFile
from core.backup import back_up
from core.errors import AlreadyThere, FieldMissing, NotYours, Refusal, Unknown
from core.licences.no import ChangedMeanwhile, HasPapers
from core.models.archive import archive_checks, archive_documents, archive_words
from core.models.record import letters
from core.policy.archive import DOCUMENT
from core.register import Amend
from core.restore import restore
from core.sm import sm3
from tests.builders import desk, fresh_key, person, rows
from tests.clock import StillClock
from tests.core.archive_room import a_paper, on_paper, on_volume, pdf, picture, renewed, volume_of
from tests.core.library_room import COMPANY, a_company, a_person, act, clerk
from tests.core.test_files import s3 as s3
from tests.core.test_races import together
from tests.databases import SQLite, migrated
from tests.town import a_core


def found(core: Core, words: str = "", **more: object) -> list[str]:
    """The titles of what a search finds."""
    page = core.archive.documents(clerk(core), ArchiveFilter(words, **more))  # type: ignore[arg-type]
    return [one.title for one in page.items]


def test_papers_of_one_subject_and_category_lie_in_one_volume_under_running_numbers(core: Core) -> None:
    company, citizen = a_company(core), a_person(core)
    lease, plan = a_paper(core, company), a_paper(core, company, raw=picture(10), title="平面图")
    card = a_paper(core, citizen, "SF", picture(20), title="身份证", valid_to="2035-01-01")
    views = [core.archive.document(clerk(core), line) for line in (lease, plan, card)]
    assert [one.no[-3:] for one in views] == ["001", "002", "001"]
    assert views[0].volume == views[1].volume != views[2].volume
    assert (views[0].retention, views[0].fields[1].value) == ("10 年", clerk(core).unit_name)
    volume = volume_of(core, lease)
    assert (volume.documents, volume.state, volume.holder) == (2, "open", COMPANY["name"])
    assert [one.did for one in core.archive.history(clerk(core), DOCUMENT, lease)] == ["存入"]
    assert core.verify_log().ok


def test_two_first_papers_at_once_lie_in_one_volume(core: Core, second: Core) -> None:
    bodies = [f"91460199{turn:07d}XX" for turn in range(6)]
    numbers = [body + uscc.calc_check_digit(f"{body}0") for body in bodies]
    filed = list[str]()
    for turn in range(6):
        company = a_company(core, name=f"海南椰风第{turn}餐饮有限公司", number=numbers[turn])
        start = threading.Barrier(2)

        def file(one: Core, shade: int, company: str = company, start: threading.Barrier = start) -> None:
            start.wait(30)
            filed.append(a_paper(one, company, raw=picture(shade), title=f"第 {shade} 页"))

        together(partial(file, core, 10), partial(file, second, 20))
        views = [core.archive.document(clerk(core), line) for line in filed[-2:]]
        assert views[0].volume == views[1].volume
        assert sorted(one.no[-3:] for one in views) == ["001", "002"]
    assert core.verify_log().ok


def test_a_paper_is_found_by_its_words_its_subject_its_number_its_case_and_its_day(core: Core) -> None:
    company = a_company(core)
    a_paper(core, company, raw=pdf("Harbour Road shop 8"), case_no="XYBJ1", made_on="2024-03-09")
    a_paper(core, company, "ZT", picture(10), title="营业执照正本", made_on="2025-01-01", valid_to="2025-12-01")
    assert found(core, "harbour 8") == ["场地租赁合同"] == found(core, "租赁") == found(core, "XYBJ1")
    assert found(core, "Harbour xx") == [] == found(core, "赁租")
    assert found(core, "椰风") == ["营业执照正本", "场地租赁合同"] == found(core, COMPANY["number"])
    assert found(core, volume_of(core, rows(core, archive_documents)[0].line).no) == ["场地租赁合同"]
    assert found(core, category="ZT") == ["营业执照正本"] == found(core, since=date(2024, 12, 31))
    assert found(core, holder="person") == []
    assert found(core, state="usable") == ["场地租赁合同"]
    assert found(core, state="expired") == ["营业执照正本"]


def test_nothing_a_paper_says_lies_in_plain(core: Core) -> None:
    a_paper(core, a_person(core), "SF", pdf("Palm Garden"), title="欧阳海棠身份证")
    told = str(rows(core, archive_documents)) + str(rows(core, archive_words))
    assert len(rows(core, archive_words)) > 10
    assert "海棠" not in told
    assert "Palm" not in told
    (file,) = [path for path in Path(core.settings.files.address).rglob("*") if path.is_file()]
    assert b"Palm" not in file.read_bytes()


def test_a_newer_version_takes_the_place_of_the_old_and_the_old_one_stays(core: Core) -> None:
    line = a_paper(core, a_company(core), raw=pdf("first draft"))
    old = core.archive.document(clerk(core), line)
    renewed(core, line, pdf("renewed lease"), old.seq)
    view = core.archive.document(clerk(core), line)
    assert (view.version, view.no, len(view.versions)) == (2, old.no, 2)
    assert not core.archive.document(clerk(core), token=old.token).newest
    assert found(core, "draft") == []
    assert found(core, "renewed") == [view.title]
    with pytest.raises(ChangedMeanwhile):
        renewed(core, line, pdf("x"), old.seq)
    assert core.archive.page(clerk(core), old.token, 1).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("raw", "no", "says"),
    [
        (b"GIF89a", WrongFile, "JPG、PNG 图片或 PDF"),
        (b"%PDF-1.7 nothing", WrongFile, "打不开"),
        (
            pdf(extra="/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert\\(1\\)) >>] >> >>"),
            UnsafePaper,
            "脚本或附件",
        ),
        (EICAR, UnsafePaper, "病毒"),
        (pdf(pages=301), WrongFile, "页数太多"),
    ],
)
def test_what_may_not_be_kept_is_refused_and_nothing_is_written(
    core: Core, raw: bytes, no: type[Exception], says: str
) -> None:
    company = a_company(core)
    with pytest.raises(no, match=says):
        a_paper(core, company, raw=raw)
    assert rows(core, archive_documents) == []


def test_the_same_file_another_kind_of_subject_and_a_stranger_are_refused(core: Core) -> None:
    company = a_company(core)
    a_paper(core, company)
    with pytest.raises(SamePaper, match="XYDA-CS-"):
        a_paper(core, company)
    with pytest.raises(NotTheirPapers, match="企业"):
        a_paper(core, a_person(core), "ZT")
    with pytest.raises(Unknown):
        a_paper(core, company, "XX")
    for ask in (core.archive.documents, core.archive.volumes):
        with pytest.raises(NotYours):
            ask(desk(core), ArchiveFilter() if ask == core.archive.documents else "")  # type: ignore[arg-type]


def test_a_subject_stays_while_a_paper_of_theirs_is_filed_and_leaves_the_lists_after(core: Core) -> None:
    company = a_company(core)
    line = a_paper(core, company)
    with pytest.raises(HasPapers, match="1 份"):
        act(core, "subject", "delete", company)
    on_paper(core, "withdraw", line)
    act(core, "subject", "delete", company)
    assert core.licences.subjects(clerk(core), "company").total == 0
    assert core.archive.document(clerk(core), line).withdrawn


def test_papers_lie_in_an_s3_store_as_well_and_are_found_missing_there(core: Core, s3: str, clock: StillClock) -> None:
    place = {"address": f"s3://papers/{fresh_key('a')}", "endpoint": s3, "access_key": "k", "secret_key": "s"}
    other = a_core(core.engine.url.render_as_string(hide_password=False), clock, files=place)
    line = a_paper(other, a_company(other), raw=pdf("kept far away"))
    volume = volume_of(other, line).token
    assert other.archive.check(fresh_key("check"), clerk(other), volume, "filing").passed
    assert other.archive.page(clerk(other), other.archive.document(clerk(other), line).token, 1)
    assert other.files.missing() == []
    (name,) = other.files.store.names()
    other.files.store.remove(name)
    assert other.files.missing() == [name]
    assert not other.archive.check(fresh_key("check"), clerk(other), volume, "keeping").passed
    other.engine.dispose()


# --- the four properties ---


def test_a_volume_is_filed_and_handed_over_through_its_checks_and_then_nothing_in_it_changes(core: Core) -> None:
    line = a_paper(core, a_company(core), raw=pdf(pages=2))
    volume = volume_of(core, line)
    on_volume(core, "file", volume.token)
    for does in ("change", "replace", "withdraw"):
        with pytest.raises(VolumeElsewhere, match="已归档"):
            on_paper(core, does, line, title="别的")
    assert (
        volume_of(core, a_paper(core, core.archive.document(clerk(core), line).subject, raw=picture(9))).no != volume.no
    )
    on_volume(core, "hand_over", volume.token)
    reports = volume_of(core, line).checks
    assert [(one.moment, one.passed, one.documents) for one in reports] == [("移交", True, 1), ("归档", True, 1)]
    assert [one.title for one in reports[0].properties] == ["真实性", "完整性", "可用性", "安全性"]
    assert core.verify_log().ok


def test_an_incomplete_volume_is_not_filed_until_it_is_mended(core: Core) -> None:
    line = a_paper(core, a_company(core), made_on="")
    gone = a_paper(core, core.archive.document(clerk(core), line).subject, raw=picture(9))
    volume = volume_of(core, line).token
    with pytest.raises(CheckFailed, match="1 处"):
        on_volume(core, "file", volume)
    report = volume_of(core, line).checks[0]
    assert [one[1:] for one in report.lines] == [("完整性 · 登记项齐全", "还没有填形成日期")]
    assert [one.passed for one in report.properties] == [True, False, True, True]
    on_paper(core, "change", line, made_on="2025-06-01")
    on_paper(core, "withdraw", gone)
    on_volume(core, "file", volume)
    assert volume_of(core, line).state == "filed"
    on_volume(core, "reopen", volume)
    on_paper(core, "withdraw", line)
    with pytest.raises(NothingToFile):
        on_volume(core, "file", volume)


def harm_file(core: Core, _line: str) -> None:
    (file,) = [path for path in Path(core.settings.files.address).rglob("*") if path.is_file()]
    file.write_bytes(file.read_bytes()[:-1])


def harm_row(**values: object) -> object:
    def harm(core: Core, line: str) -> None:
        with core.engine.begin() as tx:
            tx.execute(update(archive_documents).where(archive_documents.c.line == line).values(**values))

    return harm


@pytest.mark.parametrize(
    ("harm", "found_by"),
    [
        (harm_file, {"content"}),
        (harm_row(digest="0" * 64), {"digest", "signature"}),
        (harm_row(pages=3), {"agrees", "signature"}),
        (harm_row(kind="application/pdf"), {"signature"}),
        (harm_row(place=4), {"numbers"}),
        (harm_row(body={"sealed": "data_1:AAAA"}), set()),
    ],
)
def test_what_was_changed_behind_the_door_is_found_while_the_volume_is_kept(
    core: Core, harm: object, found_by: set[str]
) -> None:
    line = a_paper(core, a_company(core))
    volume = volume_of(core, line).token
    harm(core, line)  # type: ignore[operator]
    if not found_by:
        core.archive.check(fresh_key("check"), clerk(core), volume, "filing")
    else:
        core.archive.check(fresh_key("check"), clerk(core), volume, "keeping")
    with core.engine.connect().execution_options(readonly=True) as tx:
        (report,) = tx.execute(select(archive_checks)).mappings().all()
    assert not report["passed"]
    assert {one[0] for one in report["findings"]["list"]} == (found_by or {"fields"})


# --- served again ---


def test_what_was_filed_is_offered_again_until_it_expires_and_every_use_is_told(core: Core, clock: StillClock) -> None:
    company = a_company(core)
    lease = a_paper(core, company, valid_to="2026-12-31")
    form = a_paper(core, company, "SQ", picture(10), title="申请表")
    assert [one.line for one in core.archive.reuse.offered(clerk(core), company)] == [lease]
    on_paper(core, "use", lease, used_for="公共场所卫生许可", case_no="XYBJ2")
    view = core.archive.document(clerk(core), lease)
    assert [(one.used_for, one.case_no, one.who) for one in view.uses] == [
        ("公共场所卫生许可", "XYBJ2", clerk(core).name)
    ]
    with pytest.raises(NotForReuse):
        on_paper(core, "use", form)
    clock.advance(days=400)
    assert core.archive.reuse.offered(clerk(core), company) == ()
    with pytest.raises(Expired, match="场地租赁合同"):
        on_paper(core, "use", lease)


class Occupied(Refusal):
    text = "前面还有图片正在识别。"
    status = 429


def always_busy(_raw: bytes) -> str:
    raise Occupied()


def test_a_scanner_of_the_product_is_asked_at_the_door_and_at_every_check(core: Core) -> None:
    company = a_company(core)
    line = a_paper(core, company)
    seen = list[int]()

    def scan(raw: bytes, _name: str) -> None:
        seen.append(len(raw))
        if len(seen) > 1:
            raise Occupied()

    core.archive.scan = scan
    a_paper(core, company, raw=picture(9))
    with pytest.raises(UnsafePaper, match="没有通过查毒"):
        a_paper(core, company, raw=picture(10))
    report = core.archive.check(fresh_key("check"), clerk(core), volume_of(core, line).token, "keeping")
    assert [check for _, check, _ in report.lines] == ["安全性 · 没有病毒特征"] * 2


def test_a_picture_is_read_when_nobody_waits_for_the_reader_and_found_by_what_it_says(core: Core) -> None:
    company = a_company(core)
    line = a_paper(core, company)
    a_paper(core, company, raw=pdf("carries its text"))
    core.archive.texts.reader = always_busy
    assert core.archive.texts.work() == 0
    core.archive.texts.reader = lambda raw: "海秀街道  营业面积 96 平方米" if raw.startswith(b"\xff\xd8") else ""
    assert core.archive.texts.work() == 1
    assert core.archive.document(clerk(core), line).text == "海秀街道 营业面积 96 平方米"
    assert found(core, "营业面积") == ["场地租赁合同"]
    assert core.archive.texts.work() == 0


def test_a_kept_volume_is_looked_at_every_ninety_days_and_what_is_found_is_told(core: Core, clock: StillClock) -> None:
    line = a_paper(core, a_company(core))
    on_volume(core, "file", volume_of(core, line).token)
    assert core.archive.keeping.work() == 0
    clock.advance(days=91)
    harm_file(core, line)
    assert core.archive.keeping.work() == 1
    assert core.archive.keeping.work() == 0
    report = volume_of(core, line).checks[0]
    assert (report.moment, report.who, report.passed) == ("保管", "系统", False)
    assert [row.key.rpartition(":")[2] for row in rows(core, letters) if row.key.startswith("archive-check:")] == [
        str(clerk(core).person)
    ]


def test_a_volume_leaves_with_hashes_that_anybody_can_check_and_a_reason(core: Core) -> None:
    raw = pdf("original bytes")
    line = a_paper(core, a_company(core), raw=raw)
    token = volume_of(core, line).token
    with pytest.raises(FieldMissing, match="导出理由"):
        core.archive.take(clerk(core), token, " ")
    name, file = core.archive.take(clerk(core), token, "移交区档案馆")
    with file, zipfile.ZipFile(file) as packed:
        listing, signature = packed.read("目录.json"), packed.read("目录.sig").decode()
        (paper,) = json.loads(listing)["papers"]
        assert packed.read(paper["file"]) == raw
    assert name == f"{volume_of(core, line).no}.zip"
    assert hashlib.sha256(raw).hexdigest() == paper["sha256"]
    assert sm3(raw).hex() == paper["sm3"]
    assert core.signer.verify(listing, signature)
    assert not core.signer.verify(listing.replace(b"001", b"002"), signature)
    lines = core.log_page(person(core, "audit_admin"))[0]
    assert [one.reason for one in lines if one.action == "archive_volume.exported"] == ["移交区档案馆"]


def test_the_numbers_are_those_of_the_period(core: Core, clock: StillClock) -> None:
    company = a_company(core)
    a_paper(core, company, raw=pdf(pages=3))
    clock.advance(days=40)
    lease = a_paper(core, company, raw=picture(9))
    a_paper(core, a_person(core), "SF", picture(10), valid_to=str(core.today() + timedelta(days=9)))
    on_paper(core, "use", lease, used_for="续办")
    every = core.archive.stats(clerk(core), date(2020, 1, 1), core.today())
    assert (every.documents, every.pages, every.holders, every.used, every.soon) == (3, 5, 2, 1, 1)
    assert [one[1] for one in every.months] == [1, 2]
    assert dict(every.kinds) == {"企业": 2, "个人": 1}
    lately = core.archive.stats(clerk(core), core.today(), core.today())
    assert {one.code: one.documents for one in lately.categories if one.documents} == {"SF": 1, "CS": 1}
    assert core.archive.stats_sheet(clerk(core), core.today(), core.today(), "年度报告").data[:2] == b"PK"


def test_a_restored_archive_is_searched_and_every_file_it_names_was_read(core: Core, tmp_path: Path) -> None:
    line = a_paper(core, a_company(core), raw=pdf("drill of the archive"))
    path = back_up(core.engine, core.vault, tmp_path / "backups")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    other = a_core(SQLite().prepared(migrated, folder), StillClock())
    done = restore(other.engine, other.vault, path, other.files)
    assert (done.files, len(done.missing)) == (0, 1)  # the file store was not brought back yet
    shutil.copytree(core.settings.files.address, other.settings.files.address, dirs_exist_ok=True)
    assert other.files.missing() == []
    assert found(other, "drill archive") == ["场地租赁合同"]
    assert other.archive.page(clerk(other), other.archive.document(clerk(other), line).token, 1)
    report = other.archive.check(fresh_key("c"), clerk(other), volume_of(other, line).token, "filing")
    assert report.passed
    other.engine.dispose()


def test_categories_are_kept_by_the_administrator_and_share_no_word(core: Core) -> None:
    admin, given = person(core, "system_admin"), {
        "code": "HY", "title": "婚姻户籍", "place": "25", "holder": "person", "retention": "y10", "words": "结婚证",
        "reuse": "yes", "valid_from": "2020-01-01",
    }  # fmt: skip
    core.registers.write(Amend(fresh_key("r"), "archive_category", "add", "", given, admin))
    assert [one.code for one in core.archive.categories("person")][1] == "HY"
    line = a_paper(core, a_person(core), "HY", title="结婚证")
    core.registers.write(Amend(fresh_key("r"), "archive_category", "retire", "HY", {}, admin, "并入身份证明"))
    assert "HY" not in [one.code for one in core.archive.categories()]
    assert core.archive.document(clerk(core), line).category_title == "婚姻户籍"
    with pytest.raises(AlreadyThere, match="身份证"):
        core.registers.write(
            Amend(
                fresh_key("r"),
                "archive_category",
                "add",
                "",
                {**given, "code": "HJ", "title": "户籍", "words": "身份证"},
                admin,
            )
        )
