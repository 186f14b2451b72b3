"""The fault switches: what goes wrong on purpose, set by tests or on the page, one word each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .wire import ControlError, Json


@dataclass(frozen=True, slots=True)
class Switch:
    """A fault that can be set: its name, what the page calls and says of it, and an example value.

    `moment` faults happen once, now; the others stay until they are cleared.
    """

    name: str
    title: str
    hint: str
    example: Any
    moment: bool = False


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "http",
        "接口报错",
        "按前缀选接口，回一个错误状态和内容",
        {"prefix": "/v1.0/card", "status": 500, "body": {"code": "system.busy", "message": "系统繁忙"}},
    ),
    Switch("latency", "接口变慢", "先等几秒再处理", {"prefix": "/", "seconds": 3}),
    Switch("black_hole", "接口没有回音", "收下请求，一直不回", {"prefix": "/v1.0/card"}),
    Switch("lost_answer", "做了但回音丢失", "已经办成，但连接断在回音之前", {"prefix": "/v1.0/card"}),
    Switch("html", "回了网页", "状态 200，内容却是网页", {"prefix": "/v1.0/card"}),
    Switch("empty", "回了空内容", "状态 200，内容是空的", {"prefix": "/v1.0/card"}),
    Switch("truncated", "回音被截断", "状态 200，内容只有前一半", {"prefix": "/v1.0/card"}),
    Switch("deliver_fail", "卡片投放失败", "接口成功，但每个投放结果都失败", True),
    Switch("template_missing", "卡片模板不存在", "建卡片时说模板不存在", True),
    Switch("content_unsafe", "卡片内容不放行", "含有这些词的卡片，新建和更新都按内容不安全拒绝", ["积水"]),
    Switch("unpublished", "机器人未发布", "消息里没有发送人的工号", True),
    Switch("duplicate", "消息重复到达", "一部分消息会送两遍或更多", {"share": 0.2, "copies": 2}),
    Switch("drop", "消息丢失", "一部分消息不会送到", {"share": 0.1}),
    Switch("reorder", "消息乱序", "一部分消息晚一点送，后面的先到", {"share": 0.5, "seconds": 0.3}),
    Switch("ignore_ack", "应答被忽略后重发", "当作没收到应答，过一会儿再送一次", {"share": 1, "seconds": 60}),
    Switch("redeliver", "没有应答就重发", "一直没有应答的消息，过一会儿再送", {"seconds": 60}),
    Switch("refuse_open", "网关拒绝", "申请连接时回一个错误状态", {"status": 503}),
    Switch("refuse_handshake", "长连接握手被拒", "拿到地址也连不上", {"status": 400}),
    Switch("patient", "应答不限两秒", "点击和消息的应答晚到也算数", {"seconds": 30}),
    Switch("freeze", "长连接僵住", "连接还在，但什么都不发不收", True),
    Switch("plain_select", "选择框只带值", "表单里的选择框只带值，不带序号", True),
    Switch("flow_controlled", "群发被限流的人", "机器人消息先不送给这些人，应答里列出来", ["xy023"]),
    Switch("filtered", "群发被过滤的人", "机器人消息不送给这些人，应答里列出来", ["xy023"]),
    Switch("form_id", "表单只报自己", "提交表单时组件编号只有 form，不报是哪个按钮", True),
    Switch("loose_types", "编号和内容换类型", "全是数字的编号按数字送，点击内容送对象而不是字符串", True),
    Switch("odd_frames", "帧换写法", "帧里的时间不是数字，内容是对象而不是字符串", True),
    Switch("sms_code", "短信被拒", "短信平台按业务码拒绝", "isv.AMOUNT_NOT_ENOUGH"),
    Switch("sms_gateway", "短信网关报错", "还没到短信平台就被网关挡下", {"status": 503, "code": "ServiceUnavailable"}),
    Switch("sms_slow", "短信变慢", "先等几秒再受理", {"seconds": 3}),
    Switch("sms_no_answer", "短信受理后没有回音", "已经受理，但一直不回", {"seconds": 30}),
    Switch("sms_broken", "短信回音坏了", "reset 断线 · html 网页 · empty 空 · nothing 空对象", "html"),
    Switch("sms_fail", "短信送不到手机", "运营商回执为失败码", "MOBILE_NOT_ON_SERVICE"),
    Switch("sms_late", "短信回执晚到", "多等几秒才有回执", {"seconds": 30}),
    Switch("sms_twice", "短信回执重复推送", "同一回执推两次", {"copies": 2}),
    Switch("sms_lost", "短信回执丢失", "不推送回执，只能去查", True),
    Switch("codes_refused", "海政通不认登录码", "换令牌时说没有这个登录码", True),
    Switch("userinfo_other", "海政通答了别人", "令牌是一个人的，用户信息却是另一个人的", True),
    Switch("disconnect", "通知断开", "请程序换一条连接，十秒后断开", True, moment=True),
    Switch("close", "关闭长连接", "按选定的关闭码断开所有连接", 1011, moment=True),
    Switch("reset", "强行切断连接", "像拔网线一样断开", True, moment=True),
    Switch("oversize", "超大消息", "送一条超过 1 MB 的消息", True, moment=True),
    Switch("login_codes_old", "登录码过期", "让还没用的登录码立刻过期", True, moment=True),
    Switch("token_revoked", "令牌作废", "让现在的访问令牌立刻失效", True, moment=True),
)
_BY_NAME = {switch.name: switch for switch in SWITCHES}


class Faults:
    """The switches that are on, asked by everyone who sends or answers."""

    def __init__(self, seed: int = 7) -> None:
        self._on: dict[str, Any] = {}
        self._dice = random.Random(seed)

    def set(self, name: str, value: Any) -> None:
        """Turn one switch on (a value), or off (null, false, 0).

        Raises:
            ControlError: no such switch.
        """
        if name not in _BY_NAME:
            raise ControlError(f"没有「{name}」这个开关")
        if not value:
            self._on.pop(name, None)
        elif value is True and isinstance(_BY_NAME[name].example, dict):
            self._on[name] = _BY_NAME[name].example
        else:
            self._on[name] = _settled(name, value)

    def clear(self) -> None:
        """Turn everything off."""
        self._on.clear()

    def on(self, name: str) -> Any:
        """The value of a switch, or None."""
        return self._on.get(name)

    def part(self, name: str, key: str, default: Any = None) -> Any:
        """One key of a switch's value, or the default when it is off or says nothing about it."""
        value = self._on.get(name)
        return value.get(key, default) if isinstance(value, dict) else default

    def hits(self, name: str, path: str, method: str = "") -> bool:
        """Does this path-prefix fault concern this call? Without a prefix it concerns every call."""
        value = self._on.get(name)
        if value is None:
            return False
        prefix = str(value.get("prefix", "/"))
        wanted = str(value.get("method", method))
        return path.startswith(prefix) and wanted == method

    def falls(self, name: str) -> bool:
        """Throw the dice of a fault with a share."""
        return name in self._on and self._dice.random() < float(self.part(name, "share", 1))

    def delay(self) -> float:
        """Seconds by which this frame is held back so that a later one overtakes it."""
        return self._dice.uniform(0, float(self.part("reorder", "seconds", 0.3))) if self.falls("reorder") else 0.0

    def to_json(self) -> Json:
        """Every switch with its Chinese title and its value now."""
        rows = [
            {"name": s.name, "title": s.title, "hint": s.hint, "example": s.example, "moment": s.moment,
             "value": self._on.get(s.name)}
            for s in SWITCHES
        ]  # fmt: skip
        return {"on": dict(self._on), "switches": rows}


def _settled(name: str, value: Any) -> Any:
    """Short forms made long: a number of copies, a share, seconds, a status or a prefix."""
    if isinstance(value, dict):
        return value
    short = {
        "duplicate": "copies" if isinstance(value, int) and value > 1 else "share", "drop": "share",
        "reorder": "share", "latency": "seconds", "ignore_ack": "seconds", "redeliver": "seconds", "patient": "seconds",
        "sms_slow": "seconds", "sms_no_answer": "seconds", "sms_late": "seconds", "sms_twice": "copies",
        "http": "status", "refuse_open": "status", "refuse_handshake": "status",
    }.get(name)  # fmt: skip
    if short:
        return {short: value}
    if name in ("black_hole", "lost_answer", "html", "empty", "truncated"):
        return {"prefix": str(value)}
    return value
