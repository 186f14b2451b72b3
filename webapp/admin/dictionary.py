"""指标字典: what every number on the screens means, comes from and how it stands; a topic a chapter."""

from __future__ import annotations

from flask import Blueprint, render_template

from core.errors import Unknown
from webapp.auth import STAFF, audience
from webapp.context import the_actor, the_core

dictionary = Blueprint("dictionary", __name__)


@dictionary.get("/metrics")
@audience(STAFF)
def index() -> str:
    """The first topic this reader may look at."""
    topics = the_core().screens.for_reader(the_actor().role)
    if not topics:
        raise Unknown(what="专题")
    return show(topics[0].name)


@dictionary.get("/metrics/<name>")
@audience(STAFF)
def show(name: str) -> str:
    """The dictionary of one topic, with the values of this moment. Raises Unknown, NotYours."""
    screens, role = the_core().screens, the_actor().role
    topic = screens.topic(name, role)
    told = screens.picture(topic).told["metrics"]
    rows = [told[one.full] for one in topic.metrics.values()]
    return render_template("dictionary.html", topic=topic, topics=screens.for_reader(role), rows=rows, levels=LEVELS)


LEVELS = {"yellow": ("△ 黄色", "tone-orange"), "orange": ("◇ 橙色", "tone-orange"), "red": ("■ 红色", "tone-red")}
