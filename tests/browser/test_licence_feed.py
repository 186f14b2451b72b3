"""R185 at the console in Chromium: licences pulled from the 一体化平台 and pushed by it, what was refused and why."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from core.adapters.service_platform import ServicePlatform
from core.licences.feed import SOURCE
from core.machines import Machines
from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    looks_made,
    open_page,
    town,
)
from tests.chromium import CHROMIUM
from tests.core.platform_room import PERSON, record
from tests.sandbox.rig import Sandbox
from tests.webapp.machine_room import machine_app
from tests.webapp.town import Town

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")


def pushed(town: Town, *records: dict[str, Any]) -> list[str]:  # noqa: F811
    """What the platform is told when it pushes."""
    machines = Machines(town.core.engine, town.core.vault)
    secret = machines.add_client("platform", "一体化平台")
    machines.allow_feeds("platform", [SOURCE])
    headers = {"Authorization": f"Bearer {machines.grant('platform', secret).token}"}
    client = machine_app(town.core).test_client()
    answer: Any = client.post("/api/v1/licences", json={"records": [*records]}, headers=headers)
    assert answer.status_code == 200
    for wrong in (b"{", b"[]", b'{"records": []}', b'{"records": 1}', b'{"records": [{}], "x": 1}'):
        assert client.post("/api/v1/licences", data=wrong, headers=headers).status_code == 400
    return [one["result"] for one in answer.json["results"]]


@pytest.mark.requirement("R185")
@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_licences_come_from_the_platform_and_the_refused_say_why(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    sandbox: Sandbox,
    size: tuple[int, int],
) -> None:
    platform = ServicePlatform(f"{sandbox.base}/service-platform", "practice")
    sandbox.post("service-platform", issue=[record(), record(id="YTH-0003", type="驾驶船舶许可")], away=1)
    feed = town.core.licences.feed
    assert feed.pull_if_due(platform) == 0  # it is away, and is not asked again at once
    page = open_page("licences", size)
    page.goto("/library/platform")
    expect(page.get_by_text("已有 1 次没取到")).to_be_visible()
    town.clock.advance(minutes=2)
    assert feed.pull_if_due(platform) == 1
    town.clock.advance(minutes=2)
    assert feed.pull_if_due(platform) == 0  # read to the end: nothing is told twice
    assert pushed(town, PERSON, record(), record(id="")) == ["accepted", "duplicate", "rejected"]
    page.goto("/library/platform")
    table = page.get_by_role("table", name="平台的证照")
    expect(table).to_contain_text("护士执业证书")
    expect(table).to_contain_text("没有对应的栏目：血型")
    expect(table).not_to_contain_text("11010519491231002X")
    looks_made(page)
    page.get_by_role("link", name="不收的").click()
    expect(table.locator(".grid-row")).to_have_count(1)
    expect(table).to_contain_text("没有与「驾驶船舶许可」对应的证照种类")
    looks_made(page)
    page.get_by_role("button", name="再试一次").click()
    expect(page.get_by_text("还是不能收")).to_be_visible()
    page.get_by_role("link", name="收下的").click()
    table.get_by_role("link", name="食品经营许可证").click()
    expect(page.get_by_text("海南椰风餐饮有限公司").first).to_be_visible()
    expect(page.get_by_text("JY14601990000001").first).to_be_visible()


@pytest.mark.requirement("R185")
@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_what_cannot_be_read_waits_for_the_platform_and_is_settled_when_it_comes_again(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    sandbox: Sandbox,
    size: tuple[int, int],
) -> None:
    platform, feed = ServicePlatform(f"{sandbox.base}/service-platform", "practice"), town.core.licences.feed
    sandbox.post("service-platform", issue=[record(id="YTH-0009", evil="x")])
    assert feed.pull_if_due(platform) == 0
    page = open_page("licences", size)
    page.goto("/library/platform?kind=refused")
    row = page.get_by_role("table", name="平台的证照").locator(".grid-row")
    expect(row).to_contain_text("不认识「evil」")
    expect(row).to_contain_text("等平台重发")
    expect(row.get_by_role("button")).to_have_count(0)
    looks_made(page)
    sandbox.post("service-platform", issue=[record(id="YTH-0009", revision=2)])
    town.clock.advance(minutes=2)
    assert feed.pull_if_due(platform) == 1
    page.goto("/library/platform?kind=refused")
    expect(page.get_by_text("没有不收的证照")).to_be_visible()
    page.get_by_role("link", name="已重发的").click()
    expect(row).to_contain_text("平台后来重发，已能读取")
    looks_made(page)
