"""The other half of a backup: every file the database names, copied beside it and brought back, each read whole.

Names are made from content, so a second backup into the same folder copies only what is new, and a copy that is not
what its name says is noticed on either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.ports import FileMissing, FileStore

BESIDE = "files"
"""The folder of the copies, beside the backups of the database."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`new`: how many were written, `held`: how many lay there already, `missing`: names that are nowhere whole."""

    new: int
    held: int
    missing: tuple[str, ...]

    def and_then(self, more: Copied) -> Copied:
        """Both together."""
        return Copied(self.new + more.new, self.held + more.held, (*self.missing, *more.missing))


def copy_files(names: Iterable[str], source: FileStore, target: FileStore) -> Copied:
    """Bring each of these files from one store to the other, unless it lies there whole."""
    new, held, missing = 0, 0, list[str]()
    for name in names:
        if _is_whole(target, name):
            held += 1
            continue
        try:
            data = source.get(name)
        except FileMissing:
            missing.append(name)
            continue
        target.remove(name)  # a damaged one in its place would be taken for the file
        if target.put(data) == name and _is_whole(target, name):
            new += 1
        else:
            missing.append(name)
    return Copied(new, held, tuple(missing))


def _is_whole(store: FileStore, name: str) -> bool:
    try:
        store.get(name)
    except FileMissing:
        return False
    return True
