"""Every upload of the console is scanned before its page sees it, at one place (control D5)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from core.adapters.scanning import EICAR, Clamd, Guard, Structure
from core.settings import Scan
from tests.core.test_picture_sets import shot
from tests.sandbox.scanner import a_clamd
from tests.walls.table import rows
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value
from webapp.auth import audience_of

Visit = Callable[..., Visitor]
HOLDERS = {
    "library": "licences",
    "intake": "desk",
    "joint": "leader",
    "faces": "licences",
    "settings": "system",
    "archive": "licences",
}
"""Somebody who may open a page that takes files."""


def upload(visitor: Visitor, path: str, raw: bytes, name: str = "图片.jpg") -> TestResponse:
    """A file in a form as a browser sends it, whatever the form calls it."""
    csrf = hidden_value(visitor.get("/flows").text, "csrf_token")
    file = FileStorage(io.BytesIO(raw), filename=name)
    boundary, body = encode_multipart({"csrf_token": csrf, "token": "t" * 24, "whatever": file})
    kind = f'multipart/form-data; boundary="{boundary}"'
    return visitor.client.post(path, input_stream=io.BytesIO(body), content_length=len(body), content_type=kind)


def test_whichever_page_takes_files_none_sees_one_that_is_infected(site: APIFlask, visit: Visit) -> None:
    takers = [
        rule for rule in site.url_map.iter_rules()
        if getattr(site.view_functions[rule.endpoint], "most_bytes", 0) and "POST" in (rule.methods or ())
    ]  # fmt: skip
    assert len(takers) >= 8
    paths, visitors = {row.route: row.ask.path for row in rows()}, dict[str, Visitor]()
    for rule in takers:
        holder = HOLDERS[audience_of(site, rule.endpoint) or ""]
        one = visitors.get(holder) or visitors.setdefault(holder, visit(holder))
        path = re.sub(r"\{\w+\}", "1", paths[f"POST {rule.rule}"])
        answer = upload(one, path, EICAR)
        assert answer.status_code == 422, rule.rule
        assert "「图片.jpg」没有通过安全检查：病毒测试文件，没有收下。" in answer.text, rule.rule


@pytest.mark.parametrize("fault", ["", "drop"])
def test_with_clamd_set_its_verdict_counts_and_without_one_nothing_is_taken_in(
    visit: Visit, town: Town, fault: str
) -> None:
    with a_clamd() as daemon:
        daemon.fault = fault
        town.core.scan = Guard([Structure(), Clamd(Scan(clamd=daemon.address, timeout_s=60))])
        answer = upload(visit("licences"), "/library/picture-sets", shot())
        assert daemon.seen == [len(shot())]
    assert ("安全检查暂时做不了，文件没有收下" in answer.text) == bool(fault)
    assert answer.status_code == (409 if fault else 422)  # clean: the form itself finds no file under its own name
