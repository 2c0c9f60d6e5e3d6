"""中文搜索的索引：把每个小节的标题、正文与术语写成 _static/search-index.js。

书很小，浏览器把全文扫一遍只要几毫秒，所以索引就是全文，不分词、不倒排；打分在 search-engine.js 里。
写成脚本而不是 JSON，是因为从磁盘打开书（file://）时浏览器不许 fetch。
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from _ext import formula_sheet, glossary, lib_reference
from _ext.plain_formula import readable
from _ext.reading import solution
from _ext.search_terms import (
    BOLD_END,
    BOLD_START,
    EVERYDAY_NAMES,
    bilingual_groups,
    defined_terms,
    merged,
)

INDEX = "search-index.js"
BIBLIOGRAPHY_TITLE = "参考文献"
# 供查阅的页把全书的词都说一遍，却不讲解：不从里面抽术语，排在讲解的后面。
LOOKUP_PAGES = {"appendix/notation", glossary.PAGE, lib_reference.PAGE, formula_sheet.PAGE}
SKIPPED = (nodes.footnote_reference, nodes.footnote, nodes.section, nodes.title)
BLOCKS = (nodes.paragraph, nodes.caption, nodes.list_item, nodes.entry, nodes.admonition)


class AnchorSolutions(SphinxTransform):
    """折叠的解答里放一个锚点：跳到它，浏览器会自己把解答展开。"""

    default_priority = 420  # 在小节的锚点定下来之后

    def apply(self, **kwargs: object) -> None:
        for node in self.document.findall(solution):
            node.insert(0, nodes.target("", "", ids=[solution_anchor(node.parent)]))


def solution_anchor(section: nodes.section) -> str:
    return f"{section['ids'][0]}-solution"


class Flattener:
    """把若干节点摊平成三股文字：正文、解答、代码。粗体先用记号标出来，好抽术语。"""

    def __init__(self, children: list[nodes.Node]) -> None:
        self._text: list[str] = []
        self._solution: list[str] = []
        self._code: list[str] = []
        self.defined: list[str] = []  # 定义框里的英文名，例如没有译名的 softmax
        for child in children:
            self._add(child, self._text)

    @property
    def text(self) -> str:
        return tidy(self._text)

    @property
    def solution(self) -> str:
        return tidy(self._solution)

    @property
    def names(self) -> str:
        """代码与输出里的名字和汉字，各留一次：要查得到 log1p，又不必把代码再存一遍。"""
        found = re.findall(r"[A-Za-z]\w{2,}|[\u4e00-\u9fff]{2,}", "\n".join(self._code), re.ASCII)
        return " ".join(dict.fromkeys(found))

    def _add(self, node: nodes.Node, into: list[str]) -> None:
        if isinstance(node, SKIPPED) or glossary.is_entry(node):
            return
        if isinstance(node, nodes.Text):
            into.append(node.astext())
        elif isinstance(node, (nodes.literal_block, nodes.doctest_block)):
            self._code.append(node.astext())
        elif isinstance(node, nodes.math_block) or "formula" in node.get("classes", ()):
            into.append(" … ")
        elif isinstance(node, nodes.math):
            into.append(readable(node.astext()))
        elif isinstance(node, nodes.strong):
            into.append(BOLD_START + node.astext() + BOLD_END)
        else:
            if isinstance(node, nodes.admonition):
                into.append(f"{node[0].astext()}：")
                if node[0].astext() == "定义":
                    self.defined += re.findall(r"\b[a-z]{4,}\b", node.astext(), re.ASCII)
            for child in node.children:
                self._add(child, self._solution if isinstance(node, solution) else into)
            if isinstance(node, BLOCKS):
                into.append(" ")


def tidy(pieces: list[str]) -> str:
    """连起来，合并空白；全角标点两边不留空格。"""
    text = re.sub(r"\s+", " ", "".join(pieces)).strip()
    return re.sub(r"(?<=[，。；：、！？（）“”]) | (?=[，。；：、！？（）“”])", "", text)


def without_marks(text: str) -> str:
    return text.replace(BOLD_START, "").replace(BOLD_END, "")


def sections_of(document: nodes.document) -> Iterator[tuple[nodes.section, list[str]]]:
    """一页里的小节与它的标题路径，按先后次序；不含参考文献。"""
    waiting = [(child, []) for child in document.children if isinstance(child, nodes.section)]
    while waiting:
        section, above = waiting.pop(0)
        title = without_marks(Flattener(section[0].children).text)
        if title == BIBLIOGRAPHY_TITLE:
            continue
        path = [*above, title]
        yield section, path
        inner = [child for child in section.children if isinstance(child, nodes.section)]
        waiting[:0] = [(child, path) for child in inner]


Found = tuple[dict[str, object], list[list[str]]]  # 索引里的一条，与其中的中英对照


def section_entry(section: nodes.section, path: list[str], is_lookup: bool) -> Found:
    """一个小节。"""
    flat = Flattener(section.children)
    is_opening = len(path) == 1  # 一章的开头只是提到术语，定义在后面
    marked = flat.text + flat.solution
    terms = [] if is_opening or is_lookup else [*defined_terms(marked), *flat.defined]
    entry = {
        "anchor": "" if is_opening else section["ids"][0],
        "path": path,
        "terms": terms,
        "text": without_marks(flat.text),
        "solution": without_marks(flat.solution),
        "solutionAnchor": solution_anchor(section) if flat.solution else "",
        "code": flat.names,
    }
    in_two_languages = [] if is_lookup else bilingual_groups(marked)
    return entry, [*in_two_languages, *([term] for term in terms)]


def glossary_entries(section: nodes.section, path: list[str]) -> Iterator[Found]:
    """一节里的术语条目，各算一个小节：名字是标题，定义是正文。"""
    items = [] if len(path) == 1 else section.findall(glossary.is_entry)
    for item in items:
        head, _, definition = Flattener(item.children).text.partition("：")
        entry = {
            "anchor": item["ids"][0],
            "path": [*path, without_marks(head)],
            "terms": [],
            "text": without_marks(definition),
            "solution": "",
            "solutionAnchor": "",
            "code": "",
        }
        yield entry, bilingual_groups(f"{head}。")


def build_index(env: BuildEnvironment, uri_of: dict[str, str]) -> dict[str, object]:
    """整本书的索引。"""
    entries = []
    names = []
    for name, uri in uri_of.items():
        is_lookup = name in LOOKUP_PAGES
        for section, path in sections_of(env.get_doctree(name)):
            found = [section_entry(section, path, is_lookup), *glossary_entries(section, path)]
            for entry, its_names in found:
                entries.append({"page": uri, "isLookup": is_lookup, **entry})
                names += its_names
    return {"vocabulary": merged([*names, *EVERYDAY_NAMES]), "sections": entries}


def write_index(app: Sphinx, env: BuildEnvironment) -> None:
    """每次都从全部页面重写，所以只改了一页时也不会漏掉别的页。

    在生成页面之前写，页面上指向它的地址才能带上内容的指纹。
    """
    if app.builder.format != "html":
        return
    names = [app.config.root_doc, *env.toctree_includes.get(app.config.root_doc, [])]
    index = build_index(env, {name: app.builder.get_target_uri(name) for name in names})
    target = Path(app.outdir) / "_static" / INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    target.write_text(f"globalThis.searchIndex = {text};\n", encoding="utf-8", newline="\n")


def replace_sphinx_search(app: Sphinx) -> None:
    """Sphinx 自己的索引不认得中文；它还以为上次的索引在那里，只改一章时会抱怨找不到。"""
    app.builder.search = False


def collect_search_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    yield "search", {"title": "搜索"}, "search.html"


def setup(app: Sphinx) -> dict[str, object]:
    app.add_transform(AnchorSolutions)
    app.connect("builder-inited", replace_sphinx_search)
    app.connect("html-collect-pages", collect_search_page)
    app.connect("env-updated", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
