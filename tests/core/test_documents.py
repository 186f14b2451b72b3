"""Papers as Word, PDF and CSV: the same words in each, nobody's formula or markup in any, the mark on every page."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import docx
import pytest
from PIL import Image

from core.documents import Document, Picture, Section, Table, Words, as_csv, as_docx, as_pdf

MARK = "水务局 王某 2026-03-09 09:00 导出，仅供工作使用"
HOSTILE = '=cmd|"/C calc"!A1'
MARKUP = '#panic("x") *粗* $x$ @某人 <b>&amp; \\ `代码` [链接](http://x)'


def a_picture() -> Picture:
    held = io.BytesIO()
    Image.new("RGB", (40, 20), "#3370ff").save(held, "PNG")
    return Picture(held.getvalue(), "现场照片")


def a_paper(*rows: tuple[str, ...]) -> Document:
    table = Table(("时间", "内容"), rows or (("2026-03-09 09:00", "树旗"),), (1, 3))
    return Document(
        title="联办过程", subtitle="尾号 000427", mark=MARK, facts=(("编号", "XYDQ20260309000427"),),
        sections=(Section("过程", (Words("第一行\n第二行"), Words("小字", quiet=True), table, a_picture())),),
    )  # fmt: skip


def words_of(data: bytes) -> str:
    paper = docx.Document(io.BytesIO(data))
    cells = (cell.text for table in paper.tables for row in table.rows for cell in row.cells)
    ends = (part.text for one in paper.sections for part in (*one.header.paragraphs, *one.footer.paragraphs))
    return "\n".join([*(one.text for one in paper.paragraphs), *cells, *ends])


def pages_of(data: bytes) -> int:
    found = re.search(rb"/Type/Pages/Count (\d+)", data)
    assert found is not None
    return int(found[1])


def test_word_holds_every_word_the_picture_and_the_mark() -> None:
    told = words_of(as_docx(a_paper()))
    for word in ("联办过程", "尾号 000427", "XYDQ20260309000427", "第二行", "小字", "树旗", "现场照片", MARK):
        assert word in told
    with zipfile.ZipFile(io.BytesIO(as_docx(a_paper()))) as held:
        assert any(name.startswith("word/media/") for name in held.namelist())
        assert "某人" not in held.read("docProps/core.xml").decode()


def test_a_pdf_is_set_with_chinese_letters_inside_it() -> None:
    data = as_pdf(a_paper())
    assert data.startswith(b"%PDF-")
    assert b"NotoSansSC" in data
    assert len(data) < 400_000


def test_a_long_table_runs_over_pages() -> None:
    rows = tuple((f"2026-03-09 {n:05}", "说" * 60) for n in range(120))
    assert [pages_of(as_pdf(one)) for one in (a_paper(), a_paper(*rows))] == [1, 6]


@pytest.mark.parametrize("words", [MARKUP, "零\0字", "半\ud800个", "行\r\n尾", "宽" * 5000, "\u202eabc", "\x07"])
def test_hostile_words_break_no_format(words: str) -> None:
    paper = Document(words, words, ((words, words),), (Section(words, (Words(words), Table((words,), ((words,),)))),))
    assert as_pdf(paper).startswith(b"%PDF-")
    assert as_docx(paper).startswith(b"PK")
    assert as_csv(Table(("一",), ((words,),)))


def test_markup_is_text_in_word() -> None:
    assert MARKUP in words_of(as_docx(Document("题", MARK, (("a", MARKUP),))))


def test_no_cell_of_a_csv_is_a_formula_and_the_last_line_says_who_took_it() -> None:
    data = as_csv(Table(("时间", "=内容"), ((HOSTILE, "+1"), ("正常", "-2"))), MARK)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows == [["时间", "'=内容"], [f"'{HOSTILE}", "'+1"], ["正常", "'-2"], [MARK]]


def test_a_table_with_widths_for_other_columns_is_no_table() -> None:
    with pytest.raises(ValueError, match="2 columns, 1 widths"):
        Table(("一", "二"), (), (1,)).shares()


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="PNG or JPEG"):
        as_pdf(Document("题", "", sections=(Section("图", (Picture(b"GIF89a"),)),)))
