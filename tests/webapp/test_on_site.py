"""Showing up by web: the sponsor's page with its code, the phone's page, and one sentence for whatever is wrong."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import zxingcpp
from PIL import Image
from werkzeug.test import TestResponse

from core import Core
from core.models.joint import joint_check_ins
from tests.builders import clerk, rows
from tests.clock import StillClock
from tests.core.joint_room import FIRST, SECOND, an_order, leg_of, move
from tests.core.test_on_site import BESIDE, MEETING, signing
from tests.webapp.settled_site import Visit, core, no_of, visit  # noqa: F401  (fixtures)
from tests.webapp.test_joint import CITY, CITY_HEAD, LEADER, OTHER, WATER
from tests.webapp.visitor import Visitor
from webapp import create_app


def seen(picture: str) -> str:
    """What a camera reads of a picture in a data address."""
    image = Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2])))
    found = zxingcpp.read_barcode(image.convert("RGB"))
    assert found is not None
    return str(found.text)


def scanned(sponsor: Visitor, no: str) -> str:
    """The code of this moment, read off the sponsor's screen."""
    return seen(sponsor.get(f"/joint/{no}/code").get_json()["picture"]).partition("#")[2]


def post(visitor: Visitor, action: str, **form: str) -> TestResponse:
    """What the phone's page sends."""
    return visitor.post(f"/here/{action}", page="/account/password", **form)


def said(answer: TestResponse) -> tuple[int, str]:
    told: dict[str, Any] = answer.get_json()
    return answer.status_code, told["sentence"]


def test_the_sponsors_page_shows_a_code_a_camera_reads_and_who_has_come(core: Core, visit: Visit) -> None:
    order = signing(core)
    sponsor, no = visit(CITY), no_of(core, order)
    page = sponsor.get(f"/joint/{no}/show")
    assert page.status_code == 200
    assert page.headers["Permissions-Policy"] == "camera=(), geolocation=(self), microphone=()"
    told = sponsor.get(f"/joint/{no}/code").get_json()
    address, _, code = seen(told["picture"]).partition("#")
    assert address == f"{core.settings.web.public_address}/here/"
    assert (told["came"], told["total"], told["left_ms"], told["has_point"]) == (0, 2, 30_000, False)
    assert said(post(visit(WATER), "scan_in", shown_code=code)) == (200, "「扫码签到」已办好，现在是「已签到」")
    told = sponsor.get(f"/joint/{no}/code").get_json()
    assert told["came"] == 1
    assert told["legs"][0] == {
        "unit": "水务局", "state": "已签到", "tone": "green", "check_in": "3月9日 09:00 港口路公交站 · 扫码",
    }  # fmt: skip


def test_the_code_is_the_sponsors_alone_and_only_while_checking_in(core: Core, visit: Visit) -> None:
    order = an_order(core)
    no = no_of(core, order)
    assert said(visit(CITY).get(f"/joint/{no}/code")) == (409, "发起单位还没有开始签到，请等通知。")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "accept", unit)
    move(core, clerk(core), order, "start_check_in")
    assert visit(WATER).get(f"/joint/{no}/show").status_code == 403
    assert visit(OTHER).get(f"/joint/{no}/show").status_code == 404
    assert visit(CITY_HEAD).get(f"/joint/{no}/show").status_code == 200
    move(core, clerk(core), order, "end_meeting")
    assert said(visit(CITY).get(f"/joint/{no}/code"))[1] == "会议已结束，请改用「补卡」并写明原因。"


def test_a_scan_copied_foreign_false_or_uninvited_is_one_sentence_and_no_change(
    core: Core, visit: Visit, clock: StillClock
) -> None:
    order = signing(core)
    sponsor, water = visit(CITY), visit(WATER)
    copied = scanned(sponsor, no_of(core, order))
    clock.advance(seconds=61)
    assert said(post(water, "scan_in", shown_code=copied)) == (409, "签到码已过期，请扫发起人手机上正在显示的码。")
    assert said(post(water, "scan_in", shown_code="https://example.com")) == (
        422, "这不是签到码，请扫发起人手机上的签到码。",
    )  # fmt: skip
    other = signing(core, place="别处")
    elsewhere = scanned(sponsor, no_of(core, other))
    assert said(post(water, "scan_in", shown_code=elsewhere, no=no_of(core, order))) == (
        409, "这是另一单的签到码，请扫本单发起人手机上的码。",
    )  # fmt: skip
    fresh = scanned(sponsor, no_of(core, order))
    assert said(post(visit(OTHER), "scan_in", shown_code=fresh)) == (
        403, "这一单没有叫本单位，不用签到，可问发起单位。",
    )  # fmt: skip
    assert said(post(water, "approve_late", no=no_of(core, order)))[0] == 404
    assert visit(LEADER).get(f"/here/state?no={no_of(core, order)}").status_code == 403
    assert rows(core, joint_check_ins) == []


