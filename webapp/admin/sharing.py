"""共享: what goes up to the provincial platform and how it stands; the catalogue of data as page and file."""

from __future__ import annotations

import json
from functools import cache
from math import ceil
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.catalogue import catalogue
from core.measures.sheets import Sheet, workbook
from core.policy.upward import HOW
from core.worktime import SHANGHAI
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

SIZE = 30
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPENAPI_FILE = Path(__file__).parents[1] / "static" / "openapi.json"
sharing = Blueprint("sharing", __name__)


@sharing.get("/sharing")
@audience("sharing")
def index() -> str:
    core = the_core()
    page = number(request.args.get("page"), 1, most=100_000)
    view, policy = core.upward.view(page, SIZE), core.upward.policy
    return render_template(
        "sharing.html",
        view=view,
        policy=policy,
        how=HOW,
        connected=bool(core.settings.province.address),
        page=page,
        pages=max(1, ceil(view.failed / SIZE)),
    )


@sharing.post("/sharing/resend")
@audience("sharing")
def resend_all() -> Response:
    """Every refused row goes again with the next push."""
    form_key()
    count = the_core().upward.send_again(the_actor())
    flash(f"{count:,} 条已安排重推，一两分钟内送出。" if count else "没有被拒的数据需要重推。")
    return _back()


@sharing.post("/sharing/<int:row>/resend")
@audience("sharing")
def resend(row: int) -> Response:
    """One refused row goes again; pressed twice, the second press finds nothing left to do and says so."""
    form_key()
    the_core().upward.send_again(the_actor(), row)
    flash("已安排重推这一条，一两分钟内送出。")
    return _back()


@sharing.get("/sharing/catalogue")
@audience("sharing")
def show_catalogue() -> str:
    """数据资源目录, as the tables are now, and the interfaces that give them."""
    resources = catalogue()
    return render_template(
        "catalogue.html", resources=resources, items=sum(len(one.items) for one in resources), interfaces=interfaces()
    )


@sharing.get("/sharing/catalogue.xlsx")
@audience("sharing")
def take_catalogue() -> Response:
    """The same as a file; it holds names of items and nobody's data."""
    now = the_core().clock.now().astimezone(SHANGHAI)
    data = workbook(_sheets(), f"秀英区社会共同治理数字平台 数据资源目录 {now:%Y-%m-%d %H:%M}")
    response = make_response(data)
    response.headers["Content-Type"] = EXCEL
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'数据资源目录-{now:%Y%m%d}.xlsx')}"
    return response


def _sheets() -> list[Sheet]:
    resources = catalogue()
    whole = [
        (
            r.name,
            r.title,
            r.meaning,
            len(r.items),
            "是" if r.personal else "否",
            r.cycle,
            r.share,
            r.by,
            "、".join(r.ways),
        )
        for r in resources
    ]
    items = [
        (r.title, i.name, i.title, i.meaning, i.kind, "是" if i.required else "否", i.personal, i.masked, i.upward)
        for r in resources
        for i in r.items
    ]
    columns = ("代码", "名称", "意思", "数据项", "含个人信息", "更新周期", "共享类型", "谁批准", "取得方式")
    of_items = ("数据资源", "代码", "名称", "意思", "类型", "必有", "个人信息", "遮挡", "交给省平台")
    return [
        Sheet("数据资源", columns, tuple(whole)),
        Sheet("数据项", of_items, tuple(items)),
        Sheet("接口", ("接口", "用途"), tuple(interfaces())),
    ]


@cache
def interfaces() -> tuple[tuple[str, str], ...]:
    """Method, path and purpose of every interface, from the document generated of them."""
    document = json.loads(OPENAPI_FILE.read_text(encoding="utf-8"))
    return tuple(
        (f"{method.upper()} {path}", told["summary"])
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    )


def _back() -> Response:
    return make_response(redirect(url_for("sharing.index"), 303))
