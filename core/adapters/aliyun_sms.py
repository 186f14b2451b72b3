"""Aliyun's SMS service through its own SDK: one message handed over, what became of it, and what each answer means."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from core.adapters.tickets import shown
from core.errors import Malformed
from core.ports import SmsFault, SmsGateway, SmsReport
from core.settings import Settings, Sms, WrongSettings

if TYPE_CHECKING:
    from alibabacloud_dysmsapi20170525.client import Client

OK = "OK"
PAGE, MOST_PAGES = 50, 4
MOST_RECEIPTS = 1000
DELIVERED, FAILED = 3, 2
NEVER: Mapping[str, str] = {
    "isv.BUSINESS_LIMIT_CONTROL": "对这个号码发得太多，被平台流控",
    "isv.MOBILE_NUMBER_ILLEGAL": "手机号不对",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "手机号不对",
    "isv.MOBILE_COUNT_OVER_LIMIT": "号码太多",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板变量不全",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板变量类型不对",
    "isv.INVALID_JSON_PARAM": "模板变量格式不对",
    "isv.PARAM_LENGTH_LIMIT": "模板变量太长",
    "isv.PARAM_NOT_SUPPORT_URL": "模板变量里有网址",
    "isv.BLACK_KEY_CONTROL_LIMIT": "模板变量里有禁用词",
    "isv.SMS_CONTENT_ILLEGAL": "短信内容有禁用词",
    "isv.EXTEND_CODE_ERROR": "扩展码不对",
}
"""Refusals that another try cannot mend (§9.5): the letter is dead and says why."""
MEND: Mapping[str, str] = {
    "isv.DAY_LIMIT_CONTROL": "到了控制台设的日发送限额",
    "isv.MONTH_LIMIT_CONTROL": "到了控制台设的月发送限额",
    "isv.SMS_SIGNATURE_ILLEGAL": "签名不能用",
    "isv.SMS_SIGN_ILLEGAL": "签名不能用",
    "isv.SIGN_STATE_ILLEGAL": "签名不能用",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "签名不能用于通知",
    "isv.SMS_TEMPLATE_ILLEGAL": "模板不能用",
    "isv.AMOUNT_NOT_ENOUGH": "短信账户余额不足",
    "isv.OUT_OF_SERVICE": "短信账户停机",
    "isv.ACCOUNT_NOT_EXISTS": "短信账户不存在",
    "isv.ACCOUNT_ABNORMAL": "短信账户异常",
    "isv.PRODUCT_UN_SUBSCRIPT": "没有开通短信服务",
    "isv.PRODUCT_UNSUBSCRIBE": "没有开通短信服务",
    "isp.RAM_PERMISSION_DENY": "子账号没有短信权限",
    "isv.DENY_IP_RANGE": "本机不在中国内地",
}
"""Refusals an operator mends: the letter waits, and an administrator hears of it."""
BUSY = "isp.SYSTEM_ERROR"
TOO_MANY = 429


class AliyunSms:
    """Speaks to dysmsapi by the unmodified SDK; `client` makes it, once, when the first message leaves."""

    def __init__(self, settings: Sms, client: Callable[[Sms], Client] | None = None) -> None:
        self._settings, self._make = settings, client or build_client
        self._client: Client | None = None

    def send(self, phone: str, template: str, values: Mapping[str, str], out_id: str) -> str:
        """Hand one message over; returns its BizId. Raises SmsFault.

        No try is repeated here: the service knows no idempotence, not even by OutId (§9.7).
        """
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest

        request = SendSmsRequest(
            phone_numbers=phone,
            sign_name=self._settings.sign_name,
            template_code=self._settings.templates[template],
            template_param=json.dumps({name: str(value) for name, value in values.items()}, ensure_ascii=False),
            out_id=out_id,
        )
        body = self._called("send_sms", request)
        if body.code != OK:
            raise _refused(body.code)
        return str(body.biz_id or "")

    def ask(self, phone: str, day: date) -> Sequence[SmsReport]:
        """Everything sent to a number on a day, newest first, two hundred at most. Raises SmsFault."""
        from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest

        found: list[SmsReport] = []
        for page in range(1, MOST_PAGES + 1):
            request = QuerySendDetailsRequest(
                phone_number=phone, send_date=f"{day:%Y%m%d}", page_size=PAGE, current_page=page
            )
            body = self._called("query_send_details", request)
            if body.code != OK:
                raise SmsFault("again", str(body.code), f"短信平台查询失败：{body.code}")
            rows = body.sms_send_detail_dtos.sms_send_detail_dto or [] if body.sms_send_detail_dtos else []
            found += [_report(row) for row in rows if row is not None]
            if len(found) >= _whole(body.total_count) or not rows:
                break
        return found

    def _called(self, name: str, request: Any) -> Any:
        """The body of an answer. Raises SmsFault; never with the texts of the SDK, which hold numbers (§9.4)."""
        from Tea.exceptions import TeaException

        try:
            if self._client is None:
                self._client = self._make(self._settings)
            answer = getattr(self._client, name)(request)
        except TeaException as fault:
            raise _fault(fault) from None
        except Exception as fault:  # what the SDK makes of an answer it cannot read
            raise SmsFault("unknown", type(fault).__name__, "短信平台没有能读的回音") from None
        if answer.body is None or not answer.body.code:
            raise SmsFault("unknown", "", "短信平台没有能读的回音")
        return answer.body


def _refused(code: str) -> SmsFault:
    """A business code: HTTP 200, no exception of the SDK."""
    if code in NEVER:
        return SmsFault("never", code, f"短信没有发出：{NEVER[code]}")
    if code in MEND:
        return SmsFault("again", code, f"短信没有发出：{MEND[code]}", alarm=True)
    if code == BUSY:
        return SmsFault("again", code, "短信平台忙")
    return SmsFault("never", code, f"短信没有发出：平台回 {code[:60]}")


def _fault(fault: Any) -> SmsFault:
    """What an exception of the SDK means (§9.4): 4xx was not accepted, everything else may have been."""
    status, code = getattr(fault, "status_code", None), str(getattr(fault, "code", None) or "")[:60]
    slower = getattr(fault, "retry_after", None) and status and status < 500
    if slower or status == TOO_MANY or code.startswith("Throttling"):
        return SmsFault("throttled", code, "短信平台请慢一点")
    if status and 400 <= status < 500:
        return SmsFault("again", code, f"短信网关拒绝：{code or status}", alarm=True)
    return SmsFault("unknown", code or type(fault).__name__, "短信交出后没有回音")


def _report(row: Any) -> SmsReport:
    delivered = {DELIVERED: True, FAILED: False}.get(_whole(row.send_status))
    return SmsReport(str(row.out_id or ""), "", delivered, str(row.err_code or ""))


def _whole(value: Any) -> int:
    """A number that may come as text; 0 for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def read_receipts(value: Any) -> list[SmsReport]:
    """The receipts of one push (§9.8); a row without its id is left out. Raises Malformed when it is no list."""
    if not isinstance(value, list) or len(value) > MOST_RECEIPTS or not all(isinstance(row, dict) for row in value):
        raise Malformed(why=f"应是回执的列表，最多 {MOST_RECEIPTS} 条")
    return [
        SmsReport(
            out_id=str(row["out_id"])[:64],
            biz_id=str(row.get("biz_id") or "")[:64],
            delivered=bool(row.get("success")),
            code=shown(row.get("err_code") or "", 60),
            parts=_parts(row.get("sms_size")),
            phone=str(row.get("phone_number") or "")[:32],
        )
        for row in value
        if isinstance(row.get("out_id"), str) and isinstance(row.get("success"), bool)
    ]


