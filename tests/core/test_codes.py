"""One licence, one code (R180–R186): signed links, states, batches made by the clock, and what a scan means today."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from python_calamine import CalamineWorkbook

from core import Core, Refusal
from core.citizens.lookups import Caller
from core.crypto import Sm2Signer, SoftVault, practice_secrets
from core.errors import BadField, FieldMissing, NotYours, Unknown
from core.licences.codes import writing
from core.licences.codes.no import (
    BatchNotReady,
    CodeNotInState,
    HasCode,
    NoSuchCode,
    NotForCodes,
    NothingPicked,
    TooManyPicked,
    WhyAnother,
)
from core.licences.codes.stamp import Stamp, scanned
from core.licences.codes.views import BatchView
from core.models.codes import licence_codes
from core.models.record import audit_log
from core.policy import read
from core.policy.codes import code_rules, read_codes
from core.policy.library import BATCH, CODE
from core.policy.topics import Own
from core.screens import metrics
from core.screens.told import Look
from tests.builders import desk, rows
from tests.clock import StillClock
from tests.core.library_room import FOOD, a_company, a_licence, act, clerk


def a_batch(core: Core, count: int = 3, layout: str = "a4") -> BatchView:
    """A batch that is ready."""
    token = act(core, BATCH, "order", count=str(count), layout=layout, note="春节前补贴").no
    assert core.licences.codes.maker.work() == 1
    return core.licences.codes.batch(clerk(core), token)


def stickers(core: Core, batch: BatchView) -> list[str]:
    return [one.code for one in core.licences.codes.codes(clerk(core), batch.token).items]


def numbered(nth: int) -> str:
    """The number of another food licence."""
    return f"JY1460199{nth:07}"


def link(core: Core, code: str) -> str:
    return core.licences.codes.code(clerk(core), code).link


def refused(kind: type[Refusal], core: Core, book: str, does: str, row: str = "", /, **given: str) -> str:
    with pytest.raises(kind) as told:
        act(core, book, does, row, **given)
    return str(told.value)


# --- the link and its signature ---


def test_a_link_carries_an_unguessable_id_and_a_signature_and_nothing_of_the_licence(core: Core) -> None:
    line = a_licence(core, a_company(core))
    told = scanned(link(core, act(core, CODE, "make", line).no))
    assert told is not None
    assert len(told.code) == 22
    assert told.code != line
    assert told.payload.isdigit()
    assert len(told.payload) == 170
    assert core.licences.codes.stamp.judge(told.code, told.payload) == "genuine"
    for part in (FOOD["number"], line, "91110000600037341L"):
        assert part not in told.code + told.payload


def test_whatever_is_changed_in_a_link_is_forged(core: Core) -> None:
    code = stickers(core, a_batch(core, 1))[0]
    told = scanned(link(core, code))
    assert told is not None
    stamp, good = core.licences.codes.stamp, told.payload
    assert stamp.judge(code, good) == "genuine"
    swapped = {
        "another id": (code[:-1] + ("A" if code[-1] != "A" else "B"), good),
        "another batch": (code, good[:9] + "000099" + good[15:]),
        "another issuer": (code, good[:3] + "460106" + good[9:]),
        "an unknown key": (code, "777" + good[3:]),
        "another signature": (code, good[:-1] + str((int(good[-1]) + 1) % 10)),
        "no signature": (code, good[:15] + "0" * 155),
        "beyond the numbers": (code, good[:15] + "9" * 155),
        "cut": (code, good[:-1]),
    }
    for name, (one, payload) in swapped.items():
        assert stamp.judge(one, payload) == "forged", name
    assert stamp.judge(code, "") == "bare"


@pytest.mark.parametrize(
    "text", ["", "abc", "https://x/v/short?1", "x" * 5000, "https://a/v/" + "a" * 23, "110105194912310"]
)
def test_what_is_no_code_is_told_so(core: Core, text: str) -> None:
    assert scanned(text) is None
    assert core.licences.verdict_of_code(text).state == "unreadable"


def test_printed_codes_outlive_the_key_that_signed_them_and_a_revoked_key_proves_nothing_offline() -> None:
    old = practice_secrets()
    new = old | {"sign_2": bytes(range(32))}
    before = Stamp(Sm2Signer(SoftVault(old)), code_rules())
    code = "A" * 22
    printed = before.payload(code, 7)
    after = Stamp(Sm2Signer(SoftVault(new)), code_rules())
    assert sorted(after.keys()) == [1, 2]
    assert after.keys()[1] == before.keys()[1]
    assert after.judge(code, printed) == "genuine"
    fresh = after.payload(code, 8)
    assert fresh[:3] == "002"
    assert after.judge(code, fresh) == "genuine"
    assert before.judge(code, fresh) == "forged"
    without = Stamp(Sm2Signer(SoftVault(new)), replace(code_rules(), revoked={1: "遗失"}))
    assert without.judge(code, printed) == "revoked"
    assert without.judge(code, fresh) == "genuine"


def test_the_rules_are_checked_when_they_are_read() -> None:
    table = read("codes.yaml")
    for wrong in (
        {"second": "both"}, {"issuer": {"code": 460105, "name": "秀英区"}}, {"most": {**table["most"], "batch": 0}},
        {"print": {**table["print"], "level": "L"}},
        {"layouts": {"a4": {**table["layouts"]["a4"], "columns": 9}}},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"codes\.yaml"):
            read_codes({**table, **wrong})


# --- states ---


def test_a_sticker_is_bound_once_and_its_licence_has_one_code(core: Core) -> None:
    line, other = (
        a_licence(core, a_company(core)),
        a_licence(core, a_company(core, number="91350100M000100Y43"), number=numbered(2)),
    )
    first, second, third = stickers(core, a_batch(core))
    act(core, CODE, "bind", first, line=line, reason="")
    view = core.licences.codes.of_line(clerk(core), line)
    assert view is not None
    assert (view.code, view.state) == (first, "bound")
    assert "已绑定" in refused(CodeNotInState, core, CODE, "bind", first, line=other)
    assert view.number in refused(WhyAnother, core, CODE, "bind", second, line=line, reason="")
    act(core, CODE, "bind", second, line=line, reason="贴纸磨损")
    now = core.licences.codes.of_line(clerk(core), line)
    assert now is not None
    assert now.code == second
    assert core.licences.codes.code(clerk(core), first).state == "void"
    assert "已作废" in refused(CodeNotInState, core, CODE, "bind", first, line=other)
    told = core.licences.history(clerk(core), CODE, first)
    assert [(one.did, one.reason) for one in told] == [("作废", "贴纸磨损"), ("绑定", "")]
    refused(FieldMissing, core, CODE, "void", third, reason=" ")
    act(core, CODE, "void", third, reason="印坏了")
    refused(CodeNotInState, core, CODE, "void", third)
    refused(NoSuchCode, core, CODE, "bind", "A" * 22, line=line)
    refused(Unknown, core, CODE, "bind", stickers(core, a_batch(core, 1))[0], line="nowhere")


def test_policy_may_refuse_a_second_code_instead(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    line = a_licence(core, a_company(core))
    act(core, CODE, "make", line)
    monkeypatch.setattr(writing, "code_rules", lambda: replace(code_rules(), second="refuse"))
    refused(HasCode, core, CODE, "make", line, reason="磨损")
    assert len(rows(core, licence_codes)) == 1


def test_only_a_licence_that_is_issued_gets_a_code_and_only_its_keepers_give_one(core: Core) -> None:
    company = a_company(core)
    draft = act(core, "licence", "draft", subject=company, **FOOD).no
    assert "草稿" in refused(NotForCodes, core, CODE, "make", draft)
    line = a_licence(core, company, number=numbered(3))
    act(core, "licence", "cancel", line)
    refused(NotForCodes, core, CODE, "make", line)
    refused(NotYours, core, CODE, "make", line, by=desk(core))  # type: ignore[arg-type]
    for look in (
        lambda who: core.licences.codes.batches(who), lambda who: core.licences.codes.of_line(who, line),
        lambda who: core.licences.codes.take(who, [line], "zip"), lambda who: core.licences.codes.code(who, "1-1"),
    ):  # fmt: skip
        with pytest.raises(NotYours):
            look(desk(core))


def test_the_same_act_twice_is_one_code(core: Core) -> None:
    line = a_licence(core, a_company(core))
    once, again = (act(core, CODE, "make", line, key="once", reason="") for _ in range(2))
    assert (once.no, again.no, again.repeated) == (once.no, once.no, True)
    assert len(rows(core, licence_codes)) == 1


# --- batches ---


def test_a_batch_is_made_by_the_clock_and_known_only_when_all_of_it_is_there(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.licences.codes.making.SIGNED", 2)
    token = act(core, BATCH, "order", count="5", layout="a4", note="").no
    codes, steps = core.licences.codes, iter((True, True, True, False))
    assert codes.maker.work(lambda: next(steps)) == 0  # the lease is lost after two commits
    view = codes.batch(clerk(core), token)
    assert (view.state, view.made, view.percent) == ("making", 4, 40)
    staged = rows(core, licence_codes)[0].code
    assert core.licences.verdict_of_code(staged).state == "unknown"
    assert codes.codes(clerk(core), token).items == ()
    with pytest.raises(BatchNotReady):
        codes.file(clerk(core), token, "excel")
    assert codes.maker.work() == 1
    view = codes.batch(clerk(core), token)
    assert (view.state, view.free, view.percent) == ("ready", 5, 100)
    assert [one.number for one in codes.codes(clerk(core), token).items] == [
        f"{int(view.number):06}-0000{n}" for n in range(1, 6)
    ]
    assert core.licences.verdict_of_code(staged).state == "free"
    assert codes.maker.work() == 0
    assert [one.did for one in core.licences.history(clerk(core), BATCH, token)] == ["制好一批码", "申请一批码"]
    assert core.verify_log().ok


def test_a_batch_gives_an_excel_of_numbers_pictures_and_a_print_sheet(core: Core) -> None:
    batch, codes = a_batch(core, 40), core.licences.codes
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(codes.file(clerk(core), batch.token, "excel").data))
    head, *told = [[str(cell) for cell in row] for row in sheet.get_sheet_by_index(0).to_python()]
    assert head == ["序号", "编号", "码", "扫码后打开", "图片文件"]
    assert len(told) == 40
    with zipfile.ZipFile(io.BytesIO(codes.file(clerk(core), batch.token, "pictures").data)) as held:
        assert sorted(held.namelist()) == sorted(row[4] for row in told)
        for row in told[:5]:
            picture = Image.open(io.BytesIO(held.read(row[4])))
            read_back = zxingcpp.read_barcodes(picture)[0]
            assert read_back.text == row[3] == link(core, row[2])
            assert picture.mode == "1"
    printed = codes.file(clerk(core), batch.token, "sheet")
    assert printed.name.endswith(".pdf")
    document = pypdfium2.PdfDocument(printed.data)
    assert len(document) == 2
    page = document[0]
    assert [round(side / 72 * 25.4) for side in page.get_size()] == [210, 297]
    seen = {one.text for one in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())}
    assert seen == {row[3] for row in told[:35]}
    assert told[0][1] in page.get_textpage().get_text_range()
    taken = [row.action for row in rows(core, audit_log) if row.action.startswith("code_batch.")]
    assert taken[-3:] == ["code_batch.excel_taken", "code_batch.pictures_taken", "code_batch.sheet_taken"]


def test_what_is_ordered_wrong_is_refused_in_one_sentence_and_makes_nothing(core: Core) -> None:
    for wrong in ("0", "10001", "-1", "1e3", "", "十", "9" * 40):
        assert "1 到 10000" in refused(BadField, core, BATCH, "order", count=wrong, layout="a4")
    refused(BadField, core, BATCH, "order", count="5", layout="a3")
    refused(Refusal, core, BATCH, "order", count="5", layout="a4", note="字" * 41)
    refused(Unknown, core, BATCH, "finish", "x")
    assert core.licences.codes.batches(clerk(core)).items == ()


def test_a_lost_box_of_stickers_is_voided_but_for_those_in_use(core: Core) -> None:
    line, batch = a_licence(core, a_company(core)), a_batch(core)
    first = stickers(core, batch)[0]
    act(core, CODE, "bind", first, line=line)
    act(core, BATCH, "void", batch.token, reason="快递遗失")
    view = core.licences.codes.batch(clerk(core), batch.token)
    assert (view.free, view.bound, view.void) == (0, 1, 2)
    refused(CodeNotInState, core, BATCH, "void", batch.token)


# --- taking out ---


def test_one_or_many_codes_are_taken_out_as_pictures_or_as_a_print_sheet(core: Core) -> None:
    company = a_company(core)
    lines = [a_licence(core, company, number=numbered(n)) for n in range(3)]
    codes, who = core.licences.codes, clerk(core)
    with pytest.raises(NothingPicked):
        codes.take(who, lines, "zip")
    made = [act(core, CODE, "make", line).no for line in lines[:2]]
    with zipfile.ZipFile(io.BytesIO(codes.take(who, lines, "zip").data)) as held:
        told = {zxingcpp.read_barcodes(Image.open(io.BytesIO(held.read(name))))[0].text for name in held.namelist()}
    assert told == {link(core, one) for one in made}
    document = pypdfium2.PdfDocument(codes.take(who, lines, "sheet", "roll").data)
    assert len(document) == 2
    bars = zxingcpp.read_barcodes(Image.open(io.BytesIO(codes.picture(who, made[0], bars=True))))[0]
    assert (bars.text, bars.format) == (made[0], zxingcpp.BarcodeFormat.Code128)
    assert codes.link(lines[0]) == link(core, made[0])
    assert codes.link(lines[2]) == ""
    with pytest.raises(TooManyPicked):
        codes.take(who, ["x"] * 301, "zip")


def test_a_hand_scanner_may_type_the_link_the_id_or_the_printed_number(core: Core) -> None:
    batch = a_batch(core, 2)
    code, who = stickers(core, batch)[1], clerk(core)
    single = act(core, CODE, "make", a_licence(core, a_company(core))).no
    find = core.licences.codes.code
    for text in (link(core, code), f"  {code}\n", find(who, code).number, f"{batch.number}-2"):
        assert find(who, text).code == code
    assert find(who, find(who, single).number).code == single
    forged = link(core, code)[:-1] + str((int(link(core, code)[-1]) + 1) % 10)
    for text in ("", "0-0", "S1x", "-", forged, "A" * 22, "１-２"):
        with pytest.raises(NoSuchCode):
            find(who, text)


# --- what a scan means: the matrix ---


def state_of(core: Core, code: str) -> str:
    licence = core.licences.verdict_of_code(code).licence
    return licence.state if licence else "none"


def test_the_matrix_of_a_scan(core: Core, clock: StillClock) -> None:
    company, batch = a_company(core), a_batch(core, 2)
    free, lost = stickers(core, batch)
    ending = a_licence(core, company, number=numbered(9))
    made = act(core, CODE, "make", ending).no
    act(core, CODE, "void", lost, reason="遗失")
    verdict, whole = core.licences.verdict_of_code, link(core, made)
    seen = verdict(whole)
    assert (seen.state, seen.licence and seen.licence.state) == ("bound", "valid")
    assert verdict(made, whole.partition("?")[2]).state == "bound"
    assert verdict(made).state == "bound"  # as a bar code says it
    assert verdict(link(core, free)).state == "free"
    assert verdict(link(core, lost)).state == "void"
    assert verdict(whole[:-1] + str((int(whole[-1]) + 1) % 10)).state == "forged"
    assert verdict("B" * 22).state == "unknown"
    signed = core.licences.codes.stamp.payload("C" * 22, 1)
    assert verdict("C" * 22, signed).state == "unknown"  # signed with our key, but never issued
    act(core, "licence", "suspend", ending)
    assert state_of(core, made) == "suspended"
    act(core, "licence", "resume", ending)
    clock.set("2031-01-05 09:00")
    assert state_of(core, made) == "expired"
    act(core, "licence", "cancel", ending)
    assert state_of(core, made) == "cancelled"
    scans = [row.object for row in rows(core, audit_log) if row.action == "licence.scanned"]
    assert set(scans) == {f"licence:{ending}"}


def test_a_look_at_a_code_is_on_record_with_where_it_came_from(core: Core) -> None:
    made = act(core, CODE, "make", a_licence(core, a_company(core))).no
    (free,) = stickers(core, a_batch(core, 1))
    for code in (made, free):
        core.citizens.lookups.scanned(code, Caller("o-holder", "wechat", "10.0.0.7"))
    looks = [row for row in rows(core, audit_log) if row.action in ("licence.scanned", "code.checked")]
    assert [(row.channel, row.address) for row in looks] == [("wechat", "10.0.0.7")] * 2


def test_the_screens_count_every_look_at_a_code(core: Core, clock: StillClock) -> None:
    """Bound or free, by the page or in the official account; looks of a month ago and other acts on it are none."""
    made = act(core, CODE, "make", a_licence(core, a_company(core))).no
    (free,) = stickers(core, a_batch(core, 1))
    core.licences.verdict_of_code(made)
    clock.advance(days=40)
    core.licences.verdict_of_code(made)
    core.licences.verdict_of_code(free)
    core.citizens.lookups.scanned(made, Caller("o-holder", "wechat", "10.0.0.7"))
    core.licences.codes.picture(clerk(core), made)

    def told(own: Own) -> float | None:
        return core._read(lambda tx: metrics.COUNTS[own.measure](Look(tx, core.world(), clock.now()), own)).value

    assert told(Own("codes_checked", over="30d")) == 3
    assert told(Own("codes_bound")) == 1


def test_a_code_leads_to_the_newest_version(core: Core) -> None:
    line = a_licence(core, a_company(core))
    made = act(core, CODE, "make", line).no
    act(core, "licence", "change", line, place="海口市秀英区秀华路9号")
    seen = core.licences.verdict_of_code(made).licence
    assert seen is not None
    assert (seen.version, seen.state) == (2, "valid")
