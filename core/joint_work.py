"""One command's unit of work on a joint order: the locked order, its legs, what has changed and will be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, and_, bindparam, exists, insert, select, update

from core import early
from core.canon import canonical
from core.deadlines import due
from core.entries import Entry, event_hash
from core.errors import Unknown
from core.joint_facts import GONE, JointFacts, JointLegFacts, JointSituation, Plan, Scanned
from core.models.arrivals import attachments
from core.models.joint import joint_feedbacks, joint_legs, joint_orders, joint_ratings, joint_reviews
from core.people import Actor
from core.queries.people import Directory
from core.work import NEW_EVENT, Recorded, World
from core.worktime import local_date

LARGEST_ID = 2**63 - 1
ORDER = select(joint_orders).where(joint_orders.c.id == bindparam("order"))
LOCKED = ORDER.with_for_update(of=joint_orders)
LEGS = select(joint_legs).where(joint_legs.c.order_id == bindparam("order")).order_by(joint_legs.c.id)
LOCKED_TOO = (
    select(joint_orders)
    .where(joint_orders.c.id.in_(bindparam("orders", expanding=True)))
    .order_by(joint_orders.c.id)
    .with_for_update(of=joint_orders)
)
LEGS_TOO = (
    select(joint_legs).where(joint_legs.c.order_id.in_(bindparam("orders", expanding=True))).order_by(joint_legs.c.id)
)
RATINGS = (
    select(joint_ratings)
    .join(joint_legs, joint_legs.c.id == joint_ratings.c.leg_id)
    .where(joint_legs.c.order_id == bindparam("order"))
    .order_by(joint_ratings.c.id)
)
_newer = joint_feedbacks.alias()
LAST_WORD = ~exists().where(_newer.c.leg_id == joint_feedbacks.c.leg_id, _newer.c.id > joint_feedbacks.c.id)
PROMISED = and_(joint_feedbacks.c.next_step.is_not(None), joint_feedbacks.c.kept_at.is_(None), LAST_WORD)
"""The last feedback of a unit where it names a next step that is not told done yet."""
PROMISES = (
    select(joint_feedbacks.c.leg_id)
    .join(joint_legs, joint_legs.c.id == joint_feedbacks.c.leg_id)
    .where(joint_legs.c.order_id == bindparam("order"), PROMISED)
)
BASIS = (
    select(attachments.c.kind, attachments.c.basis_digest.label("sm3"))
    .where(attachments.c.joint_leg_id == bindparam("leg"), attachments.c.basis_digest.is_not(None))
    .order_by(attachments.c.id)
)
RESTS_ON_FILES = frozenset({"refuse", "drop_basis"})
"""The moves whose event tells files by their hash."""
REVIEW = select(joint_reviews).where(joint_reviews.c.order_id == bindparam("order"))
CHANGE_ORDER = update(joint_orders).where(joint_orders.c.id == bindparam("row"))
CHANGE_LEG = update(joint_legs).where(joint_legs.c.id == bindparam("row"))
NEW_LEG = insert(joint_legs).returning(joint_legs.c.id)
HEADS = frozenset({"unit_head", "deputy_head"})


@dataclass(slots=True)
class JointWork:
    """Mutable for the length of one savepoint. `case` is the order, named as the flows name what has legs."""

    flow: ClassVar[str] = "joint_order"
    leg_flow: ClassVar[str] = "joint_leg"

    tx: Connection
    world: World
    now: datetime
    actor: Actor
    source: str
    form: Mapping[str, str]
    case: dict[str, Any]
    legs: list[dict[str, Any]]
    ratings: list[dict[str, Any]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    case_changes: dict[str, Any] = field(default_factory=dict)
    leg_changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    plan: Plan | None = None  # the order that a relaunch opens
    meet_at: datetime | None = None  # the time of meeting the form names
    scanned: Scanned | None = None  # the code the form brings
    next_person: int | None = None  # whom the form names as the next one, where they work in the unit
    basis: Sequence[Mapping[str, str]] = ()  # the files a refusal rests on, or the one taken back, by kind and hash
    promised: frozenset[int] = frozenset()  # the legs with a next step to do, once read
    answer: str = ""
    draft: str = ""  # the review just drafted, for those who are told of it
    review: Mapping[str, Any] | None = None  # the order's review, where it has one
    step: Callable[[str, dict[str, Any]], None] = lambda _action, _leg: None  # a leg's own move, made for the order
    tell_case: Callable[[int, str, Mapping[str, str]], None] = lambda _case, _action, _form: None

    # --- reading ---

    def leg(self, leg_id: int) -> dict[str, Any]:
        return next(leg for leg in self.legs if leg["id"] == leg_id)

    @property
    def remaining(self) -> list[dict[str, Any]]:
        """The legs that are still in."""
        return [leg for leg in self.legs if leg["state"] not in GONE]

    def situation(self, leg_id: int | None) -> JointSituation:
        facts = joint_facts(self.case, self.legs, self.ratings, self.world.directory, self.review, self.promised)
        leg = None if leg_id is None else facts.leg(leg_id)
        return JointSituation(
            facts, leg, self.form, self.now, unit_names(self.legs, self.world.directory),
            self.world.policy.joint.approval, self.meet_at, self.next_person is not None,
            self.scanned, bool(self.basis),
        )  # fmt: skip

    def limit_ends(self, step: str, unit: int | None = None) -> datetime:
        """When a step that begins now is due, by the office hours of the unit whose step it is."""
        limit = self.world.policy.joint.limit(step, local_date(self.now))
        hours = self.world.directory.units[unit].hours if unit in self.world.directory.units else "default"
        return due(self.now, limit, self.world.calendar, hours).at

    # --- changing ---

    def set_case(self, **values: Any) -> None:
        self.case.update(values)
        self.case_changes.update(values)

    def set_leg(self, leg: dict[str, Any], **values: Any) -> None:
        leg.update(values)
        self.leg_changes.setdefault(leg["id"], {}).update(values)

    def time(self, leg: dict[str, Any], step: str, unit: int | None = None) -> None:
        """Begin the clock of a step on this leg; `unit` where the step is not the leg's own unit's."""
        at = self.limit_ends(step, unit or leg["unit_id"])
        self.set_leg(leg, due_at=at, look_at=at)

    def add_leg(self, unit: int) -> dict[str, Any]:
        """One unit called, with its clock to respond running from now."""
        leg: dict[str, Any] = {
            "order_id": self.case["id"], "unit_id": unit, "state": "invited", "seq": 1, "round": 1, "person_id": None,
            "due_at": None, "look_at": None, "barred": False, "reason": None, "basis": None, "answer": None,
            "checked_in_at": None, "late": False, "overdue": 0, "shown_at": None,
        }  # fmt: skip
        leg["due_at"] = leg["look_at"] = self.limit_ends("respond", unit)
        leg["id"] = self.tx.execute(NEW_LEG, leg).scalar_one()
        self.legs.append(leg)
        return leg

    def record(
        self, flow: str, name: str, leg: dict[str, Any] | None, came: str, went: str, facts: dict[str, Any]
    ) -> int:
        """Write one event and note its entry in the log; the first is what somebody did, the others follow it."""
        target = self.case if leg is None else leg
        if self.recorded:
            facts = {**facts, "after": self.recorded[0].id}
        leg_id = None if leg is None else leg["id"]
        row = {
            "case_id": None, "leg_id": None, "joint_id": self.case["id"], "joint_leg_id": leg_id, "flow": flow,
            "name": name, "at": self.now, "person_id": self.actor.person, "post_id": self.actor.post,
            "unit_id": self.actor.unit, "from_state": came, "to_state": went, "seq": target["seq"],
            "source": self.source, "facts": facts,
        }  # fmt: skip
        event_id: int = self.tx.execute(NEW_EVENT, row).scalar_one()
        digest = event_hash({**row, "id": event_id, "facts": canonical(facts)})
        who, what = self.actor, self.case["no"] if leg is None else f"{self.case['no']}/{leg_id}"
        self.entries.append(
            Entry(
                self.now, who.person, who.post, who.channel, who.address, f"{flow}.{name}", what, "done",
                event_id=event_id, event_hash=digest,
            )
        )  # fmt: skip
        text = facts.get("reason") or facts.get("note") or facts.get("basis") or facts.get("opinion") or ""
        self.recorded.append(Recorded(event_id, flow, name, leg_id, str(text)))
        return event_id

    def flush(self) -> None:
        """Write the changed columns of the order and of each changed leg."""
        if self.recorded:
            self.set_case(changed_at=self.now)
        if self.case_changes:
            self.tx.execute(CHANGE_ORDER, {"row": self.case["id"], **self.case_changes})
        for leg_id, values in self.leg_changes.items():
            self.tx.execute(CHANGE_LEG, {"row": leg_id, **values})
        self.case_changes, self.leg_changes = {}, {}


def open_order(tx: Connection, order_id: int, *, locked: bool = True) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The order, under its row lock when something is to change, and its legs. Raises Unknown."""
    known: Any = early.take(tx, "joint order", order_id) if locked else early.ABSENT
    if known is not early.ABSENT and known is not None:
        kept, parts = known
        return kept, parts
    query = LOCKED if locked else ORDER
    row = tx.execute(query, {"order": order_id}).mappings().first() if abs(order_id) <= LARGEST_ID else None
    if row is None:
        raise Unknown(what="联办工单")
    return dict(row), [dict(leg) for leg in tx.execute(LEGS, {"order": order_id}).mappings()]


