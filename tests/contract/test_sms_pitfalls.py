"""The pitfalls of wechat-sms.md §9 through the unmodified SDK: what is on the wire, and what each answer means."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, cast

import pytest
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsResponse, QuerySendDetailsResponseBody

from core.adapters.aliyun_sms import AliyunSms, build_client, build_sms, read_receipts
from core.errors import Malformed
from core.ports import SmsFault
from core.settings import Sms, WrongSettings
from core.worktime import SHANGHAI
from tests.sandbox.rig import Sandbox
from tests.town import settings_for

PHONE = "19900000022"
VALUES = {"tail": "000421", "title": "港口路围墙倒塌", "until": "今天 17:30 前"}
READ_S, HELD_S = 4.0, 60
"""How long the client waits for an answer, which a busy machine must manage; how long one is held back, far longer."""


@pytest.fixture
def platform(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.set_faults(clear=True)


def the_settings(sandbox: Sandbox, **changes: Any) -> Sms:
    section = {"endpoint": sandbox.base.removeprefix("http://"), "read_timeout_s": READ_S, **changes}
    return settings_for("sqlite://", sms=section).sms


@pytest.fixture
def gateway(platform: Sandbox) -> AliyunSms:
    return AliyunSms(the_settings(platform))


def send(gateway: AliyunSms, out_id: str = "out-1", **values: str) -> str:
    return gateway.send(PHONE, "joint_raised", {**VALUES, **values}, out_id)


def fault_of(gateway: AliyunSms) -> SmsFault:
    with pytest.raises(SmsFault) as caught:
        send(gateway)
    return caught.value


def frames(sandbox: Sandbox, kind: str = "短信 SendSms") -> list[Any]:
    return list(sandbox.get("frames", kind=kind))


def today() -> Any:
    return datetime.now(SHANGHAI).date()


# --- on the wire ---


def test_every_value_travels_as_text_and_keeps_its_zeros(gateway: AliyunSms, platform: Sandbox) -> None:
    send(gateway, tail="000042")
    (frame,) = frames(platform)
    assert json.loads(frame["body"]["TemplateParam"]) == {**VALUES, "tail": "000042"}
    assert (frame["body"]["SignName"], frame["body"]["TemplateCode"]) == ("秀英联办", "SMS_100000011")
    assert "000042" in platform.get("sms", phone=PHONE)[0]["text"]


def test_what_was_sent_is_found_by_our_own_name_for_it(gateway: AliyunSms, platform: Sandbox) -> None:
    platform.post("sms", receipt_s=0.1)
    for number in range(3):
        send(gateway, f"out-{number}", title=f"第{number}处")
    platform.until(lambda: all(one.delivered for one in gateway.ask(PHONE, today())))
    assert [one.out_id for one in gateway.ask(PHONE, today())] == ["out-2", "out-1", "out-0"]


def test_more_than_a_page_of_one_day_is_read_to_its_end(gateway: AliyunSms, platform: Sandbox) -> None:
    for number in range(53):
        template, more = ("joint_raised", {"unit": "水务局"}) if number < 45 else ("joint_overdue", {"step": "响应"})
        gateway.send(PHONE, template, {**VALUES, **more}, f"out-{number}")
    assert len({one.out_id for one in gateway.ask(PHONE, today())}) == 53


def test_one_client_serves_many_threads(gateway: AliyunSms, platform: Sandbox) -> None:
    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(lambda number: send(gateway, f"out-{number}"), range(48)))
    assert len(set(accepted)) == 48
    assert len(platform.get("sms", phone=PHONE)) == 48


# --- what answers mean (§9.4, §9.5) ---


@pytest.mark.parametrize(
    ("faults", "fate", "alarm"),
    [
        ({"sms_code": "isv.BUSINESS_LIMIT_CONTROL"}, "never", False),
        ({"sms_code": "isv.MOBILE_NUMBER_ILLEGAL"}, "never", False),
        ({"sms_code": "isv.BLACK_KEY_CONTROL_LIMIT"}, "never", False),
        ({"sms_code": "isv.SOMETHING_NEW"}, "never", False),
        ({"sms_code": "isv.AMOUNT_NOT_ENOUGH"}, "again", True),
        ({"sms_code": "isv.SMS_SIGNATURE_ILLEGAL"}, "again", True),
        ({"sms_code": "isv.SMS_TEMPLATE_ILLEGAL"}, "again", True),
        ({"sms_code": "isv.DAY_LIMIT_CONTROL"}, "again", True),
        ({"sms_code": "isp.RAM_PERMISSION_DENY"}, "again", True),
        ({"sms_code": "isp.SYSTEM_ERROR"}, "again", False),
        ({"sms_gateway": {"status": 400, "code": "SignatureDoesNotMatch"}}, "again", True),
        ({"sms_gateway": {"status": 404, "code": "InvalidAccessKeyId.NotFound"}}, "again", True),
        ({"sms_gateway": {"status": 400, "code": "Throttling.User"}}, "throttled", False),
        ({"sms_gateway": {"status": 429, "code": "TooMany", "retry_after": 500}}, "throttled", False),
        ({"sms_gateway": {"status": 429, "code": "TooManyRequests"}}, "throttled", False),
        ({"sms_gateway": {"status": 503, "code": "ServiceUnavailable"}}, "unknown", False),
        ({"sms_gateway": {"status": 500, "code": "InternalError"}}, "unknown", False),
        ({"sms_broken": "html"}, "unknown", False),
        ({"sms_broken": "empty"}, "unknown", False),
        ({"sms_broken": "nothing"}, "unknown", False),
        ({"sms_broken": "reset"}, "unknown", False),
        ({"sms_slow": {"seconds": HELD_S}}, "unknown", False),
        ({"sms_no_answer": {"seconds": HELD_S}}, "unknown", False),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else str(value),
)
def test_each_answer_has_its_fate(
    gateway: AliyunSms, platform: Sandbox, faults: dict[str, Any], fate: str, alarm: bool
) -> None:
    platform.set_faults(**faults)
    fault = fault_of(gateway)
    assert (fault.fate, fault.alarm) == (fate, alarm)


def test_nobody_there_is_unknown_too(platform: Sandbox) -> None:
    assert fault_of(AliyunSms(the_settings(platform, endpoint="127.0.0.1:9"))).fate == "unknown"


def test_the_sdk_repeats_nothing_by_itself(gateway: AliyunSms, platform: Sandbox) -> None:
    platform.set_faults(sms_gateway={"status": 503, "code": "ServiceUnavailable"})
    fault_of(gateway)
    platform.set_faults(sms_gateway=None, sms_no_answer={"seconds": HELD_S})
    fault_of(gateway)
    platform.until(lambda: len(frames(platform)) == 2)
    assert len(platform.get("sms", phone=PHONE)) == 1, "what it gave up waiting for was accepted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "nobody"}, "InvalidAccessKeyId.NotFound"),
        ({"sign_name": "别人的签名"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"templates": {"joint_raised": "SMS_000000000"}}, "isv.SMS_TEMPLATE_ILLEGAL"),
    ],
    ids=["secret", "key", "signature", "template"],
)
def test_a_wrong_account_is_told_apart(platform: Sandbox, changes: dict[str, Any], code: str) -> None:
    fault = fault_of(AliyunSms(the_settings(platform, **changes)))
    assert (fault.code, fault.fate, fault.alarm) == (code, "again", True)


# --- numbers and keys stay out of sight ---


@pytest.mark.parametrize("faults", [{}, {"sms_broken": "reset"}, {"sms_broken": "html"}, {"sms_code": "isv.X"}])
def test_no_fault_and_no_log_names_the_number(
    gateway: AliyunSms,
    platform: Sandbox,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    faults: dict[str, str],
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.set_faults(**faults)
    told = ""
    try:
        send(gateway)
    except SmsFault as fault:
        told = f"{fault} {fault.code} {fault.args} {fault.__cause__} {fault.__suppress_context__}"
    out = capfd.readouterr()
    assert PHONE not in f"{told}{caplog.text}{out.out}{out.err}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTP_PROXY", "http://127.0.0.1:3128"), ("http_proxy", "http://127.0.0.1:3128"), ("DEBUG", "sdk")],
)
def test_what_would_show_numbers_to_others_refuses_the_start(
    platform: Sandbox, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(WrongSettings, match=variable.upper()):
        build_sms(settings_for("sqlite://", platform.base))


def test_an_endpoint_is_host_and_port_only(platform: Sandbox) -> None:
    with pytest.raises(WrongSettings, match=r"sms\.endpoint"):
        build_sms(settings_for("sqlite://", sms={"endpoint": platform.base}))
    assert build_sms(settings_for("sqlite://")) is None, "without an endpoint there are no SMS"


def test_our_time_outs_are_the_clients(platform: Sandbox) -> None:
    client = build_client(the_settings(platform, connect_timeout_s=2.5))
    assert (client._connect_timeout, client._read_timeout) == (2500, 1000 * READ_S)
    assert client._retry_options is None, "a retry of the SDK sends twice"


# --- the account a platform gives of one number and day (§9.3), as another one may spell it ---


class Told:
    """Stands for the SDK's client: every page of the account is this one, read as the SDK reads it."""

    def __init__(self, **body: Any) -> None:
        self.body, self.pages = body, 0

    def query_send_details(self, _request: Any) -> Any:
        self.pages += 1
        return QuerySendDetailsResponse(body=QuerySendDetailsResponseBody().from_map(self.body))


