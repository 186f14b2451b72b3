"""The operator's commands: the backup drill with damaged files, key rotation, the log's verdict, pull and replay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import ClickException
from sqlalchemy import func, select, text, update

from core import Core, build_core
from core.append_only import DROP_TRIGGERS
from core.backup import BackupFault, back_up, tables
from core.crypto import Sm4Cipher, SoftVault, check_password, place, practice_secrets
from core.models.cases import cases
from core.models.people import accounts
from core.models.record import audit_log
from core.restore import restore
from core.sealed import SEALED, reseal
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.webapp.machine_room import machine_app
from tests.webapp.town import Town, build, settings_for
from webapp.replay import read_messages


@pytest.fixture
def core(migrated_url: str, clock: StillClock) -> Iterator[Core]:
    made = build(migrated_url, clock)
    town = Town(made, clock)
    for number in range(4):
        case = town.register(number)
        town.act("desk", case, "dispatch", lead="water", opinion="请办理")
    with made.engine.begin() as tx:
        tx.execute(update(cases).where(cases.c.id == 2).values(parent_id=3))  # a row that refers to a later one
    yield made
    made.engine.dispose()


@pytest.fixture
def elsewhere(tmp_path: Path, clock: StillClock) -> Iterator[Core]:
    """An empty database to restore into, always SQLite: a backup fits either kind."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    made = build_core(settings_for(SQLite().prepared(migrated, folder)), clock)
    yield made
    made.engine.dispose()


def rows_of(core: Core) -> dict[str, list[tuple[object, ...]]]:
    with core.engine.connect() as tx:
        return {t.name: [tuple(row) for row in tx.execute(select(t).order_by(*t.primary_key))] for t in tables()}


def test_a_backup_comes_back_row_by_row(core: Core, elsewhere: Core, tmp_path: Path) -> None:
    path = back_up(core.engine, core.vault, tmp_path / "backups")
    done = restore(elsewhere.engine, elsewhere.vault, path)
    assert rows_of(elsewhere) == rows_of(core)
    assert done.entries == core.verify_log().head_seq
    assert done.sealed >= 3
    assert elsewhere.verify_log().ok
    assert not list((tmp_path / "backups").glob("*.part"))


def test_the_product_goes_on_after_a_restore(
    core: Core, request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock
) -> None:
    """The same kind of database as the source: numbers given out by it go on after the highest."""
    path = back_up(core.engine, core.vault, tmp_path)
    if core.engine.dialect.name == "postgresql":
        with request.getfixturevalue("postgresql").database(migrated) as url:
            _goes_on(url, path, clock)
    else:
        folder = tmp_path / "again"
        folder.mkdir()
        _goes_on(SQLite().prepared(migrated, folder), path, clock)


def _goes_on(url: str, path: Path, clock: StillClock) -> None:
    again = build_core(settings_for(url), clock)
    restore(again.engine, again.vault, path)
    assert Town(again, clock).register(9) > 4
    assert again.verify_log().ok
    again.engine.dispose()


def test_nothing_personal_can_be_read_in_the_file(core: Core, tmp_path: Path) -> None:
    raw = back_up(core.engine, core.vault, tmp_path).read_bytes()
    for word in ("吴海生", "19900001234", "港口路", "case.registered"):
        assert word.encode() not in raw


@pytest.mark.parametrize("damage", ["flip", "cut", "cut at piece", "swap name", "empty", "text"])
def test_a_damaged_file_restores_nothing(core: Core, elsewhere: Core, tmp_path: Path, damage: str) -> None:
    path = back_up(core.engine, core.vault, tmp_path)
    raw = path.read_bytes()
    head = raw.index(b"\n") + 1
    damaged = {
        "flip": raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :],
        "cut": raw[:-20],
        "cut at piece": raw[:head],
        "swap name": raw.replace(b'"name":"', b'"name":"0', 1),
        "empty": b"",
        "text": b"hello\n" * 100,
    }[damage]
    path.chmod(0o600)
    path.write_bytes(damaged)
    with pytest.raises(BackupFault):
        restore(elsewhere.engine, elsewhere.vault, path)
    with elsewhere.engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(cases)).scalar_one() == 0
    assert elsewhere.verify_log().ok


def test_without_its_key_a_backup_does_not_open(core: Core, elsewhere: Core, tmp_path: Path) -> None:
    path = back_up(core.engine, core.vault, tmp_path)
    other = SoftVault({**{k: v for k, v in practice_secrets().items() if k != "data_1"}, "data_2": os.urandom(16)})
    with pytest.raises(BackupFault, match="data_1"):
        restore(elsewhere.engine, other, path)


def test_a_database_in_use_is_never_restored_into(core: Core, tmp_path: Path) -> None:
    path = back_up(core.engine, core.vault, tmp_path)
    before = rows_of(core)
    with pytest.raises(BackupFault, match="空库"):
        restore(core.engine, core.vault, path)
    assert rows_of(core) == before


def test_a_backup_of_a_tampered_log_fails_loudly(core: Core, elsewhere: Core, tmp_path: Path) -> None:
    _tamper(core)
    path = back_up(core.engine, core.vault, tmp_path)
    with pytest.raises(BackupFault, match="日志核验不通过"):
        restore(elsewhere.engine, elsewhere.vault, path)


