"""Directory imports from first look to last line: compared, shown, confirmed, and done through the registers' door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, select

from core.arrivals.opening import open_sheet
from core.crypto import Cipher, Indexer
from core.errors import NotYours, Refusal, Unknown
from core.models.roster import directory_imports
from core.people import Actor
from core.policy.arrivals import arrival_rules
from core.policy.registers import load_registers
from core.policy.roster import roster_rules
from core.ports import Clock, DirectorySource, PartRead
from core.queries.people import DirectoryCache
from core.register import Amend, Registers
from core.register.choices import choices_of
from core.register.shelf import SHELF
from core.roster import shelf
from core.roster.compare import compare
from core.roster.known import read_known
from core.roster.plan import DONE, HELD, READY, REFUSED, Line, Plan, PlanView
from core.roster.sheets import Reader
from core.work import World
from core.worktime import local_date

SOURCES = {"sheet": "表格", "dingtalk": "钉钉通讯录", "opus": "党政网组织目录"}
TITLES = {"checked": "待确认", "done": "已完成", "dropped": "已放弃"}
MAY = ("system_admin", "security_admin")
ROSTER = Actor(None, None, None, "system_admin", "组织同步", system="roster")
"""Who changes, as a system administrator would, what may change without asking: people, few at a time."""


class RosterEmpty(Refusal):
    text = "「{source}」的名单是空的，没有改动任何人，请先核对。"


class RosterBroken(Refusal):
    text = "没有从「{source}」读到完整的名单（{why}），没有改动任何人。"
    status = 424


class LeavingUnconfirmed(Refusal):
    text = "这次要停用 {count} 人，比平常多，请勾选确认后再执行。"
    status = 422


class ImportOver(Refusal):
    text = "这次导入{how}，请重新导入。"


class Wired(Protocol):
    """The parts of the core that are used here."""

    engine: Engine
    clock: Clock
    directory: DirectoryCache
    registers: Registers

    @property
    def cipher(self) -> Cipher: ...

    @property
    def indexer(self) -> Indexer: ...

    def world(self) -> World: ...

    def say(self, key: str, person_id: int, text: str, title: str) -> bool: ...

    def note(self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
             address: str = "") -> None: ...  # fmt: skip

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Rosters:
    """Takes lists of people in. The system administrator confirms units and people, the security one posts."""

    def __init__(self, core: Wired) -> None:
        self._core = core

    def bring(self, actor: Actor | None, name: str, raw: bytes) -> int:
        """Read and compare a sheet; nothing is changed. Returns the import's id. Raises WrongFile, NotYours."""
        self._may(actor)
        rows = open_sheet(raw, arrival_rules().sheet)
        core = self._core
        with core.engine.connect().execution_options(readonly=True) as tx:
            registers, world = load_registers(), core.world()
            choices = {name: choices_of(tx, registers[name], world) for name in ("unit", "person", "post")}
            rows_of = {name: {row["key"]: row for row in SHELF[name].all(tx)} for name in ("unit", "person")}
            reader = Reader(
                read_known(tx, "sheet"), rows_of["unit"], rows_of["person"], choices,
                lambda phone: core.indexer.index(phone, "phone"), local_date(core.clock.now()),
            )  # fmt: skip
        return self._keep(actor, "sheet", name, reader.plan(rows))

    def look(self, actor: Actor | None, source: DirectorySource) -> int:
        """Read an outside directory to its end and compare; nothing is changed.

        Raises RosterBroken when it was not read to its end, RosterEmpty when it names nobody: both are alarms (A6).
        """
        self._may(actor)
        core, rules, title = self._core, roster_rules(), SOURCES[source.name]
        try:
            outside = source.whole()
        except PartRead as fault:
            self._alarm(source.name, f"没有从「{title}」读到完整的名单（{fault}），没有改动任何人。")
            raise RosterBroken(source=title, why=str(fault)) from None
        if not outside.people:
            self._alarm(source.name, f"「{title}」的名单是空的，没有改动任何人，请核对对方系统和权限。")
            raise RosterEmpty(source=title)
        with core.engine.connect().execution_options(readonly=True) as tx:
            known = read_known(tx, source.name)
        plan = compare(source.name, outside, known, lambda phone: core.indexer.index(phone, "phone"), rules)
        return self._keep(actor, source.name, title, plan)

    def sync(self, source: DirectorySource) -> PlanView:
        """The clock's part: look, do what may be done without asking, tell the administrators of the rest."""
        import_id = self.look(None, source)
        view, rules = self.view(None, import_id), roster_rules()
        plan = view.plan
        if view.state == "checked" and not view.must_confirm and plan.count("person", "add") <= rules.arriving:
            view = self.apply(ROSTER, import_id)
        if view.state == "checked" or any(line.state == HELD for line in plan.lines):
            words = f"{SOURCES[source.name]}同步：{told(view.plan)}，请在「设置」的「组织导入」里确认。"
            self._tell(f"roster:{import_id}", words)
        return view

    def view(self, actor: Actor | None, import_id: int) -> PlanView:
        """One import as its page shows it. Raises NotYours, Unknown."""
        self._may(actor)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            row, plan = shelf.opened(tx, self._core.cipher, import_id)
        return self._seen(actor, row, plan)

    def latest(self, actor: Actor, most: int = 10) -> tuple[PlanView, ...]:
        """The latest imports, newest first, without their lines. Raises NotYours."""
        self._may(actor)
        query = select(directory_imports).order_by(directory_imports.c.id.desc()).limit(most)
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            return tuple(self._seen(actor, row, Plan(())) for row in tx.execute(query).mappings())

    def apply(self, actor: Actor, import_id: int, *, leaving_confirmed: bool = False) -> PlanView:
        """Do the lines this actor may do, each through the registers' door; a line refused there is told, not done.

        Raises LeavingUnconfirmed when more people would be disabled than may be without a word, ImportOver, NotYours.
        """
        core, view = self._core, self.view(actor, import_id)
        if view.state != shelf.CHECKED:
            raise ImportOver(how=TITLES[view.state])
        if view.must_confirm and not leaving_confirmed and actor.role in load_registers()["person"].writes:
            raise LeavingUnconfirmed(count=view.plan.leaving)
        lines = tuple(
            self._do(actor, view, number, line) if self._is_mine(actor, line) else line
            for number, line in enumerate(view.plan.lines)
        )
        plan = replace(view.plan, lines=lines, links=())

        def run(tx: Connection) -> None:
            row, _ = shelf.opened(tx, core.cipher, import_id)
            shelf.link(tx, view.source, view.plan.links)
            over = not any(line.state == READY for line in lines)
            shelf.settle(tx, core.cipher, row, plan, core.clock.now(), over=over)

        done = sum(line.state == DONE for line in lines)
        core._write(actor, "roster.applied", f"roster:{import_id}:{done}", run)
        core.directory.forget()
        after = self.view(actor, import_id)
        return after if after.state == shelf.CHECKED else replace(after, plan=plan)

    def drop(self, actor: Actor, import_id: int) -> None:
        """Keep nothing of it. Raises ImportOver, NotYours, Unknown."""
        if (view := self.view(actor, import_id)).state != shelf.CHECKED:
            raise ImportOver(how=TITLES[view.state])
        now = self._core.clock.now()
        self._core._write(actor, "roster.dropped", f"roster:{import_id}", lambda tx: shelf.drop(tx, import_id, "", now))

    def wipe(self) -> None:
        """Imports nobody confirmed in time keep nothing of what they said."""
        core, now = self._core, self._core.clock.now()
        with core.engine.connect().execution_options(readonly=True) as tx:
            old = shelf.stale(tx, now - roster_rules().keep)
        for one in old:

            def run(tx: Connection, one: int = one) -> None:
                shelf.drop(tx, one, "到期未确认", now)

            core._write(None, "roster.dropped", f"roster:{one}", run)

    def _do(self, actor: Actor, view: PlanView, number: int, line: Line) -> Line:
        """One line through the door; its key names the import and the line, so that it is done once."""
        core = self._core
        reason = (
            f"{SOURCES[view.source]}，第 {view.id} 次组织导入" if line.act != "add" or line.register == "post" else ""
        )
        try:
            with core.engine.connect().execution_options(readonly=True) as tx:
                values = self._values(tx, line)
            amend = Amend(
                f"roster:{view.id}:{number}:{line.register}", line.register, line.act, line.row, values, actor, reason,
                "web" if actor.person else "clock",
            )  # fmt: skip
            done = core.registers.write(amend)
        except Refusal as no:
            return line.ended(REFUSED, str(no))
        if line.link[0] and view.source != "sheet":
            with core.engine.begin() as tx:
                shelf.link(tx, view.source, [(*line.link, shelf.person_id(tx, done.no))])
        return line.ended(DONE)

    def _values(self, tx: Connection, line: Line) -> dict[str, str]:
        """The form's values, a person and a unit named by their codes turned into the ids they have by now."""
        values = dict(line.values)
        if line.register == "post" and line.act == "add":
            values["person_id"] = str(shelf.person_id(tx, line.who))
        if line.unit:
            found = self._core.directory().by_word.get(line.unit)
            if found is None:
                raise Unknown(what=line.unit)
            values["unit_id" if line.register == "post" else "parent_id"] = str(found)
        return values

    def _keep(self, actor: Actor | None, source: str, name: str, plan: Plan) -> int:
        core, now = self._core, self._core.clock.now()
        person = actor.person if actor else None
        made: int = core._write(
            actor, "roster.checked", f"roster:{source}",
            lambda tx: shelf.keep(tx, core.cipher, source, name, plan, person, now),
        )  # fmt: skip
        return made

    def _seen(self, actor: Actor | None, row: Any, plan: Plan) -> PlanView:
        ready = [line for line in plan.lines if line.state == READY]
        mine = sum(self._is_mine(actor, line) for line in ready)
        leaving = sum(line.register == "person" and line.act == "retire" for line in ready)
        must = row["source"] != "sheet" and roster_rules().wants_confirmation(leaving, plan.known)
        return PlanView(
            row["id"], row["source"], row["name"], row["state"], TITLES[row["state"]], row["made_at"], plan, mine,
            len(ready) - mine, must, row["why"],
        )  # fmt: skip

    @staticmethod
    def _is_mine(actor: Actor | None, line: Line) -> bool:
        return actor is not None and line.state == READY and actor.role in load_registers()[line.register].writes

    @staticmethod
    def _may(actor: Actor | None) -> None:
        if actor is not None and actor.role not in MAY:
            raise NotYours(holder="系统管理员和安全管理员", action="导入组织人员")

    def _alarm(self, source: str, words: str) -> None:
        self._tell(f"roster-broken:{source}:{self._core.clock.now():%Y%m%d%H}", words)
        self._core.note(None, "roster.broken", f"roster:{source}", "refused", "PartRead", channel="system")

    def _tell(self, key: str, words: str) -> None:
        for role in MAY:
            for holder in self._core.directory().by_role.get(role, ()):
                self._core.say(f"{key}:{holder.person}", holder.person, words, "组织导入")


def told(plan: Plan) -> str:
    """「新增 3 人，变动 2 人，停用 1 人，岗位 4 项」."""
    parts = [
        ("单位", plan.count("unit", "add") + plan.count("unit", "change") + plan.count("unit", "retire"), "项"),
        ("新增", plan.count("person", "add"), "人"), ("变动", plan.count("person", "change"), "人"),
        ("停用", plan.leaving, "人"),
        ("岗位", sum(line.register == "post" for line in plan.lines), "项"),
    ]  # fmt: skip
    return "，".join(f"{word} {count} {unit}" for word, count, unit in parts if count) or "没有变动"
