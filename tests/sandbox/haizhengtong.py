"""海政通's sign-in as an OAuth 2.0 provider: RFC 6749 §4.1 with PKCE S256 (RFC 7636) and a userinfo endpoint.

Its real interface is its operator's to say; this stand-in takes the strict side of the RFCs about every parameter, for
a real provider may. In a browser one chooses who signs in; the app's own web view (HaiZhengTong in User-Agent) goes on
by itself as the one who was chosen last.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from html import escape
from urllib.parse import unquote, urlencode, urlsplit

from aiohttp import web

from .directory import Person
from .grants import Grant
from .login import LOOPBACK, SHOWN
from .wire import ApiError
from .world import World, world_of

AGENT, CHOSEN = "HaiZhengTong", "haizhengtong_user"
CLIENT, SECRET = "xiuying", "practice"
BACK = "/sign-in/haizhengtong/back"
SCOPES = frozenset({"openid", "mobile", "profile"})
CODE_S, TOKEN_S = 60, 7200
CHALLENGE, VERIFIER = re.compile(r"[A-Za-z0-9_-]{43}"), re.compile(r"[A-Za-z0-9._~-]{43,128}")
ASKED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>海政通登录（练习）</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/sandbox/page/login.css"></head>
<body><main><h1>海政通登录</h1><p>正式环境在这里由海政通认人。练习时请选择由谁登录。</p>
<form action="/haizhengtong/agreed">{hidden}<label for="user">谁来登录</label>
<input id="user" name="user" list="people" required autocomplete="off"><datalist id="people">{people}</datalist>
<button>同意登录</button></form>
<form action="/haizhengtong/agreed">{hidden}<input type="hidden" name="refused" value="1"><button>不同意</button></form>
</main></body></html>"""


class OAuthError(Exception):
    """A refusal of the token endpoint (§5.2) or of a resource (RFC 6750 §3.1)."""

    def __init__(self, status: int, error: str, why: str) -> None:
        self.status, self.error, self.why = status, error, why
        super().__init__(why)

    def response(self) -> web.Response:
        """The JSON of RFC 6749 §5.2."""
        headers = {"Cache-Control": "no-store"}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="token"' if self.error == "invalid_client" else "Bearer"
        body = {"error": self.error, "error_description": self.why}
        return web.json_response(body, status=self.status, headers=headers)


async def authorize(request: web.Request) -> web.Response:
    """`GET /haizhengtong/authorize`: who signs in? Inside the app nobody is asked again."""
    world, query = world_of(request), _asked(request)
    chosen = world.directory.people.get(request.cookies.get(CHOSEN, ""))
    if chosen is not None and AGENT in request.headers.get("User-Agent", ""):
        return _sent_back(world, query, chosen)
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in query.items())
    rows = [*world.directory.people.values()][:SHOWN]
    people = "".join(f'<option value="{escape(p.user_id)}">{escape(f"{p.name} {p.unit}")}</option>' for p in rows)
    return web.Response(text=PAGE.format(hidden=hidden, people=people), content_type="text/html")


async def agreed(request: web.Request) -> web.Response:
    """The person said yes, or no: back to the application with a code or an error, and its `state`."""
    world, query = world_of(request), _asked(request, "user", "refused")
    if request.query.get("refused"):
        more = urlencode({"error": "access_denied", "state": query["state"]})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{more}"})
    person = world.directory.people.get(request.query.get("user", ""))
    if person is None:
        raise ApiError(400, "invalid_request", "nobody of this name")
    response = _sent_back(world, query, person)
    response.set_cookie(CHOSEN, person.user_id, path="/haizhengtong", httponly=True, samesite="Lax")
    return response


async def token(request: web.Request) -> web.Response:
    """`POST /haizhengtong/token` (§4.1.3): the client proves itself, the code its verifier."""
    try:
        return _token(world_of(request), request, await _form(request))
    except OAuthError as error:
        return error.response()


async def userinfo(request: web.Request) -> web.Response:
    """`GET /haizhengtong/userinfo`: the person the token was given for; by bearer header alone."""
    world = world_of(request)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    user, scopes, ends = world.haizhengtong.tokens.get(given, ("", frozenset[str](), 0.0))
    person = world.directory.people.get(user)
    if kind != "Bearer" or request.query or person is None or ends <= time.time():
        return OAuthError(401, "invalid_token", "no such token").response()
    if world.faults.on("userinfo_other"):
        person = next(one for one in world.directory.people.values() if one.user_id != user and one.mobile)
    told = {"openid": _openid(person), "account": person.user_id, "name": person.name}
    return web.json_response({**told, **({"mobile": person.mobile} if "mobile" in scopes else {})})


