"""树党旗 as bots and pages use it: raise, read, list, who holds the card, and what time itself must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from core.canon import canonical
from core.commits import CommitLine, Job
from core.copies import Copy, Kept, Reader, readers
from core.entries import Entry
from core.errors import Ambiguous, NotYours, Unknown, before_writing
from core.execute import Command
from core.joint.notices import heads_of, pair, rulers_of, sponsor_of
from core.joint.plans import FORM, groups_of, plan_of_form, raise_order
from core.joint_reviews import due_reviews
from core.joint_views import JointPage, JointView
from core.joint_work import open_order
from core.models.joint import joint_copies, joint_legs, joint_orders
from core.people import CLOCK, Actor
from core.ports import Clock
from core.queries.joint_lists import JointFilter, joint_page
from core.queries.joint_sheet import NUMBERED, TAILED, JointSheet, read_joint_sheet, side_of
from core.queries.joint_view import joint_view
from core.queries.people import Holder
from core.receipts import Done, answered, keep_receipt, once, refuse
from core.sm import sm3
from core.views import Field, Option
from core.work import World

T = TypeVar("T")
MOST = 100
KEPT = 31  # sheets at hand, for clicks that come together
COPIES = select(joint_copies).where(joint_copies.c.order_id == bindparam("order")).order_by(joint_copies.c.id)
KEEP = (
    update(joint_copies)
    .where(joint_copies.c.track == bindparam("on_track"), joint_copies.c.person_id == bindparam("whom"))
    .values(face_hash=bindparam("face"), delivered_at=bindparam("at"))
)
AT_WORK = ("invited", "coming", "late_asked", "on_site", "reporting", "in_review", "fed_back")


class Whole(Protocol):
    """What of the core this needs."""

    @property
    def clock(self) -> Clock: ...

    @property
    def engine(self) -> Engine: ...

    def world(self) -> World: ...
    def execute(self, command: Command) -> Done: ...
    def _read(self, run: Callable[[Connection], T]) -> T: ...


class Joints:
    """Joint orders behind the facade. Thread-safe."""

    def __init__(self, core: Whole, line: CommitLine) -> None:
        self._core, self._line = core, line
        self._fresh: dict[int, JointSheet] = {}

    # --- raising ---

    def raise_flag(
        self, key: str, form: Mapping[str, str], actor: Actor, source: str = "chat", *, sheet: str = ""
    ) -> Done:
        """An order of one's own (自主新建, R109). Idempotent by key; a `sheet`, the card it is written on, raises one
        order, so whoever presses again because no answer came hears the number. Raises Refusal, on record by then.
        """
        now = self._core.clock.now()
        digest = sm3(canonical([dict(form), actor.person]).encode("utf-8", "surrogatepass")).hex()
        job = Job(
            0,
            lambda tx: self._raise(tx, key, digest, form, actor, source, now, sheet),
            lambda tx, no: refuse(tx, key, digest, actor, "joint_order.raised", "joint_order:new", now, no),
        )
        done: Done = self._line.submit(job)
        return done

    def raised_on(self, sheet: str) -> Done | None:
        """What this card has raised already."""
        return self._core._read(lambda tx: answered(tx, *once(f"flag:{sheet}")))

    def _raise(
        self, tx: Connection, key: str, digest: str, form: Mapping[str, str], actor: Actor, source: str, now: datetime,
        sheet: str,
    ) -> tuple[Done, Sequence[Entry]]:  # fmt: skip
        world = self._core.world()
        with before_writing():
            if earlier := answered(tx, key, digest):
                return earlier, ()
            if sheet and (earlier := answered(tx, *once(f"flag:{sheet}"))):
                return earlier, ()
            self.may_raise(actor)
            plan = plan_of_form(world, form, now, actor.unit, groups_of(tx, world, actor.unit))
        work = raise_order(tx, world, plan, actor, now, source)
        done = Done(work.recorded[0].id, work.case["id"], work.case["no"], "joint_order.raised", work.answer)
        keep_receipt(tx, key, digest, done, now)
        if sheet:
            keep_receipt(tx, *once(f"flag:{sheet}"), done, now)
        return done, work.entries

    def may_raise(self, actor: Actor) -> None:
        """Raises NotYours for whoever may not raise a flag."""
        if actor.role not in self._core.world().policy.raises or actor.unit is None:
            raise NotYours(holder="各单位和指挥中心", action="树旗")

    def form(self) -> tuple[Field, ...]:
        """The fields with which a flag is raised on one's own."""
        policy = self._core.world().policy
        specs = [(name, policy.field("raise_joint", name)) for name in ("title", *FORM)]
        return tuple(
            Field(name, spec.label, spec.kind, True, tuple(Option(*one) for one in spec.options.items()), spec.hint)
            for name, spec in specs
        )

    # --- reading ---

    def find(self, actor: Actor, ref: str) -> int:
        """The order a full number or a tail means, within what the reader may see. Raises Unknown, Ambiguous."""
        ref = ref.strip().upper()
        if not ref or len(ref) > 24 or not ref.isascii() or not ref.isalnum():
            raise Unknown(what=ref[:20] or "联办工单")
        world, whole = self._core.world(), len(ref) == 18

        def theirs(tx: Connection) -> list[tuple[int, str]]:
            rows = tx.execute(NUMBERED if whole else TAILED.limit(20), {"no" if whole else "tail": ref}).all()
            named = [(row[0], ref if whole else row[1]) for row in rows]
            return [one for one in named if side_of(actor, *open_order(tx, one[0], locked=False), world)]

        mine = self._core._read(theirs)
        if not mine:
            raise Unknown(what=ref[:20])
        if len(mine) > 1:
            raise Ambiguous(what=ref[:20], choices="、".join(no for _, no in mine[:3]))
        return mine[0][0]

    def sheet(self, order_id: int) -> JointSheet:
        """Everything on record about an order. Raises Unknown."""
        world, now = self._core.world(), self._core.clock.now()
        return self._core._read(lambda tx: read_joint_sheet(tx, world, order_id, now))

    def view(self, actor: Actor, order_id: int) -> JointView:
        """One order for one reader. Raises Unknown when missing or not theirs, alike."""
        sheet, world = self.sheet(order_id), self._core.world()
        if not side_of(actor, sheet.order, sheet.legs, world):
            raise Unknown(what="联办工单")
        return joint_view(sheet, actor, world)

    def numbered(self, no: str) -> int:
        """The order with this full number, for a move, which is judged by itself. Raises Unknown."""
        row = self._core._read(lambda tx: tx.execute(NUMBERED, {"no": no}).first()) if len(no) == 18 else None
        if row is None:
            raise Unknown(what="联办工单")
        return int(row[0])

    def own_view(self, actor: Actor, order_id: int, event: int | None = None) -> JointView:
        """The order as this person's copies of its card are drawn: for the post by which they hold it, else for the
        first from which they may read it. `event`: an act of theirs it must show; clicks that come together are drawn
        from one load. Raises Unknown when missing or not theirs, alike.
        """
        kept, world = self._fresh.get(order_id), self._core.world()
        if kept is None or event is None or kept.events[-1]["id"] < event:
            kept = self.sheet(order_id)
            self._fresh = {**dict(list(self._fresh.items())[-KEPT:]), order_id: kept}
        sheet, posts = kept, (actor, *(actor.at(post) for post in actor.others))
        reader = next((post for post in posts if side_of(post, sheet.order, sheet.legs, world)), None)
        if reader is None:
            raise Unknown(what="联办工单")
        if actor.others:
            held = _audience(sheet.order, sheet.legs, world)
            reader = next((one.actor for one in held if one.person == actor.person), reader)
        return joint_view(sheet, reader, world)

    def views(self, order_id: int, actors: Sequence[Actor]) -> list[JointView]:
        """The same order for many readers' cards from one load; readers are holders of its card."""
        sheet, world = self.sheet(order_id), self._core.world()
        return [joint_view(sheet, actor, world) for actor in actors]

    def listed(self, actor: Actor, key: str = "", wanted: JointFilter | None = None, page: int = 1) -> JointPage:
        """One page of the reader's lists. Raises NotYours for whoever has none."""
        world, now = self._core.world(), self._core.clock.now()
        found = self._core._read(lambda tx: joint_page(tx, actor, world, now, key, wanted or JointFilter(), page))
        if found is None:
            raise NotYours(holder="各单位、区领导和指挥中心", action="查看联办")
        return found

    # --- cards ---

    def audience(self, order_id: int) -> list[Reader]:
        """The people whose phones should hold this order's card now: sponsor, both people of each unit, rulers."""
        world = self._core.world()
        return _audience(*self._core._read(lambda tx: open_order(tx, order_id, locked=False)), world)

    def copies(self, order_id: int) -> list[Copy]:
        """The copies of its card, as they were last sent."""
        rows = self._core._read(lambda tx: tx.execute(COPIES, {"order": order_id}).all())
        return [Copy(r.track, "joint", r.person_id, r.post_id, r.delivered_at, r.face_hash) for r in rows]

    def keep_copies(self, order_id: int, track: str, kept: Sequence[Kept]) -> None:
        """Remember what each holder of a track was sent."""
        with self._core.engine.begin() as tx:
            self._keep(tx, order_id, track, kept, self._core.clock.now())

    @staticmethod
    def _keep(tx: Connection, order_id: int, track: str, kept: Sequence[Kept], now: datetime) -> None:
        known = {row.person_id: row for row in tx.execute(COPIES, {"order": order_id}) if row.track == track}
        for one in kept:
            earlier = known.get(one.person)
            at = (earlier.delivered_at if earlier else None) or (now if one.delivered else None)
            if earlier is not None:
                row = {"on_track": track, "whom": one.person, "face": one.face_hash, "at": at}
                tx.execute(KEEP, row)
                continue
            fresh: dict[str, Any] = {
                "track": track, "order_id": order_id, "person_id": one.person, "post_id": one.post,
                "delivered_at": at, "face_hash": one.face_hash,
            }  # fmt: skip
            tx.execute(insert(joint_copies), fresh)

    # --- time ---

    def due_commands(self) -> list[Command]:
        """What the clock owes now: a word for each overdue step, ends of ratings whose days are over, reviews."""
        now = self._core.clock.now()
        return self._core._read(lambda tx: [*_overdue(tx, now), *_rated_out(tx, now), *due_reviews(tx, now)])


