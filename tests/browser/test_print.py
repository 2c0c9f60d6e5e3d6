"""从浏览器印一页：只有正文，折叠的展开，图与代码不被切断，深色模式下也是白纸黑字。"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

MILLIMETRE = 96 / 25.4
PAPER = {"width": round(144 * MILLIMETRE), "height": round(247 * MILLIMETRE)}  # 版心
A4 = (595, 842)

OUTSIDE_ARTICLE = """
[...document.querySelectorAll("body *")]
  .filter((e) => !e.closest("article") && !e.querySelector("article"))
  .filter((e) => e.checkVisibility() && e.getClientRects().length)
  .map((e) => e.outerHTML.slice(0, 80))
"""
SCREEN_ONLY = """
[...document.querySelectorAll(".headerlink, .copy-button, .backrefs, .about-chapter")]
  .filter((e) => e.checkVisibility()).length
"""
# 不能拆到两页、也不能宽过版心的东西
TOO_LARGE = """
({ width, height }) => [...document.querySelectorAll(
  "article :is(figure, img, pre, table, tr, .admonition, .katex-display .base, aside.footnote)")]
  .map((e) => [e.getBoundingClientRect(), e])
  // 行数多的表在两行之间分页，只看每一行
  .filter(([box, e]) => box.height > height && !e.matches("table:has(tr:nth-child(20))") ||
    box.right > width + 1 ||
    e.scrollWidth > e.clientWidth + 1 && e.matches("pre"))
  .map(([box, e]) => `${e.className || e.tagName} ${box.width}×${box.height} ` +
    e.textContent.slice(0, 40))
"""
COLOURS = """
[document.body, ...document.querySelectorAll("h1, article section > p")].map((e) => {
  const style = getComputedStyle(e);
  return [style.color, style.backgroundColor];
})
"""


# 公式速查：太小的字，装不下的公式
TOO_SMALL_OR_CUT = """
[...document.querySelectorAll("#formulas :is(h1, h2, p, a, .katex)")]
  .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 10 ||
    e.matches(".formula") && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.textContent.slice(0, 60))
"""
SHEET_WIDTH = round((210 - 18) * MILLIMETRE)  # 见 4-appendix.css 的 @page sheet


def ascii_of(text: str) -> str:
    """代码里的西文；这台机器上的中文字体抽出的文字，次序未必对。"""
    return re.sub(r"[^!-~]+", "", text)


def squeeze(text: str) -> str:
    """只比字：去掉空白，把抽出的部首（⽐）还原成汉字（比）。"""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@dataclass
class Printout:
    """印出来的一章：源头，印时取来的文件，PDF，每页的文字（一行行的）。"""

    article: Tag
    fetched: set[str]
    pdf: PdfReader
    pages: list[list[str]]

    def text(self, page: int) -> str:
        return "".join(self.pages[page])


@pytest.fixture(scope="module")
def printout(browser, built_html) -> Printout:
    """最长的一章，不滚动、也没有 JavaScript，就这样印；其余各章见 tests/tools/test_pdf.py。"""
    chapter = max(built_html.glob("chapters/*.html"), key=lambda path: path.stat().st_size)
    page = browser.new_page(java_script_enabled=False)
    fetched = set()
    page.on("request", lambda request: fetched.add(file_name(request.url)))
    page.goto(chapter.as_uri())
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    page.close()
    article = BeautifulSoup(chapter.read_text(encoding="utf-8"), "html.parser").article
    for hidden in article.select(".about-chapter, .headerlink"):
        hidden.decompose()
    pages = [page.extract_text().splitlines() for page in pdf.pages]
    lines = [[squeeze(line) for line in page if line.strip()] for page in pages]
    return Printout(article, fetched, pdf, lines)


def file_name(address: str) -> str:
    return address.partition("#")[0].rpartition("/")[2]


def test_only_the_article_is_printed(open_page, name):
    if name == "404.html":
        return  # 没有正文，也没有人会印它
    page = open_page(name).page
    page.emulate_media(media="print")
    assert page.evaluate(OUTSIDE_ARTICLE) == []
    assert page.evaluate(SCREEN_ONLY) == 0


def test_code_is_printed_whole_on_one_page(printout):
    """解答折叠着也一样。"""
    assert printout.article.select("details.solution pre")
    texts = [ascii_of(printout.text(page)) for page in range(len(printout.pages))]
    for block in printout.article.find_all("pre"):
        code = ascii_of(squeeze(block.get_text()))
        assert any(code in text for text in texts), f"缺了或被切断：{block.get_text()[:80]}"


def test_lazy_pictures_are_printed(printout):
    pictures = {file_name(image["src"]) for image in printout.article.find_all("img")}
    assert pictures
    assert pictures <= printout.fetched


def test_folded_solutions_are_folded_again_after_printing(open_page, chapter):
    page = open_page(chapter).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.solution[open]").count() == 0


def test_nothing_is_larger_than_the_page(open_page, chapter):
    page = open_page(chapter, viewport=PAPER).page
    page.emulate_media(media="print")
    page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
    assert page.evaluate(TOO_LARGE, PAPER) == []


@pytest.mark.parametrize("saved", ["auto", "dark"])
def test_dark_mode_prints_black_on_white(open_page, saved):
    choose = f"localStorage.setItem('theme', '{saved}');"
    page = open_page("chapters/05_dog.html", color_scheme="dark", prepare=choose).page
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    page.emulate_media(media="print", color_scheme="dark")
    (ink, paper), *others = page.evaluate(COLOURS)
    assert paper == "rgb(255, 255, 255)"
    assert max(map(int, re.findall(r"\d+", ink))) < 64
    assert {colour for colour, _ in others} == {ink}
    sources = page.evaluate(
        "[...document.querySelectorAll('article img')].map((e) => e.currentSrc)"
    )
    assert not [source for source in sources if source.endswith("#dark")]


def test_paper_size_page_number_and_page_name(printout):
    title = squeeze(printout.article.h1.get_text())
    for number, page in enumerate(printout.pdf.pages, start=1):
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
        text = printout.text(number - 1)
        assert f"{number}{title}" in text or f"{title}{number}" in text


def test_addresses_outside_the_book_are_printed(open_page):
    page = open_page("chapters/02_cross_entropy.html").page
    page.emulate_media(media="print")
    printed_after = page.evaluate(
        """() => {
          const link = document.createElement("a");
          link.href = "https://example.org/";
          document.querySelector("article p").append(link);
          const cited = document.querySelector(".footnote a[href^=http]");
          const inside = document.querySelector("article p > a.internal");
          return [link, cited, inside].map((e) => getComputedStyle(e, "::after").content);
        }"""
    )
    assert "https://example.org/" in printed_after[0]
    assert printed_after[1:] == ["none", "none"]  # 文献自己写着网址；书内的照字面就找得到


def test_formula_sheet_fits_on_one_readable_sheet(open_page, parsed):
    page = open_page("appendix/formulas.html", viewport={"width": SHEET_WIDTH, "height": 1000}).page
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(pdf.pages) == 1
    assert (round(pdf.pages[0].mediabox.width), round(pdf.pages[0].mediabox.height)) == A4
    text = squeeze(pdf.pages[0].extract_text())
    places = [squeeze(p.get_text()) for p in parsed["appendix/formulas.html"].select(".place")]
    assert [place for place in places if place not in text] == []
    page.emulate_media(media="print")
    assert page.evaluate(TOO_SMALL_OR_CUT) == []
    columns = page.evaluate("getComputedStyle(document.getElementById('formulas')).columnCount")
    assert columns == "2"
