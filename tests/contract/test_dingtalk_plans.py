"""Pace, fates and the plan of calls as plain values: what is sent to whom, and what an answer means."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bots.dingtalk.copies import CALLED, CROWD, SHUT, Viewer, next_own_track, plan
from bots.dingtalk.fates import of_answer, of_transport
from bots.dingtalk.messages import Pace
from bots.dingtalk.pace import Buckets
from bots.dingtalk.wire import SPACE_LIMIT, spaces_of, undelivered_in
from cards import Face
from core.copies import Copy
from tests.clock import MONDAY


def test_twenty_messages_in_ten_seconds_then_one_word_about_it() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert [pace.allows("xy023") for _ in range(20)] == [True] * 20
    assert [pace.allows("xy023") for _ in range(3)] == [False, None, None]
    assert pace.allows("xy021") is True
    now[0] = 10.0
    assert pace.allows("xy023") is True


def test_calls_of_one_api_wait_their_turn_and_others_do_not() -> None:
    waits: list[float] = []
    buckets = Buckets(10, burst=2, clock=lambda: 0.0, sleep=waits.append)
    for _ in range(5):
        buckets.wait("a")
    buckets.wait("b")
    assert waits == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (200, {"success": True}, None),
        (200, {"errcode": 0}, None),
        (200, {"success": False, "errorMsg": "x"}, "again"),
        (400, {"code": "InvalidAuthentication"}, "again"),
        (400, {"code": "param.invalid"}, "never"),
        (400, {"code": "param.templateNotExist"}, "never"),
        (403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, "throttled"),
        (403, {"code": "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}, "throttled"),
        (200, {"errcode": 90018}, "throttled"),
        (429, None, "throttled"),
        (200, {"status": 1111, "wait": 5}, "throttled"),
        (403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}, "again"),
        (200, {"errcode": 90020}, "again"),
        (403, {"code": "Forbidden.AccessDenied.IpNotInWhiteList"}, "again"),
        (200, {"errcode": 88}, "again"),
        (200, {"errcode": 60121}, "never"),
        (500, {"code": "system.busy"}, "again"),
        (504, None, "again"),
        (200, None, "unknown"),
    ],
)
def test_every_answer_of_the_api_has_its_fate(status: int, body: Any, fate: str | None) -> None:
    fault = of_answer(status, body, "api")
    assert (fault.fate if fault else None) == fate


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (httpx.ConnectError("x"), "again"),
        (httpx.ConnectTimeout("x"), "again"),
        (httpx.ReadTimeout("x"), "unknown"),
        (httpx.RemoteProtocolError("x"), "unknown"),
    ],
)
def test_what_cannot_have_left_may_leave_again(error: httpx.HTTPError, fate: str) -> None:
    assert of_transport(error, "api").fate == fate


def viewer(person: int, text: str = "a", *, member: bool = True) -> Viewer:
    return Viewer(
        person, person, f"u{person}", Face("case", {"title": text}, {"note": ""}, "【待签收】x"), member=member
    )


def copy(person: int, face_hash: str, track: str = "N:1", *, delivered: bool = True) -> Copy:
    return Copy(track, "case", person, person, MONDAY if delivered else None, face_hash)


def test_a_crowd_is_spread_over_instances_of_thirty() -> None:
    steps = plan("N", [viewer(n) for n in range(CROWD * 2 + 5)], [])
    assert [(step.track, len(step.new), step.created) for step in steps] == [
        ("N:1", CROWD, False),
        ("N:2", CROWD, False),
        ("N:3", 5, False),
    ]


def test_only_changed_faces_are_put_and_only_newcomers_are_delivered_to() -> None:
    same, new = viewer(1), viewer(3)
    (step,) = plan("N", [same, viewer(2), new], [copy(1, same.hash), copy(2, "old")])
    assert step.created
    assert [one.person for one in step.changed] == [2, 3]
    assert [one.person for one in step.new] == [3]


def test_a_copy_that_never_arrived_is_delivered_without_being_put_again() -> None:
    (step,) = plan("N", [viewer(1)], [copy(1, viewer(1).hash, delivered=False)])
    assert (step.changed, [one.person for one in step.new]) == ((), [1])


def test_whom_an_unanswered_call_named_may_have_the_card_and_strangers_are_brought_none() -> None:
    (step,) = plan(
        "N", [viewer(1), viewer(2), viewer(3, member=False)], [copy(n, CALLED, delivered=False) for n in (1, 3)]
    )
    assert (step.created, [one.person for one in step.new], step.called) == (False, [1, 2], frozenset({1, 3}))


def test_who_only_asked_for_an_own_copy_gets_no_shared_one() -> None:
    stranger = viewer(9, member=False)
    (step,) = plan("N", [stranger], [copy(9, SHUT, "N:p9:1"), copy(9, "old", "N:p9:2")])
    assert step.track == "N:p9:2"
    assert next_own_track("N", 9, [copy(9, "x", "N:p9:2")]) == "N:p9:3"


def test_an_address_line_of_many_people_is_cut_into_lawful_pieces() -> None:
    users = [f"manager{n:016d}" for n in range(90)]
    pieces = spaces_of(users)
    assert all(len(piece) <= SPACE_LIMIT for piece in pieces)
    assert [user for user in users if not any(f"IM_ROBOT.{user}" in piece for piece in pieces)] == []


def test_a_delivery_without_a_clear_yes_is_none() -> None:
    rows = [{"spaceId": "a", "success": True}, {"spaceId": "b", "success": False, "errorMsg": "x"}, {"spaceId": "c"}]
    assert undelivered_in(rows) == {"b": "x", "c": "no reason given"}