def _asked(request: web.Request, *more: str) -> dict[str, str]:
    """The authorization request, each parameter once and right; nothing is sent to an address that is not registered.

    Raises ApiError.
    """
    if any(len(request.query.getall(name)) > 1 for name in request.query):
        raise ApiError(400, "invalid_request", "a parameter came twice")
    query = {name: request.query.get(name, "") for name in ASKED}
    if query["client_id"] != CLIENT:
        raise ApiError(400, "unauthorized_client", "unknown client_id")
    back = urlsplit(query["redirect_uri"])
    if back.hostname not in LOOPBACK or back.path != BACK or back.query or back.fragment or "@" in back.netloc:
        raise ApiError(400, "invalid_request", "redirect_uri is not the registered one")
    if query["response_type"] != "code" or len(query["state"]) < 16:
        raise ApiError(400, "invalid_request", "response_type, or a state that can be guessed")
    if query["code_challenge_method"] != "S256" or not CHALLENGE.fullmatch(query["code_challenge"]):
        raise ApiError(400, "invalid_request", "code_challenge with S256 is required")
    if not query["scope"] or not set(query["scope"].split(" ")) <= SCOPES:
        raise ApiError(400, "invalid_scope", "unknown scope")
    if unknown := set(request.query) - {*ASKED, *more}:
        raise ApiError(400, "invalid_request", f"unknown parameters: {sorted(unknown)}")
    return query


def _sent_back(world: World, query: dict[str, str], person: Person) -> web.Response:
    code = secrets.token_urlsafe(24)
    world.haizhengtong.codes[code] = Grant(person.user_id, query, time.time() + CODE_S)
    more = urlencode({"code": code, "state": query["state"]})
    return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{more}"})


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded" or request.query:
        raise OAuthError(400, "invalid_request", "a form, and nothing in the address")
    given = await request.post()
    if any(len(given.getall(name)) > 1 for name in given):
        raise OAuthError(400, "invalid_request", "a parameter came twice")
    return {name: str(value) for name, value in given.items()}


def _token(world: World, request: web.Request, form: dict[str, str]) -> web.Response:
    if not _is_client(request, form):
        raise OAuthError(401, "invalid_client", "client authentication failed")
    if form.get("grant_type") != "authorization_code":
        raise OAuthError(400, "unsupported_grant_type", "authorization_code alone")
    grant, verifier = world.haizhengtong.codes.get(form.get("code", "")), form.get("code_verifier", "")
    if grant is None or grant.ends <= time.time() or world.faults.on("codes_refused"):
        raise OAuthError(400, "invalid_grant", "no such code, or an old one")
    if grant.used:
        world.haizhengtong.tokens.pop(grant.token, None)
        raise OAuthError(400, "invalid_grant", "the code was used before")
    grant.used = True
    if form.get("redirect_uri") != grant.query["redirect_uri"]:
        raise OAuthError(400, "invalid_grant", "redirect_uri is not that of the request")
    shown = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not VERIFIER.fullmatch(verifier) or shown != grant.query["code_challenge"]:
        raise OAuthError(400, "invalid_grant", "code_verifier does not fit")
    grant.token, scope = secrets.token_urlsafe(32), grant.query["scope"]
    world.haizhengtong.tokens[grant.token] = (grant.user, frozenset(scope.split(" ")), time.time() + TOKEN_S)
    person = world.directory.people[grant.user]
    answer = {"access_token": grant.token, "token_type": "Bearer", "expires_in": TOKEN_S, "scope": scope}
    return web.json_response({**answer, "openid": _openid(person)}, headers={"Cache-Control": "no-store"})


def _is_client(request: web.Request, form: dict[str, str]) -> bool:
    """By HTTP Basic or in the body, never both (§2.3)."""
    header = request.headers.get("Authorization", "")
    in_body = "client_secret" in form
    if bool(header) == in_body:
        return False
    pair = (form.get("client_id", ""), form["client_secret"]) if in_body else _basic(header)
    return secrets.compare_digest(":".join(pair).encode(), f"{CLIENT}:{SECRET}".encode())


def _basic(header: str) -> tuple[str, str]:
    kind, _, value = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (unquote(name), unquote(secret)) if kind == "Basic" else ("", "")


def _openid(person: Person) -> str:
    return f"hzt-{person.user_id}"
