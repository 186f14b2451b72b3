"""A picture of a paper read in a process of its own, with bounds on pixels, memory and time (R190, control D3).

Run by path as a program: `engine.py LIMITS < picture`. It imports nothing of the product and reaches no network: the
models lie in the engine's package. Answers one line of JSON (the lines of text and the codes it saw, in pixels of the
upright picture) and then that picture as a JPEG. Exit 3: refused, the reason is one word on the error stream.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from typing import Any

REFUSED = 3
LARGEST_GROWTH = 2.5
"""A small scan is enlarged for the engine, but not so far that it sees nothing but blur."""
VOTERS = 16
TILT, STEEP = 0.4, 4.0
"""Degrees: beyond the first the places of lines are turned straight, beyond the second the picture is."""
RED, CLOSER = 45, 2
"""By how much a pixel of a seal is redder than green and blue, and how much larger what it covers is looked at."""
LEAST_WIDE = 120
"""Pixels a line is filled up to before it is read, one line at a time: short lines beside long ones cost as much."""
UNDER_SEAL = 0.93
"""What is read from under a seal is for a person to look at, however clear it seems."""
Limits = Mapping[str, int]


class Refused(Exception):
    """The picture is not read; the message is one word for the caller."""


def opened(raw: bytes, limits: Limits) -> Any:
    """The picture upright by its own mark, on white where it is transparent, at its full size."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = limits["pixels"]
    with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as held:
        if held.width * held.height > limits["pixels"]:
            raise Refused("pixels")
        if min(held.size) < limits["least"]:
            raise Refused("small")
        upright = ImageOps.exif_transpose(held)
        clear = upright.mode in ("P", "LA", "PA", "RGBA")
        flat = upright.convert("RGBA" if clear else "RGB")
    if flat.mode == "RGBA":
        ground = Image.new("RGB", flat.size, "white")
        ground.paste(flat, mask=flat.getchannel("A"))
        return ground
    return flat


def codes_of(picture: Any) -> list[str]:
    """What the QR and bar codes on it say; Chinese ones are often written in GBK. Small ones are looked at larger."""
    import zxingcpp

    told, grey = list[str](), picture.convert("L")
    seen = zxingcpp.read_barcodes(grey)
    if not seen and max(grey.size) < 3000:
        seen = zxingcpp.read_barcodes(grey.resize((grey.width * 2, grey.height * 2), 3))
    for one in seen:
        try:
            text = bytes(one.bytes).decode("utf-8")
        except UnicodeDecodeError:
            text = bytes(one.bytes).decode("gb18030", "replace")
        if text.strip():
            told.append(text)
    return told


