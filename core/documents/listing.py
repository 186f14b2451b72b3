"""A table as CSV that spreadsheets read as text, with the mark of who took it."""

from __future__ import annotations

import csv
import io

from core.documents.paper import Table
from core.plain import as_cell

BOM = b"\xef\xbb\xbf"  # without it a spreadsheet in Chinese takes the bytes for another encoding


def csv_of(table: Table, mark: str = "") -> bytes:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow([as_cell(cell) for cell in table.head])
    writer.writerows([as_cell(cell) for cell in row] for row in table.rows)
    if mark:
        writer.writerow([as_cell(mark)])
    return BOM + held.getvalue().encode("utf-8", "replace")
