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
    Switch("unpublished", "机器人未发布", "消息里没有发送人的工号", True),
    Switch("duplicate", "消息重复到达", "一部分消息会送两遍或更多", {"share": 0.2, "copies": 2}),
    Switch("drop", "消息丢失", "一部分消息不会送到", {"share": 0.1}),
    Switch("reorder", "消息乱序", "一部分消息晚一点送，后面的先到", {"share": 0.5, "seconds": 0.3}),
    Switch("ignore_ack", "应答被忽略后重发", "当作没收到应答，过一会儿再送一次", {"share": 1, "seconds": 60}),
    Switch("redeliver", "没有应答就重发", "一直没有应答的消息，过一会儿再送", {"seconds": 60}),
    Switch("refuse_open", "网关拒绝", "申请连接时回一个错误状态", {"status": 503}),
    Switch("refuse_handshake", "长连接握手被拒", "拿到地址也连不上", {"status": 400}),
    Switch("freeze", "长连接僵住", "连接还在，但什么都不发不收", True),
    Switch("plain_select", "选择框只带值", "表单里的选择框只带值，不带序号", True),
    Switch("disconnect", "通知断开", "请程序换一条连接，十秒后断开", True, moment=True),
    Switch("close", "关闭长连接", "按选定的关闭码断开所有连接", 1011, moment=True),
    Switch("reset", "强行切断连接", "像拔网线一样断开", True, moment=True),
    Switch("oversize", "超大消息", "送一条超过 1 MB 的消息", True, moment=True),
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
        "reorder": "share", "latency": "seconds", "ignore_ack": "seconds", "redeliver": "seconds",
        "http": "status", "refuse_open": "status", "refuse_handshake": "status",
    }.get(name)  # fmt: skip
    if short:
        return {short: value}
    if name in ("black_hole", "lost_answer", "html", "empty", "truncated"):
        return {"prefix": str(value)}
    return value
