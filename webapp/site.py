"""The application put together: every blueprint, its guard, its errors, its headers."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from werkzeug.routing import IntegerConverter

from core import Core
from core.sm import hmac_sm3
from webapp.admin import PAGES_OF_CONSOLE
from webapp.api import api
from webapp.api.feeds import feeds_api
from webapp.api.licences import licences_api
from webapp.api.schemas import ErrorAnswer
from webapp.assets import assets
from webapp.auth import check_routes, guard
from webapp.check import check
from webapp.citizen import PAGES_OF_CITIZENS
from webapp.commands import teach_commands
from webapp.errors import handle
from webapp.headers import protect
from webapp.health import health
from webapp.hooks import hooks
from webapp.proxies import BehindProxies
from webapp.screen import PAGES_OF_SCREENS
from webapp.sessions import ABSOLUTE, Sessions
from webapp.sign_in import SignIn
from webapp.wechat import wechat
from webapp.words import teach

NOBODYS = 2**53
BODY_LIMIT = 1024 * 1024
"""Bytes of a request body (control C1)."""


class Number(IntegerConverter):
    """A number in an address; beyond what a database holds all of them are the same one, which nothing has."""

    def to_python(self, value: str) -> Any:
        """The number."""
        return super().to_python(value) if len(value) < len(str(NOBODYS)) else NOBODYS


def build_site(core: Core) -> APIFlask:
    """The application over `core`. Raises Unguarded for a route without audience."""
    app = APIFlask(
        "webapp",
        title="秀英区社会共同治理数字平台",
        docs_path=None,
        spec_path=None,
        static_folder=None,  # type: ignore[arg-type]
    )
    app.url_map.converters["int"] = Number
    app.config.update(_settings_of_flask(core))
    app.config.update(HTTP_ERROR_SCHEMA=ErrorAnswer, VALIDATION_ERROR_SCHEMA=ErrorAnswer)
    app.extensions["core"] = core
    sessions = Sessions(core.engine, secure=core.settings.web.secure_cookies)
    app.extensions["sessions"], app.extensions["sign_in"] = sessions, SignIn(core, sessions)
    web = core.settings.web
    app.wsgi_app = BehindProxies(app.wsgi_app, web.trusted_proxies, web.proxy_hops)  # type: ignore[method-assign]
    guard(app, sessions)
    handle(app)
    protect(app, secure=core.settings.web.secure_cookies)
    teach(app)
    ours = (*PAGES_OF_CITIZENS, *PAGES_OF_CONSOLE, *PAGES_OF_SCREENS)
    for blueprint in (assets, health, api, feeds_api, licences_api, hooks, wechat, check, *ours):
        app.register_blueprint(blueprint)
    teach_commands(app)
    check_routes(app, core.printed.pages)
    return app


def _settings_of_flask(core: Core) -> dict[str, object]:
    """Flask's own cookie carries the form's token and one sentence to show, signed; never who is signed in."""
    web = core.settings.web
    secret = web.secret.get_secret_value().encode() or hmac_sm3(core.vault.current("pepper").secret, b"web")
    return {
        "SECRET_KEY": secret,
        "SESSION_COOKIE_NAME": "__Host-form" if web.secure_cookies else "form",
        "SESSION_COOKIE_SECURE": web.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,  # the door checks by audience, not by method alone
        "WTF_CSRF_TIME_LIMIT": int(ABSOLUTE.total_seconds()),
        "WTF_CSRF_SSL_STRICT": False,  # our pages send no referrer, so there is none to compare
        "MAX_CONTENT_LENGTH": BODY_LIMIT,
        "MAX_FORM_MEMORY_SIZE": BODY_LIMIT,
    }
