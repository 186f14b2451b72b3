"""Papers drawn by ourselves, as somebody might photograph them: a business licence with its code, a letter."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import qrcode
from PIL import Image, ImageDraw

from core.licence_faces.drawing import PREVIEW_DPI, Pictures, draw
from core.licence_faces.sample import sample_values
from core.licence_faces.setting import font
from core.policy.licences import licence_types
from core.reading import Reading, read

KIND = licence_types()["business_licence"]
TOLD = {"holder": "海南椰风餐饮有限公司", "holder_code": "91110000600037341L", "legal_person": "符大勇"}


@cache
def a_paper(code: str = "", turn: int = 0) -> bytes:
    """A business licence as a PNG, its QR code carrying another credit code if asked, turned by so many degrees."""
    values = sample_values(KIND)
    told = replace(values, values=MappingProxyType({**values.values, **TOLD, "number": TOLD["holder_code"]}))
    link = f"http://www.gsxt.gov.cn/index.html?uniscid={code or TOLD['holder_code']}"
    assert KIND.face is not None
    image = draw(KIND.face, told, PREVIEW_DPI, Pictures(qrcode.make(link, border=1).get_image()), practice=False)
    return png(image.rotate(turn, expand=True))


@cache
def a_reading() -> Reading:
    """The licence as it was read: once for all the tests that need no engine."""
    return read(a_paper())


@cache
def a_letter() -> bytes:
    """A paper that is no licence."""
    image = Image.new("RGB", (900, 700), "white")
    pen = ImageDraw.Draw(image)
    pen.text((250, 80), "荣誉证书", "black", font("sans", 90))
    pen.text((120, 300), "授予椰风餐饮先进单位称号，特发此证。", "black", font("sans", 36))
    return png(image)


def png(image: Image.Image) -> bytes:
    """An image as its bytes."""
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()
