"""A stand-in for Aliyun's SMS service: signatures, templates, what a message must be, flow control, who got what."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .clock import SHANGHAI, Clock
from .wire import ControlError, Json, new_id

PHONE = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")
MOST_NUMBERS, MOST_OUT_ID, MOST_VARIABLE = 1000, 255, 35
DAY = timedelta(days=1)
CODE_FLOW = ((timedelta(minutes=1), 1, "分钟级"), (timedelta(hours=1), 5, "小时级"), (DAY, 10, "天级"))
"""Verification codes: per signature and number (wechat-sms.md §9.6)."""
NOTICE_A_DAY = 50
"""Notices: per signature, template and number in rolling 24 hours."""
LINK, FORBIDDEN = re.compile(r"https?://|www\.", re.I), ("拒收请回复", "【", "】")
WAITING, FAILED, DELIVERED = 1, 2, 3


class Refused(Exception):
    """A business refusal: HTTP 200 with a code that is not OK (§9.5)."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message or code


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template. `kind` is notice or code."""

    code: str
    text: str
    kind: str = "notice"

    @property
    def variables(self) -> list[str]:
        return re.findall(r"\$\{(\w+)\}", self.text)


@dataclass(slots=True)
class Text:
    """One message to one number, as the service keeps it and as the phone shows it."""

    biz_id: str
    out_id: str
    phone: str
    sign: str
    template: str
    text: str
    at: str  # business time, as phones show it
    sent_s: float  # real time: days of QuerySendDetails and the delay of receipts follow it
    kind: str = "notice"
    status: int = WAITING
    err_code: str = ""
    reported_s: float | None = None

    @property
    def parts(self) -> int:
        """Messages it costs: 70 characters in one, else 67 in each."""
        return parts_of(f"【{self.sign}】{self.text}")


def parts_of(text: str) -> int:
    return 1 if len(text) <= 70 else -(-len(text) // 67)


def stamp(seconds: float | None) -> str:
    """Shanghai time as the service writes it; empty for none."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, SHANGHAI):%Y-%m-%d %H:%M:%S}"


