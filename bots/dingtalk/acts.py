"""A typed command carried out: the words 签收 0427 become the one move of that title this person may take now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bots.dingtalk.words import Said, basis_of, form_of, units_of
from bots.replies import sentence_of
from cards.text import said as told
from core import Actor, Command, Core, Refusal
from core.errors import DifferentBody, MoveNotOpen
from core.views import CaseView, Field, MoveView

TITLES = {"派发": ("派发", "转办", "下派"), "办结": ("办结", "同意办结"), "退回": ("退回",)}
FIRST_TEXT = ("note", "result", "reply", "reason", "opinion", "basis")


@dataclass(frozen=True, slots=True)
class Result:
    """What the person reads; `needs_card` when the step has more fields than a line can carry."""

    text: str
    needs_card: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The move meant: where it stands in the tables, and its form as this person would see it."""

    action: str
    leg: int | None
    form: tuple[Field, ...] = ()


class Unfilled(Exception):
    """The line does not fill the form; the message is what the person reads."""


class Hand:
    """Carries out typed commands through the one door."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def do(self, key: str, actor: Actor, case_id: int, said: Said) -> Result:
        """Make the move, or say how to write it. Raises DifferentBody for a repeat that reads differently by now."""
        view = self._core.case_view(actor, case_id)
        try:
            step = self._step(view, actor, said.word)
            form = fill(step, said)
        except Unfilled as missing:
            return Result(str(missing), needs_card="卡片" in str(missing))
        except Refusal as refusal:
            self._core.note_refusal(actor, "chat", f"case:{case_id}", refusal)
            return Result(sentence_of(refusal))
        command = Command(key, case_id, step.action, actor, form, step.leg, None, "chat")
        try:
            return Result(told(self._core.execute(command), view))
        except DifferentBody:
            raise
        except Refusal as refusal:
            return Result(sentence_of(refusal))

    def _step(self, view: CaseView, actor: Actor, title: str) -> Step:
        """The open move of that title; when there is none, the one the law will refuse with its reason."""
        titles = TITLES.get(title, (title,))
        open_now = [move for wanted in titles for move in view.moves if move.title == wanted]
        if open_now:
            move: MoveView = open_now[0]
            return Step(move.action, move.leg, move.form)
        mine = [leg for leg in view.legs if leg.unit == actor.unit_name] or list(view.legs)
        for flow, action in self._named(titles):
            if flow == "case":
                return Step(action, None)
            if mine:
                return Step(action, mine[0].id)
        raise MoveNotOpen(state=view.state_title, action=title)

    def _named(self, titles: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        flows = self._core.policy.flows
        for wanted in titles:
            for name in ("case_leg", "case"):
                yield from ((name, move.action) for move in flows[name].moves if move.title == wanted)


def fill(step: Step, said: Said) -> Mapping[str, str]:
    """The form of a step out of the rest of the line.

    Raises:
        Unfilled: something required is missing or not one of its options.
    """
    if not step.form:
        return {}
    fields = {field.name: field for field in step.form}
    if "lead" in fields:
        form = _units(fields, said.rest)
    elif {"reason", "basis"} <= fields.keys():
        form = dict(zip(("reason", "basis", "text"), basis_of(said.rest), strict=True))
    else:
        required = [name for name, field in fields.items() if field.required]
        name = required[0] if required else next((one for one in FIRST_TEXT if one in fields), "")
        form = {name: said.rest} if name else {}
    form = {name: _chosen(fields[name], value) for name, value in form.items() if name in fields and value}
    missing = [field for field in step.form if field.required and not form.get(field.name)]
    if len(missing) > 1 and said.rest:
        raise Unfilled(f"这一步要填{'、'.join(field.label for field in missing)}，请在下面的卡片上办理")
    if missing:
        raise Unfilled(f"还缺{'、'.join(field.label for field in missing)}，请这样写：{form_of(said.word)}")
    return form


def _units(fields: Mapping[str, Field], rest: str) -> dict[str, str]:
    named, support = units_of(rest)
    lead, _, opinion = named.partition(" ")
    return {"lead": lead, "support": support, "opinion": opinion}


def _chosen(field: Field, value: str) -> str:
    """The option whose words were typed; units may also be named in ways the directory knows.

    Raises:
        Unfilled: the field has fixed options and the words fit none, or several.
    """
    if not field.options:
        return value
    words = {option.value: option.text.replace(" ", "") for option in field.options}
    said = value.replace(" ", "")
    exact = [option for option in field.options if said in (words[option.value], option.value)]
    alike = exact or [one for one in field.options if said in words[one.value] or words[one.value] in said]
    if len(alike) == 1:
        return alike[0].value
    if field.name in ("lead", "support"):
        return value
    choices = "、".join(option.text for option in field.options)
    raise Unfilled(f"「{field.label}」请写成其中一个：{choices}")
