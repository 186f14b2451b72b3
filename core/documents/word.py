"""A paper as a Word file."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from core.documents.paper import Block, Document, Picture, Table, Words

PAGE_CM, MARGIN_CM = 21.0, 2.2
WIDTH_CM = PAGE_CM - 2 * MARGIN_CM
LONGEST_TITLE = 200  # of the property in the file; the heading is whole
BODY, HEAD = "宋体", "黑体"
QUIET = RGBColor(0x66, 0x6E, 0x7A)
FACT = (0.2, 0.8)


def docx_of(document: Document) -> bytes:
    paper = docx.Document()
    _page(paper, document.mark)
    title = paper.add_heading(_kept(document.title), 0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if document.subtitle:
        _say(paper, Words(document.subtitle, quiet=True)).alignment = WD_ALIGN_PARAGRAPH.CENTER
    if document.facts:
        _table(paper, Table(("", ""), document.facts, FACT), head=False)
    for section in document.sections:
        paper.add_heading(_kept(section.title), 1)
        for block in section.blocks:
            _block(paper, block)
    held = io.BytesIO()
    paper.core_properties.title, paper.core_properties.author = _kept(document.title)[:LONGEST_TITLE], ""
    paper.core_properties.comments = ""
    paper.save(held)
    return held.getvalue()


def _page(paper: Any, mark: str) -> None:
    """A4, Chinese letters in every style, the mark above and below each page."""
    part = paper.sections[0]
    part.page_width, part.page_height = Cm(PAGE_CM), Cm(29.7)
    part.left_margin = part.right_margin = Cm(MARGIN_CM)
    part.top_margin = part.bottom_margin = Cm(2.2)
    for name, font, size in (("Normal", BODY, 10.5), ("Title", HEAD, 20), ("Heading 1", HEAD, 14)):
        style = paper.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        style.font.color.rgb = RGBColor(0x1F, 0x26, 0x33)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:eastAsia", "w:ascii", "w:hAnsi"):
            fonts.set(qn(kind), font)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)
    for place in (part.header, part.footer):
        line = place.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _quiet(line.add_run(_kept(mark)))


def _block(paper: Any, block: Block) -> None:
    if isinstance(block, Table):
        _table(paper, block)
    elif isinstance(block, Picture):
        paper.add_picture(io.BytesIO(block.data), width=Cm(WIDTH_CM * block.width))
        paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
        if block.caption:
            _say(paper, Words(block.caption, quiet=True)).alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        _say(paper, block)


def _say(paper: Any, words: Words) -> Any:
    line = paper.add_paragraph()
    run = line.add_run(_kept(words.text))
    if words.quiet:
        _quiet(run)
    return line


def _quiet(run: Any) -> None:
    run.font.size, run.font.color.rgb = Pt(9), QUIET


def _table(paper: Any, table: Table, *, head: bool = True) -> None:
    shares = table.shares()
    drawn = paper.add_table(rows=0, cols=len(shares), style="Table Grid")
    drawn.alignment = WD_TABLE_ALIGNMENT.CENTER
    drawn.autofit = False
    for place, row in enumerate([table.head, *table.rows] if head else table.rows):
        cells = drawn.add_row().cells
        for column, (cell, text) in enumerate(zip(cells, row, strict=True)):
            cell.width = Cm(WIDTH_CM * shares[column])
            run = cell.paragraphs[0].add_run(_kept(text))
            run.font.size = Pt(9.5)
            run.font.bold = (head and place == 0) or (not head and column == 0)
    if head:
        drawn.rows[0]._tr.get_or_add_trPr().append(_repeated())
    paper.add_paragraph()


def _repeated() -> Any:
    """A table's first row stands again on each page."""
    from docx.oxml import OxmlElement

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    return mark


def _kept(text: str) -> str:
    """Without the characters that no XML file may hold."""
    return "".join(
        one
        for one in text
        if one in "\n\t" or (one >= " " and not "\ud800" <= one <= "\udfff" and one not in "\ufffe\uffff")
    )
