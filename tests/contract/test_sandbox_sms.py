"""The sandbox's SMS service as strict as the real one: signature, fields, flow control, limits, receipts pushed."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.acs3 import NAME, canonical, signed
from tests.sandbox.clock import Clock
from tests.sandbox.rig import Sandbox
from tests.sandbox.sms import Refused
from tests.sandbox.sms_town import approved

PHONE = "19900000022"
ASKED = {
    "PhoneNumbers": PHONE, "SignName": "秀英联办", "TemplateCode": "SMS_100000011", "OutId": "o1",
    "TemplateParam": json.dumps({"tail": "000421", "title": "积水", "until": "今天 17:30 前"}),
}  # fmt: skip


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.post("clock", reset=True)
    sandbox.set_faults(clear=True)


def call(service: Sandbox, action: str = "SendSms", asked: dict[str, str] | None = None, **wrong: Any) -> Any:
    """One signed call; `wrong` replaces date, nonce, secret, key, version, the query sent, or its age (`ago`)."""
    query = urlencode(ASKED if asked is None else asked)
    digest = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": service.base.removeprefix("http://"), "x-acs-action": action,
        "x-acs-version": wrong.get("version", "2017-05-25"), "x-acs-content-sha256": digest,
        "x-acs-date": wrong.get("date", f"{datetime.now(UTC) - wrong.get('ago', timedelta()):%Y-%m-%dT%H:%M:%SZ}"),
        "x-acs-signature-nonce": wrong.get("nonce", secrets.token_hex(16)),
    }  # fmt: skip
    names = ";".join(sorted(headers))
    signature = signed(wrong.get("secret", "practice"), canonical("POST", "/", query, names, headers, digest))
    key = wrong.get("key", "practice")
    headers["Authorization"] = f"{NAME} Credential={key},SignedHeaders={names},Signature={signature}"
    answer = service.http.post(f"/?{wrong.get('sent', query)}", headers={**headers, **wrong.get("headers", {})})
    return answer.status_code, answer.json()["Code"]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({}, 200, "OK"),
        ({"ago": timedelta(minutes=14)}, 200, "OK"),
        ({"ago": timedelta(minutes=16)}, 400, "InvalidTimeStamp.Expired"),
        ({"ago": timedelta(minutes=-16)}, 400, "InvalidTimeStamp.Expired"),
        ({"date": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"secret": "other"}, 400, "SignatureDoesNotMatch"),
        ({"key": "other"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"sent": urlencode({**ASKED, "PhoneNumbers": "19900000023"})}, 400, "SignatureDoesNotMatch"),
        ({"headers": {"Authorization": "Bearer x"}}, 400, "MissingAuthorization"),
        ({"headers": {"x-acs-action": "QuerySendDetails"}}, 400, "SignatureDoesNotMatch"),
        ({"version": "2016-01-01"}, 404, "InvalidAction.NotFound"),
    ],
    ids=["good", "14 min", "16 min", "ahead", "format", "secret", "key", "tampered", "none", "action", "version"],
)
def test_the_gateway_lets_only_a_true_signature_in(service: Sandbox, wrong: Any, status: int, code: str) -> None:
    assert call(service, **wrong) == (status, code)
    assert len(service.get("sms", phone=PHONE)) == (code == "OK")


def test_a_nonce_counts_once(service: Sandbox) -> None:
    assert [call(service, nonce="n1"), call(service, nonce="n1")] == [(200, "OK"), (400, "SignatureNonceUsed")]


def test_the_published_example_of_the_signature_is_met() -> None:
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }  # fmt: skip
    text = canonical("POST", "/", query, ";".join(sorted(headers)), headers, headers["x-acs-content-sha256"])
    assert signed("YourAccessKeySecret", text) == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": f"+86{PHONE}"}, "OK"),
        ({"SignName": "【秀英联办】"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": ""}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": '{"tail": 421, "title": "x", "until": "y"}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "tail=000421"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": json.dumps(dict.fromkeys(("tail", "title", "until"), "长" * 36))}, "isv.PARAM_LENGTH_LIMIT"),
        (
            {"TemplateParam": json.dumps(dict.fromkeys(("tail", "title", "until"), "https://x.cn"))},
            "isv.PARAM_NOT_SUPPORT_URL",
        ),
        (
            {"TemplateParam": json.dumps(dict.fromkeys(("tail", "title", "until"), "【x】"))},
            "isv.BLACK_KEY_CONTROL_LIMIT",
        ),
        ({"OutId": "o" * 256}, "isv.PARAM_LENGTH_LIMIT"),
    ],
)
def test_a_message_is_checked_as_strictly_as_there(service: Sandbox, change: dict[str, str], code: str) -> None:
    assert call(service, asked={**ASKED, **change}) == (200, code)


def test_a_thousand_numbers_are_the_most_of_one_call() -> None:
    with pytest.raises(Refused) as caught:
        approved(Clock()).send({**ASKED, "PhoneNumbers": ",".join([PHONE] * 1001)})
    assert caught.value.code == "isv.MOBILE_COUNT_OVER_LIMIT"


def test_a_field_that_is_missing_is_named_by_the_gateway(service: Sandbox) -> None:
    asked = {name: value for name, value in ASKED.items() if name != "SignName"}
    assert call(service, asked=asked) == (400, "MissingSignName")


def test_a_dict_flattened_by_a_careless_caller_brings_no_variables(service: Sandbox) -> None:
    asked = {name: value for name, value in ASKED.items() if name != "TemplateParam"}
    assert call(service, asked={**asked, "TemplateParam.tail": "000421"}) == (200, "isv.TEMPLATE_MISSING_PARAMETERS")


def test_codes_flow_one_a_minute_five_an_hour_ten_a_day(service: Sandbox) -> None:
    service.post("clock", stop=True)
    service.post("sms", template={"code": "SMS_9", "text": "验证码${code}，5分钟内有效。", "kind": "code"})
    asked = {**ASKED, "TemplateCode": "SMS_9", "TemplateParam": '{"code": "012345"}'}
    told = []
    for minutes in (0, 0, 2, 2, 2, 2, 2, 61, 2, 2, 2, 2, 61, 1441):
        service.post("clock", advance_s=minutes * 60)
        told.append(call(service, asked=asked)[1] == "OK")
    assert told == [True, False, True, True, True, True, False, True, True, True, True, True, False, True]
    assert call(service, asked={**asked, "TemplateParam": '{"code": "12345678"}'})[1] == "isv.TEMPLATE_PARAMS_ILLEGAL"


def test_notices_flow_fifty_in_a_rolling_day(service: Sandbox) -> None:
    assert {call(service)[1] for _ in range(50)} == {"OK"}
    assert call(service) == (200, "isv.BUSINESS_LIMIT_CONTROL")
    assert call(service, asked={**ASKED, "PhoneNumbers": "19900000023"}) == (200, "OK")
    service.post("clock", advance_s=86_401)
    assert call(service) == (200, "OK")


def test_money_and_the_day_limit_run_out(service: Sandbox) -> None:
    service.post("sms", balance=1)
    assert [call(service)[1] for _ in range(2)] == ["OK", "isv.AMOUNT_NOT_ENOUGH"]
    service.post("sms", balance=100, day_limit=1)
    assert call(service) == (200, "isv.DAY_LIMIT_CONTROL")


class Receiver:
    """Our receipt URL: keeps what is pushed, refuses as often as told."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refusals = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.got.append(body)
                outer.refusals -= 1
                self.send_response(500 if outer.refusals >= 0 else 200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/receipts"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_receipt_is_pushed_as_a_list_and_again_until_it_is_taken(service: Sandbox, receiver: Receiver) -> None:
    receiver.refusals = 1
    service.post("sms", receipt_url=receiver.url, receipt_s=0.1)
    call(service)
    service.until(lambda: len(receiver.got) == 2)
    assert receiver.got[0] == receiver.got[1]
    ((row,),) = receiver.got[:1]
    assert set(row) == {
        "phone_number", "send_time", "report_time", "success", "err_code", "err_msg", "sms_size", "biz_id", "out_id",
    }  # fmt: skip
    assert (row["phone_number"], row["success"], row["err_code"], row["sms_size"]) == (PHONE, True, "DELIVERED", "1")


def test_receipts_repeat_come_late_fail_and_are_lost_as_told(service: Sandbox, receiver: Receiver) -> None:
    service.post("sms", receipt_url=receiver.url, receipt_s=0.1)
    service.set_faults(sms_twice=2, sms_fail="MOBILE_NOT_ON_SERVICE")
    call(service)
    service.until(lambda: len(receiver.got) == 2)
    assert [rows[0]["success"] for rows in receiver.got] == [False, False]
    assert service.get("sms", phone=PHONE) == [], "it never reached the phone"
    service.set_faults(sms_twice=None, sms_fail=None, sms_lost=True)
    call(service)
    service.until(lambda: all(row["err_code"] for row in service.get("sms")["texts"]))
    assert len(receiver.got) == 2
    service.set_faults(sms_late=3600)
    call(service)
    assert service.get("sms")["texts"][-1]["err_code"] == ""


def test_a_phone_shows_its_sms(service: Sandbox) -> None:
    call(service)
    texts = [row["text"] for row in service.phone("xy022")["sms"]]
    assert texts == ["【秀英联办】尾号000421联动工单：积水，请在今天 17:30 前响应，详情见钉钉。"]
    assert service.phone("xy023")["sms"] == []
