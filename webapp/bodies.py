"""A machine's request body, read with suspicion: JSON of bounded depth, or one clear sentence."""

from __future__ import annotations

import json
import zlib
from typing import Any

from core.adapters.tickets import DEEPEST
from core.errors import Malformed


def json_of(body: bytes) -> Any:
    """The JSON value in a body. Raises Malformed for anything else, or for more than 20 levels (control C1)."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_object)
    except RecursionError:
        raise Malformed(why=f"嵌套超过 {DEEPEST} 层") from None
    except ValueError:
        raise Malformed(why="不是 UTF-8 编码的 JSON") from None
    if _deeper_than(value, DEEPEST):
        raise Malformed(why=f"嵌套超过 {DEEPEST} 层")
    return value


def unpacked(body: bytes, coding: str, most: int) -> bytes:
    """A body that was sent packed, to one byte beyond so many at most; as it is where it only says that it is packed.

    Raises Malformed for what cannot be unpacked, or is packed in a way we do not know.
    """
    ways = [one.strip().lower() for one in coding.split(",") if one.strip().lower() not in ("", "identity")]
    if not ways or body.lstrip()[:1] in (b"{", b"["):
        return body
    if len(ways) > 1 or ways[0] not in ("gzip", "x-gzip", "deflate"):
        raise Malformed(why="正文可以不压缩，或用 gzip 压缩一次")
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # the head says which of the two it is
    try:
        found = inflate.decompress(body, most + 1)
    except zlib.error:
        raise Malformed(why="压缩的正文解不开") from None
    if not inflate.eof and len(found) <= most:
        raise Malformed(why="压缩的正文不完整")
    return found


def _no_number(word: str) -> float:
    raise Malformed(why=f"{word} 不是 JSON 里的数，没有值时写 null")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two fields of one name are a way to show one reader this and another that."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(why="同一字段出现了两次")
    return found


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for one in layer for inner in _inside(one)]
        if not layer:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
