"""行内公式后面的标点不许被挤到下一行的开头。

浏览器把排好的公式当成一个方块，不知道后面的标点属于它，会在两者之间断行。
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

CLOSING_PUNCTUATION = "，。；：、！？）”》"
LONGEST_UNBROKEN = 40  # 更长的公式要能在窄屏上断开，标点只好随它


class KeepPunctuationWithFormula(SphinxPostTransform):
    """把短的行内公式与紧随其后的标点包在一起，由样式表规定其中不断行。"""

    default_priority = 900

    def run(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            if len(formula.astext()) <= LONGEST_UNBROKEN:
                _wrap_with_punctuation(formula)


def _wrap_with_punctuation(formula: nodes.math) -> None:
    parent = formula.parent
    # 按身份找位置：list.index 比较文字，同一段里两个“。”会被当成一个。
    place = next(i for i, child in enumerate(parent.children) if child is formula)
    following = parent[place + 1] if place + 1 < len(parent) else None
    if not isinstance(following, nodes.Text):
        return
    rest = following.lstrip(CLOSING_PUNCTUATION)
    marks = following[: len(following) - len(rest)]
    if marks:
        parent[place + 1] = nodes.Text(rest)
        parent[place] = nodes.inline("", "", formula, nodes.Text(marks), classes=["unbroken"])


def setup(app: Sphinx) -> dict[str, object]:
    app.add_post_transform(KeepPunctuationWithFormula)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
