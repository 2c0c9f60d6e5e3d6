"""正文里的“图 2.1”“式 (2.4)”“练习 2.2”“2.3 节”都能点，点了就到那里。

notebook 里写的是普通文字，离开书也读得通；号码本来就全书唯一，由号码就知道在哪一页。
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
MENTIONS = {
    r"图 (\d+|A)\.(\d+)": "fig-{}-{}",
    r"式 \((\d+)\.(\d+)\)": "eq-{}-{}",
    r"练习 (\d+)\.(\d+)": "ex{}-{}",
    r"(?<![\d.第])(?<!第 )(\d+)\.(\d+) 节": "s{}-{}",  # “第 2.3 节”说的是别的书
}
NOT_RUNNING_TEXT = (nodes.reference, nodes.title, nodes.literal, nodes.caption, nodes.literal_block)


class AnchorFormulas(SphinxTransform):
    """给编了号的公式起锚点，例如 ``eq-2-4``；图的锚点 notebook 里就有，其余见 ``anchors``。"""

    default_priority = 415

    def apply(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math_block)):
            ids = ["eq-{}-{}".format(*numbers) for numbers in TAG.findall(formula.astext())]
            if ids:
                formula["ids"] = ids


class LinkMentions(SphinxPostTransform):
    """把正文里提到的号码变成链接；本页没有、别页也没有的号码不动。"""

    default_priority = 890  # 在标点与公式包在一起之前

    def run(self, **kwargs: object) -> None:
        known = targets(self.env)
        for text in list(self.document.findall(nodes.Text)):
            if not _is_inside(text, NOT_RUNNING_TEXT):
                pieces = list(self._pieces(str(text), known))
                if len(pieces) > 1:
                    text.parent.replace(text, pieces)

    def _pieces(self, text: str, known: dict[str, str]) -> Iterator[nodes.Node]:
        """文字与链接交替。"""
        end = 0
        for start, stop, anchor in mentions(text):
            if anchor in known:
                yield nodes.Text(text[end:start])
                yield self._link(text[start:stop], known[anchor], anchor)
                end = stop
        yield nodes.Text(text[end:])

    def _link(self, text: str, docname: str, anchor: str) -> nodes.reference:
        here = self.env.docname
        page = "" if docname == here else self.app.builder.get_relative_uri(here, docname)
        return nodes.reference("", text, refuri=f"{page}#{anchor}", internal=True)


def mentions(text: str) -> list[tuple[int, int, str]]:
    """文字里提到的号码：起止位置与锚点，按先后。"""
    return sorted(
        (match.start(), match.end(), form.format(*match.groups()).lower())
        for pattern, form in MENTIONS.items()
        for match in re.finditer(pattern, text)
    )


def targets(env: BuildEnvironment) -> dict[str, str]:
    """锚点 -> 所在的页。"""
    return {anchor: name for name, anchors in env.numbered.items() for anchor in anchors}


def prepare(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """``env.numbered``：页名 -> 它的锚点；随环境存下来，增量构建时没变的页还在里面。"""
    env.numbered = getattr(env, "numbered", {})


def collect(app: Sphinx, document: nodes.document) -> None:
    kinds = (nodes.figure, nodes.math_block, nodes.section)
    found = document.findall(lambda node: isinstance(node, kinds))
    app.env.numbered[app.env.docname] = [anchor for node in found for anchor in node["ids"]]


def _is_inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def setup(app: Sphinx) -> dict[str, object]:
    app.add_transform(AnchorFormulas)
    app.add_post_transform(LinkMentions)
    app.connect("env-before-read-docs", prepare)
    app.connect("doctree-read", collect)
    return {"parallel_read_safe": False}
