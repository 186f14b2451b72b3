"""推荐: how good the suggestions for dispatch were, what they rest on, and the wish for a new model."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from webapp.auth import audience
from webapp.context import the_actor, the_core

suggest = Blueprint("suggest", __name__)
STATES = {
    "asked": ("等待训练", "orange"),
    "active": ("正在使用", "green"),
    "retired": ("已停用", "grey"),
    "failed": ("没有练成", "red"),
}
SOURCES = {"cases": "已办结的件"}


@suggest.get("/suggest")
@audience("suggest")
def index() -> str:
    told = the_core().suggest.accuracy()
    said = drift(told.recent.top1, told.before.top1)
    return render_template("suggest.html", told=told, states=STATES, sources=SOURCES, drift=said)


@suggest.post("/suggest/train")
@audience("suggest")
def train() -> Response:
    """Wish for a new model; the worker learns it within a minute or so."""
    the_core().suggest.ask_for_training(the_actor())
    flash("已安排重新训练，一般几分钟内完成，结果会列在下面。")
    return make_response(redirect(url_for("suggest.index"), 303))


def drift(recent: float | None, before: float | None) -> str:
    """How this month differs from the two before it, in a sentence."""
    if recent is None or before is None:
        return "办结的件还不够，暂时看不出变化。"
    points = round((recent - before) * 100)
    if abs(points) < 3:
        return "近 30 天与此前 60 天相当。"
    return f"近 30 天比此前 60 天{'高' if points > 0 else '低'} {abs(points)} 个百分点。"