def test_the_phones_page_is_public_and_empty_and_the_rest_asks_who_is_there(core: Core, visit: Visit) -> None:
    order = signing(core)
    nobody = Visitor(create_app(core))
    page = nobody.get("/here/")
    assert page.status_code == 200
    assert no_of(core, order) not in page.text
    assert "geolocation=(self)" in page.headers["Permissions-Policy"]
    with nobody.get("/here/worker.js") as script:
        assert script.status_code == 200
    assert nobody.get(f"/here/state?no={no_of(core, order)}").headers["Location"].startswith("/sign-in")


def test_a_place_is_taken_and_the_meeting_gets_its_point(core: Core, visit: Visit) -> None:
    order = signing(core)
    no, sponsor = no_of(core, order), visit(CITY)
    assert said(sponsor.post(f"/joint/{no}/point", page="/account/password", spot="哪里")) == (
        422, "没有读到位置，请重新定位或写明所在位置。",
    )  # fmt: skip
    told = sponsor.post(f"/joint/{no}/point", page="/account/password", spot=MEETING)
    assert said(told) == (200, "已把您现在的位置定为会场，各单位的距离按它计算")
    answer = post(visit(WATER), "check_in_here", no=no, spot=BESIDE)
    assert answer.get_json()["view"]["check_in"] == "3月9日 09:00 港口路公交站 · 定位 · 距会场 22 米"
    assert leg_of(core, order, FIRST)["state"] == "on_site"
    text = sponsor.get(f"/joint/{no}").text
    assert "距会场 22 米" in text
    assert "20.018" not in text


def test_a_kept_code_comes_with_the_pages_proof(core: Core, visit: Visit, clock: StillClock) -> None:
    order = signing(core)
    no, water = no_of(core, order), visit(WATER)
    proof = water.get(f"/here/state?no={no}").get_json()["view"]["proof"]
    code = scanned(visit(CITY), no)
    clock.advance(minutes=25)
    answer = post(water, "scan_in", shown_code=code, open_page=proof)
    assert answer.get_json()["view"]["check_in"].endswith("· 扫码 · 离线扫码，3月9日 09:25 补传")


def test_dingtalk_vouches_for_our_own_pages_alone(core: Core, visit: Visit) -> None:
    for address in ("https://example.com/here/", "", "http://localhost.evil/here/", "javascript:1"):
        answer = visit(WATER).client.get("/here/config", query_string={"url": address})
        assert answer.status_code == 400


# --- photos of a feedback (R131) ------------------------------------------------------------------------------------


def reporting(core: Core) -> int:
    order = signing(core)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "check_in", unit)
    move(core, clerk(core), order, "end_meeting")
    return order


def report(visitor: Visitor, core: Core, order: int, *shots: bytes, **form: str) -> TestResponse:
    leg = leg_of(core, order, FIRST)
    sent: dict[str, Any] = {
        "measures": "关阀",
        "result": "已止",
        "seen": str(leg["seq"]),
        "leg": str(leg["id"]),
        **form,
    }
    sent["photos"] = [(io.BytesIO(raw), f"{place}.jpg") for place, raw in enumerate(shots)]
    return visitor.post(f"/joint/{no_of(core, order)}/moves/report", page="/account/password", **sent)


def a_shot(colour: str = "olive") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(held, "JPEG")
    return held.getvalue()


def test_photos_of_the_form_go_with_the_report_and_only_to_whom_may_read_it(core: Core, visit: Visit) -> None:
    order = reporting(core)
    water = visit(WATER)
    assert report(water, core, order, a_shot(), a_shot("navy")).status_code == 303
    sponsor = visit(CITY)
    page = sponsor.get(f"/joint/{no_of(core, order)}").text
    links = re.findall(r'href="(/photos/joint/[^"]+)"', page)
    assert len(links) == 2
    seen_by = [visitor.get(links[0]).status_code for visitor in (sponsor, visit(CITY_HEAD), visit(OTHER))]
    assert seen_by == [200, 410, 410]
    assert sponsor.get(links[0]).data.startswith(b"\xff\xd8\xff")
    assert "/photos/joint/" not in visit("p025").get(f"/joint/{no_of(core, order)}").text  # another called unit


def test_a_photo_that_is_none_stops_the_report_and_the_good_ones_are_kept(core: Core, visit: Visit) -> None:
    order = reporting(core)
    water = visit(WATER)
    answer = report(water, core, order, a_shot(), b"no picture at all")
    assert answer.status_code == 422
    assert "图片 1，已收下" in answer.text
    assert leg_of(core, order, FIRST)["state"] == "reporting"
    token = re.findall(r'name="photo" value="([^"]+)"', answer.text)
    assert report(water, core, order, photo=token[0]).status_code == 303
    (leg,) = [one for one in core.joints.view(clerk(core), order).legs if one.unit == "水务局"]
    assert len(leg.feedbacks[0].photos) == 1
    assert leg.photos == ()
