"""视图: a list with its filters kept under a name, and let go again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for

from webapp.admin.filters import read_filter
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import sealed_query

saved = Blueprint("saved", __name__)


@saved.post("/cases/views")
@audience("cases")
def keep() -> Response:
    """Keep the filter of this address; sent twice, it is kept once, under the same name."""
    form_key()
    wanted = read_filter()
    query = {name: str(value) for name, value in wanted.kept().items()}
    view = the_core().desk.keep(the_actor(), request.form.get("name", ""), query)
    flash(f"已存为视图「{view.name}」。")
    return make_response(redirect(url_for("cases.index", **sealed_query(view.query)), 303))  # type: ignore[arg-type]


@saved.post("/cases/views/drop")
@audience("cases")
def drop() -> Response:
    form_key()
    the_core().desk.drop(the_actor(), number(request.form.get("view"), 0))
    flash("已删除这个视图。")
    return make_response(redirect(url_for("cases.index"), 303))
