"""Opening a case: from a chat form, a page, a 12345 ticket; and taking in a ticket's changed text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select

from core import word_index
from core.applying import apply, follow
from core.canon import canonical
from core.commits import CommitLine, Job
from core.crypto import Cipher, Indexer, place
from core.decide import check_text
from core.entries import Entry
from core.errors import BadField, FieldMissing, NotYours, before_writing
from core.execute import open_work
from core.likeness.near import keep_grams, renew_grams
from core.models.cases import cases, revisions
from core.models.registers import service_types, sources
from core.notices import letters_of
from core.numbers import next_number
from core.people import Actor
from core.policy import URGENCIES
from core.ports import Clock, Ticket
from core.receipts import Done, answered, keep_receipt, refuse
from core.sm import sm3
from core.work import Work, World
from core.worktime import local_date

KNOWN = select(cases.c.id, cases.c.no, cases.c.revision).where(
    cases.c.channel == bindparam("channel"), cases.c.outside_no == bindparam("outside_no")
)
PARENT = select(cases.c.id).where(
    or_(
        cases.c.no == bindparam("parent_no"),
        and_(cases.c.channel == bindparam("channel"), cases.c.outside_no == bindparam("parent_no")),
    )
)
SOURCE = (
    select(sources.c.valid_from, sources.c.valid_to)
    .where(sources.c.code == bindparam("code"))
    .with_for_update(read=True, key_share=True)
)
SERVICE = select(service_types.c.valid_from, service_types.c.valid_to).where(service_types.c.code == bindparam("code"))
EVER = (date.min, None)
NEW_CASE = insert(cases).returning(cases.c.id)
LIMITS = (
    ("title", "标题", 100), ("content", "内容", 5000), ("place", "地点", 200), ("outside_no", "来件编号", 64),
    ("caller_name", "诉求人", 50), ("caller_phone", "联系电话", 40), ("address", "详细地址", 200), ("town", "镇街", 40),
    ("community", "社区", 60), ("service_type", "服务类型", 40), ("class_code", "诉求分类", 20),
    ("parent_no", "关联工单", 64),
)  # fmt: skip
"""The texts of a ticket: name, label, most characters, as the feed's own door has them."""
MOST_MORE, LAST_REVISION = 20_000, 1_000_000


class Intake:
    """The door for what is new. Idempotent by key, and by outside number and revision for what comes from outside."""

    def __init__(
        self, line: CommitLine, world: Callable[[], World], clock: Clock, cipher: Cipher, indexer: Indexer
    ) -> None:
        self._line, self._world, self._clock = line, world, clock
        self._cipher, self._indexer = cipher, indexer

    def register(self, key: str, ticket: Ticket, actor: Actor, source: str) -> Done:
        """A new case, a new revision of a known one, or what was answered before.

        Raises FieldMissing, BadField, TooLong.
        """
        now, digest = self._clock.now(), _digest(ticket, actor)
        outside = ticket.outside_no[:64] if ticket.outside_no.isprintable() else ""
        job = Job(
            0,
            lambda tx: self._run(tx, key, digest, ticket, actor, source, now),
            lambda tx, no: refuse(tx, key, digest, actor, "case.registered", f"outside:{outside}", now, no),
        )
        done: Done = self._line.submit(job)
        return done

    def _run(
        self, tx: Connection, key: str, digest: str, ticket: Ticket, actor: Actor, source: str, now: datetime
    ) -> tuple[Done, Sequence[Entry]]:
        world = self._world()
        with before_writing():
            if earlier := answered(tx, key, digest):
                return earlier, ()
            _check(world, ticket, actor)
        known = None
        if ticket.outside_no:
            ids = {"channel": ticket.channel, "outside_no": ticket.outside_no}
            known = tx.execute(KNOWN, ids).first()
        if known is None:
            return self._open(tx, key, digest, ticket, actor, source, now, world)
        return self._revise(tx, key, digest, ticket, actor, source, now, world, known)

    def _open(
        self,
        tx: Connection,
        key: str,
        digest: str,
        ticket: Ticket,
        actor: Actor,
        source: str,
        now: datetime,
        world: World,
    ) -> tuple[Done, Sequence[Entry]]:
        _check_choices(tx, ticket, local_date(now))
        no = next_number(tx, ticket.channel, local_date(now))
        row = self._row(no, ticket, actor, now)
        row["parent_id"] = _parent(tx, ticket)
        row["id"] = tx.execute(NEW_CASE, row).scalar_one()
        word_index.CASES.note(tx, row["id"], (row[name] for name in word_index.CASES.columns))
        keep_grams(tx, row)
        work = Work(tx, world, now, actor, source, {}, row, [])
        facts = {"channel": ticket.channel, "revision": ticket.revision}
        event = work.record("case", "registered", None, "", "pending", facts)
        work.flush()
        letters_of(work)
        done = Done(event, row["id"], no, "case.registered", f"已登记，编号 {no}")
        keep_receipt(tx, key, digest, done, now)
        return done, work.entries

    def _revise(
        self,
        tx: Connection,
        key: str,
        digest: str,
        ticket: Ticket,
        actor: Actor,
        source: str,
        now: datetime,
        world: World,
        known: Any,
    ) -> tuple[Done, Sequence[Entry]]:
        """A known outside number: a newer revision changes the text, an older one is only kept as history."""
        if ticket.revision <= known.revision:
            return self._older(tx, key, digest, ticket, now, known), ()
        form = {"revision": str(ticket.revision), "title": ticket.title, "content": ticket.content}
        work = open_work(tx, world, known.id, actor, now, source, form)
        flow = world.policy.flows["case"]
        move = flow.candidates("revise", work.case["state"])[0]
        event = apply(work, flow, move, None)
        renew_grams(tx, work.case)
        follow(work, None)
        work.flush()
        letters_of(work)
        done = Done(event, known.id, known.no, "case.revised", f"已更新 {known.no}")
        keep_receipt(tx, key, digest, done, now)
        return done, work.entries

    @staticmethod
    def _older(tx: Connection, key: str, digest: str, ticket: Ticket, now: datetime, known: Any) -> Done:
        kept = select(revisions.c.id).where(revisions.c.case_id == known.id, revisions.c.revision == ticket.revision)
        if ticket.revision < known.revision and tx.execute(kept).first() is None:
            row = {"case_id": known.id, "revision": ticket.revision, "title": ticket.title, "content": ticket.content}
            tx.execute(insert(revisions), {**row, "at": now})
        done = Done(0, known.id, known.no, "case.registered", f"已收到过 {known.no}", True)
        keep_receipt(tx, key, digest, done, now)
        return done

    def _row(self, no: str, ticket: Ticket, actor: Actor, now: datetime) -> dict[str, Any]:
        sealed = {
            name: self._cipher.seal(value, place("cases", name, no)) if value else None
            for name, value in (
                ("caller_name", ticket.caller_name),
                ("caller_phone", ticket.caller_phone),
                ("address", ticket.address),
            )
        }
        return {
            "no": no, "no_reversed": no[::-1], "state": "pending", "seq": 1, "channel": ticket.channel,
            "outside_no": ticket.outside_no or None, "revision": ticket.revision, "parent_id": None,
            "registered_at": now, "registered_by": actor.post, "registered_unit": actor.unit, **sealed,
            "phone_index": self._indexer.index(ticket.caller_phone, "phone") if ticket.caller_phone else None,
            "keep_secret": ticket.keep_secret, "wants_reply": ticket.wants_reply, "type": ticket.type,
            "service_type": ticket.service_type, "class_code": ticket.class_code, "title": ticket.title.strip(),
            "content": ticket.content.strip(), "town": ticket.town, "community": ticket.community,
            "place": ticket.place.strip(), "more": self._seal_more(no, ticket), "urgency": ticket.urgency,
            "hard": ticket.hard, "sensitive": ticket.sensitive, "supervised": False, "lead_unit": None,
            "first_dispatched_at": None, "dispatches": 0, "returns": 0, "redos": 0, "due_at": None,
            "original_due_at": None, "provisional": False, "reply": None, "finished_at": None, "outcome": None,
            "changed_at": now,
        }  # fmt: skip

    def _seal_more(self, no: str, ticket: Ticket) -> dict[str, Any]:
        """The rest of the ticket may name people, so it is sealed as one text."""
        rest = {
            **(dict(ticket.more) if ticket.more else {}),
            **({"parent_no": ticket.parent_no} if ticket.parent_no else {}),
        }
        return {"sealed": self._cipher.seal(canonical(rest), place("cases", "more", no))} if rest else {}


