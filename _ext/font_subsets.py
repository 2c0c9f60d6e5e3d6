"""公式的字体只带书里用到的字形：每页要下载的从 110 KB 减到三分之一。

字形从构建好的页面里数出来，所以这一步在所有页面写好之后；用不到的字体整个不带。
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

from fontTools import subset
from sphinx.application import Sphinx

from _ext.local_katex import DIST

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
FACE = re.compile(r"font-family:(KaTeX_\w+)")
ADDRESS = re.compile(r"(fonts/)(KaTeX_[\w-]+)(\.woff2)(\?v=\w+)?")
BASE_FONT = "KaTeX_Main-Regular"  # .katex 本身的字体
VOID_ELEMENTS = {"img", "br", "path", "line", "meta", "link", "input", "hr"}


def fonts_by_class() -> dict[str, set[str]]:
    """CSS 类名 -> 它可能换上的字体文件名，从 KaTeX 的样式表里读出来。"""
    fonts = defaultdict(set)
    css = (DIST / "katex.min.css").read_text(encoding="utf-8")
    for selectors, body in RULE.findall(css):
        face = FACE.search(body)
        is_styled = "font-weight:700" in body or "font-style:italic" in body
        if "@font-face" in selectors or not (face or is_styled):
            continue
        style = ("Bold" if "font-weight:700" in body else "") + (
            "Italic" if "font-style:italic" in body else ""
        )
        name = f"{face[1] if face else 'KaTeX_Main'}-{style or 'Regular'}"
        for selector in selectors.split(","):
            fonts[re.findall(r"\.([\w-]+)", selector)[-1]].add(name)
    return fonts


class GlyphCollector(HTMLParser):
    """数出一页的公式里，每种字体用到哪些字符。"""

    def __init__(self, fonts: dict[str, set[str]]) -> None:
        super().__init__()
        self.fonts = fonts
        self.open: list[set[str] | None] = [None]  # None：不在公式里
        self.used: dict[str, set[str]] = defaultdict(set)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in VOID_ELEMENTS:
            return
        classes = (dict(attributes).get("class") or "").split()
        inherited = {BASE_FONT} if "katex-html" in classes else self.open[-1]
        if inherited is not None:
            inherited = inherited.union(*(self.fonts.get(name, ()) for name in classes))
        self.open.append(inherited)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass  # 自闭合的元素里没有文字

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_ELEMENTS and len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for font in self.open[-1] or ():
            self.used[font].update(data)


def glyphs_in(pages: list[Path]) -> dict[str, set[str]]:
    """字体文件名 -> 全书用到的字符。"""
    collector = GlyphCollector(fonts_by_class())
    for page in pages:
        collector.feed(page.read_text(encoding="utf-8"))
    return collector.used


def subset_font(name: str, characters: set[str]) -> bytes:
    """只含这些字符的 woff2；一个也没有时返回空。"""
    options = subset.Options(flavor="woff2", notdef_outline=True)
    font = subset.load_font(str(DIST / "fonts" / f"{name}.woff2"), options)
    wanted = sorted(set(map(ord, characters)) & font.getBestCmap().keys())
    if not wanted:
        return b""
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def write_fonts(app: Sphinx, exception: Exception | None) -> None:
    """写出字体，并让每一页引用带内容指纹的地址。"""
    if exception is not None:
        return
    root = Path(app.outdir)
    pages = sorted(root.rglob("*.html"))
    folder = root / "_static" / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    versions = {}
    for name, characters in sorted(glyphs_in(pages).items()):
        if content := subset_font(name, characters):
            (folder / f"{name}.woff2").write_bytes(content)
            versions[name] = hashlib.sha256(content).hexdigest()[:8]

    def add_version(address: re.Match) -> str:
        start, name, end, _ = address.groups()
        return f"{start}{name}{end}?v={versions[name]}" if name in versions else address[0]

    for page in pages:
        page.write_text(
            ADDRESS.sub(add_version, page.read_text(encoding="utf-8")), encoding="utf-8"
        )


def setup(app: Sphinx) -> dict[str, object]:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # 裁剪的每一步不必都说
    app.connect("build-finished", write_fonts, priority=50)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
