"""审批资料 without a browser: what cannot be meant is answered by one sentence and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from core.licences import LibraryAct
from core.models.archive import archive_batches, archive_uses
from tests.builders import fresh_key
from tests.core.archive_room import LEASE, pdf
from tests.core.library_room import COMPANY
from tests.core.test_archive_batches import zipped
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]
HOSTILE = "%3Cscript%3E"


@pytest.fixture
def paper(town: Town) -> str:
    """The line of a paper of a company."""
    actor = town.core.actor_for("dingtalk", "licences")
    company = town.core.licences.write(LibraryAct(fresh_key("subject"), "subject", "add", "", COMPANY, actor)).no
    return town.core.archive.file(fresh_key("paper"), actor, company, "CS", LEASE, pdf()).no


def test_odd_addresses_are_answered_and_never_break(town: Town, visit: Visit, paper: str) -> None:
    clerk, actor = visit("licences"), town.core.actor_for("dingtalk", "licences")
    view = town.core.archive.document(actor, paper)
    asked = {
        f"/archive?since=x&until=2024-13-01&category={HOSTILE}&holder=dog&state=1&q=plain&page=-1": (200, "已忽略"),
        f"/archive/papers/{HOSTILE}": (404, ""),
        f"/archive/papers/{paper}?version=none": (404, ""),
        f"/archive/pages/{view.token}/0.jpg": (422, "没有这一页"),
        f"/archive/pages/{view.token}/2.jpg": (422, ""),
        f"/archive/pages/{view.token}/99999999999999999999.jpg": (422, ""),
        f"/archive/pages/{view.token}/{'9' * 5000}.jpg": (422, ""),
        f"/library/picture-sets/{'9' * 5000}": (404, ""),
        f"/archive/volumes?state={HOSTILE}&q={HOSTILE}": (200, "案卷"),
        f"/archive/volumes/{view.volume}/checks/none": (404, ""),
        f"/archive/batches/{HOSTILE}": (404, ""),
        "/archive/stats?since=2024-02-30&until=x": (200, "起止日期填得不对"),
        "/archive/stats?since=2026-02-01&until=2025-01-01": (200, "起止日期填得不对"),
        "/archive/reuse/of/none": (404, ""),
        "/archive/new?subject=none": (404, ""),
    }  # fmt: skip
    for path, (status, words) in asked.items():
        answer = clerk.get(path)
        assert (answer.status_code, words in answer.text, "<script>" in answer.text) == (status, True, False), path


def test_odd_forms_are_refused_with_one_sentence(town: Town, visit: Visit, paper: str) -> None:
    clerk, actor = visit("licences"), town.core.actor_for("dingtalk", "licences")
    view, page = town.core.archive.document(actor, paper), "/archive/batches"
    raw = zipped({f"{COMPANY['number']}-许可证件-证.pdf": pdf("other")})
    batch = town.core.archive.batches.bring(actor, "company", None, raw)
    town.core.archive.taking.work()
    (item,) = town.core.archive.batches.items(actor, batch)
    sent = {
        "/archive/batches": ({"kind": "company"}, 422, "请先选择文件"),
        "/archive/new": ({"subject": view.subject, "category": "CS"}, 422, "请先选择文件"),
        f"/archive/papers/{paper}/change": ({"made_on": "2024-02-30", "reason": "x"}, 422, "形成日期"),
        f"/archive/papers/{paper}/withdraw": ({}, 422, "原因"),
        f"/archive/papers/{paper}/use": ({"used_for": "字" * 61}, 422, "用在哪里"),
        f"/archive/volumes/{view.volume}/store": ({"secrecy": "绝密"}, 422, "密级"),
        f"/archive/volumes/{view.volume}/check": ({"moment": "dinner"}, 404, ""),
        f"/archive/volumes/{view.volume}/export": ({"reason": " "}, 422, "导出理由"),
        f"/archive/reuse/of/{view.subject}": ({"used_for": "续办"}, 404, "请先勾选"),
        f"/archive/batches/{batch}/items/none": ({"act": "save"}, 404, ""),
        f"/archive/batches/{batch}/items/{item.token}": ({"file": item.token, "act": "save"}, 404, ""),
        "/archive/stats/export": ({"reason": ""}, 422, "导出理由"),
    }  # fmt: skip
    for path, (form, status, words) in sent.items():
        answer = clerk.post(path, page=page, **form)
        assert (answer.status_code, words in answer.text) == (status, True), path
    assert town.core.archive.document(actor, paper).version == 1
    with town.core.engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(archive_batches)).scalar_one() == 1
        assert tx.execute(select(func.count()).select_from(archive_uses)).scalar_one() == 0
