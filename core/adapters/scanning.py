"""Uploads looked at before anything else is done with them (control D5): by their structure, and by clamd where set.

What is not known to be clean is not taken in: a scanner that is away refuses, it does not let pass.
"""

from __future__ import annotations

import io
import mmap
import re
import socket
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import BinaryIO

from core.errors import Infected, NotScanned
from core.packed import UNREADABLE
from core.policy.library import library_rules
from core.ports import Scanner, ScannerAway
from core.settings import Scan, Settings

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file every scanner finds, in two pieces so that none finds it here."""
PROGRAMS = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"#!", b"\0asm", b"dex\n",
)  # fmt: skip
WINDOWS = (b"PE", b"NE", b"LE", b"LX")
PROGRAM_NAMES = re.compile(
    r"\.(exe|dll|scr|com|bat|cmd|ps1|vbs|js|jse|wsf|hta|lnk|jar|msi|apk|sh)$|vbaproject\.bin$", re.IGNORECASE
)
MARKUP = re.compile(rb"<\s*(script|iframe|object|embed)\b|\bon(load|error)\s*=|<\?php", re.IGNORECASE)
LEADS_IN = re.compile(rb"[\xef\xbb\xbf \r\n\t]*<")
HIDDEN = re.compile(rb"<\?php|<script\b", re.IGNORECASE)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8")
OLD_OFFICE, MACROS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "_VBA_PROJECT".encode("utf-16-le")
ACTIVE_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?)\b")
"""Every script names itself /JavaScript; the short /JS beside it turns up by chance in the packed bytes of scans."""
BESIDES = 2
"""Beside each file that a reader counts, a ZIP may hold one that its reader passes over: a folder, a computer's own."""
DENSE = 1024 * 1024
"""Of an entry packed out of proportion so much is looked into: each reader of ZIPs refuses it (control D2)."""
CHUNK, ANSWER = 64 * 1024, 4096
Scanned = bytes | mmap.mmap
IN_MEMORY = 8 * 1024 * 1024
"""A larger file is looked at where it lies on disk."""


