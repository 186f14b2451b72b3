"""A case that a holder asked for about their own data (control F6), known by what lies sealed with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.crypto import Cipher, place

ABOUT = "holder_request"


def request_of(cipher: Cipher, case: Mapping[str, Any]) -> dict[str, str]:
    """What a request is about: subject, kind and what, in words; empty for a case that is none.

    Only those that came in by themselves can be one, so that nothing of another is opened. Raises Unreadable.
    """
    sealed = case["more"].get("sealed", "")
    if not sealed or case["registered_by"] is not None or case["outside_no"] is not None:
        return {}
    return dict(json.loads(cipher.open(sealed, place("cases", "more", case["no"]))).get(ABOUT, {}))
