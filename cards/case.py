"""The case card: one instance for everybody who holds the case; what differs from reader to reader is private."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cards.buttons import switches
from cards.card import Face, Row, array, fit, flag, note_values
from cards.manifest import Manifest, manifests
from cards.plain import clean, plain, scrub
from cards.text import until
from core.timewords import clock, day_words
from core.views import Alike, CaseView, LegView, MoveView, Option
from core.worktime import closing_date

TEMPLATE = "case"
CASE_PREFIX = "case_"
TITLE, BODY, RESULT, LINE = 20, 110, 160, 60


def action_id(flow: str, action: str) -> str:
    """The id a flow's move has on the card: leg moves keep their name, moves of the case get the prefix `case_`.

    The prefix is always there, not only where both flows use one word: an id in a published template can never
    change, and a move added to one table later must not rename a button of the other.
    """
    return f"{CASE_PREFIX}{action}" if flow == "case" else action


def card_action(move: MoveView) -> str:
    """The card's action id of a move: `sign`, `report` … for a leg, `case_dispatch`, `case_confirm` … for the case."""
    return action_id("case" if move.leg is None else "case_leg", move.action)


def move_of(card_action: str) -> tuple[str, str]:
    """The inverse of `card_action`: (flow, action), such as ("case_leg", "sign") or ("case", "dispatch")."""
    if card_action.startswith(CASE_PREFIX):
        return "case", card_action.removeprefix(CASE_PREFIX)
    return "case_leg", card_action


def case_face(view: CaseView, note: str = "", *, base: str = "") -> Face:
    """The case as its reader sees it; `note` is the private line, `base` the console's address for the link."""
    moves, leg, others = offer(view)
    state, tone, left = _standing(view, moves, leg)
    subject = plain(scrub(view.title), TITLE)
    return Face(
        TEMPLATE,
        _public(view, subject, base),
        {
            "state": state,
            "tone": tone,
            "whose_move": fit(f"现在该谁：{clean(view.whose_move, LINE)}" if not view.ended else "已结束，不用再操作"),
            "left": fit(left),
            "has_left": flag(bool(left)),
            **_ahead(view),
            **_result(view),
            **_details(view),
            "seq": str(next((move.seq for move in moves if move.leg is not None), "")),
            "leg": str(leg.id) if leg else "",
            **_about(view, leg, others),
            **_switches(moves),
            **_options(moves),
            "joint_result": fit(plain(scrub(view.joint_result), RESULT)),
            **note_values(note),
        },
        alert=" · ".join(part for part in (f"【{state}】{view.no[:4]}…{view.no[-4:]} {subject}", until(left)) if part),
    )


def offer(view: CaseView) -> tuple[tuple[MoveView, ...], LegView | None, int]:
    """The moves on the card, the one leg its leg buttons act on, and how many further legs wait for this reader.

    A card carries one `leg`, so of several the most urgent is offered: first one whose next step is plain (a primary
    move), then the one with most main moves, then the earliest deadline; the others follow once it is done.
    """
    if view.ended:
        return (), None, 0
    held = {leg.id: [move for move in view.moves if move.leg == leg.id] for leg in view.legs}
    waiting = [leg for leg in view.legs if held[leg.id]]

    def urgency(leg: LegView) -> tuple[bool, int, float]:
        main = [move for move in held[leg.id] if move.face == "main"]
        return all(move.style != "primary" for move in main), -len(main), leg.due_at.timestamp()

    chosen = min(waiting, key=urgency, default=None)
    others = sum(1 for leg in waiting if leg is not chosen and _is_due(held[leg.id]))
    kept = tuple(move for move in view.moves if move.leg is None or (chosen and move.leg == chosen.id))
    return kept, chosen, others


def _is_due(moves: Iterable[MoveView]) -> bool:
    """Does this leg wait for a decision of the reader: a primary step, or main steps to choose between?"""
    main = [move.style for move in moves if move.face == "main"]
    return "primary" in main or len(main) > 1


def _standing(view: CaseView, moves: Iterable[MoveView], leg: LegView | None) -> tuple[str, str, str]:
    """State words, tone and time left: the leg's own when the next step is there, else those of the case."""
    main = [move for move in moves if move.face == "main"]
    if leg and main and all(move.leg is not None for move in main):
        return leg.state_title, "red" if leg.overdue else leg.tone, leg.left
    if view.ended:
        return view.state_title, view.tone, ""
    return view.state_title, "red" if view.overdue else view.tone, view.left


def _public(view: CaseView, subject: str, base: str) -> dict[str, str]:
    rows = [
        ("类别", " · ".join(part for part in (view.type_title, view.class_title) if part)),
        ("登记", _date(view.registered_at)),
        ("提醒", " · ".join(view.marks)),
    ]
    place = plain(scrub(view.place), 24)
    source = " · ".join(part for part in (f"尾号 {view.tail}", view.channel_title, place) if part)
    return {
        "number": view.no,
        "case_seq": str(view.seq),
        "title": subject,
        "subtitle": fit(source),
        "body": fit(plain(scrub(view.content), BODY)),
        "rows": _rows(rows),
        "has_link": flag(bool(base)),
        "link": f"{base.rstrip('/')}/cases/{view.no}" if base else "",
        "foot": plain(scrub(view.last), LINE),
    }


