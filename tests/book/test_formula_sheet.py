"""附录《公式速查》：编了号的公式一个不少，与 notebook 里的相同，都有名字，链接落得对。"""

from __future__ import annotations

import re

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.errors import ExtensionError

from _ext import formula_sheet as sheet
from tools import notebooks

SOURCE = (notebooks.ROOT / f"{sheet.PAGE}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def book() -> list[sheet.Chapter]:
    return sheet.chapters()


@pytest.fixture(scope="module")
def page(built_html) -> Tag:
    text = (built_html / f"{sheet.PAGE}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").article


def small_book(*cells: str) -> list[sheet.Chapter]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(c) for c in cells])
    return [sheet.read_chapter(notebook)]


def tags_in_notebooks() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in notebooks.chapter_paths()]
    return [tag for text in texts for tag in re.findall(r"\\\\tag\{(\d+\.\d+)\}", text)]


def test_every_numbered_formula_is_read(book):
    assert list(sheet.numbered(book)) == tags_in_notebooks()
    assert len(sheet.numbered(book)) >= 40


def test_every_numbered_formula_has_a_name(book):
    assert sheet.unnamed(SOURCE, book) == [], "请在 appendix/formulas.md 里给这些公式起名"
    assert all(name for *_, name in sheet.ENTRY.findall(SOURCE))


def test_chapters_and_their_titles(book):
    titles = [title for title, _ in sheet.HEADING.findall(SOURCE)]
    own = [chapter.title for chapter in book if any(one.number for one in chapter.formulas)]
    assert titles == own


def test_order_follows_the_chapters():
    numbers = [number for number, *_ in sheet.ENTRY.findall(SOURCE) if number]
    assert numbers == tags_in_notebooks()
    for part in sheet.HEADING.split(SOURCE)[3::3]:
        sections = {number or section for number, section, *_ in sheet.ENTRY.findall(part)}
        assert len({one.partition(".")[0] for one in sections}) == 1


def test_page_shows_every_entry_and_links_to_its_place(page, built_html):
    entries = sheet.ENTRY.findall(SOURCE)
    items = page.select("li")
    assert len(items) == len(entries)
    for (number, section, *_), item in zip(entries, items, strict=True):
        place = f"式 ({number})" if number else f"{section} 节"
        link = next(a for a in item.select("p a") if a.get_text() == place)
        path, _, anchor = link["href"].partition("#")
        target = (built_html / sheet.PAGE).parent / path
        assert f'id="{anchor}"' in target.read_text(encoding="utf-8")
        assert item.select_one("p:nth-child(2) > .math .katex")
        assert "tag" not in [css for e in item.select(".katex *") for css in e.get("class", [])]


def test_anchors_of_formulas_stay_in_the_chapters(page):
    assert page.select("[id^=eq-]") == []


# ---- 读 notebook 与填页面：做坏一处，就要看得见 ----------------------------------------------

CHAPTER = (
    "# 第 7 章　试验\n\n$$a=b \\tag{7.1}$$",
    "## 7.1 一节\n\n> 框里\n> $$\n> x\n> =y\n> $$\n\n行内 $u=v$，`$代码$`\n\n```\n$$c$$\n```",
)


def test_reading_a_chapter():
    [chapter] = small_book(*CHAPTER)
    assert (chapter.title, chapter.number) == ("第 7 章　试验", "7")
    assert chapter.formulas == [
        sheet.Formula("", "7.1", "a=b"),
        sheet.Formula("7.1", None, "x =y"),
        sheet.Formula("7.1", None, "u=v"),
    ]


@pytest.mark.parametrize(
    ("aligned", "line"),
    [
        (r"\begin{aligned} a&=b\\ &=c \end{aligned}", r"{a=b}\allowbreak{\;=c}"),
        (
            r"\begin{aligned} &a\\ &\quad=b\\ &\qquad\qquad-c \end{aligned}",
            r"{a}\allowbreak{\;=b}\allowbreak{\;{}-c}",
        ),
        (r"\begin{aligned} a&=b\\ c&=d \end{aligned}", r"{a=b,}\allowbreak{\quad c=d}"),
        (r"H={}&-x", r"H={}&-x"),
        (r"\begin{aligned} H={}&-x\\ &-y \end{aligned}", r"{H=-x}\allowbreak{\;{}-y}"),
    ],
)
def test_aligned_lines_are_joined(aligned, line):
    assert sheet.one_line(aligned) == line


def test_new_chapter_is_picked_up():
    filled = sheet.fill("# 公式\n\n## 第 6 章　旧\n", small_book(*CHAPTER))
    assert "## 第 7 章　试验\n\n- （还没有起名）\n\n  $a=b$\n\n  式 (7.1)\n" in filled


def test_unnamed_formula_goes_to_the_end_of_its_chapter():
    page = "## 第 7 章　试验\n\n- 7.1 节 `u`　某量\n\n## 第 8 章　后\n"
    text = sheet.add_unnamed(page, small_book(*CHAPTER))
    assert text.index("某量") < text.index("式 (7.1)") < text.index("第 8 章")
    assert sheet.unnamed(page, small_book(*CHAPTER)) == ["7.1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("- 式 (9.9)　没有这个公式", r"没有式 \(9\.9\)"),
        ("- 7.1 节 `w=`　没有这个公式", "有 0 个"),
        ("- 7.2 节 `u=v`　不在这一节", "有 0 个"),
    ],
)
def test_name_without_a_formula_is_an_error(line, message):
    with pytest.raises(ExtensionError, match=message):
        sheet.fill(line, small_book(*CHAPTER))


def test_ambiguous_start_is_an_error():
    book = small_book("## 7.1 一节\n\n$u=v$ 与 $u=w$")
    with pytest.raises(ExtensionError, match="有 2 个"):
        sheet.fill("- 7.1 节 `u=`　哪一个", book)
