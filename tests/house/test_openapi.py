"""House-style §7: the committed API document is the one the routes generate."""

from __future__ import annotations

from core import Core
from webapp import create_app
from webapp.commands import OPENAPI_FILE, openapi_text


def test_the_committed_document_is_current(core: Core) -> None:
    assert OPENAPI_FILE.read_text(encoding="utf-8") == openapi_text(create_app(core)), "run: flask --app webapp openapi"
