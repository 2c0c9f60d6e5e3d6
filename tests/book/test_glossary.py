"""附录《术语表》与《记号表》：没有漏的，指得对；各章第一次用到术语的地方连得上。"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from sphinx.errors import ExtensionError

import lib
from _ext import glossary
from tests.book import lookup_checks as checks
from tools import notebooks

APPENDIX = notebooks.ROOT / "appendix"
GLOSSARY = (APPENDIX / "glossary.md").read_text(encoding="utf-8")
NOTATION = (APPENDIX / "notation.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in APPENDIX.glob("*.md")}
ENTRIES = glossary.read_entries(GLOSSARY)
CHAPTERS = [notebooks.read(path) for path in notebooks.chapter_paths()]
PLACES = checks.sections(CHAPTERS)
PAGES |= {
    f"../chapters/{path.name}": PLACES[f"第 {number} 章"]
    for number, path in enumerate(notebooks.chapter_paths(), start=1)
}
PAGE = f"../{glossary.PAGE}.html#"
NOT_BODY = "a, pre, code, table, h1, h2, h3, h4, figcaption, .katex, aside, .admonition-title"
NOT_BODY += ", .about-chapter, summary"


def test_every_term_of_the_chapters_is_in_the_glossary():
    assert checks.missing_terms(CHAPTERS, GLOSSARY) == []


def test_every_entry_points_to_where_the_term_is_explained():
    assert checks.misplaced_terms(GLOSSARY, PLACES, PAGES) == []


def test_every_entry_is_complete():
    assert checks.unsaid_definitions(GLOSSARY) == []
    assert len(ENTRIES) >= 100


def test_every_symbol_of_the_formulas_is_in_the_notation_table():
    assert checks.missing_symbols(CHAPTERS, NOTATION) == []


def test_every_symbol_is_used_where_the_table_says():
    assert checks.misplaced_symbols(NOTATION, PLACES) == []


def test_functions_named_on_the_pages_exist():
    assert checks.unknown_functions(GLOSSARY + NOTATION, lib.__all__) == []


def test_everyday_uses_still_occur():
    text = "\n".join(PLACES.values())
    assert [use for use in glossary.EVERYDAY_USES if use not in text] == []


# ---- 构建好的书 ----------------------------------------------------------------------------


@pytest.fixture(params=notebooks.chapter_paths(), ids=lambda path: path.stem)
def article(request: pytest.FixtureRequest, built_html: Path) -> Tag:
    return article_of(built_html / "chapters" / f"{request.param.stem}.html")


def article_of(path: Path) -> Tag:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").article


def test_first_use_of_every_term_is_linked(article):
    for link in article.select("a.term"):
        link.replace_with(f"⟦{link.get_text()}⟧")
    for hidden in article.select(NOT_BODY):
        hidden.replace_with("\n")
    text = article.get_text()
    assert checks.misplaced_links(text, ENTRIES, glossary.EVERYDAY_USES) == []


def test_links_lead_to_the_entry_of_that_name(article, built_html):
    page = article_of(built_html / f"{glossary.PAGE}.html")
    links = article.select("a.term")
    assert len(links) >= 20
    for link in links:
        entry = page.find(id=link["href"].removeprefix(PAGE))
        assert entry.name == "li"
        assert link.get_text() in [bold.get_text() for bold in entry.select("strong")]


def test_only_body_text_is_linked(article):
    for kind in ("h1", "h2", "h3", "h4", "figcaption", "table", "pre", "code", ".katex"):
        assert article.select(f"{kind} a.term") == [], kind
    assert article.select("a a") == []


def test_every_chapter_leads_to_both_pages(article):
    links = [link["href"] for link in article.select(".about-chapter a")]
    assert "../appendix/notation.html" in links
    assert "../appendix/glossary.html" in links


def test_every_entry_has_its_anchor_and_a_working_link(built_html):
    page = article_of(built_html / f"{glossary.PAGE}.html")
    items = page.select("li.glossary-entry")
    assert [item["id"] for item in items] == [entry.anchor for entry in ENTRIES]
    for item in items:
        assert item.select("a.internal"), item["id"]


def test_sections_named_in_the_notation_table_are_links(built_html):
    page = article_of(built_html / "appendix" / "notation.html")
    rows = page.select("tbody tr")
    assert len(rows) == len(checks.notation_rows(NOTATION))
    assert [row.get_text() for row in rows if not row.select("a.internal")] == []


# ---- 扩展 ----------------------------------------------------------------------------------


def matched(text: str, names: list[str]) -> list[str]:
    return glossary.pattern_of(names).findall(text)


def test_longest_name_wins():
    names = ["熵", "交叉熵", "微分熵", "softmax", "softmax 回归", "logit"]
    assert matched("微分熵与交叉熵不是熵", names) == ["微分熵", "交叉熵", "熵"]
    assert matched("softmax 回归用 softmax", names) == ["softmax 回归", "softmax"]
    assert matched("logits 与 log-logit、logit", names) == ["logit"]


def test_anchor_comes_from_the_first_english_name():
    [entry] = glossary.read_entries("- **牛顿法**（Newton's method），又叫**切线法**：反复跳。")
    assert (entry.names, entry.anchor) == (("牛顿法", "切线法"), "term-newtons-method")
    [entry] = glossary.read_entries("- **from_logits**：一个参数。")
    assert entry.anchor == "term-from-logits"


def test_repeated_entry_is_an_error():
    with pytest.raises(ExtensionError, match="“熵”出现了两次"):
        glossary.read_entries("- **熵**（entropy）：一。\n- **熵**（uncertainty）：二。")


def test_chapters_are_read_again_when_the_glossary_changes(tmp_path):
    page = tmp_path / f"{glossary.PAGE}.md"
    page.parent.mkdir()
    app = SimpleNamespace(srcdir=tmp_path)
    env = SimpleNamespace(found_docs={"intro", "chapters/01_entropy", glossary.PAGE})

    def outdated(text: str) -> list[str]:
        page.write_text(text, encoding="utf-8")
        return glossary.load(app, env, set(), set(), set())

    assert outdated("- **熵**（entropy）：一。") == ["chapters/01_entropy"]
    assert outdated("- **熵**（entropy）：一。") == []
    assert outdated("- **熵**（entropy）：二。") == ["chapters/01_entropy"]
    env.found_docs.remove(glossary.PAGE)
    assert outdated("") == ["chapters/01_entropy"]
    assert env.glossary == []


def test_only_list_items_of_the_page_are_entries():
    item = nodes.list_item()
    assert not glossary.is_entry(item)
    item["classes"] = [glossary.ENTRY_CLASS]
    assert glossary.is_entry(item)


# ---- 检查器自己也要受检查 ------------------------------------------------------------------

SMALL_CHAPTER = r"""# 第 1 章　熵

