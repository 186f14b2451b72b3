"""The file store: one store for all, sealed at rest, a folder or an S3 server by setting, whole after a restore."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from core import Core
from core.adapters.files import build_files
from core.crypto import SoftVault, practice_secrets
from core.errors import Unknown
from core.ports import FileMissing, FileStore
from tests.clock import StillClock
from tests.town import settings_for

PAPER = b"\xff\xd8\xff" + "秀英区证照原件".encode() * 40


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server of this machine with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="cn-north-1"
    )
    if not client.list_buckets()["Buckets"]:  # servers of one process share what they hold
        client.create_bucket(Bucket="papers", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    yield endpoint
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "folder":
        return {"address": str(tmp_path / "files")}
    address = f"s3://papers/{secrets.token_hex(4)}"
    return {"address": address, "endpoint": request.getfixturevalue("s3"), "access_key": "k", "secret_key": "s"}


def store_at(place: dict[str, str], vault: SoftVault | None = None) -> FileStore:
    return build_files(settings_for("sqlite://", files=dict(place)), vault or SoftVault.practice())


def test_what_is_kept_comes_back_under_the_same_name_and_lies_there_once(place: dict[str, str]) -> None:
    store = store_at(place)
    name = store.put(PAPER)
    assert store.put(PAPER) == name == store.name_of(PAPER)
    assert store.get(name) == PAPER
    assert store.open(name).read(3) == PAPER[:3]
    assert list(store.names()) == [name]
    store.remove(name)
    assert list(store.names()) == []
    with pytest.raises(FileMissing):
        store.get(name)


def test_a_new_key_opens_what_the_old_one_sealed_and_seals_it_again(place: dict[str, str]) -> None:
    name = store_at(place).put(PAPER)
    fresh = store_at(place, SoftVault({**practice_secrets(), "data_2": secrets.token_bytes(16)}))
    assert fresh.get(name) == PAPER
    assert fresh.renew(name)
    assert not fresh.renew(name)
    assert fresh.get(name) == PAPER
    with pytest.raises(FileMissing):
        store_at(place).get(name)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "/" * 64, "a" * 64])
def test_no_name_leads_out_of_the_store(name: str, tmp_path: Path) -> None:
    store = store_at({"address": str(tmp_path / "files")})
    with pytest.raises(FileMissing):
        store.get(name)


def test_nothing_of_a_file_can_be_read_off_the_disk_nor_guessed_from_its_name(tmp_path: Path) -> None:
    store = store_at({"address": str(tmp_path / "files")})
    name = store.put(PAPER)
    (file,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert "证照".encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    other = store_at({"address": str(tmp_path / "other")}, SoftVault({**practice_secrets(), "index_2": os.urandom(32)}))
    assert other.name_of(PAPER) != name


@pytest.mark.parametrize("harm", [lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), lambda raw: raw[:20], lambda raw: b""])
def test_a_file_that_was_changed_is_missing_rather_than_wrong(harm: object, core: Core, tmp_path: Path) -> None:
    name = core.files.keep(PAPER, "image/jpeg")
    assert core.files.missing() == []
    (file,) = [path for path in Path(core.settings.files.address).rglob(name) if path.is_file()]
    file.write_bytes(harm(file.read_bytes()))  # type: ignore[operator]
    assert core.files.missing() == [name]
    with pytest.raises(Unknown):
        core.files.get(name)


def test_a_new_key_seals_every_file_of_the_product_again(core: Core) -> None:
    name = core.files.keep(PAPER, "image/jpeg")
    assert core.files.renew() == 0
    vault = SoftVault({**practice_secrets(), "data_2": secrets.token_bytes(16)})
    core.files.store = build_files(core.settings, vault)
    assert core.files.renew() == 1
    assert core.files.get(name) == PAPER


def test_a_file_nobody_names_goes_after_a_day_and_no_sooner(core: Core, clock: StillClock) -> None:
    name = core.files.keep(secrets.token_bytes(50), "image/jpeg")
    assert core.files.sweep() == 0
    clock.advance(days=2)
    assert core.files.keep(core.files.get(name), "image/jpeg") == name
    assert core.files.sweep() == 0  # brought again, and not named yet
    clock.advance(days=2)
    assert core.files.sweep() == 1
    with pytest.raises(Unknown):
        core.files.get(name)


def test_a_file_that_is_swept_while_it_is_kept_again_is_there(core: Core, clock: StillClock) -> None:
    name, put = core.files.keep(PAPER, "image/jpeg"), core.files.store.put
    clock.advance(days=2)

    def swept(data: bytes) -> str:
        told = put(data)
        core.files.store.put = put  # type: ignore[method-assign]
        assert core.files.sweep() == 1
        return told

    core.files.store.put = swept  # type: ignore[method-assign]
    assert core.files.keep(PAPER, "image/jpeg") == name
    assert core.files.get(name) == PAPER
    assert core.files.missing() == []
