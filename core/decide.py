"""May this person make this move now? Plain values in, a move or a refusal out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.errors import BadField, FieldMissing, MoveNotOpen, NotYours, Refusal, TooLong, WrongPost
from core.facts import CaseFacts, LegFacts, Situation
from core.guards import CHOICES, GUARDS, ON_FORM
from core.joint_facts import JointFacts, JointLegFacts, JointSituation
from core.people import Actor, standings_of
from core.policy import Policy
from core.policy.flow import Flow, Move

_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def decide(policy: Policy, flow: Flow, action: str, actor: Actor, now: Situation | JointSituation) -> Move:
    """The row that applies, or the refusal that tells the person what to do (house-style rule 3).

    Order: is the move open from this state, is it theirs, is the form whole, do the guards agree.
    """
    rows = rows_for(policy, flow, action, actor, now)
    check_form(policy, rows[0], now.form)
    move = next((row for row in rows if all(CHOICES[name](now) for name in row.only_if)), None)
    if move is None:
        raise MoveNotOpen(state=flow.states[_state(now)].title, action=rows[0].title)
    for guard in move.when:
        GUARDS[guard](now)
    return move


def rows_for(
    policy: Policy, flow: Flow, action: str, actor: Actor, now: Situation | JointSituation
) -> tuple[Move, ...]:
    """The rows of a move open from this state and this actor's to make. Raises MoveNotOpen, WrongPost, NotYours.

    Asked on its own before a form is read, so that how it reads is told to nobody who may not send it.
    """
    state = _state(now)
    rows = flow.candidates(action, state)
    if not rows:
        title = flow.title_of(action) or "这一步"
        raise MoveNotOpen(state=flow.states[state].title, action=title)
    _check_standing(policy, rows[0], actor, now.case, now.leg)
    return rows


def _state(now: Situation | JointSituation) -> str:
    return now.leg.state if now.leg is not None else now.case.state


def _check_standing(
    policy: Policy, move: Move, actor: Actor, case: CaseFacts | JointFacts, leg: LegFacts | JointLegFacts | None
) -> None:
    wanted = set(move.by)
    if standings_of(actor, case, leg, policy.standings) & wanted:
        return
    for post in actor.others:
        if standings_of(actor.at(post), case, leg, policy.standings) & wanted:
            raise WrongPost(post=post.label)
    holder = "、".join(dict.fromkeys(policy.standings[name].title for name in move.by))
    raise NotYours(holder=holder, action=move.title)


def check_form(policy: Policy, move: Move, form: Mapping[str, str]) -> None:
    """Every listed field: present when required, not too long, one of its options; unlisted fields are not read."""
    for name, presence in move.form.items():
        spec = policy.field(move.action, name)
        value = form.get(name, "").strip()
        if not value:
            if presence == "required":
                raise FieldMissing(field=spec.label, action=move.title)
            continue
        check_text(spec.label, value, spec.limit)
        if spec.options and value not in spec.options:
            raise BadField(field=spec.label, why="请从选项中选择")


def check_text(label: str, value: str, limit: int) -> None:
    """Raises TooLong beyond `limit` characters, BadField for NUL, control characters and lone surrogates."""
    if len(value) > limit:
        raise TooLong(field=label, limit=limit)
    if _UNREADABLE.search(value):
        raise BadField(field=label, why="含有不能显示的字符")


def offered(policy: Policy, flow: Flow, actor: Actor, now: Situation | JointSituation) -> Iterator[Move]:
    """The moves this actor could take from here: what cards and pages draw as buttons."""
    held = standings_of(actor, now.case, now.leg, policy.standings)
    if not held:
        return
    for move in flow.offered(_state(now)):
        if held & set(move.by) and _open(flow.candidates(move.action, _state(now)), now):
            yield move


def _open(rows: tuple[Move, ...], now: Situation | JointSituation) -> bool:
    return any(_allows(row, now) for row in rows)


def _allows(row: Move, now: Situation | JointSituation) -> bool:
    try:
        for guard in row.when:
            if guard not in ON_FORM:
                GUARDS[guard](now)
    except Refusal:
        return False
    return True
