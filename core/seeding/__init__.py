"""Fills an empty practice database: the invented district, its console accounts, and two months of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from core import logbook
from core.commits import CommitLine, Job
from core.crypto import hash_password, token_hash
from core.entries import Entry
from core.facade import Core
from core.models.people import accounts, api_clients, people
from core.seeding.cases import seed_cases
from core.seeding.codes import seed_codes
from core.seeding.district import District, WrongDistrict, faults_of, practice_district, take_in
from core.seeding.licences import seed_licences
from core.seeding.papers import seed_papers
from core.settings import WrongSettings

PASSWORD = "practice-2026"
LOGINS = (
    "p001",
    "p009",
    "p011",
    "p015",
    "p017",
    "p018",
    "p019",
    "p020",
    "p021",
    "p022",
    "p023",
    "p121",
    "p138",
    "p232",
)
"""Who may sign in to the practice console: leader, desk, the three administrators, heads, clerks, the licence clerk."""
CLIENT = ("practice", "practice", "练习用接口")
LEADERS = frozenset({"district_leader", "desk_head", "unit_head"})


def import_district(core: Core, district: District) -> int:
    """Take a district's units and people in, in one commit with its entry in the log; returns how many are known.

    Safe to repeat after a correction; also for a district in production. Raises WrongDistrict. Nobody gets an account.
    """
    return len(_import(core, district, practice=False))


def seed(core: Core, *, cases: int = 320, days: int = 60, force: bool = False) -> str:
    """Everything a practice ground starts from; says in Chinese what was done.

    Where cases are known already nothing happens, unless `force` adds another set. Raises WrongSettings in production.
    """
    _refuse_production(core)
    known = core.machine_cases(size=1).total
    if known and not force:
        return f"已有 {known} 件办件，没有再写入练习数据。"
    seed_people(core, core.clock.now() - timedelta(days=days))
    held, papers = seed_licences(core), seed_papers(core)
    seed_codes(core)
    told = seed_cases(core, cases, days, seed=2026 + known, busy=True)
    logins = "\n".join(_login_line(login) for login in LOGINS)
    done = f"{_count(core)} 名人员、{told.cases} 件办件、{held} 份证照、{papers} 份资料"
    return f"已写入 {done}。控制台口令 {PASSWORD}，账号：\n{logins}"


def seed_people(core: Core, at: datetime | None = None) -> None:
    """The practice district with its accounts and API client; safe to repeat. Raises WrongSettings in production.

    `at` is the business moment the log gives, now unless said otherwise.
    """
    _refuse_production(core)
    _import(core, practice_district(), at, practice=True)


def town(core: Core) -> None:
    """The small world of the tests: everybody, no cases."""
    seed_people(core)


def _import(core: Core, district: District, at: datetime | None = None, *, practice: bool) -> dict[str, int]:
    if found := faults_of(district, core.policy):
        raise WrongDistrict("; ".join(found))

    def work(tx: Connection) -> tuple[dict[str, int], Sequence[Entry]]:
        ids = take_in(tx, district, core.cipher, core.indexer)
        if practice:
            _open_accounts(tx, core, ids)
            _open_client(tx, core)
        what = f"people:{len(district.people)}"
        return ids, (logbook.entry(at or core.clock.now(), None, "district.imported", what, "done", channel="system"),)

    ids: dict[str, int] = CommitLine(core.engine, core.chain_key).submit(Job(0, work, lambda _tx, _no: None))
    core.directory.forget()
    return ids


def _count(core: Core) -> int:
    with core.engine.connect().execution_options(readonly=True) as tx:
        return tx.execute(select(func.count()).select_from(people)).scalar_one()


def _login_line(login: str) -> str:
    person = next(row for row in practice_district().people if row.code == login)
    unit = next(row.short for row in practice_district().units if row.code == person.posts[0].unit)
    return f"  {login}  {unit} {person.posts[0].title} {person.name}"


def _refuse_production(core: Core) -> None:
    if core.settings.profile == "production":
        raise WrongSettings("正式环境不写入练习数据，请导入本区自己的单位和人员。")


def _open_accounts(tx: Connection, core: Core, ids: dict[str, int]) -> None:
    """One shared practice password, stretched once; whoever has an account keeps it."""
    known = set(tx.execute(select(accounts.c.login)).scalars())
    if missing := [login for login in LOGINS if login not in known]:
        stored = hash_password(PASSWORD, core.vault)
        rows = [{"person_id": ids[login], "login": login, "password_hash": stored, "active": True,
                 "practice": True} for login in missing]  # fmt: skip
        tx.execute(insert(accounts), rows)


def _open_client(tx: Connection, core: Core) -> None:
    """An API client whose secret everybody may know, stored as `core.machines` keeps secrets."""
    appid, secret, title = CLIENT
    if tx.execute(select(api_clients.c.appid).where(api_clients.c.appid == appid)).first() is None:
        key = core.vault.current("pepper")
        row = {
            "appid": appid, "title": title, "secret_hash": f"{key.label}:{token_hash(secret, key.secret)}",
            "secret_hash_2": None, "scopes": {"read": ["cases"]}, "active": True,
        }  # fmt: skip
        tx.execute(insert(api_clients), row)
