"""The console, the API and the hooks: Flask blueprints over the same door as the bots."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from core import Core


def create_app(core: Core | None = None) -> APIFlask:
    """The application over `core`, or over one built from the settings. Raises Unguarded for an open route."""
    from core import build_core  # here, so that naming this package stays cheap
    from core.logs import keep_values_out
    from webapp.site import build_site

    keep_values_out()
    return build_site(core or build_core())


def serve() -> APIFlask:
    """What the web server starts: the application, with its log as JSON lines."""
    from core.bootstrap import build_to_stay
    from core.garbage import spare_the_collector
    from core.logs import start_log

    start_log()
    app = create_app(build_to_stay())
    spare_the_collector()
    return app
