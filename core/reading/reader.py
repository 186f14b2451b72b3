"""The child process that reads a picture, one at a time, and what its refusals mean in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import Refusal
from core.policy.reading import ReadRules, read_rules
from core.reading.paper import Paper, understand
from core.reading.pieces import pieces_of, text_in_order

PROGRAM = str(Path(__file__).with_name("engine.py"))
REFUSED = 3
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
WHYS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "请发 JPG 或 PNG 图片", "pixels": "图片尺寸太大，请缩小再发", "size": "图片太大，请压缩再发",
        "small": "图片太小，看不清字，请换一张大些的",
    }
)  # fmt: skip
_TURN = threading.BoundedSemaphore(1)


class WrongPicture(Refusal):
    text = "这张图片读不了：{why}。"
    status = 422


class ReaderBusy(Refusal):
    text = "前面还有图片正在识别，请过一会儿再传。"
    status = 429


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture that was read: what it says, itself upright as a JPEG, and its size in pixels."""

    paper: Paper
    picture: bytes
    wide: int
    high: int


def read(picture: bytes) -> Reading:
    """The licence on a picture. Raises WrongPicture, ReaderBusy, NotALicence."""
    told, jpeg = _seen(picture)
    return Reading(understand(told["lines"], told["codes"], read_rules()), jpeg, told["wide"], told["high"])


def text_of(picture: bytes) -> str:
    """Everything written on a picture, line by line, "" where nothing is. Raises WrongPicture, ReaderBusy."""
    told, _ = _seen(picture)
    return text_in_order(pieces_of(told["lines"], read_rules().simplified))


def _seen(raw: bytes) -> tuple[dict[str, Any], bytes]:
    rules = read_rules()
    if len(raw) > rules.limits.bytes:
        raise WrongPicture(why=WHYS["size"])
    if not raw.startswith(HEADS):
        raise WrongPicture(why=WHYS["kind"])
    with _my_turn(rules):
        head, _, jpeg = _run(raw, rules).partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    return told, jpeg


@contextmanager
def _my_turn(rules: ReadRules) -> Iterator[None]:
    """One picture at a time: each takes two cores and more memory than everything else here together."""
    if not _TURN.acquire(timeout=rules.limits.wait):
        raise ReaderBusy()
    try:
        yield
    finally:
        _TURN.release()


def _run(raw: bytes, rules: ReadRules) -> bytes:
    """The child's answer; whatever kills it was too much for it."""
    told = rules.limits
    limits = {
        "pixels": told.pixels, "least": told.least, "side": told.side, "seconds": told.seconds, "memory": told.memory
    }  # fmt: skip
    command = [sys.executable, "-I", PROGRAM, json.dumps(limits)]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=2 * told.seconds, check=False)
    except subprocess.TimeoutExpired:
        raise WrongPicture(why=WHYS["pixels"]) from None
    if done.returncode == 0:
        return done.stdout
    why = done.stderr.decode(errors="replace").rsplit("\n", 1)[-1] if done.returncode == REFUSED else "pixels"
    raise WrongPicture(why=WHYS.get(why, WHYS["kind"]))
