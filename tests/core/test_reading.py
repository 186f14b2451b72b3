"""Papers read (R190): what is printed, what codes say, what check characters prove, what is no licence."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image
from stdnum.cn import uscc

from core import Core
from core.errors import BadField, FieldMissing, Unknown
from core.files import SPARED
from core.licences import readings
from core.licences.filters import LicenceFilter
from core.licences.no import ReadingOver
from core.policy.reading import flat, read_rules
from core.reading import NotALicence, WrongPicture, reader, text_of
from core.reading.mending import _is_organisation, mend
from core.reading.paper import understand
from tests.builders import fresh_key
from tests.clock import StillClock
from tests.core.library_room import COMPANY, FOOD, clerk
from tests.core.papers import TOLD, a_letter, a_paper, a_reading, png
from tests.core.test_races import together

RULES = read_rules()
PHRASE = "零售（依法须经批准的项目，经相关部门批准后方可开展{}活动）"


def lines(*told: tuple[float, float, str]) -> list[dict[str, object]]:
    """Lines of text as the engine gives them: left, top and words, twenty high, twenty a character."""
    made: list[dict[str, object]] = []
    for left, top, text in told:
        right, bottom = left + 20 * len(text), top + 20
        box = [[left, top], [right, top], [right, bottom], [left, bottom]]
        made.append({"box": box, "flat": box, "text": text, "score": 0.99})
    return made


TITLE = (300, 0, "营业执照")
TALL = {**lines((300, 0, "营业执照"))[0], "flat": [[300, 0], [500, 0], [500, 60], [300, 60]]}


def paper(*told: tuple[float, float, str], codes: tuple[str, ...] = ()) -> dict[str, str]:
    """What a business licence with these lines says, by field."""
    return {one.key: one.text for one in understand([TALL, *lines(*told)], codes, RULES).fields}


def test_a_label_cut_in_pieces_and_a_value_over_two_lines_are_put_together() -> None:
    told = paper(
        (0, 100, "名"), (120, 100, "称海口椰风"), (0, 140, "类型"), (120, 140, "有限责任公司"),
        (0, 180, "经营范围"), (120, 172, "餐饮服务；食品销售"), (120, 196, "（含冷藏）"),
        (500, 100, "注册资本壹佰万元"),
        (500, 140, "成今日期2020年03月09日"), (500, 180, "住所"), (620, 180, "秀英区秀华路"), (620, 204, "8号"),
    )  # fmt: skip
    assert told["holder"] == "海口椰风"
    assert told["entity_type"] == "有限责任公司"
    assert told["scope"] == "餐饮服务；食品销售（含冷藏）"
    assert told["capital"] == "壹佰万元"
    assert told["founded_on"] == "2020年03月09日"
    assert told["address"] == "秀英区秀华路8号"


def test_the_day_under_the_seal_is_put_together_from_its_figures() -> None:
    told = paper((0, 100, "名称海口椰风"), (500, 400, "2020"), (600, 404, "03"), (560, 396, "年"), (680, 402, "月09"))
    assert told["issued_on"] == "2020年03月09日"


@pytest.mark.parametrize(
    ("kind", "text", "mended", "note"),
    [
        ("uscc", "91110000600037341L（1/1）", "91110000600037341L", ""),
        ("uscc", "9111OOOO600037341L", "91110000600037341L", "改为「0」"),
        ("uscc", "9111000060003734IL", "91110000600037341L", "第 17 位「I」改为「1」"),
        ("uscc", "91110000600037342L", "91110000600037342L", "校验位不对"),
        ("id_number", "11010519491231002x", "11010519491231002X", ""),
        ("id_number", "110105194912310021", "110105194912310021", "校验位不对"),
        ("date", "2O20 年3月 9日", "2020年03月09日", ""),
        ("date", "2020年13月9日", "2020年13月9日", "不是一个完整的日期"),
        ("term", "2020年3月9日至长期", "2020年03月09日至长期", ""),
        ("term", "2020年3月9日至2019年3月8日", "2020年03月09日至2019年03月08日", "止期早于起期"),
        ("text", PHRASE.format("终营"), PHRASE.format("经营"), "按固定用语"),
    ],
)  # fmt: skip
def test_what_was_misread_is_put_right_only_by_what_proves_it_and_says_so(
    kind: str, text: str, mended: str, note: str
) -> None:
    told = mend(kind, text, RULES)
    assert told.text == mended
    assert note in "".join(told.notes)
    assert bool(told.notes) == bool(note)


@pytest.mark.parametrize(("at", "misread"), [(9, "8"), (11, "S"), (17, "")])
def test_one_look_alike_is_put_right_where_both_check_characters_then_hold(at: int, misread: str) -> None:
    body = "91460105MB850007"
    inner = next(letter for letter in "0123456789X" if _is_organisation(body[8:] + letter))
    right = body + inner + uscc.calc_check_digit(body + inner)
    told = mend("uscc", right[:at] + (misread + right[at + 1 :] if misread else ""), RULES)
    assert told.proved == bool(misread)
    assert told.text == (right if misread else right[:17])
    assert (f"第 {at + 1} 位「{misread}」改为「{right[at]}」" if misread else "是 17 位") in told.notes[0]


def test_what_the_code_on_the_paper_says_confirms_mends_or_contradicts_the_print() -> None:
    printed = ((0, 100, "统一社会信用代码"), (0, 124, "91110000600037341L"), (0, 200, "名称海口椰风"))
    url = "http://www.gsxt.gov.cn/index.html?uniscid={}"
    same = understand([TALL, *lines(*printed)], (url.format("91110000600037341L"),), RULES)
    assert [one.source for one in same.fields if one.key == "holder_code"] == ["both"]
    other = understand([TALL, *lines(*printed)], (url.format("91440101MA5CM85X0A"),), RULES)
    code = other.field("holder_code")
    assert code is not None
    assert code.text == "91110000600037341L"
    assert code.sure < RULES.fair
    assert "不一致" in other.warnings[0]
    assert "91440101MA5CM85X0A" in code.notes[-1]
    filled = understand([TALL, *lines((0, 200, "名称海口椰凤"))], ("名称:海口椰风\n法定代表人:符大勇",), RULES)
    assert [(one.key, one.text, one.source) for one in filled.fields if one.key in ("holder", "legal_person")] == [
        ("holder", "海口椰风", "code"), ("legal_person", "符大勇", "code"),
    ]  # fmt: skip


def test_every_kind_of_licence_is_known_by_its_title_and_another_paper_is_refused_in_a_sentence() -> None:
    for document in RULES.documents.values():
        if document.type is not None:
            title = {**TALL, "text": document.title}
            body = lines((0, 100, "发证日期2020年03月09日"))
            assert understand([title, *body], (), RULES).document.key == document.key
    with pytest.raises(NotALicence, match="图上最大的字是「荣誉证书」"):
        understand([{**TALL, "text": "荣誉证书"}, *lines((0, 100, "特发此证"))], (), RULES)
    with pytest.raises(NotALicence, match="没有看到字"):
        understand([], (), RULES)


def test_a_drawn_licence_turned_upside_down_is_read_confirmed_and_kept_with_its_crops(core: Core) -> None:
    who = clerk(core)
    token = core.licences.readings.bring(who, a_paper(turn=180))
    view = core.licences.readings.view(who, token)
    assert view.type == "business_licence"
    for key, value in TOLD.items():
        assert flat(view.fields[key].value) == flat(value), key
    assert view.fields["holder_code"].source == "both"
    assert view.fields["holder_code"].level == "sure"
    assert view.fields["issued_on"].value == "2024-03-09"
    left, top, wide, high = view.fields["holder"].crop or (0, 0, 0, 0)
    picture = Image.open(io.BytesIO(core.licences.readings.picture(who, token)))
    assert picture.size == (view.wide, view.high)
    assert left + wide <= view.wide
    assert top + high <= view.high
    values = {key: one.value for key, one in view.fields.items()} | {"capital": "贰佰万元", "scope": "餐饮服务"}
    assert core.licences.subjects(who, "company").total == 0
    with pytest.raises((BadField, FieldMissing)):
        core.licences.readings.confirm(who, fresh_key("r"), token, "issue", view.type, {**values, "holder_code": "1"})
    key = fresh_key("r")
    done = core.licences.readings.confirm(who, key, token, "issue", view.type, values)
    assert core.licences.readings.confirm(who, key, token, "issue", view.type, values).no == done.no
    with pytest.raises(ReadingOver):
        core.licences.readings.confirm(who, fresh_key("r"), token, "issue", view.type, values)
    made = core.licences.licence(who, done.no)
    assert made.holder == TOLD["holder"]
    assert len(made.pictures) == 1
    after = core.licences.readings.view(who, core.licences.readings.of_line(who, done.no))
    assert after.state == "done"
    assert {"capital", "scope"} <= set(after.changed)
    assert after.fields["holder"].crop
    with pytest.raises(ReadingOver):
        core.licences.readings.drop(who, token)


def test_two_who_confirm_one_reading_at_once_make_one_licence(
    core: Core, second: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "read", lambda raw: a_reading())
    who, outcomes = clerk(core), list[str]()
    for turn in range(6):
        token, start = core.licences.readings.bring(who, a_paper()), threading.Barrier(2)

        def confirm(
            one: Core, nth: int, turn: int = turn, token: str = token, start: threading.Barrier = start
        ) -> None:
            values = {**FOOD, "number": f"JY1{2 * turn + nth:013d}", "holder": COMPANY["name"]}
            given = {**values, "holder_code": COMPANY["number"]}
            start.wait(30)
            try:
                one.licences.readings.confirm(who, fresh_key("r"), token, "issue", FOOD["type"], given)
                outcomes.append("won")
            except ReadingOver as no:
                outcomes.append(str(no))

        together(partial(confirm, core, 0), partial(confirm, second, 1))
        assert core.licences.readings.view(who, token).state == "done"
    over = "这张图片的识别结果已登记，要再登记请重新上传。"
    assert sorted(outcomes) == sorted(["won", over] * 6)
    assert core.licences.licences(who, LicenceFilter()).total == 6
    assert core.verify_log().ok


def test_what_nobody_confirms_is_wiped_with_its_picture_and_is_nobody_elses(
    core: Core, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "read", lambda raw: a_reading())
    who = clerk(core)
    token = core.licences.readings.bring(who, a_paper())
    with pytest.raises(Unknown):
        core.licences.readings.view(replace(who, person=(who.person or 0) + 1), token)
    clock.advance(days=RULES.limits.keep.days, hours=1)
    assert core.licences.readings.wipe() == 1
    assert core.licences.readings.wipe() == 0
    assert core.licences.readings.view(who, token).state == "dropped"
    clock.advance(days=SPARED.days, hours=1)
    assert core.files.sweep() == 1


def test_text_of_gives_the_words_of_any_picture() -> None:
    assert "先进单位" in text_of(a_letter())
    assert text_of(png(Image.new("RGB", (400, 400), "white"))) == ""


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"%PDF-1.7 no picture", "请发 JPG 或 PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"broken" * 20, "请发 JPG 或 PNG"),
        (png(Image.new("1", (9000, 9000))), "尺寸太大"),
        (png(Image.new("RGB", (60, 60))), "太小"),
    ],
)
def test_what_is_no_picture_or_a_bomb_is_refused_by_the_child(raw: bytes, why: str) -> None:
    with pytest.raises(WrongPicture, match=why):
        text_of(raw)


def test_the_child_has_the_models_in_its_package_and_nothing_of_the_product() -> None:
    program = f"import sys, runpy; sys.argv = ['x', '{{}}']; runpy.run_path({reader.PROGRAM!r}, run_name='looked_at')"
    told = "; print(*(name for name in sys.modules if name.split('.')[0] in ('core', 'webapp', 'httpx', 'requests')))"
    done = subprocess.run([sys.executable, "-I", "-c", program + told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
