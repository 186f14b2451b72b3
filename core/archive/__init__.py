"""审批资料电子文档库: papers of companies and persons in volumes, searched by text, checked, offered again (R147–R152).

On the core as `core.archive` (`core.archive.archive.Archive`). A *paper* is addressed by its `line` through all its
versions, a *volume* by its `token`; subjects are those of the licence library. What a paper says lies sealed, found
through blind word pairs (`words`).

**Writing** goes through the library's door (`LibraryAct`, books `archive_document` and `archive_volume`, acts in
`core/policy/library.yaml`, taught to it by `core.licences.teach`): `file`, `renew`, `write`; a volume is filed and
handed over through `check`. Categories are the register `archive_category`; everything else that may vary is
`core/policy/archive.yaml`.

**Parts.** `batches` and `taking`: existing papers by manifest and ZIP (the clock reads and files them). `reuse`: what a
subject filed before, offered again. `keeping`: the nightly look at kept volumes. `texts`: text of pictures.

**Seams.** `texts.reader = f` with `f(jpeg) -> str` reads pictures (a Refusal of status 429 means: later);
`scan = f` with `f(bytes, name)` raises a Refusal for infected bytes, at the door and at every check.
"""

from core.archive.filters import ArchiveFilter

__all__ = ["ArchiveFilter"]
