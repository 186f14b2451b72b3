"""Pictures that leave for a citizen: faces drawn from what this reader may see, originals for the holder, all marked.

An address is signed, names one picture for one reader, and opens for a few minutes: nothing lies at a plain path (T5).
"""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from core.errors import Refusal
from core.licences.views import LicenceView
from webapp.auth import PUBLIC, audience
from webapp.citizen.visit import holder, visitor
from webapp.context import the_core

OPEN_S = 600
TILE_DPI, PAGE_DPI = 50, 110
PUBLIC_MARK, OWN_MARK = ("公开核验证照", "公众"), ("本人查看", "持证人")
"""What the watermark says: what for, and who looks; the faces add when."""
SIZES = {"tile": TILE_DPI, "page": PAGE_DPI}
pictures = Blueprint("citizen_pictures", __name__, url_prefix="/c/pictures")


def face_link(view: LicenceView, size: str, *, own: bool = False) -> str:
    """The address of a drawn face: masked for everybody, or in full for this very session."""
    return _link({"line": view.line, "size": size, "own": _mine() if own else ""})


def original_link(picture: str) -> str:
    """The address of a kept picture, for this very session."""
    return _link({"picture": picture, "own": _mine()})


@pictures.get("/<ticket>")
@audience(PUBLIC)
def picture(ticket: str) -> Response:
    """One picture, marked with what for, who and when; everything that is not right looks like none at all."""
    try:
        told = cast("dict[str, Any]", _signer().loads(ticket, max_age=OPEN_S))
        if told["own"] and told["own"] != _mine():
            abort(404)
        made = _original(told["picture"]) if "picture" in told else _face(told)
    except (BadData, Refusal):
        abort(404)
    return Response(made, content_type="image/jpeg", headers={"Content-Disposition": "inline; filename=licence.jpg"})


def _face(told: dict[str, Any]) -> bytes:
    core = the_core()
    if not told["own"]:
        return core.faces.of_licence(core.licences.verdict(told["line"]), "", *PUBLIC_MARK, dpi=SIZES[told["size"]])
    known, proved = holder()
    view = core.licences.held(proved, told["line"])
    code = next((one.number for one in core.licences.of_phone(known.phone) if one.token == view.subject), "")
    link = core.licences.codes.link(view.line)
    return core.faces.of_licence(view, code, *OWN_MARK, link=link, dpi=SIZES[told["size"]])


def _original(token: str) -> bytes:
    return the_core().faces.marked(the_core().licences.held_picture(holder()[1], token), *OWN_MARK)


def _mine() -> str:
    known = visitor()
    return known.name[:24] if known and known.phone else ""


def _link(told: dict[str, Any]) -> str:
    return url_for("citizen_pictures.picture", ticket=_signer().dumps(told))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(cast("bytes", current_app.config["SECRET_KEY"]), salt="citizen-picture")
