"""Ports for sealing fields, blind index, signing and keys, with the software adapters that serve them.

The software adapters are for development, tests and small deployments; a certified service takes their place by
implementing the same four protocols (security-reliability §4). Every stored result begins with the key that made it
(`data_1:`, `sign_1:`), so a key is changed by adding the next version: old versions open, the newest one seals.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import threading
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from argon2.low_level import Type, hash_secret_raw

from core.sm import USER_ID, Sm2Key, hmac_sm3, sm2_sign, sm2_verify, sm4_open, sm4_seal

KEY_BYTES: Mapping[str, int] = {"data": 16, "index": 32, "chain": 32, "pepper": 32, "sign": 32}
"""What the vault must hold, each at least in version 1, and its length in bytes."""

_TURNSTILE: Final = threading.BoundedSemaphore(2)  # memory-hard on purpose: a login storm must not eat every core


class Unreadable(Exception):
    """A sealed value cannot be opened: changed, moved to another place, or its key is not in the vault."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one named key; `label` is what stands in front of whatever it made."""

    name: str
    version: int
    secret: bytes = field(repr=False)

    @property
    def label(self) -> str:
        return f"{self.name}_{self.version}"


class KeyVault(Protocol):
    """Holds named, versioned keys."""

    @property
    def is_default(self) -> bool:
        """True if any key is a practice key that everybody knows; production refuses to start with one."""

    def current(self, name: str) -> Key:
        """The newest version: the one that seals and signs."""

    def find(self, label: str) -> Key:
        """The key with this label. Raises Unreadable if the vault does not hold it."""


class Cipher(Protocol):
    """Seals one field for one place, so that a value pasted elsewhere does not open."""

    def seal(self, value: str, aad: str) -> str: ...

    def open(self, token: str, aad: str) -> str:
        """The value sealed under the same `aad` (see `place`). Raises Unreadable."""


class Indexer(Protocol):
    """Finds a sealed value by equality without opening any: equal values of a column have equal indexes."""

    def index(self, value: str, column: str) -> str: ...


class Signer(Protocol):
    """Signs in the name of this deployment."""

    def sign(self, message: bytes) -> str: ...

    def verify(self, message: bytes, signature: str) -> bool: ...


def place(table: str, column: str, row: object) -> str:
    """The `aad` of a field: where its value lives, and the only place where it opens."""
    return f"{table}|{column}|{row}"


def practice_secrets() -> dict[str, bytes]:
    """The fixed keys of the practice ground, the same on every machine and therefore secret from nobody."""
    return {f"{name}_1": hmac_sm3(b"practice", name.encode())[:size] for name, size in KEY_BYTES.items()}


class SoftVault:
    """Keys held in memory, read once at start from the environment or from files."""

    def __init__(self, secrets_by_label: Mapping[str, bytes]) -> None:
        """Take secrets by label (`data_1`, `data_2`, …). Raises ValueError naming what is missing or misshapen."""
        self._keys: dict[str, Key] = {}
        self._current: dict[str, Key] = {}
        for label, secret in secrets_by_label.items():
            shape = re.fullmatch(r"([a-z]+)_([1-9][0-9]{0,5})", label)
            if shape is None or shape[1] not in KEY_BYTES:
                raise ValueError(f"密钥名「{label}」不认识，应形如「data_1」。")
            if len(secret) != KEY_BYTES[shape[1]]:
                raise ValueError(f"密钥「{label}」应为 {KEY_BYTES[shape[1]]} 字节，现为 {len(secret)} 字节。")
            key = self._keys[label] = Key(shape[1], int(shape[2]), bytes(secret))
            if key.name not in self._current or self._current[key.name].version < key.version:
                self._current[key.name] = key
        if missing := [name for name in KEY_BYTES if name not in self._current]:
            raise ValueError(f"密钥缺少「{'、'.join(missing)}」。")
        known = set(practice_secrets().values())
        self._is_default = any(key.secret in known for key in self._keys.values())

    @classmethod
    def practice(cls) -> SoftVault:
        """The vault of the practice ground; `is_default` is true."""
        return cls(practice_secrets())

    @property
    def is_default(self) -> bool:
        return self._is_default

    def current(self, name: str) -> Key:
        return self._current[name]

    def find(self, label: str) -> Key:
        try:
            return self._keys[label]
        except KeyError:
            raise Unreadable(f"密钥「{label}」不在密钥库中。") from None


class Sm4Cipher:
    """SM4-GCM with a fresh nonce per value; a token is `data_<version>:` and base64."""

    def __init__(self, vault: KeyVault) -> None:
        self._vault = vault

    def seal(self, value: str, aad: str) -> str:
        key = self._vault.current("data")
        sealed = sm4_seal(key.secret, value.encode(), f"{key.label}|{aad}".encode())
        return f"{key.label}:{base64.b64encode(sealed).decode()}"

    def open(self, token: str, aad: str) -> str:
        label, _, body = token.partition(":")
        key = self._vault.find(label)
        if key.name != "data":
            raise Unreadable(f"密钥「{label}」不用于加密字段。")
        try:
            sealed = base64.b64decode(body, validate=True)
            if base64.b64encode(sealed).decode() != body:  # bits after the end, which decoding passes over
                raise Unreadable("密文被改动。")
            return sm4_open(key.secret, sealed, f"{label}|{aad}".encode()).decode()
        except ValueError:
            raise Unreadable("密文被改动，或不属于此处。") from None

    def is_current(self, token: str) -> bool:
        """False if an older key sealed it: the rotation job seals those again."""
        return token.startswith(self._vault.current("data").label + ":")