def account(platform: Sandbox, rows: list[Any], total: Any) -> tuple[AliyunSms, Told]:
    told = Told(Code="OK", TotalCount=total, SmsSendDetailDTOs={"SmsSendDetailDTO": rows})
    return AliyunSms(the_settings(platform), lambda _: cast("Any", told)), told


@pytest.mark.parametrize(
    ("status", "delivered"),
    [(3, True), ("3", True), (2, False), ("2", False), (1, None), ("1", None), (None, None), ("DELIVERED", None)],
)
def test_a_status_may_be_a_number_a_text_or_missing(platform: Sandbox, status: Any, delivered: bool | None) -> None:
    gateway, _ = account(platform, [{"OutId": "out-1", "SendStatus": status}], "1")
    (one,) = gateway.ask(PHONE, today())
    assert (one.out_id, one.delivered, one.code) == ("out-1", delivered, "")


@pytest.mark.parametrize(("total", "pages"), [("2", 2), (2, 2), (1, 1), ("", 1), (None, 1), ("many", 1)])
def test_a_total_may_be_a_number_a_text_or_nonsense(platform: Sandbox, total: Any, pages: int) -> None:
    gateway, told = account(platform, [{"SendStatus": 3}], total)
    assert [one.out_id for one in gateway.ask(PHONE, today())] == [""] * pages
    assert told.pages == pages


