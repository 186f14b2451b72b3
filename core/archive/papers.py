"""One paper as it comes in: what it is, opened at arm's length, and one of its pages as a picture to look at (D1–D3).

A picture is drawn anew, upright and without where it was taken; a PDF stays as it came, for its bytes are the original.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.arrivals.opening import PAPER_WHYS, PHOTO_HEADS, WrongFile, look_into_pdf, open_photo, page_of_pdf
from core.errors import Refusal
from core.policy.archive import PaperRules, archive_rules

JPEG, PDF = "image/jpeg", "application/pdf"
ENDINGS = {JPEG: "jpg", PDF: "pdf"}
PDF_HEAD = b"%PDF-"
JPEG_END = b"\xff\xd9"


class UnsafePaper(Refusal):
    text = "文件里{what}，没有收下，请另存一份干净的再传。"
    status = 422


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that may be kept. `text` is what it carries by itself, None when somebody must read it."""

    data: bytes
    kind: str
    pages: int
    text: str | None


def open_paper(raw: bytes, infection: Callable[[bytes], str]) -> Paper:
    """Judge a file by what it is, not by its name. Raises WrongFile, UnsafePaper."""
    rules = archive_rules().paper
    if len(raw) > rules.most_bytes:
        raise WrongFile(what="资料", why=PAPER_WHYS["size"])
    if why := infection(raw):
        raise UnsafePaper(what=why)
    if raw.startswith(PDF_HEAD):
        told = look_into_pdf(raw, _limits(rules))
        if told["foreign"]:
            raise UnsafePaper(what="夹带了脚本或附件")
        return Paper(raw, PDF, told["pages"], told["text"] or None)
    if not raw.startswith(PHOTO_HEADS):
        raise WrongFile(what="资料", why=PAPER_WHYS["kind"])
    return Paper(open_photo(raw, rules.photo), JPEG, 1, None)


def page_picture(data: bytes, kind: str, page: int) -> bytes:
    """A page of a kept paper, counted from 1, as JPEG. Raises WrongFile for a page there is not."""
    rules = archive_rules().paper
    if page < 1 or (kind != PDF and page > 1):
        raise WrongFile(what="资料", why="没有这一页")
    if kind == PDF:
        limits = {"side": rules.preview_side, "memory": rules.memory, "seconds": rules.seconds}
        return page_of_pdf(data, page - 1, limits)
    return data


def look_again(data: bytes, kind: str) -> dict[str, object]:
    """A kept paper opened anew: pages, whether something foreign is in it. Raises WrongFile when it does not open."""
    rules = archive_rules().paper
    if kind == PDF:
        return look_into_pdf(data, _limits(rules))
    open_photo(data, rules.photo)
    return {"pages": 1, "foreign": not data.endswith(JPEG_END)}


def _limits(rules: PaperRules) -> dict[str, int]:
    return {"pages": rules.pages, "text": rules.text, "memory": rules.memory, "seconds": rules.seconds}
