"""Sealing, indexing, signing and proving: the promises of security-reliability §4."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tongsuopy.crypto import hashes  # type: ignore[import-untyped]
from tongsuopy.crypto.asymciphers import ec  # type: ignore[import-untyped]

from core import crypto, sm
from core.crypto import (
    KEY_BYTES,
    Sm2Signer,
    Sm3Indexer,
    Sm4Cipher,
    SoftVault,
    Unreadable,
    check_password,
    hash_password,
    new_token,
    normalise,
    place,
    practice_secrets,
    token_hash,
)

OWN = {f"{name}_1": bytes([number + 7]) * size for number, (name, size) in enumerate(KEY_BYTES.items())}


def a_vault(**more: bytes) -> SoftVault:
    return SoftVault(OWN | more)


def test_sm4_gcm_gives_the_published_vector() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    value = bytes.fromhex("".join(digit * 16 for digit in "abcdefea"))
    sealed = sm.sm4_seal(key, value, aad, nonce)
    assert sealed[12:-16].hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    assert sm.sm4_open(key, sealed, aad) == value


def test_sm3_gives_the_published_vector_on_both_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    by_system = sm.sm3(b"abc").hex(), sm.hmac_sm3(b"key", b"abc")
    monkeypatch.setattr(sm, "SYSTEM_SM3", False)
    assert by_system == (sm.sm3(b"abc").hex(), sm.hmac_sm3(b"key", b"abc"))
    assert by_system[0] == told


def test_sm2_accepts_the_published_signature() -> None:
    pair = sm.Sm2Key.from_secret(bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"))
    assert pair.public.hex() == (
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    der = bytes.fromhex(f"3046022100{r}022100{s}")
    assert sm.sm2_verify(pair, b"message digest", der, sm.USER_ID)
    assert not sm.sm2_verify(pair, b"message digesT", der, sm.USER_ID)


def test_a_signature_holds_for_its_message_its_key_and_the_user_id() -> None:
    signer = Sm2Signer(a_vault())
    signature = signer.sign(b"head")
    assert signature.startswith("sign_1:")
    assert signer.verify(b"head", signature)
    assert not signer.verify(b"heae", signature)
    assert not Sm2Signer(SoftVault.practice()).verify(b"head", signature)
    assert not Sm2Signer(a_vault(), user_id=b"").verify(b"head", signature)


def test_an_outside_implementation_with_the_usual_user_id_verifies_what_we_sign() -> None:
    vault = a_vault()
    der = bytes.fromhex(Sm2Signer(vault).sign(b"head").partition(":")[2])
    public = ec.derive_private_key(int.from_bytes(vault.current("sign").secret), ec.SM2()).public_key()
    public.verify(der, b"head", ec.ECDSA(hashes.SM3()))


@pytest.mark.parametrize("signature", ["", "sign_1", "sign_1:", "sign_1:zz", "sign_9:30", "data_1:30", "sign_1:3000"])
def test_nonsense_is_no_signature(signature: str) -> None:
    assert Sm2Signer(a_vault()).verify(b"head", signature) is False


def test_old_signatures_hold_after_a_new_signing_key() -> None:
    old = Sm2Signer(a_vault()).sign(b"head")
    signer = Sm2Signer(a_vault(sign_2=b"\x21" * 32))
    assert signer.verify(b"head", old)
    assert signer.sign(b"head").startswith("sign_2:")


def test_a_signing_key_beyond_the_curve_stops_the_start() -> None:
    with pytest.raises(ValueError, match="SM2"):
        Sm2Signer(SoftVault(OWN | {"sign_1": b"\xff" * 32}))


def test_what_is_sealed_opens_in_its_place_and_nowhere_else() -> None:
    cipher = Sm4Cipher(a_vault())
    token = cipher.seal("海口市秀英区某路 8 号", place("cases", "address", 7))
    assert cipher.open(token, place("cases", "address", 7)) == "海口市秀英区某路 8 号"
    for elsewhere in (place("cases", "address", 8), place("cases", "phone", 7), place("people", "address", 7), ""):
        with pytest.raises(Unreadable):
            cipher.open(token, elsewhere)


def test_equal_values_seal_differently_and_hide_the_value() -> None:
    cipher = Sm4Cipher(a_vault())
    tokens = {cipher.seal("13800138000", "a") for _ in range(50)}
    assert len(tokens) == 50
    assert not any("13800138000" in token for token in tokens)


def test_every_flipped_character_of_a_sealed_value_is_noticed() -> None:
    cipher = Sm4Cipher(a_vault())
    token = cipher.seal("王", "a")
    for at, sign in enumerate(token):
        for other in set("ABCDwxyz0189+/=_:") - {sign}:
            with pytest.raises(Unreadable):
                cipher.open(token[:at] + other + token[at + 1 :], "a")


@pytest.mark.parametrize("token", ["", "data_1", "data_1:", "data_1:AAAA", "data_2:AAAA", "index_1:AAAA", "data_1:王"])
def test_nonsense_does_not_open(token: str) -> None:
    with pytest.raises(Unreadable):
        Sm4Cipher(a_vault()).open(token, "a")


def test_a_half_rotated_table_opens_whole_and_new_values_use_the_new_key() -> None:
    before, after = Sm4Cipher(a_vault()), Sm4Cipher(a_vault(data_2=b"n" * 16))
    old = before.seal("一", "a")
    new = after.seal("二", "a")
    assert (after.open(old, "a"), after.open(new, "a")) == ("一", "二")
    assert new.startswith("data_2:")
    assert (after.is_current(old), after.is_current(new)) == (False, True)
    with pytest.raises(Unreadable, match="data_2"):
        before.open(new, "a")


def test_versions_are_compared_as_numbers() -> None:
    vault = a_vault(data_9=b"9" * 16, data_10=b"X" * 16)
    assert vault.current("data").label == "data_10"


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        ({name: key for name, key in OWN.items() if name != "chain_1"}, "chain"),
        (OWN | {"data_1": b"short"}, "16 字节"),
        (OWN | {"data": b"n" * 16}, "data"),
        (OWN | {"spare_1": b"n" * 16}, "spare_1"),
        (OWN | {"data_0": b"n" * 16}, "data_0"),
    ],
)
def test_a_vault_that_is_not_whole_stops_the_start_and_says_why(secrets: dict[str, bytes], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SoftVault(secrets)


def test_practice_keys_are_recognised_even_when_they_are_set_by_hand() -> None:
    assert SoftVault.practice().is_default
    assert SoftVault(OWN | {"chain_1": practice_secrets()["chain_1"]}).is_default
    assert not a_vault().is_default


def test_a_key_never_shows_its_secret() -> None:
    key = a_vault().current("data")
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" 138 0013 8000 ", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("86 13800138000", "13800138000"),
        ("(0898) 6866-1234", "089868661234"),
        ("+86 898 6866 1234", "089868661234"),
        ("11010519491231002x", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("110105491331002", "110105491331002"),
        ("王 小明", "王 小明"),
        ("oX_abc-DEF", "oX_abc-DEF"),
        ("", ""),
    ],
)
def test_one_spelling_for_many(written: str, meant: str) -> None:
    assert normalise(written) == meant


def test_an_index_finds_equal_values_of_its_column_only() -> None:
    indexer = Sm3Indexer(a_vault())
    phone = indexer.index("13800138000", "cases.phone")
    assert indexer.index("+86 138 0013 8000", "cases.phone") == phone
    assert len(phone) == 64
    others = (
        indexer.index("13800138001", "cases.phone"),
        indexer.index("13800138000", "people.phone"),
        Sm3Indexer(SoftVault.practice()).index("13800138000", "cases.phone"),
        sm.sm3(b"13800138000").hex(),
    )
    assert phone not in others


@pytest.mark.usefixtures("stretched")
def test_a_password_proves_itself_and_its_hash_needs_the_vault() -> None:
    vault = a_vault()
    stored = hash_password("秀英 2026 长口令", vault)
    assert check_password("秀英 ２０２６ 长口令", stored, vault)
    assert not check_password("秀英 2026 长口令 ", stored, vault)
    assert not check_password("秀英 2026 长口令", stored, SoftVault.practice())
    assert hash_password("秀英 2026 长口令", vault) != stored
    assert check_password("秀英 2026 长口令", stored, a_vault(pepper_2=b"p" * 32))


@pytest.mark.usefixtures("stretched")
def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    vault = a_vault()
    stored = hash_password("right", vault)

    def spent(against: str | None) -> float:
        start = time.perf_counter()
        assert not check_password("wrong", against, vault)
        return time.perf_counter() - start

    wrong, unknown = (min(spent(against) for _ in range(3)) for against in (stored, None))
    assert 0.5 < wrong / unknown < 2


def test_at_most_two_passwords_are_stretched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, guard = 0, 0, threading.Lock()

    def slow(*_args: object, **_kwargs: object) -> bytes:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with guard:
            running -= 1
        return b"raw"

    monkeypatch.setattr(crypto, "hash_secret_raw", slow)
    vault = a_vault()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: hash_password("p", vault), range(12)))
    assert most == 2


def test_tokens_are_long_different_and_stored_only_as_hashes() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert {len(token) for token in tokens} == {43}
    token = tokens.pop()
    assert token_hash(token) != token_hash(token, b"pepper") != token_hash(token, b"salt")
    assert token_hash(token, b"pepper") == sm.hmac_sm3(b"pepper", token.encode()).hex()