def open_orders(tx: Connection, order_ids: Iterable[int]) -> None:
    """Several orders under their row locks with their legs, kept at hand for `open_order`."""
    asked = sorted({one for one in order_ids if 0 < one <= LARGEST_ID})
    orders = {row["id"]: dict(row) for row in tx.execute(LOCKED_TOO, {"orders": asked}).mappings()}
    legs: dict[int, list[dict[str, Any]]] = {order: [] for order in orders}
    for leg in tx.execute(LEGS_TOO, {"orders": asked}).mappings():
        if leg["order_id"] in legs:
            legs[leg["order_id"]].append(dict(leg))
    early.keep(tx, "joint order", {order: (row, legs[order]) for order, row in orders.items()})


def read_ratings(tx: Connection, order_id: int) -> list[dict[str, Any]]:
    """What either side has said of the other so far, shown or not."""
    return [dict(row) for row in tx.execute(RATINGS, {"order": order_id}).mappings()]


def read_promises(tx: Connection, order_id: int) -> frozenset[int]:
    """The legs whose last feedback names a next step that is not told done yet."""
    return frozenset(tx.execute(PROMISES, {"order": order_id}).scalars())


def read_basis(tx: Connection, leg_id: int, token: str | None = None) -> list[dict[str, str]]:
    """The files that lie with a leg for its refusal to rest on, as its event names them: `kind` and `sm3`.

    `token`: only the one it names, if that lies there.
    """
    query = BASIS if token is None else BASIS.where(attachments.c.token == token)
    return [dict(row) for row in tx.execute(query, {"leg": leg_id}).mappings()]