def test_an_account_without_any_rows_is_an_account(platform: Sandbox) -> None:
    told = Told(Code="OK", TotalCount="0")
    assert AliyunSms(the_settings(platform), lambda _: cast("Any", told)).ask(PHONE, today()) == []


# --- receipts as they are pushed (§9.8) ---

ROW = {
    "phone_number": PHONE, "send_time": "2026-03-09 09:00:00", "report_time": "2026-03-09 09:00:03", "success": True,
    "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "2", "biz_id": "1^0", "out_id": "out-1",
}  # fmt: skip


def test_a_push_is_read_into_our_words() -> None:
    (one,) = read_receipts([ROW])
    assert (one.out_id, one.biz_id, one.delivered, one.code, one.parts, one.phone) == (
        "out-1", "1^0", True, "DELIVERED", 2, PHONE,
    )  # fmt: skip


@pytest.mark.parametrize("change", [{"out_id": None}, {"out_id": 7}, {"success": "true"}, {"success": None}], ids=str)
def test_a_row_that_says_nothing_usable_is_passed_over(change: dict[str, Any]) -> None:
    assert [one.out_id for one in read_receipts([{**ROW, **change}, {**ROW, "out_id": "other"}])] == ["other"]


@pytest.mark.parametrize("size", ["", None, "-1", "x", "１", "9" * 400, {}])
def test_a_size_that_is_none_counts_for_nothing(size: Any) -> None:
    assert read_receipts([{**ROW, "sms_size": size}])[0].parts == 0


@pytest.mark.parametrize("value", [None, {}, "x", [1], [ROW] * 1001], ids=["none", "object", "text", "number", "many"])
def test_what_is_no_list_of_receipts_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        read_receipts(value)
