"""licence.pictures: ten thousand pictures in a ZIP, from upload to their licences, while staff go on clicking."""

from __future__ import annotations

import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from core import Core
from core.licences.picture_views import DONE
from core.licences.picture_work import work
from core.seeding import town
from tests.bench.commands import core_on
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.licences import CLERK, KIND, ROWS, watched, workbook
from tests.builders import dispatched

SIDE = 64
PAUSE_S = 0.2
"""Between two clicks of the one who goes on working."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """Seconds from upload to checked and from confirmed to kept, the most memory in MB, the slowest click in s.

    `clicks`: how many were made.
    """

    brought_s: float
    kept_s: float
    megabytes: float
    slowest_s: float
    clicks: int


def packed(count: int) -> BinaryIO:
    """A ZIP on disk, each picture another one, named by the number of its licence."""
    held = tempfile.TemporaryFile()  # noqa: SIM115  # whoever asked for it reads it
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as made:
        for number in range(1, count + 1):
            image, told = Image.new("RGB", (SIDE, SIDE), "white"), io.BytesIO()
            for bit in range(16):
                if number >> bit & 1:
                    image.paste("navy", (bit % 4 * 16, bit // 4 * 16, bit % 4 * 16 + 16, bit // 4 * 16 + 16))
            image.save(told, "JPEG")
            made.writestr(f"JY1{number:013d}.jpg", told.getvalue())
    held.seek(0)
    return held


@contextmanager
def clicking(core: Core) -> Iterator[list[float]]:
    """Somebody registers and dispatches cases all the while; the seconds each pair of acts took."""
    took, over = list[float](), threading.Event()

    def click() -> None:
        while not over.wait(PAUSE_S):
            began = time.perf_counter()
            dispatched(core)
            took.append((time.perf_counter() - began) / 2)

    person = threading.Thread(target=click, daemon=True)
    person.start()
    try:
        yield took
    finally:
        over.set()
        person.join()


def one_set(databases: Databases) -> Pictured:
    """The licences by a sheet first, then a picture for each of them."""
    with databases.fresh() as url, core_on(url) as core, packed(ROWS) as zipped:
        town(core)
        who = core.actor_for("dingtalk", CLERK)
        made = core.licences.imports.bring(who, KIND, "食品.xlsx", workbook())
        core.licences.imports.start(who, made, only_good=False)
        core.licences.imports.work()
        sets = core.licences.picture_sets
        with watched() as most, clicking(core) as took:
            began = time.perf_counter()
            number = sets.bring(who, [("扫描.zip", zipped)])
            work(sets)
            brought = time.perf_counter() - began
            sets.start(who, number)
            work(sets)
            whole = time.perf_counter() - began
        view = sets.view(who, number)
    assert view.state == DONE
    assert view.counts == {"kept": ROWS}
    return Pictured(brought, whole - brought, most[0], max(took), len(took))


def figures(databases: Databases, runs: int) -> Iterator[Figure]:
    """licence.pictures: the same work whatever the runs, so measured once."""
    told, kind = one_set(databases), databases.kind
    yield Figure(kind, "licence.pictures", ROWS / (told.brought_s + told.kept_s), "pictures/s", f"{ROWS:,} in a ZIP")
    yield Figure(kind, "licence.pictures_brought", told.brought_s, "s", "unpacked, kept, opened afresh and matched")
    against = "more than before, children included"
    yield Figure(kind, "licence.pictures_memory", told.megabytes, "MB", against, at_most=300)
    against = f"one of {told.clicks} pairs of a registration and a dispatch meanwhile, in the same process"
    yield Figure(kind, "licence.pictures_click", told.slowest_s, "s", against, at_most=2)
