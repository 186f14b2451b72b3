"""The review of a hard joint order (C18), drafted from its record: each sentence with the events it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from core import late
from core.joint_facts import LESSONS
from core.joint_work import JointWork
from core.models.cases import call_backs, cases
from core.models.joint import joint_legs, joint_ratings, joint_reviews
from core.models.record import events
from core.plain import plain, scrub
from core.policy.joint_reviews import ReviewPolicy, read_reviews
from core.queries.timeline import EVENTS_TOLD, who_did
from core.timewords import clock, day_words, span_sentence
from core.work import World
from core.worktime import local_date

WAITING = ("invited", "return_review", "disputed", "coming", "late_asked", "reporting", "in_review")
EVENTS = EVENTS_TOLD.where(events.c.joint_id == bindparam("order"))
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence and the events it was made from."""

    text: str
    events: tuple[int, ...]


def draft_review(work: JointWork, _leg: dict[str, Any] | None) -> None:
    """Write the draft, once; what it says is told to whom joint.yaml names."""
    late.settle(work.tx)
    told = points(work, read_reviews())
    row = {
        "order_id": work.case["id"], "why": work.form["note"].strip(), "drafted_at": work.now, "words": None,
        "points": {"points": [[one.text, list(one.events)] for one in told]}, "lessons": None, "kept_at": None,
        "person_id": None, "post_id": None,
    }  # fmt: skip
    work.tx.execute(insert(joint_reviews), row)
    work.draft = "\n\n".join(one.text for one in told)


def keep_review(work: JointWork, _leg: dict[str, Any] | None) -> None:
    """Confirmed by a person, with their answers; words that differ from the draft are kept as they are."""
    said = {name: work.form[name].strip() for name in LESSONS if work.form.get(name, "").strip()}
    words, drafted = work.form.get("review", "").strip(), work.review or {"points": {"points": []}}
    changed = words.splitlines() != [text for text, _ in drafted["points"]["points"]]
    kept = {"words": words if words and changed else None, "lessons": said, "kept_at": work.now}
    mine = joint_reviews.c.order_id == work.case["id"]
    work.tx.execute(
        update(joint_reviews).where(mine).values(**kept, person_id=work.actor.person, post_id=work.actor.post)
    )


def points(work: JointWork, policy: ReviewPolicy) -> list[Point]:
    """Every sentence, in order of time; then who held it how long, what was said of it, and by whom."""
    rows = [dict(row) for row in work.tx.execute(EVENTS, {"order": work.case["id"]}).mappings()]
    names = {leg["id"]: work.world.directory.unit_name(leg["unit_id"]) for leg in work.legs}
    told = [*_course(work, rows, names, policy)]
    told += _held(work, rows, names, policy)
    told += _rated(work, rows, policy)
    told += _citizen(work, rows, policy)
    return told


def _course(work: JointWork, rows: Sequence[Row], names: Mapping[int, str], policy: ReviewPolicy) -> Iterator[Point]:
    raised_at = work.case["raised_at"]
    for row in rows:
        words = policy.sentences.get(row["name"])
        if words is None or row["name"] in ("held", "pleased", "case", "called"):
            continue
        values = _values(row, work.world, names)
        if row["name"] == "raised":
            values |= {"count": str(len(names)), "units": "、".join(names.values()), "meet": _at(work.case["meet_at"])}
        if row["name"] == "closed":
            values |= {"span": span_sentence(row["at"] - raised_at)}
        yield Point(words.format(**values), (row["id"],))


def _values(row: Row, world: World, names: Mapping[int, str]) -> dict[str, str]:
    facts = row["facts"]
    text = facts.get("reason") or facts.get("note") or facts.get("basis") or facts.get("opinion") or "未写"
    states = world.policy.flows["joint_leg"].states
    state = states[row["from_state"]].title if row["from_state"] in states else ""
    return {
        "at": _at(row["at"]), "who": who_did(row), "unit": names.get(row["joint_leg_id"] or 0, ""), "state": state,
        "text": plain(scrub(str(text)), 60).rstrip("。"),
    }  # fmt: skip


def _at(moment: datetime) -> str:
    day = local_date(moment)
    return f"{day_words(day, day)} {clock(moment)}"


def _held(work: JointWork, rows: Sequence[Row], names: Mapping[int, str], policy: ReviewPolicy) -> Iterator[Point]:
    """How long each unit's part lay in each step that waits for somebody, the longest first."""
    least = timedelta(minutes=policy.rule(local_date(work.now)).held_minutes)
    raised = next(row for row in rows if row["name"] == "raised")
    found: list[tuple[timedelta, int, str, tuple[int, ...]]] = []
    for leg in names:
        mine = [row for row in rows if row["joint_leg_id"] == leg and row["from_state"] != row["to_state"]]
        spans: dict[str, tuple[timedelta, list[int]]] = {}
        state, since, cause = "invited", raised["at"], raised["id"]
        for row in mine:
            before, made = spans.get(state, (timedelta(), []))
            spans[state] = (before + (row["at"] - since), [*made, cause, row["id"]])
            state, since, cause = row["to_state"], row["at"], row["id"]
        found += [(span, leg, state, tuple(dict.fromkeys(made))) for state, (span, made) in spans.items()]
    states = work.world.policy.flows["joint_leg"].states
    for span, leg, state, ids in sorted(found, key=lambda one: (-one[0], one[1], one[2])):
        if state in WAITING and span >= least:
            words = policy.sentences["held"]
            values = {"unit": names[leg], "state": states[state].title, "span": span_sentence(span)}
            yield Point(words.format(**values), ids)


def _rated(work: JointWork, rows: Sequence[Row], policy: ReviewPolicy) -> Iterator[Point]:
    """Only what both sides may know by now."""
    query = (
        select(joint_ratings.c.satisfied)
        .join(joint_legs, joint_legs.c.id == joint_ratings.c.leg_id)
        .where(joint_legs.c.order_id == work.case["id"], joint_legs.c.shown_at.is_not(None))
    )
    said = list(work.tx.execute(query).scalars())
    if said:
        pleased = sum(one == "pleased" for one in said)
        shown = tuple(row["id"] for row in rows if row["name"] in ("ratings_shown", "rating_ended"))
        values = {"pleased": str(pleased), "displeased": str(len(said) - pleased)}
        yield Point(policy.sentences["pleased"].format(**values), shown)


def _citizen(work: JointWork, rows: Sequence[Row], policy: ReviewPolicy) -> Iterator[Point]:
    """The case it came from, and what its call-backs heard."""
    if work.case["case_id"] is None:
        return
    raised = next(row["id"] for row in rows if row["name"] == "raised")
    no = work.tx.execute(select(cases.c.no).where(cases.c.id == work.case["case_id"])).scalar_one()
    yield Point(policy.sentences["case"].format(no=no, tail=no[-6:]), (raised,))
    heard = select(call_backs.c.satisfied).where(
        call_backs.c.case_id == work.case["case_id"], call_backs.c.satisfied.is_not(None)
    )
    words = work.world.policy.fields["satisfied"].options
    said = [words.get(one, one) for one in work.tx.execute(heard.order_by(call_backs.c.id)).scalars() if one]
    if said:
        yield Point(policy.sentences["called"].format(said="、".join(said)), (raised,))
