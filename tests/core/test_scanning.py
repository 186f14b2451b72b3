"""Uploads scanned (control D5): by their structure, by clamd over its protocol; what is not scanned is not taken."""

from __future__ import annotations

import mmap
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.adapters import scanning
from core.adapters.scanning import BESIDES, CHUNK, DENSE, EICAR, IN_MEMORY, Clamd, Guard, Structure, looked_at
from core.errors import Infected, NotScanned
from core.policy.library import library_rules
from core.ports import ScannerAway
from core.settings import Scan
from tests.core.test_picture_sets import broken, packed, shot
from tests.sandbox import scanner

RULES = library_rules().picture_set
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"


@pytest.fixture
def daemon() -> Iterator[scanner.Clamd]:
    with scanner.a_clamd() as running:
        yield running


def client(daemon: scanner.Clamd, timeout: float = 60) -> Clamd:
    return Clamd(Scan(clamd=daemon.address, timeout_s=timeout))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (EICAR, "病毒测试文件"),
        (PROGRAM, "可执行程序"),
        (b"#!/bin/sh\nrm -rf /", "可执行程序"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "带有宏"),
        (b"%PDF-1.7\n1 0 obj << /S /JavaScript /JS (app.alert(1)) >>", "PDF 里带有脚本"),
        (b"\xef\xbb\xbf<svg xmlns='x' onload='alert(1)'>", "网页里带有脚本"),
        (shot() + b"<?php system($_GET['c']); ?>", "图片里藏有脚本"),
        (packed({"xl/vbaProject.bin": b"x", "[Content_Types].xml": b"x"}), "压缩包里有程序或宏"),
        (packed({"a/readme.txt": b"..." + EICAR}), "压缩包里有程序或病毒"),
        (packed({"photo.jpg": PROGRAM}), "压缩包里有程序或病毒"),
        (broken(packed({"1.jpg": shot() * 9, "2.jpg": PROGRAM})), "压缩包里有程序或病毒"),
    ],
)
def test_what_is_harmful_by_its_structure_is_named(raw: bytes, why: str) -> None:
    assert why in Structure().scan(raw)
    with pytest.raises(Infected, match=why[:4]):
        Guard([Structure()])(raw, "文件.jpg")


@pytest.mark.parametrize(
    "raw",
    [
        shot(),
        packed({"照片/1.jpg": shot()}),
        "名称,编号\n椰风,1\n".encode(),
        b"%PDF-1.4 plain",
        b"%PDF-1.4 a scan packed to /JS\xe9",
        broken(packed({"1.jpg": shot() * 9})),
        b"PK\x03\x04cut off",
        b"MZ,1\n",
        b"",
    ],
)
def test_what_people_bring_every_day_passes(raw: bytes) -> None:
    assert Structure().scan(raw) == ""


@pytest.mark.parametrize("at", [0, 2000, 2001, 9_999])
@pytest.mark.parametrize("bad", [PROGRAM, b"..." + EICAR], ids=["program", "virus"])
def test_whatever_lies_in_a_batch_of_ten_thousand_is_found_wherever_it_lies(at: int, bad: bytes) -> None:
    batch = {f"照片/{nth}.jpg": b"\xff\xd8\xff" for nth in range(RULES.entries)}
    assert Structure().scan(packed(batch)) == ""
    batch[f"照片/{at}.jpg"] = bad + bad.lower() * 3
    assert Structure().scan(packed(batch)) == "压缩包里有程序或病毒"


@pytest.mark.parametrize("before", [CHUNK - 1, CHUNK - 30, 9 * 1024 * 1024])
def test_whatever_lies_deep_in_a_large_picture_is_found_behind_many_large_ones(before: int) -> None:
    filling = random.Random(before).randbytes(512 * 1024).hex().encode()
    batch = {f"{nth}.jpg": filling * 8 for nth in range(9)}
    assert Structure().scan(packed(batch)) == ""
    deep = (filling * 10)[:before] + EICAR + filling
    assert Structure().scan(packed({**batch, "last.jpg": deep})) == "压缩包里有程序或病毒"


def test_a_zip_that_holds_more_than_the_largest_batch_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = packed({f"{nth}": b"" for nth in range(RULES.entries * BESIDES + 1)}, zipfile.ZIP_STORED)
    with pytest.raises(Infected, match=r"^「多\.zip」没有通过安全检查：里面的文件太多，请分几次传，没有收下。$"):
        Guard([Structure()])(many, "多.zip")
    small = replace(library_rules(), picture_set=replace(RULES, unpacked=3 * 1024 * 1024))
    monkeypatch.setattr(scanning, "library_rules", lambda: small)
    large = {f"{nth}.jpg": random.Random(nth).randbytes(1024 * 1024) for nth in range(4)}
    with pytest.raises(Infected, match=r"里面的内容太大，请分几次传"):
        Guard([Structure()])(packed(large), "大.zip")


def test_a_bomb_is_not_unpacked_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    read, inflated = scanning._pieces, list[int]()

    def counted(held: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
        for piece in read(held, part, most):
            inflated.append(len(piece))
            yield piece

    monkeypatch.setattr(scanning, "_pieces", counted)
    bomb = packed({f"{nth}.jpg": bytes(100 * 1024 * 1024) for nth in range(3)})
    assert Structure().scan(bomb) == ""  # its reader refuses it by what it says of itself
    assert sum(inflated) == 3 * DENSE


def test_clamd_is_asked_by_instream_in_chunks_and_what_it_finds_is_refused(daemon: scanner.Clamd) -> None:
    large = b"\0" * (2 * CHUNK + 7)
    assert client(daemon).scan(large) == ""
    assert daemon.seen == [len(large)]
    assert client(daemon).scan(b"..." + EICAR) == "Eicar-Test-Signature"
    guard = Guard([client(daemon)])
    with pytest.raises(Infected, match=r"「件\.zip」没有通过安全检查：Eicar-Test-Signature"):
        guard(EICAR, "件.zip")


@pytest.mark.parametrize("fault", ["drop", "nonsense", "hang"])
def test_a_scanner_without_a_verdict_lets_nothing_pass(daemon: scanner.Clamd, fault: str) -> None:
    daemon.fault = fault
    with pytest.raises(ScannerAway):
        client(daemon, 0.5 if fault == "hang" else 60).scan(b"clean")
    with pytest.raises(NotScanned):
        Guard([Structure(), client(daemon, 0.5 if fault == "hang" else 60)])(b"clean", "a.csv")


def test_a_file_beyond_what_clamd_takes_and_a_daemon_that_is_gone_are_no_verdicts(daemon: scanner.Clamd) -> None:
    with pytest.raises(ScannerAway):
        client(daemon).scan(b"\0" * (scanner.LIMIT + 1))
    gone = client(daemon)
    daemon.shutdown()
    daemon.server_close()
    with pytest.raises(ScannerAway):
        gone.scan(b"clean")


def test_a_large_upload_is_looked_at_where_it_lies_and_read_from_its_beginning_after(tmp_path: Path) -> None:
    filling = {f"{at}.bin": random.Random(at).randbytes(IN_MEMORY // 4) for at in range(5)}
    for more, why in (({}, ""), ({"照片/1.jpg": PROGRAM}, "压缩包里有程序或病毒")):
        large = tmp_path / "上传.zip"
        large.write_bytes(packed({**filling, **more}))
        with large.open("rb") as file:
            with looked_at(file) as raw:
                assert isinstance(raw, mmap.mmap)
                assert Structure().scan(raw) == why
            assert file.read(2) == b"PK"
