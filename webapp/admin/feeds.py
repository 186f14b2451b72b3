"""数据接入: how every dataset of the screens stands, what came for it, what was refused of it and why."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import quote

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.adapters.feeds import source_of
from core.feeds.views import FeedLine
from core.measures.sheets import Sheet, workbook
from core.policy.feed_rules import feed_rules
from core.policy.feeds import WAYS, Dataset
from core.worktime import SHANGHAI
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"": "全部", "amiss": "迟到或取不到", "refused": "今天有不收", "demo": "演示数据", "none": "还没有数据"}
TONES = {"none": "grey", "fine": "green", "due": "blue", "stale": "orange", "failing": "red"}
TYPES = {"time": "时间", "text": "文字", "number": "数", "choice": "选项", "town": "镇街"}
feeds = Blueprint("feeds", __name__)


@feeds.get("/feeds")
@audience("feeds")
def index() -> str:
    core = the_core()
    lines = core.feeds.board()
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    shown = [line for line in lines if _is(kind, line)]
    return render_template(
        "feeds.html",
        topics=[(title, list(of)) for title, of in groupby(shown, lambda line: line.topic_title)],
        counts={key: sum(_is(key, line) for line in lines) for key in KINDS},
        kind=kind,
        ways={line.name: _way(core.feeds.datasets[line.name]) for line in shown},
        kinds=KINDS,
        tones=TONES,
        states=feed_rules().states,
        whole={
            "rows": sum(line.rows_today for line in lines),
            "refused": sum(line.refused_today for line in lines),
            "deliveries": sum(line.deliveries_today for line in lines),
            "fine": sum(line.stand.state == "fine" for line in lines),
            "all": len(lines),
        },
    )


def _is(kind: str, line: FeedLine) -> bool:
    return {
        "amiss": line.stand.state in ("stale", "failing"),
        "refused": line.refused_today > 0,
        "demo": line.stand.demo,
        "none": line.stand.state == "none",
    }.get(kind, True)


@feeds.get("/feeds/<topic>/<dataset>")
@audience("feeds")
def show(topic: str, dataset: str) -> str:
    """One dataset: how it stands, what it takes, and its deliveries."""
    core, page = the_core(), number(request.args.get("page"), 1, most=100_000)
    only = request.args.get("only") == "refused"
    view = core.feeds.deliveries(f"{topic}.{dataset}", page, only)
    return render_template(
        "feed.html",
        view=view,
        only=only,
        way=_way(view.dataset),
        tones=TONES,
        states=feed_rules().states,
        types=TYPES,
        asked=_asked(view.dataset),
    )


def _asked(dataset: Dataset) -> bool:
    """Whether the settings name a source that is asked for it."""
    return source_of(the_core().settings.feeds.sources, dataset) is not None


def _way(dataset: Dataset) -> str:
    """How it comes here, as the settings say, whatever way its topic thought of; without a source it is pushed."""
    source = source_of(the_core().settings.feeds.sources, dataset)
    return WAYS[source.by if source is not None else "push"]


@feeds.post("/feeds/<topic>/<dataset>/again")
@audience("feeds")
def ask_again(topic: str, dataset: str) -> Response:
    """Ask the source now instead of when it is due."""
    form_key()
    core = the_core()
    name = core.feeds.dataset(topic, dataset).full
    found = core.feeds.ask_now(name)
    core.note(the_actor(), "feed.asked", f"feed:{name}", "done")
    flash("已安排，几秒内去取。" if found else "还没有设置这个数据集的来源，等对方推送。")
    return make_response(redirect(url_for("feeds.show", topic=topic, dataset=dataset), 303))


@feeds.get("/feeds/<topic>/<dataset>/refused.xlsx")
@audience("feeds")
def take_refused(topic: str, dataset: str) -> Response:
    """The refused rows with their reasons, to be sent back to whoever delivered them; who took them is on record."""
    core = the_core()
    found = core.feeds.dataset(topic, dataset)
    heads, rows = core.feeds.refused(found.full)
    core.note(the_actor(), "feed.refused_taken", f"feed:{found.full}", "done")
    now = core.clock.now().astimezone(SHANGHAI)
    data = workbook(
        [Sheet("不收的行", heads, rows)], f"{found.topic_title} {found.title} 不收的行 {now:%Y-%m-%d %H:%M}"
    )
    response = make_response(data)
    response.headers["Content-Type"] = EXCEL
    name = quote(f"{found.title}-不收的行-{now:%Y%m%d}.xlsx")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@feeds.get("/feeds/deliveries/<int:delivery>")
@audience("feeds")
def show_delivery(delivery: int) -> str:
    """One delivery opened: what it brought and what was refused of it."""
    core = the_core()
    view = core.feeds.delivery(min(delivery, 2**53))  # a longer number than a database holds is nobody's
    return render_template("feed_delivery.html", view=view, dataset=core.feeds.datasets[view.name])
