"""What a person reads back: the sentence of an outcome, of a refusal, or an apology with a reference number."""

from __future__ import annotations

import logging
import secrets

from core.errors import Refusal

APOLOGY = "系统出了点问题，已记录（编号 {ref}），请稍后再试"


def sentence_of(refusal: Refusal) -> str:
    """The refusal in one sentence, without the full stop that a card line does not carry."""
    return str(refusal).removesuffix("。")


def apology(ref: str) -> str:
    """The one sentence for every fault; `ref` finds the traceback in the log (domain-rules C7)."""
    return APOLOGY.format(ref=ref)


def log_fault(log: logging.Logger, doing: str, key: str, fault: Exception | None = None) -> str:
    """Log a fault, else the one in hand, with its traceback; returns the reference number the person is given."""
    ref = secrets.token_hex(4).upper()
    log.error("%s failed, reference %s, key %s", doing, ref, key, exc_info=fault or True)
    return ref
