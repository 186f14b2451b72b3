"""The API for other systems: a token by appid and appsecret, cases with their timelines, masked."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, g, request
from flask.blueprints import BlueprintSetupState

from core.errors import BadField, Malformed, NotSignedIn, TooMany, Unknown
from core.intake import is_number
from core.machines import Machines, WrongClient
from core.views import CaseView, WorkPage
from webapp.api import schemas
from webapp.auth import MACHINE, audience
from webapp.bodies import json_of
from webapp.context import address, the_core
from webapp.errors import answer, refused

TOKENS_A_MINUTE = 30
"""How often one address may ask for a token."""

api = APIBlueprint("api_v1", __name__, url_prefix="/api/v1", tag="办件")
BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}


def machines() -> Machines:
    """The clients of this application's core."""
    core = the_core()
    found: Machines = current_app.extensions.setdefault("machines", Machines(core.engine, core.vault))
    return found


@api.record_once
def _declare(state: BlueprintSetupState) -> None:
    app = state.app
    if isinstance(app, APIFlask):
        app.security_schemes = {**(app.security_schemes or {}), **BEARER}


@api.before_request
def _admit() -> Response | None:
    """Bearer token, in the header only; then the caller's minute is counted (controls A8, C5)."""
    if {"access_token", "token", "appsecret"} & set(request.args):
        raise Malformed(why="令牌和密钥不能写在地址里，请放在请求头或正文")
    if request.endpoint == f"{api.name}.issue_token":
        json_of(request.get_data(cache=True))
        wait = machines().wait_s(f"address:{address()}", TOKENS_A_MINUTE)
    else:
        g.client = machines().client_of(_bearer())
        wait = machines().wait_s(g.client)
    return _slow_down(wait) if wait else None


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 100 or not token.isascii():
        raise NotSignedIn()
    return token


def _slow_down(wait: int) -> Response:
    who = g.get("client") or address()
    if not machines().wait_s(f"limited:{who}", 1):  # once a minute is enough to know
        the_core().note(None, "api.limited", f"client:{who}", "refused", "TooMany", channel="api", address=address())
    response = answer(str(TooMany()), TooMany.status, TooMany.__name__)
    response.headers["Retry-After"] = str(wait)
    return response


@api.errorhandler(HTTPError)
def _invalid(error: HTTPError) -> Response:
    """Validation speaks one Chinese sentence, about the first field at fault."""
    for fields in (error.detail or {}).values():
        for name, why in fields.items() if isinstance(fields, dict) else ():
            if "Unknown field." in why:
                return refused(Malformed(why=f"不认识参数「{str(name)[:20]}」"))
            return refused(BadField(field=name, why=_described(name)))
    return refused(Malformed(why="请求内容不符合接口说明"))


def _described(name: str) -> str:
    known = {**schemas.Credentials().fields, **schemas.CaseQuery().fields}
    return str(known[name].metadata.get("description", "")) if name in known else "不符合接口说明"


@api.post("/token")
@api.input(schemas.Credentials)
@api.output(schemas.Token)
@api.doc(summary="用 appid 和 appsecret 换令牌", responses=[401, 429])
@audience(MACHINE)
def issue_token(json_data: dict[str, str]) -> dict[str, Any]:
    appid = json_data["appid"]
    try:
        grant = machines().grant(appid, json_data["appsecret"])
    except WrongClient as refusal:
        the_core().note_refusal(None, "token.issued", f"client:{appid}", refusal, "api", address())
        raise
    the_core().note(None, "token.issued", f"client:{appid}", "done", channel="api", address=address())
    return {"access_token": grant.token, "expires_in": grant.seconds}


@api.get("/cases")
@api.input(schemas.CaseQuery, location="query", unknown="raise")
@api.output(schemas.CasePage)
@api.doc(summary="按登记时间列出办件", security="bearer", responses=[401, 422, 429])
@audience(MACHINE)
def list_cases(query_data: dict[str, Any]) -> WorkPage:
    _check_choices(query_data)
    return the_core().machine_cases(**query_data)


def _check_choices(query: dict[str, Any]) -> None:
    policy = the_core().policy
    if query.get("state") and query["state"] not in policy.flows["case"].states:
        raise BadField(field="state", why="没有这个办件状态")
    if query.get("channel") and query["channel"] not in policy.sources:
        raise BadField(field="channel", why="没有这个问题来源")


@api.get("/cases/<no>")
@api.output(schemas.CaseDetail)
@api.doc(summary="一个办件及其办理过程", security="bearer", responses=[401, 404, 429])
@audience(MACHINE)
def show_case(no: str) -> CaseView:
    if request.args:
        raise Malformed(why=f"不认识参数「{next(iter(request.args))[:20]}」")
    if not is_number(no):
        raise Unknown(what="办件")
    view = the_core().machine_case(no)
    the_core().note(None, "case.read", f"case:{view.no}", "done", g.client, channel="api", address=address())
    return view
