"""Technical log lines: one JSON object a line, no local variables, no secrets (security-reliability G5)."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_NAMES = "ticket|session|sessionWebhook|access[-_]?token|client_?secret|app_?secret|password|authorization"
_SECRET = re.compile(rf"""(?i)((?:{_NAMES})\\?["']?\s*[=:]\s*\\?["']?(?:bearer\s+)?)(?!\*\*\*)[^\s&"',}}\\]+""")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Za-z])")

CHATTY = ("httpx", "httpcore", "websockets", "apscheduler")
"""Libraries that at lower levels write what they carry: they keep to warnings at every level of ours."""


def redact(text: str) -> str:
    """The text with the value of every secret-looking name blotted out, and the middle of every mobile number."""
    return _MOBILE.sub(r"\1****\2", _SECRET.sub(r"\1***", text))


def _redacted(_logger: Any, _name: str, line: Any) -> str:
    """The last step of every line, whoever wrote it: tracebacks pass here too."""
    return redact(str(line))


class Redaction(logging.Filter):
    """Blots secrets out of a record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg, record.args = redact(record.getMessage()), ()
        return True


def start_log(level: int = logging.INFO) -> None:
    """Send every logger, structlog's too, to stdout as JSON lines; the chatty libraries keep to warnings."""
    shared = (structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, structlog.processors.TimeStamper("iso"))
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Redaction())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(shared),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                _redacted,
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    for noisy in CHATTY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def keep_values_out() -> None:
    """Where no log was started, at a terminal say, lines are for people; even there a traceback shows no values."""
    if not structlog.is_configured():
        shown = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(), shown])
