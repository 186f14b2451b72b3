"""Several cases signed by one message or one press: what became of each, in a line of its own."""

from __future__ import annotations

from collections.abc import Sequence

from bots.dingtalk.hands import own_case
from bots.replies import sentence_of
from cards.plain import plain, scrub
from core import Actor, Core, Refusal
from core.boards import Outcome
from core.errors import TooMuch
from core.signing import Signing

MOST = 20
"""Cases of one message: as many lines as a chat can show."""
NONE = "没有待签收的件"


class SignDesk:
    """Signs through the one door, a command a case."""

    def __init__(self, core: Core) -> None:
        self._core, self._signing = core, Signing(core)

    def named(self, key: str, actor: Actor, refs: Sequence[str]) -> str:
        """The cases with these numbers or tails; one that is not found holds back no other. Raises TooMuch."""
        asked = list(dict.fromkeys(refs))
        if len(asked) > MOST:
            raise TooMuch(what="一次签收", unit="件", limit=MOST)
        return told([self._one(key, actor, ref) for ref in asked])

    def everything(self, key: str, actor: Actor) -> str:
        """Everything that waits for this unit's signature, the first of it when it is much."""
        waiting, total = self._signing.waiting(actor, MOST)
        asked = dict.fromkeys([*self._signing.signed_by(key, actor), *(item.id for item in waiting)])
        if not asked:
            return NONE
        rest = total - len(waiting)
        more = f"\n\n还有 {rest} 件待签收，再发「全部签收」接着办" if rest else ""
        return told([self._signing.sign(key, actor, case, "chat") for case in asked]) + more

    def _one(self, key: str, actor: Actor, ref: str) -> Outcome:
        try:
            return self._signing.sign(key, actor, own_case(self._core, actor, ref, unfinished=True), "chat")
        except Refusal as refusal:
            self._core.note_refusal(actor, "sign", "case", refusal)
            return Outcome(ref, "", False, sentence_of(refusal))


def told(outcomes: Sequence[Outcome]) -> str:
    """A head with the count, and a line a case."""
    done = sum(one.done for one in outcomes)
    left = len(outcomes) - done
    head = f"已签收 {done} 件" + (f"，{left} 件没有签收" if left else "") if done else f"{left} 件都没有签收"
    return "\n\n".join([head, *(_line(one) for one in outcomes)])


def _line(one: Outcome) -> str:
    named = f"尾号 {one.no[-6:]} {plain(scrub(one.title), 16)}".strip() if one.title else plain(one.no, 24)
    return f"{'✓' if one.done else '✕'} {named}：{one.sentence.removesuffix('。')}"
