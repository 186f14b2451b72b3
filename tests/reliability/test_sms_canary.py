"""Control F4 for staff: a number nobody could mistake gets an SMS, and is afterwards found only under seal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from core.backup import back_up, lines_of
from core.crypto import place
from core.models.people import people
from core.models.record import letters
from core.models.sms import sms_sends
from tests.builders import act, dispatched, head, person, rows
from tests.live import Live
from tests.reliability.test_canary import stored

PHONE = "19987650199"
PIECES = (PHONE, PHONE[3:], f"+86{PHONE}")


def hits(found: str | bytes) -> list[str]:
    """The pieces of the number in a text or in bytes."""
    found = found.encode() if isinstance(found, str) else found
    return [one for one in PIECES if one.encode() in found or one.encode("utf-16-le") in found]


@pytest.mark.slow
def test_a_number_that_got_an_sms_lies_nowhere_in_the_clear(
    live: Live, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    core, who = live.core, person(live.core, "unit_head", "water").person
    (row,) = rows(core, people, people.c.id == who)
    sealed = core.cipher.seal(PHONE, place("people", "phone", row.code))
    with core.engine.begin() as tx:
        told = {"phone_sealed": sealed, "phone_index": core.indexer.index(PHONE, "phone")}
        tx.execute(update(people).where(people.c.id == who).values(**told))

    live.sandbox.set_faults(sms_late=3600)
    case = dispatched(core, "water")
    act(core, head(core), case, "oversee", opinion="请抓紧")
    live.settle()
    assert len(live.sandbox.get("sms", phone=PHONE)) == 1, "exactly one message"
    live.sandbox.set_faults(sms_late=None, sms_broken="reset")
    case = dispatched(core, "water", title="塌方")
    act(core, head(core), case, "oversee", opinion="请抓紧")
    live.settle()
    assert sorted(one.state for one in rows(core, sms_sends)) == ["sent", "unknown"], "one under way, one in trouble"

    assert {name: hits(found) for name, found in stored(core) if hits(found)} == {}
    backup = back_up(core.engine, core.vault, tmp_path / "backup")
    with backup.open("rb") as file:
        kept = [line for line in lines_of(file, core.vault) if "sms_sends" in line]
    assert kept
    assert hits(json.dumps(kept, ensure_ascii=False)) == []
    out = capfd.readouterr()
    logged = "\n".join([caplog.text, *(str(record.__dict__) for record in caplog.records), out.out, out.err])
    assert hits(logged) == []
    assert [row.error for row in rows(core, letters, letters.c.channel == "sms", letters.c.state == "unknown")] == [
        "短信交出后没有回音"
    ]
