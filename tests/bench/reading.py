"""licence.ocr: real papers read as the product reads them, field by field against what stands on them (R190)."""

from __future__ import annotations

import io
import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageFilter, ImageOps
from rapidfuzz.distance import Levenshtein

from core.policy.reading import flat
from core.reading import NotALicence, Paper, read
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.databases import ROOT

PICTURES = Path(os.environ.get("BENCH_DATA", ROOT.parent / "shared" / "data")) / "ocr"
NONE = "产品合格证书"
"""The one paper among them that is no licence and must be refused."""
SHARP = 1600
"""A copy is blurred by one pixel of a picture this long."""
Copy = Callable[[Image.Image], Image.Image]
COPIES: Mapping[str, tuple[Copy, ...]] = {
    "rotated": (
        lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
        lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
        lambda picture: picture.transpose(Image.Transpose.ROTATE_270),
    ),
    "tilted": (lambda picture: picture.rotate(3, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),),
    "blurred": (lambda picture: picture.filter(ImageFilter.GaussianBlur(max(picture.size) / SHARP)),),
}


@dataclass
class Tally:
    """What came out right: fields, those that came from a code on the paper, characters; seconds; papers refused."""

    fields: int = 0
    exact: int = 0
    from_codes: int = 0
    letters: int = 0
    wrong: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)

    def count(self, paper: Paper | None, wanted: Mapping[str, str]) -> None:
        """One paper against what stands on it; a paper that was refused has none of it."""
        for label, text in wanted.items():
            known = paper.document.field(label) if paper is not None else None
            told = paper.field(known.key) if paper is not None and known is not None else None
            said, right = flat(told.text) if told is not None else "", flat(text)
            self.fields += 1
            self.exact += said == right
            self.from_codes += said == right and told is not None and told.source == "code"
            self.letters += len(right)
            self.wrong += min(Levenshtein.distance(said, right), len(right))


def figures(databases: Databases, runs: int) -> Iterator[Figure]:
    """The same whatever the database, so measured once, with the first."""
    if databases.kind != "sqlite" or not PICTURES.exists():
        return
    papers = json.loads((PICTURES / "ground_truth.json").read_text("utf-8"))
    before = _child_seconds()
    plain = _tally(papers, None)
    spent = (_child_seconds() - before) / len(papers)
    how = f"{len(papers) - 1} real papers, {plain.fields} fields, compared without blanks and marks"
    codes = f"{how}; {plain.from_codes} of the values taken from the QR code on the paper and labelled so"
    yield Figure("any", "licence.ocr", plain.exact / plain.fields, "share", codes, at_least=0.92)
    yield Figure("any", "licence.ocr_chars", 1 - plain.wrong / plain.letters, "share", how, at_least=0.98)
    each = "picture in to form out, the child process started for each; median"
    yield Figure("any", "licence.ocr_seconds", median(plain.seconds), "s", each, at_most=5)
    yield Figure("any", "licence.ocr_cpu", spent, "s", "processor time of the child, mean of a paper; two threads")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield Figure("any", "licence.ocr_memory", peak, "MB", "the largest child's resident memory at its peak")
    yield Figure("any", "licence.ocr_refused", plain.refused, "papers", "a certificate that is no licence", at_least=1)
    for name, copies in COPIES.items():
        told = [_tally(papers, copy) for copy in copies]
        fields, letters = sum(one.fields for one in told), sum(one.letters for one in told)
        share, right = sum(one.exact for one in told) / fields, 1 - sum(one.wrong for one in told) / letters
        against = f"the same papers {name}, {len(copies)} copies each; characters {right:.4f}"
        yield Figure("any", f"licence.ocr_{name}", share, "share", against)


def _child_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tally(papers: Mapping[str, Any], copy: Copy | None) -> Tally:
    told = Tally()
    for name, paper in papers.items():
        raw = _copied(PICTURES / name, copy)
        began = time.perf_counter()
        try:
            read_one: Paper | None = read(raw).paper
        except NotALicence:
            read_one = None
        told.seconds.append(time.perf_counter() - began)
        if paper["doc_type"] == NONE:
            told.refused += read_one is None
        else:
            told.count(read_one, paper["fields"])
    return told


def _copied(path: Path, copy: Copy | None) -> bytes:
    """The file as it lies there, or a copy of the picture as somebody might send it."""
    if copy is None:
        return path.read_bytes()
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    ground = Image.new("RGB", upright.size, "white")
    ground.paste(upright, mask=upright.getchannel("A"))
    held = io.BytesIO()
    copy(ground).save(held, "JPEG", quality=92)
    return held.getvalue()
