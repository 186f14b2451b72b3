"""licence.face and licence.print: seconds for one electronic licence drawn, marked and encoded, and for a form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from statistics import median

import qrcode
from PIL import Image

from core.licence_faces.drawing import PREVIEW_DPI, PRINT_DPI, Pictures, draw
from core.licence_faces.generic import generic_face
from core.licence_faces.marks import Mark, as_jpeg, as_pdf, marked
from core.licence_faces.paper import print_page
from core.licence_faces.sample import sample_values
from core.policy.licences import LicenceType, licence_types
from tests.bench.databases import Databases
from tests.bench.figures import Figure

MARK = Mark("核验证照", "市监局 王某某", datetime(2026, 3, 9, 17, 30))
UNDECLARED = ("presale", "disability", "hazardous_business")


def figures(databases: Databases, runs: int) -> Iterator[Figure]:
    """The same whatever the database, so measured once, with the first."""
    if databases.kind != "sqlite":
        return
    types = [one for one in licence_types().values() if one.face is not None or one.key in UNDECLARED]
    code = Pictures(qrcode.make("https://governance.example/l/q8Zt0mBv3nXrYk2LhPdWcA").get_image())
    how = f"values to bytes with the mark, median of {len(types)} types, {runs} runs each"
    value = median(_seconds(types, runs, lambda kind: as_jpeg(_face(kind, PREVIEW_DPI, code))))
    yield Figure("any", "licence.face", value, "s", f"{PREVIEW_DPI} dpi JPEG, {how}", at_most=0.3)
    value = median(_seconds(types, runs, lambda kind: as_pdf(_face(kind, PRINT_DPI, code), PRINT_DPI)))
    yield Figure("any", "licence.print", value, "s", f"A4 at {PRINT_DPI} dpi as PDF, {how}", at_most=1.5)
    forms = [one for one in types if one.print is not None]
    value = median(_seconds(forms, runs, lambda kind: _form(kind, code)))
    yield Figure("any", "licence.form", value, "s", f"texts for a pre-printed form as PDF, {len(forms)} types")


def _face(kind: LicenceType, dpi: int, code: Pictures) -> Image.Image:
    return marked(draw(kind.face or generic_face(kind), sample_values(kind), dpi, code), MARK)


def _form(kind: LicenceType, code: Pictures) -> bytes:
    assert kind.print is not None
    return print_page(kind.print, sample_values(kind), pictures=code)


def _seconds(types: list[LicenceType], runs: int, make: Callable[[LicenceType], bytes]) -> Iterator[float]:
    for kind in types:
        for _ in range(runs):
            began = time.perf_counter()
            made = make(kind)
            yield time.perf_counter() - began
            assert made
