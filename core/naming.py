"""Units named in words: the one that is meant, or a sentence that says what is unclear."""

from __future__ import annotations

import re

from core import errors
from core.errors import UnknownUnit
from core.queries.people import Unit
from core.work import World


def one_unit(world: World, words: str) -> Unit:
    """The unit meant by `words`; UnknownUnit or Ambiguous otherwise."""
    found = world.directory.find_units(words)
    if not found:
        raise UnknownUnit(what=words[:20])
    if len(found) > 1:
        raise errors.Ambiguous(what=words[:20], choices="、".join(unit.short for unit in found[:4]))
    return found[0]


def split_names(names: str) -> list[str]:
    """「水务局、城管局」 as its parts, whatever stands between them."""
    return [name.strip() for name in re.split("[，,；;/ \n、]", names) if name.strip()]