def _parent(tx: Connection, ticket: Ticket) -> int | None:
    """The case this one repeats or adds to, named by our number or by the outside one; None when unknown here."""
    if not ticket.parent_no:
        return None
    found: int | None = tx.execute(PARENT, {"parent_no": ticket.parent_no, "channel": ticket.channel}).scalars().first()
    return found


def _check(world: World, ticket: Ticket, actor: Actor) -> None:
    policy = world.policy
    if actor.role not in policy.registers:
        raise NotYours(holder="指挥中心和承办单位", action="登记")
    for name, label in (("title", "标题"), ("content", "内容"), ("place", "地点")):
        if not getattr(ticket, name).strip():
            raise FieldMissing(field=label, action="登记")
    for name, label, limit in LIMITS:
        check_text(label, getattr(ticket, name) or "", limit)
    check_text("其他信息", canonical(dict(ticket.more or {})), MOST_MORE)
    if not 1 <= ticket.revision <= LAST_REVISION:
        raise BadField(field="版本", why=f"应在1到{LAST_REVISION}之间")
    for label, value, known in (
        ("诉求性质", ticket.type, policy.types),
        ("紧急程度", ticket.urgency, URGENCIES),
    ):
        if value not in known:
            raise BadField(field=label, why="请从列表中选择")
    if ticket.class_code and ticket.class_code not in policy.classes:
        raise BadField(field="诉求分类", why="没有这个分类编码")


def _check_choices(tx: Connection, ticket: Ticket, day: date) -> None:
    """Source and service type as the registers offer them today.

    The row of the source stays locked until the case is written, so a source that has one is never deleted under it.
    """
    chosen = (
        ("问题来源", tx.execute(SOURCE, {"code": ticket.channel}).first()),
        ("服务类型", tx.execute(SERVICE, {"code": ticket.service_type}).first() if ticket.service_type else EVER),
    )
    for label, row in chosen:
        if row is None or not (row[0] <= day and (row[1] is None or day < row[1])):
            raise BadField(field=label, why="请从列表中选择")


def _digest(ticket: Ticket, actor: Actor) -> str:
    values = {name: getattr(ticket, name) for name in ticket.__slots__}
    values["more"] = dict(ticket.more) if ticket.more else {}
    return sm3(canonical([values, actor.person, actor.system]).encode("utf-8", "surrogatepass")).hex()
