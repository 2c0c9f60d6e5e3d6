"""代码里的函数名链接到附录《lib 参考》：参考里处处链接，各章只在正文第一次提到时。

notebook 里写的是普通的行内代码；写 ``lib.softmax``，或者在提到 ``lib`` 的一段里写 ``softmax``，
都认得。别处光写 ``softmax`` 的不认：那多半是读者自己写的函数，或者别家的。
各章的表格里不链接：格子里只有一个词，手机上点不准。
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

import lib
from _ext.lib_reference import PAGE

NAME = re.compile(r"(lib\.)?(\w+)(?:\(.*\))?")
NOT_LINKED = (nodes.reference, nodes.title)


class LinkFunctions(SphinxPostTransform):
    """把提到的函数变成链接。"""

    default_priority = 950  # 在标点与代码包在一起之后

    def run(self, **kwargs: object) -> None:
        here = self.env.docname
        is_reference = here == PAGE
        if PAGE not in self.env.found_docs or not (is_reference or here.startswith("chapters/")):
            return
        page = "" if is_reference else self.app.builder.get_relative_uri(here, PAGE)
        linked: set[str] = set()
        for literal in list(self.document.findall(nodes.literal)):
            name = function_name(literal)
            if name is None or name in linked or is_own_entry(literal, name):
                continue
            if not is_reference:
                linked.add(name)
            link = nodes.reference("", "", refuri=f"{page}#lib-{name}", internal=True)
            literal.replace_self(link)
            link += literal


def function_name(literal: nodes.literal) -> str | None:
    """行内代码说的是 lib 的哪个函数；不是，或者不该链接时返回 None。"""
    found = NAME.fullmatch(literal.astext())
    if not found or found[2] not in lib.__all__ or ancestor(literal, NOT_LINKED):
        return None
    if is_in_reference(literal):
        return found[2]
    is_meant = found[1] or talks_about_lib(literal)
    return found[2] if is_meant and not ancestor(literal, nodes.table) else None


def talks_about_lib(literal: nodes.literal) -> bool:
    """同一段里写了 ``lib``。"""
    paragraph = ancestor(literal, nodes.paragraph)
    return paragraph is not None and any(
        other.astext() == "lib" for other in paragraph.findall(nodes.literal)
    )


def is_in_reference(literal: nodes.literal) -> bool:
    """在《lib 参考》里，那里通篇说的都是 lib。"""
    return literal.document["source"].replace("\\", "/").endswith(f"{PAGE}.md")


def is_own_entry(literal: nodes.literal, name: str) -> bool:
    """在这个函数自己的一条里。"""
    section = ancestor(literal, nodes.section)
    return section is not None and f"lib-{name}" in section["ids"]


def ancestor(node: nodes.Node, kinds: type | tuple[type, ...]) -> nodes.Element | None:
    """外面最近的一层某种节点。"""
    node = node.parent
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node


def setup(app: object) -> dict[str, object]:
    app.add_post_transform(LinkFunctions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
