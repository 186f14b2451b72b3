"""The API for other systems: a token by appid and appsecret, cases with their timelines, masked."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, g, request
from flask.blueprints import BlueprintSetupState

from core.catalogue import catalogue
from core.errors import BadField, Malformed, NotSignedIn, Unknown
from core.machines import Machines, WrongClient
from core.numbers import is_number
from core.views import CaseView, WorkPage
from webapp.api import schemas
from webapp.auth import MACHINE, audience
from webapp.bodies import json_of
from webapp.context import address, the_core
from webapp.errors import refused
from webapp.often import not_too_often

REFUSED = {401: "没有登录或凭据不对", 429: "次数太多，过 Retry-After 秒再试"}
api = APIBlueprint("api_v1", __name__, url_prefix="/api/v1", tag="办件")
DELIVER = frozenset({"feeds_api", "licences_api"})
"""The blueprints for clients that bring data, whether or not they may read any."""
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
def admit() -> None:
    """Bearer token, in the header only; then the caller's minute is counted (controls A8, C5)."""
    if {"access_token", "token", "appsecret"} & set(request.args):
        raise Malformed(why="令牌和密钥不能写在地址里，请放在请求头或正文")
    if request.endpoint == f"{api.name}.issue_token":
        json_of(request.get_data(cache=True))
        not_too_often("token", address())
        return
    client = machines().client_of(_bearer(), "" if request.blueprint in DELIVER else "cases")
    g.client = client.appid
    g.deliverer = client
    not_too_often("api_call", client.appid, client.calls_a_minute)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 100 or not token.isascii():
        raise NotSignedIn()
    return token


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
@api.doc(summary="用 appid 和 appsecret 换令牌", responses=REFUSED)
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
@api.doc(summary="按登记时间列出办件", security="bearer", responses={**REFUSED, 400: "参数不对"})
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
@api.doc(summary="一个办件及其办理过程", security="bearer", responses={**REFUSED, 404: "没有找到"})
@audience(MACHINE)
def show_case(no: str) -> CaseView:
    if request.args:
        raise Malformed(why=f"不认识参数「{next(iter(request.args))[:20]}」")
    if not is_number(no):
        raise Unknown(what="办件")
    view = the_core().machine_case(no)
    the_core().note(None, "case.read", f"case:{view.no}", "done", g.client, channel="api", address=address())
    return view


@api.get("/catalogue")
@api.output(schemas.Catalogue)
@api.doc(tags=["数据资源"], summary="数据资源目录", security="bearer", responses=REFUSED)
@audience(MACHINE)
def show_catalogue() -> dict[str, Any]:
    if request.args:
        raise Malformed(why=f"不认识参数「{next(iter(request.args))[:20]}」")
    return {"resources": catalogue()}