@dataclass(slots=True)
class Sms:
    """The whole service. `clock` moves flow control; receipts come `receipt_s` real seconds after acceptance."""

    clock: Clock
    keys: Mapping[str, str] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)  # name → 通用 (general) or 验证码 (code)
    templates: dict[str, Template] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    balance: int = 30_000
    day_limit: int = 0
    receipt_url: str = ""
    receipt_s: float = 1.0
    home: str = ""  # where receipts are pushed unless a test says otherwise

    def send(self, asked: Mapping[str, str]) -> tuple[str, list[Text]]:
        """SendSms: BizId and the messages accepted. Raises Refused."""
        phones = [self._phone(one) for one in asked["PhoneNumbers"].split(",")]
        if len(phones) > MOST_NUMBERS:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
        if len(asked.get("OutId", "")) > MOST_OUT_ID:
            raise Refused("isv.PARAM_LENGTH_LIMIT", "OutId 过长")
        template = self._template(asked["TemplateCode"])
        sign = self._signature(asked["SignName"], template)
        text = self._filled(template, asked.get("TemplateParam", ""))
        for phone in phones:
            self._within_flow(sign, template, phone)
        cost = parts_of(f"【{sign}】{text}") * len(phones)
        if cost > self.balance:
            raise Refused("isv.AMOUNT_NOT_ENOUGH", "账户余额不足")
        self.balance -= cost
        biz_id = f"{time.time_ns()}{len(self.texts) % 10}^0"
        at, now = self.clock.iso(), time.time()
        fresh = [
            Text(biz_id, asked.get("OutId", ""), phone, sign, template.code, text, at, now, template.kind)
            for phone in phones
        ]
        self.texts += fresh
        return biz_id, fresh

    def details(self, asked: Mapping[str, str]) -> Json:
        """QuerySendDetails: what was sent to one number on one day, a page of it. Raises Refused."""
        phone, day = self._phone(asked["PhoneNumber"]), asked["SendDate"]
        try:
            size, page = int(asked["PageSize"]), int(asked["CurrentPage"])
        except ValueError:
            raise Refused("isv.INVALID_PARAMETERS", "分页参数错误") from None
        if not re.fullmatch(r"\d{8}", day) or not 1 <= size <= 50 or page < 1:
            raise Refused("isv.INVALID_PARAMETERS", "参数错误")
        found = [
            one
            for one in reversed(self.texts)
            if one.phone == phone and stamp(one.sent_s)[:10].replace("-", "") == day
            if asked.get("BizId", one.biz_id) == one.biz_id
        ]
        rows = [
            {
                "PhoneNum": one.phone, "SendStatus": one.status, "ErrCode": one.err_code, "TemplateCode": one.template,
                "Content": f"【{one.sign}】{one.text}", "SendDate": stamp(one.sent_s), "OutId": one.out_id,
                "ReceiveDate": stamp(one.reported_s),
            }
            for one in found[(page - 1) * size : page * size]
        ]  # fmt: skip
        return {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}

    def inbox(self, phone: str) -> list[Json]:
        """What a phone has received, oldest first; what failed on its way is not on it."""
        return [
            {"id": f"{one.biz_id}:{one.phone}", "at": one.at, "text": f"【{one.sign}】{one.text}", "parts": one.parts}
            for one in self.texts
            if one.phone == phone and one.status != FAILED
        ]

    def settle(self, one: Text, err_code: str) -> None:
        """The carrier's word on a message: DELIVERED, or why not. What failed costs nothing (§9.5)."""
        one.status = DELIVERED if err_code == "DELIVERED" else FAILED
        one.err_code, one.reported_s = err_code, time.time()
        if one.status == FAILED:
            self.balance += one.parts

    def receipt(self, one: Text) -> Json:
        """A receipt as it is pushed (§9.8)."""
        return {
            "phone_number": one.phone, "send_time": stamp(one.sent_s), "report_time": stamp(one.reported_s),
            "success": one.status == DELIVERED, "err_code": one.err_code,
            "err_msg": "用户接收成功" if one.status == DELIVERED else "接收失败", "sms_size": str(one.parts),
            "biz_id": one.biz_id, "out_id": one.out_id,
        }  # fmt: skip

    def _phone(self, given: str) -> str:
        found = PHONE.fullmatch(given.strip())
        if found is None:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
        return found[1]

    def _template(self, code: str) -> Template:
        if code not in self.templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "模版不合法：不存在或没有审核通过")
        return self.templates[code]

    def _signature(self, name: str, template: Template) -> str:
        kind = self.signatures.get(name)
        if kind is None:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "签名不合法：不存在或没有审核通过")
        if kind == "验证码" and template.kind != "code":
            raise Refused("isv.SMS_SIGNATURE_SCENE_ILLEGAL", "验证码签名不能用于通知")
        return name

    @staticmethod
    def _filled(template: Template, param: str) -> str:
        """The text with its variables; strict as the service is. Raises Refused."""
        values: Any = {}
        if param:
            try:
                values = json.loads(param)
            except ValueError:
                values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，应为 JSON，值均为字符串")
        if missing := [name for name in template.variables if not values.get(name)]:
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", f"模版缺少变量 {'、'.join(missing)}")
        for name in template.variables:
            _checked(template, values[name])
        return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], template.text)

    def _within_flow(self, sign: str, template: Template, phone: str) -> None:
        """The rolling windows of §9.6; what was accepted counts, whatever became of it. Raises Refused."""
        now = self.clock.now()
        mine = [one for one in self.texts if one.phone == phone and one.sign == sign and one.kind == template.kind]
        if template.kind == "code":
            for span, most, name in CODE_FLOW:
                if _since(mine, now - span) >= most:
                    raise Refused("isv.BUSINESS_LIMIT_CONTROL", f"触发{name}流控Permits:{most}")
        elif _since([one for one in mine if one.template == template.code], now - DAY) >= NOTICE_A_DAY:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", f"触发天级流控Permits:{NOTICE_A_DAY}")
        if self.day_limit and _since(self.texts, now - DAY) >= self.day_limit:
            raise Refused("isv.DAY_LIMIT_CONTROL", "触发日发送限额")

    # --- the practice ground ---

    def approve(self, row: Json) -> Json:
        """Add an approved template `{code, text, kind?}`. Raises ControlError."""
        if not row.get("code") or not row.get("text"):
            raise ControlError("模板要有 code 和 text")
        one = Template(str(row["code"]), str(row["text"]), str(row.get("kind") or "notice"))
        self.templates[one.code] = one
        return asdict(one)

    def dump(self) -> list[Json]:
        """Plain rows for the state file."""
        return [asdict(one) for one in self.texts]

    def load(self, rows: list[Json]) -> None:
        self.texts = [Text(**row) for row in rows]

    def reset(self) -> None:
        """Forget messages and what tests changed; keys, signatures and templates stay."""
        self.texts, self.balance, self.day_limit = [], 30_000, 0
        self.receipt_url, self.receipt_s = self.home, 1.0


def _checked(template: Template, value: str) -> None:
    if len(value) > MOST_VARIABLE:
        raise Refused("isv.PARAM_LENGTH_LIMIT", "变量过长")
    if LINK.search(value):
        raise Refused("isv.PARAM_NOT_SUPPORT_URL", "变量不支持网址")
    if any(word in value for word in FORBIDDEN):
        raise Refused("isv.BLACK_KEY_CONTROL_LIMIT", "变量含有不允许的字词")
    if template.kind == "code" and not re.fullmatch(r"[0-9A-Za-z]{4,6}", value):
        raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", "验证码应为四到六位数字或字母")


def _since(texts: list[Text], start: datetime) -> int:
    return sum(1 for one in texts if datetime.fromisoformat(one.at) > start)


def request_id() -> str:
    """An id like the service's."""
    return new_id("").upper()
