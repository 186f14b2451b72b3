"""What anybody may ask: a scanned code, a person by two elements, a company by name (R157–R162)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, request

from core.citizens.caps import AskedTooOften
from core.errors import Refusal, Unknown
from webapp.auth import PUBLIC, audience
from webapp.citizen.scan import with_scanner
from webapp.citizen.visit import by_wechat_first, caller
from webapp.context import the_core
from webapp.errors import asked_to_wait

seek = Blueprint("citizen_seek", __name__)


@seek.get("/c/")
@audience(PUBLIC)
def home() -> Response:
    """The ways to ask, and one's own."""
    return with_scanner("citizen/home.html")


@seek.get("/MP_verify_<proof>.txt")
@audience(PUBLIC)
def domain_proof(proof: str) -> Response:
    """The file by which WeChat makes sure that this domain is ours; another account's is not here (§11)."""
    ours = the_core().settings.wechat.domain_proof
    if not ours or proof != ours:
        abort(404)
    return Response(ours, content_type="text/plain; charset=utf-8")


@seek.get("/v/<code>")
@audience(PUBLIC)
def scanned(code: str) -> Response:
    """The licence behind a code: the verdict first, then what its type shows to everybody (R157, R158, R162)."""
    try:
        told = the_core().citizens.lookups.scanned(code, caller(), request.query_string.decode("ascii", "replace"))
    except Unknown:
        return with_scanner("citizen/unknown.html", 404)
    except AskedTooOften as refusal:
        return _too_often(refusal)
    if told.licence is None:
        return with_scanner("citizen/code.html", word=told.word)
    return make_response(render_template("citizen/licence.html", one=told.licence, own=False))


@seek.get("/c/person")
@audience(PUBLIC)
def person() -> Response:
    return by_wechat_first("person") or with_scanner("citizen/person.html")


@seek.post("/c/person")
@audience(PUBLIC)
def ask_person() -> Response:
    """A person's licences as pictures (R157, R160); nobody and a wrong second element are the same page."""
    typed = request.form.get("number", ""), request.form.get("second", "")
    try:
        found = the_core().citizens.lookups.person(*typed, caller())
    except Refusal as refusal:
        return _turned_away("citizen/person.html", refusal, second=typed[1][:100])
    return make_response(render_template("citizen/found.html", title="个人证照", found=found, asked="个人"))


@seek.get("/c/company")
@audience(PUBLIC)
def company() -> Response:
    return by_wechat_first("company") or with_scanner("citizen/company.html")


@seek.post("/c/company")
@audience(PUBLIC)
def ask_company() -> Response:
    """Companies whose name holds the words (R159)."""
    words = request.form.get("words", "")
    try:
        page = the_core().citizens.lookups.companies(words, caller())
    except Refusal as refusal:
        return _turned_away("citizen/company.html", refusal, words=words[:100])
    rows = the_core().citizens.policy.rows
    more = page.total > rows or page.more
    return with_scanner("citizen/company.html", words=words[:100], rows=page.items[:rows], more=more, asked=True)


@seek.get("/c/company/<token>")
@audience(PUBLIC)
def one_company(token: str) -> Response:
    """A company's licences as pictures (R158, R161)."""
    try:
        subject, found = the_core().citizens.lookups.company(token, caller())
    except Unknown:
        return with_scanner("citizen/unknown.html", 404)
    except AskedTooOften as refusal:
        return _too_often(refusal)
    return make_response(render_template("citizen/found.html", title=subject.name, found=found, subject=subject))


def _turned_away(template: str, refusal: Refusal, **more: object) -> Response:
    return asked_to_wait(with_scanner(template, refusal.status, refusal=str(refusal), **more), refusal)


def _too_often(refusal: Refusal) -> Response:
    response = make_response(render_template("citizen/wait.html", sentence=str(refusal)), refusal.status)
    return asked_to_wait(response, refusal)
