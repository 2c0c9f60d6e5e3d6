"""附录《参考文献》：每一条后面列出引用它的各页，点了就到那一页的那条引用。

条目与分组由 references.bib 决定（``keywords`` 是组名），页面只写每组的说明。
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

PAGE = "appendix/references"
FOOTNOTE = "footcite-"  # sphinxcontrib-bibtex 给页末各条引用起的锚点，后面是文献的键


class LinkCitingPages(SphinxPostTransform):
    """在每一条文献下面写上“引用它的：第 1 章、第 2 章”。"""

    default_priority = 6  # 紧接在 sphinxcontrib-bibtex 写出条目之后

    def run(self, **kwargs: object) -> None:
        if self.env.docname != PAGE:
            return
        key_of = {citation.citation_id: citation.key for citation in self._citations()}
        for item in self.document.findall(nodes.list_item):
            for anchor in set(item["ids"]) & key_of.keys():
                item += self._citing(key_of[anchor])
                item.parent["classes"] = ["works"]

    def _citations(self) -> list:
        return self.env.get_domain("cite").citations

    def _citing(self, key: str) -> nodes.paragraph:
        """“引用它的”与各页的链接。"""
        links: list[nodes.Node] = []
        for docname in citing_pages(self.env, key):
            links += [nodes.Text("、" if links else "引用它的："), self._link(docname, key)]
        return nodes.paragraph("", "", *links, classes=["cited-by"])

    def _link(self, docname: str, key: str) -> nodes.reference:
        address = self.app.builder.get_relative_uri(PAGE, docname)
        anchor = nodes.make_id(FOOTNOTE + key)
        name = short_name(self.env.titles[docname].astext())
        return nodes.reference("", name, refuri=f"{address}#{anchor}", internal=True)


def short_name(title: str) -> str:
    """各章用章次，附录用名字。

    >>> short_name("第 1 章　熵"), short_name("附录　勘误与辨析")
    ('第 1 章', '勘误与辨析')
    """
    number, _, name = title.partition("\u3000")
    return name if number == "附录" else number


def citing_pages(env: BuildEnvironment, key: str) -> list[str]:
    """引用 ``key`` 的各页，按书里的次序。"""
    order = env.toctree_includes.get(env.config.root_doc, [])
    return [name for name in order if nodes.make_id(FOOTNOTE + key) in env.cited.get(name, [])]


def prepare(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """``env.cited``：页名 -> 它的引用的锚点；随环境存下来，增量构建时没变的页还在里面。"""
    env.cited = getattr(env, "cited", {})


def collect(app: Sphinx, document: nodes.document) -> None:
    anchors = [anchor for note in document.findall(nodes.footnote) for anchor in note["ids"]]
    app.env.cited[app.env.docname] = [a for a in anchors if a.startswith(FOOTNOTE)]


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """别的页改了引用，这一页也要重写。"""
    return [PAGE] if PAGE in env.all_docs else []


def setup(app: Sphinx) -> dict[str, object]:
    app.add_post_transform(LinkCitingPages)
    app.connect("env-before-read-docs", prepare)
    app.connect("doctree-read", collect)
    app.connect("env-updated", rewrite)
    return {"parallel_read_safe": False}