## 1.1 定义

自信息的期望叫**熵**（entropy），$H(p)=-\sum_kp_k\log_bp_k$。

### 练习 1.1　心算

**凸**（convex）是什么？"""
SMALL_GLOSSARY = """- **熵**（entropy）：自信息的期望，越大越没有把握。见 1.1 节。
- **凸函数**（convex function）：弦不低于曲线的函数。见练习 1.1。
"""
SMALL_NOTATION = r"""| 记号 | 意思 |
|---|---|
| $H(p)$，$p_k$ | 熵；`lib.entropy`（1.1 节）|
| $\sum_k$，$\log_b$ | 求和与对数（1.1 节）|
"""


def chapter_of(text: str) -> NotebookNode:
    return new_notebook(cells=[new_markdown_cell(text)])


def small_problems(chapter: str, terms: str, symbols: str) -> list[str]:
    chapters = [chapter_of(chapter)]
    places = checks.sections(chapters)
    return [
        *(p for p in checks.missing_terms(chapters, terms) if not is_of_the_whole_book(p)),
        *checks.misplaced_terms(terms, places, {}),
        *checks.unsaid_definitions(terms),
        *checks.missing_symbols(chapters, symbols),
        *checks.misplaced_symbols(symbols, places),
        *checks.unknown_functions(symbols, ["entropy"]),
    ]


def is_of_the_whole_book(problem: str) -> bool:
    """全书要统一的术语，小章节里不会都有。"""
    return any(f"“{term}、{english}”" in problem for term, english in checks.TERMS.items())


def test_good_pages_pass():
    assert small_problems(SMALL_CHAPTER, SMALL_GLOSSARY, SMALL_NOTATION) == []


def chapter(old: str, new: str) -> Callable[[list[str]], None]:
    return replacing(0, old, new)


def terms(old: str, new: str) -> Callable[[list[str]], None]:
    return replacing(1, old, new)


def symbols(old: str, new: str) -> Callable[[list[str]], None]:
    return replacing(2, old, new)


def replacing(which: int, old: str, new: str) -> Callable[[list[str]], None]:
    def plant(texts: list[str]) -> None:
        assert old in texts[which]
        texts[which] = texts[which].replace(old, new, 1)

    return plant


PLANTED = {
    "章里引出了新的术语": (chapter("自信息的期望", "码字（codeword）"), "没有“码字、codeword”"),
    "章里加粗了新的术语": (chapter("自信息", "**自信息**"), "没有“自信息”"),
    "同一个词换了英文": (chapter("（entropy）", "（uncertainty）"), "没有“熵、uncertainty”"),
    "没有出处": (terms("见 1.1 节。", "见上文。"), "“熵”没有写在哪一节"),
    "出处不存在": (terms("1.1 节", "1.9 节"), "“熵”的出处 1.9 不存在"),
    "出处里没有这个词": (terms("见练习 1.1", "见 1.1 节"), "“凸函数”的出处 1.1 里没有"),
    "没有英文": (terms("（convex function）", ""), "“凸函数”没有英文"),
    "没有定义": (terms("弦不低于曲线的函数。", ""), "“凸函数”没有定义"),
    "条目写得读不出来": (terms("- **凸函数**", "- 凸函数"), "读不出来"),
    "公式里有新的字母": (chapter("H(p)", "H(p)+q"), "没有 q"),
    "公式里有新的希腊字母": (chapter("H(p)", r"H(p)+\eta"), r"没有 \eta"),
    "公式里有新的函数名": (chapter("H(p)", r"\operatorname{lse}(p)"), "没有 \\operatornamelse"),
    "记号没有出处": (symbols("（1.1 节）", ""), "没有写在哪一节"),
    "记号的出处不存在": (symbols("1.1 节", "1.2 节"), "的出处 1.2 不存在"),
    "出处里没有这个记号": (symbols(r"$\sum_k$，$\log_b$", r"$\theta$"), "的公式里没有它"),
    "写错的函数名": (symbols("lib.entropy", "lib.entropi"), "lib 里没有 entropi"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_error_is_caught(name):
    plant, expected = PLANTED[name]
    texts = [SMALL_CHAPTER, SMALL_GLOSSARY, SMALL_NOTATION]
    plant(texts)
    assert any(expected in problem for problem in small_problems(*texts)), small_problems(*texts)


@pytest.mark.parametrize("term", list(checks.TERMS))
def test_removing_a_required_term_is_caught(term):
    lines = [line for line in GLOSSARY.splitlines() if f"**{term}**" not in line]
    assert len(lines) < len(GLOSSARY.splitlines())
    problems = checks.missing_terms(CHAPTERS, "\n".join(lines))
    assert any(term in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("⟦熵⟧与熵", None),
        ("不是⟦凸函数⟧，是熵。⟦熵⟧", "“熵”第一次用到时没有链接"),
        ("⟦熵⟧与⟦熵⟧", "“熵”链接了两次"),
        ("换一个熵，⟦熵⟧", None),
    ],
)
def test_misplaced_links_are_caught(text, problem):
    entries = glossary.read_entries(SMALL_GLOSSARY)
    found = checks.misplaced_links(text, entries, everyday=["换一个熵"])
    assert found == ([problem] if problem else [])


def test_symbols_of_a_formula():
    found = checks.symbols(r"\frac{\mathrm dL}{dp}=\operatorname{lse}(z_{\text{狗}})\tag{4.1}")
    assert found == {"d", "L", "p", r"\operatornamelse", "z"}


def test_captions_count_as_text():
    cell = nbformat.v4.new_code_cell("figures.curve()")
    cell.metadata["mystnb"] = nbformat.from_dict({"figure": {"caption": "图 1.1　$\\zeta$ 的曲线"}})
    texts = list(checks.prose_of(new_notebook(cells=[cell])))
    assert re.search("曲线", texts[0])
