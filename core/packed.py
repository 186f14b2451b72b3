"""What the reader of ZIPs raises over one that is none: the same for whoever scans it and whoever unpacks it."""

from __future__ import annotations

import zipfile
import zlib

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError,
    NotImplementedError,  # zipfile's own, for a way of packing it does not know
)  # fmt: skip
