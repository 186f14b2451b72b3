"""Codes over HTTP: what a stranger is told online, photos read at arm's length, what a desk takes out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image
from werkzeug.test import TestResponse

from core.licences import LibraryAct
from core.policy.rates import Rate
from tests.builders import fresh_key
from tests.core.library_room import COMPANY, FOOD
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]


def written(town: Town, book: str, does: str, row: str = "", /, **values: str) -> str:
    """An act of the clerk; returns the row."""
    act = LibraryAct(fresh_key("library"), book, does, row, values, town.actor("licences"), "来文更正")
    return town.core.licences.write(act).no


def a_licence(town: Town) -> str:
    return written(town, "licence", "issue", subject=written(town, "subject", "add", **COMPANY), **FOOD)


def as_asked(link: str) -> str:
    """The address by which the page asks for today's state of a link."""
    code, _, payload = link.rpartition("/v/")[2].partition("?")
    return f"/check/state/{code}?{payload}"


def test_online_a_stranger_reads_the_state_of_today_masked(town: Town, visit: Visit) -> None:
    line = a_licence(town)
    code = written(town, "code", "make", line)
    link = town.core.licences.codes.link(line)
    stranger = visit()
    told = stranger.get(as_asked(link)).json
    assert told is not None
    assert (told["state"], told["tone"]) == ("valid", "green")
    shown = {label for label, _ in told["facts"]}
    assert {"证照", "持证人", "发证机关", "有效期"} <= shown
    written(town, "licence", "cancel", line)
    told = stranger.get(as_asked(link)).json
    assert told is not None
    assert (told["state"], told["say"]) == ("cancelled", "请不要凭它办事")
    written(town, "code", "void", code)
    assert (stranger.get(as_asked(link)).json or {})["state"] == "void"
    changed = link[:-1] + str((int(link[-1]) + 1) % 10)
    assert (stranger.get(as_asked(changed)).json or {})["state"] == "forged"
    missing = stranger.get("/check/state/" + "A" * 22)
    assert (missing.status_code, (missing.json or {})["state"]) == (200, "unknown")
    assert (stranger.get("/check/state/%E4%B8%80?x").json or {})["state"] == "unreadable"


def test_the_page_carries_its_keys_and_lets_nothing_else_run(town: Town, visit: Visit) -> None:
    answer = visit().get("/check")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'", policy)
    assert answer.headers["Permissions-Policy"].startswith("camera=(self)")
    for point in town.core.licences.codes.stamp.keys().values():
        assert point in answer.text
    assert re.findall(r"(?:src|href)=\"(?!data:)([^\"]+)", answer.text.partition("<script>")[0]) == []


def test_whoever_asks_too_often_waits(town: Town, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rates.load_rates", lambda: {"check": Rate("check", "核验", "address", 3)})
    answers = [visit().get("/check/state/" + "A" * 22).status_code for _ in range(9)]
    assert 429 in answers
    assert set(answers) <= {200, 429}


def test_a_photo_is_read_and_what_is_no_photo_is_refused(town: Town, visit: Visit) -> None:
    line = a_licence(town)
    code = written(town, "code", "make", line)
    page = visit()
    raw = town.core.licences.codes.picture(town.actor("licences"), code)
    assert sent(page, raw).json == {"texts": [town.core.licences.codes.link(line)]}
    for wrong in (b"", b"MZ" + bytes(200), b"<svg/>", b"\x89PNG\r\n\x1a\n" + bytes(50)):
        assert sent(page, wrong).status_code == 422
    assert sent(page, raw, token="forged").status_code == 400


def sent(page: Visitor, raw: bytes, token: str = "") -> TestResponse:
    """A picture as the page of the verifier sends it."""
    token = token or hidden_value(page.get("/sign-in").text, "csrf_token")
    form = {"picture": (io.BytesIO(raw), "code.jpg")}
    return page.client.post(
        "/check/picture", data=form, content_type="multipart/form-data", headers={"X-CSRFToken": token}
    )


def test_a_holders_licences_and_codes_leave_in_one_file(town: Town, visit: Visit) -> None:
    line = a_licence(town)
    subject = town.core.licences.licence(town.actor("licences"), line).subject
    desk = visit("licences")
    written(town, "code", "make", line)
    answer = desk.post("/library/codes/take/zip", "/library/codes", subject=subject)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as held:
        names = sorted(held.namelist())
        assert [name.rpartition(".")[2] for name in names] == ["jpg", "png"]
        for name in names:
            texts = [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(held.read(name))))]
            if name.endswith("png"):
                assert texts == [town.core.licences.codes.link(line)]
    printed = desk.post("/library/codes/take/sheet", "/library/codes", subject=subject, layout="roll")
    assert printed.data.startswith(b"%PDF")
    empty = desk.post("/library/codes/take/zip", "/library/codes", line="nowhere")
    assert (empty.status_code, "没有选中可用的码" in empty.text) == (422, True)


def test_codes_that_are_ticked_in_a_batch_leave_in_one_file_without_those_that_are_void(
    town: Town, visit: Visit
) -> None:
    batch = written(town, "code_batch", "order", count="3", layout="a4")
    town.core.licences.codes.maker.work()
    first, second, _ = [one.code for one in town.core.licences.codes.codes(town.actor("licences"), batch).items]
    written(town, "code", "void", second)
    desk, page = visit("licences"), f"/library/codes/batches/{batch}"
    picked: dict[str, str | list[str]] = {"batch": batch, "chosen": [first, second, "x"]}
    answer = desk.post("/library/codes/take/zip", page=page, **picked)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as held:
        (name,) = held.namelist()
        (told,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(held.read(name))))
    assert f"/v/{first}?" in told.text
    assert desk.post("/library/codes/take/sheet", page=page, **picked).data.startswith(b"%PDF")
    none = desk.post("/library/codes/take/zip", page, batch=batch)
    assert (none.status_code, "没有选中可用的码" in none.text, "<details open" in none.text) == (422, True, False)
