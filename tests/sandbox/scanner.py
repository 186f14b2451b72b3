"""clamd in miniature: INSTREAM over TCP as the daemon speaks it, with the ways in which it fails."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
LIMIT = 25 * 1024 * 1024
"""StreamMaxLength as shipped."""


class Clamd(socketserver.ThreadingTCPServer):
    """A daemon on loopback. `fault`: hang, drop, nonsense; "" for none. `seen`: the sizes of what it was sent."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.fault, self.seen, self.over = "", list[int](), threading.Event()
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def address(self) -> str:
        """What the settings name."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        daemon = self.server
        assert isinstance(daemon, Clamd)
        command = self.rfile.read(10)
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        held = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            held += self.rfile.read(size)
            if len(held) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        daemon.seen.append(len(held))
        if daemon.fault == "hang":
            daemon.over.wait(60)
        elif daemon.fault == "nonsense":
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif daemon.fault != "drop":
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in held else b"stream: OK\0")


@contextmanager
def a_clamd() -> Iterator[Clamd]:
    """One that listens as long as the block runs."""
    with Clamd() as daemon:
        threading.Thread(target=daemon.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield daemon
        finally:
            daemon.over.set()
            daemon.shutdown()
