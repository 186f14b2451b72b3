"""The national algorithms as plain functions: SM3, HMAC-SM3, SM4-GCM and SM2, on bytes and without any policy."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC
from tongsuopy.crypto.asymciphers import ec  # type: ignore[import-untyped]

USER_ID = b"1234567812345678"
"""The SM2 user id everybody uses. Both sides must name it, or nothing verifies (security-reliability §4)."""

_CURVE = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"  # a
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"  # b
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"  # x of the generator
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"  # y of the generator
)
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_NONCE, _TAG = 12, 16


def _system_knows_sm3() -> bool:
    try:
        hmac.digest(b"key", b"", "sm3")
    except ValueError:
        return False
    return True


SYSTEM_SM3 = _system_knows_sm3()
"""Whether the system's OpenSSL computes SM3: it is twice as quick for short texts as the one `cryptography` brings."""


def sm3(message: bytes) -> bytes:
    """The 32-byte SM3 digest."""
    if SYSTEM_SM3:
        return hashlib.new("sm3", message).digest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """The 32-byte HMAC-SM3."""
    if SYSTEM_SM3:
        keyed = _keyed(key).copy()
        keyed.update(message)
        return keyed.digest()
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


@lru_cache(maxsize=64)
def _keyed(key: bytes) -> hmac.HMAC:
    """The state after the key, to be copied: to set it up costs as much as a short message."""
    return hmac.new(key, digestmod="sm3")


def sm4_seal(key: bytes, value: bytes, aad: bytes, nonce: bytes | None = None) -> bytes:
    """SM4-GCM: nonce, ciphertext and 16-byte tag in one. The 96-bit nonce is random unless a test vector names it."""
    nonce = nonce or secrets.token_bytes(_NONCE)
    box = Cipher(_sm4(key), modes.GCM(nonce)).encryptor()
    box.authenticate_additional_data(aad)
    sealed = box.update(value) + box.finalize()
    return nonce + sealed + box.tag


_sm4 = lru_cache(maxsize=16)(algorithms.SM4)
"""A key, looked at once: its check costs as much as sealing a field."""


def sm4_open(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What `sm4_seal` sealed. Raises ValueError if a bit of it, the key or the `aad` is another."""
    if len(sealed) < _NONCE + _TAG:
        raise ValueError("sealed value too short")
    box = Cipher(_sm4(key), modes.GCM(sealed[:_NONCE], sealed[-_TAG:])).decryptor()
    box.authenticate_additional_data(aad)
    try:
        return box.update(sealed[_NONCE:-_TAG]) + box.finalize()
    except InvalidTag:
        raise ValueError("sealed value does not open") from None


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """An SM2 key pair made from its 32-byte private number."""

    handle: Any
    public: bytes

    @classmethod
    def from_secret(cls, secret: bytes) -> Sm2Key:
        """Raises ValueError if the number is none SM2 allows: 1 to the order of the curve less two."""
        number = int.from_bytes(secret)
        if not 1 <= number <= _ORDER - 2:
            raise ValueError("签名私钥不在 SM2 允许的范围内。")
        handle = ec.derive_private_key(number, ec.SM2())
        numbers = handle.public_key().public_numbers()
        return cls(handle, numbers.x.to_bytes(32) + numbers.y.to_bytes(32))

    def digest(self, message: bytes, user_id: bytes) -> bytes:
        """What SM2 signs: the message bound to the signer's id, curve and public key (GB/T 32918.2 §5.5)."""
        return sm3(sm3((len(user_id) * 8).to_bytes(2) + user_id + _CURVE + self.public) + message)


def sm2_sign(key: Sm2Key, message: bytes, user_id: bytes) -> bytes:
    """A DER signature. The digest is made here because the library's own call hides which user id it mixes in."""
    backend, context = _context(key)
    lib, ffi = backend._lib, backend._ffi
    digest = key.digest(message, user_id)
    size = ffi.new("size_t *", 128)
    room = ffi.new("unsigned char[]", 128)
    backend.openssl_assert(lib.EVP_PKEY_sign_init(context) == 1)
    backend.openssl_assert(lib.EVP_PKEY_sign(context, room, size, digest, len(digest)) == 1)
    return bytes(ffi.buffer(room, size[0]))


def sm2_verify(key: Sm2Key, message: bytes, signature: bytes, user_id: bytes) -> bool:
    """Whether this key signed this message under this user id."""
    backend, context = _context(key)
    digest = key.digest(message, user_id)
    backend.openssl_assert(backend._lib.EVP_PKEY_verify_init(context) == 1)
    good = backend._lib.EVP_PKEY_verify(context, signature, len(signature), digest, len(digest)) == 1
    if not good:
        backend._consume_errors()
    return bool(good)


def _context(key: Sm2Key) -> tuple[Any, Any]:
    backend = key.handle._backend
    lib, ffi = backend._lib, backend._ffi
    return backend, ffi.gc(lib.EVP_PKEY_CTX_new(key.handle._evp_pkey, ffi.NULL), lib.EVP_PKEY_CTX_free)