class Eyes:
    """The engine with its three models: where text is, which way it stands, what it says.

    It keeps the memory of one step for the next (the arena): giving every block back to the system and asking for it
    anew took as long as the sums themselves.
    """

    def __init__(self, limits: Limits) -> None:
        from rapidocr import RapidOCR

        threads = max(1, min(2, os.cpu_count() or 1))
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical", "Global.max_side_len": 4000, "Global.use_vertical_padding": False,
                "Det.use_dilation": False, "Det.unclip_ratio": 1.8, "Det.box_thresh": 0.4, "Det.limit_side_len": 32,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
                "Rec.rec_batch_num": 1, "Rec.rec_img_shape": [3, 48, LEAST_WIDE],
            }
        )  # fmt: skip
        self._side = limits["side"]

    def read(self, picture: Any) -> tuple[Any, list[dict[str, Any]]]:
        """The picture as it is best read, and its lines."""
        import numpy

        scale = min(self._side / max(picture.size), LARGEST_GROWTH)
        if abs(scale - 1) > 0.02:
            picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), 3)
        pixels = numpy.ascontiguousarray(numpy.asarray(picture)[:, :, ::-1])
        boxes = self._boxes(pixels)
        if len(boxes) and _length(boxes, upright=False) > _length(boxes, upright=True):
            pixels = numpy.ascontiguousarray(numpy.rot90(pixels))
            boxes = self._boxes(pixels)
        if len(boxes) and self._upside_down(pixels, boxes):
            pixels = numpy.ascontiguousarray(pixels[::-1, ::-1])
            boxes = self._boxes(pixels)
        if len(boxes) and abs(tilt := _tilt(boxes)) > STEEP:
            pixels = _turned(pixels, tilt)
            boxes = self._boxes(pixels)
        return pixels, self._read_lines(pixels, boxes)

    def _boxes(self, pixels: Any) -> Any:
        import numpy

        told: Any = self._engine(pixels, use_det=True, use_cls=False, use_rec=False)
        found = told.boxes
        return numpy.zeros((0, 4, 2)) if found is None else numpy.asarray(found, dtype=float)

    def _upside_down(self, pixels: Any, boxes: Any) -> bool:
        """Whether most of the longest lines stand on their heads."""
        longest = sorted(boxes, key=lambda box: -math.dist(box[0], box[1]))[:VOTERS]
        told: Any = self._engine.cls_and_rotate(self._crops(pixels, longest))[1]
        votes: list[int] = [1 if label == "180" else -1 for label, _ in told.cls_res]
        return sum(votes) > 0

    def _crops(self, pixels: Any, boxes: Any) -> list[Any]:
        import numpy

        found: list[Any] = self._engine.crop_text_regions(pixels, numpy.asarray(boxes, dtype=numpy.float32))
        return found

    def _lines(self, pixels: Any, boxes: Any) -> list[dict[str, Any]]:
        if not len(boxes):
            return []
        told: Any = self._engine.recognize_txt(self._crops(pixels, boxes))
        return [
            {"box": box.tolist(), "text": text, "score": float(score)}
            for box, text, score in zip(boxes, told.txts, told.scores, strict=True)
            if text.strip() and score >= 0.5
        ]

    def _read_lines(self, pixels: Any, boxes: Any) -> list[dict[str, Any]]:
        """What every line says; those a red seal covers are read in red light, where only black ink is left."""
        place = _seal(pixels)
        if place is None:
            return self._lines(pixels, boxes)
        covered = [_meets(box, place) and place[1] <= _middle(box)[1] <= place[3] for box in boxes]
        under = [box for box, hidden in zip(boxes, covered, strict=True) if hidden]
        kept = self._lines(pixels, [box for box, hidden in zip(boxes, covered, strict=True) if not hidden])
        left, top, right, bottom = place
        edges = [x for box in under for x, _ in box]
        left, right = max(0, int(min([left, *edges]))), min(pixels.shape[1], int(max([right, *edges])) + 1)
        piece = _black_ink(pixels[top:bottom, left:right])
        again = self._lines(piece, self._boxes(piece))
        for one in again:
            one["box"] = [[x / CLOSER + left, y / CLOSER + top] for x, y in one["box"]]
            one["score"] *= UNDER_SEAL
        return kept + [one for one in again if not any(_covers(old["box"], one["box"]) for old in kept)]


def _black_ink(piece: Any) -> Any:
    """A piece in red light, twice as large, with whatever is paler than ink gone white."""
    import cv2
    import numpy

    grey = cv2.resize(piece[:, :, 2], None, fx=CLOSER, fy=CLOSER, interpolation=cv2.INTER_CUBIC).astype(float)
    dark = numpy.clip((grey - 80) * 2.5, 0, 255).astype(numpy.uint8)
    return numpy.ascontiguousarray(dark[:, :, None].repeat(3, axis=2))


def _length(boxes: Any, *, upright: bool) -> float:
    sides = [(math.dist(box[0], box[1]), math.dist(box[1], box[2])) for box in boxes]
    return sum(max(wide, high) for wide, high in sides if (wide >= high) == upright and max(wide, high) > 0)


