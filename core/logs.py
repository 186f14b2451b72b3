"""Technical log lines: one JSON object a line, no local variables, no secrets (security-reliability G5)."""

from __future__ import annotations

import logging
import re
import sys

import structlog

_SECRET = re.compile(
    r"(?i)((?:ticket|session|access_token|accessToken|clientSecret|appSecret)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
)


def redact(text: str) -> str:
    """The text with the value of every secret-looking name blotted out."""
    return _SECRET.sub(r"\1***", text)


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
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    for noisy in ("httpx", "httpcore", "websockets", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
