"""The door for other systems' data: rows of one dataset pushed, the good ones taken, the others told one by one."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, Float, Integer, List, Nested, String
from flask import g, request

from core.errors import Malformed, Refusal
from core.feeds.taking import Taken
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from webapp.api import REFUSED, admit
from webapp.auth import MACHINE, audience
from webapp.bodies import json_of, unpacked
from webapp.context import the_core

feeds_api = APIBlueprint("feeds_api", __name__, url_prefix="/api/v1/feeds", tag="数据接入")
feeds_api.before_request(admit)

ABOUT = (
    '正文是 {"delivery": "本次推送的编号", "at": "数据生成的时刻", "rows": [{"列名": 值}]}，最多 5000 行、4 MB。'
    "正文可以用 gzip 压缩，4 MB 按解开后算。"
    "delivery 和 at 可以不写。同一编号重复推送得到同样的答复；编号相同而内容不同的拒收。"
    "同一主键的行以 at 较晚的为准，先后到达的次序没有影响。"
    "合格的行收下，不合格的行逐行说明原因，留待查看；没有登记的列不收，也不影响其他列。"
)


class NotYourFeed(Refusal):
    text = "这个客户端不能推送「{what}」，请联系平台管理员。"
    status = 403


class TooHeavy(Refusal):
    text = "正文超过 {limit} MB，请分几次推送。"
    status = 413


class RefusedRow(Schema):
    row = Integer(metadata={"description": "第几行，从 1 起"})
    why = String(metadata={"description": "不收的原因"})


class DeliveryAnswer(Schema):
    id = Integer(metadata={"description": "接收记录的编号"})
    rows = Integer(metadata={"description": "行数"})
    fresh = Integer(metadata={"description": "新增"})
    replaced = Integer(metadata={"description": "更新"})
    known = Integer(metadata={"description": "已有，或比已有的旧"})
    refused = Integer(metadata={"description": "不收"})
    repeated = Boolean(metadata={"description": "以前收过这次推送，什么也没有改变"})
    faults = List(Nested(RefusedRow), metadata={"description": "不收的行，最多列出 100 行"})
    strange = List(String(), metadata={"description": "没有登记的列，其内容没有收下"})


class FeedColumn(Schema):
    name = String(metadata={"description": "列名"})
    title = String(metadata={"description": "中文名"})
    type = String(metadata={"description": "time 时间、text 文字、number 数、choice 选项、town 镇街"})
    unit = String(metadata={"description": "单位"})
    required = Boolean(metadata={"description": "是否必有"})
    least = Float(allow_none=True, metadata={"description": "最小"})
    most = Float(allow_none=True, metadata={"description": "最大；文字是最多几字"})
    choices = List(String(), metadata={"description": "可以填的"})


class FeedShape(Schema):
    title = String(metadata={"description": "数据集"})
    every = Integer(metadata={"description": "预期多少秒推送一次"})
    keep = Integer(metadata={"description": "保存多少天"})
    key = List(String(), metadata={"description": "主键"})
    time = String(metadata={"description": "时间列"})
    columns = List(Nested(FeedColumn))


@feeds_api.post("/<topic>/<dataset>")
@feeds_api.output(DeliveryAnswer)
@feeds_api.doc(
    summary="推送一个数据集的若干行",
    description=ABOUT,
    security="bearer",
    responses={
        **REFUSED,
        400: "正文不是所说的样子",
        403: "不能推送这个数据集",
        404: "没有这个数据集",
        409: "编号相同而内容不同",
        413: "太大",
    },
)
@audience(MACHINE)
def push_rows(topic: str, dataset: str) -> dict[str, Any]:
    found = _mine(topic, dataset)
    limit = feed_rules().most_bytes
    if (request.content_length or 0) > limit:
        raise TooHeavy(limit=limit // 1024 // 1024)
    request.max_content_length = limit
    body = request.get_data(cache=False)
    core, appid = the_core(), g.deliverer.appid
    demo = appid in core.settings.feeds.demo_clients
    try:
        body = unpacked(body, request.headers.get("Content-Encoding", ""), limit)
        if len(body) > limit:
            raise TooHeavy(limit=limit // 1024 // 1024)
        return _answer(core.feeds.push(found, json_of(body), appid, len(body), demo))
    except Malformed as refusal:
        core.feeds.turned_away(found, appid, str(refusal), len(body), demo)
        raise


@feeds_api.get("/<topic>/<dataset>")
@feeds_api.output(FeedShape)
@feeds_api.doc(
    summary="一个数据集要哪些列",
    security="bearer",
    responses={**REFUSED, 403: "不能推送这个数据集", 404: "没有这个数据集"},
)
@audience(MACHINE)
def show_shape(topic: str, dataset: str) -> dict[str, Any]:
    found = _mine(topic, dataset)
    columns = [
        {"name": name, "title": one.title, "type": one.type, "unit": one.unit, "required": one.required,
         "least": one.least, "most": one.most, "choices": list(one.choices)}
        for name, one in found.columns.items()
    ]  # fmt: skip
    return {
        "title": found.title, "every": found.every, "keep": found.keep, "key": list(found.key), "time": found.time,
        "columns": columns,
    }  # fmt: skip


def _mine(topic: str, name: str) -> Dataset:
    """The dataset, if this client may deliver it. Raises Unknown, NotYourFeed, Malformed."""
    if request.args:
        raise Malformed(why=f"不认识参数「{next(iter(request.args))[:20]}」")
    found = the_core().feeds.dataset(topic, name)
    if not g.deliverer.may_deliver(found.full):
        raise NotYourFeed(what=found.title)
    return found


def _answer(taken: Taken) -> dict[str, Any]:
    counts = ("id", "rows", "fresh", "replaced", "known", "refused", "repeated")
    faults = [{"row": one.row, "why": one.why} for one in taken.faults[: feed_rules().refused_shown]]
    return {**{name: getattr(taken, name) for name in counts}, "faults": faults, "strange": list(taken.strange)}
