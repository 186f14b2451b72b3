"""The units a dispatcher most likely means, likeliest first: by classification, by duty words, by place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.queries.people import Unit
from core.views import Option
from core.work import World

MOST = 18  # a select on a card holds at most 1 KB of options (dingtalk.md §5.3)
KINDS = ("department", "town", "public_company", "party")


def unit_options(
    case: Mapping[str, Any], world: World, without: frozenset[int] = frozenset(), first: tuple[int, ...] = ()
) -> tuple[Option, ...]:
    """At most eighteen units to offer for a case, those suggested `first`, leaving out `without`.

    Any other can be typed by name.
    """
    key = (case["title"], case["content"], case["class_code"], case["town"], without, first)
    memo = world.directory.memo
    if key not in memo:
        memo[key] = _likeliest(case, world, without, first)
    found: tuple[Option, ...] = memo[key]
    return found


def _likeliest(
    case: Mapping[str, Any], world: World, without: frozenset[int], first: tuple[int, ...]
) -> tuple[Option, ...]:
    policy, directory = world.policy, world.directory
    text = f"{case['title']} {case['content']}"
    row = policy.classes.get(case["class_code"] or "")
    town = directory.by_word.get(case["town"] or "")
    leads = directory.by_word.get(row.lead) if row and row.lead and row.lead != "@town" else None
    leads = town if row and row.lead == "@town" else leads

    def weight(unit: Unit) -> tuple[int, int]:
        if unit.id in first:
            return first.index(unit.id) - 100_000, unit.id
        score = 100 * (unit.id == leads) + 10 * sum(word in text for word in unit.duties) + 5 * (unit.id == town)
        return -score, unit.id

    offered = [
        unit
        for unit in directory.units.values()
        if unit.active
        and unit.id not in without
        and ((unit.kind in KINDS and _top(unit, world)) or unit.id in (leads, *first))
    ]
    return tuple(Option(unit.code, unit.short) for unit in sorted(offered, key=weight)[:MOST])


def _top(unit: Unit, world: World) -> bool:
    """Units the centre sends to itself; sub-units are reached through their own unit."""
    upper = world.directory.units.get(unit.parent or 0)
    return upper is None or upper.kind in ("command_center", "district_leadership")
