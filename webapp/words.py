"""What templates may say: moments and numbers in words, the rail, and a fresh token for each form."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apiflask import APIFlask
from flask import g

from core.timewords import span_sentence, when
from core.views import Field, MoveView, Option
from webapp.assets import asset, vendor
from webapp.auth import PAGES, may_open
from webapp.context import the_core


def teach(app: APIFlask) -> None:
    """Give the templates their filters and globals."""
    app.add_template_filter(moment, "moment")
    app.add_template_filter(ahead, "ahead")
    app.add_template_filter(thousands, "thousands")
    app.add_template_global(asset, "asset")
    app.add_template_global(vendor, "vendor")
    app.add_template_global(form_token, "form_token")
    app.add_template_global(further_units, "further_units")
    app.add_template_global(page_fields, "page_fields")
    app.add_template_global(unit_groups, "unit_groups")
    app.add_template_global(unit_name, "unit_name")
    app.context_processor(surroundings)


def moment(at: datetime | None) -> str:
    """今天 17:30, 3月9日 周一 17:30; a dash for none."""
    return "—" if at is None else when(the_core().clock.now(), at)


def ahead(at: datetime) -> str:
    """How long until a moment of real time, as letters keep it; 马上 when it has come."""
    left = at - datetime.now(UTC)
    return f"{span_sentence(left)}后" if left > timedelta() else "马上"


def thousands(number: int) -> str:
    return f"{number:,}"


def form_token() -> str:
    """The cause of one form: it makes a second submission the same act."""
    return secrets.token_urlsafe(18)


def page_fields(move: MoveView) -> list[Field]:
    """The fields as a page draws them: its select holds every unit, so it needs no line for those a card leaves out."""
    names = {field.name for field in move.form}
    if "other_unit" not in names:
        return list(move.form)
    kept = (field for field in move.form if field.name != "other_unit")
    return [replace(field, required=True) if field.name == "lead" else field for field in kept]


def further_units(action: str, field: Field) -> list[tuple[str, list[Option]]]:
    """The units a select may name beyond the likeliest ones, by kind, for fields that name any unit of the district."""
    if the_core().policy.field(action, field.name).source != "units":
        return []
    return unit_groups(frozenset(option.value for option in field.options))


def unit_groups(without: frozenset[str] = frozenset()) -> list[tuple[str, list[Option]]]:
    """Every unit in use by its kind, in the order of the policy; what is of no named kind comes last."""
    core = the_core()
    kinds = core.policy.desk.unit_kinds
    groups: dict[str, list[Option]] = {title: [] for title in (*kinds.values(), "其他")}
    for unit in core.directory().units.values():
        if unit.active and unit.code not in without:
            groups[kinds.get(unit.kind, "其他")].append(Option(unit.code, unit.short))
    return [(title, options) for title, options in groups.items() if options]


def unit_name(code: str) -> str:
    directory = the_core().directory()
    return directory.unit_name(directory.by_word.get(code))


def surroundings() -> dict[str, Any]:
    """What every page shows around its own: who reads, at which post, and where else they may go."""
    core, actor = the_core(), g.get("actor")
    rail = [(page, title) for page, title in PAGES.items() if may_open(actor, page)] if actor else []
    return {"actor": actor, "rail": rail, "practice": core.settings.profile == "practice"}
