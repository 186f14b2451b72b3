"""The door for the 一体化平台's licences (R185): pushed in parts, each judged on its own, the same again is one."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Integer, List, Nested, String
from flask import g, request

from core.errors import Malformed
from core.licences.feed import SOURCE
from core.policy.licence_feed import licence_map
from webapp.api import REFUSED, admit
from webapp.api.feeds import NotYourFeed
from webapp.auth import MACHINE, audience
from webapp.bodies import json_of
from webapp.context import the_core

licences_api = APIBlueprint("licences_api", __name__, url_prefix="/api/v1", tag="数据接入")
licences_api.before_request(admit)

ABOUT = (
    '正文是 {"records": [...]}，最多 100 份、1 MB。每份有 id（平台编号）、revision（从 1 起的版本）、type（证照类型）、'
    "status（状态）、number、holder、holder_code、issuer、issued_on、valid_from、valid_to 和 items（照面栏目: 内容）。"
    "同一编号同一版本重复推送不改变什么，旧版本不覆盖新版本；不收的逐份说明原因，可以改正后以新版本再推。"
)


class LicenceVerdict(Schema):
    id = String(metadata={"description": "平台编号"})
    revision = Integer(metadata={"description": "版本"})
    result = String(metadata={"description": "accepted 收下、duplicate 已有、rejected 不收"})
    reason = String(metadata={"description": "不收的原因"})


class LicenceVerdicts(Schema):
    results = List(Nested(LicenceVerdict))


@licences_api.post("/licences")
@licences_api.output(LicenceVerdicts)
@licences_api.doc(
    summary="推送证照",
    description=ABOUT,
    security="bearer",
    responses={**REFUSED, 400: "正文不是所说的样子", 403: "不能推送证照", 413: "太大"},
)
@audience(MACHINE)
def push_licences() -> dict[str, Any]:
    if not g.deliverer.may_deliver(SOURCE):
        raise NotYourFeed(what="证照")
    if request.args:
        raise Malformed(why=f"不认识参数「{next(iter(request.args))[:20]}」")
    told = json_of(request.get_data(cache=False))
    records = told.get("records") if isinstance(told, dict) and set(told) == {"records"} else None
    most = licence_map().most_pushed
    if not isinstance(records, list) or not 1 <= len(records) <= most:
        raise Malformed(why=f'正文应是 {{"records": [...]}}，1 至 {most} 份')
    verdicts = the_core().licences.feed.take_all(records, "push")
    return {"results": [{"id": v.id, "revision": v.revision, "result": v.result, "reason": v.reason} for v in verdicts]}
