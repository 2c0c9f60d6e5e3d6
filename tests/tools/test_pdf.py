"""make pdf：目录与书签的页码都对，文字抽得出来，没有空白页，逐字节可复现，坏了说中文。"""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools import pdf

FOOTER = re.compile(r"(\d+)(目录|前言|附录|第 ?\d 章)")
OWN_FONTS = re.compile(r"KaTeX_\w+(-\w+)?|NotoSansSC-Regular|DejaVuSans(Mono)?")
KANGXI = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
BOTTOM_MARGIN = 26 * 72 / 25.4  # 磅，见 9-print.css 的 @page
HEADING_AND_A_LINE = 36
OBJECTS_OUTSIDE = (b"book.invalid", b"file:", b"CreationDate", b"ModDate")


@pytest.fixture(scope="module")
def parts(built_html) -> list[pdf.Part]:
    return pdf.read_book(built_html)[1]


@pytest.fixture(scope="module")
def whole(built_html, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    pdf.make_pdf(built_html, target)
    return target


@pytest.fixture(scope="module")
def reader(whole) -> PdfReader:
    return PdfReader(whole)


@pytest.fixture(scope="module")
def pages(reader) -> list[str]:
    return [page.extract_text() for page in reader.pages]


@pytest.fixture(scope="module")
def bookmarks(reader) -> list[tuple[str, int]]:
    """（标题，页码），次序与书里的相同。"""
    entries = pdf.flatten(reader.outline)
    return [(entry.title, reader.get_destination_page_number(entry) + 1) for entry in entries]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).replace("\u200b", ""))


def test_every_heading_has_a_bookmark_on_its_page(bookmarks, parts, pages):
    titles = [heading.text for part in parts for heading in part.headings]
    assert [title for title, _ in bookmarks] == ["目录", *titles]
    for title, number in bookmarks:
        if not re.search(r"[A-Za-z]\(", title):  # 公式的上下标抽出来次序不定
            assert squeeze(title) in squeeze(pages[number - 1]), title


def test_no_heading_is_left_at_the_foot_of_a_page(reader):
    """标题下面至少还有一行正文。"""
    for entry in pdf.flatten(reader.outline):
        assert entry.top > BOTTOM_MARGIN + HEADING_AND_A_LINE, entry.title


def test_contents_give_the_right_pages(bookmarks, parts, pages):
    listed = [h.text for part in parts for h in part.headings if h.level <= pdf.IN_CONTENTS]
    first = bookmarks[1][1]
    text = "\n".join(page for page in pages[: first - 1] if "目录" in page)
    lines = [squeeze(line) for line in text.splitlines()]
    numbers = iter(bookmarks)
    for title in listed:
        number = next(number for bookmark, number in numbers if bookmark == title)
        assert f"{squeeze(title)}{number}" in lines


def test_pages_are_numbered_and_none_is_empty(bookmarks, pages):
    first = bookmarks[0][1]
    for number, text in enumerate(pages, start=1):
        assert len(squeeze(text)) > 20, f"第 {number} 页几乎是空白"
        if number >= first:
            assert FOOTER.search(text)[1] == str(number)


def test_code_is_whole_on_one_page(parts, pages):
    texts = [squeeze(text) for text in pages]
    for part in parts:
        for block in BeautifulSoup(part.html, "html.parser").find_all("pre"):
            code = squeeze(block.get_text())
            assert any(code in text for text in texts), f"被切断：{block.get_text()[:80]}"


def test_text_and_formulas_can_be_searched(pages):
    text = "\n".join(pages)
    assert text.count("交叉熵") > 100
    assert squeeze(text).count("H(t,p)") > 10
    assert KANGXI.findall(text) == []  # “⽐”看着像“比”，却搜不到
    assert "\ufffd" not in text


def test_only_the_books_own_fonts(reader):
    names = set()
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            if font["/Subtype"] != "/Type3":  # 加粗的字画成图形，本来就在文件里
                names.add(font["/BaseFont"].split("+")[1])
                assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]
    assert {"NotoSansSC-Regular", "DejaVuSansMono", "KaTeX_Math-Italic"} <= names
    assert [name for name in names if not OWN_FONTS.fullmatch(name)] == []


