"""A phone's camera: what it reads of a QR code on somebody's screen, with a real decoder."""

from __future__ import annotations

import base64
import binascii
import io
import re

import zxingcpp
from PIL import Image, UnidentifiedImageError

from .wire import ControlError

_DATA_URL = re.compile(r"data:image/[\w+.-]+;base64,(?P<data>.*)", re.DOTALL)


def read_code(picture: str) -> str:
    """The text of the code in a picture given as a data URL; empty where there is none to be seen.

    Raises:
        ControlError: no picture.
    """
    match = _DATA_URL.fullmatch(picture)
    try:
        image = Image.open(io.BytesIO(base64.b64decode(match["data"], validate=True))) if match else None
    except (binascii.Error, UnidentifiedImageError, OSError) as error:
        raise ControlError("镜头里没有图片") from error
    found = zxingcpp.read_barcode(image.convert("RGB")) if image else None
    return str(found.text) if found else ""
