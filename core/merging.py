"""One matter told by several callers: a case joins a leading one, comes back from it, or ends with it (合并)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from core import late
from core.errors import Ambiguous, MergeItself, Refusal, Unknown
from core.facts import Leading
from core.models.cases import cases
from core.models.likeness import merges
from core.people import Actor
from core.plain import plain, scrub
from core.queries.lists import LIVE, scope
from core.rows import CASE
from core.work import Work, World

Leg = dict[str, Any]
LONGEST = 40
LED = (
    select(merges.c.case_id)
    .join(cases, cases.c.id == merges.c.case_id)
    .where(merges.c.leading_id == bindparam("case"), cases.c.state == "merged")
    .order_by(merges.c.case_id)
)
LEADING_OF = select(merges.c.leading_id).where(merges.c.case_id == bindparam("case"))
NAMED = select(cases.c.id, cases.c.no, cases.c.title, cases.c.state)


def lock_leading(
    tx: Connection, world: World, actor: Actor, action: str, case: int, form: Mapping[str, str]
) -> Leading | Refusal | None:
    """The leading case a merge names or a case was merged into, locked before the case itself.

    Always the leading one first, so that a merge and the leading case's end cannot wait for each other. The refusal of
    a name that means none or several is handed on: the law tells it once everything before it is in order.
    """
    words = form.get("leading", "")
    if action in ("merge", "unmerge"):
        late.settle(tx)
    if action == "unmerge":
        found = tx.execute(LEADING_OF, {"case": case}).scalar_one_or_none()
    elif action == "merge" and words.strip() and len(words) <= LONGEST and words.isprintable():
        try:
            found = _named(tx, world, actor, case, words)
        except Refusal as refusal:
            return refusal
    else:
        return None
    row = None if found is None else tx.execute(CASE, {"case": found}).mappings().first()
    return None if row is None else Leading(row["id"], row["no"], row["state"])


def _named(tx: Connection, world: World, actor: Actor, case: int, words: str) -> int:
    """The case meant by a number or a tail of at least four digits, those still being handled before the others.

    Raises Unknown for one that is not there or not this person's to see, Ambiguous when several remain.
    """
    ref = re.sub(r"^(?:并入|到|入)?(?:尾号|编号|办件)?[:：]?", "", re.sub(r"[\s　-]", "", words)).upper()
    if re.fullmatch(r"XY[A-Z]{2}\d{14}", ref):
        where = cases.c.no == ref
    elif re.fullmatch(r"\d{4,18}", ref):
        where = cases.c.no_reversed.like(ref[::-1] + "%")
    else:
        raise Unknown(what=plain(words, 24))
    found = tx.execute(NAMED.where(where, scope(actor, world)).limit(20)).all()
    others = [row for row in found if row.id != case]
    likely = [row for row in others if row.state in LIVE] or others
    if not found:
        raise Unknown(what=ref[:24])
    if not likely:
        raise MergeItself()
    if len(likely) > 1:
        choices = "、".join(f"{row.no} {plain(scrub(row.title), 8)}" for row in likely[:3])
        raise Ambiguous(what=ref[:24], choices=choices)
    chosen: int = likely[0].id
    return chosen


def know_merges(work: Work, action: str, leading: Leading | Refusal | None) -> None:
    """What a merge is judged by; the record names the leading case by its number, however it was written."""
    if action != "merge":
        return
    work.leading, work.led = leading, len(led_by(work.tx, work.case["id"]))
    if isinstance(leading, Leading):
        work.form = {**work.form, "leading": leading.no}


def led_by(tx: Connection, case: int) -> Sequence[int]:
    """The cases that are merged into this one now."""
    late.settle(tx)
    return tx.execute(LED, {"case": case}).scalars().all()


# --- effects --------------------------------------------------------------------------------------------------------


def join_leading(work: Work, _leg: Leg | None) -> None:
    """Keep which case leads; the leading one has it on its own record and on everybody's card."""
    assert isinstance(work.leading, Leading), "the guards saw the leading case"
    case = work.case["id"]
    work.tx.execute(delete(merges).where(merges.c.case_id == case))
    work.tx.execute(insert(merges), {"case_id": case, "leading_id": work.leading.id, "at": work.now})
    work.elsewhere(work.leading.id, "take_in", {"text": _called(work)})


def leave_leading(work: Work, _leg: Leg | None) -> None:
    case = work.case["id"]
    leading = work.tx.execute(LEADING_OF, {"case": case}).scalar_one()
    work.tx.execute(delete(merges).where(merges.c.case_id == case))
    work.elsewhere(leading, "let_out", {"text": _called(work)})


def _called(work: Work) -> str:
    return f"尾号 {work.case['no'][-6:]} {plain(scrub(work.case['title']), 20)}"


def end_merged(work: Work, _leg: Leg | None) -> None:
    """Every caller gets the reply: what was merged into this case ends with the same result, then is called back."""
    for case in led_by(work.tx, work.case["id"]):
        work.elsewhere(case, "follow_leading", {"reply": work.case["reply"] or ""})


def free_merged(work: Work, _leg: Leg | None) -> None:
    """A case that turns out invalid leads nobody: what was merged into it waits to be dispatched again."""
    for case in led_by(work.tx, work.case["id"]):
        work.elsewhere(case, "lose_leading", {"reason": f"主件尾号 {work.case['no'][-6:]} 已标无效"})


def forget_leading(work: Work, _leg: Leg | None) -> None:
    work.tx.execute(delete(merges).where(merges.c.case_id == work.case["id"]))