def _ahead(view: CaseView) -> dict[str, str]:
    """The warning in sign and word, and the next rung of the ladder by its date (C15)."""
    told = f"下一步提醒：{_date(view.next_at)} 告知{view.next_told}" if view.next_at and not view.ended else ""
    warning = "" if view.ended else view.warning
    return {
        "warning": fit(warning), "has_warning": flag(bool(warning)),
        "next_step": fit(told), "has_next_step": flag(bool(told)),
    }  # fmt: skip


def _result(view: CaseView) -> dict[str, str]:
    """The answer to the citizen; before there is one, what the units handed in."""
    handed_in = [f"{leg.unit}：{leg.result}" if len(view.legs) > 1 else leg.result for leg in view.legs if leg.result]
    told = plain(scrub(view.result or "；".join(handed_in)), RESULT)
    return {"has_result": flag(bool(told)), "result": fit(f"**办理结果** {told}" if told else "")}


def _details(view: CaseView) -> dict[str, str]:
    """What only this reader's own card may say: the masked caller, the place, each unit's part, the last words."""
    rows: list[tuple[str, str]] = []
    if not view.ended:
        rows += [
            ("诉求人", " ".join(part for part in (view.caller, view.phone) if part)),
            ("地址", plain(view.address)),
        ]
        rows += [("期限", _deadline(view))]
    rows += _suggested(view)
    rows += [(f"{leg.part} {leg.unit}", " · ".join([leg.state_title, *leg.marks[:2]])) for leg in view.legs[:4]]
    rows += [("回访", "；".join(view.calls))]
    rows += [("可能重复", alike_line(one)) for one in view.alike[:1]]
    rows += [("主件", alike_line(view.leading))] if view.leading else []
    rows += [("联办", f"尾号 {one.key[-6:]} {one.title}") for one in view.flags[-2:]]
    rows += _last_words(view)
    told = _rows(rows)
    return {"details": told, "has_details": flag(told != "[]")}


def _suggested(view: CaseView) -> list[tuple[str, str]]:
    """The units a dispatch may mean, each with what speaks for it; or that nobody is sure."""
    if view.suggestion is None:
        return []
    told = [(f"建议 {n}", f"{one.short}（{one.because}）") for n, one in enumerate(view.suggestion.units, 1)]
    return told or [("建议", view.suggestion.sentence)]


def alike_line(one: Alike) -> str:
    """「尾号 000427 港口路积水」. Not its state: nobody redraws this card when the other case moves on."""
    return f"尾号 {one.tail} {plain(scrub(one.title), TITLE)}"


def _last_words(view: CaseView) -> list[tuple[str, str]]:
    """The words given with the latest act, such as the reason of a return; not the result again."""
    results = tuple(told for told in (view.result, *(leg.result for leg in view.legs)) if told)
    words = [
        line for line in view.timeline if line.text and line.source != "clock" and not line.text.startswith(results)
    ]
    if view.ended or not words:
        return []
    latest = max(words, key=lambda line: (line.at, line.id))
    return [(latest.what, plain(scrub(latest.text)))]


def _deadline(view: CaseView) -> str:
    if view.due_at is None:
        return ""
    return _date(view.due_at) + ("（假日安排未公布，暂定）" if view.provisional else "")


def _date(moment: datetime) -> str:
    """A moment by its date: a card lies still, so 「今天」 would be wrong tomorrow."""
    day = closing_date(moment)
    return f"{day_words(day, day)} {clock(moment, closing=True)}"


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    told: list[Row] = [{"k": clean(k, 16), "v": clean(v, LINE)} for k, v in pairs if v]
    return array(told, shrink=("v",))


def _about(view: CaseView, leg: LegView | None, others: int) -> dict[str, str]:
    """Says whose part the buttons act on when the case has several, and that more wait behind it."""
    if leg is None or len(view.legs) < 2:
        return {"about": "", "has_about": "false"}
    more = f"；另有 {others} 份也等您处理，办完这一份就轮到" if others else ""
    return {"about": fit(f"下面的操作针对：{leg.unit}（{leg.state_title}）{more}"), "has_about": "true"}


def _switches(moves: Iterable[MoveView]) -> dict[str, str]:
    return switches(TEMPLATE, {card_action(move): move for move in moves})


def _options(moves: Iterable[MoveView]) -> dict[str, str]:
    """The choices of units, likeliest first; the rest can be named in words."""
    held: dict[str, tuple[Option, ...]] = {"unit_options": (), "below_options": ()}
    for move in moves:
        drawn = {field.name: field.options_from for field in _template().forms.get(card_action(move), ())}
        for field in move.form:
            if (source := drawn.get(field.name, "")) in held:
                held[source] = held[source] or field.options
    return {name: _choices(options) for name, options in held.items()}


def _choices(options: Iterable[Option]) -> str:
    return array([{"value": one.value, "text": clean(one.text, 16)} for one in options])


def _template() -> Manifest:
    return manifests()[TEMPLATE]
