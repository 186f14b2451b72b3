"""The record that cannot be changed quietly: every way to tamper with it, on both databases (§5)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, func, insert, select, update

from core.chain import GENESIS, Head, LogBroken, append, event_hash, head, head_sentence, sign_day, verify
from core.entries import EVENT_COLUMNS, LATER_COLUMNS, event_form
from core.models.record import audit_log, daily_heads, events, log_head
from tests.core.log_builders import KEY, NOON, SIGNER, SIZE, a_log, an_empty_log, an_entry, an_event

TODAY = date(2026, 11, 23)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with an_empty_log(database_url) as engine:
        yield engine


@pytest.fixture
def tx(database_url: str) -> Iterator[Connection]:
    with a_log(database_url) as tx:
        yield tx


def rewrite_head(tx: Connection) -> None:
    """What an intruder with the database, but without the key, does to make the head fit the rows."""
    last = tx.execute(select(audit_log.c.seq, audit_log.c.mac).order_by(audit_log.c.seq.desc())).first()
    tx.execute(update(log_head).values(seq=last.seq if last else 0, mac=last.mac if last else GENESIS))


def cut(tx: Connection, keep: int) -> None:
    named = select(audit_log.c.event_id).where(audit_log.c.seq > keep, audit_log.c.event_id.is_not(None))
    tx.execute(delete(events).where(events.c.id.in_(named)))
    tx.execute(delete(audit_log).where(audit_log.c.seq > keep))
    rewrite_head(tx)


def test_an_untouched_log_is_whole(tx: Connection) -> None:
    verdict = verify(tx, KEY, signer=SIGNER, batch=7)
    assert verdict.ok
    assert (verdict.checked, verdict.first_broken, verdict.why, verdict.head_seq) == (SIZE, None, "", SIZE)


def test_an_empty_log_is_whole_and_may_be_signed(engine: Engine) -> None:
    with engine.connect() as tx:
        assert head(tx) == Head(0, GENESIS)
        assert verify(tx, KEY).ok
        assert append(tx, [], KEY) == 0
        assert sign_day(tx, TODAY, SIGNER, KEY).seq == 0
        assert verify(tx, KEY, signer=SIGNER).ok
        tx.rollback()


def test_append_numbers_without_gaps_in_three_statements(tx: Connection) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split()[0])

    event.listen(tx.engine, "before_cursor_execute", note)
    try:
        last = append(tx, [an_entry(number) for number in range(40)], KEY)
    finally:
        event.remove(tx.engine, "before_cursor_execute", note)
    assert seen == ["SELECT", "INSERT", "UPDATE"]
    assert last == SIZE + 40 == head(tx).seq
    assert tx.execute(select(audit_log.c.seq).order_by(audit_log.c.seq)).scalars().all() == list(range(1, last + 1))
    assert verify(tx, KEY).ok


def test_a_commit_that_fails_leaves_no_trace_and_no_gap(engine: Engine) -> None:
    with engine.connect() as tx:
        append(tx, [an_entry(1)], KEY)
        step = tx.begin_nested()
        append(tx, [an_entry(2), an_entry(3)], KEY)
        step.rollback()
        assert append(tx, [an_entry(4)], KEY) == 2
        assert verify(tx, KEY).ok
        tx.rollback()


def test_writers_at_the_same_time_make_one_chain(engine: Engine) -> None:
    with engine.begin() as tx:
        append(tx, [an_entry(0)], KEY)

    def act(number: int) -> int:
        with engine.begin() as tx:
            return append(tx, [an_entry(number), an_entry(number)], KEY)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(act, range(40))) == list(range(3, 82, 2))
    with engine.connect() as tx:
        assert verify(tx, KEY).checked == 81


def edit(tx: Connection, seq: int) -> int:
    column, value = random.choice(
        [("object", "case:999"), ("result", "done!"), ("actor_person", 99), ("at", NOON), ("mac", "f" * 64),
         ("event_hash", "0" * 64), ("reason", "x"), ("event_id", 77)]
    )  # fmt: skip
    tx.execute(update(audit_log).where(audit_log.c.seq == seq).values({column: value}))
    return seq


def remove(tx: Connection, seq: int) -> int:
    tx.execute(delete(audit_log).where(audit_log.c.seq == seq))
    return seq


def swap(tx: Connection, seq: int) -> int:
    other = random.choice([number for number in range(1, SIZE + 1) if number != seq])
    for number, to in ((seq, -1), (other, seq), (-1, other)):
        tx.execute(update(audit_log).where(audit_log.c.seq == number).values(seq=to))
    return min(seq, other)


def slip_in(tx: Connection, seq: int) -> int:
    """Make room by moving every later entry up by one, then write a forged one without the key."""
    for number in range(SIZE, seq - 1, -1):
        tx.execute(update(audit_log).where(audit_log.c.seq == number).values(seq=number + 1))
    row = dict(tx.execute(select(audit_log).where(audit_log.c.seq == seq + 1)).mappings().one())
    tx.execute(insert(audit_log), row | {"seq": seq, "object": "case:forged", "event_id": None, "event_hash": ""})
    rewrite_head(tx)
    return seq


def falsify_event(tx: Connection, seq: int) -> int:
    seq += seq % 2
    column, value = random.choice(
        [("facts", {"measures": "未抽排", "minutes": seq}), ("person_id", 99), ("name", "refused"),
         ("at", datetime(2026, 1, 1, tzinfo=UTC)), ("case_id", None),
         ("to_state", "closed"), ("source", "web"), ("post_id", None), ("unit_id", 5)]
    )  # fmt: skip
    if column == "case_id":
        tx.execute(delete(events).where(events.c.id == seq))
    else:
        tx.execute(update(events).where(events.c.id == seq).values({column: value}))
    return seq


@pytest.mark.parametrize("tamper", [edit, remove, swap, slip_in, falsify_event])
def test_fifty_random_changes_are_each_found_at_the_first_broken_entry(
    tx: Connection, tamper: Callable[[Connection, int], int]
) -> None:
    random.seed(tamper.__name__)
    for _ in range(50):
        step = tx.begin_nested()
        first = tamper(tx, random.randint(1, SIZE))
        verdict = verify(tx, KEY, batch=random.choice([1, 3, 5000]))
        assert (verdict.ok, verdict.first_broken, verdict.checked) == (False, first, first - 1), verdict
        assert verdict.why.endswith("。")
        step.rollback()
    assert verify(tx, KEY).ok


def test_a_cut_tail_with_a_repaired_head_shows_only_against_a_head_kept_elsewhere(tx: Connection) -> None:
    """The measured limit of a chain: 0 of 50 without a daily head, 50 of 50 with one, and with one from a chat."""
    random.seed("cut")
    found = {"alone": 0, "daily": 0, "chat": 0}
    kept = head(tx)
    for _ in range(50):
        keep = random.randint(0, SIZE - 1)
        step = tx.begin_nested()
        cut(tx, keep)
        found["alone"] += not verify(tx, KEY).ok
        chat = verify(tx, KEY, kept=[Head(kept.seq, kept.mac[:32])])
        found["chat"] += chat.first_broken == keep + 1
        step.rollback()
        step = tx.begin_nested()
        sign_day(tx, TODAY, SIGNER, KEY)
        cut(tx, keep)
        daily = verify(tx, KEY, signer=SIGNER)
        found["daily"] += daily.first_broken == keep + 1 and "2026-11-23" in daily.why
        step.rollback()
    assert found == {"alone": 0, "daily": 50, "chat": 50}


def test_a_cut_tail_with_the_old_head_is_found(tx: Connection) -> None:
    tx.execute(delete(audit_log).where(audit_log.c.seq > 20))
    verdict = verify(tx, KEY)
    assert (verdict.first_broken, verdict.why) == (21, "第 21 条至第 30 条缺失。")


def test_a_log_rewritten_with_the_key_no_longer_passes_through_its_daily_head(tx: Connection) -> None:
    sign_day(tx, TODAY, SIGNER, KEY)
    cut(tx, 10)
    append(tx, [an_entry(number) for number in range(11, SIZE + 5)], KEY)
    verdict = verify(tx, KEY, signer=SIGNER)
    assert verdict.first_broken == SIZE
    assert "重写" in verdict.why


def test_a_daily_head_moved_to_fit_has_no_signature(tx: Connection) -> None:
    sign_day(tx, TODAY, SIGNER, KEY)
    cut(tx, 10)
    tx.execute(update(daily_heads).values(seq=10, mac=head(tx).mac))
    assert verify(tx, KEY).ok
    verdict = verify(tx, KEY, signer=SIGNER)
    assert verdict.first_broken == 10
    assert "签名" in verdict.why


def test_entries_written_past_the_head_or_a_lost_head_are_found(tx: Connection) -> None:
    row = dict(tx.execute(select(audit_log).where(audit_log.c.seq == SIZE)).mappings().one())
    tx.execute(insert(audit_log), row | {"seq": SIZE + 1})
    assert verify(tx, KEY).first_broken == SIZE + 1
    tx.execute(delete(log_head))
    assert verify(tx, KEY).first_broken == 1


def test_an_event_that_no_entry_vouches_for_is_found(tx: Connection) -> None:
    tx.execute(insert(events), an_event(101))
    verdict = verify(tx, KEY)
    assert (verdict.ok, verdict.first_broken, verdict.why) == (False, None, "有 1 个事件在日志中没有记录。")


def test_another_key_verifies_nothing(tx: Connection) -> None:
    assert verify(tx, b"another key").first_broken == 1


def test_the_verifier_may_start_after_an_entry_already_trusted(tx: Connection) -> None:
    assert verify(tx, KEY, since=20).checked == 10
    edit(tx, 5)
    assert verify(tx, KEY, since=20).ok
    assert verify(tx, KEY, since=SIZE).ok
    assert verify(tx, KEY, since=SIZE + 3).first_broken == SIZE + 3
    cut(tx, 19)
    assert not verify(tx, KEY, since=20).ok


def test_a_day_is_signed_once_and_says_so_in_one_sentence(tx: Connection) -> None:
    first = sign_day(tx, TODAY, SIGNER, KEY)
    append(tx, [an_entry(31)], KEY)
    assert sign_day(tx, TODAY, SIGNER, KEY) == first
    later = sign_day(tx, TODAY + timedelta(days=1), SIGNER, KEY)
    assert (first.seq, later.seq) == (30, 31)
    assert verify(tx, KEY, signer=SIGNER).ok
    sentence = head_sentence(first)
    assert sentence.startswith("2026 年 11 月 23 日操作日志共 30 条，末条校验码 ")
    assert first.mac[:32] in sentence


def test_a_forged_end_is_not_signed(tx: Connection) -> None:
    row = dict(tx.execute(select(audit_log).where(audit_log.c.seq == SIZE)).mappings().one())
    tx.execute(insert(audit_log), row | {"seq": SIZE + 1})
    rewrite_head(tx)
    with pytest.raises(LogBroken):
        sign_day(tx, TODAY, SIGNER, KEY)
    assert tx.execute(select(func.count()).select_from(daily_heads)).scalar() == 0


def test_the_hash_of_an_event_covers_every_column_and_ignores_how_facts_arrive() -> None:
    assert {*EVENT_COLUMNS, *LATER_COLUMNS} == {column.name for column in events.c}
    row = an_event(1)
    told = event_hash(row)
    assert event_hash(row | {"facts": '{"measures":"抽排","minutes":1}'}) == told
    assert event_hash({name: value for name, value in row.items() if value is not None}) == told
    changed = {
        name: event_hash(row | {name: NOON + timedelta(microseconds=1) if name == "at" else "另"}) for name in row
    }
    assert told not in changed.values()
    assert len(set(changed.values())) == len(row)
    form = event_form({name: value for name, value in row.items() if name not in ("id", "at", "facts")})
    assert form.hash(row["at"], row["id"], '{"measures":"抽排","minutes":1}') == told
    assert form.hash(row["at"], row["id"], '{"measures":"\\"facts\\":\\"\\"","minutes":1}') != told
    later = {name: event_hash(row | {name: 7}) for name in LATER_COLUMNS}
    assert event_form(row | {"joint_id": 7}).hash(row["at"], 1, '{"measures":"抽排","minutes":1}') == later["joint_id"]
    assert len({told, *later.values()}) == len(LATER_COLUMNS) + 1  # filled in afterwards, it is another event
