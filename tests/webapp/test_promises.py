"""下一步已做到 on the console: the unit tells it with a word and a photo, the sponsor reads both."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from core import Core
from tests.builders import clerk
from tests.core.joint_room import FIRST, closed, leg_of
from tests.core.test_picture_sets import shot
from tests.webapp.settled_site import Visit, core, no_of, visit  # noqa: F401  (fixtures)
from tests.webapp.test_joint import CITY, WATER, said
from tests.webapp.visitor import Visitor


def keep(visitor: Visitor, core: Core, order: int, note: str, *shots: bytes) -> Any:
    leg = leg_of(core, order, FIRST)
    sent: dict[str, Any] = {"note": note, "seen": str(leg["seq"]), "leg": str(leg["id"])}
    sent["photos"] = [(io.BytesIO(raw), f"{place}.jpg") for place, raw in enumerate(shots)]
    return visitor.post(f"/joint/{no_of(core, order)}/moves/keep_promise", page="/account/password", **sent)


@pytest.mark.requirement("R132")
def test_a_next_step_is_told_done_with_a_word_and_a_photo_and_the_sponsor_reads_both(core: Core, visit: Visit) -> None:
    order, water, sponsor = closed(core), visit(WATER), visit(CITY)
    path = f"/joint/{no_of(core, order)}"
    form = water.get(path).text
    assert 'data-action="keep_promise"' in form
    assert "现场图片" in form
    assert 'data-action="keep_promise"' not in sponsor.get(path).text
    core.clock.advance(days=3)  # type: ignore[attr-defined]
    refused = keep(water, core, order, " ", shot())
    assert refused.status_code == 422
    assert "做到的情况" in said(refused.text)
    assert "图片 1，已收下" in refused.text
    assert keep(water, core, order, "已换管，通水正常", shot()).status_code == 303
    page = sponsor.get(path).text
    assert "<dt>下一步已做到</dt><dd>" in page
    assert "已换管，通水正常" in page
    (link,) = set(re.findall(r'href="(/photos/joint/[^"]+)"', page))
    assert sponsor.get(link).data.startswith(b"\xff\xd8\xff")
    assert 'data-action="keep_promise"' not in water.get(path).text
    again = keep(water, core, order, "已换管")
    assert (again.status_code, said(again.text)) == (409, "反馈里没有写下一步，或者已经说明做到了。")
    assert core.joints.view(clerk(core), order).legs[0].feedbacks[0].kept_note == "已换管，通水正常"
