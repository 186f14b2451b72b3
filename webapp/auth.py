"""Who may enter: every route names its audience, and nobody passes without the right read at this very request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, TypeVar, cast

import structlog
from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect

from core import Actor
from core.adapters.scanning import looked_at
from core.arrivals.fields import flat
from core.errors import Malformed, NotSignedIn, Refusal
from webapp.context import address, the_core
from webapp.errors import Elsewhere, PageNotYours, PasswordDue
from webapp.often import not_too_often
from webapp.proxies import within
from webapp.sessions import CONFIRMED, Sessions
from webapp.walls import admit_wall

PUBLIC = "public"
"""Anyone, signed in or not: the sign-in page, health, stylesheet and fonts."""
STAFF = "staff"
"""Anyone who is signed in, whatever the post."""
SCREENS = "screens"
"""Anyone who is signed in, and a wall that an administrator let in (大屏设备)."""
MACHINE = "machine"
"""A machine that proves itself by token or signature inside the view."""

PAGES: Mapping[str, str] = {
    "cases": "办件",
    "intake": "登记",
    "patrols": "巡查",
    "joint": "联办",
    "hotspots": "热点",
    "library": "证照",
    "archive": "资料",
    "stats": "统计",
    "suggest": "推荐",
    "tray": "消息",
    "sharing": "共享",
    "feeds": "接入",
    "faces": "版面",
    "flows": "流程",
    "settings": "设置",
    "log": "日志",
}
"""The pages of permissions.yaml in the order of the rail."""
POCKET: Mapping[str, str] = {"direct": "直通联办", "briefings": "分析研判", "assessment": "绩效考核"}
"""The pages of permissions.yaml that are carried on the phone and stand on no rail."""

BEFORE_CHANGE = frozenset({"door.password", "door.change_password", "door.sign_out"})
"""What opens while one's own password is still to be set (control A3)."""

CITIZENS = frozenset({"citizen_seek", "citizen_scan", "citizen_door", "citizen_mine", "citizen_pictures"})
"""Blueprints of the citizens' pages."""
OPEN_EVERYWHERE = frozenset({"health", "assets", "check"}) | CITIZENS
"""Blueprints that ask nobody where they come from: citizens, a balancer, a browser on an error page."""
MANY_BYTES, FEW_PARTS = 128 * 1024 * 1024, 24
"""A form larger than this is a few large files, which wait on disk: many small ones would wait in memory."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


class Unguarded(Exception):
    """The start is refused: a route has no audience, or one that permissions.yaml does not know."""


def audience(name: str) -> Callable[[View], View]:
    """Say who may enter a view: a page of permissions.yaml, or PUBLIC, STAFF, MACHINE."""

    def mark(view: View) -> View:
        view.audience = name  # type: ignore[attr-defined]
        return view

    return mark


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """Let a view take a larger body than the rest, from people who are signed in and may open it."""

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def audience_of(app: Flask, endpoint: str | None) -> str | None:
    """The audience of an endpoint; None when it has none or does not exist."""
    view = app.view_functions.get(endpoint or "")
    return cast("str | None", getattr(view, "audience", None))


def check_routes(app: Flask, pages: Mapping[str, Any]) -> None:
    """Closed by default: raises Unguarded naming every route without a known audience (control B1)."""
    known = {PUBLIC, STAFF, SCREENS, MACHINE, *pages}
    bare = sorted(rule.rule for rule in app.url_map.iter_rules() if audience_of(app, rule.endpoint) not in known)
    if bare:
        raise Unguarded(f"routes without an audience: {', '.join(bare)}")


def may_open(actor: Actor, page: str) -> bool:
    return actor.role in the_core().policy.pages.get(page, frozenset())


def first_page(actor: Actor) -> str:
    """Where a person lands after signing in: the first page of the rail that is theirs."""
    return next((page for page in PAGES if may_open(actor, page)), "flows")


def guard(app: Flask, sessions: Sessions) -> None:
    """Put the door before every request."""
    csrf = CSRFProtect()
    csrf.init_app(app)

    def admit() -> None:
        name = audience_of(app, request.endpoint)
        if name is None:
            _recognise(sessions)
        if name is None or name == MACHINE:
            return
        if request.blueprint not in OPEN_EVERYWHERE:
            _from_here(address())
        most = getattr(app.view_functions.get(request.endpoint or ""), "most_bytes", 0)
        with suppress(Refusal):
            if most and request.mimetype == "multipart/form-data" and may_open(_signed_in(sessions), name):
                request.max_content_length = most
                if (request.content_length or 0) > MANY_BYTES:
                    request.max_form_parts = FEW_PARTS
        _refuse_control_characters()
        if request.method not in SAFE:
            csrf.protect()
        if name == PUBLIC:
            _scan_uploads(None)
            return
        try:
            g.actor = _signed_in(sessions)
        except NotSignedIn:
            if name == SCREENS and admit_wall():
                return
            raise
        if request.method not in SAFE:
            not_too_often("form", str(g.actor.person), channel="web")
        if name not in (STAFF, SCREENS) and not may_open(g.actor, name):
            _turn_away(g.actor, name)
        _scan_uploads(g.actor)

    app.before_request(admit)


def _scan_uploads(actor: Actor | None) -> None:
    """Every file of every form, whatever page it is for, is scanned before that page sees it (control D5)."""
    if request.mimetype != "multipart/form-data":
        return
    core = the_core()
    for file in (one for _, one in request.files.items(multi=True)):
        try:
            with looked_at(cast("BinaryIO", file.stream)) as raw:
                core.scan(raw, flat(file.filename or ""))
        except Refusal as refusal:
            core.note_refusal(actor, "upload.scanned", "file", refusal, "web", address())
            raise


def _from_here(where: str) -> None:
    """The console opens only within the listed networks, where some are listed (control H5)."""
    networks = the_core().settings.web.console_networks
    if networks and not within(where, networks):
        raise Elsewhere()


def _signed_in(sessions: Sessions) -> Actor:
    """The person of this session with the rights of this moment; a right that ended ends the session (control A5)."""
    token = request.cookies.get(sessions.cookie, "")
    session = sessions.find(token)
    if session is None or session.pending:
        raise NotSignedIn()
    core = the_core()
    try:
        actor = core.actor_for("web", session.name, address())
    except Refusal:
        sessions.close(token)
        raise
    if actor.role in core.policy.exclusive and session.confirm != CONFIRMED:
        sessions.close(token)
        raise NotSignedIn()
    if session.must_change and request.endpoint not in BEFORE_CHANGE:
        raise PasswordDue()
    return actor


def _recognise(sessions: Sessions) -> None:
    """Whoever asks for a page that does not exist still reads the answer within their own rail."""
    if request.cookies.get(sessions.cookie):
        with suppress(Refusal):
            g.actor = _signed_in(sessions)


def _turn_away(actor: Actor, page: str) -> None:
    core = the_core()
    holder = "、".join(title for role, title in core.policy.roles.items() if role in core.policy.pages[page])
    refusal = PageNotYours(page={**PAGES, **POCKET}.get(page, page), holder=holder)
    core.note_refusal(actor, "open_page", f"page:{page}", refusal, "web", address())
    raise refusal


def _refuse_control_characters() -> None:
    texts = (*request.args.values(), *request.form.values(), request.path)
    if any("\x00" in text for text in texts):
        raise Malformed(why="含有看不见的控制字符，请重新输入")
