"""Photos and files of refusals: kept for a form; a link that soon ends, for somebody who may read them (D4)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.archive.papers import ENDINGS
from core.arrivals.photos import JPEG, refuse_more_than
from core.errors import Refusal
from core.policy.archive import archive_rules
from core.policy.arrivals import arrival_rules
from core.sm import sm3
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
    case, token = _opened(link, "photo")
    return _picture(the_core().arrivals.photos.bytes_of(the_actor(), case, token))


@photos.get("/photos/joint/<link>")
@audience("joint")
def of_feedback(link: str) -> Response:
    """A photo of a unit's feedback. Raises LinkOver, Unknown for what is not the reader's."""
    order, leg, token = _opened(link, "joint-photo")
    return _picture(the_core().on_site.photo(the_actor(), order, leg, token))


@photos.get("/photos/basis/<link>")
@audience("joint")
def of_refusal(link: str) -> Response:
    """What a unit's refusal rests on (R126). Raises LinkOver, Unknown for what is not the reader's."""
    order, leg, token = _opened(link, "joint-basis")
    raw, kind = the_core().joint_bases.file(the_actor(), order, leg, token)
    if kind == JPEG:
        return _picture(raw)
    response = make_response(raw)  # saved, not shown: it lies here as it came
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="basis.{ENDINGS[kind]}"'
    return response


@photos.app_template_global()
def basis_file(order: int, leg: int, token: str) -> str:
    """The address of one file of a refusal, its reader's own and soon over."""
    return url_for("photos.of_refusal", link=_signer("joint-basis").dumps([order, leg, token, the_actor().person]))


@photos.app_template_global()
def feedback_photo(order: int, leg: int, token: str) -> str:
    """The address of one photo of a feedback, its reader's own and soon over."""
    held = _signer("joint-photo").dumps([order, leg, token, the_actor().person])
    return url_for("photos.of_feedback", link=held)


@photos.app_template_global()
def photos_of(view: CaseView) -> list[dict[str, Any]]:
    """What the page of a case shows of its photos; each link is its reader's own."""
    reader = the_actor().person
    return [
        {
            "url": url_for("photos.one", link=_signer("photo").dumps([view.id, photo.token, reader])),
            "who": photo.who,
            "at": photo.at,
        }
        for photo in the_core().arrivals.photos.of_case(view.id)
    ]


def kept_photos(key: str) -> tuple[list[str], Refusal | None]:
    """The photos kept for this form, those just sent among them, and what is wrong with the first that is."""
    photos, actor = the_core().arrivals.photos, the_actor()
    kept = g.kept_photos = photos.held(actor, request.form.getlist("photo")[: arrival_rules().photo.most])
    sent = [file for file in request.files.getlist("photos") if file.filename]
    try:
        refuse_more_than(len(kept) + len(sent))
        for file in sent:
            raw = file.read(arrival_rules().photo.most_bytes + 1)
            kept.append(photos.hold(f"{key}:photo:{sm3(raw).hex()}", actor, raw))
    except Refusal as refusal:
        return kept, refusal
    return list(dict.fromkeys(kept)), None


def keep_basis(key: str, order: int) -> None:
    """Keep the files just sent for a refusal with the part that its sender may refuse now. Raises Refusal."""
    most = archive_rules().paper.most_bytes
    for file in [one for one in request.files.getlist("bases") if one.filename]:
        raw = file.read(most + 1)
        the_core().joint_bases.keep(f"{key}:basis:{sm3(raw).hex()}", the_actor(), order, raw)


@photos.app_template_global()
def kept_shots() -> list[str]:
    """The photos this request has held, for the form that comes back."""
    shots: list[str] = g.get("kept_photos", [])
    return shots


def _opened(link: str, salt: str) -> list[Any]:
    """What a link names, without its reader. Raises LinkOver for an old, altered or another's link."""
    try:
        held: list[Any] = _signer(salt).loads(link, max_age=int(arrival_rules().photo.link.total_seconds()))
    except BadSignature:
        raise LinkOver() from None
    *named, reader = held
    if reader != the_actor().person:
        raise LinkOver()
    return named


def _picture(raw: bytes) -> Response:
    response = make_response(raw)
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="photo.jpg"'
    return response


def _signer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=salt)
