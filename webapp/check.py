"""证照码核验: one page with the public keys inside, which tells forged from genuine without a connection (T5, §13).

The page asks nothing of anybody to judge a code; online it adds what the library says today. It may be kept open, or
saved as a file for where there is no network.
"""

from __future__ import annotations

import base64
import hashlib
import io
from functools import cache

import zxingcpp
from flask import Blueprint, Response, jsonify, make_response, render_template, request, send_file
from PIL import Image

from core.arrivals.opening import open_photo
from core.licences.codes import CodeVerdict
from core.policy.arrivals import arrival_rules
from core.policy.codes import CodeWord, code_rules
from core.sm import USER_ID
from webapp.assets import HERE, KINDS, VENDOR
from webapp.auth import PUBLIC, audience
from webapp.context import address, the_core
from webapp.often import not_too_often

LONGEST = 300
check = Blueprint("check", __name__)


@check.get("/check")
@audience(PUBLIC)
def page() -> Response:
    """The page, whole in itself; its policy lets run nothing but its own script."""
    style, script = _inside()
    rules, stamp = code_rules(), the_core().licences.codes.stamp
    told = {
        "issuer": rules.issuer, "user": USER_ID.decode(), "keys": dict(stamp.keys()), "revoked": list(rules.revoked),
        "words": {key: _word(word) for key, word in rules.verdicts.items()},
    }  # fmt: skip
    response = make_response(render_template("check.html", style=style, script=script, told=told))
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'", f"script-src '{_print(script)}'", f"style-src '{_print(style)}'", "font-src 'self'",
            "img-src 'self' data: blob:", "connect-src 'self'", "worker-src 'self'", "form-action 'none'",
            "base-uri 'none'", "frame-ancestors 'none'",
        )
    )  # fmt: skip
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return response


@check.get("/check/worker.js")
@audience(PUBLIC)
def worker() -> Response:
    """The script that opens the page without network; the page lies above it, which the header allows."""
    response = send_file(HERE / "check-worker.js", mimetype=KINDS[".js"])
    response.headers["Service-Worker-Allowed"] = "/check"
    return response


@check.get("/check/state/<code>")
@audience(PUBLIC)
def state(code: str) -> Response:
    """What the library says today of the code of a link, whose digits are the query."""
    not_too_often("check", address(), channel="web")
    payload = request.query_string.decode("ascii", "replace")[:LONGEST]
    return jsonify(_told(the_core().licences.verdict_of_code(code[:LONGEST], payload, address=address())))


@check.post("/check/picture")
@audience(PUBLIC)
def picture() -> Response:
    """The texts of the codes on a photo, for browsers that cannot read one themselves (D1)."""
    not_too_often("check", address(), channel="web")
    file = request.files.get("picture")
    return jsonify(texts=texts_on(file.read() if file else b""))


def texts_on(raw: bytes) -> list[str]:
    """What the QR and bar codes on a photo say; the photo is opened at arm's length. Raises WrongFile."""
    with Image.open(io.BytesIO(open_photo(raw, arrival_rules().photo))) as photo:
        return [one.text[:LONGEST] for one in zxingcpp.read_barcodes(photo)]


def _told(verdict: CodeVerdict) -> dict[str, object]:
    word, one = verdict.word, verdict.licence
    if one is None:
        return {"state": word.key, **_word(word), "facts": []}
    facts = [
        ("证照", one.type_name), ("持证人", one.holder), (one.number_label, one.number), ("发证机关", one.issuer),
        ("发证日期", one.issued_on.isoformat()), ("有效期", one.term),
    ]  # fmt: skip
    say = "今天可以凭它办事" if one.usable else "请不要凭它办事"
    tone = "green" if one.usable else one.tone
    return {"state": one.state, "title": one.verdict, "tone": tone, "say": say, "facts": facts}


def _word(word: CodeWord) -> dict[str, str]:
    return {"title": word.title, "tone": word.tone, "say": word.say}


@cache
def _inside() -> tuple[str, str]:
    """The stylesheet and the script, with the library that verifies SM2; without it the server judges alone."""
    sm2 = VENDOR / "sm2.min.js"
    script = f"{sm2.read_text(encoding='utf-8')}\n" if sm2.is_file() else ""
    return (HERE / "check.css").read_text(encoding="utf-8"), script + (HERE / "check.js").read_text(encoding="utf-8")


def _print(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
