"""Which sample appeals suit which story."""

from __future__ import annotations

from collections.abc import Callable

from core.seeding.draws import Appeal

Fits = Callable[[Appeal], bool]
TROUBLES = ("help", "complain", "report")


def for_unit(appeal: Appeal) -> bool:
    """An ordinary matter for a unit: five working days to close."""
    return appeal.type in TROUBLES and not appeal.at_desk and appeal.urgency == "normal" and not appeal.hard


def any_trouble(appeal: Appeal) -> bool:
    return appeal.type in TROUBLES and not appeal.at_desk


def is_urgent(appeal: Appeal) -> bool:
    return any_trouble(appeal) and appeal.urgency != "normal" and not appeal.hard


def is_hard(appeal: Appeal) -> bool:
    return any_trouble(appeal) and appeal.hard


def goes_astray(appeal: Appeal) -> bool:
    return any_trouble(appeal) and bool(appeal.wrong)


def may_stray(appeal: Appeal) -> bool:
    """Often sent to the wrong unit, and nobody is in danger meanwhile."""
    return for_unit(appeal) and bool(appeal.wrong)


def goes_below(appeal: Appeal) -> bool:
    return for_unit(appeal) and bool(appeal.pass_down)


def is_shared(appeal: Appeal) -> bool:
    return for_unit(appeal) and bool(appeal.support)


def is_advice(appeal: Appeal) -> bool:
    return appeal.at_desk and appeal.type == "ask"


def is_idea(appeal: Appeal) -> bool:
    return appeal.type == "suggest"


def is_praise(appeal: Appeal) -> bool:
    return appeal.type == "praise"
