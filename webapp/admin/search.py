"""Searching: the words come by POST and go on in the address under seal."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, redirect, request

from core.errors import Malformed
from webapp.auth import STAFF, audience
from webapp.sought import token_of

PLACES = re.compile(
    r"/(cases|log|licence-faces|settings/[a-z_]{1,40}|library/(company|person|licences)|archive(/volumes|/(new|reuse)/(company|person))?)"
)
search = Blueprint("search", __name__)


@search.post("/search")
@audience(STAFF)
def go() -> Response:
    """On to the page that was searched from; who may not open it is told so there. Raises Malformed."""
    where = request.form.get("to", "")
    if not PLACES.fullmatch(where):
        raise Malformed(why="不知道要搜索哪一页，请从页面上的搜索框搜索")
    token = token_of(request.form.get("q", ""))
    return make_response(redirect(f"{where}?q={token}" if token else where, 303))
