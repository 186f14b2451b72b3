"""The restore drill with files: everything gone, then data, photos, papers and pictures back, each by its digest."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from core import Core
from core.file_copies import BESIDE
from core.models.archive import archive_documents
from tests.builders import a_case, desk, fresh_key, rows
from tests.clock import StillClock
from tests.core.archive_room import a_paper, pdf
from tests.core.library_room import NURSE, a_person, act, clerk
from tests.core.test_picture_sets import shot
from tests.databases import SQLite, migrated
from tests.town import a_core
from webapp import create_app


@dataclass(frozen=True, slots=True)
class Kept:
    """What people put into the house: a case with a photo, a paper of the archive, a licence with its picture."""

    case: int
    paper: str
    licence: str

    def shown(self, core: Core) -> list[str]:
        """The digest of each as its reader is shown it; of the paper, which is shown marked, as it lies."""
        who = desk(core)
        (photo,) = core.arrivals.photos.of_case(self.case)
        (picture,) = core.licences.licence(clerk(core), self.licence).pictures
        paper = core.archive.document(clerk(core), self.paper)
        assert core.archive.page(clerk(core), paper.token, 1)
        (row,) = rows(core, archive_documents, archive_documents.c.line == self.paper)
        told = (
            core.arrivals.photos.bytes_of(who, self.case, photo.token),
            core.files.get(row.file),
            core.licences.picture(clerk(core), picture.token),
        )
        return [hashlib.sha256(one).hexdigest() for one in told]


@pytest.fixture
def kept(core: Core) -> Kept:
    who, case = desk(core), a_case(core)
    core.arrivals.photos.attach(who, [core.arrivals.photos.hold(fresh_key("photo"), who, shot("teal"))], case)
    person = a_person(core)
    line = act(core, "licence", "issue", **{**NURSE, "subject": person}).no
    act(core, "licence", "picture", line, files=core.files.keep(shot("navy"), "image/jpeg"))
    return Kept(case, a_paper(core, person, "SF", raw=pdf("the drill")), line)


def run(core: Core, *args: object) -> Result:
    return create_app(core).test_cli_runner().invoke(args=[str(one) for one in args])


def backed_up(core: Core, folder: Path) -> Path:
    """The newest backup in the folder, just made."""
    told = run(core, "backup", folder)
    assert told.exit_code == 0, told.output
    return max(folder.glob("*.backup"), key=lambda one: one.stat().st_mtime_ns)


def an_empty_house(folder: Path) -> Core:
    folder.mkdir()
    return a_core(SQLite().prepared(migrated, folder), StillClock())


def wiped(core: Core) -> None:
    """The machine is gone: no file is left, and the database is another."""
    shutil.rmtree(core.settings.files.address)
    core.engine.dispose()


def test_everything_comes_back_as_it_was_shown(core: Core, kept: Kept, tmp_path: Path) -> None:
    before, names = kept.shown(core), core.files.names()
    path = backed_up(core, tmp_path / "away")
    wiped(core)
    other = an_empty_house(tmp_path / "other")
    told = run(other, "restore", path)
    assert told.exit_code == 0, told.output
    assert f"文件 {len(names)} 个都在，补回 {len(names)} 个" in told.output
    assert kept.shown(other) == before
    assert other.files.names() == names
    assert other.files.missing() == []
    assert other.verify_log().ok
    other.engine.dispose()


def test_what_lies_beside_the_backup_tells_nothing_and_a_second_backup_copies_only_what_is_new(
    core: Core, kept: Kept, tmp_path: Path
) -> None:
    folder = tmp_path / "away"
    backed_up(core, folder)
    copies = [one for one in (folder / BESIDE).rglob("*") if one.is_file()]
    assert len(copies) == len(core.files.names()) >= 3
    for one in copies:
        assert one.stat().st_mode & 0o777 == 0o600
        raw = one.read_bytes()
        assert not any(mark in raw for mark in (b"\xff\xd8\xff", b"%PDF", b"the drill"))
    times = {one: one.stat().st_mtime_ns for one in copies}
    act(core, "licence", "picture", kept.licence, files=core.files.keep(shot("red"), "image/jpeg"))
    told = run(core, "backup", folder)
    assert "这次新增 1 个" in told.output
    assert {one: one.stat().st_mtime_ns for one in copies} == times


def test_a_copy_that_is_damaged_or_gone_is_named_and_what_is_whole_comes_back(
    core: Core, kept: Kept, tmp_path: Path
) -> None:
    path = backed_up(core, tmp_path / "away")
    first, second, *rest = sorted(one for one in (path.parent / BESIDE).rglob("*") if one.is_file())
    first.unlink()
    second.write_bytes(second.read_bytes()[:-3] + b"abc")
    other = an_empty_house(tmp_path / "other")
    told = run(other, "restore", path)
    assert told.exit_code == 1
    assert f"缺 2 个文件，首个是「{min(first.name, second.name)[:12]}" in told.output
    assert sorted(other.files.missing()) == sorted([first.name, second.name])
    assert len(rest) == len(other.files.names()) - 2
    again = run(core, "backup", path.parent)  # the next backup mends the copies
    assert "这次新增 2 个" in again.output, again.output
    other.engine.dispose()


def test_a_backup_says_when_the_store_itself_has_lost_a_file(core: Core, kept: Kept, tmp_path: Path) -> None:
    core.files.store.remove(core.files.names()[0])
    told = run(core, "backup", tmp_path / "away")
    assert told.exit_code == 1
    assert f"缺 1 个文件，首个是「{core.files.names()[0][:12]}" in told.output
    assert list((tmp_path / "away").glob("*.backup"))
