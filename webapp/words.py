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
from webapp.citizen.pictures import face_link, original_link
from webapp.context import the_core
from webapp.flags import again_look, flag_look, seen_of
from webapp.screen.shell import phone_tabs
from webapp.sought import sealed_query

OTHERS = {"other_unit": "lead", "other_person": "next_person"}
"""The line of a card for what its select has no room for → that select."""


def teach(app: APIFlask) -> None:
    """Give the templates their filters and globals."""
    app.add_template_filter(moment, "moment")
    app.add_template_filter(ahead, "ahead")
    app.add_template_filter(thousands, "thousands")
    app.add_template_filter(megabytes, "megabytes")
    app.add_template_global(asset, "asset")
    app.add_template_global(vendor, "vendor")
    app.add_template_global(form_token, "form_token")
    app.add_template_global(begins, "begins")
    app.add_template_global(flag_look, "flag_look")
    app.add_template_global(again_look, "again_look")
    app.add_template_global(seen_of, "seen_of")
    app.add_template_global(further_units, "further_units")
    app.add_template_global(sealed_query, "sealed_query")
    app.add_template_global(page_fields, "page_fields")
    app.add_template_global(unit_groups, "unit_groups")
    app.add_template_global(unit_name, "unit_name")
    app.add_template_global(face_link, "face_link")
    app.add_template_global(original_link, "original_link")
    app.add_template_global(phone_tabs, "phone_tabs")
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


def megabytes(size: int) -> str:
    """So many bytes as staff read them: 1.5 兆, and never 0 for what is not empty."""
    return f"{max(size / 1_000_000, 0.1):,.1f} 兆" if size else "0"


def form_token() -> str:
    """The cause of one form: it makes a second submission the same act."""
    return secrets.token_urlsafe(18)


def page_fields(move: MoveView) -> list[Field]:
    """The fields as a page draws them: its select holds every one, so it needs no line for those a card leaves out."""
    names = {field.name for field in move.form}
    whole = {select for other, select in OTHERS.items() if other in names}
    kept = (field for field in move.form if field.name not in OTHERS)
    return [replace(field, required=True) if field.name in whole else field for field in kept]


def begins(view: object, move: MoveView, field: Field) -> str:
    """What a field holds before anybody types: a case's result, a review's draft."""
    review = getattr(view, "review", None)
    if (move.action, field.name) == ("keep_review", "review") and review is not None:
        return str(review.text)
    if (move.action, field.name) == ("relaunch", "units"):
        return "、".join(leg.unit for leg in getattr(view, "legs", ()) if leg.state != "released")
    told = getattr(view, "joint_result", "")
    return str(told) if (move.action, field.name) in (("report", "result"), ("confirm", "reply")) else ""


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
