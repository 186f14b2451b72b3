"""Papers that leave the house, as Word or PDF: a title, facts, sections of words, tables and pictures, and who took it.

The content is plain values; how a paper looks is here, once, for exports, reports and archives alike.
"""

from __future__ import annotations

from core.documents.paper import Document, Picture, Section, Table, Words

__all__ = ["CSV", "DOCX", "PDF", "Document", "Picture", "Section", "Table", "Words", "as_csv", "as_docx", "as_pdf"]

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
CSV = "text/csv"


def as_docx(document: Document) -> bytes:
    """The paper as a Word file that anybody may go on writing in."""
    from core.documents.word import docx_of

    return docx_of(document)


def as_pdf(document: Document) -> bytes:
    """The paper as a PDF, its Chinese letters inside it, the mark across every page."""
    from core.documents.print import pdf_of

    return pdf_of(document)


def as_csv(table: Table, mark: str = "") -> bytes:
    """One table for a spreadsheet; no cell of it is a formula (control D6). `mark`: a last line, who took it."""
    from core.documents.listing import csv_of

    return csv_of(table, mark)