def test_links_stay_in_the_book_or_lead_to_the_web(reader):
    targets = reader.named_destinations
    inside = 0
    for page in reader.pages:
        for link in page.get("/Annots", []):
            link = link.get_object()
            if "/A" in link:
                assert link["/A"]["/URI"].startswith("https://")
            else:
                inside += 1
                assert link["/Dest"] in targets
    assert inside > 100


def test_document_properties(reader, whole):
    assert reader.metadata.title == "交叉熵"
    assert reader.metadata.author
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/PageMode"]) == ("zh-CN", "/UseOutlines")
    assert root["/MarkInfo"]["/Marked"]  # 读屏软件认得标题、段落与图
    content = whole.read_bytes()
    assert [word for word in OBJECTS_OUTSIDE if word in content] == []
    assert not whole.with_suffix(".pdf.partial").exists()


# ---- 小一点的书：前言与第 1 章 --------------------------------------------------------------


@pytest.fixture
def preface_only(built_html, tmp_path) -> Path:
    """只有前言的书；图可以随意删改。"""
    html = tmp_path / "html"
    shutil.copytree(built_html, html, ignore=shutil.ignore_patterns("chapters", "notebooks"))
    page = pdf.parse(html / "index.html")
    for item in page.select("#book-contents li")[1:]:
        item.decompose()
    (html / "index.html").write_text(str(page), encoding="utf-8")
    return html


def test_same_pages_give_the_same_bytes(preface_only, tmp_path):
    copies = [tmp_path / "one.pdf", tmp_path / "another.pdf"]
    for copy in copies:
        pdf.make_pdf(preface_only, copy)
    assert copies[0].read_bytes() == copies[1].read_bytes()


def test_missing_picture_is_reported_and_nothing_is_written(preface_only, tmp_path):
    for picture in preface_only.glob("_images/*.svg"):
        picture.unlink()
    with pytest.raises(pdf.PdfError, match=r"缺文件：.*svg.*make book"):
        pdf.make_pdf(preface_only, tmp_path / "book.pdf")
    assert list(tmp_path.glob("*.pdf*")) == []


def test_character_without_a_font_is_reported(preface_only, tmp_path):
    page = preface_only / "index.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("只说", "\U000130e1"), encoding="utf-8"
    )
    with pytest.raises(pdf.PdfError, match=r"没有这些字：𓃡（U\+130E1）"):
        pdf.make_pdf(preface_only, tmp_path / "book.pdf")


def test_pages_that_move_are_reported(preface_only, tmp_path, monkeypatch):
    """目录填上页码之后若分页变了，就不写。"""
    compose = pdf.compose
    extra = "<p style='break-before: page'>多一页</p>"

    def longer(home, parts, pages):
        document = compose(home, parts, pages)
        return document.replace("<main>", f"<main>{extra}") if pages else document

    monkeypatch.setattr(pdf, "compose", longer)
    with pytest.raises(pdf.PdfError, match="分页变了"):
        pdf.make_pdf(preface_only, tmp_path / "book.pdf")


def test_without_a_built_book(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "HTML", tmp_path / "html")
    monkeypatch.setattr(pdf, "TARGET", tmp_path / "book.pdf")
    assert pdf.main() == 1
    assert capsys.readouterr().err == "错误：还没有构建好的书，请先运行 make book。\n"
    assert list(tmp_path.iterdir()) == []


def test_number_of_bookmarks_must_match(whole):
    with pytest.raises(pdf.PdfError, match="书签"):
        pdf.page_numbers(whole.read_bytes(), [pdf.Heading(1, "contents", "目录", "目录")])


def test_cover_bars_follow_the_prediction():
    bars = pdf.cover_bars()
    assert [bar["percent"] for bar in bars] == ["77.5%", "11.6%", "3.9%", "7.0%"]
    assert bars[0]["width"] / bars[3]["width"] == pytest.approx(0.775 / 0.070)
