"""行内公式与代码两边的标点：句号、括号不许被挤到下一行的开头，左括号不许留在行末。

浏览器把排好的公式当成一个方块，不知道旁边的标点属于它，会在两者之间断行。
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

OPENING_PUNCTUATION = "（“《"
CLOSING_PUNCTUATION = "，。；：、！？）”》"


class KeepPunctuationWithFormula(SphinxPostTransform):
    """把行内公式或代码与紧挨着的标点包在一起，由样式表规定其中哪里可以断行。"""

    default_priority = 900

    def run(self, **kwargs: object) -> None:
        for kind in (nodes.math, nodes.literal):
            for node in list(self.document.findall(kind)):
                _wrap_with_punctuation(node)


def _wrap_with_punctuation(node: nodes.Element) -> None:
    parent = node.parent
    # 按身份找位置：list.index 比较文字，同一段里两个“。”会被当成一个。
    place = next(i for i, child in enumerate(parent.children) if child is node)
    before = parent[place - 1] if place > 0 else None
    after = parent[place + 1] if place + 1 < len(parent) else None
    opening = closing = ""
    if isinstance(before, nodes.Text):
        rest = before.rstrip(OPENING_PUNCTUATION)
        opening = before[len(rest) :]
        parent[place - 1] = nodes.Text(rest)
    if isinstance(after, nodes.Text):
        rest = after.lstrip(CLOSING_PUNCTUATION)
        closing = after[: len(after) - len(rest)]
        parent[place + 1] = nodes.Text(rest)
    if opening or closing:
        inside = [nodes.Text(opening), node, nodes.Text(closing)]
        parent[place] = nodes.inline("", "", *filter(None, inside), classes=["unbroken"])


def setup(app: Sphinx) -> dict[str, object]:
    app.add_post_transform(KeepPunctuationWithFormula)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
