"""Control F5: past its date a value is gone, a held case is not touched, and the chain still verifies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, insert, select, text, update

from bots.clock import Timetable
from core import Core
from core.errors import FieldMissing, Unknown
from core.models.arrivals import attachments
from core.models.cases import call_backs, case_legs, cases, revisions
from core.models.people import sign_in_failures
from core.models.record import audit_log, events, letters, receipts
from core.policy.retention import load_retention, read_retention
from core.retention.kinds import ERASED, KINDS
from tests.builders import ANSWERED, act, caller, closed, confirmed, desk, the_case
from tests.clock import StillClock
from tests.house.source import ROOT
from webapp import create_app

NAME, PHONE, ADDRESS = "雀金丙", "19987650123", "鸣雀里8871号"
CONTENT = "鸣雀里井盖缺失，孩子差点掉进去。"


@pytest.fixture
def case(core: Core) -> int:
    """A case of a named caller, closed after a call-back with an opinion, with a photo."""
    told = {
        "caller_name": NAME,
        "caller_phone": PHONE,
        "address": ADDRESS,
        "content": CONTENT,
        "title": "鸣雀里井盖缺失",
    }
    made = confirmed(core, **told, more={"second": NAME})
    act(core, caller(core), made, "record_call", **ANSWERED, opinion="本人满意")
    photo = {"token": "t" * 16, "key": "k", "case_id": made, "kind": "image/jpeg", "size": 3, "sealed": "data_1:x"}
    with core.engine.begin() as tx:
        tx.execute(insert(attachments), {**photo, "at": core.clock.now()})
    return made


def counts(core: Core) -> dict[str, int]:
    return {one.keeping.name: one.count for one in core.retention.due() if one.count}


def erased(core: Core) -> list[str]:
    with core.engine.connect() as tx:
        query = select(audit_log.c.object).where(audit_log.c.action == "retention.erased").order_by(audit_log.c.seq)
        return list(tx.execute(query).scalars())


def stored(core: Core) -> str:
    """Every row there is, as text; on SQLite the raw file as well, free pages and all."""
    with core.engine.connect() as tx:
        told = [
            str(tuple(row)) for table in (cases, call_backs, revisions, case_legs) for row in tx.execute(select(table))
        ]
    if core.engine.dialect.name == "sqlite":
        with core.engine.connect().execution_options(single=True) as tx:
            tx.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        told.append(Path(str(core.engine.url.database)).read_bytes().decode("utf-8", "ignore"))
    return "\n".join(told)


def test_before_its_date_nothing_goes(core: Core, clock: StillClock, case: int) -> None:
    clock.advance(days=1094)
    assert {"callers", "photos", "texts"} & counts(core).keys() == set()
    core.retention.run()
    assert core.reveal(desk(core), case, "r1", "核对") == (NAME, PHONE, ADDRESS)


def test_listing_changes_nothing(core: Core, clock: StillClock, case: int) -> None:
    clock.advance(days=1096)
    before = the_case(core, case)
    assert counts(core)["callers"] == counts(core)["photos"] == 1
    assert the_case(core, case) == before
    assert erased(core) == []


def test_past_its_date_the_caller_is_gone_and_the_chain_verifies(core: Core, clock: StillClock, case: int) -> None:
    with core.engine.connect() as tx:
        happened = tx.execute(select(events).order_by(events.c.id)).all()
    clock.advance(days=1096)
    assert core.retention.run() == {"callers": 1, "photos": 1}
    row = the_case(core, case)
    assert {row[name] for name in ("caller_name", "caller_phone", "phone_index", "address")} == {None}
    assert row["more"] == {}
    assert core.find(desk(core), PHONE).items == ()
    assert row["content"] == CONTENT, "the words stay longer than who said them"
    with core.engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(attachments)).scalar_one() == 0
        assert tx.execute(select(events).order_by(events.c.id)).all() == happened
    assert erased(core) == ["retention:callers:1", "retention:photos:1"]
    assert core.verify_log().ok
    view = core.case_view(desk(core), case)
    assert view.no == row["no"]
    assert core.retention.run() == {}


def test_years_later_the_words_are_gone_too(core: Core, clock: StillClock, case: int) -> None:
    assert "鸣雀里" in stored(core)
    found = core.find(desk(core), "井盖").total
    clock.advance(days=3651)
    with core.engine.begin() as tx:  # reminders said its title; they are as old by now
        tx.execute(update(letters).values(written_at=datetime.now(UTC) - timedelta(days=3651), state="sent"))
    assert core.retention.run()["texts"] == 1
    assert the_case(core, case)["title"] == ERASED
    assert (found, core.find(desk(core), "井盖").total) == (1, 0)
    assert "鸣雀里" not in stored(core)
    assert core.verify_log().ok
    assert core.case_view(desk(core), case).title == ERASED
    assert "texts" not in core.retention.run()


def test_a_held_case_is_not_touched_until_it_is_released(core: Core, clock: StillClock, case: int) -> None:
    no, other = the_case(core, case)["no"], closed(core, caller_name="另一人", caller_phone="19900002222")
    core.retention.hold(no, "行政复议期间")
    clock.advance(days=4000)
    assert core.retention.run()["callers"] == 1
    assert the_case(core, other)["caller_name"] is None
    assert core.reveal(desk(core), case, "r1", "复议") == (NAME, PHONE, ADDRESS)
    core.retention.release(no)
    core.retention.run()
    assert the_case(core, case)["caller_name"] is None


def test_an_open_case_is_kept_whatever_its_age(core: Core, clock: StillClock) -> None:
    confirmed(core, caller_name=NAME)
    clock.advance(days=5000)
    assert {"callers", "texts"} & counts(core).keys() == set()


def test_letters_receipts_and_failed_sign_ins_go_in_real_time(core: Core, case: int) -> None:
    core.retention.run()
    long_ago = datetime.now(UTC) - timedelta(days=1200)
    with core.engine.begin() as tx:
        tx.execute(update(letters).values(written_at=long_ago, state="sent"))
        waiting = tx.execute(select(func.max(letters.c.id))).scalar_one()
        tx.execute(update(letters).where(letters.c.id == waiting).values(state="due"))
        tx.execute(update(receipts).values(at=long_ago))
        feed = {"key": "feed:hotline", "body_hash": "", "event_id": None, "answer": {"cursor": "7"}, "at": long_ago}
        tx.execute(insert(receipts), feed)
        for name, tried in (("old", long_ago), ("new", datetime.now(UTC))):
            row = {"name_and_address": name, "failures": 2, "locked_until": None, "tried_at": tried}
            tx.execute(insert(sign_in_failures), row)
    done = core.retention.run()
    assert {"letters", "receipts", "sign_ins"} <= done.keys()
    with core.engine.connect() as tx:
        assert tx.execute(select(letters.c.id)).scalars().all() == [waiting], "what still waits is not lost"
        assert "feed:hotline" in tx.execute(select(receipts.c.key)).scalars().all(), "how far a feed was read stays"
        assert tx.execute(select(sign_in_failures.c.name_and_address)).scalars().all() == ["new"]
    assert core.verify_log().ok


def test_a_run_that_is_stopped_goes_on_later(core: Core, clock: StillClock) -> None:
    for number in range(3):
        closed(core, caller_name=f"某人{number}")
    clock.advance(days=1100)
    assert core.retention.run(lambda: False) == {}
    assert core.retention.run()["callers"] == 3


def test_the_leading_worker_erases_by_itself(core: Core, clock: StillClock, case: int) -> None:
    clock.advance(days=1096)
    Timetable(core, lambda: False, None).erase_what_is_past_its_date()
    assert erased(core) == []
    Timetable(core, lambda: True, None).erase_what_is_past_its_date()
    assert erased(core) == ["retention:callers:1", "retention:photos:1"]


def test_a_hold_without_a_reason_or_a_case_is_refused(core: Core, case: int) -> None:
    with pytest.raises(FieldMissing):
        core.retention.hold(the_case(core, case)["no"], "  ")
    with pytest.raises(Unknown):
        core.retention.hold("XYRX20990101000010", "复议")
    with pytest.raises(Unknown):
        core.retention.release("x" * 900)


def test_the_operator_looks_first_and_erases_then(core: Core, clock: StillClock, case: int) -> None:
    runner, no = create_app(core).test_cli_runner(), the_case(core, case)["no"]
    clock.advance(days=1096)
    assert (
        "办结件的诉求人姓名、电话、地址：办结早于2026年3月10日 周二的 1 条"
        in runner.invoke(args=["retention", "list"]).output
    )
    assert runner.invoke(args=["retention", "hold", no, "行政复议"]).exit_code == 0
    assert runner.invoke(args=["retention", "run"]).output == "没有到期的数据。\n"
    assert runner.invoke(args=["retention", "release", no]).exit_code == 0
    assert runner.invoke(args=["retention", "release", no]).exit_code == 1
    assert "已清除 办结件的诉求人姓名、电话、地址：1 条" in runner.invoke(args=["retention", "run"]).output


def test_every_row_has_its_statements_and_the_register_knows_it() -> None:
    assert KINDS.keys() == load_retention().keys()
    register: Any = yaml.safe_load((ROOT / "core/policy/personal_data.yaml").read_text(encoding="utf-8"))
    ended_elsewhere = {"staff", "minute", "sms", "licence", "visit", "binding", "push", "day", "feed"}
    assert {row.kept for row in load_retention().values()} == set(register["kept"]) - ended_elsewhere
    for row in load_retention().values():
        if row.kept in ("receipt", "letter", "lock"):
            assert f"{row.stays.days} 日" in register["kept"][row.kept]


def test_less_than_what_must_be_kept_stops_the_start() -> None:
    row = {"title": "回执", "from": "收到", "days": 29, "least": 30, "kept": "receipt"}
    with pytest.raises(ValueError, match="receipts"):
        read_retention({"rows": {"receipts": row}})
