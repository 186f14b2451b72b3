"""The stream over the wire: losses of every kind, keep-alive, events, and an end within two seconds."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from bots.dingtalk.client import Pause
from tests.contract.dingtalk_rig import CLERK, Rig, until


def connections(rig: Rig) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rig.sandbox.get("faults")["connections"]
    return found


def fresh(rig: Rig, old: str) -> bool:
    return any(one["id"] != old and not one["leaving"] for one in connections(rig))


def test_the_opening_speaks_like_the_sdk(rig: Rig) -> None:
    rig.listen()
    (connection,) = connections(rig)
    assert connection["topics"] == [
        "CALLBACK /v1.0/card/instances/callback",
        "CALLBACK /v1.0/im/bot/messages/get",
        "EVENT *",
    ]


@pytest.mark.parametrize(
    "fault", [{"disconnect": True}, {"close": 1000}, {"close": 1001}, {"close": 1011}, {"reset": True}]
)
def test_every_kind_of_loss_is_mended(rig: Rig, fault: dict[str, object]) -> None:
    rig.listen()
    (old,) = connections(rig)
    rig.sandbox.fault(**fault)
    until(lambda: fresh(rig, old["id"]), f"another connection after {fault}")
    assert rig.sandbox.say(CLERK, "帮助")["code"] == 200


def test_frames_the_sdk_stumbles_over_are_worked_on_all_the_same(rig: Rig) -> None:
    rig.listen()
    rig.sandbox.fault(odd_frames=True)
    assert rig.sandbox.say(CLERK, "帮助")["code"] == 200
    assert rig.sandbox.post("events", type="user_modify_org", data={"userId": [CLERK]})["status"] == "SUCCESS"
    (old,) = connections(rig)
    rig.sandbox.fault(disconnect=True)
    until(lambda: fresh(rig, old["id"]), "another connection after a `disconnect` that is hard to read")


def test_the_old_socket_answers_until_the_new_one_is_up(rig: Rig) -> None:
    rig.listen()
    rig.sandbox.fault(disconnect=True)
    until(lambda: any(not one["leaving"] for one in connections(rig)), "a new connection")
    leaving = [one for one in connections(rig) if one["leaving"]]
    assert len(leaving) == 1


def test_silence_is_mended_by_another_connection(rig: Rig) -> None:
    rig.listen(silence_s=0.3)
    (old,) = connections(rig)
    until(lambda: fresh(rig, old["id"]), "another connection after silence")


def test_a_refusing_gateway_is_tried_again_with_pauses(rig: Rig) -> None:
    running = rig.listen()
    rig.sandbox.fault(refuse_open=503)
    rig.sandbox.fault(close=1000)
    until(lambda: not running.is_connected(), "the loss is noticed")
    time.sleep(1.2)
    opened = rig.sandbox.calls().get("POST /v1.0/gateway/connections/open", 0)
    assert opened <= 6
    rig.sandbox.fault(refuse_open=0)
    until(running.is_connected, "the connection after the gateway is back")


def test_an_event_is_acknowledged_with_its_status(rig: Rig) -> None:
    rig.listen()
    assert rig.sandbox.post("events", type="user_modify_org", data={"userId": [CLERK]})["status"] == "SUCCESS"


def test_a_slow_click_does_not_hold_up_another_and_its_answer_survives_a_move(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, track, clerk = rig.sent_out()
    execute, gate = rig.core.execute_all, threading.Event()

    def slow(commands: Any) -> Any:
        gate.wait(60)
        return execute(commands)

    monkeypatch.setattr(rig.core, "execute_all", slow)
    rig.sandbox.fault(patient=60)
    rig.listen()
    answers: list[dict[str, Any]] = []
    pressing = threading.Thread(target=lambda: answers.append(rig.sandbox.click(clerk, track, "sign")))
    pressing.start()
    time.sleep(0.1)
    assert rig.sandbox.say(clerk, "帮助")["code"] == 200
    assert answers == [], "the slow one is still under way"
    rig.sandbox.fault(close=1000)
    until(lambda: bool(connections(rig)), "another connection")
    gate.set()
    pressing.join(60)
    assert answers[0]["code"] == 200
    assert answers[0]["moved"] is True


def test_the_end_finishes_the_work_and_closes_the_socket(rig: Rig) -> None:
    _, track, clerk = rig.sent_out()
    running = rig.listen()
    rig.sandbox.click(clerk, track, "sign")
    assert running.stop() < 10
    until(lambda: not connections(rig), "the socket closes")


def test_a_connection_that_brought_a_message_forgives_the_misses_before_it() -> None:
    pause = Pause(steady_s=60, first_s=1, cap_s=30)
    for _ in range(8):
        pause.after(0.01)
    assert [0.5 <= pause.after(5, useful=True) <= 1 for _ in range(3)] == [True] * 3


def test_no_pause_is_longer_than_that_of_the_plain_sdk() -> None:
    pause = Pause()
    assert max(pause.after(0) for _ in range(20)) <= 10


def test_pauses_double_with_jitter_and_a_steady_connection_ends_them() -> None:
    pause = Pause(steady_s=60, first_s=1, cap_s=30)
    assert pause.after(5) == 0
    lengths = [pause.after(0.01) for _ in range(8)]
    assert all(0.5 * 2**n <= length <= 2**n for n, length in enumerate(lengths[:5]))
    assert max(lengths) <= 30
    assert pause.after(61) == 0
    assert pause.after(0) >= 0.5
