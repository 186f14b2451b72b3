"""Several cases at once: one command a case through the same door, each with its own key, each with its own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request

from core import Actor, Command
from core.boards import Outcome
from core.errors import FieldMissing, Malformed, Refusal, TooMuch
from core.signing import Signing
from webapp.admin.cases import list_page
from webapp.admin.filters import read_filter
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

FORMS: Mapping[str, tuple[str, ...]] = {"dispatch": ("lead", "opinion"), "confirm": ("reply",), "sign": ()}
"""What a batch of each kind asks for, once for all its cases."""
LONGEST_NO = 40
batch = Blueprint("batch", __name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that was ticked: the case's number and the seq the row was drawn with."""

    no: str
    seen: int


@batch.post("/cases/batch")
@audience("cases")
def send() -> Response:
    """Execute the list's own move on every ticked case; a refusal of one does not hold back the others."""
    action = read_filter().row.batch
    if action not in FORMS:
        raise Malformed(why="这张清单不能批量办理，请从清单进入")
    try:
        choices, form = _choices(), _form(action)
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), action, "page:cases", refusal)
        return list_page(said=str(refusal), status=refusal.status)
    key, actor = form_key(), the_actor()
    return list_page(outcomes=[_one(key, action, actor, form, choice) for choice in choices])


def _one(key: str, action: str, actor: Actor, form: Mapping[str, str], choice: Choice) -> Outcome:
    """One case of the batch; what is not this reader's reads like what does not exist."""
    core = the_core()
    try:
        case = core.case_within(actor, choice.no)
        title = core.case_view(actor, case).title
    except Refusal as refusal:
        core.note_refusal(actor, action, f"case:{choice.no}", refusal)
        return Outcome(choice.no, "", False, str(refusal))
    if action == "sign":
        return Signing(core).sign(key, actor, case, "web")
    try:
        done = core.execute(Command(f"{key}:{choice.no}", case, action, actor, form, seen=choice.seen, source="web"))
    except Refusal as refusal:
        return Outcome(choice.no, title, False, str(refusal))
    return Outcome(choice.no, title, True, done.sentence)


def _choices() -> Sequence[Choice]:
    """The ticked rows, each once. Raises FieldMissing for none, TooMuch, Malformed for a row nobody drew."""
    told, most = list(dict.fromkeys(request.form.getlist("chosen"))), the_core().policy.desk.batch_limit
    if not told:
        raise FieldMissing(field="要办的件", action="提交")
    if len(told) > most:
        raise TooMuch(what="一次", unit="件", limit=most)
    return [_choice(text) for text in told]


def _choice(text: str) -> Choice:
    no, _, seen = text.partition(":")
    if not (no and len(no) <= LONGEST_NO and no.isascii() and no.isalnum() and number(seen, 0)):
        raise Malformed(why="勾选的内容不完整，请刷新页面再试")
    return Choice(no, number(seen, 0))


def _form(action: str) -> dict[str, str]:
    form = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in FORMS[action]}
    if "lead" in form and not form["lead"]:
        raise FieldMissing(field="主办单位", action="批量派发")
    return form
