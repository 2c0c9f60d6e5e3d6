"""把标准 Markdown 的约定变成好读的页面：“#### 解答”折叠起来，粗体开头的引用块变成提示框。

notebook 里只写标准 Markdown，所以在 JupyterLab 或代码托管网站上照样读得通。
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import dropwhile

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

SOLUTION_TITLE = "解答"
EXERCISE_TITLE = "练习 "
BOX_CLASSES = {"容易弄错": "pitfall", "定义": "definition", "命题": "proposition"}


class solution(nodes.General, nodes.Element):  # noqa: N801  docutils 的节点名一律小写
    """折叠起来的解答。"""


class FoldSolutions(SphinxTransform):
    """标题为“解答”的小节换成 ``solution`` 节点，目录里就不再出现它。"""

    default_priority = 400  # 在收集目录之前

    def apply(self, **kwargs: object) -> None:
        for section in list(self.document.findall(nodes.section)):
            title = section[0] if section.children else None
            if isinstance(title, nodes.title) and title.astext() == SOLUTION_TITLE:
                section.replace_self(solution("", *section.children[1:]))


class MarkExercises(SphinxTransform):
    """标题为“练习 2.1 ……”的小节加上 ``exercise`` 类，由样式表排成卡片。"""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        for section in self.document.findall(nodes.section):
            if section[0].astext().startswith(EXERCISE_TITLE):
                section["classes"].append("exercise")


class StyleBoxes(SphinxTransform):
    """粗体开头的引用块换成带标题的提示框。"""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            label = _leading_label(quote)
            if label in BOX_CLASSES:
                quote.replace_self(_box(quote, label))


def _leading_label(quote: nodes.block_quote) -> str | None:
    """引用块开头的粗体字；不是粗体开头时返回 None。"""
    if not quote.children or not isinstance(quote[0], nodes.paragraph):
        return None
    first = next(_without_leading_blanks(quote[0].children), None)
    return first.astext() if isinstance(first, nodes.strong) else None


def _box(quote: nodes.block_quote, label: str) -> nodes.admonition:
    """去掉开头的粗体字，余下的作为提示框的正文。"""
    opening = list(_without_leading_blanks(quote[0].children))[1:]
    if opening and isinstance(opening[0], nodes.Text):
        opening[0] = nodes.Text(opening[0].astext().lstrip())
    paragraphs = [nodes.paragraph("", "", *opening)] if opening else []
    box = nodes.admonition("", nodes.title(label, label), *paragraphs, *quote.children[1:])
    box["classes"] += [BOX_CLASSES[label]]
    return box


def _without_leading_blanks(children: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """MyST 会在段首放一个空的文字节点。引文此时还没有文字，所以只看文字节点。"""
    return dropwhile(lambda child: isinstance(child, nodes.Text) and not child.strip(), children)


def visit_solution_html(self: HTML5Translator, node: solution) -> None:
    self.body.append(f'<details class="solution">\n<summary>{SOLUTION_TITLE}</summary>\n')


def depart_solution_html(self: HTML5Translator, node: solution) -> None:
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, object]:
    app.add_node(solution, html=(visit_solution_html, depart_solution_html))
    app.add_transform(FoldSolutions)
    app.add_transform(MarkExercises)
    app.add_transform(StyleBoxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
