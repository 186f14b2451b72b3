"""Stylesheet, script and font, served by ourselves: glyphs and looks never depend on the machine or another host."""

from __future__ import annotations

from functools import cache
from hashlib import blake2s
from importlib.resources import as_file, files
from pathlib import Path

from flask import Blueprint, Response, abort, send_file, url_for

from webapp.auth import PUBLIC, audience

HERE = Path(__file__).parent / "static"
VENDOR = HERE / "vendor"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
FONT = "NotoSansSC-Regular.otf"
A_YEAR = 365 * 24 * 3600

assets = Blueprint("assets", __name__)


@assets.get("/static/<name>")
@audience(PUBLIC)
def static(name: str) -> Response:
    """A file of webapp/static, by its plain name; its address carries a print of its content, so it may be kept."""
    path = HERE / name
    if path.parent != HERE or path.suffix not in KINDS or not path.is_file():
        abort(404)
    return send_file(path, mimetype=KINDS[path.suffix], max_age=A_YEAR)


@assets.get("/static/vendor/<name>")
@audience(PUBLIC)
def vendored(name: str) -> Response:
    """A file of others, fetched at set-up (`.ci/frontend`); there may be none."""
    path = VENDOR / name
    if path.parent != VENDOR or path.suffix != ".js" or not path.is_file():
        abort(404)
    return send_file(path, mimetype=KINDS[".js"], max_age=A_YEAR)


@assets.get(f"/static/fonts/{FONT}")
@audience(PUBLIC)
def font() -> Response:
    with as_file(files("pylopdf_fonts_zh_cn") / FONT) as path:
        response = send_file(path, mimetype="font/otf", max_age=A_YEAR)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


@cache
def _print(name: str) -> str:
    return blake2s((HERE / name).read_bytes(), digest_size=6).hexdigest()


def asset(name: str) -> str:
    """The address of a static file, new whenever its content is new."""
    return url_for("assets.static", name=name, v=_print(name))


def vendor(name: str) -> str:
    """The address of a file of others; empty when it was not fetched, and then the page does without."""
    if not (VENDOR / name).is_file():
        return ""
    return url_for("assets.vendored", name=name, v=_print(f"vendor/{name}"))
