"""Keeping the SDK quiet: it prints tickets at INFO and a warning for every ping."""

from __future__ import annotations

import logging

from core.logs import Redaction

SDK_LOGGERS = ("dingtalk_stream", "dingtalk_stream.client", "dingtalk_stream.handler")


def quiet_sdk() -> None:
    """Only the SDK's errors pass, redacted (dingtalk.md §10)."""
    for name in SDK_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        if not any(isinstance(one, Redaction) for one in logger.filters):
            logger.addFilter(Redaction())