_PARTING, _NUMBER = re.compile(r"[\s()\-\u2010-\u2015]"), re.compile(r"\+?[0-9]+X?")


def normalise(value: str) -> str:
    """One spelling for what people write in many: full-width digits, +86, spaces in phones, x, 15-digit ID numbers."""
    text = unicodedata.normalize("NFKC", value).strip()
    bare = _PARTING.sub("", text).upper()
    if not _NUMBER.fullmatch(bare):
        return text
    if abroad := re.fullmatch(r"(?:\+|00)86([0-9]+)", bare):
        national = abroad[1]
        return national if re.fullmatch(r"0.*|1[0-9]{10}", national) else f"0{national}"
    if mobile := re.fullmatch(r"86(1[0-9]{10})", bare):
        return mobile[1]
    return _in_18_digits(bare) if re.fullmatch(r"[0-9]{15}", bare) else bare


def _in_18_digits(old: str) -> str:
    """The 18-digit form of a 15-digit ID number (GB 11643); anything without a birthday inside stays as it is."""
    try:
        date(1900 + int(old[6:8]), int(old[8:10]), int(old[10:12]))
    except ValueError:
        return old
    body = f"{old[:6]}19{old[6:]}"
    return body + "10X98765432"[sum(int(digit) * (2 ** (17 - i) % 11) for i, digit in enumerate(body)) % 11]


class Sm3Indexer:
    """HMAC-SM3 over the normalised value, under a key of its own for each column; 64 hex digits.

    The index carries no key label, for it must compare equal: a new index key means indexing every row again.
    """

    def __init__(self, vault: KeyVault) -> None:
        self._secret = vault.current("index").secret
        self._of_column: dict[str, bytes] = {}

    def index(self, value: str, column: str) -> str:
        key = self._of_column.get(column)
        if key is None:
            key = self._of_column[column] = hmac_sm3(self._secret, column.encode())
        return hmac_sm3(key, normalise(value).encode()).hex()


class Sm2Signer:
    """SM2 over SM3; a signature is `sign_<version>:` and DER in hex, so that old signatures outlive a new key."""

    def __init__(self, vault: KeyVault, user_id: bytes = USER_ID) -> None:
        """Raises ValueError if the signing key is no SM2 key."""
        self._vault, self._user_id = vault, user_id
        self._pairs: dict[str, Sm2Key] = {}
        self._pair(vault.current("sign"))

    def _pair(self, key: Key) -> Sm2Key:
        if key.label not in self._pairs:
            self._pairs[key.label] = Sm2Key.from_secret(key.secret)
        return self._pairs[key.label]

    def public_keys(self) -> dict[int, bytes]:
        """The public point (x and y, 64 bytes) of every version of the signing key the vault holds."""
        held = dict[int, bytes]()
        for version in range(1, self._vault.current("sign").version + 1):
            with suppress(Unreadable):
                held[version] = self._pair(self._vault.find(f"sign_{version}")).public
        return held

    def sign(self, message: bytes) -> str:
        key = self._vault.current("sign")
        return f"{key.label}:{sm2_sign(self._pair(key), message, self._user_id).hex()}"

    def verify(self, message: bytes, signature: str) -> bool:
        label, _, der = signature.partition(":")
        try:
            key = self._vault.find(label)
            return key.name == "sign" and sm2_verify(self._pair(key), message, bytes.fromhex(der), self._user_id)
        except (Unreadable, ValueError):
            return False


def hash_password(password: str, vault: KeyVault) -> str:
    """Argon2id, then HMAC-SM3 under the vault's pepper; two at a time, about 60 ms and 32 MiB each."""
    salt = secrets.token_bytes(16)
    pepper = vault.current("pepper")
    return f"{pepper.label}:{salt.hex()}:{_stretch(password, salt, pepper.secret).hex()}"


def check_password(password: str, stored: str | None, vault: KeyVault) -> bool:
    """Whether the password made `stored`. None stands for an unknown name and takes as long as a wrong password."""
    label, salt, made = (stored or f"{vault.current('pepper').label}:{bytes(16).hex()}:").split(":")
    mac = _stretch(password, bytes.fromhex(salt), vault.find(label).secret)
    return hmac.compare_digest(mac.hex(), made)


def _stretch(password: str, salt: bytes, pepper: bytes) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode()
    with _TURNSTILE:
        raw = hash_secret_raw(text, salt, time_cost=3, memory_cost=32 * 1024, parallelism=1, hash_len=32, type=Type.ID)
    return hmac_sm3(pepper, raw)


def new_token() -> str:
    """256 random bits, fit for a URL: a session, an API token, an appsecret."""
    return secrets.token_urlsafe(32)


def token_hash(token: str, key: bytes = b"") -> str:
    """What is stored of a token, 64 hex digits. An appsecret is hashed under a key (control A7)."""
    return hmac_sm3(key, token.encode()).hex()
