"""Papers for the archive: a drawn page, a small PDF, and the acts a clerk does on them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from core import Core, Done
from core.licences import LibraryAct
from core.policy.archive import DOCUMENT, VOLUME
from tests.builders import fresh_key
from tests.core.library_room import clerk

LEASE = {"title": "场地租赁合同", "made_on": "2025-06-01", "valid_to": "2028-05-31", "matter": "食品经营许可新办"}


def picture(shade: int = 200, side: int = 60) -> bytes:
    """A photo of a page; another shade is another page."""
    held = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 210, 240)).save(held, "JPEG")
    return held.getvalue()


def pdf(text: str = "Lease of shop 8", pages: int = 1, extra: str = "") -> bytes:
    """A PDF with a line of text on each page; `extra` stands in its catalogue."""
    line = f"BT /F1 18 Tf 40 700 Td ({text}) Tj ET"
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(pages))
    parts = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at in range(pages):
        parts.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * at} 0 R >>"
        )
        parts.append(f"<< /Length {len(line)} >>\nstream\n{line}\nendstream")
    held, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(held))
        held += f"{number} 0 obj\n{part}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(held)
    held += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}".encode()
    return held + f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


def a_paper(core: Core, subject: str, category: str = "CS", raw: bytes | None = None, **fields: str) -> str:
    """The line of a paper filed for a subject."""
    values = {**LEASE, **fields}
    done = core.archive.file(fresh_key("paper"), clerk(core), subject, category, values, raw or picture())
    return done.no


def on_paper(core: Core, does: str, line: str, /, reason: str = "来文更正", **values: str) -> Done:
    """One act of the clerk on a paper."""
    return core.archive.write(LibraryAct(fresh_key("paper"), DOCUMENT, does, line, values, clerk(core), reason))


def renewed(core: Core, line: str, raw: bytes, seen: int | None = None) -> Done:
    """A newer file of a paper."""
    return core.archive.renew(
        LibraryAct(fresh_key("paper"), DOCUMENT, "replace", line, {}, clerk(core), "续签", seen), raw
    )


def on_volume(core: Core, does: str, token: str, /, reason: str = "按移交计划", **values: str) -> Done:
    """One act of the clerk on a volume."""
    return core.archive.write(LibraryAct(fresh_key("volume"), VOLUME, does, token, values, clerk(core), reason))


def volume_of(core: Core, line: str) -> Any:
    """The volume a paper lies in."""
    return core.archive.volume(clerk(core), core.archive.document(clerk(core), line).volume)
