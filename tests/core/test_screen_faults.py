"""One number or panel that cannot be counted takes no other with it: the wall says where, and goes on."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from core import Core
from core.policy.topics import read_topics
from core.screens import metrics, panels
from core.screens.shelf import Shelf

HOTLINE = read_topics()["hotline"]


def broken(*_: Any) -> Any:
    raise ZeroDivisionError


def test_a_panel_at_fault_says_so_and_the_others_go_on(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = core.screens.picture(HOTLINE).told
    monkeypatch.setitem(panels.MAKERS, "map", broken)
    core.screens._shelf.forget()
    told = core.screens.picture(HOTLINE).told
    at_fault = [panel["title"] for panel in told["panels"] if panel["state"] == "fault"]
    assert at_fault == [panel.title for panel in HOTLINE.panels if panel.show == "map"] != []
    others = [panel for panel in told["panels"] if panel["state"] != "fault"]
    assert others == [panel for panel in whole["panels"] if panel["show"] != "map"]
    assert told["metrics"] == whole["metrics"]
    [face] = [panel for panel in told["panels"] if panel["state"] == "fault"]
    assert (face["show"], face["note"]) == ("map", "这一块暂时算不出来")


def test_a_number_at_fault_is_a_dash_without_a_level(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = core.screens.picture(HOTLINE).told
    count = metrics.shown

    def shown(teller: metrics.Teller, metric: Any) -> dict[str, Any]:
        return broken() if metric.full == whole["lead"] else count(teller, metric)

    monkeypatch.setattr("core.screens.shown", shown)
    core.screens._shelf.forget()
    told = core.screens.picture(HOTLINE).told
    lead = told["metrics"].pop(told["lead"])
    assert (lead["value"], lead["text"], lead["level"], lead["note"]) == (None, "—", "", "暂时算不出")
    assert set(lead) == set(whole["metrics"].pop(whole["lead"]))
    assert told["metrics"] == whole["metrics"]


def test_without_a_database_nothing_is_told_in_parts(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the last picture on the wall, with its time, says more than a page of apologies."""
    asked: list[int] = []

    def away(_: Any) -> Any:
        asked.append(1)
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(core, "_read", away)
    with pytest.raises(OperationalError):
        core.screens._told(HOTLINE)
    assert len(asked) == 1


def test_a_picture_that_cannot_be_made_keeps_no_other_from_being_kept_current() -> None:
    stamp, made, again = [1], [1], threading.Event()

    def good() -> dict[str, int]:
        if stamp[0] > 1:
            again.set()
        return {"value": stamp[0]}

    def bad() -> dict[str, int]:
        return {"value": 1 // made[0]}

    shelf = Shelf(lambda: stamp[0])
    for key, make in (("good", good), ("bad", bad)):
        shelf.get(key, 60, make)
    stamp[0], made[0] = 2, 0
    shelf.get("bad", 60, bad)
    assert again.wait(10)
    shelf._kept["bad"].seen_at -= 9
    with pytest.raises(ZeroDivisionError):
        shelf.get("bad", 60, bad)