def _audience(order: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], world: World) -> list[Reader]:
    rules, directory = world.policy.joint, world.directory
    holders: list[Holder] = []
    for leg in legs:
        if leg["state"] in AT_WORK:
            holders += directory.by_person.get(leg["person_id"] or 0, ())[:1]
            holders += pair(rules.deputy, rules.contact, leg["unit_id"], directory)
            holders += heads_of(leg["unit_id"], directory) if leg["state"] == "in_review" else []
        if leg["state"] == "disputed":
            holders += rulers_of(leg["unit_id"], directory)
    holders += sponsor_of(dict(order), directory)
    holders += pair(rules.deputy, rules.contact, order["sponsor_unit"], directory)
    return readers(holders, world)


def _overdue(tx: Connection, now: datetime) -> list[Command]:
    query = select(joint_legs.c.id, joint_legs.c.order_id, joint_legs.c.seq, joint_legs.c.look_at)
    rows = tx.execute(query.where(joint_legs.c.look_at < now).order_by(joint_legs.c.look_at).limit(MOST)).all()
    return [
        Command(
            f"clock:joint:{row.order_id}:{row.id}.{row.seq}:remind:{row.look_at.timestamp():.0f}", row.order_id,
            "remind", CLOCK, leg=row.id, seen=row.seq, source="clock", flow="joint_order",
        )
        for row in rows
    ]  # fmt: skip


def _rated_out(tx: Connection, now: datetime) -> list[Command]:
    over = (joint_orders.c.state == "to_rate", joint_orders.c.rate_until < now)
    rows = tx.execute(select(joint_orders.c.id, joint_orders.c.seq).where(*over).limit(MOST)).all()
    return [
        Command(
            f"clock:joint:{row.id}:{row.seq}:end_rating", row.id, "end_rating", CLOCK, seen=row.seq, source="clock",
            flow="joint_order",
        )
        for row in rows
    ]  # fmt: skip
