"""给每个小节一个稳定的锚点：2.3 节是 ``s2-3``，练习 2.1 是 ``ex2-1``，函数是 ``lib-softmax``。

docutils 把标题转成锚点时丢掉汉字，只剩 ``id7`` 这样的流水号，前面添一节后面就全变，
读者存下的链接也就错了。
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

NUMBERED = (
    (re.compile(r"第\s*(\d+)\s*章"), "s{}"),
    (re.compile(r"(\d+)\.(\d+)"), "s{}-{}"),
    (re.compile(r"练习\s*(\d+)\.(\d+)"), "ex{}-{}"),
    (re.compile(r"lib\.(\w+)$"), "lib-{}"),
    (re.compile(r"参考文献$"), "references"),
)


class StableAnchors(SphinxTransform):
    """按标题里的编号给小节起锚点；没有编号的，取上级的锚点加它的次序。"""

    default_priority = 410  # 在解答折叠之后，收集目录之前

    def apply(self, **kwargs: object) -> None:
        for section in self.document.children:
            if isinstance(section, nodes.section):
                self._rename(section, self.env.docname.rpartition("/")[2])

    def _rename(self, section: nodes.section, fallback: str) -> None:
        anchor = anchor_of(section[0].astext()) or fallback
        section["ids"] = [anchor]
        self.document.ids[anchor] = section
        inner = [child for child in section.children if isinstance(child, nodes.section)]
        for position, child in enumerate(inner, start=1):
            self._rename(child, f"{anchor}-{position}")


def anchor_of(title: str) -> str | None:
    """标题自己说出的锚点；没有编号时返回 None。"""
    for pattern, form in NUMBERED:
        if match := pattern.match(title):
            return form.format(*match.groups())
    return None


def setup(app: Sphinx) -> dict[str, object]:
    app.add_transform(StableAnchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
