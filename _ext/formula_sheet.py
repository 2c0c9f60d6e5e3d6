"""附录《公式速查》：构建时从各章的 notebook 里取公式，页面上只写名字。

appendix/formulas.md 的一行“- 式 (1.2)　熵……”取那个编号的公式；没有编号的写
“- 1.1 节 `I(p)=`　自信息……”，取那一节里以这几个字开头的公式。
编了号而没有名字的（正在写的一章）也列出来，由测试催着起名。

正文里折成几行的公式在这里接成一行：纸上要省地方；放不下时，仍在原来的地方折。
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PAGE = "appendix/formulas"
NAMELESS = "（还没有起名）"
ALIGNED = re.compile(r"\\begin\{aligned\}((?:(?!\\begin).)*)\\end\{aligned\}")
CONTINUED = re.compile(r"=|\\le\b|\\ge\b")
LEADING_SPACE = re.compile(r"^(?:\\q?quad|\s)+")
CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"

TAG = re.compile(r"\s*\\tag\{(\d+\.\d+)\}")
FENCED = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
IN_CHAPTER = re.compile(
    r"^# (?P<title>第 \d+ 章.*)$|^## (?P<section>\d+\.\d+) "
    r"|\$\$(?P<display>[^$]+)\$\$|\$(?P<inline>[^$\n]+)\$",
    re.MULTILINE,
)
ENTRY = re.compile(r"^- (?:式 \((\d+\.\d+)\)|(\d+\.\d+) 节 `([^`]+)`)　?(.*)$", re.MULTILINE)
HEADING = re.compile(r"^## (第 (\d+) 章.*)$", re.MULTILINE)


class Formula(NamedTuple):
    """一章里的一个公式：所在的节、编号（没有时为 None）与 LaTeX。"""

    section: str
    number: str | None
    latex: str


class Chapter(NamedTuple):
    title: str
    formulas: list[Formula]

    @property
    def number(self) -> str:
        return re.search(r"\d+", self.title)[0]


def chapters(folder: Path = CHAPTERS) -> list[Chapter]:
    """各章的标题与公式，按先后。"""
    return [
        read_chapter(nbformat.read(path, as_version=4)) for path in sorted(folder.glob("*.ipynb"))
    ]


def read_chapter(notebook: nbformat.NotebookNode) -> Chapter:
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    text = FENCED.sub("", "\n\n".join(cells))
    title, section, formulas = "", "", []
    for found in IN_CHAPTER.finditer(re.sub(r"^> ?", "", text, flags=re.MULTILINE)):
        title = found["title"] or title
        section = found["section"] or section
        latex = found["display"] or found["inline"]
        if latex:
            formulas.append(formula_of(section, " ".join(latex.split())))
    return Chapter(title, formulas)


def formula_of(section: str, latex: str) -> Formula:
    tag = TAG.search(latex)
    return Formula(section, tag and tag[1], one_line(TAG.sub("", latex)))


def one_line(latex: str) -> str:
    r"""对齐的几行接成一行，放不下时只在原来折行的地方折；另起的等式前面加逗号。

    >>> one_line(r"\begin{aligned} a&=b\\ &\quad+c\\ d&=e \end{aligned}")
    '{a=b}\\allowbreak{\\;{}+c,}\\allowbreak{\\quad d=e}'
    """
    found = ALIGNED.fullmatch(latex)
    if not found:
        return latex
    plain = found[1].replace("={}", "=").replace("&", "")
    rows = [LEADING_SPACE.sub("", row).strip() for row in plain.split(r"\\")]
    for place, row in enumerate(rows[1:], start=1):
        if row.startswith(("+", "-")):
            rows[place] = r"\;{}" + row
        elif CONTINUED.match(row):
            rows[place] = r"\;" + row
        else:
            rows[place - 1] += ","
            rows[place] = r"\quad " + row
    return r"\allowbreak".join(f"{{{row}}}" for row in rows)


def numbered(book: list[Chapter]) -> dict[str, Formula]:
    return {one.number: one for chapter in book for one in chapter.formulas if one.number}


def bare(latex: str) -> str:
    """比较开头时，空格与 ``one_line`` 加的左花括号不算。"""
    return latex.replace(" ", "").removeprefix("{")


def starting(book: list[Chapter], section: str, start: str) -> Formula:
    """``section`` 节里以 ``start`` 开头的公式；没有，或者不止一种，都是错误。"""
    candidates = [
        one
        for chapter in book
        for one in chapter.formulas
        if one.section == section and bare(one.latex).startswith(bare(start))
    ]
    if len({one.latex for one in candidates}) != 1:
        count = len({one.latex for one in candidates})
        raise ExtensionError(
            f"{PAGE}.md：{section} 节里以 {start} 开头的公式有 {count} 个，应当恰好一个。"
        )
    return candidates[0]


def unnamed(text: str, book: list[Chapter]) -> list[str]:
    """编了号、页面上却没有名字的公式。"""
    named = {number for number, *_ in ENTRY.findall(text)}
    return [number for number in numbered(book) if number not in named]


def add_unnamed(text: str, book: list[Chapter]) -> str:
    """把没有名字的公式放到它那一章的末尾；页面上还没有那一章，就添在最后。"""
    for chapter in book:
        own = {one.number for one in chapter.formulas}
        missing = [f"- 式 ({number})" for number in unnamed(text, book) if number in own]
        if not missing:
            continue
        headings = list(HEADING.finditer(text))
        place = next((i for i, one in enumerate(headings) if one[2] == chapter.number), None)
        if place is None:
            text = text.rstrip() + f"\n\n## {chapter.title}\n"
            end = len(text)
        else:
            end = headings[place + 1].start() if place + 1 < len(headings) else len(text)
        text = "\n".join([text[:end].rstrip(), "", *missing, "", text[end:]])
    return text


def fill(text: str, book: list[Chapter]) -> str:
    """每一行名字下面放上它的公式。"""
    known = numbered(book)

    def with_formula(found: re.Match[str]) -> str:
        number, section, start, name = found.groups()
        if number and number not in known:
            raise ExtensionError(f"{PAGE}.md：各章里没有式 ({number})。")
        formula = known[number] if number else starting(book, section, start)
        place = f"式 ({number})" if number else f"{section} 节"
        return f"- {name or NAMELESS}\n\n  ${formula.latex}$\n\n  {place}\n"

    return ENTRY.sub(with_formula, add_unnamed(text, book))


def fill_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        for path in CHAPTERS.glob("*.ipynb"):
            app.env.note_dependency(str(path))
        source[0] = fill(source[0], chapters())


def mark_page(app: Sphinx, document: nodes.document) -> None:
    """给整页与每一行的三栏起类名，样式表由它们排版。"""
    if app.env.docname == PAGE:
        document[0]["classes"].append("formula-sheet")
        for item in document.findall(nodes.list_item):
            for part, kind in zip(item, ("name", "formula", "place"), strict=True):
                part["classes"].append(kind)


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("source-read", fill_page)
    app.connect("doctree-read", mark_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
