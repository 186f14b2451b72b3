"""Control F4: a caller nobody could mistake goes through a whole case, and is afterwards found only under seal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import Core
from core.backup import back_up, lines_of
from core.crypto import place
from core.db import metadata
from core.models.record import letters
from tests.builders import ANSWERED, LEAD, act, caller, clerk, desk, rows, states, the_case
from tests.live import Live
from tests.webapp.machine_room import Platform, a_ticket, machine_app

NAME, PHONE, ROAD = "雀金丙", "19987650123", "鸣雀里"
ADDRESS = f"{ROAD}8871号金笼楼3单元"
SECOND, BY_THE_WAY = "雀金丁", "19987650124"
CANARIES = (NAME, NAME[1:], PHONE, PHONE[3:], ADDRESS, "8871号", "金笼楼", SECOND)
"""Whole values, and pieces that no mask lets through."""


def hits(found: str | bytes) -> list[str]:
    """The canaries in a text, or in bytes in any spelling JSON or the database may give them."""
    if isinstance(found, str):
        found = found.encode()
    spelled = {one: (one.encode(), json.dumps(one)[1:-1].encode(), one.encode("utf-16-le")) for one in CANARIES}
    return [one for one, ways in spelled.items() if any(way in found for way in ways)]


@pytest.fixture
def lived(live: Live) -> int:
    """The case of such a caller from the signed push to its end, with searches, a refusal and a reveal on the way."""
    core, sandbox = live.core, live.sandbox
    pushed = Platform(machine_app(core).test_client()).push(
        a_ticket(
            ticket_no="CANARY-1", title=f"井盖缺失请回电{BY_THE_WAY}", place="", street="海秀街道", community="",
            caller_name=NAME, caller_phone=PHONE, address=ADDRESS, second_contact=SECOND, respondent_name=SECOND,
        )
    )  # fmt: skip
    case = core.case_of(pushed.json["accepted"][0]["case_no"])
    at_desk, handler = desk(core), clerk(core)
    act(core, at_desk, case, "dispatch", lead=LEAD)
    live.settle()
    for who in (at_desk, handler):
        user = next(holder.dingtalk for holder in core.directory().by_person[who.person or 0])
        for words in (f"查 {PHONE}", f"查 {NAME}", f"查 {SECOND} {PHONE}", PHONE):
            sandbox.say(user, words)
    act(core, handler, case, "sign", LEAD)
    assert core.reveal(handler, case, "test:reveal", "约上门时间") == (NAME, PHONE, ADDRESS)
    act(core, handler, case, "progress", LEAD, note="已与群众约好时间")
    act(core, at_desk, case, "nudge", opinion="请尽快")
    act(core, handler, case, "report", LEAD, result="井盖已补装")
    act(core, at_desk, case, "confirm")
    act(core, caller(core), case, "record_call", **ANSWERED)
    live.settle()
    assert states(core, case)[0] == "closed"
    return case


def stored(core: Core) -> Iterator[tuple[str, bytes]]:
    """Everything the database holds: its files as they lie, or every row of every table as text."""
    if core.engine.dialect.name == "sqlite":
        base = Path(str(core.engine.url.database))
        for path in sorted(base.parent.glob(f"{base.name}*")):
            yield path.name, path.read_bytes()
        return
    with core.engine.connect() as tx:
        for table in metadata.sorted_tables:
            kept = tx.execute(text(f'SELECT row_to_json(t)::text FROM "{table.name}" t')).scalars()
            yield table.name, "\n".join(kept).encode()


@pytest.mark.slow
def test_the_caller_is_found_only_under_seal(
    live: Live, lived: int, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    core, row = live.core, the_case(live.core, lived)
    assert core.cipher.open(row["caller_name"], place("cases", "caller_name", row["no"])) == NAME
    assert core.find(desk(core), PHONE).items[0].id == lived, "the blind index still finds the number"

    kept = dict(stored(core))
    assert any(row["no"].encode() in found for found in kept.values()), "the search looks where the case is"
    assert {name: hits(found) for name, found in kept.items() if hits(found)} == {}

    backup = back_up(core.engine, core.vault, tmp_path / "backup")
    assert hits(backup.read_bytes()) == []
    with backup.open("rb") as file:
        assert any(row["no"] in line for line in lines_of(file, core.vault)), "the backup holds the case"

    out = capfd.readouterr()
    told = "\n".join([caplog.text, *(str(record.__dict__) for record in caplog.records), out.out, out.err])
    assert hits(told) == []


@pytest.mark.slow
def test_cards_and_reminders_show_nobody_in_full(live: Live, lived: int) -> None:
    sandbox = live.sandbox
    no = the_case(live.core, lived)["no"]
    cards = [sandbox.get(f"cards/{one['outTrackId']}") for one in sandbox.get("cards") if one["outTrackId"][:18] == no]
    assert cards
    for card in cards:
        text_of = json.dumps(card, ensure_ascii=False)
        assert "井盖缺失" in text_of
        assert hits(text_of) == []
        assert BY_THE_WAY not in text_of, "a number in the citizen's own words is hidden on cards"
    reminders = rows(live.core, letters, letters.c.lane.like("say:%"))
    assert reminders
    assert all(BY_THE_WAY not in json.dumps(row.body, ensure_ascii=False) for row in reminders)


@pytest.mark.slow
def test_words_to_one_person_are_gone_once_they_are_said(live: Live, lived: int) -> None:
    said = rows(live.core, letters, letters.c.lane.like("person:%"))
    assert lived
    assert {row.state for row in said} <= {"sent", "merged"}
    assert [row.body for row in said if {"sealed", "text", "words", "guesses"} & row.body.keys()] == []


def test_a_fault_of_the_database_is_told_without_its_values(core: Core) -> None:
    with core.engine.connect() as tx, pytest.raises(DBAPIError) as fault:
        tx.execute(text("SELECT 1 FROM nowhere WHERE phone = :phone"), {"phone": PHONE})
    assert hits(str(fault.value)) == []
