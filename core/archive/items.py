"""One item of a batch: a row of the manifest, a file of the ZIP, or both; judged before anything is written.

What an item says lies sealed; its state and the reason are words that name nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, select

from core.archive.filing import same_paper_in
from core.archive.naming import read_name
from core.archive.sheets import ManifestRow
from core.archive.views import Category
from core.crypto import Cipher, Indexer
from core.licences.checks import tidy
from core.licences.desk import opened
from core.models.licences import subjects
from core.policy.archive import archive_rules
from core.policy.library import library_rules

MATCHED, DOUBTFUL, UNMATCHED, FAULTY, SAME = "matched", "doubtful", "unmatched", "faulty", "same"
SKIPPED, DONE, WAITING = "skipped", "done", "waiting"
NEAR = 80
"""How alike two names of files must be for one to be offered for the other, of 100."""


@dataclass(slots=True)
class Item:
    """What an item says. `file`: the kept one; `wanted`: the manifest names one; `sure`: a person said yes."""

    name: str = ""
    subject: dict[str, str] = field(default_factory=dict)
    category: str = ""
    choices: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    file: dict[str, str] = field(default_factory=dict)
    wanted: bool = False
    near: bool = False
    fault: str = ""
    sure: bool = False

    def told(self) -> dict[str, Any]:
        """As it is sealed."""
        return asdict(self)


def of_row(row: ManifestRow, kind: str, kinds: Sequence[Category]) -> Item:
    """A row as an item that still waits for its file."""
    titles = {one.title: one.code for one in kinds} | {one.code: one.code for one in kinds}
    hint = read_name(" ".join((row.fields.get("title", ""), row.file)), kind, kinds)
    category = titles.get(row.category, "") if row.category else hint.category
    fields = dict(row.fields)
    if row.file and not fields.get("title"):
        fields["title"] = hint.title
    return Item(row.file, dict(row.subject), category, [], fields, wanted=bool(row.file))


def of_file(name: str, kind: str, kinds: Sequence[Category]) -> Item:
    """A file that no row names, as its name tells it."""
    read = read_name(name, kind, kinds)
    fields = {one.key: "" for one in archive_rules().fields} | {"title": read.title, "made_on": read.made_on}
    return Item(name, {"number": read.number} if read.number else {}, read.category, list(read.choices), fields)


def matched(rows: Sequence[Item], names: Sequence[str]) -> dict[int, tuple[str, bool]]:
    """Row → the file it means and whether that is only alike: by its path, its name, its name without an ending."""
    told = [_called(tell, names) for tell in (str.lower, lambda name: _last(name).lower(), _bare)]
    bare = {name: _bare(name) for name in names}
    found: dict[int, tuple[str, bool]] = {}
    for near in (False, True):
        for at, row in enumerate(rows):
            if not row.wanted or at in found:
                continue
            name = _likest(row.name, bare) if near else _meant(row.name, told, bare)
            if name is not None:
                found[at] = (name, near)
                del bare[name]
    return found


def _called(tell: Callable[[str], str], names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(tell(name), []).append(name)
    return found


def _meant(asked: str, told: Sequence[Mapping[str, Sequence[str]]], free: Mapping[str, str]) -> str | None:
    """The one free file that is called so; none where several are."""
    said = asked.replace("\\", "/").lower()
    for names in told:
        hits = [name for one in dict.fromkeys((said, _bare(said))) for name in names.get(one, ()) if name in free]
        if hits:
            return hits[0] if len(hits) == 1 else None
    return None


def _likest(asked: str, free: Mapping[str, str]) -> str | None:
    best = process.extractOne(_bare(asked), free, scorer=fuzz.ratio, score_cutoff=NEAR)
    return str(best[2]) if best else None


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _bare(name: str) -> str:
    """The last part of a name without its ending, in lower case."""
    last = _last(name).lower()
    return last.rsplit(".", 1)[0] if "." in last else last


class Judge:
    """Judges items against the library and the archive as they are in one transaction."""

    def __init__(
        self, tx: Connection, kind: str, kinds: Mapping[str, Category], sealing: tuple[Cipher, Indexer]
    ) -> None:
        self._tx, self._book, self._kinds = tx, library_rules().kinds[kind], kinds
        self._cipher, self._indexer = sealing
        self._known: dict[str, tuple[Mapping[Any, Any], dict[str, str]] | None] = {}
        self._taken: dict[tuple[str, str], int] = {}
        self._asked = set[tuple[str, ...]]()

    def judge(self, item: Item, place: int = 0) -> tuple[str, str]:
        """State and reason. A person's yes turns a doubt into a match, nothing else."""
        if item.fault:
            return FAULTY, item.fault
        if item.wanted and not item.file:
            return UNMATCHED, "压缩包里没有这个文件"
        if not item.subject.get("number"):
            return UNMATCHED, f"文件名里没有{self._book.fields[1].label}，请补上是谁的"
        known, no = self._whose(item)
        if no is not None:
            return no
        if item.file and (no := self._paper(item, known, place)) is not None:
            return no
        if not item.file and known is not None and not self.news(item, known[1]):
            return SAME, "库里已有，内容相同"
        doubt = self._doubt(item, known)
        return (DOUBTFUL, doubt) if doubt and not item.sure else (MATCHED, "")

    def known(self, number: str) -> tuple[Mapping[Any, Any], dict[str, str]] | None:
        """The subject with this number and what is registered of it."""
        if number not in self._known:
            index = self._indexer.index(number, "subject_number")
            query = select(subjects).where(
                subjects.c.number_index == index, subjects.c.kind == self._book.key, ~subjects.c.gone
            )
            row = self._tx.execute(query).mappings().first()
            self._known[number] = None if row is None else (row, opened(self._cipher, "subjects", row))
        return self._known[number]

    def news(self, item: Item, before: Mapping[str, str]) -> list[str]:
        """The fields of the subject that the item tells and the library has otherwise."""
        clean, _ = tidy(self._book.fields, {**before, **{key: text for key, text in item.subject.items() if text}})
        return [key for key in clean if key not in ("name", "number") and clean[key] != before.get(key, "")]

    def _whose(self, item: Item) -> tuple[Any, tuple[str, str] | None]:
        clean, faults = tidy(self._book.fields[1:2], item.subject)
        if faults:
            return None, (FAULTY, f"「{faults[0].label}」{faults[0].why}")
        item.subject["number"] = clean["number"]
        known = self.known(clean["number"])
        if known is None and not item.subject.get("name"):
            return None, (UNMATCHED, f"库里没有这个号码，请补上{self._book.fields[0].label}")
        said = {key: text for key, text in item.subject.items() if text}
        _, faults = tidy(self._book.fields, {**(known[1] if known else {}), **said})
        return known, (FAULTY, f"「{faults[0].label}」{faults[0].why}") if faults else None

    def _paper(self, item: Item, known: Any, place: int) -> tuple[str, str] | None:
        kind = self._kinds.get(item.category)
        if kind is None or not kind.open:
            return UNMATCHED, "归不到分类，请选一个"
        if not kind.takes(self._book.key):
            return FAULTY, f"「{kind.title}」不收{self._book.title}的资料"
        _, faults = tidy(archive_rules().fields, item.fields)
        if faults:
            return FAULTY, f"「{faults[0].label}」{faults[0].why}"
        if known is not None and (no := same_paper_in(self._tx, known[0]["id"], item.file["file"])) is not None:
            return SAME, f"同一份文件已存为 {no}"
        twin = self._taken.setdefault((item.subject["number"], item.file["file"]), place)
        return (SAME, f"和第 {twin} 条是同一份文件") if twin != place else None

    def _doubt(self, item: Item, known: Any) -> str:
        if known is not None:
            named = item.subject.get("name", "")
            if named and self._indexer.index(named, "subject_name") != known[0]["name_index"]:
                return "库里这个号码登记的是另一个名称"
            news = (item.subject["number"], *(item.subject[key] for key in self.news(item, known[1])))
            if len(news) > 1 and news not in self._asked:  # one yes for all the rows that say the same
                self._asked.add(news)
                return "基本信息和库里不同，确认后按表格更新"
        return "文件名只是相近，请核对是不是这一份" if item.near else ""
