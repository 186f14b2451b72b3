"""Control H1: static analysis finds nothing that was not looked at, and no secret lies in the tree."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import yaml

from tests.house.source import PACKAGES, ROOT

FINDINGS = yaml.safe_load((ROOT / "tests/house/findings.yaml").read_text(encoding="utf-8"))
REASON = re.compile(r"20\d\d-\d\d-\d\d \S.{8,}")
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|xox[abp]-[0-9A-Za-z-]{20,}"
)


def test_static_analysis_finds_nothing_that_was_not_looked_at() -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "S",
        "--no-cache",
        "--output-format",
        "json",
        *PACKAGES,
    ]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout)
    found = {(row["filename"].removeprefix(f"{ROOT}/"), row["code"]) for row in told}
    known = {(file, code) for file, codes in FINDINGS.items() for code in codes}
    assert sorted(found - known) == [], "look at it; if it stays, say why in tests/house/findings.yaml"
    assert sorted(known - found) == [], "gone: take it out of tests/house/findings.yaml"


def test_every_finding_that_stays_is_dated_and_reasoned() -> None:
    assert [file for file, codes in FINDINGS.items() for why in codes.values() if not REASON.fullmatch(why)] == []


def test_no_secret_lies_in_the_tree() -> None:
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    names = [name for name in kept.split("\0") if name and name != "tests/house/test_security.py"]
    texts = ((name, (ROOT / name).read_bytes().decode("utf-8", "ignore")) for name in names if (ROOT / name).is_file())
    assert [name for name, text in texts if SECRETS.search(text)] == []
