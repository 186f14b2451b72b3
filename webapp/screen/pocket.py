"""The phone's topics: one column designed for a hand, inside DingTalk, in 海政通 and in a browser alike."""

from __future__ import annotations

from flask import Blueprint, render_template

from webapp.auth import STAFF, audience
from webapp.context import the_core
from webapp.screen.door import reader_role, topics_of_reader
from webapp.screen.wall import HOME, POLL_MS, setup_of
from webapp.ways import inside

pocket = Blueprint("pocket", __name__)


@pocket.get("/m")
@audience(STAFF)
def index() -> str:
    """The home topic, or the list where this reader has none."""
    return _shown(HOME) if any(one.name == HOME for one in topics_of_reader()) else topics()


@pocket.get("/m/topics")
@audience(STAFF)
def topics() -> str:
    """Every topic this reader may look at."""
    return render_template("screen/topics.html", topics=topics_of_reader())


@pocket.get("/m/<name>")
@audience(STAFF)
def show(name: str) -> str:
    """One topic. Raises Unknown, NotYours."""
    return _shown(name)


def _shown(name: str) -> str:
    topic = the_core().screens.topic(name, reader_role())
    return render_template(
        "screen/topic.html",
        topic=topic,
        setup={**setup_of(topic), "poll": POLL_MS["phone"], "device": False, "returns": 0, "inside": inside()},
    )