def _tamper(core: Core) -> None:
    with core.engine.begin() as tx:
        for statement in DROP_TRIGGERS[core.engine.dialect.name]:
            tx.execute(text(statement))
        tx.execute(update(audit_log).where(audit_log.c.seq == 3).values(result="refused"))


def test_old_values_are_sealed_again_under_the_new_key(core: Core) -> None:
    vault = SoftVault({**practice_secrets(), "data_2": os.urandom(16)})
    assert reseal(core.engine, vault) == 12
    assert reseal(core.engine, vault) == 0
    cipher = Sm4Cipher(vault)
    with core.engine.connect() as tx:
        for row in tx.execute(select(cases)):
            assert row.caller_phone.startswith("data_2:")
            assert cipher.open(row.caller_phone, place("cases", "caller_phone", row.no)) == "19900001234"


def test_every_sealed_column_is_on_the_list(core: Core) -> None:
    """A value that opens nowhere on the list would be lost at the next rotation."""
    listed = {(one.table.name, one.column) for one in SEALED}
    with core.engine.connect() as tx:
        for table in tables():
            for row in tx.execute(select(table)).mappings():
                for name, value in row.items():
                    if "data_1:" in str(value):
                        assert (table.name, name) in listed


# --- the commands themselves ---


def run(core: Core, *arguments: str) -> tuple[int, str]:
    result = machine_app(core).test_cli_runner().invoke(args=list(arguments))
    return result.exit_code, result.output


def test_verify_log_names_the_first_broken_entry(core: Core) -> None:
    code, said = run(core, "verify-log")
    assert code == 0
    assert "日志完好" in said
    _tamper(core)
    code, said = run(core, "verify-log")
    assert code == 1
    assert "第 3 条" in said


def test_backup_and_restore_by_command(core: Core, elsewhere: Core, tmp_path: Path) -> None:
    code, said = run(core, "backup", str(tmp_path / "b"))
    assert code == 0, said
    path = next((tmp_path / "b").glob("*.backup"))
    assert path.stat().st_mode & 0o777 == 0o600
    code, said = run(elsewhere, "restore", str(path))
    assert code == 0, said
    assert "已恢复" in said
    code, said = run(elsewhere, "restore", str(path))
    assert code == 1
    assert "空库" in said


def test_a_client_is_added_changed_and_closed(core: Core) -> None:
    assert "appsecret：" in run(core, "client", "add", "screen-1", "区大屏")[1]
    assert run(core, "client", "add", "screen-1", "区大屏")[0] == 1
    assert run(core, "client", "add", "Screen 1", "区大屏")[0] == 1
    assert run(core, "client", "rotate", "screen-1")[0] == 0
    assert run(core, "client", "rotate", "nobody")[0] == 1
    assert run(core, "client", "close", "screen-1")[0] == 0


def test_rotate_keys_by_command(core: Core) -> None:
    assert run(core, "rotate-keys") == (0, "已用「data_1」重新加密 0 个字段、0 个文件。\n")


def test_a_feed_that_is_away_is_one_sentence(core: Core) -> None:
    code, said = run(core, "feed", "pull")
    assert code == 1
    assert "没有拉取成功" in said


# --- replay ---

MESSAGES = """留言编号,留言用户,留言主题,留言时间,留言详情,点赞数,反对数
2,A1,港口路积水投诉,2019/3/2 10:00:00,"雨后
积水",0,0
1,A2,建议增设路灯,2019-03-01 08:30:00,很黑,0,0
3,A3,,2019-03-03 08:30:00,只有正文,0,0
4,A4,没有时间,,正文,0,0
"""


def test_public_messages_become_tickets_in_the_order_of_their_times(tmp_path: Path) -> None:
    file = tmp_path / "messages.csv"
    file.write_text(MESSAGES, encoding="utf-8")
    tickets = read_messages(file)
    assert [ticket["ticket_no"] for ticket in tickets] == ["LY1", "LY2", "LY3"]
    assert [ticket["type"] for ticket in tickets] == ["建议", "投诉", "求助"]
    assert all(ticket["place"] and ticket["title"] for ticket in tickets)
    assert read_messages(file) == tickets


def test_an_unknown_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ClickException, match="认不出"):
        read_messages(file)


def test_an_account_opens_with_a_password_shown_once(core: Core) -> None:
    code, said = run(core, "account", "water")
    assert code == 0, said
    first = said.split("初始密码：")[1].strip()
    second = run(core, "account", "water")[1].split("初始密码：")[1].strip()
    with core.engine.connect() as tx:
        stored = tx.execute(select(accounts.c.password_hash).where(accounts.c.login == "water")).scalar_one()
    assert check_password(second, stored, core.vault)
    assert not check_password(first, stored, core.vault)
    assert run(core, "account", "nobody")[0] == 1


def test_a_district_is_imported_from_two_files(core: Core, tmp_path: Path) -> None:
    broken = tmp_path / "units.yaml"
    broken.write_text("- {code: only}\n", encoding="utf-8")
    code, said = run(core, "import-district", str(broken), str(broken))
    assert code == 1
    assert "没有导入" in said
    seed = Path(__file__).parents[2] / "core/policy/seed"
    code, said = run(core, "import-district", str(seed / "units.yaml"), str(seed / "people.yaml"))
    assert code == 0, said
    assert "已导入" in said
