"""The API for other systems: tokens and their misuse, cases as a machine reads them, limits, the generated document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core import Core
from core.crypto import token_hash
from core.errors import BadField
from core.machines import Machines
from core.models.people import api_clients, api_tokens
from core.models.record import audit_log
from tests.clock import StillClock
from tests.webapp.machine_room import Platform, a_ticket, machine_app
from tests.webapp.town import Town, build


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = build(migrated_url, clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def client(core: Core) -> Any:
    return machine_app(core).test_client()


@pytest.fixture
def machines(core: Core) -> Machines:
    return Machines(core.engine, core.vault)


@pytest.fixture
def secret(machines: Machines) -> str:
    return machines.add_client("screen-1", "区大屏")


def ask(client: Any, appid: str, secret: str) -> Any:
    return client.post("/api/v1/token", json={"appid": appid, "appsecret": secret})


@pytest.fixture
def bearer(client: Any, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ask(client, 'screen-1', secret).json['access_token']}"}


# --- tokens ---


def test_a_token_is_good_for_two_hours(client: Any, secret: str) -> None:
    answer = ask(client, "screen-1", secret)
    assert answer.status_code == 200
    assert answer.json["expires_in"] == 7200
    assert len(answer.json["access_token"]) >= 43


def test_neither_secret_nor_token_lies_in_the_database(core: Core, bearer: dict[str, str], secret: str) -> None:
    with core.engine.connect() as tx:
        rows = [*tx.execute(select(api_clients)), *tx.execute(select(api_tokens)), *tx.execute(select(audit_log))]
    told = "\n".join(str(tuple(row)) for row in rows)
    token = bearer["Authorization"].split()[1]
    assert secret not in told
    assert token not in told
    assert token_hash(secret) not in told  # keyed, so that a stolen table cannot be tried offline


def test_an_unknown_appid_and_a_wrong_secret_look_alike(client: Any, secret: str) -> None:
    unknown, wrong = ask(client, "nobody", secret), ask(client, "screen-1", "wrong-" * 5)
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json["error"]["message"] == wrong.json["error"]["message"]
    assert unknown.json["error"]["code"] == wrong.json["error"]["code"]


def test_two_secrets_are_good_while_one_is_changed(client: Any, machines: Machines, secret: str) -> None:
    second = machines.rotate_client("screen-1")
    assert [ask(client, "screen-1", one).status_code for one in (secret, second)] == [200, 200]
    third = machines.rotate_client("screen-1")
    assert [ask(client, "screen-1", one).status_code for one in (secret, second, third)] == [401, 200, 200]


def test_a_closed_client_fails_at_its_next_call(
    client: Any, machines: Machines, bearer: dict[str, str], secret: str
) -> None:
    assert client.get("/api/v1/cases", headers=bearer).status_code == 200
    machines.close_client("screen-1")
    assert client.get("/api/v1/cases", headers=bearer).status_code == 401
    assert ask(client, "screen-1", secret).status_code == 401


def test_an_expired_token_is_refused(core: Core, client: Any, bearer: dict[str, str]) -> None:
    with core.engine.begin() as tx:
        tx.execute(update(api_tokens).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert client.get("/api/v1/cases", headers=bearer).status_code == 401


VALUE_OUT_OF_BOUNDS = [
    "",
    "Bearer",
    "Bearer x",
    "Basic abc",
    "Bearer " + "x" * 43,
    "Bearer " + "x" * 5000,
    "Bearer é" + "x" * 40,
]


def test_without_a_good_token_nothing_is_told(client: Any) -> None:
    for value in VALUE_OUT_OF_BOUNDS:
        answer = client.get("/api/v1/cases", headers={"Authorization": value} if value else {})
        assert answer.status_code == 401
        assert set(answer.json["error"]) == {"code", "message", "request_id"}


@pytest.mark.parametrize("name", ["access_token", "token"])
def test_a_token_in_the_address_is_refused(client: Any, bearer: dict[str, str], name: str) -> None:
    token = bearer["Authorization"].split()[1]
    assert client.get(f"/api/v1/cases?{name}={token}").status_code == 400
    assert client.get(f"/api/v1/cases?{name}={token}", headers=bearer).status_code == 400


def test_every_grant_and_refusal_is_on_record(core: Core, client: Any, secret: str) -> None:
    ask(client, "screen-1", secret)
    ask(client, "screen-1", "wrong")
    with core.engine.connect() as tx:
        query = select(audit_log.c.result, audit_log.c.object).where(audit_log.c.action == "token.issued")
        rows = [tuple(row) for row in tx.execute(query.order_by(audit_log.c.seq))]
    assert rows == [("done", "client:screen-1"), ("refused", "client:screen-1")]


BODY_OUT_OF_BOUNDS = [
        b"", b"[]", b"1", b"{", b'"x"', b'{"appid": "\\ud800aa", "appsecret": "\\ud800"}',
        b"[" * 50_000 + b"]" * 50_000,
        b'{"appid": "a\\u0000b", "appsecret": "x"}', b'{"appid": "abc", "appsecret": "x", "role": "admin"}',
        b'{"appid": ["abc"], "appsecret": {"$gt": ""}}', "{\"appid\": \"密\", \"appsecret\": \"x\"}".encode("gbk"),
    ]  # fmt: skip


def test_a_bad_request_for_a_token_is_one_sentence(client: Any) -> None:
    for body in BODY_OUT_OF_BOUNDS:
        answer = client.post("/api/v1/token", data=body, content_type="application/json")
        assert 400 <= answer.status_code < 500
        assert answer.json["error"]["message"].endswith("。")


# --- cases ---


@pytest.fixture
def told(core: Core, clock: StillClock, client: Any) -> Town:
    platform = Platform(client)
    for number, channel in enumerate(("RX", "RX", "WX")):
        clock.set(f"2026-03-0{number + 2} 10:00")
        platform.push(a_ticket(ticket_no=f"T{number}", channel=channel, title=f"第 {number} 件"))
    return Town(core, clock)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"第 0 件", "第 1 件", "第 2 件"}),
        ("?channel=WX", {"第 2 件"}),
        ("?state=pending&channel=RX", {"第 0 件", "第 1 件"}),
        ("?state=closed", set()),
        ("?since=2026-03-03T10:00:00", {"第 1 件", "第 2 件"}),
        ("?until=2026-03-03T02:00:00%2B00:00", {"第 0 件"}),
    ],
)
def test_cases_are_narrowed_by_what_the_query_says(
    told: Town, client: Any, bearer: dict[str, str], query: str, titles: set[str]
) -> None:
    answer = client.get(f"/api/v1/cases{query}", headers=bearer)
    assert answer.status_code == 200
    assert {row["title"] for row in answer.json["items"]} == titles
    assert answer.json["total"] == len(titles)


def test_pages_cover_everything_once(told: Town, client: Any, bearer: dict[str, str]) -> None:
    pages = [client.get(f"/api/v1/cases?size=2&page={page}", headers=bearer).json for page in (1, 2)]
    assert [len(page["items"]) for page in pages] == [2, 1]
    assert len({row["no"] for page in pages for row in page["items"]}) == 3
    assert pages[0]["pages"] == 2


QUERY_OUT_OF_BOUNDS = [
    "?size=101", "?size=0", "?page=x", "?page=9999999999999", "?since=gestern", "?since=9999-99-99", "?state=nowhere",
    "?state=" + "x" * 5000, "?state=%00", "?state=%F0%9F%98%80", "?channel=QQ", "?channel=%ED%A0%80", "?is_admin=1",
]  # fmt: skip


def test_a_query_out_of_bounds_is_one_sentence(client: Any, bearer: dict[str, str]) -> None:
    for query in QUERY_OUT_OF_BOUNDS:
        answer = client.get(f"/api/v1/cases{query}", headers=bearer)
        assert 400 <= answer.status_code < 500
        assert answer.json["error"]["message"].endswith("。")


def test_a_case_tells_its_timeline_and_masks_the_caller(
    told: Town, core: Core, client: Any, bearer: dict[str, str]
) -> None:
    no = core.machine_cases().items[0].no
    case = core.case_id(told.actor("desk"), no)
    told.act("desk", case, "dispatch", lead="water", opinion="请尽快")
    answer = client.get(f"/api/v1/cases/{no}", headers=bearer)
    assert answer.status_code == 200
    assert [line["name"] for line in answer.json["timeline"]] == ["case.registered", "case.dispatched"]
    assert answer.json["legs"][0]["unit"] == "水务局"
    assert (answer.json["caller"], answer.json["phone"]) == ("吴**", "199****1234")
    text = answer.get_data(as_text=True)
    assert "19900001234" not in text
    assert "502" not in text
    assert "moves" not in answer.json


NO_OUT_OF_BOUNDS = ["XYRX20990101000010", "1", "%00", "' OR 1=1 --", "🙂", "x" * 3000]


def test_an_unknown_case_is_not_found(client: Any, bearer: dict[str, str]) -> None:
    for no in NO_OUT_OF_BOUNDS:
        answer = client.get(f"/api/v1/cases/{no}", headers=bearer)
        assert answer.status_code == 404
        assert answer.json["error"]["message"].endswith("。")


def test_the_catalogue_of_data_is_read_by_machines_too(client: Any, bearer: dict[str, str]) -> None:
    assert client.get("/api/v1/catalogue").status_code == 401
    assert client.get("/api/v1/catalogue?page=1", headers=bearer).status_code == 400
    told = {one["name"]: one for one in client.get("/api/v1/catalogue", headers=bearer).json["resources"]}
    assert told["cases"]["share"] == "有条件共享"
    phone = next(item for item in told["cases"]["items"] if item["name"] == "caller_phone")
    assert (phone["title"], phone["personal"], phone["upward"]) == ("联系电话", "敏感", "不交出")


# --- limits and the document ---


@pytest.fixture
def minute(core: Core, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Real time as the counts see it: it stands at the twentieth second of a minute until a test moves it."""
    now = [1_800_000_020.0 // 60 * 60 + 20]
    monkeypatch.setattr(core.rates, "_now", lambda: now[0])
    return now


def statuses(client: Any, bearer: dict[str, str], calls: int) -> list[int]:
    return [client.get("/api/v1/cases?size=1", headers=bearer).status_code for _ in range(calls)]


def test_a_client_that_calls_too_often_waits_and_goes_on_in_the_next_minute(
    core: Core, client: Any, machines: Machines, bearer: dict[str, str], minute: list[float]
) -> None:
    machines.limit_client("screen-1", 25)
    assert statuses(client, bearer, 27) == [200] * 25 + [429] * 2
    answer = client.get("/api/v1/cases", headers=bearer)
    assert answer.headers["Retry-After"] == "40"
    assert answer.json["error"] == {
        "code": "TooMany", "message": "操作太频繁，请稍后再试。", "request_id": answer.json["error"]["request_id"],
    }  # fmt: skip
    with core.engine.connect() as tx:
        noted = select(audit_log.c.object, audit_log.c.result).where(audit_log.c.action == "api_call.limited")
        assert [tuple(row) for row in tx.execute(noted)] == [("client:screen-1", "refused")]
    minute[0] += 60
    assert statuses(client, bearer, 1) == [200]


def test_each_client_has_a_limit_of_its_own(
    client: Any, machines: Machines, bearer: dict[str, str], minute: list[float]
) -> None:
    other = {
        "Authorization": f"Bearer {ask(client, 'bus-2', machines.add_client('bus-2', '公交')).json['access_token']}"
    }
    machines.limit_client("screen-1", 2)
    machines.limit_client("bus-2", 5)
    assert statuses(client, bearer, 3) == [200, 200, 429]
    assert statuses(client, other, 6) == [200] * 5 + [429]
    machines.limit_client("screen-1", None)
    assert statuses(client, bearer, 1) == [200]


def test_one_address_asks_for_so_many_tokens(client: Any, secret: str, minute: list[float]) -> None:
    given = [ask(client, "screen-1", secret).status_code for _ in range(32)]
    assert given == [200] * 30 + [429] * 2


@pytest.mark.parametrize("calls", [0, -1, 100_001])
def test_a_limit_out_of_bounds_is_not_taken(machines: Machines, secret: str, calls: int) -> None:
    with pytest.raises(BadField):
        machines.limit_client("screen-1", calls)


def test_the_document_tells_of_the_wait(core: Core) -> None:
    document: Any = machine_app(core).spec
    for path in ("/api/v1/token", "/api/v1/cases", "/api/v1/cases/{no}", "/api/v1/catalogue"):
        for operation in document["paths"][path].values():
            told = operation["responses"]["429"]
            assert "Retry-After" in told["description"]
            assert told["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_the_document_names_every_route_and_its_key(core: Core) -> None:
    document: Any = machine_app(core).spec
    assert set(document["paths"]) == {
        "/api/v1/token",
        "/api/v1/cases",
        "/api/v1/cases/{no}",
        "/api/v1/catalogue",
        "/api/v1/feeds/{topic}/{dataset}",
        "/api/v1/licences",
        "/hooks/hotline",
        "/hooks/sms/{secret}",
    }
    assert document["paths"]["/api/v1/cases"]["get"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
