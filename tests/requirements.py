"""Which rows of requirements.tsv the last whole run proved: a pytest plugin that records, a command that prints."""

from __future__ import annotations

import csv
import json
import signal
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LIST = Path(__file__).with_suffix(".tsv")
AT_MOST = 3
PROPERTY = "requirement"


def known() -> list[str]:
    """Every id of the list, in its order."""
    with LIST.open(encoding="utf-8", newline="") as rows:
        return [row["id"] for row in csv.DictReader(rows, delimiter="\t")]


@dataclass(slots=True)
class Run:
    """What the reports of one test said so far; where it was tried again, only the last attempt counts."""

    ids: set[str] = field(default_factory=set)
    attempt: int = 0
    called: bool = False
    failed: bool = False


class Proofs:
    """Records, over all workers, which marked tests passed; writes the file named by --proof at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.runs: dict[str, Run] = defaultdict(Run)
        self.ids = frozenset(known())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        ids = [name for mark in item.iter_markers(PROPERTY) for name in mark.args]
        if len(ids) > AT_MOST:
            pytest.fail(f"a test proves at most {AT_MOST} requirements, this one claims {len(ids)}", pytrace=False)
        if unknown := sorted(set(ids) - self.ids):
            pytest.fail(f"not in {LIST.name}: {', '.join(unknown)}", pytrace=False)
        item.user_properties += [(PROPERTY, name) for name in ids]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        run = self.runs[report.nodeid.split("@")[0]]
        run.ids |= {str(value) for name, value in getattr(report, "user_properties", []) if name == PROPERTY}
        if (attempt := getattr(report, "rerun", 0)) > run.attempt:
            run.attempt, run.called, run.failed = attempt, False, False
        run.called |= report.when == "call" and report.outcome == "passed"
        run.failed |= report.outcome != "passed"

    def pytest_sessionfinish(self) -> None:
        target = self.config.getoption("--proof")
        if not target or hasattr(self.config, "workerinput"):
            return
        found: dict[str, dict[str, bool]] = defaultdict(dict)
        for test, run in self.runs.items():
            for name in run.ids:
                found[name][test] = run.called and not run.failed
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def lines(proofs: dict[str, dict[str, bool]]) -> list[str]:
    """One line per id: proved only if every test that claims it passed."""
    told = []
    for name in known():
        tests = proofs.get(name, {})
        proved = bool(tests) and all(tests.values())
        told.append(f"{name} proved {', '.join(sorted(tests))}" if proved else f"{name} missing")
    return told


def main() -> None:
    """Print the list as the file given, by default var/requirements.json, has it."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no fault
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "var/requirements.json")
    print("\n".join(lines(json.loads(file.read_text(encoding="utf-8")) if file.exists() else {})))


if __name__ == "__main__":
    main()
