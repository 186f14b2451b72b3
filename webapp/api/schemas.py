"""What the API takes and gives, field by field: the one declaration behind validation and the OpenAPI file."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, Range, Regexp

from core.worktime import SHANGHAI

MOST_IN_PAGE = 100


class Told(Schema):
    code = String(metadata={"description": "拒绝的类别，例如 TooMany"})
    message = String(metadata={"description": "一句中文说明"})
    request_id = String(metadata={"description": "本次请求的编号"})


class ErrorAnswer(Schema):
    """Every refusal; with status 429 the header Retry-After says for how many seconds to wait."""

    error = Nested(Told)


class Credentials(Schema):
    appid = String(
        required=True,
        validate=Regexp(r"[a-z][a-z0-9_\-]{2,39}\Z"),
        metadata={"description": "客户端编号，小写字母、数字和横线"},
    )
    appsecret = String(
        required=True, validate=Regexp(r"[A-Za-z0-9_\-]{1,100}\Z"), metadata={"description": "客户端密钥，原样填写"}
    )


class Token(Schema):
    access_token = String(metadata={"description": "放在请求头 Authorization: Bearer 里"})
    expires_in = Integer(metadata={"description": "有效秒数"})


class CaseQuery(Schema):
    state = String(validate=Length(1, 20), metadata={"description": "办件状态的代码，例如 handling"})
    channel = String(validate=Length(2, 2), metadata={"description": "问题来源的两位代码，例如 RX"})
    since = AwareDateTime(
        format="iso",
        default_timezone=SHANGHAI,
        metadata={"description": "登记时间不早于，ISO 8601，未写时区按北京时间"},
    )
    until = AwareDateTime(
        format="iso", default_timezone=SHANGHAI, metadata={"description": "登记时间早于，ISO 8601，未写时区按北京时间"}
    )
    page = Integer(load_default=1, validate=Range(1, 100_000), metadata={"description": "第几页，从 1 起"})
    size = Integer(
        load_default=20, validate=Range(1, MOST_IN_PAGE), metadata={"description": f"每页条数，1 至 {MOST_IN_PAGE}"}
    )


class CaseRow(Schema):
    no = String()
    title = String()
    state = String()
    state_title = String()
    channel = String()
    channel_title = String()
    urgency = String()
    place = String()
    lead = String(metadata={"description": "主办单位，未派发时为空"})
    registered_at = DateTime()
    due_at = DateTime(allow_none=True)
    overdue = Boolean()


class CasePage(Schema):
    items = List(Nested(CaseRow))
    total = Integer(metadata={"description": "件数，办完的最多数到 1000"})
    said = String(metadata={"description": "件数的说法，与卡片和页面一致，超过 999 件写作 999+"})
    page = Integer()
    pages = Integer()


class Leg(Schema):
    unit = String()
    part = String(metadata={"description": "主办、协办或下级"})
    state = String()
    state_title = String()
    due_at = DateTime()
    overdue = Boolean()
    result = String()


class Line(Schema):
    id = Integer()
    at = DateTime()
    name = String(metadata={"description": "事件名，例如 case_leg.signed"})
    what = String()
    who = String()
    text = String()
    source = String()


class CaseDetail(CaseRow):
    outside_no = String()
    content = String()
    type_title = String()
    class_title = String()
    urgency_title = String()
    town = String()
    caller = String(metadata={"description": "已遮挡"})
    phone = String(metadata={"description": "已遮挡"})
    address = String(metadata={"description": "已遮挡"})
    result = String()
    ended = Boolean()
    marks = List(String())
    legs = List(Nested(Leg))
    timeline = List(Nested(Line))
    calls = List(String())
    revisions = List(String())


class DataItem(Schema):
    name = String(metadata={"description": "数据项的代码"})
    title = String(metadata={"description": "中文名"})
    meaning = String(metadata={"description": "意思，名称已说清的为空"})
    kind = String(metadata={"description": "文字、整数、小数、是否、日期、时间、结构或文件"})
    required = Boolean(metadata={"description": "是否必有"})
    personal = String(metadata={"description": "个人信息的类别：敏感、一般、标识、文本；不是个人信息的为空"})
    masked = String(metadata={"description": "怎样遮挡"})
    upward = String(metadata={"description": "怎样交给省平台，不在推送之内的为空"})


class DataResource(Schema):
    name = String(metadata={"description": "数据资源的代码"})
    title = String(metadata={"description": "中文名"})
    meaning = String(metadata={"description": "意思"})
    cycle = String(metadata={"description": "更新周期"})
    share = String(metadata={"description": "无条件共享、有条件共享或不予共享"})
    by = String(metadata={"description": "谁可以批准共享"})
    ways = List(String(), metadata={"description": "怎样取得：接口、省平台推送"})
    personal = Boolean(metadata={"description": "是否含个人信息"})
    items = List(Nested(DataItem))


class Catalogue(Schema):
    resources = List(Nested(DataResource))