def read_review(tx: Connection, order_id: int) -> Mapping[str, Any] | None:
    """The order's review, drafted or kept; None while there is none."""
    row = tx.execute(REVIEW, {"order": order_id}).mappings().first()
    return None if row is None else dict(row)


def joint_facts(
    order: Mapping[str, Any],
    legs: list[dict[str, Any]],
    ratings: list[dict[str, Any]],
    directory: Directory,
    review: Mapping[str, Any] | None = None,
    promised: frozenset[int] = frozenset(),
) -> JointFacts:
    """The plain values the flow tables judge."""
    rated: dict[int, set[str]] = {}
    for row in ratings:
        rated.setdefault(row["leg_id"], set()).add(row["side"])
    return JointFacts(
        order["id"], order["no"], order["state"], order["seq"], order["sponsor_unit"], order["meet_at"],
        order["place"], order["check_in_from"], order["met_at"],
        tuple(
            _leg_facts(leg, frozenset(rated.get(leg["id"], ())), leg["id"] in promised, directory) for leg in legs
        ),
        "" if review is None else "draft" if review["kept_at"] is None else "kept",
    )  # fmt: skip


def _leg_facts(leg: Mapping[str, Any], rated: frozenset[str], promised: bool, directory: Directory) -> JointLegFacts:
    above = units_above(leg["unit_id"], directory)
    headed = (unit for unit in above if any(holder.role in HEADS for holder in directory.by_unit.get(unit, ())))
    return JointLegFacts(
        leg["id"], leg["unit_id"], leg["state"], leg["seq"], frozenset(above), next(headed, leg["unit_id"]),
        leg["person_id"], leg["barred"], rated, leg["shown_at"] is not None, promised,
    )  # fmt: skip


def units_above(unit_id: int, directory: Directory) -> list[int]:
    """The unit and those over it, itself first."""
    found: list[int] = []
    unit = directory.units.get(unit_id)
    while unit is not None:
        found.append(unit.id)
        unit = directory.units.get(unit.parent or 0)
    return found


def unit_names(legs: list[dict[str, Any]], directory: Directory) -> dict[int, str]:
    """Leg id → its unit in words."""
    return {leg["id"]: directory.unit_name(leg["unit_id"]) for leg in legs}
