"""The file store: a local folder or anything S3-compatible, spoken to through fsspec; every file sealed under our key.

A file lies under a name made from its content with the index key, so nobody who sees the folder can tell whether a
known file is among them (controls D4, F2). What is there is never written again.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from core.crypto import KeyVault, Unreadable
from core.ports import FileMissing, FileStore
from core.settings import Settings
from core.sm import hmac_sm3, sm4_open, sm4_seal

MARK = b"\n"
"""Between the label of the key and the sealed bytes."""


class SealedStore:
    """A folder of sealed files at `root` of a file system."""

    def __init__(self, system: Any, root: str, vault: KeyVault) -> None:
        self._system, self._root, self._vault = system, root.rstrip("/"), vault
        self._naming = hmac_sm3(vault.current("index").secret, b"files")
        self._local = "file" in ((system.protocol,) if isinstance(system.protocol, str) else system.protocol)

    def name_of(self, data: bytes) -> str:
        """The name of these bytes, 64 hex digits."""
        return hmac_sm3(self._naming, hashlib.sha256(data).digest()).hex()

    def put(self, data: bytes) -> str:
        """Keep them; nothing is written when they are there already."""
        name = self.name_of(data)
        if not self._system.exists(self._path(name)):
            self._write(name, data)
        return name

    def get(self, name: str) -> bytes:
        """The bytes. Raises FileMissing for a name nothing lies under, and for a file that was changed."""
        try:
            whole: bytes = self._system.cat_file(self._path(name))
        except FileNotFoundError:
            raise FileMissing(name) from None
        label, _, sealed = whole.partition(MARK)
        try:
            key = self._vault.find(label.decode("ascii", "replace"))
            return sm4_open(key.secret, sealed, _aad(key.label, name))
        except (Unreadable, ValueError):
            raise FileMissing(name) from None

    def open(self, name: str) -> BinaryIO:
        """The same as a stream. Raises FileMissing."""
        return io.BytesIO(self.get(name))

    def names(self) -> Iterator[str]:
        """Every name something lies under."""
        for path in self._system.find(self._root):
            name = path.rpartition("/")[2]
            if len(name) == 64:
                yield name

    def remove(self, name: str) -> None:
        """Nothing lies under the name afterwards."""
        if self._system.exists(self._path(name)):
            self._system.rm_file(self._path(name))

    def renew(self, name: str) -> bool:
        """Seal a file again if an older key sealed it; whether it had to be. Raises FileMissing."""
        head: bytes = self._system.cat_file(self._path(name), start=0, end=32)
        if head.partition(MARK)[0].decode("ascii", "replace") == self._vault.current("data").label:
            return False
        self._write(name, self.get(name))
        return True

    def _write(self, name: str, data: bytes) -> None:
        key, path = self._vault.current("data"), self._path(name)
        sealed = key.label.encode() + MARK + sm4_seal(key.secret, data, _aad(key.label, name))
        if not self._local:
            self._system.pipe_file(path, sealed)  # an object store shows an object whole or not at all
            return
        draft = f"{path}.{secrets.token_hex(4)}.part"
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(draft, "xb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)

    def _path(self, name: str) -> str:
        if len(name) != 64 or not name.isalnum():
            raise FileMissing(name[:64])
        return f"{self._root}/{name[:2]}/{name[2:4]}/{name}"


def _aad(label: str, name: str) -> bytes:
    return f"{label}|file|{name}".encode()


def folder_of_files(folder: Path, vault: KeyVault) -> FileStore:
    """A store in a folder, whatever the settings name: where a backup's copies lie."""
    system, root = fsspec.core.url_to_fs(str(folder.absolute()))
    return SealedStore(system, root, vault)


def build_files(settings: Settings, vault: KeyVault) -> FileStore:
    """The store the settings name: a folder, or s3://bucket/prefix at an endpoint of one's own."""
    place, options = settings.files, dict[str, Any]()
    if place.address.startswith("s3://"):
        options = {
            "key": place.access_key, "secret": place.secret_key.get_secret_value(),
            "client_kwargs": {"endpoint_url": place.endpoint} if place.endpoint else {}, "skip_instance_cache": True,
        }  # fmt: skip
    system, root = fsspec.core.url_to_fs(place.address, **options)
    return SealedStore(system, root, vault)
