"""Searching sealed papers: every two neighbouring characters under the index key, so that nothing can be read off them.

A question is answered by the newest papers that hold all its pairs; whether they hold the words themselves is read in
the papers, so a pair that stands elsewhere in the text misleads nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlalchemy import Connection, Select, delete, insert, select

from core.crypto import Indexer
from core.models.archive import archive_documents, archive_words

MOST_ASKED = 6
PURPOSE = "archive_word"


def pairs(*texts: str) -> list[str]:
    """Every two neighbouring letters, digits or characters, each pair once."""
    found: dict[str, None] = {}
    for text in texts:
        low = text.lower()
        for first, second in pairwise(low):
            if first.isalnum() and second.isalnum():
                found[first + second] = None
    return list(found)


def note(tx: Connection, indexer: Indexer, document: int, texts: Iterable[str]) -> None:
    """Take in what a document says, in place of what it said before."""
    tx.execute(delete(archive_words).where(archive_words.c.document_id == document))
    rows = [{"word": word, "document_id": document} for word in _blind(indexer, pairs(*texts))]
    if rows:
        tx.execute(insert(archive_words), rows)


def holding(indexer: Indexer, words: str, most: int) -> Select[tuple[int]] | None:
    """The newest documents that hold every pair of these words, as ids; None where the words have no pair."""
    asked = pairs(*words.split())
    if not asked:
        return None
    query = select(archive_documents.c.id).where(archive_documents.c.shown)
    for word in _blind(indexer, _spread(asked)):
        query = query.where(
            archive_documents.c.id.in_(select(archive_words.c.document_id).where(archive_words.c.word == word))
        )
    return query.order_by(archive_documents.c.id.desc()).limit(most)


def _spread(asked: Sequence[str]) -> Sequence[str]:
    if len(asked) <= MOST_ASKED:
        return asked
    return [asked[number * (len(asked) - 1) // (MOST_ASKED - 1)] for number in range(MOST_ASKED)]


def _blind(indexer: Indexer, found: Iterable[str]) -> list[int]:
    return sorted({int(indexer.index(pair, PURPOSE)[:15], 16) for pair in found})
