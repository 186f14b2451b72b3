"""Sets of pictures (R167): matched by name, shown before anything is written, repaired, put in by acts on record."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, select

from core import Core
from core.arrivals.opening import WrongFile
from core.errors import NotYours, Unknown
from core.files import SPARED
from core.licences import picture_sets
from core.licences.picture_files import unpacked, words_of
from core.licences.picture_sets import NoneMatched, PictureSets, SetOver
from core.licences.picture_views import SetView
from core.licences.picture_work import work
from core.models.pictures import picture_items
from core.policy.arrivals import arrival_rules
from core.policy.library import library_rules
from tests.builders import person
from tests.clock import StillClock
from tests.core.library_room import COMPANY, FOOD, PERSON, a_company, a_licence, a_person, act, clerk

RULES = library_rules().picture_set
NAME = COMPANY["name"]
HEALTH = {
    "type": "public_place_health", "number": "秀卫公证字〔2025〕第0012号", "legal_person": "符大勇",
    "address": "海口市秀英区秀华路8号", "project": "宾馆", "economic_nature": "有限责任公司",
}  # fmt: skip


def shot(colour: str = "navy") -> bytes:
    """A picture in one colour."""
    held = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(held, "JPEG")
    return held.getvalue()


def packed(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as made:
        for name, raw in files.items():
            made.writestr(name, raw)
    return held.getvalue()


def broken(raw: bytes) -> bytes:
    """A ZIP whose first file is packed into nothing that can be unpacked."""
    return raw[:60] + b"\xff" * 20 + raw[80:]


def opened(core: Core, *files: tuple[str, bytes]) -> SetView:
    """A set brought by the clerk, its pictures opened."""
    made = core.licences.picture_sets.bring(clerk(core), files)
    work(core.licences.picture_sets)
    return core.licences.picture_sets.view(clerk(core), made)


def names(view: SetView, state: str) -> list[str]:
    return [one.name for one in view.items[state]]


def pictures_of(core: Core, line: str) -> int:
    return len(core.licences.licence(clerk(core), line).pictures)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{NAME}_食品经营许可证_1.jpg", [NAME, "食品经营许可证"]),
        (f"{NAME}-食品经营许可证2.JPG", [NAME, "食品经营许可证"]),
        (f"资料/{NAME}/营业执照 副本 (3).png", [NAME, "营业执照"]),
        ("JY14601990000001.jpg", ["JY14601990000001"]),
        ("001.jpg", ["001"]),
    ],
)
def test_a_name_is_taken_apart_by_the_rule(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_matched_doubtful_and_unmatched_are_told_apart_and_nothing_is_written(core: Core) -> None:
    company, someone = a_company(core), a_person(core)
    food, health = a_licence(core, company), a_licence(core, company, **HEALTH)
    nurse = act(core, "licence", "issue", subject=someone, type="nurse", number="202546000001",
                issued_on="2025-12-01", workplace="秀英区练习医院").no  # fmt: skip
    right = {
        f"{NAME}_食品经营许可证_1.jpg": food, f"{COMPANY['number']}_公共场所卫生许可证.jpg": health,
        f"{FOOD['number']}.jpg": food, f"{PERSON['name']}_护士执业证书.jpg": nurse, f"{PERSON['number']}.jpg": nurse,
    }  # fmt: skip
    wrong = {
        f"{NAME}.jpg": "有 2 份", "海南椰风餐饮公司_食品经营许可证.jpg": "名称相近",
        f"{NAME}_营业执照.jpg": "没有营业执照",
        "91110000600037341M_营业执照.jpg": "校验位不对", "海口没有的公司_营业执照.jpg": "库里没有",
        "营业执照.jpg": "没有写明是谁的",
    }  # fmt: skip
    colours = iter(f"#{at:02x}4080" for at in range(0, 250, 10))
    view = opened(core, *((name, shot(next(colours))) for name in [*right, *wrong]), ("说明.jpg", b"no picture"))
    assert {one.name: one.line for one in view.items["matched"]} == right
    told = {one.name: one for state in ("doubtful", "unmatched") for one in view.items[state]}
    assert all(why in told[name].why for name, why in wrong.items())
    assert names(view, "doubtful") == list(wrong)[:3]
    assert next(called for _, called in told[f"{NAME}.jpg"].offers).startswith("公共场所卫生许可证 · ")
    assert names(view, "refused") == ["说明.jpg"]
    assert [pictures_of(core, line) for line in (food, health, nurse)] == [0, 0, 0]


def test_repaired_by_another_name_or_by_choice_then_put_in_once_by_acts_of_the_clerk(core: Core) -> None:
    company = a_company(core)
    food, health = a_licence(core, company), a_licence(core, company, **HEALTH)
    sets, who = core.licences.picture_sets, clerk(core)
    view = opened(core, ("店.jpg", shot("red")), (f"{NAME}.jpg", shot("green")), ("别的.jpg", shot("blue")))
    with pytest.raises(NoneMatched):
        sets.start(who, view.id)
    misnamed, doubtful = view.items["unmatched"], view.items["doubtful"][0]
    with pytest.raises(Unknown):
        sets.choose(who, view.id, misnamed[0].id, food)  # only what was offered
    sets.rename(who, view.id, misnamed[0].id, f"{FOOD['number']}.jpg")
    sets.choose(who, view.id, doubtful.id, health)
    sets.choose(who, view.id, misnamed[1].id, "")
    sets.start(who, view.id)
    assert work(sets) == 2
    done = sets.view(who, view.id)
    assert (done.state, done.counts) == ("done", {"kept": 2, "left": 1})
    assert [pictures_of(core, line) for line in (food, health)] == [1, 1]
    assert core.licences.history(who, "licence", food)[0].who == f"{who.unit_name} {who.name}"
    with pytest.raises(SetOver):
        sets.rename(who, view.id, misnamed[1].id, "改.jpg")
    again = opened(core, (f"{FOOD['number']}.jpg", shot("red")))
    assert names(again, "there") == [f"{FOOD['number']}.jpg"]
    work(sets)
    assert pictures_of(core, food) == 1


def test_a_zip_with_a_folder_a_holder_and_names_in_gbk_is_one_set_brought_twice(core: Core) -> None:
    food = a_licence(core, a_company(core))
    raw = packed({f"扫描/{NAME}/食品经营许可证{at}.jpg": shot(f"#00{at}000") for at in (1, 2)} | {"__MACOSX/._1": b"x"})
    view = opened(core, ("扫描.zip", raw))
    assert [one.line for one in view.items["matched"]] == [food, food]
    assert core.licences.picture_sets.bring(clerk(core), [("扫描.zip", raw)]) == view.id
    legacy = packed({"abcd.jpg": shot()}).replace(b"abcd", "执照".encode("gb18030"))
    assert next(unpacked([("a.zip", legacy)], RULES))[0] == "执照.jpg"


def test_a_set_is_written_down_part_by_part_and_begun_only_when_all_of_it_is_there(
    core: Core, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    food = a_licence(core, a_company(core))
    files = [(f"{FOOD['number']}_{at}.jpg", shot(f"#{at}0{at}0{at}0")) for at in range(1, 6)]
    large = ("大.jpg", shot() + b"\0" * arrival_rules().photo.most_bytes)
    sets, whole = core.licences.picture_sets, PictureSets._inserted
    monkeypatch.setattr(picture_sets, "PART", 2)

    def cut_off(self: PictureSets, made: int, items: list[Any], *, last: bool) -> Callable[[Connection], None]:
        if last:
            raise RuntimeError("killed")
        return whole(self, made, items, last=last)

    with monkeypatch.context() as broken:
        broken.setattr(PictureSets, "_inserted", cut_off)
        with pytest.raises(RuntimeError):
            sets.bring(clerk(core), [*files, large])
    (half,) = sets.latest(clerk(core))
    assert (half.state, half.state_title, work(sets)) == ("bringing", "正在收下", 0)
    view = opened(core, *files, large)
    assert view.id != half.id
    assert [one.line for one in view.items["matched"]] == [food] * 5
    assert [one.why for one in view.items["refused"]] == ["图片太大，请压缩再发"]
    clock.advance(days=RULES.keep.days, hours=1)
    assert sets.wipe() == 2
    assert sets.view(clerk(core), half.id).state == "dropped"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.jpg": b"\0" * (2 << 20)}, "压缩得异常"),
        ({f"{at}.jpg": b"x" for at in range(RULES.entries + 1)}, "超过 10,000 个文件"),
        ({"../../a.jpg": b"x"}, "指向别处"),
        ({"inner.zip": b"PK"}, "还有压缩包"),
        ({"readme/": b""}, "没有图片"),
    ],
)
def test_a_zip_that_is_a_bomb_or_leads_outside_is_refused_whole(files: Mapping[str, bytes], why: str) -> None:
    with pytest.raises(WrongFile, match=why):
        unpacked([("包.zip", packed(files))], RULES)


def test_a_zip_that_lies_about_its_sizes_or_is_cut_off_is_refused() -> None:
    whole = packed({"a.jpg": shot()})
    with pytest.raises(WrongFile, match="不是完好的"):
        list(unpacked([("包.zip", whole[: len(whole) // 2])], RULES))
    size = len(shot()).to_bytes(4, "little")
    with pytest.raises(WrongFile, match=r"损坏|不符"):
        list(unpacked([("包.zip", whole.replace(size, (len(shot()) - 9).to_bytes(4, "little")))], RULES))
    with pytest.raises(WrongFile, match="损坏"):
        list(unpacked([("包.zip", broken(packed({"a.jpg": shot() * 9})))], RULES))
    with pytest.raises(WrongFile, match="少见的压缩方式"):
        list(unpacked([("包.zip", packed({"a.jpg": shot()}, zipfile.ZIP_LZMA))], RULES))
    with pytest.raises(WrongFile, match="共不超过"):
        list(unpacked([("大.jpg", b"x" * 11)], replace(RULES, bytes=10)))


def test_a_set_is_its_bringers_and_is_wiped_when_nobody_confirms_it(core: Core, clock: StillClock) -> None:
    a_licence(core, a_company(core))
    sets, who = core.licences.picture_sets, clerk(core)
    view = opened(core, (f"{FOOD['number']}.jpg", shot()))
    with pytest.raises(Unknown):
        sets.view(replace(who, person=(who.person or 0) + 1), view.id)
    with pytest.raises(NotYours):
        sets.bring(person(core, "dispatcher"), [("a.jpg", shot())])
    clock.advance(days=RULES.keep.days, hours=1)
    assert sets.wipe() == 1
    with core.engine.connect() as tx:
        assert tx.execute(select(picture_items.c.id)).all() == []
    clock.advance(days=SPARED.days, hours=1)
    assert core.files.sweep() >= 1