@contextmanager
def looked_at(file: BinaryIO) -> Iterator[Scanned]:
    """The bytes of an upload for a scanner, its stream at the beginning again afterwards."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    try:
        if size <= IN_MEMORY:
            yield file.read()
        else:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield mapped
    finally:
        file.seek(0)


class Seekable(io.RawIOBase):
    """A mapped file as the reader of ZIPs wants it."""

    def __init__(self, mapped: mmap.mmap) -> None:
        super().__init__()
        self._mapped, self._at = mapped, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._mapped)}[whence]
        if begins + offset < 0:
            raise OSError("before the beginning")
        self._at = begins + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        end = len(self._mapped) if size < 0 else self._at + size
        data = self._mapped[self._at : end]
        self._at += len(data)
        return data


class Structure:
    """What a file is by its bytes: programs, macros, scripts in pictures and papers, the test file of scanners."""

    def scan(self, raw: Scanned) -> str:
        """Why a file is not harmless in a few words, "" where nothing is found."""
        head = raw[:CHUNK]
        if raw.find(EICAR) >= 0:
            return "病毒测试文件"
        if _is_program(head):
            return "是可执行程序"
        if head.startswith(OLD_OFFICE) and raw.find(MACROS) >= 0:
            return "带有宏"
        if head.startswith(b"%PDF") and ACTIVE_PDF.search(raw):
            return "PDF 里带有脚本或附件"
        if LEADS_IN.match(raw) and MARKUP.search(raw):
            return "网页里带有脚本"
        if head.startswith(PICTURES) and HIDDEN.search(raw):
            return "图片里藏有脚本"
        return self._inside(raw) if head.startswith(b"PK") else ""

    def _inside(self, raw: Scanned) -> str:
        """Every entry of a ZIP, as many and as large as the largest batch may be; one that holds more is not taken."""
        try:
            held = zipfile.ZipFile(io.BytesIO(raw) if isinstance(raw, bytes) else Seekable(raw))
        except UNREADABLE:
            return ""  # its reader says so
        with held:
            parts, most = held.infolist(), library_rules().picture_set
            if len(parts) > most.entries * BESIDES:
                return "里面的文件太多，请分几次传"
            if sum(min(one.file_size, _worth(one, most.ratio)) for one in parts) > most.unpacked:
                return "里面的内容太大，请分几次传"
            return next(filter(None, (_found(held, one, _worth(one, most.ratio)) for one in parts)), "")


def _worth(part: zipfile.ZipInfo, ratio: int) -> int:
    """How many bytes of an entry are worth a look: all, but of one packed out of proportion the beginning."""
    return DENSE if part.file_size > max(DENSE, ratio * part.compress_size) else part.file_size


def _found(held: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> str:
    """What is wrong with one entry, by its name and its bytes."""
    if PROGRAM_NAMES.search(part.filename):
        return "压缩包里有程序或宏"
    before = b""
    for data in _pieces(held, part, most):
        if (not before and _is_program(data)) or EICAR in before + data:
            return "压缩包里有程序或病毒"
        before = data[1 - len(EICAR) :]
    return ""


def _pieces(held: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """So many bytes of one entry; none of one that is sealed, broken or packed in an uncommon way."""
    if part.flag_bits & 1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return
    try:
        with held.open(part) as inside:
            while most > 0 and (data := inside.read(min(CHUNK, most))):
                most -= len(data)
                yield data
    except UNREADABLE:
        return


def _is_program(raw: bytes) -> bool:
    """A program of any system; one of Windows by its second header, as two letters alone may begin a text."""
    place = int.from_bytes(raw[60:64], "little")
    return raw.startswith(PROGRAMS) or (raw.startswith(b"MZ") and raw[place : place + 2] in WINDOWS)


class Clamd:
    """A ClamAV daemon, asked over TCP by INSTREAM: the file in chunks, each after its length, ended by none."""

    def __init__(self, settings: Scan) -> None:
        host, _, port = settings.clamd.rpartition(":")
        self._place, self._timeout = (host.strip("[]"), int(port)), settings.timeout_s

    def scan(self, raw: Scanned) -> str:
        """The name of what was found, "" for nothing. Raises ScannerAway."""
        try:
            with closing(socket.create_connection(self._place, self._timeout)) as line:
                line.settimeout(self._timeout)
                line.sendall(b"zINSTREAM\0")
                for at in range(0, len(raw), CHUNK):
                    piece = raw[at : at + CHUNK]
                    line.sendall(struct.pack("!I", len(piece)) + piece)
                line.sendall(struct.pack("!I", 0))
                told = _answer(line)
        except OSError as fault:
            raise ScannerAway(str(fault)) from None
        if told == "stream: OK":
            return ""
        if found := re.fullmatch(r"stream: (.{1,200}) FOUND", told):
            return found[1]
        raise ScannerAway(told[:80])  # its size limit, an error, or no clamd at all


def _answer(line: socket.socket) -> str:
    told = b""
    while not told.endswith(b"\0") and len(told) < ANSWER:
        piece = line.recv(ANSWER)
        if not piece:
            break
        told += piece
    return told.rstrip(b"\0\n").decode("utf-8", "replace")


class Guard:
    """Every upload of the product passes here before anything is done with it."""

    def __init__(self, scanners: Sequence[Scanner]) -> None:
        self._scanners = scanners

    def __call__(self, raw: Scanned, name: str) -> None:
        """Nothing for a clean file. Raises Infected, NotScanned."""
        for scanner in self._scanners:
            try:
                why = scanner.scan(raw)
            except ScannerAway:
                raise NotScanned() from None
            if why:
                raise Infected(name=name[-30:] or "文件", why=why[:40])


def build_guard(settings: Settings) -> Guard:
    """Structure always; clamd too where its address is set."""
    return Guard((Structure(), *((Clamd(settings.scan),) if settings.scan.clamd else ())))
