"""The wall: one page for every topic, which from then on asks for data alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from core.policy.topics import Topic
from core.screens.opening import CASES, JOINTS, LIST, ORDERS
from core.worktime import SHANGHAI
from webapp.auth import SCREENS, audience, may_open
from webapp.context import number, the_core
from webapp.screen.data import version
from webapp.screen.door import reader_role, topics_of_reader
from webapp.walls import cookie, hand_out

HOME = "home"
BACK_MS = 60_000
"""A sheet on the wall closes by itself after this."""
TOUR_S = 30
POLL_MS = {"wall": 3_000, "phone": 10_000}
"""How often a page asks whether anything is new; it is told 304 when nothing is."""
LISTS = {
    CASES: ("stats", "stats.cases"), LIST: ("cases", "cases.index"),
    ORDERS: ("joint", "joint_scores.orders"), JOINTS: ("joint", "joint.index"),
}  # fmt: skip
"""What a number opens → (the page whose right it takes, its endpoint)."""
wall = Blueprint("wall", __name__)


@wall.get("/wall")
@audience(SCREENS)
def index() -> Response:
    """The first topic this reader may look at; of a device, the first of its tour."""
    device = g.get("wall")
    known = [one.name for one in topics_of_reader()]
    first = next((one for one in (device.topics if device else ()) if one in known), "")
    name = first or (HOME if HOME in known or not known else known[0])
    return make_response(redirect(url_for("wall.show", name=name), 303))


@wall.get("/wall/<name>")
@audience(SCREENS)
def show(name: str) -> Response:
    """A topic on the wall; a paired machine is handed its cookie anew. Raises Unknown, NotYours."""
    topic = the_core().screens.topic(name, reader_role())
    device, topics = g.get("wall"), topics_of_reader()
    told = {**setup_of(topic), "poll": POLL_MS["wall"], "returns": BACK_MS, "device": device is not None}
    if device is not None:
        tour, every = device.topics, device.every
    else:
        tour = request.args.get("tour", "").split(",")[:40]
        every = max(10, number(request.args.get("every"), TOUR_S, most=3600))
    known = {one.name for one in topics}
    told |= {"tour": [one for one in tour if one in known], "every": every}
    response = make_response(render_template("screen/wall.html", topic=topic, topics=topics, setup=told))
    if device is not None:
        hand_out(response, request.cookies[cookie()])
    return response


def setup_of(topic: Topic) -> dict[str, Any]:
    """What the page's script starts from: the first picture comes with the page."""
    core, actor = the_core(), g.get("actor")
    picture = core.screens.picture(topic)
    acts = {"case": "", "joint": "", **dict.fromkeys(LISTS, "")}
    if actor is not None:
        acts["case"] = url_for("intake.index") if may_open(actor, "intake") else ""
        acts["joint"] = url_for("joint.new") if actor.role in core.policy.raises else ""
        acts |= {name: url_for(at) for name, (page, at) in LISTS.items() if may_open(actor, page)}
    return {
        "topic": topic.name, "picture": picture.told, "etag": picture.print, "version": version(), "acts": acts,
        "data": "/screen/", "wall": "/wall/", "pocket": "/m/",
        "topics": [{"name": one.name, "title": one.title, "group": one.group} for one in topics_of_reader()],
        "now": int(core.clock.now().astimezone(SHANGHAI).timestamp() * 1000),
    }  # fmt: skip
