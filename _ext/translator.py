"""页面里各种元素的 HTML：图不到看见时不下载且先占好位置，宽表格在自己的框里滚动。"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from _ext.code_colours import drop_uncoloured

SVG_VIEW_BOX = re.compile(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"')
POINTS_TO_PIXELS = 4 / 3
DARK_MEDIA = "screen and (prefers-color-scheme: dark)"


class BookTranslator(HTML5Translator):
    """在 Sphinx 的翻译器上改几处：标题的链接、图、代码、表格。"""

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        """标题后的链接：只用中文标注。"""
        anchor = node["ids"][0]
        self.body.append(f'<a class="headerlink" href="#{anchor}" aria-label="这一处的链接">#</a>')

    def visit_image(self, node: nodes.image) -> None:
        path = Path(self.builder.srcdir) / node["uri"]
        width, height = svg_size(path.read_text(encoding="utf-8"))
        if _is_below_the_fold(node):
            node["loading"] = "lazy"
        super().visit_image(node)
        # docutils 只会把尺寸写进 style，那样样式表就不能让图随窄屏缩小。
        picture = self.body[-1].replace("<img ", f'<img width="{width}" height="{height}" ')
        address = re.search(r'src="([^"]+)"', picture)[1]
        # 同一个 SVG 里有浅、深两套颜色，由地址的 # 部分选（见 lib/figures/_svg.py）。
        self.body[-1] = (
            f'<picture><source srcset="{address}#dark" media="{DARK_MEDIA}">'
            + picture.replace(address, f"{address}#light").rstrip()
            + "</picture>\n"
        )

    def visit_literal(self, node: nodes.literal) -> None:
        self.literal_start = len(self.body) + 1
        super().visit_literal(node)

    def depart_literal(self, node: nodes.literal) -> None:
        """窄屏上，长的名字在下划线后面断行。"""
        inside = slice(self.literal_start, None)
        self.body[inside] = [part.replace("_", "_<wbr>") for part in self.body[inside]]
        super().depart_literal(node)

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        try:
            super().visit_literal_block(node)
        finally:  # 上游用 SkipNode 异常表示“已经写好了”
            self.body[-1] = drop_uncoloured(self.body[-1])

    def visit_table(self, node: nodes.table) -> None:
        # 里面的框横向滚动，外面的框离屏时不排版：同一个框兼做两件事，键盘的焦点会丢。
        self.body.append('<div class="table-frame"><div class="table-box">')
        super().visit_table(node)

    def depart_table(self, node: nodes.table) -> None:
        super().depart_table(node)
        self.body.append("</div></div>")


def svg_size(svg: str) -> tuple[int, int]:
    """SVG 在页面上的宽与高，单位 CSS 像素；matplotlib 的 viewBox 以点为单位。"""
    match = SVG_VIEW_BOX.search(svg)
    if match is None:
        raise ValueError("图里没有 viewBox，算不出要占多大的位置：请用 lib.figures 画图。")
    width, height = (float(side) * POINTS_TO_PIXELS for side in match.groups())
    return round(width), round(height)


def _is_below_the_fold(node: nodes.Node) -> bool:
    """图在某个小节里，而不在页首标题之下的引言里：打开页面时多半看不见。"""
    depth = 0
    while node.parent is not None:
        depth += isinstance(node.parent, nodes.section)
        node = node.parent
    return depth > 1


def setup(app: Sphinx) -> dict[str, object]:
    app.set_translator("html", BookTranslator, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
