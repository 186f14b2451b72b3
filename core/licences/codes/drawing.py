"""Codes drawn: QR matrices of a batch at the pace of one look at the masks, Code 128, and their pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass

import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from core.policy.codes import CodeRules

LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}
INK = bytes((255, 0)) + bytes(254)
PNG = "image/png"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A QR code without its quiet zone, one pixel a module: packed rows, white is 1."""

    side: int
    bits: bytes


class Pen:
    """Draws links. Links of one length share size and mask, which are judged at the first of them.

    The codes of a batch differ in random digits alone, so a mask good for one of them is as good for the next.
    """

    def __init__(self, rules: CodeRules) -> None:
        self._rules = rules
        self._known: dict[int, tuple[int, int]] = {}

    def draw(self, link: str) -> Drawn:
        """The link in two parts: its address as bytes, its payload as digits."""
        version, mask = self._known.get(len(link), (None, None))
        code = qrcode.QRCode(version, LEVELS[self._rules.level], box_size=1, border=0, mask_pattern=mask)
        address, _, digits = link.partition("?")
        code.add_data(QRData(f"{address}?".encode() if digits else address.encode(), MODE_8BIT_BYTE), optimize=0)
        if digits:
            code.add_data(QRData(digits, MODE_NUMBER), optimize=0)
        if version is None:
            code.best_fit()
            mask = code.best_mask_pattern()
            self._known[len(link)] = code.version, mask
            code.mask_pattern = mask
        code.make(fit=False)
        flat = b"".join(map(bytes, code.modules)).translate(INK)
        side = code.modules_count
        return Drawn(side, Image.frombytes("L", (side, side), flat).convert("1", dither=Image.Dither.NONE).tobytes())

    def picture(self, drawn: Drawn) -> bytes:
        """A PNG with its quiet zone, in black and white."""
        rules, side = self._rules, drawn.side
        whole = side + 2 * rules.border
        ground = Image.new("1", (whole, whole), 1)
        ground.paste(Image.frombytes("1", (side, side), drawn.bits), (rules.border, rules.border))
        held = io.BytesIO()
        large = (whole * rules.pixels, whole * rules.pixels)
        ground.resize(large, Image.Resampling.NEAREST).save(held, "PNG", compress_level=1)
        return held.getvalue()


def bar_code(code: str) -> bytes:
    """The id of a code as Code 128, a PNG for labels too low for a QR code; it carries no signature."""
    made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128)
    lines = Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=2, add_quiet_zones=True))
    held = io.BytesIO()
    wide = lines.convert("L").resize((lines.width * 2, 240), Image.Resampling.NEAREST)
    wide.convert("1", dither=Image.Dither.NONE).save(held, "PNG")
    return held.getvalue()
