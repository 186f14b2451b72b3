"""`python -m webapp`: the console and the API behind Granian, with threads that wait instead of an event loop."""

from __future__ import annotations

import os
import sys

from core.settings import Settings, read_settings

STOP_WITHIN_S = 10


def command(settings: Settings) -> list[str]:
    """How the server is started. SQLite has one writer, so it gets one process; PostgreSQL gets two."""
    web = settings.web
    options = {
        "--interface": "wsgi",
        "--host": web.host,
        "--port": str(web.port),
        "--workers": "1" if settings.database.url.startswith("sqlite") else "2",
        "--blocking-threads": str(web.threads),
        "--workers-kill-timeout": str(STOP_WITHIN_S),
    }
    words = [word for option in options.items() for word in option]
    return [
        sys.executable,
        "-m",
        "granian",
        *words,
        "--no-ws",
        "--respawn-failed-workers",
        "--factory",
        "webapp:serve",
    ]


def main() -> None:
    """Become the server: same process id, none of our code in the parent that only watches its workers."""
    os.execv(sys.executable, command(read_settings()))


if __name__ == "__main__":
    main()
