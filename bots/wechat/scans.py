"""What a scanner of WeChat read, from the menu or a page: one of our codes, or nothing (wechat-sms.md §6)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from core.licences.codes.stamp import CODE

LONGEST = 512
_BARCODE = re.compile(r"^(CODE_\d+|EAN_\d+|UPC_[AE]|QR_CODE),")
_PATH = re.compile(r"/v/([A-Za-z0-9_.~-]{16,400})")


def code_in(scanned: str, site: str) -> tuple[str, str] | None:
    """The code and its payload in a link to our own `…/v/<code>?<payload>`, which is never followed, or the bare code
    that a bar code carries; None for anything else. WeChat puts the kind of a bar code before its text.
    """
    text = _BARCODE.sub("", scanned.strip())[:LONGEST]
    if CODE.fullmatch(text):
        return text, ""
    try:
        link, ours = urlsplit(text), urlsplit(site)
    except ValueError:
        return None
    found = _PATH.fullmatch(link.path)
    same = (link.scheme.lower(), link.netloc.lower()) == (ours.scheme.lower(), ours.netloc.lower())
    return (found[1], link.query) if same and found else None