def _tilt(boxes: Any) -> float:
    """Degrees by which the long lines run down to the right."""
    long = [box for box in boxes if math.dist(box[0], box[1]) > 5 * math.dist(box[1], box[2])]
    angles = sorted(math.degrees(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0])) for box in long)
    return angles[len(angles) // 2] if angles else 0.0


def _turned(pixels: Any, degrees: float) -> Any:
    import cv2

    high, wide = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    new_wide = int(high * abs(turn[0, 1]) + wide * abs(turn[0, 0]))
    new_high = int(high * abs(turn[0, 0]) + wide * abs(turn[0, 1]))
    turn[:, 2] += ((new_wide - wide) / 2, (new_high - high) / 2)
    return cv2.warpAffine(pixels, turn, (new_wide, new_high), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def _seal(pixels: Any) -> tuple[int, int, int, int] | None:
    """Where the largest red thing of the lower half is, with room beside it; None where there is none."""
    import cv2
    import numpy

    high, wide = pixels.shape[:2]
    blue, green, red = (pixels[:, :, at].astype(numpy.int16) for at in range(3))
    mask = ((red - green > RED) & (red - blue > RED)).astype(numpy.uint8)
    mask[: high // 2] = 0
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, numpy.ones((25, 25), numpy.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    least, most = 0.06 * high, 0.45 * max(wide, high)
    round_ones = [row for row in stats[1:] if least < min(row[2:4]) and max(row[2:4]) < min(most, 1.6 * min(row[2:4]))]
    if not round_ones:
        return None
    x, y, w, h = (int(value) for value in max(round_ones, key=lambda row: row[2] * row[3])[:4])
    room = w // 2
    return max(0, x - room), max(0, y - h // 8), min(wide, x + w + room), min(high, y + h + h // 4)


def _meets(box: Any, place: tuple[int, int, int, int]) -> bool:
    xs, ys = zip(*box, strict=True)
    return bool(min(xs) < place[2] and max(xs) > place[0] and min(ys) < place[3] and max(ys) > place[1])


def _middle(box: Any) -> tuple[float, float]:
    xs, ys = zip(*box, strict=True)
    return sum(xs) / 4, sum(ys) / 4


def _covers(old: Any, new: Any) -> bool:
    x, y = _middle(new)
    xs, ys = zip(*old, strict=True)
    return bool(min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys))


def straight(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same lines with `flat`: their boxes as they would lie on a picture that is not tilted."""
    import numpy

    tilt = _tilt([one["box"] for one in lines]) if lines else 0.0
    angle = math.radians(-tilt if abs(tilt) > TILT else 0.0)
    turn = numpy.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return [{**one, "flat": (numpy.asarray(one["box"]) @ turn.T).round(1).tolist()} for one in lines]


def answer(raw: bytes, limits: Limits) -> bytes:
    """What is read and the picture it was read from."""
    from PIL import Image

    picture = opened(raw, limits)
    codes = codes_of(picture)
    pixels, lines = Eyes(limits).read(picture)
    held = io.BytesIO()
    Image.fromarray(pixels[:, :, ::-1].copy()).save(held, "JPEG", quality=85, optimize=True)
    told = {"wide": pixels.shape[1], "high": pixels.shape[0], "lines": straight(lines), "codes": codes}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n" + held.getvalue()


def main() -> int:
    """Read standard input, write what it says; never with more memory or time than the limits allow."""
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    raw, out = sys.stdin.buffer.read(), sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints is no part of the answer
    try:
        told = answer(raw, limits)
    except Refused as no:
        sys.stderr.write(f"\n{no}")
        return REFUSED
    except MemoryError:
        sys.stderr.write("\npixels")
        return REFUSED
    except Exception as fault:  # whatever a decoder stumbles over is the file's fault, not ours
        sys.stderr.write("\npixels" if "Bomb" in type(fault).__name__ else "\nkind")
        return REFUSED
    out.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
