"""Coming in by another system's word: by its login page from any browser, or without a word inside its own app (免登).

DingTalk tells a page inside it who opened it; 海政通 sends its own web view straight back from its login page.
"""

from __future__ import annotations

import hmac
import secrets
import time

from flask import Blueprint, Response, redirect, request, session, url_for

from core.crypto import token_hash
from core.errors import Refusal
from core.vouching import SignInPort
from webapp.admin.door import gate, go_on, local, sign_in_desk
from webapp.auth import PUBLIC, audience
from webapp.context import address, the_core
from webapp.dingtalk import who_opened
from webapp.errors import Declined, NotConfirmed, SignInAway, SignInGone
from webapp.headers import inside_dingtalk
from webapp.often import not_too_often
from webapp.ways import said_by, way_in

KEPT = "sent_away"
"""Where this browser's own form cookie remembers which way it was sent, and the state it was sent with."""
STATE_S = 300
AWAY = frozenset({"server_error", "temporarily_unavailable"})
"""What a login page says of itself when it cannot answer (RFC 6749 §4.1.2.1)."""
arrive = Blueprint("arrive", __name__)


@arrive.get("/sign-in/dingtalk", defaults={"way": "dingtalk"})
@arrive.get("/sign-in/haizhengtong", defaults={"way": "haizhengtong"})
@audience(PUBLIC)
def leave(way: str) -> Response:
    """Off to a login page, with a state that only this browser can bring back, and only from there."""
    port, state = way_in(way), secrets.token_urlsafe(24)
    wanted = local(request.args.get("next", ""))
    session[KEPT] = {"way": way, "state": state, "at": int(time.time()), "next": wanted}
    return _redirect(port.page(state, _back_here(way), _proof(state)))


@arrive.get("/sign-in/dingtalk/back", defaults={"way": "dingtalk"})
@arrive.get("/sign-in/haizhengtong/back", defaults={"way": "haizhengtong"})
@audience(PUBLIC)
def back(way: str) -> Response:
    """Back with a code: the state is this browser's, of this way, minutes old at most, and was never used before."""
    port, kept = way_in(way), session.pop(KEPT, None) or {}
    wanted, state = local(str(kept.get("next", ""))), str(kept.get("state", ""))
    try:
        not_too_often("sign_in", address(), channel="web")
        _check_state(state if kept.get("way") == way else "", int(kept.get("at", 0)), request.args.get("state", ""))
        _check_error(port, request.args.get("error", ""))
        code = request.args.get("authCode") or request.args.get("code") or ""
        said = said_by(port, code, lambda: port.who(code, _back_here(way), _proof(state)))
        entry = sign_in_desk().arrive(said, address())
    except Refusal as refusal:
        return _turned_away(refusal, wanted, way)
    return go_on(entry, wanted)


@arrive.get("/sign-in/inside")
@audience(PUBLIC)
def inside() -> Response:
    """A page that asks DingTalk who opened it; its script may come from where the settings say, on this page alone."""
    response = gate("inside", local(request.args.get("next", "")), dingtalk=the_core().settings.dingtalk)
    return inside_dingtalk(response, the_core().settings)


@arrive.post("/sign-in/inside")
@audience(PUBLIC)
def opened() -> Response:
    """The code a page got inside DingTalk."""
    wanted, code = local(request.form.get("next", "")), request.form.get("code", "")
    try:
        not_too_often("sign_in", address(), channel="web")
        said = said_by(way_in("dingtalk"), code, lambda: who_opened(code))
        entry = sign_in_desk().arrive(said, address())
    except Refusal as refusal:
        return _turned_away(refusal, wanted, "dingtalk")
    return go_on(entry, wanted)


def _back_here(way: str) -> str:
    """The exact address people come back to, the same when they leave and when the code is handed in."""
    return the_core().settings.web.public_address.rstrip("/") + url_for("arrive.back", way=way)


def _proof(state: str) -> str:
    """The secret of one sign-in: worked out from its state under a key of ours, so that no browser has to keep it."""
    return token_hash(f"sign-in:{state}", the_core().vault.current("pepper").secret)


def _check_state(kept: str, at: int, given: str) -> None:
    """Raises SignInGone for a state of another browser or way, an old one, or one that was used."""
    if not kept or not hmac.compare_digest(kept.encode(), given.encode()) or not 0 <= time.time() - at <= STATE_S:
        raise SignInGone()
    if not the_core().use_nonce(f"sign-in:{kept}"):
        raise SignInGone()


def _check_error(port: SignInPort, error: str) -> None:
    """What the login page said instead of a code (RFC 6749 §4.1.2.1). Raises Declined, SignInAway, NotConfirmed."""
    if error == "access_denied":
        raise Declined(by=port.title)
    if error:
        raise SignInAway(by=port.title) if error in AWAY else NotConfirmed(by=port.title)


def _turned_away(refusal: Refusal, wanted: str, way: str) -> Response:
    """The gate again, with the sentence; the other system's own no and an odd state are on record like every other."""
    if isinstance(refusal, (NotConfirmed, SignInAway, Declined, SignInGone)):
        the_core().note_refusal(None, f"sign_in_{way}", "stranger", refusal, "web", address())
    return gate("password", wanted, refusal=refusal)


def _redirect(place: str) -> Response:
    response = redirect(place, 303)
    assert isinstance(response, Response)
    return response
