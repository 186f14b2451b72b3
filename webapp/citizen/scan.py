"""扫一扫 in a citizens' page inside WeChat: its script vouched for, what it read told apart by us (R157, R158)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

import structlog
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from core.errors import Malformed
from webapp.auth import PUBLIC, audience
from webapp.citizen.visit import IN_WECHAT
from webapp.context import kept, the_core
from webapp.errors import CITIZEN_PATHS
from webapp.headers import inside_wechat

if TYPE_CHECKING:
    from bots.wechat.vouching import Vouching

LONGEST = 1000
scan = Blueprint("citizen_scan", __name__, url_prefix="/c/scan")
log = structlog.get_logger(__name__)


def with_scanner(template: str, status: int = 200, **told: object) -> Response:
    """A citizens' page with the scanner where there is one: inside WeChat, its script being set; else without."""
    settings = the_core().settings
    inside = IN_WECHAT in request.headers.get("User-Agent", "") or settings.profile == "practice"
    jsapi = settings.wechat.jsapi if inside and settings.wechat.app_id else ""
    response = make_response(render_template(template, jsapi=jsapi, **told), status)
    return inside_wechat(response, settings) if jsapi else response


@scan.get("/config")
@audience(PUBLIC)
def config() -> Response:
    """One of our own citizens' pages vouched for before WeChat's script. Raises Malformed for any other address.

    `again` comes after WeChat refused a signature. WeChat not answering is 424, and the page names the menu instead.
    """
    asked = request.args.get("url", "").partition("#")[0]
    if not _ours(asked):
        raise Malformed(why="只能为本平台的页面签名")
    from bots.wechat.client import WeChatFault

    try:
        return jsonify(_vouching().sign(asked, doubted="again" in request.args))
    except WeChatFault as fault:
        log.warning("WeChat does not vouch for our page", code=fault.code)
        return make_response(jsonify(sentence="微信暂时没有回应，请用公众号菜单里的「扫一扫」。"), 424)


@scan.post("")
@audience(PUBLIC)
def read() -> Response:
    """What the scanner read, whatever it is: led to the licence of one of our codes, else told it is none of ours."""
    from bots.wechat.scans import code_in

    found = code_in(request.form.get("words", "")[:LONGEST], the_core().settings.web.public_address)
    if found is None:
        return with_scanner("citizen/not_ours.html", 404)
    code, payload = found
    where = url_for("citizen_seek.scanned", code=code)
    return cast(Response, redirect(f"{where}?{quote(payload, safe='=&')}" if payload else where, 303))


def _ours(address: str) -> bool:
    """Whether this is the address of a citizens' page, at the place where the public finds them."""
    if not address.isprintable() or len(address) > LONGEST:
        return False
    try:
        asked, ours = urlsplit(address), urlsplit(the_core().settings.web.public_address)
    except ValueError:
        return False
    return (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc) and asked.path.startswith(CITIZEN_PATHS)


def _vouching() -> Vouching:
    """Built at its first use: wechatpy is heavy. Raises Malformed where no account is set."""

    def build() -> Vouching:
        from bots.wechat.client import Platform
        from bots.wechat.vouching import Vouching

        core = the_core()
        if not core.settings.wechat.app_id:
            raise Malformed(why="没有设置微信公众号")
        return Vouching(Platform(core.settings.wechat, core.citizens.shelf), core.citizens.shelf, core.settings.wechat)

    return kept("wechat_vouching", build)
