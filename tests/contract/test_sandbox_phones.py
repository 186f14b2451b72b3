"""Pages inside DingTalk: vouched for by the product, checked by the platform; a camera that reads another's screen."""

from __future__ import annotations

import base64
import io

import httpx
import pytest
import qrcode

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.fates import ApiFault
from bots.dingtalk.vouching import Vouching
from tests.sandbox.rig import Sandbox
from tests.town import settings_for

PAGE = "https://console.example/here/?no=XYDQ20260309000011"


@pytest.fixture
def vouching(sandbox: Sandbox) -> Vouching:
    dingtalk = settings_for("sqlite://", sandbox.base).dingtalk
    return Vouching(DingTalkApi(dingtalk), dingtalk)


def is_right(sandbox: Sandbox, page: str, told: dict[str, object]) -> bool:
    """What `dd.config` comes to in the page's script."""
    answer = httpx.get(f"{sandbox.base}/sandbox/jsapi", params={"url": page, **told}, trust_env=False)  # type: ignore[dict-item]
    return answer.status_code == 200


def test_a_page_is_vouched_for_by_its_own_address_alone(sandbox: Sandbox, vouching: Vouching) -> None:
    told = vouching.sign(PAGE)
    assert is_right(sandbox, PAGE, told)
    assert not is_right(sandbox, f"{PAGE}0", told)
    for name in ("signature", "nonceStr", "timeStamp", "corpId", "agentId"):
        assert not is_right(sandbox, PAGE, {**told, name: ""}), name


def test_one_ticket_signs_many_pages(sandbox: Sandbox, vouching: Vouching) -> None:
    for number in range(5):
        vouching.sign(f"{PAGE}{number}")
    asked = [frame for frame in sandbox.get("frames", kind="jsapiTickets") if frame["direction"] == "rest"]
    assert len(asked) == 1


def test_a_ticket_that_does_not_come_is_said_so(sandbox: Sandbox, vouching: Vouching) -> None:
    sandbox.set_faults(http={"prefix": "/v1.0/oauth2/jsapiTickets", "status": 500, "body": {}})
    with pytest.raises(ApiFault):
        vouching.sign(PAGE)


def test_a_camera_reads_the_code_on_anothers_screen(sandbox: Sandbox) -> None:
    held = io.BytesIO()
    qrcode.make("https://console.example/here/#7.1.30.abc").save(held, "PNG")
    picture = f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"

    def show(user: str, picture: str) -> int:
        place = f"{sandbox.base}/sandbox/screens"
        return httpx.post(place, params={"user": user}, content=picture, trust_env=False).status_code

    assert show("xy021", picture) == 200
    (seen,) = sandbox.get("screens")
    assert (seen["userId"], seen["text"]) == ("xy021", "https://console.example/here/#7.1.30.abc")
    assert show("xy021", "") == 200
    assert sandbox.get("screens") == []
    assert show("nobody", picture) == 404