def _parts(size: Any) -> int:
    text = str(size)
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:4]) < 100 else 0


def build_client(settings: Sms) -> Client:
    """The SDK's client: our time-outs, and no retry of its own, which would send twice (§9.7)."""
    from alibabacloud_dysmsapi20170525.client import Client
    from alibabacloud_tea_openapi.models import Config

    logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it prints every request line, numbers and all
    return Client(
        Config(
            access_key_id=settings.access_key_id,
            access_key_secret=settings.access_key_secret.get_secret_value(),
            endpoint=settings.endpoint,
            protocol=settings.protocol,
            connect_timeout=int(settings.connect_timeout_s * 1000),
            read_timeout=int(settings.read_timeout_s * 1000),
        )
    )


def build_sms(settings: Settings) -> SmsGateway | None:
    """The platform the settings name; None without an endpoint. Raises WrongSettings for what would leak numbers."""
    ours = settings.sms
    if not ours.endpoint:
        return None
    if "://" in ours.endpoint:
        raise WrongSettings("settings at fault: sms.endpoint (host and port only, the scheme is sms.protocol)")
    variable = f"{ours.protocol.upper()}_PROXY"
    if os.environ.get(variable) or os.environ.get(variable.lower()):
        raise WrongSettings(f"{variable} is set: the SMS SDK would send every number through it, NO_PROXY or not")
    if os.environ.get("DEBUG", "").lower() == "sdk":
        raise WrongSettings("DEBUG=sdk makes the SMS SDK print keys and numbers")
    return AliyunSms(ours)
