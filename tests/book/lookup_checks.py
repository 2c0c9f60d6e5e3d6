"""检查术语表与记号表：每个函数返回问题清单，空清单表示合格。"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from nbformat import NotebookNode

from _ext.glossary import Entry, pattern_of, read_entries
from _ext.search_terms import BOLD_END, BOLD_START, bilingual_groups, defined_terms
from tests.chapters.checks import TERMS, figure_texts

HEADING = re.compile(r"^#{1,3} (?:第 \d+ 章|(?:练习 )?\d+\.\d+)", re.MULTILINE)
REFERENCE = re.compile(r"(\d+\.\d+) 节|(练习 \d+\.\d+)")
PAGE_LINK = re.compile(r"\]\(([\w./]+\.(?:md|ipynb))\)")

# 正文里加粗或写了英文、却不是术语的：强调、论证的步骤、数据里的类名。
NOT_TERMS = {
    *("要求一", "要求二", "没有缩放不变", "交叉熵是得分的凸函数"),
    *("整数还是分布", "默认的归约"),
    *("里面", "验证", "搭配", "这一批", "良性", "恶性", "benign", "malignant"),
}


def prose_of(chapter: NotebookNode) -> Iterator[str]:
    """一章的文字，按单元格的次序；图注跟在画图的单元格处。"""
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        else:
            yield from figure_texts(NotebookNode(cells=[cell]))


def sections(chapters: Iterable[NotebookNode]) -> dict[str, str]:
    """“1.2”或“练习 3.6” -> 这一节的全部文字。"""
    found = {}
    for chapter in chapters:
        text = "\n".join(prose_of(chapter))
        starts = [*(match.start() for match in HEADING.finditer(text)), len(text)]
        for start, end in itertools.pairwise(starts):
            title = re.search(r"(?:练习 )?\d+\.\d+|第 \d+ 章", text[start:end])[0]
            found[title] = text[start:end]
    return found


def references(text: str) -> list[str]:
    """文字里提到的节与练习，写法与 ``sections`` 的键相同。"""
    return ["".join(groups) for groups in REFERENCE.findall(text)]


# ---- 术语表 --------------------------------------------------------------------------------


def introduced_terms(chapter: NotebookNode) -> list[list[str]]:
    """一章里写出了英文的、加粗引出的术语；每组是同一个术语的几个名字。"""
    text = "\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    marked = re.sub(r"\*\*(.+?)\*\*", rf"{BOLD_START}\1{BOLD_END}", _without_code(text))
    pairs = bilingual_groups(marked)
    paired = {name for group in pairs for name in group}
    single = [[t] for t in defined_terms(marked) if t not in paired and not re.search(r"[\d：]", t)]
    return [group for group in [*pairs, *single] if not set(group) & NOT_TERMS]


def missing_terms(chapters: Iterable[NotebookNode], glossary: str) -> list[str]:
    """各章引出的、规定要统一的术语，术语表里没有的。"""
    entries = read_entries(glossary)
    wanted = [[term, english] for term, english in TERMS.items()]
    wanted += [group for chapter in chapters for group in introduced_terms(chapter)]
    return list(
        dict.fromkeys(
            f"术语表里没有“{'、'.join(group)}”：请在 appendix/glossary.md 里加一条"
            for group in wanted
            if not any(_covers(entry, group) for entry in entries)
        )
    )


def _covers(entry: Entry, group: list[str]) -> bool:
    """这一条说的是不是它：英文相同，中文相同或者一个以另一个结尾；“凸”与“凸函数”也算。

    没有加粗的术语，左边会多抽出几个字，所以中文只看结尾。
    """
    if len(group) == 1:
        return group[0] in entry.names
    if set(group) & set(entry.english):
        return any(
            one.endswith(name) or name.endswith(one) for one in group for name in entry.names
        )
    chinese, english = group[:2]
    return entry.names[0].startswith(chinese) and entry.english[:1] == (f"{english} function",)


def misplaced_terms(
    glossary: str, places: Mapping[str, str], pages: Mapping[str, str]
) -> list[str]:
    """没有写出处的，出处不存在的，出处那一节里根本没有这个词的条目。"""
    problems = []
    for entry in read_entries(glossary):
        name = entry.names[0]
        links = [*references(entry.definition), *PAGE_LINK.findall(entry.definition)]
        if not links:
            problems.append(f"“{name}”没有写在哪一节")
        for link in links:
            text = places.get(link, pages.get(link))
            if text is None:
                problems.append(f"“{name}”的出处 {link} 不存在")
            elif not _mentions(text, entry):
                problems.append(f"“{name}”的出处 {link} 里没有这个词")
    return problems


def _mentions(text: str, entry: Entry) -> bool:
    """这一节里有它的一个名字；只写“凸（convex）”的，也算说到凸函数（convex function）。"""
    words = (*entry.names, *entry.english, *(f"（{name.split()[0]}）" for name in entry.english))
    return any(word in text for word in words)


def unsaid_definitions(glossary: str) -> list[str]:
    """没有英文的，没有定义的，没有句号的条目。"""
    problems = []
    for entry in read_entries(glossary):
        name = entry.names[0]
        if not entry.english and not name.isascii():
            problems.append(f"“{name}”没有英文")
        if len(re.sub(r"见.*", "", entry.definition)) < 8 or not entry.definition.endswith("。"):
            problems.append(f"“{name}”没有定义")
    written = len(re.findall(r"^- ", glossary, re.MULTILINE))
    if written != len(read_entries(glossary)):
        problems.append("有的条目没有写成“- **名字**（英文）：定义”，读不出来")
    return problems


def misplaced_links(text: str, entries: list[Entry], everyday: Iterable[str]) -> list[str]:
    """``text`` 里的链接写成 ⟦名字⟧：没有连的术语、连在第二次以后的、连了两次的。"""
    owner = {name: entry.names[0] for entry in entries for name in entry.names}
    pattern = pattern_of([*owner, *everyday])
    linked: set[str] = set()
    problems = []
    for plain, link in re.findall(r"([^⟦]*)(?:⟦([^⟧]*)⟧)?", text):
        for match in pattern.finditer(plain):
            if match[0] in owner and owner[match[0]] not in linked:
                problems.append(f"“{match[0]}”第一次用到时没有链接")
        if link and owner[link] in linked:
            problems.append(f"“{link}”链接了两次")
        linked |= {owner[link]} if link else set()
    return list(dict.fromkeys(problems))


# ---- 记号表 --------------------------------------------------------------------------------

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
SYMBOL = re.compile(
    r"\\operatorname\{\w+\}|\\math(?:bb|rm|sf)\s*(?:\{\w+\}|\w)|\\[A-Za-z]+|[A-Za-z]"
)
NO_SYMBOLS = re.compile(r"\\text\{[^}]*\}|\\tag\{[^}]*\}|\\(?:begin|end)\{[^}]*\}")
# 小学到高中就认得的写法，和只管排版的命令，不必列出。
FAMILIAR = {
    *(r"\frac", r"\tfrac", r"\sqrt", r"\times", r"\cdot", r"\le", r"\ge", r"\ne", r"\neq"),
    *(r"\dots", r"\cdots", r"\left", r"\right", r"\bigl", r"\bigr", r"\Big", r"\Bigl", r"\Bigr"),
    *(r"\quad", r"\qquad", r"\displaystyle", r"\underbrace"),
}
# 同一个记号的几种写法。
SPELLINGS = {r"\mathrmd": "d", r"\rVert": r"\lVert", r"\rvert": r"\lvert"}


def symbols(latex: str) -> set[str]:
    """公式里的字母与符号；分式、空格之类不算。"""
    found = (re.sub(r"\s", "", symbol) for symbol in SYMBOL.findall(NO_SYMBOLS.sub(" ", latex)))
    plain = {re.sub(r"[{}]", "", symbol) for symbol in found}
    return {SPELLINGS.get(symbol, symbol) for symbol in plain} - FAMILIAR


def symbols_in(text: str) -> set[str]:
    """一段 Markdown 的公式里的字母与符号。"""
    formulas = FORMULA.findall(_without_code(text))
    return set().union(*(symbols("".join(formula)) for formula in formulas))


def notation_rows(page: str) -> list[tuple[str, str]]:
    """记号表的各行：第一格，与其余各格。"""
    return re.findall(r"^\| ([^|]*\$[^|]*) \|(.+)\|$", page, re.MULTILINE)


def missing_symbols(chapters: Iterable[NotebookNode], page: str) -> list[str]:
    """各章的公式里用到、记号表第一列里没有的。"""
    listed = set().union(*(symbols_in(symbol) for symbol, _ in notation_rows(page)))
    used = set().union(*(symbols_in("\n".join(prose_of(chapter))) for chapter in chapters))
    return [
        f"记号表里没有 {symbol}：请在 appendix/notation.md 里加一行"
        for symbol in sorted(used - listed)
    ]


def misplaced_symbols(page: str, places: Mapping[str, str]) -> list[str]:
    """没有写出处的，出处不存在的，出处那一节的公式里根本没有它的行。"""
    problems = []
    for symbol, meaning in notation_rows(page):
        links = references(meaning)
        if not links:
            problems.append(f"{symbol} 没有写在哪一节")
        for link in links:
            if link not in places:
                problems.append(f"{symbol} 的出处 {link} 不存在")
            elif not symbols_in(symbol) & symbols_in(places[link]):
                problems.append(f"{symbol} 的出处 {link} 的公式里没有它")
    return problems


def unknown_functions(page: str, known: Iterable[str]) -> list[str]:
    """页面提到的 ``lib`` 里没有的函数。"""
    named = set(re.findall(r"`lib\.(\w+)", page))
    return [f"lib 里没有 {name}" for name in sorted(named - set(known))]


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
