"""Photos of a case: a link that soon ends, to somebody signed in who may read the case (D4)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, make_response, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.arrivals.photos import JPEG
from core.errors import Refusal
from core.policy.arrivals import arrival_rules
from core.views import CaseView
from webapp.auth import audience
from webapp.context import the_actor, the_core

photos = Blueprint("photos", __name__)


class LinkOver(Refusal):
    text = "图片链接已失效，请刷新办件页面再看。"
    status = 410


@photos.get("/photos/<link>")
@audience("cases")
def one(link: str) -> Response:
    """The picture. Raises LinkOver for an old or altered link, Unknown for a case that is not the reader's."""
    try:
        case, token, reader = _signer().loads(link, max_age=int(arrival_rules().photo.link.total_seconds()))
    except BadSignature:
        raise LinkOver() from None
    actor = the_actor()
    if reader != actor.person:
        raise LinkOver()
    response = make_response(the_core().arrivals.photos.bytes_of(actor, case, token))
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="photo.jpg"'
    return response


@photos.app_template_global()
def photos_of(view: CaseView) -> list[dict[str, Any]]:
    """What the page of a case shows of its photos; each link is its reader's own."""
    reader = the_actor().person
    return [
        {
            "url": url_for("photos.one", link=_signer().dumps([view.id, photo.token, reader])),
            "who": photo.who,
            "at": photo.at,
        }
        for photo in the_core().arrivals.photos.of_case(view.id)
    ]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="photo")
