"""licence.codes: a batch with its Excel, pictures and print sheet, against bare `qrcode` drawing the pictures alone."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M

from core import Core
from core.licences import LibraryAct
from core.models.codes import licence_codes
from core.people import CLOCK
from core.policy.library import BATCH
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.builders import rows

CODES = 10_000
BARE = 500
"""Pictures the bare library draws; its pace is the same for the next."""


@dataclass(frozen=True, slots=True)
class Made:
    """Seconds for one code: by us with everything, by the bare library its picture alone."""

    ours_s: float
    bare_s: float

    @property
    def ratio(self) -> float:
        return self.bare_s / self.ours_s


def bare(links: list[str]) -> float:
    """Seconds the library takes for one of these as a PNG of the same size and error correction."""
    began = time.perf_counter()
    for link in links:
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=8, border=4)
        code.add_data(link)
        code.make(fit=True)
        code.make_image().save(io.BytesIO(), "PNG")
    return (time.perf_counter() - began) / len(links)


def one_batch(databases: Databases) -> Made:
    """Order a batch on a fresh database and make it whole."""
    with databases.fresh() as url, core_on(url) as core:
        town(core)
        given = {"count": str(CODES), "layout": "a4", "note": ""}
        core.licences.write(LibraryAct("bench:codes", BATCH, "order", "", given, CLOCK))
        began = time.perf_counter()
        assert core.licences.codes.maker.work() == 1
        ours = (time.perf_counter() - began) / CODES
        return Made(ours, bare(_links(core)))


def _links(core: Core) -> list[str]:
    some = rows(core, licence_codes)[:BARE]
    return [f"{core.settings.web.public_address}/v/{row.code}?{row.payload}" for row in some]


def of_codes(databases: Databases, _runs: int) -> Iterator[Figure]:
    """licence.codes, with our rate beside it."""
    told = one_batch(databases)
    against = f"bare qrcode drawing the pictures alone, {BARE} of them: {1 / told.bare_s:.0f}/s; ours {CODES:,} signed"
    yield Figure(databases.kind, "licence.codes", told.ratio, "×", f"{against}, with Excel and sheet", at_least=0.9)
    yield Figure(databases.kind, "licence.codes_per_second", 1 / told.ours_s, "/s", "signed, staged, drawn, packed")
