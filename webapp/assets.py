"""Stylesheet, script and font, served by ourselves: glyphs and looks never depend on the machine or another host."""

from __future__ import annotations

import gzip
from functools import cache, lru_cache
from hashlib import blake2s
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_file, url_for

from webapp.auth import PUBLIC, audience

HERE = Path(__file__).parent / "static"
VENDOR = HERE / "vendor"
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff": "font/woff",
}
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
    return _sent(path)


@assets.get("/static/vendor/<name>")
@audience(PUBLIC)
def vendored(name: str) -> Response:
    """A file of others, fetched at set-up (`.ci/frontend`); there may be none."""
    path = VENDOR / name
    if path.parent != VENDOR or path.suffix not in KINDS or not path.is_file():
        abort(404)
    return _sent(path)


def _sent(path: Path) -> Response:
    """The file, packed for whoever takes that; fonts are packed already."""
    if path.suffix == ".woff" or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return send_file(path, mimetype=KINDS[path.suffix], max_age=A_YEAR)
    response = send_file(BytesIO(_packed(path, path.stat().st_mtime_ns)), mimetype=KINDS[path.suffix], max_age=A_YEAR)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@lru_cache(maxsize=128)
def _packed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


@assets.get(f"/static/fonts/{FONT}")
@audience(PUBLIC)
def font() -> Response:
    with as_file(files("pylopdf_fonts_zh_cn") / FONT) as path:
        response = send_file(path, mimetype="font/otf", max_age=A_YEAR)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


@cache
def asset_print(name: str) -> str:
    """A print of a file's content."""
    return blake2s((HERE / name).read_bytes(), digest_size=6).hexdigest()


def asset(name: str) -> str:
    """The address of a static file, new whenever its content is new."""
    return url_for("assets.static", name=name, v=asset_print(name))


def vendor(name: str) -> str:
    """The address of a file of others; empty when it was not fetched, and then the page does without."""
    if not (VENDOR / name).is_file():
        return ""
    return url_for("assets.vendored", name=name, v=asset_print(f"vendor/{name}"))
