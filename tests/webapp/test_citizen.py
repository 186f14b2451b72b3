"""The citizens' pages without a browser: headers, alike answers, caps, sessions apart, links that are nobody else's."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from apiflask import APIFlask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from bots.wechat.client import WeChatFault
from core import Core
from core.crypto import place
from core.models.record import letters
from tests.clock import StillClock
from tests.core.library_room import COMPANY, FOOD, NURSE, PERSON, a_company, a_person, act, clerk
from tests.databases import SQLite
from tests.town import a_core, settled
from tests.webapp.visitor import Visitor, hidden_value
from webapp import create_app

IN_WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}
STRANGER = "110101199003070038"


@pytest.fixture
def core(tmp_path: Path, clock: StillClock) -> Iterator[Core]:
    built = a_core(SQLite().prepared(settled, tmp_path), clock, sms={"endpoint": "127.0.0.1:9"})
    yield built
    built.engine.dispose()


@pytest.fixture
def site(core: Core) -> APIFlask:
    return create_app(core)


@pytest.fixture
def citizen(site: APIFlask) -> Callable[..., Visitor]:
    def one(address: str = "10.1.0.1") -> Visitor:
        return Visitor(site, address)

    return one


@pytest.fixture
def licences(core: Core) -> tuple[str, str]:
    """A company's and a person's."""
    company, person = a_company(core), a_person(core)
    food = act(core, "licence", "issue", subject=company, **FOOD).no
    return food, act(core, "licence", "issue", subject=person, **NURSE).no


def ask(visitor: Visitor, number: str, second: str) -> TestResponse:
    return visitor.post("/c/person", page="/c/person", number=number, second=second)


def code_for(core: Core) -> str:
    with core.engine.connect() as tx:
        row = tx.execute(select(letters).where(letters.c.channel == "sms").order_by(letters.c.id.desc())).first()
    assert row is not None
    words = json.loads(core.cipher.open(row.body["sealed"], place("letters", "body", row.key)))["words"]
    return str(words["values"]["code"])


def sign_in(visitor: Visitor, phone: str = PERSON["phone"], tail: str = PERSON["number"][-4:]) -> TestResponse:
    visitor.post("/c/sign-in/code", page="/c/sign-in", phone=phone)
    answer = visitor.post("/c/sign-in", page="/c/sign-in", phone=phone, code=code_for(visitor.core))
    assert answer.location == "/c/mine", answer.text
    if tail:
        answer = visitor.post("/c/sign-in/tail", page="/c/sign-in/tail", tail=tail)
    return answer


def cid(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("cid")
    return cookie.value if cookie else ""


def pictures(page: str) -> list[str]:
    return re.findall(r'src="(/c/pictures/[^"]+)"', page)


def test_pages_are_not_kept_not_indexed_and_say_nothing_to_others(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    for path in ("/c/", "/c/person", "/c/company", "/c/sign-in", f"/v/{licences[0]}", "/v/nothing", "/c/nothing"):
        headers = citizen().get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_nothing_is_asked_in_an_address(citizen: Callable[..., Visitor], licences: tuple[str, str]) -> None:
    visitor = citizen()
    for path in (f"/c/person?number={PERSON['number']}&second={PERSON['name']}", "/c/company?words=椰风"):
        page = visitor.get(path).text
        assert "tiles" not in page
        assert COMPANY["name"] not in page


def test_a_number_of_nobody_and_a_wrong_name_are_one_page(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    told = {ask(citizen(), number, name).text for number, name in ((PERSON["number"], "王五"), (STRANGER, "王五"))}
    assert len(told) == 1
    assert "没有查到" in told.pop()


def test_a_hit_shows_masks_and_pictures_and_no_number_in_full(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    page = ask(citizen(), PERSON["number"], PERSON["name"]).text
    assert "护士执业证书" in page
    for secret in (PERSON["name"], PERSON["number"], NURSE["number"], PERSON["phone"]):
        assert secret not in page


def test_the_cap_is_reached_alike_for_hits_and_misses(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    for name in (PERSON["name"], "王五"):
        visitor = citizen("10.2.0.1" if name == "王五" else "10.2.0.2")
        told = [ask(visitor, f"{number}", name) for number in [PERSON["number"], STRANGER] * 5]
        assert {one.status_code for one in told} == {200}
        over = ask(visitor, PERSON["number"], name)
        assert over.status_code == 429
        assert int(over.headers["Retry-After"]) > 0
        assert "太频繁" in over.text
        assert "护士" not in over.text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"number": "", "second": "王五"}, "身份证号"), ({"number": "1" * 18, "second": "王五"}, "身份证号"),
        ({"number": PERSON["number"], "second": "  "}, "姓名"),
        ({"number": "9" * 4000, "second": "x" * 4000}, "身份证号"),
        ({"number": "<script>", "second": "'"}, "身份证号"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(citizen: Callable[..., Visitor], form: dict[str, str], says: str) -> None:
    answer = citizen().post("/c/person", page="/c/person", **form)
    assert answer.status_code == 422
    assert answer.text.count('role="alert"') == 1
    assert says in answer.text


def test_companies_by_part_of_a_name(citizen: Callable[..., Visitor], licences: tuple[str, str]) -> None:
    visitor = citizen()
    page = visitor.post("/c/company", page="/c/company", words="椰风").text
    assert COMPANY["name"] in page
    assert COMPANY["phone"] not in page
    link = re.search(r'href="(/c/company/[^"]+)"', page)
    assert link
    assert FOOD["number"] in visitor.get(link[1]).text
    assert "没有查到" in visitor.post("/c/company", page="/c/company", words="没有这家").text
    assert visitor.post("/c/company", page="/c/company", words="椰").status_code == 422
    assert visitor.get("/c/company/nothing").status_code == 404


def test_a_code_of_nobody_and_a_draft_look_alike(citizen: Callable[..., Visitor], core: Core) -> None:
    person = a_person(core)
    draft = act(core, "licence", "draft", subject=person, **NURSE).no
    pages = {citizen().get(f"/v/{code}").text for code in (draft, "abcdefghijklmnopqrstuv", "x" * 900)}
    assert len(pages) == 1
    assert "查无此证" in pages.pop()


def test_every_picture_that_leaves_is_marked_and_its_link_is_one_reader_s(
    citizen: Callable[..., Visitor], licences: tuple[str, str], site: APIFlask
) -> None:
    public, holder = citizen(), citizen()
    shown = pictures(public.get(f"/v/{licences[1]}").text)[0]
    answer = public.get(shown)
    assert answer.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(answer.data)).size[0] > 200
    assert sign_in(holder).status_code == 303
    own = pictures(holder.get(f"/c/mine/{licences[1]}").text)[0]
    assert holder.get(own).data != answer.data
    assert public.get(own).status_code == 404
    assert public.get(shown[:-3] + "abc").status_code == 404
    assert public.get("/c/pictures/nothing").status_code == 404
    holder.post("/c/sign-out", page="/c/mine")
    assert holder.get(own).status_code == 404


def test_the_answer_to_a_phone_does_not_tell_whether_it_has_licences(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    def told(phone: str) -> str:
        page = citizen().post("/c/sign-in/code", page="/c/sign-in", phone=phone).text
        page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)
        return page.replace(phone, "").replace(phone[:3], "").replace(phone[-4:], "")

    assert told(PERSON["phone"]) == told("19900019999")


def test_the_holder_sees_all_after_code_and_tail_and_others_nothing(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    holder = citizen()
    assert holder.get("/c/mine").location == "/c/sign-in"
    sign_in(holder, tail="")
    assert holder.get("/c/mine").location == "/c/sign-in/tail"
    assert holder.get(f"/c/mine/{licences[1]}").location == "/c/sign-in/tail"
    assert "不对" in holder.post("/c/sign-in/tail", page="/c/sign-in/tail", tail="0000").text
    holder.post("/c/sign-in/tail", page="/c/sign-in/tail", tail=PERSON["number"][-4:])
    assert PERSON["name"] in holder.get("/c/mine").text
    assert NURSE["number"] in holder.get(f"/c/mine/{licences[1]}").text
    foreign, missing = (holder.get(f"/c/mine/{line}") for line in (licences[0], "nothing"))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.text == missing.text


def test_a_phone_without_licences_gets_an_empty_centre(citizen: Callable[..., Visitor]) -> None:
    holder = citizen()
    sign_in(holder, phone="19900019999", tail="")
    assert "还没有证照" in holder.get("/c/mine").text


def test_signing_in_changes_the_id_and_leaving_ends_it_everywhere(
    citizen: Callable[..., Visitor], licences: tuple[str, str]
) -> None:
    holder, thief = citizen(), citizen()
    holder.get("/c/sign-in")
    before = cid(holder)
    sign_in(holder)
    after = cid(holder)
    assert before not in ("", after)
    thief.client.set_cookie("cid", before)
    assert thief.get("/c/mine").location == "/c/sign-in"
    thief.client.set_cookie("cid", after)
    assert thief.get("/c/mine").status_code == 200
    left = holder.post("/c/sign-out", page="/c/mine")
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert cid(holder) == ""
    assert thief.get("/c/mine").location == "/c/sign-in"


def test_a_citizen_s_session_opens_nothing_of_the_console_nor_the_other_way_round(
    citizen: Callable[..., Visitor], licences: tuple[str, str], core: Core
) -> None:
    holder = citizen()
    sign_in(holder)
    token = cid(holder)
    holder.client.set_cookie("sid", token)
    assert holder.get("/cases").location.startswith("/sign-in")
    from webapp.sessions import Sessions

    staff = citizen()
    staff.client.set_cookie("cid", Sessions(core.engine, secure=False).open(clerk(core).person or 0))
    assert staff.get("/c/mine").location == "/c/sign-in"


def test_a_form_from_elsewhere_does_nothing(citizen: Callable[..., Visitor], licences: tuple[str, str]) -> None:
    visitor = citizen()
    for path in ("/c/person", "/c/company", "/c/sign-in/code", "/c/sign-in", "/c/sign-in/tail", "/c/sign-out"):
        answer = visitor.client.post(path, data={"phone": PERSON["phone"]})
        assert answer.status_code == 400, path
        assert "秀英证照查询" in answer.text


def test_inside_wechat_the_visitor_is_named_once_by_a_state_of_their_own(
    site: APIFlask, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.wechat.client.openid_of", lambda *_: "o-practice-wang")
    browser = site.test_client()
    away = browser.get("/c/person", headers=IN_WECHAT)
    asked = parse_qs(urlsplit(away.location).query)
    assert asked["scope"] == ["snsapi_base"]
    before = browser.get_cookie("cid")
    state = asked["state"][0]
    back = browser.get(f"/c/back?to=person&code=c&state={state}", headers=IN_WECHAT)
    assert back.location == "/c/person"
    found = core.citizens.visitors.find((browser.get_cookie("cid") or pytest.fail("no cookie")).value)
    assert found is not None
    assert found.openid == core.citizens.visitors.openid_index("o-practice-wang")
    assert before is not None
    assert core.citizens.visitors.find(before.value) is None
    assert browser.get("/c/person", headers=IN_WECHAT).status_code == 200
    other = site.test_client()
    other.get(f"/c/back?to=person&code=c&state={state}", headers=IN_WECHAT)
    stranger = core.citizens.visitors.find(getattr(other.get_cookie("cid"), "value", ""))
    assert stranger is None or stranger.openid == ""


def test_when_wechat_will_not_say_who_it_is_the_page_opens_all_the_same(
    site: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise WeChatFault(40029, "微信拒绝了请求")

    monkeypatch.setattr("bots.wechat.client.openid_of", away)
    browser = site.test_client()
    state = parse_qs(urlsplit(browser.get("/c/mine", headers=IN_WECHAT).location).query)["state"][0]
    assert browser.get(f"/c/back?to=mine&code=c&state={state}", headers=IN_WECHAT).location == "/c/mine"
    assert browser.get("/c/sign-in", headers=IN_WECHAT).status_code == 200


def test_the_pages_open_from_outside_the_office_network(tmp_path: Path, clock: StillClock) -> None:
    core = a_core(SQLite().prepared(settled, tmp_path), clock, web={"console_networks": ("10.9.0.0/16",)})
    visitor = Visitor(create_app(core), "203.0.113.7")
    assert visitor.get("/c/").status_code == 200
    assert visitor.get("/sign-in").status_code == 403
    assert hidden_value(visitor.get("/c/person").text, "csrf_token")
    core.engine.dispose()
