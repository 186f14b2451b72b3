"""热点: what many people tell at once, its trend, its cases, and the warning to accept or to set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.errors import Refusal, Unknown
from core.hotspots import Spot
from core.hotspots.policy import load_hotspots
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

WIDTH, HEIGHT, FOOT = 150, 40, 38
hotspots = Blueprint("hotspots", __name__)


@dataclass(frozen=True, slots=True)
class Spark:
    """A small drawing of appeals a day: one bar each, the recent days marked."""

    bars: tuple[tuple[float, float, float, float, bool], ...]
    width: int
    height: int
    told: str


@hotspots.get("/hotspots")
@audience("hotspots")
def index() -> str:
    page = the_core().hotspots.listed(the_actor())
    return render_template("hotspots.html", page=page, **_words())


@hotspots.get("/hotspots/<int:spot>")
@audience("hotspots")
def one(spot: int) -> Response:
    return _one(spot)


@hotspots.post("/hotspots/<int:spot>/accept")
@audience("hotspots")
def accept(spot: int) -> Response:
    """The warning goes out, once: a second press finds it decided."""
    form_key()
    return _decided(spot, lambda: the_core().hotspots.accept(the_actor(), spot))


@hotspots.post("/hotspots/<int:spot>/dismiss")
@audience("hotspots")
def dismiss(spot: int) -> Response:
    form_key()
    return _decided(spot, lambda: the_core().hotspots.dismiss(the_actor(), spot, request.form.get("reason", "")))


def _decided(spot: int, act: Callable[[], str]) -> Response:
    """Back to the hot spot; a refusal shows it as it is now, with the sentence and what was written."""
    core, actor = the_core(), the_actor()
    try:
        said = act()
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, "decide_warning", f"hotspot:{spot}", refusal)
        return _one(spot, said=str(refusal), status=refusal.status)
    flash(said)
    return make_response(redirect(url_for("hotspots.one", spot=spot), 303))


def _one(spot: int, *, said: str = "", status: int = 200) -> Response:
    page = number(request.args.get("page"), 1, most=100_000)
    found, listed = the_core().hotspots.one(the_actor(), spot, page)
    filled = request.form.get("reason", "") if said else ""
    text = render_template("hotspot.html", spot=found, listed=listed, said=said, filled=filled, **_words())
    return make_response(text, status)


def _words() -> dict[str, object]:
    policy = load_hotspots()
    return {"spark": spark, "growth": growth, "policy": policy}


def growth(spot: Spot) -> str:
    """The number as a sentence: how many this week, against what is usual."""
    usual = f"{spot.usual:.1f}".removesuffix(".0")
    if spot.week == 0:
        return f"近 7 天没有新增，平常每周约 {usual} 件"
    times = f"{spot.growth:.1f}".removesuffix(".0")
    return f"近 7 天 {spot.week} 件，平常每周约 {usual} 件，是平常的 {times} 倍"


def spark(days: Sequence[int]) -> Spark:
    """Bars over the days, oldest left, scaled to the highest of them."""
    recent, highest = load_hotspots().recent_days, max(max(days, default=0), 1)
    step = WIDTH / max(len(days), 1)
    bars = tuple(
        (round(at * step + 0.5, 1), round(FOOT - tall, 1), round(step - 1, 1), round(tall, 1), at >= len(days) - recent)
        for at, tall in enumerate(max(count / highest * (FOOT - 4), 1.0) for count in days)
    )
    return Spark(bars, WIDTH, HEIGHT, f"近 {len(days)} 天每天件数，最多一天 {max(days, default=0)} 件")
